"""The UCI Online Retail file, whole: every fact known about it is met."""

import pytest

from regulars.core.events import Purchase
from regulars.imports.facade import load_mapping, read_and_match
from tests.imports.exports import EXAMPLES
from tests.shared_data import SHARED_DATA

FILE = SHARED_DATA / "online_retail.csv.gz"

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="online_retail.csv.gz is not there; REGULARS_SHARED_DATA says where"
)


@pytest.fixture(scope="module")
def plan():
    return read_and_match(FILE, load_mapping(EXAMPLES / "online_retail.yaml"))


def test_the_file_is_the_one_we_know(plan):
    told = plan.reconciliation
    assert told.lines == 541_909
    assert told.orders == 25_900
    assert told.customers == 4_372
    assert told.lines_without_customer == 135_080
    assert told.orders_with_several_times == 43
    assert told.quantity == 5_176_450
    assert told.exact_total_text == "9747747.934"


def test_every_line_is_accounted_for_to_the_penny(plan):
    assert plan.reconciliation.balanced
    assert {
        one.name: (one.lines, one.quantity, one.amount_minor) for one in plan.reconciliation.classes
    } == {
        "purchased": (396_340, 5_157_357, 876_106_665),
        "shipping": (1_193, 3_133, 8_238_913),
        "returned": (7_483, -250_677, -44_950_258),
        "no_customer": (135_077, 269_559, 145_874_418),
        "return_without_purchase": (1_056, -18_198, -2_277_138),
        "manual": (465, 3_184, -5_838_546),
        "postage": (98, -119, -1_114_372),
        "discount": (77, -1_194, -569_622),
        "shipping_without_goods": (55, 137, 1_400_719),
        "zero_price": (34, 13_878, 0),
        "donation": (16, -16, -793_343),
        "fee": (12, 12, 16_500),
        "bad_debt": (3, 3, -1_106_206),
        "return_above_price": (0, 0, -107_920),
        "return_remainder": (0, -609, -105_017),
    }


def test_events_are_in_order_of_time_and_named_once(plan):
    instants = [planned.event.occurred_at for planned in plan.events]
    assert instants == sorted(instants)
    assert len({planned.event.event_id for planned in plan.events}) == len(plan.events)


def test_every_refund_follows_a_purchase_of_its_customer(plan):
    bought = {}
    for planned in plan.events:
        if isinstance(planned.event.body, Purchase):
            bought[planned.event.event_id] = planned
            continue
        purchase = bought[planned.purchase.event_id]
        assert purchase.customer == planned.customer
        lines = {line.line_id: line for line in purchase.event.body.lines}
        assert all(part.line_id in lines for part in planned.event.body.lines)


def test_the_report_names_every_line_once(plan):
    whole = [one.row for one in plan.reported if one.lines]
    assert len(whole) == len(set(whole)) == 541_909 - 396_340 - 1_193 - 7_483
