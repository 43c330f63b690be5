"""Checks what a condition says against the rest of the document: names, types, size, sense."""

from decimal import Decimal, InvalidOperation

from regulars.core.document.conditions import (
    CONDITION_DEPTH_MAX,
    CONDITION_NODES_MAX,
    AllOf,
    AnyOf,
    AttributeIs,
    Condition,
    Coupon,
    FieldIs,
    InSegment,
    InTier,
    Items,
    ItemSelector,
    MoneyBounds,
    Not,
    NthPurchase,
    PaidWith,
    Quantity,
    Scalar,
    Subtotal,
    ValueTest,
)
from regulars.core.document.event_types import (
    PURCHASE,
    BooleanType,
    DateType,
    DecimalType,
    IntegerType,
    StringType,
    ValueType,
)
from regulars.core.document.findings import closest, one_of
from regulars.core.document.reading import Path
from regulars.core.document.reporter import Reporter
from regulars.core.document.times import read_date

_ABOUT_ORDERS = (Subtotal, Quantity, Items, PaidWith, Coupon, NthPurchase)


def check_condition(
    reporter: Reporter, path: Path, condition: Condition | None, event_type: str | None
) -> None:
    """Check a condition on events of a type; None where it is about a cart (a reward's)."""
    if condition is None:
        return
    nodes = _check_node(reporter, path, condition, event_type, depth=1)
    if nodes > CONDITION_NODES_MAX:
        limit = f"at most {CONDITION_NODES_MAX} conditions in one"
        reporter.report(path, "condition_size", limit, found=f"{nodes} conditions")


def check_selector(reporter: Reporter, path: Path, selector: ItemSelector | None) -> None:
    """Check that a selector's exclusions are not nested without need."""
    depth = 0
    while selector is not None:
        depth += 1
        selector = selector.excluded
    if depth > 3:
        reporter.report(path, "condition_depth", "at most two levels of not", found="more")


def _check_node(
    reporter: Reporter, path: Path, condition: Condition, event_type: str | None, depth: int
) -> int:
    """Check one condition and those inside it; answers how many there are."""
    if depth == CONDITION_DEPTH_MAX + 1:
        limit = f"at most {CONDITION_DEPTH_MAX} levels of conditions"
        reporter.report(path, "condition_depth", limit, found="more levels")
    inside: Path = [*path, condition.kind]
    match condition:
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            return 1 + sum(
                _check_node(reporter, [*inside, index], part, event_type, depth + 1)
                for index, part in enumerate(parts)
            )
        case Not(condition=part):
            return 1 + _check_node(reporter, inside, part, event_type, depth + 1)
        case FieldIs():
            _check_field(reporter, inside, condition, event_type)
        case AttributeIs():
            _check_attribute(reporter, inside, condition)
        case InTier(one_of=tiers):
            for index, tier in enumerate(tiers):
                reporter.known([*inside, index], "tier", tier, reporter.names.tier)
        case InSegment(one_of=segments):
            for index, segment in enumerate(segments):
                reporter.known([*inside, index], "segment", segment, reporter.names.segment)
        case _:
            _check_order(reporter, inside, condition, event_type)
    return 1


def _check_order(
    reporter: Reporter, path: Path, condition: Condition, event_type: str | None
) -> None:
    if isinstance(condition, _ABOUT_ORDERS) and event_type not in (PURCHASE, None):
        expected = f"a condition that fits {event_type}: this one asks about an order"
        reporter.report(path, "needs_purchase", expected, found=condition.kind)
    if isinstance(condition, Subtotal):
        _check_amounts(reporter, path, condition)
    if isinstance(condition, Items):
        check_selector(reporter, path, condition)
        if condition.amount is not None:
            _check_amounts(reporter, [*path, "amount"], condition.amount)


def _check_amounts(reporter: Reporter, path: Path, bounds: MoneyBounds) -> None:
    reporter.money([*path, "at_least"], bounds.at_least)
    reporter.money([*path, "at_most"], bounds.at_most)


def _check_attribute(reporter: Reporter, path: Path, test: AttributeIs) -> None:
    if not reporter.known([*path, "name"], "attribute", test.name, reporter.names.attribute):
        return
    declared = reporter.document.attributes.get(test.name)
    if declared is not None:
        _check_test(reporter, path, test, declared)


def _check_field(reporter: Reporter, path: Path, test: FieldIs, event_type: str | None) -> None:
    declared = reporter.document.all_event_types.get(event_type or PURCHASE)
    if declared is None:
        return  # the event type itself is unknown or unsound, which is a finding already
    if not declared.fields:
        has = event_type or "a cart"
        reporter.report(path, "unknown_field_name", f"no field: {has} has none")
    elif reporter.known([*path, "name"], "field_name", test.name, declared.fields):
        _check_test(reporter, path, test, declared.fields[test.name])


def _check_test(reporter: Reporter, path: Path, test: ValueTest, declared: ValueType) -> None:
    """Check that the comparison fits the declared type, and that the value may be looked at."""
    if declared.personal:
        expected = "a value that is not personal: conditions and their explanations never see those"
        reporter.report([*path, "name"], "personal_value", expected)
    if isinstance(declared, StringType | BooleanType):
        for bound in ("at_least", "at_most"):
            if getattr(test, bound) is not None:
                expected = f"is or in: a {declared.type} has no order"
                reporter.report([*path, bound], "value_order", expected)
                return
    values: list[tuple[Path, Scalar | None]] = [
        ([*path, "is"], test.equals),
        ([*path, "at_least"], test.at_least),
        ([*path, "at_most"], test.at_most),
    ]
    values += [([*path, "in", index], value) for index, value in enumerate(test.one_of or ())]
    for place, value in values:
        if value is not None:
            _check_value(reporter, place, value, declared)


def _check_value(reporter: Reporter, path: Path, value: Scalar, declared: ValueType) -> None:
    expected = _expected_of(value, declared)
    if expected is not None:
        reporter.report(path, "value_type", expected)
    elif isinstance(declared, StringType) and declared.one_of and value not in declared.one_of:
        reporter.report(
            path, "value_unknown", f"one of the declared {one_of(declared.one_of)}",
            suggestion=closest(value, declared.one_of),
        )  # fmt: skip


def _expected_of(value: Scalar, declared: ValueType) -> str | None:
    """What the value should be, None where it is that."""
    match declared:
        case BooleanType():
            return None if isinstance(value, bool) else "true or false"
        case IntegerType():
            whole = isinstance(value, int) and not isinstance(value, bool)
            return None if whole else "a whole number"
        case DecimalType():
            return None if _is_decimal(value) else 'a decimal such as "1.50"'
        case DateType():
            return None if _is_date(value) else "a date such as 2027-12-31"
        case StringType():
            return None if isinstance(value, str) else "a text"


def _is_decimal(value: Scalar) -> bool:
    try:
        return not isinstance(value, bool) and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_date(value: Scalar) -> bool:
    try:
        return read_date(value) is not None
    except ValueError:
        return False
