"""Liability: what the points that members hold will cost, how surely, and how well the same method
would have done before.

Pure: arrays of lots and redemptions in, frozen results out, seeds passed in.
"""

from regulars.science.liability.forecast import forecast_liability
from regulars.science.liability.hazards import pooled_hazard_forecast

__all__ = ["forecast_liability", "pooled_hazard_forecast"]
