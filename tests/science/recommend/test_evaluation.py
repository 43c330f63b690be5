"""The figures are the formulas, the window sees no past and the past no window."""

import numpy as np
import pytest

from regulars.science.contracts import Lines
from regulars.science.errors import NoData, OutOfRange, WrongShape
from regulars.science.recommend.facade import (
    HeldOut,
    Kind,
    Settings,
    before,
    choose_settings,
    evaluate,
    fit,
    held_out,
    quality,
    recommend,
)
from tests.science.recommend.shops import lines, shop_with_tastes

_SETTINGS = Settings(regularization=20.0)


def test_the_window_holds_known_customers_and_known_items_only():
    shop = lines(
        (0, 0, 1.0), (0, 1, 2.0), (1, 1, 3.0),  # the past
        (0, 0, 10.0), (0, 2, 10.0), (0, 1, 11.0), (1, 0, 19.9), (2, 0, 12.0),  # the window
        (1, 1, 20.0),  # later
    )  # fmt: skip
    window = held_out(shop, 10.0, 20.0)
    assert window.customer.tolist() == [0, 1]
    assert window.start.tolist() == [0, 2, 3]
    assert window.item.tolist() == [0, 1, 0]
    assert window.unknown == 1
    assert held_out(shop, 10.0, 20.0, Kind.REPEAT).item.tolist() == [0, 1]
    discovery = held_out(shop, 10.0, 20.0, Kind.DISCOVERY)
    assert (discovery.customer.tolist(), discovery.item.tolist()) == ([1], [0])


def test_recall_and_ndcg_by_hand():
    window = HeldOut(np.array([3, 5]), np.array([0, 3, 4]), np.array([0, 1, 2, 4]), 10, 0)
    figures = quality(window, np.array([[0, 9, 2], [8, 7, -1]]))
    gain = (1 + 1 / np.log2(4)) / (1 + 1 / np.log2(3) + 1 / np.log2(4))
    assert figures.recall.value == pytest.approx((2 / 3 + 0) / 2)
    assert figures.ndcg.value == pytest.approx(gain / 2)
    assert figures.hit_rate.value == 0.5
    assert figures.coverage == 5 / 10


def test_few_relevant_items_can_reach_an_ndcg_of_one_and_a_double_counts_once():
    window = HeldOut(np.array([0]), np.array([0, 1]), np.array([4]), 5, 0)
    assert quality(window, np.array([[4, 0, 1]])).ndcg.value == 1.0
    twice = quality(window, np.array([[4, 4, 4]]))
    assert (twice.recall.value, twice.ndcg.value) == (1.0, 1.0)
    assert (twice.recall.low, twice.recall.high) == (0.0, 1.0)


def test_intervals_over_customers_cover_the_mean_of_the_population():
    # Lists that hit with a chance of .3: 300 windows of 200 customers each.
    random = np.random.default_rng(11)
    hits = random.random((300, 200)) < 0.3
    window = HeldOut(np.arange(200), np.arange(201), np.zeros(200, dtype=np.int64), 2, 0)
    covered = sum(quality(window, np.where(one, 0, 1)[:, None]).recall.covers(0.3) for one in hits)
    # 285 are expected; fewer than 270 or more than 297 has a chance below one in a thousand.
    assert 270 <= covered <= 297


def test_what_happens_in_the_window_changes_no_list():
    shop = shop_with_tastes(3, customers=80)
    other = Lines(
        shop.customer,
        np.where(shop.day >= 150.0, 0, shop.item),
        shop.day,
        shop.quantity,
        80,
        shop.items,
    )
    first = fit(before(shop, 150.0), 150.0, _SETTINGS)
    second = fit(before(other, 150.0), 150.0, _SETTINGS)
    customer = np.arange(80)
    np.testing.assert_array_equal(
        recommend(first, customer).score, recommend(second, customer).score
    )
    with pytest.raises(OutOfRange, match=r"before 150\.0"):
        fit(shop, 150.0, _SETTINGS)


