"""Writes the published JSON Schema of program documents and their reference page.

Run `python -m regulars.programs.write_docs` in the repository after a change to the document's
models; a test tells when it is due.
"""

import json
from pathlib import Path

from regulars.core.document.reading import read_tree
from regulars.core.document.reference import reference_text
from regulars.core.document.schema import document_schema

EXAMPLES = Path("examples/programs")
DOCS = Path("docs")


def documents_made(examples: Path) -> dict[str, str]:
    """The made files by name; `examples` is the folder of example documents."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(examples.glob("*.yaml"))]
    # The tour comes first: its examples are the ones that other documents refer to.
    texts.sort(key=lambda text: "a tour of what a document can say" not in text)
    plain = [read_tree(text)[0].plain() for text in texts]
    return {
        "program.schema.json": json.dumps(document_schema(), indent=2, ensure_ascii=False) + "\n",
        "program-reference.md": reference_text(plain),
    }


def main() -> None:
    """Write the files into `docs/` of the working directory."""
    for name, text in documents_made(EXAMPLES).items():
        (DOCS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
