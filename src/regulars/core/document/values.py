"""The scalars of a program document: ids, decimals and texts.

Each is read strictly, from one way of writing it, and says what would be right when it is not.
Decimals come from text or whole numbers (the reader passes a plain `1.5` on exactly as written);
a binary float is refused, because `0.1` would not be what was written.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

ID_PATTERN = r"^[a-z][a-z0-9-]{0,39}$"
NAME_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
EVENT_TYPE_PATTERN = r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,3}$"
LOCALE_PATTERN = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$"

Id = Annotated[str, Field(strict=True, pattern=ID_PATTERN)]
FieldName = Annotated[str, Field(strict=True, pattern=NAME_PATTERN)]
EventTypeName = Annotated[str, Field(strict=True, pattern=EVENT_TYPE_PATTERN, max_length=80)]
Word = Annotated[str, Field(strict=True, min_length=1, max_length=120)]
Words = Annotated[tuple[Word, ...], Field(min_length=1, max_length=1000)]
FewWords = Annotated[tuple[Word, ...], Field(max_length=100)]
"""Like Words, but may be empty."""
Flag = Annotated[bool, Field(strict=True)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]

_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Written:
    """How a scalar is read (`read` raises PydanticCustomError), written, and described."""

    read: Callable[[Any], Any]
    schema: Callable[[], dict[str, Any]]
    write: Callable[[Any], Any] = str

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """A validator of its own; the type it annotates is what `read` answers."""
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The JSON Schema of what is written in the document."""
        return self.schema()


def refuse(code: str, expected: str) -> PydanticCustomError:
    """The error of a value that is not what it should be; `expected` is said to the writer."""
    return PydanticCustomError(code, "expected {expected}", {"expected": expected})


# decimals ----------------------------------------------------------------------------------


def decimal_written(
    *,
    above: str | None = None,
    at_least: str | None = None,
    at_most: str | None = None,
    decimals_max: int = 9,
) -> Written:
    """A decimal written as text (`"1.50"`) or as a whole number, within the bounds given."""
    bounds = [
        f"above {above}" if above is not None else "",
        f"at least {at_least}" if at_least is not None else "",
        f"at most {at_most}" if at_most is not None else "",
        f"with at most {decimals_max} decimals" if decimals_max < 9 else "",
    ]
    expected = ", ".join(['a decimal such as "1.50"', *filter(None, bounds)])

    def read(value: Any) -> Decimal:
        if isinstance(value, float):
            raise refuse("decimal_float", f'{expected}, written as text: "{value}"')
        number = _exact_decimal(value)
        if number is None:
            raise refuse("decimal", expected)
        outside = (
            (above is not None and number <= Decimal(above))
            or (at_least is not None and number < Decimal(at_least))
            or (at_most is not None and number > Decimal(at_most))
            or decimals_of(number) > decimals_max
        )
        if outside:
            raise refuse("decimal_range", expected)
        return number

    def schema() -> dict[str, Any]:
        numbers: dict[str, Any] = {"type": "number"}
        if above is not None:
            numbers["exclusiveMinimum"] = float(above)
        if at_least is not None:
            numbers["minimum"] = float(at_least)
        if at_most is not None:
            numbers["maximum"] = float(at_most)
        text = {"type": "string", "pattern": f"^{_DECIMAL.pattern}$"}
        return {"anyOf": [text, numbers], "$comment": expected}

    return Written(read, schema, _write_decimal)


def decimals_of(number: Decimal) -> int:
    """How many decimals a number needs; zeros at the end do not count.

    >>> decimals_of(Decimal("1.50")), decimals_of(Decimal("100"))
    (1, 0)
    """
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _exact_decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def _write_decimal(number: Decimal) -> str:
    return format(number.normalize(), "f")


Money = Annotated[Decimal, decimal_written(at_least="0", decimals_max=3)]
"""An amount of the program's money."""
MoneyAboveZero = Annotated[Decimal, decimal_written(above="0", decimals_max=3)]
Points = Annotated[Decimal, decimal_written(at_least="0", decimals_max=4)]
"""Points of a currency; no more decimals than that currency has."""
PointsAboveZero = Annotated[Decimal, decimal_written(above="0", decimals_max=4)]
Percent = Annotated[Decimal, decimal_written(above="0", at_most="100", decimals_max=4)]
Share = Annotated[Decimal, decimal_written(at_least="0", at_most="1")]
Factor = Annotated[Decimal, decimal_written(above="1", at_most="1000", decimals_max=6)]
Multiplier = Annotated[Decimal, decimal_written(at_least="1", at_most="1000", decimals_max=6)]
PointValue = Annotated[Decimal, decimal_written(at_least="0", at_most="1000000")]
Threshold = Annotated[Decimal, decimal_written(at_least="0", decimals_max=4)]


# texts -------------------------------------------------------------------------------------

TEXT_LENGTH_MAX = 500
Text: TypeAlias = str | dict[str, str]


def _read_text(value: Any) -> Text:
    if isinstance(value, str):
        if 0 < len(value) <= TEXT_LENGTH_MAX:
            return value
        raise refuse("text_length", f"1 to {TEXT_LENGTH_MAX} characters")
    expected = "a text, or an object of texts by locale such as {en: Points, de: Punkte}"
    if not isinstance(value, dict) or not value or len(value) > 50:
        raise refuse("text", expected)
    for locale, text in value.items():
        if not isinstance(locale, str) or re.fullmatch(LOCALE_PATTERN, locale) is None:
            raise PydanticCustomError(
                "text_locale",
                "expected {expected}",
                {"expected": "a BCP 47 locale such as en or pt-BR", "key": str(locale)},
            )
        if not isinstance(text, str) or not 0 < len(text) <= TEXT_LENGTH_MAX:
            raise PydanticCustomError(
                "text_length",
                "expected {expected}",
                {"expected": f"1 to {TEXT_LENGTH_MAX} characters of text", "key": locale},
            )
    return value


def _text_schema() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": TEXT_LENGTH_MAX}
    return {
        "anyOf": [
            text,
            {
                "type": "object",
                "propertyNames": {"pattern": LOCALE_PATTERN},
                "additionalProperties": text,
                "minProperties": 1,
                "maxProperties": 50,
            },
        ]
    }


Wording = Annotated[Text, Written(_read_text, _text_schema, lambda text: text)]
"""Words for people: one text, or texts by BCP 47 locale."""


def words_in(text: Text, locale: str) -> str:
    """The words in a locale, else in its language, else in English, else the first given.

    >>> words_in({"en": "Points", "de": "Punkte"}, "de-AT")
    'Punkte'
    """
    if isinstance(text, str):
        return text
    by_locale = {key.lower(): words for key, words in text.items()}
    wanted = locale.lower()
    for candidate in (wanted, wanted.partition("-")[0], "en"):
        if candidate in by_locale:
            return by_locale[candidate]
    return next(iter(text.values()))
