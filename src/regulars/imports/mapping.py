"""The mapping file: how one shop's order export is read. A small YAML document, checked strictly.

Owns the model and its error messages; reads no export. Regular expressions match a whole code,
upper and lower case alike.
"""

import re
from codecs import lookup
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from regulars.imports.contracts import IMPORTED_CLASSES
from regulars.imports.errors import MappingInvalid
from regulars.platform.strict_documents import (
    DocumentUnfit,
    Misfit,
    fit_model,
    read_document,
)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("a time zone such as Europe/Berlin or UTC would be right")
    return name


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"a regular expression would be right ({error})") from None
    return text


def _encoding(name: str) -> str:
    try:
        lookup(name)
    except LookupError:
        raise ValueError("an encoding such as utf-8 or latin-1 would be right") from None
    return name


def _reason(text: str) -> str:
    if text in IMPORTED_CLASSES:
        raise ValueError(f"another word than {', '.join(IMPORTED_CLASSES)} would be right")
    return text


Text = Annotated[str, Field(min_length=1)]
Pattern = Annotated[str, Field(min_length=1), AfterValidator(_pattern)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_reason)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFormat(_Part):
    """How the bytes become fields. A byte order mark is skipped; `.gz` files are unpacked."""

    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","


class Money(_Part):
    """The money of the export. A unit price may be finer than the minor unit (four more decimals);
    price times quantity is rounded once per line, by `rounding`, ties away from zero or to even."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    decimals: Annotated[int, Field(ge=0, le=4)] = 2
    rounding: Literal["half_up", "half_even"] = "half_up"
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", ",", ".", " ", "'"] = ""
    tax_included: bool = True

    @model_validator(mode="after")
    def _marks_differ(self) -> "Money":
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("a thousands_mark other than the decimal_mark would be right")
        return self


class Time(_Part):
    """How times are read: `iso` or strptime formats, the first that fits; a time without an offset
    is local time of `zone` (the earlier of two where clocks are set back). An order whose lines
    carry several times happened at the earliest."""

    zone: Annotated[str, AfterValidator(_zone)]
    formats: Annotated[tuple[Text, ...], Field(min_length=1)] = ("iso",)
    several: Literal["earliest"] = "earliest"

    @property
    def zone_info(self) -> ZoneInfo:
        """The zone's rules."""
        return ZoneInfo(self.zone)


class Columns(_Part):
    """Which column of the export holds what. Per line: sku, description, quantity, unit_price or
    line_total (before discount), discount and tax (of the whole line), category, brand, tags
    (separated by `|`). Per order, the first value that is not empty: store, channel, device,
    coupon (separated by `|`), payment (its method), shipping, shipping_tax, currency. `return_of`
    names the order that a return is about, where the export knows it."""

    order: Text
    time: Text
    customer: Text
    sku: Text
    quantity: Text
    unit_price: Text | None = None
    line_total: Text | None = None
    description: Text | None = None
    discount: Text | None = None
    tax: Text | None = None
    category: Text | None = None
    brand: Text | None = None
    tags: Text | None = None
    store: Text | None = None
    channel: Text | None = None
    device: Text | None = None
    coupon: Text | None = None
    payment: Text | None = None
    shipping: Text | None = None
    shipping_tax: Text | None = None
    currency: Text | None = None
    return_of: Text | None = None

    @model_validator(mode="after")
    def _one_amount(self) -> "Columns":
        if (self.unit_price is None) == (self.line_total is None):
            raise ValueError("exactly one of unit_price and line_total would be right")
        return self


class Customer(_Part):
    """The kind of identifier that the customer column holds."""

    identifier: Literal["external_id", "number", "card", "email"] = "external_id"


class Returns(_Part):
    """What marks a return: the order id's prefix, or a negative quantity in any order."""

    order_prefix: str = ""
    negative_quantity: bool = False


class NotGoods(_Part):
    """Codes that are no goods. `becomes: shipping` adds what was paid to the order's shipping;
    otherwise the line is left out and reported with `reason`."""

    code: Pattern
    reason: Word
    becomes: Literal["shipping", "nothing"] = "nothing"


class Adjustments(_Part):
    """Orders that are book-keeping, by the prefix of their id: reported, never imported."""

    order_prefix: Text
    reason: Word = "adjustment"


class Mapping(_Part):
    """One shop's export. `source` is part of every event's identity: keep it for later imports of
    the same shop, and two shops need two."""

    regulars_import: Literal[1]
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    file: FileFormat = FileFormat()
    money: Money
    time: Time
    columns: Columns
    customer: Customer = Customer()
    channel: str = ""
    store: str = ""
    returns: Returns = Returns()
    adjustments: Adjustments | None = None
    zero_prices: Literal["report", "import"] = "report"
    not_goods: tuple[NotGoods, ...] = ()


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file; MappingInvalid says every key that is wrong and how."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Misfit("(file)", str(error), "a YAML file in UTF-8 would be right")
        raise MappingInvalid(path.name, (problem,)) from None
    return parse_mapping(text, path.name)


def parse_mapping(text: str, name: str = "mapping") -> Mapping:
    """Check the text of a mapping; `name` stands in the messages of MappingInvalid."""
    try:
        return fit_model(read_document(text), Mapping)
    except DocumentUnfit as unfit:
        raise MappingInvalid(name, unfit.misfits) from None