def test_tastes_are_found_where_popularity_finds_none():
    shop = shop_with_tastes(5)
    found = evaluate(shop, 150.0, 200.0, _SETTINGS)
    blind = evaluate(shop, 150.0, 200.0, Settings(regularization=1e9, discovery_weight=0.0))
    assert found.discovery is not None and blind.discovery is not None
    # Four tastes of equal size: popularity mixes them, so that knowing the taste is worth much.
    assert found.discovery.ndcg.low > 1.5 * blind.discovery.ndcg.high
    assert found.all.ndcg.value > blind.all.ndcg.value
    assert found.repeat is not None
    assert found.repeat.ndcg.value > found.all.ndcg.value
    assert 0.0 < found.repeat_share < 1.0


def test_a_kind_that_nobody_bought_is_none():
    only_new = lines((0, 0, 1.0), (1, 1, 1.0), (0, 1, 5.0), (1, 0, 5.0))
    figures = evaluate(only_new, 5.0, 6.0)
    assert figures.repeat is None
    assert figures.discovery is not None and figures.discovery.customers == 2
    only_again = lines((0, 0, 1.0), (1, 1, 1.0), (0, 0, 5.0), (1, 1, 5.0))
    assert evaluate(only_again, 5.0, 6.0).discovery is None


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda s: held_out(s, 300.0, 400.0), NoData, "purchases in the window"),
        (lambda s: evaluate(s, 0.0, 400.0), NoData, "lines is empty"),
        (lambda s: choose_settings(s, 150.0, []), NoData, "candidates is empty"),
        (lambda s: choose_settings(s, 30.0, [Settings()], days=56.0), NoData, "lines is empty"),
        (
            lambda s: evaluate(s, 150.0, 200.0, model=fit(before(s, 151.0), 151.0)),
            OutOfRange,
            r"model\.at is 151\.0.*at most 150\.0",
        ),
        (
            lambda s: quality(held_out(s, 150.0, 200.0), np.array([[1]])),
            WrongShape,
            "item has the shape",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(shop_with_tastes(3, customers=80))


def test_settings_are_chosen_without_a_look_at_the_window():
    shop = shop_with_tastes(9)
    candidates = [Settings(regularization=1e9, discovery_weight=0.0), _SETTINGS]
    choice = choose_settings(shop, 150.0, candidates, days=40.0)
    assert choice.settings == _SETTINGS
    assert [one.settings for one in choice.tried] == candidates
    # The same choice, figure by figure, when the window is not there at all.
    assert choose_settings(before(shop, 150.0), 150.0, candidates, days=40.0) == choice
    # And the figures are those of a plain evaluation in the validation window.
    assert choice.tried[1] == evaluate(before(shop, 150.0), 110.0, 150.0, _SETTINGS)


def test_a_newcomer_is_served_better_by_the_segment_than_by_everybody():
    # Four segments of four tastes; a quarter of the customers have no past at the cut.
    shop = shop_with_tastes(12)
    newcomer = np.arange(400) >= 300
    seen = ~(newcomer[shop.customer] & (shop.day < 150.0))
    known = Lines(
        shop.customer[seen], shop.item[seen], shop.day[seen], shop.quantity[seen], 400, shop.items
    )
    past = before(known, 150.0)
    by_segment = fit(past, 150.0, _SETTINGS, segment=np.arange(400) % 4, segments=4)
    by_all = fit(past, 150.0, _SETTINGS)
    asked = np.flatnonzero(newcomer)
    bought = [np.unique(known.item[known.customer == one]) for one in asked]
    hits = [
        np.array([np.isin(row, own).sum() for row, own in zip(lists.item, bought, strict=True)])
        for lists in (recommend(by_segment, asked, 5), recommend(by_all, asked, 5))
    ]
    gain = hits[0] - hits[1]
    # Five standard errors: no chance of a lucky seed.
    assert gain.mean() > 5.0 * gain.std(ddof=1) / 10.0
