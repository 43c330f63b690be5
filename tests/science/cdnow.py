"""The CDNOW orders, with days counted from 1997-01-01."""

import csv
import gzip
from datetime import date
from functools import cache

import numpy as np

from regulars.science.contracts import Orders
from tests.shared_data import shared_file

CALIBRATED_UNTIL = 273.0
"""1997-10-01: the papers calibrate on the 39 weeks up to 1997-09-30."""
OBSERVED_UNTIL = 546.0
"""1998-07-01: the orders end on 1998-06-30, 39 weeks later."""


def cdnow_master() -> Orders:
    """All 23,570 customers."""
    return _read("cdnow_master.csv.gz", "customer_id")


def cdnow_sample() -> Orders:
    """The 2,357 customers of the paper."""
    return _read("cdnow_sample.csv.gz", "sample_id")


@cache
def _read(name: str, column: str) -> Orders:
    start = date(1997, 1, 1)
    with gzip.open(shared_file(name), "rt") as file:
        rows = list(csv.DictReader(file))
    names, customer = np.unique([row[column] for row in rows], return_inverse=True)
    days = [(date.fromisoformat(row["date"]) - start).days for row in rows]
    values = [float(row["dollar_value"]) for row in rows]
    return Orders(
        customer.astype(np.int64), np.array(days, dtype=np.float64), np.array(values), names.size
    )
