"""The pictures of lists: what they find, what they are made of, and which items they reach."""

import numpy as np

from regulars.insights.contracts import Grid, Plot
from regulars.insights.drawing import charts
from regulars.insights.models.recommend.computing import Found, RecommendOptions, kinds
from regulars.insights.phrasing import between, listed
from regulars.science.recommend.contracts import Source


def plots_of(found: Found, options: RecommendOptions) -> tuple[Plot, ...]:
    """All pictures: how the lists did, then what is in them."""
    return (_by_kind(found, options), _by_length(found), _sources(found), _reach(found))


def _by_kind(found: Found, options: RecommendOptions) -> Plot:
    names, shown = [], []
    for name, quality, popular in kinds(found):
        names.append(name)
        shown.append(quality.recall)
        if popular is not None:
            names.append("… best sellers")
            shown.append(popular.recall)
    return Plot(
        "kinds",
        "Repeat and discovery apart",
        "A line right of the best sellers below it says that the lists know more than what sells; "
        "the lowest pair is what customers did not know yet.",
        listed(f"Recall at {options.k}", names, [between(one, 1) for one in shown]),
        lambda axes: charts.intervals(
            axes, names, [one.value * 100 for one in shown], [one.low * 100 for one in shown],
            [one.high * 100 for one in shown], x_label=f"% of purchases in lists of {options.k}",
        ),
    )  # fmt: skip


def _by_length(found: Found) -> Plot:
    curves = found.curves
    series = {name: np.array(curves[name]) * 100 for name in ("lists", "best sellers")}
    return Plot(
        "length",
        "Longer lists find more",
        "Where the line goes flat, further places bring little; the gap between the lines is what "
        "knowing the customer brings.",
        "Recall of all items by length of the list, for these lists and best sellers.",
        lambda axes: charts.curves(
            axes, np.array(curves["places"]), series, x_label="places in the list",
            y_label="% of purchases in it", markers=True,
        ),
        Grid(
            "Recall by length",
            ("places", "lists", "best sellers"),
            tuple(
                (f"{place:.0f}", f"{mine:.1f}%", f"{theirs:.1f}%")
                for place, mine, theirs in zip(curves["places"], *series.values(), strict=True)
            ),
        ),
    )  # fmt: skip


def _sources(found: Found) -> Plot:
    places = found.lists.source.shape[1]
    names = [str(place + 1) for place in range(places)]
    filled = found.lists.source != Source.NOTHING
    total = np.maximum(filled.sum(axis=0), 1)
    series = {
        word: (found.lists.source == source).sum(axis=0) / total * 100
        for word, source in (
            ("bought before", Source.REPEAT),
            ("because of others", Source.DISCOVERY),
            ("popular", Source.POPULAR),
        )
    }
    return Plot(
        "sources",
        "What the lists are made of",
        "High lines on the left say what customers see first; if all of it is bought before, show "
        "a list of new items beside this one.",
        "Share of repeats, discoveries and popular items at each place of today's lists.",
        lambda axes: charts.curves(
            axes, np.arange(1, places + 1), series, x_label="place in the list",
            y_label="% of customers", markers=True,
        ),
        Grid(
            "Sources by place",
            ("place", *series),
            tuple(
                (name, *(f"{values[row]:.0f}%" for values in series.values()))
                for row, name in enumerate(names)
            ),
        ),
    )  # fmt: skip


def _reach(found: Found) -> Plot:
    items = found.lists.item[found.lists.item >= 0]
    counts = np.sort(np.bincount(items, minlength=found.model.history.items))[::-1]
    shares = np.array([float(part.sum()) for part in np.array_split(counts, 10)])
    shares = shares / max(float(shares.sum()), 1.0) * 100
    names = [str(place) for place in range(1, 11)]
    return Plot(
        "reach",
        "How the places are shared among the items",
        "If the first bar holds nearly everything, the lists show everybody the same few items.",
        f"Share of all places by tenth of items; the first tenth holds {shares[0]:.0f}%.",
        lambda axes: charts.paired_bars(
            axes, names, {"places": shares}, x_label="tenths of items, most shown first",
            y_label="% of all places",
        ),
    )  # fmt: skip
