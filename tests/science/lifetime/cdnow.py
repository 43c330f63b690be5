"""The CDNOW orders of Fader, Hardie and Lee 2005, days counted from 1997-01-01."""

import csv
import datetime
import gzip
from functools import cache

import numpy as np

from regulars.science.contracts import Orders
from tests.shared_data import shared_file

CALIBRATION_END = 272.0  # 1997-09-30
HOLDOUT_END = 545.0  # 1998-06-30, 39 weeks later
ORIGIN = datetime.date(1997, 1, 1)


@cache
def cdnow(name: str, customer: str) -> Orders:
    """The file `name`, by its column `customer`."""
    with gzip.open(shared_file(name), "rt") as lines:
        rows = list(csv.DictReader(lines))
    names, code = np.unique([row[customer] for row in rows], return_inverse=True)
    day = [_date(row["date"]).toordinal() - ORIGIN.toordinal() for row in rows]
    value = [float(row["dollar_value"]) for row in rows]
    return Orders(code.astype(np.int64), np.array(day, float), np.array(value), names.shape[0])


def _date(text: str) -> datetime.date:
    return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:]))
