"""Small YAML documents that an operator writes, checked strictly against a pydantic model.

Owns the reading and the words of what is wrong: every key at once, what was found there, what would
be right, and for a misspelt key the one that was meant. Knows no document; the rooms own the models
and raise `DocumentUnfit` under a name of their own.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing wrong with a document: which key, what was found, what would be right."""

    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}; {self.expected}"


class DocumentUnfit(Exception):
    """The document cannot be used. Carries everything that is wrong, not just the first."""

    def __init__(self, misfits: tuple[Misfit, ...]) -> None:
        super().__init__("\n".join(map(str, misfits)))
        self.misfits = misfits


def read_document(text: str) -> dict[str, Any]:
    """The keys and values of a YAML text. Raises DocumentUnfit."""
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        misfit = Misfit("(file)", " ".join(str(error).split()), "YAML would be right")
        raise DocumentUnfit((misfit,)) from None
    if not isinstance(document, dict):
        raise DocumentUnfit((Misfit("(file)", _found(document), "keys and values would be right"),))
    return document


def fit_model(document: dict[str, Any], model: type[_Model]) -> _Model:
    """The document as its model. Raises DocumentUnfit."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise DocumentUnfit(tuple(_misfit(details, model) for details in error.errors())) from None


def _misfit(details: ErrorDetails, model: type[BaseModel]) -> Misfit:
    """A pydantic error in our words: the key as a path with dots, what was found, what is right."""
    path = details["loc"]
    key = ".".join(str(part) for part in path) or "(file)"
    kind, context = details["type"], details.get("ctx", {})
    if kind == "missing":
        return Misfit(key, "nothing", "this key is needed")
    if kind == "extra_forbidden":
        known = _known_keys(path[:-1], model)
        close = get_close_matches(str(path[-1]), known, n=1)
        expected = f"{close[0]} would be right" if close else f"one of: {', '.join(known)}"
        return Misfit(key, "a key that means nothing here", expected)
    if kind == "value_error":
        return Misfit(key, _found(details["input"]), str(context.get("error", "")))
    if kind == "literal_error":
        expected = f"{context.get('expected', '')} would be right"
        return Misfit(key, _found(details["input"]), expected)
    return Misfit(key, _found(details["input"]), details["msg"])


def _known_keys(path: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    """The keys that the model knows at a path; list positions lead into the list's model."""
    for part in path:
        if isinstance(part, str):
            inner = _model_in(model.model_fields[part].annotation)
            assert inner is not None, "only a model refuses keys"
            model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one))), None)


def _found(value: Any) -> str:
    if isinstance(value, dict):
        return "keys " + ", ".join(str(key) for key in value)
    return "nothing" if value is None else repr(value)[:80]
