"""The MineThatData e-mail experiment (Hillstrom 2008) as arrays, for the tests that need it."""

import csv
import gzip
from functools import cache
from typing import NamedTuple

import numpy as np

from tests.shared_data import shared_file

NONE, WOMENS, MENS = "No E-Mail", "Womens E-Mail", "Mens E-Mail"


class Hillstrom(NamedTuple):
    """64,000 customers: what was known before, the arm, and what followed within two weeks."""

    features: np.ndarray
    arm: np.ndarray
    visit: np.ndarray
    spend: np.ndarray

    def against_none(self, arm: str) -> "Hillstrom":
        """Only one e-mail's customers and those without."""
        kept = (self.arm == arm) | (self.arm == NONE)
        return Hillstrom(*(column[kept] for column in self))


def hillstrom() -> Hillstrom:
    """The file; the test that asks is skipped where it is absent."""
    return _read(str(shared_file("hillstrom.csv.gz")))


@cache
def _read(path: str) -> Hillstrom:
    with gzip.open(path, "rt", newline="") as lines:
        rows = list(csv.DictReader(lines))
    features = np.array(
        [
            (
                float(row["recency"]),
                np.log1p(float(row["history"])),
                float(row["mens"]),
                float(row["womens"]),
                float(row["newbie"]),
                row["zip_code"] == "Urban",
                row["zip_code"] == "Rural",
                row["channel"] == "Web",
                row["channel"] == "Multichannel",
            )
            for row in rows
        ],
        dtype=np.float64,
    )
    return Hillstrom(
        features,
        np.array([row["segment"] for row in rows]),
        np.array([float(row["visit"]) for row in rows]),
        np.array([float(row["spend"]) for row in rows]),
    )
