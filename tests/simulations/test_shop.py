"""A simulated shop is always the same shop, and its people and orders make sense."""

import hashlib
import random
import re

import msgspec
import pytest

from regulars.core.events import Activity, Purchase, Refund
from regulars.imports.facade import load_mapping, read_and_match
from regulars.members import normalise
from regulars.platform.clock import parse_rfc3339
from regulars.simulations.facade import event_lines, simulate_shop, write_events, write_orders
from regulars.simulations.orders_export import HEADER
from regulars.web.api.wire.submissions import read_event
from tests.imports.exports import EXAMPLES

STARTS_AT = parse_rfc3339("2026-03-01T00:00:00+01:00")


@pytest.fixture(scope="module")
def shop():
    return simulate_shop(11, 300, 200, starts_at=STARTS_AT)


def orders_of(shop):
    return [
        one.event
        for one in shop.happenings
        if one.event is not None and isinstance(one.event.body, Purchase)
    ]


def test_the_same_seed_gives_the_same_bytes(shop, tmp_path):
    random.seed(1)
    again = simulate_shop(11, 300, 200, starts_at=STARTS_AT)
    assert msgspec.msgpack.encode(again.happenings) == msgspec.msgpack.encode(shop.happenings)
    assert again.people == shop.people
    for write in (write_orders, write_events):
        digests = []
        for made in (shop, again):
            write(made, tmp_path / "file")
            digests.append(hashlib.sha256((tmp_path / "file").read_bytes()).hexdigest())
        assert digests[0] == digests[1]


def test_another_seed_gives_another_shop(shop):
    assert simulate_shop(12, 300, 200, starts_at=STARTS_AT).happenings != shop.happenings


def test_identities_and_identifiers_are_used_once(shop):
    events = [(one.event.source, one.event.event_id) for one in shop.happenings if one.event]
    holds = [one.redemption.hold_id for one in shop.happenings if one.redemption]
    assert len(set(events)) == len(events)
    assert len(set(holds)) == len(holds)
    for field in ("external_id", "email", "phone", "card"):
        given = [value for person in shop.people if (value := getattr(person, field))]
        assert len(set(given)) == len(given)


def test_personal_data_is_valid_and_plainly_made_up(shop):
    for person in shop.people:
        if person.email:
            assert re.fullmatch(r"[a-z]+\.[a-z]+\.[0-9]+@example\.(com|org)", person.email)
        if person.phone:
            assert normalise.phone(person.phone) == person.phone
            assert person.phone.startswith(("+493023125", "+494066969", "+496990009", "+498999998"))


def test_everything_happens_within_the_time_and_is_recorded_in_order(shop):
    recorded = [one.recorded_at for one in shop.happenings]
    assert recorded == sorted(recorded)
    enrolled = {person.external_id: person.enrolled_at for person in shop.people}
    for one in shop.happenings:
        assert enrolled[one.external_id] < one.occurred_at < shop.ends_at
        assert one.occurred_at <= one.recorded_at <= shop.ends_at


def test_some_orders_are_uploaded_late_and_out_of_order(shop):
    late = [one for one in shop.happenings if one.recorded_at > one.occurred_at]
    assert late
    assert all(one.event.body.device for one in late)
    occurred = [one.occurred_at for one in late]
    assert occurred != sorted(occurred)


def test_orders_add_up(shop):
    orders = orders_of(shop)
    discounted = [
        one.redemption.discounted
        for one in shop.happenings
        if one.redemption and one.redemption.discounted
    ]
    assert len(orders) > 500
    assert len(discounted) > 10
    for body in [event.body for event in orders] + discounted:
        assert len({line.line_id for line in body.lines}) == len(body.lines)
        for line in body.lines:
            assert 0 <= line.discount_minor <= line.gross_minor
            assert 0 <= line.tax_minor <= line.gross_minor - line.discount_minor
        paid = sum(payment.amount_minor for payment in body.payments)
        goods = sum(line.gross_minor - line.discount_minor for line in body.lines)
        assert paid == goods + body.shipping_minor
        assert bool(body.device) == (body.channel == "store") == bool(body.store)


def test_returns_are_of_what_was_bought(shop):
    orders = {(event.source, event.event_id): event for event in orders_of(shop)}
    returns = [one for one in shop.happenings if one.purchase]
    assert any(one.event.body.lines == () or len(one.event.body.lines) > 1 for one in returns)
    for one in returns:
        assert isinstance(one.event.body, Refund)
        order = orders[one.purchase]
        assert one.occurred_at > order.occurred_at
        quantities = {line.line_id: line.quantity for line in order.body.lines}
        for part in one.event.body.lines:
            assert 1 <= part.quantity <= quantities[part.line_id]


def test_people_shop_differently(shop):
    counts = {person.external_id: 0 for person in shop.people}
    for one in shop.happenings:
        counts[one.external_id] += one.event is not None and one.event.type == "purchase"
    by_habit = {}
    for person in shop.people:
        by_habit.setdefault(person.habit, []).append(counts[person.external_id])
    assert set(by_habit) == {"one-time", "occasional", "regular", "devoted"}
    assert max(by_habit["one-time"]) == 1
    mean = {habit: sum(counts) / len(counts) for habit, counts in by_habit.items()}
    assert mean["occasional"] < mean["regular"] < mean["devoted"]


def test_there_is_something_of_everything(shop):
    kinds = {one.event.type for one in shop.happenings if one.event}
    assert kinds == {
        "signup", "attributes", "purchase", "refund", "visit", "review", "birthday",
        "workshop.attended", "adjustment",
    }  # fmt: skip
    outcomes = {one.redemption.outcome for one in shop.happenings if one.redemption}
    assert outcomes == {"captured", "voided", "lapsed"}
    assert any(event.body.coupons == ("SPRING",) for event in orders_of(shop))
    channels = {event.body.channel for event in orders_of(shop)}
    assert channels == {"web", "store"}


def test_event_lines_are_bodies_of_the_api(shop):
    lines = [msgspec.json.decode(line) for line in event_lines(shop)]
    kept = [
        one
        for one in shop.happenings
        if one.event and isinstance(one.event.body, Purchase | Refund | Activity)
    ]
    assert len(lines) == len(kept)
    for line, one in zip(lines, kept, strict=True):
        assert read_event(line).id == one.event.event_id


def test_the_orders_export_is_imported_whole(shop, tmp_path):
    path = tmp_path / "orders.csv"
    count = write_orders(shop, path)
    plan = read_and_match(path, load_mapping(EXAMPLES / "simulated_shop.yaml"))
    assert path.read_text().startswith(",".join(HEADER) + "\n")
    assert plan.reported == []
    assert plan.reconciliation.balanced
    assert plan.reconciliation.lines == count
    orders = {event.event_id: event.body for event in orders_of(shop)}
    for planned in plan.events:
        if planned.purchase is None:
            assert planned.event.body == orders[planned.event.event_id]
        else:
            shop_return = planned.event.event_id.split("/")[0].removeprefix("R-")
            assert shop_return == f"{planned.purchase.event_id}-return"


def test_nobody_is_a_shop_too():
    shop = simulate_shop(1, 0, 5, starts_at=STARTS_AT)
    assert (shop.people, shop.happenings) == ([], [])
    assert shop.starts_at == STARTS_AT
