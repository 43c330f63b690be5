"""The mapping file: what the columns of a file of orders, an experiment or a log mean to a model.

Owns the document, its checks and their messages; reads no data. One mapping may serve several
commands: each says what it needs (`require`). The mappings of `regulars import` are translated by
whoever calls this room. Regular expressions match a whole cell, upper and lower case alike.
"""

import re
from codecs import lookup
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from regulars.imports.errors import MappingInvalid
from regulars.platform.strict_documents import (
    DocumentUnfit,
    Misfit,
    fit_model,
    read_document,
)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"a regular expression would be right ({error})") from None
    return text


def _encoding(name: str) -> str:
    try:
        return lookup(name).name
    except LookupError:
        raise ValueError("an encoding such as utf-8 or latin-1 would be right") from None


_EXPERIMENT = "experiment"
Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class FileFormat(_Part):
    """How the bytes become fields. `.gz` files are unpacked; Parquet files need none of this."""

    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","


class Numbers(_Part):
    """How numbers are written, and the currency that money is shown in."""

    currency: str = ""
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", ",", ".", " ", "'"] = ""

    @model_validator(mode="after")
    def _marks_differ(self) -> "Numbers":
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("a thousands_mark other than the decimal_mark would be right")
        return self


class Time(_Part):
    """How times are written: `iso` or strptime formats, the first that fits."""

    formats: Annotated[tuple[Text, ...], Field(min_length=1)] = ("iso",)


class Columns(_Part):
    """Which column of the file holds what. Orders: customer, time, order (lines with the same one
    are one order), value, or quantity and unit_price, discount (taken off), item, description.
    Experiments: group, outcomes, before (what the first outcome was before the experiment),
    features. Logs of decisions: time, action, reward, propensity, position, features. Points:
    customer, time, kind (earn, spend or expire), points, expires (of what is earned; empty for
    never)."""

    customer: Text | None = None
    time: Text | None = None
    order: Text | None = None
    value: Text | None = None
    quantity: Text | None = None
    unit_price: Text | None = None
    discount: Text | None = None
    item: Text | None = None
    description: Text | None = None
    group: Text | None = None
    outcomes: tuple[Text, ...] = ()
    before: Text | None = None
    features: tuple[Text, ...] = ()
    action: Text | None = None
    reward: Text | None = None
    propensity: Text | None = None
    position: Text | None = None
    kind: Text | None = None
    points: Text | None = None
    expires: Text | None = None


class Returns(_Part):
    """What marks a return: the order's prefix, or a negative quantity or value in any order."""

    order_prefix: str = ""
    negative: bool = False


class LeaveOut(_Part):
    """Rows that are not what they seem, such as postage among the goods: left out and counted."""

    column: Text
    matches: Annotated[str, Field(min_length=1), AfterValidator(_pattern)]
    reason: Text


class Experiment(_Part):
    """Which group is the control, which treatment is learnt from (`uplift`; the only other group
    where there is one), and how the groups were meant to be shared out (equally unless said)."""

    control: Text
    treatment: Text | None = None
    shares: dict[str, Share] = {}


class Points(_Part):
    """What a point costs when it is spent, in the currency of `numbers`, and the words of the
    column `kind`."""

    unit_cost: Annotated[float, Field(gt=0)] = 0.01
    earn: Text = "earn"
    spend: Text = "spend"
    expire: Text = "expire"


class Mapping(_Part):
    """What one file holds."""

    regulars_science: Literal[1]
    file: FileFormat = FileFormat()
    numbers: Numbers = Numbers()
    time: Time = Time()
    columns: Columns
    returns: Returns = Returns()
    leave_out: tuple[LeaveOut, ...] = ()
    experiment: Experiment | None = None
    points: Points = Points()


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
        document = read_document(text)
    except DocumentUnfit as unfit:
        raise MappingInvalid(name, unfit.misfits) from None
    return checked_mapping(document, name)


def checked_mapping(document: dict[str, Any], name: str) -> Mapping:
    """A mapping of a document that was read already."""
    try:
        return fit_model(document, Mapping)
    except DocumentUnfit as unfit:
        raise MappingInvalid(name, unfit.misfits) from None


def require(mapping: Mapping, command: str, *needed: str) -> None:
    """Refuse a mapping that leaves out what a command needs: names of columns, of which `a|b`
    means either and `a+b` both, and `experiment`."""
    problems = []
    for key in needed:
        either = key.split("|")
        if not any(_given(mapping, one) for one in either):
            words = " or ".join(_path(one) for one in either)
            problems.append(Misfit(words, "nothing", f"`{command}` needs it"))
    if problems:
        raise MappingInvalid("the mapping", tuple(problems))


def _given(mapping: Mapping, key: str) -> bool:
    if key == _EXPERIMENT:
        return mapping.experiment is not None
    return all(bool(getattr(mapping.columns, one)) for one in key.split("+"))


def _path(key: str) -> str:
    if key == _EXPERIMENT:
        return key
    return " and ".join(f"columns.{one}" for one in key.split("+"))
