"""An order in another currency: the conversion loses nothing and contradicts itself nowhere."""

from hypothesis import given
from hypothesis import strategies as st

from regulars.core.conversion import convert_order, order_total
from regulars.core.events import Line, Payment, Purchase
from regulars.core.money import divide_half_even, to_ratio

amounts = st.integers(min_value=0, max_value=10**9)
lines = st.lists(st.tuples(amounts, st.integers(0, 100)), min_size=1, max_size=20)
rates = st.decimals("0.0001", "2000", places=4).map(lambda rate: format(rate, "f"))


def order(parts: list[tuple[int, int]], currency: str = "USD", **more: object) -> Purchase:
    made = tuple(
        Line(str(number), "SKU", 1, gross, gross * share // 100)
        for number, (gross, share) in enumerate(parts)
    )
    return Purchase(lines=made, currency=currency, **more)  # type: ignore[arg-type]


@given(lines, rates)
def test_lines_add_up_to_the_converted_total(parts, rate):
    converted = convert_order(order(parts), rate, 2)
    numerator, denominator = to_ratio(rate)
    total = sum(gross for gross, _ in parts)
    expected = divide_half_even(total * numerator, denominator)
    assert sum(line.gross_minor for line in converted.lines) == expected
    assert converted.rate == rate
    assert all(0 <= line.discount_minor <= line.gross_minor for line in converted.lines)


@given(lines, rates, amounts)
def test_what_paid_the_order_exactly_still_does(parts, rate, shipping):
    whole = order(parts, shipping_minor=shipping)
    total = order_total(whole)
    paid = order(
        parts,
        shipping_minor=shipping,
        payments=(Payment("card", total // 3), Payment("cash", total - total // 3)),
    )
    converted = convert_order(paid, rate, 2)
    assert sum(one.amount_minor for one in converted.payments) == order_total(converted)


def test_decimals_of_both_currencies_count():
    yen = convert_order(order([(1000, 0)], currency="JPY"), "0.0062", 2)
    assert yen.lines[0].gross_minor == 620
    dinar = convert_order(order([(1000, 0)], currency="KWD"), "3", 2)
    assert dinar.lines[0].gross_minor == 300
