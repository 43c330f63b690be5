"""Recommend: what each customer may want next, and how well such lists did in the last weeks.

`computing.py` asks the science, `sections.py` says its answers as facts, tables and data,
`pictures.py` draws them, and `insight.py` puts the report together.
"""

from regulars.insights.models.recommend.computing import RecommendOptions
from regulars.insights.models.recommend.insight import recommend_insight

__all__ = ["RecommendOptions", "recommend_insight"]
