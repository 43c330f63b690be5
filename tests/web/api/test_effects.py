"""Effects as the API answers them: what one lot holds is told rule by rule."""

from regulars.core.accounts import Account
from regulars.core.causes import join_causes
from regulars.core.decision import Award
from regulars.core.effects import AwardNow, Effect, LotOpened, RefundProgress, Revised
from regulars.web.api.wire.answers import EffectAnswer, effects_answer

DECIMALS = {"points": 0, "stars": 1}


def opened(lot: int, currency: str, amount: int, rule: str, for_seq: int = 0) -> LotOpened:
    return LotOpened(
        lot, currency, amount, int(Account.ISSUED), int(Account.ACTIVE), 1, 0, 0, rule, for_seq
    )


def told(effects: list[Effect], awards: list[Award]) -> list[tuple[object, ...]]:
    answers: list[EffectAnswer] = effects_answer(effects, 1025, DECIMALS, awards)
    return [
        (each.rule, each.currency, each.points, each.lot)
        for each in answers
        if each.type == "points_earned"
    ]


def test_each_award_of_a_lot_has_an_item_and_they_add_up_to_it() -> None:
    effects: list[Effect] = [
        opened(1, "points", 85, "base+big-basket"),
        opened(2, "stars", 30, "stars"),
    ]
    awards = [
        Award(0, "points", 60, 0, 1),
        Award(1, "stars", 30, 0, 2),
        Award(3, "points", 25, 0, 1),
    ]
    assert told(effects, awards) == [
        ("base", "points", "60", 1),
        ("big-basket", "points", "25", 1),
        ("stars", "stars", "3", 2),
    ]


def test_what_a_revision_added_is_told_by_rule_too() -> None:
    effects: list[Effect] = [
        opened(5, "points", 50, "base"),
        Revised(2, "points", 210),
        opened(6, "points", 210, "third+tier:two", 2),
        RefundProgress(
            2,
            (),
            awards=(
                AwardNow(0, "points", 10, 0, 3),
                AwardNow(1, "points", 100, 0, 6),
                AwardNow(-1, "points", 110, 0, 6),
            ),
        ),
    ]
    assert told(effects, [Award(0, "points", 50, 0, 5)]) == [
        ("base", "points", "50", 5),
        ("third", "points", "100", 6),
        ("tier:two", "points", "110", 6),
    ]


def test_what_no_rule_earned_is_told_as_it_is() -> None:
    assert told([opened(1, "points", 7, "adjustment")], []) == [("adjustment", "points", "7", 1)]


def test_rules_without_room_in_the_lot_s_cause_stand_together() -> None:
    ids = ["a" * 40, "b" * 35, "c", "d", "e" * 3]
    awards = [Award(at, "points", 10 + at, 0, 1) for at in range(5)]
    found = told([opened(1, "points", 60, join_causes(ids))], awards)
    assert [(rule, points) for rule, _, points, _ in found[:3]] == [
        ("a" * 40, "10"),
        ("b" * 35, "11"),
        ("c", "12"),
    ]
    assert len(found) == 4 and found[3][2] == "27"
