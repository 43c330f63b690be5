"""The reference of the API as Markdown, made from the list of operations and of codes.

`python -m regulars.web.api.reference` writes the generated section of docs/api.md anew; a test
compares the two.
"""

import sys
from pathlib import Path

from regulars.programs.contracts import SCOPES
from regulars.web.api.openapi import operation_problems
from regulars.web.api.operation import Operation
from regulars.web.api.problems import CODES
from regulars.web.api.routes import OPERATIONS

BEGIN = "<!-- generated: begin -->"
END = "<!-- generated: end -->"


def reference() -> str:
    """The generated section: scopes, operations, codes."""
    parts = ["## Scopes", "", "| scope | allows to |", "|---|---|"]
    parts += [f"| `{scope}` | {words} |" for scope, words in SCOPES.items()]
    parts += ["", "## Operations", ""]
    for tag in dict.fromkeys(operation.tag for operation in OPERATIONS):
        parts += [f"### {tag}", ""]
        for operation in OPERATIONS:
            if operation.tag == tag:
                parts += _operation(operation)
    parts += ["## Problem codes", "", "| status | code | meaning |", "|---|---|---|"]
    parts += [f"| {kind.status} | `{code}` | {kind.title} |" for code, kind in CODES.items()]
    return "\n".join(parts)


def with_reference(text: str) -> str:
    """A document whose generated section is made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{reference()}\n\n{END}{after}"


def _operation(operation: Operation) -> list[str]:
    key = "no key" if operation.public else f"scope `{operation.scope}`"
    idempotency = {
        "none": "",
        "optional": ", `Idempotency-Key` optional",
        "required": ", `Idempotency-Key` required",
    }[operation.idempotency]
    body = "" if operation.body is None or operation.body_optional else ", a JSON body"
    lines = [
        f"`{operation.method} {operation.path}`",
        f"{operation.summary} ({key}{body}{idempotency}).",
    ]
    if operation.description:
        lines.append(operation.description)
    codes = [code for code in operation_problems(operation) if code in operation.problems]
    if codes:
        lines.append("Problems of its own: " + ", ".join(f"`{code}`" for code in codes) + ".")
    return ["\n".join(lines), ""]


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(with_reference(document.read_text(encoding="utf-8")), encoding="utf-8")
