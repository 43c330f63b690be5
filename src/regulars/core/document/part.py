"""The ground of every part of a program document: closed, frozen, and read by its written names.

A `Part` refuses unknown fields. A `Keyed` union is an object with exactly one key, where the key
says which part its value is: `{subtotal: {at_least: "50.00"}}`. Both describe themselves in the
published JSON Schema. Nothing here knows what a program means.
"""

from functools import partial
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema


class Part(BaseModel):
    """A part of the document. Fields have the document's names as aliases where Python has a
    keyword in the way (`from` is read into `start`)."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    def as_written(self) -> dict[str, Any]:
        """The part as plain JSON values, under the document's names, without what is default."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class KeyedPart(Part):
    """A part that stands under its own key in a `Keyed` union.

    `kind` is that key. Where `content` names a field, the value under the key is that field alone
    (`{channel: [store]}`), else it is an object with the part's fields.
    """

    kind: ClassVar[str]
    content: ClassVar[str | None] = None


class Keyed:
    """Marks a union of KeyedParts: `Annotated[A | B, Keyed("condition")]`.

    `noun` is how findings call the thing. Error types: `keyed_shape` (no object), `keyed_count`
    (none or several keys), `keyed_unknown` (a key that is none of the kinds).
    """

    def __init__(self, noun: str) -> None:
        self.noun = noun

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """A tagged union whose tag is the only key, so that error paths are document paths."""
        parts: tuple[type[KeyedPart], ...] = get_args(source)
        choices: dict[Any, core_schema.CoreSchema] = {
            part.kind: core_schema.no_info_before_validator_function(
                partial(_content_of, part), handler.generate_schema(part)
            )
            for part in parts
        }
        union = core_schema.tagged_union_schema(choices, _only_key)
        return core_schema.no_info_before_validator_function(
            partial(self._check_shape, parts),
            union,
            serialization=core_schema.plain_serializer_function_ser_schema(write_keyed),
            metadata={"pydantic_js_functions": [partial(_keyed_json_schema, choices)]},
        )

    def _check_shape(self, parts: tuple[type[KeyedPart], ...], value: object) -> object:
        if isinstance(value, parts):
            return value
        allowed = [part.kind for part in parts]
        context: dict[str, Any] = {"noun": self.noun, "allowed": allowed}
        if not isinstance(value, dict):
            raise PydanticCustomError("keyed_shape", "a {noun} is an object with one key", context)
        for key in value:
            if key not in allowed:
                raise PydanticCustomError(
                    "keyed_unknown", "no {noun} is called that", {**context, "key": key}
                )
        if len(value) != 1:
            raise PydanticCustomError(
                "keyed_count", "a {noun} has exactly one key", {**context, "keys": list(value)}
            )
        return value


def write_keyed(part: KeyedPart) -> dict[str, Any]:
    """The single-key object that a part of a Keyed union was read from, without defaults."""
    written = part.as_written()
    if part.content is None:
        return {part.kind: written}
    field = type(part).model_fields[part.content]
    return {part.kind: written[field.alias or part.content]}


def _only_key(value: Any) -> str:
    return value.kind if isinstance(value, KeyedPart) else str(next(iter(value)))


def _content_of(part: type[KeyedPart], value: Any) -> Any:
    """What the part is read from: the value under its key, wrapped where it is a single field."""
    if isinstance(value, KeyedPart):
        return value
    under_key = value[part.kind]
    if part.content is None:
        return under_key
    return {part.model_fields[part.content].alias or part.content: under_key}


def _keyed_json_schema(
    choices: dict[Any, core_schema.CoreSchema],
    _schema: core_schema.CoreSchema,
    handler: GetJsonSchemaHandler,
) -> dict[str, Any]:
    """One object schema with a property per kind: editors complete that better than a oneOf."""
    return {
        "type": "object",
        "properties": {kind: handler(schema) for kind, schema in choices.items()},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
