"""Experiment: whether a treatment made a difference, how sure that is, and what it was worth.

`computing.py` asks the science, `sections.py` says its answers as facts, tables and data,
`pictures.py` draws them, and `insight.py` puts the report together.
"""

from regulars.insights.models.experiment.computing import ExperimentOptions
from regulars.insights.models.experiment.insight import experiment_insight

__all__ = ["ExperimentOptions", "experiment_insight"]
