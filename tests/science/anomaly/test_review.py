"""The queue finds the frauds it should, says why, and leaves the honest alone."""

from dataclasses import replace

import numpy as np
import pytest

from regulars.science.anomaly.contracts import (
    NONE,
    Activity,
    Entity,
    Kind,
    Measured,
    Pattern,
    Signal,
)
from regulars.science.anomaly.facade import (
    Club,
    combined,
    device_signals,
    evaluate,
    isolation,
    member_signals,
    review_queue,
    simulate,
    store_signals,
    top_by,
)
from regulars.science.anomaly.review import evidence
from regulars.science.errors import NoData, NotFinite, OutOfRange, TooFew, WrongShape

SIZE = 40
SEEDS = range(100, 106)


@pytest.fixture(scope="module")
def clubs():
    """Simulated clubs and their queues; seeds that no weight or unit was chosen on."""
    made = [simulate(Club(), seed=seed) for seed in SEEDS]
    return [(one, review_queue(one.activity, size=SIZE, seed=1)) for one in made]


def caught(clubs, pattern: Pattern) -> float:
    """The share of that pattern's cases that the queues caught."""
    found = [
        part
        for labelled, queue in clubs
        for part in evaluate(labelled, np.array([one.code for one in queue.members])).patterns
        if part.pattern == pattern
    ]
    return sum(part.caught for part in found) / sum(part.cases for part in found)


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (Pattern.REFUND_FARMING, 0.9),
        (Pattern.REFERRAL_RING, 0.9),
        (Pattern.TILL_INSIDER, 0.6),
        (Pattern.ACCOUNT_TAKEOVER, 0.4),
    ],
)
def test_a_queue_as_long_as_there_are_cases_catches_the_bold(clubs, pattern, least):
    assert caught(clubs, pattern) >= least


def test_precision_is_fifteen_times_the_base_rate_and_beats_the_forest_alone(clubs):
    precision, forest = [], []
    for labelled, queue in clubs:
        found = evaluate(labelled, np.array([one.code for one in queue.members]))
        assert found.reviewed == SIZE
        assert found.precision > 15 * found.base_rate
        precision.append(found.precision)
        alone = isolation(member_signals(labelled.activity), seed=1)
        forest.append(evaluate(labelled, top_by(labelled, alone, SIZE)).precision)
    assert np.mean(precision) >= 0.75
    assert np.mean(precision) > np.mean(forest) + 0.1


def test_every_entry_has_reasons_in_words_strongest_first(clubs):
    for _, queue in clubs:
        for entry in queue.members:
            assert 1 <= len(entry.reasons) <= 4
            assert [one.z for one in entry.reasons] == sorted(
                (one.z for one in entry.reasons), reverse=True
            )
            assert all(one.z > 3.5 and "typically" in one.words for one in entry.reasons)
        scores = [entry.score for entry in queue.members]
        assert scores == sorted(scores, reverse=True)
        assert scores == [queue.scores[entry.code] for entry in queue.members]


def test_a_ring_takes_one_place_and_its_members_ride_along(clubs):
    for labelled, queue in clubs:
        for entry in queue.members:
            case = labelled.case[entry.code]
            if case != NONE and labelled.patterns[case] == Pattern.REFERRAL_RING:
                ring = set(np.flatnonzero(labelled.case == case).tolist())
                assert len(ring & {entry.code, *entry.linked}) > len(ring) / 2
        codes = [entry.code for entry in queue.members]
        linked = {code for entry in queue.members for code in entry.linked}
        assert not linked & set(codes)


def test_a_club_without_fraud_has_few_entries_to_look_at():
    clean = simulate(Club(cases=0), seed=7)
    queue = review_queue(clean.activity, size=1_000, seed=1)
    assert len(queue.members) < 0.03 * clean.activity.members
    assert len(queue.stores) == 0


def test_the_same_seed_makes_the_same_queue():
    first, second = (simulate(Club(members=300), seed=3) for _ in range(2))
    assert (first.activity.day == second.activity.day).all()
    queues = [review_queue(one.activity, size=10, seed=5) for one in (first, second)]
    assert queues[0].members == queues[1].members


