"""`refund: redecide`: the rules run again over what is left of an order.

They see what they saw at the time: the recorded Context, under the version of the entry. What the
rest earns no longer, in total per currency, is taken back; more than the order earned is never
given, and what was taken back before stays back.
"""

from collections.abc import Sequence

from regulars.core.compiled import Program
from regulars.core.conditions.subject import recorded_subject
from regulars.core.decision import Award, Entry
from regulars.core.earning.earn import earn
from regulars.core.effects import RefundProgress
from regulars.core.remainder import Remainder


def reversed_anew(
    version: Program,
    entry: Entry,
    awards: Sequence[Award],
    before: RefundProgress,
    rest: Remainder,
    shipping_back: bool,
    enrolled_at: int,
) -> list[int]:
    """The units of each award that are taken back in all, once the rest has been decided anew."""
    if rest.whole:
        return [award.points for award in awards]
    order = rest.order(shipping_back)
    subject = recorded_subject(entry.event, order, entry.context, enrolled_at)
    subject.kind = "purchase"
    anew = earn(version, subject).awards
    taken = dict(before.reversed)
    result = [taken.get(index, 0) for index in range(len(awards))]
    for currency in dict.fromkeys([award.currency for award in awards]):
        total = sum(award.points for award in awards if award.currency == currency)
        kept = min(total, sum(award.points for award in anew if award.currency == currency))
        own = [index for index, award in enumerate(awards) if award.currency == currency]
        take = total - kept - sum(result[index] for index in own)
        if take > 0:
            _share_out(awards, anew, own, result, take)
    return result


def _share_out(
    awards: Sequence[Award], anew: Sequence[Award], own: list[int], result: list[int], take: int
) -> None:
    """Take first from the awards that the rest earns less of, by rule, then from the last."""
    for index in own:
        award = awards[index]
        still = sum(
            each.points
            for each in anew
            if each.rule == award.rule and each.currency == award.currency
        )
        part = min(max(award.points - still - result[index], 0), take)
        result[index] += part
        take -= part
    for index in reversed(own):
        part = min(awards[index].points - result[index], take)
        result[index] += part
        take -= part
