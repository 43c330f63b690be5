"""The published figures on Online Retail: the last eight weeks held out.

The settings are the defaults, which did best in the eight weeks before the cut; the bench repeats
that choice.
"""

import duckdb
import numpy as np
import pytest

from regulars.science.contracts import Lines
from regulars.science.recommend.facade import before, evaluate, held_out
from tests.shared_data import shared_file

# Goods have codes that begin with five digits; postage, discounts and fees have others.
_READ = """
SELECT CustomerID AS customer, StockCode AS item,
       epoch(date_trunc('day', CAST(InvoiceDate AS TIMESTAMP))) / 86400.0 AS day
FROM read_csv(?, all_varchar = true)
WHERE CustomerID IS NOT NULL AND CAST(Quantity AS DOUBLE) > 0 AND CAST(UnitPrice AS DOUBLE) > 0
      AND regexp_matches(StockCode, '^[0-9]{5}')
"""


@pytest.fixture(scope="module")
def shop():
    path = shared_file("online_retail.csv.gz")
    with duckdb.connect() as connection:
        found = connection.execute(_READ, [str(path)]).fetchnumpy()
    names, customer = np.unique(found["customer"].astype(str), return_inverse=True)
    goods, item = np.unique(found["item"].astype(str), return_inverse=True)
    day = found["day"].astype(np.float64)
    return Lines(customer, item, day, np.ones(day.size), names.size, goods.size)


def test_the_last_eight_weeks_are_foretold_as_well_as_must_be(shop):
    cut, until = float(shop.day.max()) - 56.0, float(shop.day.max()) + 1.0
    assert held_out(shop, cut, until).customer.size == 1730
    assert np.unique(before(shop, cut).item).size == 3549
    figures = evaluate(shop, cut, until)
    assert figures.all.recall.value >= 0.162
    assert figures.all.ndcg.value >= 0.353
    assert figures.discovery is not None
    assert figures.discovery.customers == 1637
    assert figures.discovery.recall.value >= 0.063
    assert figures.discovery.ndcg.value >= 0.107