def test_events_in_any_sequence_make_the_same_queue():
    made = simulate(Club(members=300), seed=3).activity
    order = np.random.default_rng(0).permutation(made.day.shape[0])
    columns = ("day", "kind", "member", "store", "device", "amount", "points", "other")
    mixed = replace(made, **{name: getattr(made, name)[order] for name in columns})
    first, second = (member_signals(one).values for one in (made, mixed))
    assert np.allclose(first, second)


class Scene:
    """A little activity, written event by event."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, int, int, int, int, float, float, int]] = []

    def add(self, day, kind, member, *, store=0, device=NONE, amount=0.0, points=0.0, other=NONE):
        self.rows.append((day, kind, member, store, device, amount, points, other))
        return self

    def activity(self, members=4, stores=2, till=(True, False, False, False)) -> Activity:
        day, kind, member, store, device, amount, points, other = (
            np.array(column) for column in zip(*self.rows, strict=True)
        )
        return Activity(
            day, kind, member, store, device, amount, points, other, members, stores, np.array(till)
        )

    def signal(self, name: str, member: int = 0, **sizes) -> float:
        measured = member_signals(self.activity(**sizes))
        place = [signal.name for signal in measured.signals].index(name)
        return float(measured.values[member, place])


def bought(scene: Scene, day: float, member: int = 0, amount: float = 100.0, device: int = 0):
    return scene.add(day, Kind.PURCHASE, member, device=device, amount=amount, points=amount)


@pytest.mark.parametrize(
    ("name", "build", "expected"),
    [
        (
            "refunds",
            lambda s: [bought(s, 1.0)]
            + [s.add(day, Kind.REFUND, 0, amount=5.0) for day in (2.0, 20.0, 31.5, 80.0)],
            3.0,
        ),
        (
            "refunded_share",
            # Two typical purchases are added to what was bought.
            lambda s: [bought(s, 1.0), s.add(2.0, Kind.REFUND, 0, amount=60.0)],
            0.2,
        ),
        (
            "spent_then_refunded",
            lambda s: [
                bought(s, 1.0),
                s.add(3.0, Kind.REDEMPTION, 0, points=80.0),
                s.add(10.0, Kind.REFUND, 0, amount=100.0, points=50.0),
            ],
            50.0,
        ),
        (
            "spent_then_refunded",
            lambda s: [
                s.add(3.0, Kind.REDEMPTION, 0, points=80.0),
                s.add(18.0, Kind.REFUND, 0, amount=100.0, points=50.0),
            ],
            0.0,
        ),
        (
            "referrals",
            lambda s: [s.add(day, Kind.REFERRAL, 0, other=1) for day in (1.0, 20.0, 50.0)],
            2.0,
        ),
        (
            "idle_referred",
            lambda s: [
                s.add(1.0, Kind.REFERRAL, 0, other=1),
                s.add(1.0, Kind.REFERRAL, 0, other=2),
                bought(s, 2.0, member=1),
                bought(s, 3.0, member=1),
            ],
            1.0,
        ),
        (
            "referred_same_device",
            # Members 1 and 2 share a phone, member 3 has the referrer's.
            lambda s: [s.add(1.0, Kind.REFERRAL, 0, other=other) for other in (1, 2, 3)]
            + [
                s.add(2.0, Kind.SIGN_IN, member, device=device)
                for member, device in ((0, 1), (1, 2), (2, 2), (3, 1))
            ],
            3.0,
        ),
        (
            "referred_same_device",
            # A till is everybody's.
            lambda s: [s.add(1.0, Kind.REFERRAL, 0, other=other) for other in (1, 2)]
            + [bought(s, 2.0, member=member) for member in (0, 1, 2)],
            0.0,
        ),
        (
            "device_members",
            lambda s: [s.add(2.0, Kind.SIGN_IN, member, device=1) for member in (0, 1, 2)],
            3.0,
        ),
        ("purchases_day", lambda s: [bought(s, day) for day in (1.0, 1.2, 1.4, 3.0)], 3.0),
        (
            "same_till",
            lambda s: [bought(s, 1.0), bought(s, 1.2), bought(s, 1.4, device=1), bought(s, 9.0)],
            2.0,
        ),
        ("same_till_purchases", lambda s: [bought(s, day) for day in (1.0, 1.2, 30.0)], 3.0),
        ("points_earned", lambda s: [bought(s, day) for day in (1.0, 3.0, 9.0)], 200.0),
        (
            "drained",
            lambda s: [
                bought(s, 1.0),
                s.add(2.0, Kind.SIGN_IN, 0, device=1),
                s.add(5.0, Kind.SIGN_IN, 0, device=2),
                s.add(5.5, Kind.REDEMPTION, 0, device=2, points=75.0),
            ],
            0.75,
        ),
        (
            "drained",
            # The first device is the member's own, and a day later is not at once.
            lambda s: [
                bought(s, 1.0),
                s.add(2.0, Kind.SIGN_IN, 0, device=1),
                s.add(2.1, Kind.REDEMPTION, 0, device=1, points=75.0),
                s.add(5.0, Kind.SIGN_IN, 0, device=2),
                s.add(6.5, Kind.REDEMPTION, 0, device=2, points=25.0),
            ],
            0.0,
        ),
        (
            "drained_together",
            lambda s: [
                event
                for member in (0, 1)
                for event in (
                    bought(s, 1.0, member=member),
                    s.add(2.0, Kind.SIGN_IN, member, device=2 + member),
                    s.add(5.0, Kind.SIGN_IN, member, device=1),
                    s.add(5.1, Kind.REDEMPTION, member, device=1, points=90.0),
                )
            ],
            2.0,
        ),
        (
            "redemptions_day",
            lambda s: [s.add(day, Kind.REDEMPTION, 0, points=5.0) for day in (1.0, 1.3, 2.2)],
            2.0,
        ),
    ],
)  # fmt: skip
def test_a_signal_counts_what_it_says(name, build, expected):
    scene = Scene()
    build(scene)
    assert scene.signal(name) == pytest.approx(expected)


def test_stores_and_devices_that_stick_out_are_named():
    labelled = simulate(Club(members=1_500, cases=0), seed=2)
    made = labelled.activity
    # Somebody at till 4 books a whole day's purchases to one card.
    extra = 150
    joined = replace(
        made,
        day=np.append(made.day, 40.0 + np.arange(extra) / 200),
        kind=np.append(made.kind, np.full(extra, Kind.PURCHASE)),
        member=np.append(made.member, np.full(extra, 3)),
        store=np.append(made.store, np.full(extra, 1)),
        device=np.append(made.device, np.full(extra, 4)),
        amount=np.append(made.amount, np.full(extra, 20.0)),
        points=np.append(made.points, np.full(extra, 20.0)),
        other=np.append(made.other, np.full(extra, NONE)),
    )
    queue = review_queue(joined, size=10, seed=1)
    assert queue.devices[0].code == 4
    assert queue.devices[0].reasons[0].signal == "top_member_day"
    stores = {entry.code: entry.reasons[0].signal for entry in queue.stores}
    assert stores[1] == "top_member_share"
    assert queue.members[0].code == 3
    assert "at the same till" in " ".join(one.words for one in queue.members[0].reasons)


def test_tills_are_not_odd_for_having_many_members():
    made = simulate(Club(members=500, cases=0), seed=2).activity
    measured = device_signals(made)
    assert (measured.values[made.till, 0] > 10).all()
    assert measured.z[made.till, 0].max() < 3.5


def test_evidence_begins_at_the_threshold_and_grows_slowly():
    assert evidence(np.array([-9.0, 0.0, 3.5])).tolist() == [0.0] * 3
    found = evidence(np.array([3.6, 36.0]))
    assert found[0] == pytest.approx(1.0, abs=0.03)
    assert found[1] - found[0] == pytest.approx(np.log(10))


def test_of_a_theme_the_loudest_signal_counts_and_other_themes_half():
    signals = tuple(Signal(name, theme, "{value}", 1.0) for name, theme in ("aA", "bA", "cB"))
    z = np.zeros((30, 3))
    z[0] = [35.0, 7.0, 3.5 * np.e]
    z[1] = [0.0, 3.0, 0.0]
    measured = Measured(Entity.MEMBER, signals, z, z, z, np.ones(30, bool))
    scores = combined(measured, np.zeros(30))
    assert scores[0] == pytest.approx(1 + np.log(10) + 0.5 * 2.0)
    assert (scores[1:] == 0.0).all()


def test_the_forest_alone_accuses_nobody():
    signals = (Signal("a", "A", "{value}", 1.0),)
    z = np.zeros((30, 1))
    measured = Measured(Entity.MEMBER, signals, z, z, z, np.ones(30, bool))
    isolated = np.zeros(30)
    isolated[4] = 1.0
    assert not combined(measured, isolated).any()


def plain(members: int = 30) -> Scene:
    """Everybody does the same."""
    scene = Scene()
    for member in range(members):
        bought(scene, 1.0, member=member)
    return scene


def test_where_everybody_is_the_same_there_is_nothing_to_review():
    queue = review_queue(plain().activity(members=30), size=5, seed=1)
    assert (queue.members, queue.stores, queue.devices) == ((), (), ())
    assert not queue.scores.any()


def test_members_who_did_nothing_are_not_compared():
    with_silent = member_signals(plain().activity(members=200))
    assert with_silent.present.sum() == 30
    assert not with_silent.z[30:].any()
    assert not isolation(with_silent, seed=1).any()


def test_only_sign_ins_are_fine():
    scene = Scene()
    for member in range(25):
        scene.add(1.0, Kind.SIGN_IN, member, device=1 + member % 3)
    activity = scene.activity(members=25)
    assert np.isfinite(member_signals(activity).z).all()
    assert np.isfinite(store_signals(activity).z).all()
    assert np.isfinite(device_signals(activity).z).all()


def test_without_stores_and_devices_the_rest_is_looked_at():
    scene = Scene()
    for member in range(30):
        bought(scene.add(9.0, Kind.REFUND, 0, amount=1.0, store=NONE), 1.0, member, device=NONE)
    rows = [(*row[:3], NONE, *row[4:]) for row in scene.rows]
    scene.rows = rows
    queue = review_queue(scene.activity(members=30, stores=0, till=()), size=5, seed=1)
    assert [entry.code for entry in queue.members] == [0]
    assert (queue.stores, queue.devices) == ((), ())


def test_small_integer_types_hold_the_largest_code():
    made = plain(128).activity(members=128)
    narrow = replace(made, member=made.member.astype(np.int8), other=np.full(128, 127, np.int8))
    assert member_signals(narrow).present.all()


GOOD = plain().activity(members=30)


def spoiled(**columns) -> Activity:
    return replace(GOOD, **columns)


EMPTY = Activity(
    *(np.zeros(0, dtype=kind) for kind in (float, int, int, int, int, float, float, int)),
    members=0,
    stores=0,
    till=np.zeros(0, dtype=bool),
)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: review_queue(EMPTY, size=5, seed=1), NoData, "activity is empty"),
        (lambda: review_queue(plain(1).activity(), size=5, seed=1), TooFew, "1 members with"),
        (lambda: review_queue(GOOD, size=0, seed=1), OutOfRange, "size"),
        (
            lambda: member_signals(spoiled(day=np.full(30, np.nan))),
            NotFinite,
            r"activity\.day\[0\] is nan",
        ),
        (lambda: member_signals(spoiled(day=np.full(30, np.inf))), NotFinite, "day"),
        (lambda: member_signals(spoiled(amount=np.full(30, -1.0))), OutOfRange, "amount"),
        (lambda: member_signals(spoiled(points=np.full(30, np.nan))), NotFinite, "points"),
        (lambda: member_signals(spoiled(kind=np.full(30, 9))), OutOfRange, "kind.*0 to 4"),
        (lambda: member_signals(spoiled(member=np.full(30, 30))), OutOfRange, "member"),
        (lambda: member_signals(spoiled(store=np.full(30, -2))), OutOfRange, "store"),
        (lambda: member_signals(spoiled(device=np.full(30, 7))), OutOfRange, "device"),
        (lambda: member_signals(spoiled(other=np.zeros(3, int))), WrongShape, "other"),
        (lambda: simulate(Club(members=10), seed=1), OutOfRange, "members"),
        (lambda: simulate(Club(boldness=0.0), seed=1), OutOfRange, "boldness"),
        (
            lambda: top_by(simulate(Club(members=50, cases=0), seed=1), np.zeros(3), 5),
            WrongShape,
            "scores",
        ),
    ],
)
def test_bad_input_is_refused_with_what_would_be_right(call, error, words):
    with pytest.raises(error, match=words) as raised:
        call()
    assert raised.value.next_step


def test_an_evaluation_without_entries_says_zero():
    made = simulate(Club(members=60, cases=1), seed=1)
    found = evaluate(made, np.zeros(0, dtype=np.int64))
    assert (found.reviewed, found.hits, found.precision) == (0, 0, 0.0)
    assert [part.cases for part in found.patterns] == [1, 1, 1, 1]
