"""Bandit: what other ways of choosing would have brought, from a log of decisions made by chance.

`log.py` reads the log, `computing.py` asks the science, `sections.py` says its answers as facts,
tables and data, `pictures.py` draws them, and `insight.py` puts the report together.
"""

from regulars.insights.models.bandit.computing import BanditOptions
from regulars.insights.models.bandit.insight import bandit_insight
from regulars.insights.models.bandit.log import read_log

__all__ = ["BanditOptions", "bandit_insight", "read_log"]
