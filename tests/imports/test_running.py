"""Running a plan: enrolment, order, counting of answers, and a second run that changes nothing."""

import asyncio

import pytest

from regulars.core.decision import Entry, Refusal
from regulars.imports.errors import CurrencyMismatch, EventsFailed, IntakeUnavailable
from regulars.imports.facade import run
from regulars.imports.running import BACKDATE_WITHOUT_LIMIT_US
from regulars.intake.contracts import Outcome, Problem
from regulars.members.contracts import Enrolled, Rejected
from tests.imports.exports import plan_of, row


class Books:
    """Remembers what it was given: the doors of members and intake over two dictionaries."""

    def __init__(self):
        self.members = {}
        self.enrolments = []
        self.seen = {}
        self.order = []
        self.answers = {}
        self.down = 0

    async def find_many(self, program_id, identifiers):
        return {one: self.members[one] for one in identifiers if one in self.members}

    async def enrol_many(self, program_id, enrolments, *, first_tier, now, existing="refuse"):
        made = []
        for one in enrolments:
            self.enrolments.append(one)
            if one.external_id == "bad":
                made.append(Rejected("invalid_member_field", "external_id"))
                continue
            member_id = 1024 + len(self.members)
            self.members["external_id", one.external_id] = member_id
            made.append(Enrolled(member_id))
        return made

    async def submit(self, submissions):
        await asyncio.sleep(0)
        if self.down:
            self.down -= 1
            return [Outcome("unavailable") for _ in submissions]
        return [self._decide(one) for one in submissions]

    def _decide(self, one):
        key = one.event.source, one.event.event_id
        if key in self.seen:
            return Outcome("accepted", replayed=True)
        self.seen[key] = one
        self.order.append(one.event.event_id)
        return self.answers.get(one.event.event_id, Outcome("accepted"))


ROWS = [
    row("1", quantity="2"),
    row("2", customer="bob", time="2011-03-02 12:00:00"),
    row("C3", quantity="-1", time="2011-03-03 12:00:00"),
]


def run_plan(plan, books, **changes):
    arguments = {"program_id": 7, "currency": "GBP", "first_tier": "meadow", "now": 10**16}
    return asyncio.run(run(plan, books, books, **{**arguments, **changes}))


def test_customers_are_enrolled_as_of_their_first_event(tmp_path):
    plan, books = plan_of(tmp_path, ROWS), Books()
    result = run_plan(plan, books)
    assert result.members_enrolled == 2
    assert [(one.external_id, one.enrolled_at) for one in books.enrolments] == [
        ("ann", plan.events[0].event.occurred_at),
        ("bob", plan.events[1].event.occurred_at),
    ]


def test_events_are_submitted_in_order_with_member_and_purchase(tmp_path):
    plan, books = plan_of(tmp_path, ROWS), Books()
    result = run_plan(plan, books)
    assert books.order == ["1", "2", "C3/1"]
    refund = books.seen["shop", "C3/1"]
    assert refund.member == books.members["external_id", "ann"]
    assert refund.purchase.event_id == "1"
    assert refund.backdate_us == BACKDATE_WITHOUT_LIMIT_US
    assert (result.recorded.events, result.recorded.lines) == (3, 3)
    assert result.recorded.amount_minor == 500 + 250 - 250


def test_a_second_run_changes_nothing(tmp_path):
    plan, books = plan_of(tmp_path, ROWS), Books()
    run_plan(plan, books)
    again = run_plan(plan, books)
    assert (again.recorded.events, again.unchanged.events) == (0, 3)
    assert (again.members_enrolled, again.members_known) == (0, 2)


def test_refusals_problems_and_parked_events_are_counted_by_code(tmp_path):
    plan, books = plan_of(tmp_path, ROWS), Books()
    event = plan.events[0].event
    refused = Entry(1, 1, "", event, Refusal("member_closed"), (), ())
    books.answers = {
        "1": Outcome("refused", entry=refused),
        "2": Outcome("invalid", problem=Problem("occurred_in_future", "/", "x", "y")),
        "C3/1": Outcome("parked"),
    }
    result = run_plan(plan, books)
    assert {code: one.events for code, one in result.refused.items()} == {"member_closed": 1}
    assert {code: one.events for code, one in result.problems.items()} == {"occurred_in_future": 1}
    assert result.parked.events == 1
    assert [event_id for event_id, _ in result.first_problems] == ["1", "2"]


def test_a_customer_who_cannot_be_enrolled_is_counted_and_not_submitted(tmp_path):
    plan, books = plan_of(tmp_path, [*ROWS, row("9", customer="bad")]), Books()
    result = run_plan(plan, books)
    assert {code: one.lines for code, one in result.problems.items()} == {"invalid_member_field": 1}
    assert "9" not in books.order


def test_what_the_database_did_not_take_is_submitted_again(tmp_path, monkeypatch):
    monkeypatch.setattr("regulars.imports.running._FIRST_PAUSE_SECONDS", 0)
    plan, books = plan_of(tmp_path, ROWS), Books()
    books.down = 3
    assert run_plan(plan, books).recorded.events == 3


def test_a_database_that_stays_away_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr("regulars.imports.running._FIRST_PAUSE_SECONDS", 0)
    plan, books = plan_of(tmp_path, ROWS), Books()
    books.down = 99
    with pytest.raises(IntakeUnavailable) as caught:
        run_plan(plan, books)
    assert caught.value.waiting == 3


def test_an_event_that_meets_an_error_of_ours_is_counted_and_not_sent_again(tmp_path):
    plan, books = plan_of(tmp_path, ROWS), Books()
    books.answers = {"2": Outcome("failed")}
    result = run_plan(plan, books)
    assert result.problems["failed"].events == 1
    assert (books.order.count("2"), result.recorded.events) == (1, 2)


def test_errors_of_ours_one_after_the_other_end_the_run_with_one_sentence(tmp_path):
    orders = [row(str(number)) for number in range(40)]
    plan, books = plan_of(tmp_path, orders), Books()
    books.answers = {str(number): Outcome("failed") for number in range(5, 40)}
    with pytest.raises(EventsFailed) as caught:
        run_plan(plan, books)
    assert (caught.value.recorded, caught.value.event_id) == (5, "5")
    assert len(books.order) == 40


def test_another_currency_than_the_program_s_is_refused_before_anything_is_written(tmp_path):
    plan, books = plan_of(tmp_path, ROWS), Books()
    with pytest.raises(CurrencyMismatch):
        run_plan(plan, books, currency="EUR")
    assert (books.enrolments, books.order) == ([], [])


def test_progress_is_told_after_each_group(tmp_path):
    told = []
    run_plan(plan_of(tmp_path, ROWS), Books(), on_progress=told.append)
    assert (told[-1].events_done, told[-1].events_all) == (3, 3)
    assert (told[-1].lines_done, told[-1].lines_all) == (3, 3)
