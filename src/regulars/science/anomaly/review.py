"""One ranked queue out of velocity, robust z and the isolation forest, with reasons in words.

A signal speaks where its robust z passes 3.5, with log(z / 3.5) + 1, so that a signal ten times as
extreme does not count ten times. Of the signals of one theme the loudest counts; the forest, by its
own robust z, is one theme more. The score is the loudest theme plus half of every other. An entity
without a speaking signal has no reason and stays out, whatever the forest thinks of it: nobody is
accused by a number that cannot be put in words.
"""

import numpy as np

from regulars.science import checks
from regulars.science.anomaly.contracts import (
    NONE,
    Activity,
    Entity,
    Kind,
    Measured,
    Queue,
    Reason,
    Suspicion,
)
from regulars.science.anomaly.forest import isolation
from regulars.science.anomaly.robust import robust_z
from regulars.science.anomaly.signals import (
    checked,
    device_signals,
    member_signals,
    personal_devices,
    store_signals,
)
from regulars.science.contracts import Floats

THRESHOLD = 3.5
_REASONS_MOST = 4
_HOUSEHOLD_MOST = 25


def review_queue(activity: Activity, *, size: int, seed: int) -> Queue:
    """The `size` oddest members, stores and devices of the activity, oddest first.

    `seed` is the forest's. Members linked to an entry above them, by a referral or a personal
    device in common, ride along with it instead of taking places of their own. Refuses empty
    activity (NoData) and fewer than 20 members with activity (TooFew).
    """
    checks.number("size", size, at_least=1)
    activity = checked(activity)
    members = member_signals(activity)
    scores = combined(members, isolation(members, seed=seed))
    return Queue(
        _ranked(members, scores, size, links(activity)),
        _plain(store_signals(activity), size),
        _plain(device_signals(activity), size),
        scores,
    )


def combined(measured: Measured, isolated: Floats) -> Floats:
    """The score of every entity, float64 (entities,); 0 where no signal speaks."""
    isolated = checks.floats("isolated", isolated, length=measured.present.shape[0])
    apart = np.zeros_like(isolated)
    rows = np.flatnonzero(measured.present)
    if rows.size:
        apart[rows] = evidence(robust_z(isolated[rows])[0])
    themes = by_theme(measured)
    whole = np.concatenate([themes, apart[:, None]], axis=1)
    answer: Floats = np.where(themes.any(axis=1), _loudness(whole), 0.0)
    return answer


def by_theme(measured: Measured) -> Floats:
    """The evidence of every entity in each theme, float64 (entities, themes), themes by name."""
    spoken = evidence(measured.z)
    themes = sorted({signal.theme for signal in measured.signals})
    columns = [
        spoken[:, [theme == signal.theme for signal in measured.signals]].max(axis=1)
        for theme in themes
    ]
    return np.stack(columns, axis=1)


def _loudness(themes: Floats) -> Floats:
    whole: Floats = (themes.max(axis=1) + themes.sum(axis=1)) / 2.0
    return whole


def evidence(z: Floats) -> Floats:
    """How loudly a robust z speaks: 0 up to the threshold, then 1 and growing with its log."""
    given = checks.numbers("z", z)
    checks.finite("z", given, checks.MAGNITUDE_ANY)
    spoken: Floats = np.where(
        given > THRESHOLD, 1.0 + np.log(np.maximum(given, THRESHOLD) / THRESHOLD), 0.0
    )
    return spoken


def links(activity: Activity) -> dict[int, set[int]]:
    """Who is connected with whom: referrer and referred, and members of one personal device
    (those of a device of more than 25 members only through referrals)."""
    linked: dict[int, set[int]] = {}
    referral = (activity.kind == Kind.REFERRAL) & (activity.other != NONE)
    for one, other in zip(
        activity.member[referral].tolist(), activity.other[referral].tolist(), strict=True
    ):
        linked.setdefault(one, set()).add(other)
        linked.setdefault(other, set()).add(one)
    uses = personal_devices(activity)
    order = np.argsort(uses.device, kind="stable")
    edges = np.flatnonzero(np.diff(uses.device[order])) + 1
    for group in np.split(uses.member[order], edges):
        people = set(group.tolist())
        if 1 < len(people) <= _HOUSEHOLD_MOST:
            for person in people:
                linked.setdefault(person, set()).update(people - {person})
    return linked


def reasons(measured: Measured, code: int) -> tuple[Reason, ...]:
    """Up to four signals that speak of an entity, strongest first."""
    z = measured.z[code]
    spoken = [place for place in np.argsort(-z, kind="stable") if z[place] > THRESHOLD]
    found = []
    for place in spoken[:_REASONS_MOST]:
        signal = measured.signals[place]
        value = float(measured.values[code, place])
        typical = float(measured.typical[code, place])
        found.append(
            Reason(
                signal.name,
                value,
                typical,
                float(z[place]),
                signal.words.format(value=value, typical=typical),
            )
        )
    return tuple(found)


def _ranked(
    measured: Measured, scores: Floats, size: int, linked: dict[int, set[int]]
) -> tuple[Suspicion, ...]:
    """By score, the lower code first among equals; who is linked to an entry rides along."""
    entries: list[Suspicion] = []
    riding: set[int] = set()
    for code in np.argsort(-scores, kind="stable").tolist():
        if len(entries) == size or scores[code] <= 0.0:
            break
        if code in riding:
            continue
        company = linked.get(code, set())
        riding |= company
        entries.append(
            Suspicion(
                Entity.MEMBER,
                code,
                float(scores[code]),
                reasons(measured, code),
                tuple(sorted(company)),
            )
        )
    return tuple(entries)


def _plain(measured: Measured, size: int) -> tuple[Suspicion, ...]:
    scores = _loudness(by_theme(measured))
    order = np.argsort(-scores, kind="stable")[:size]
    return tuple(
        Suspicion(measured.entity, int(code), float(scores[code]), reasons(measured, int(code)))
        for code in order
        if scores[code] > 0.0
    )
