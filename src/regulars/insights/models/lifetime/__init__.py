"""Lifetime: who is still a customer, how many orders are to come, and what they are worth.

`computing.py` asks the science, `sections.py` says its answers as facts, tables and data,
`pictures.py` draws them, and `insight.py` puts the report together.
"""

from regulars.insights.models.lifetime.computing import LifetimeOptions
from regulars.insights.models.lifetime.insight import lifetime_insight

__all__ = ["LifetimeOptions", "lifetime_insight"]
