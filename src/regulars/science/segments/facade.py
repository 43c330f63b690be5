"""The door of segments: groups of members, what they are like, and who moves between them.

`purchases`, `score_rfm` and `learn_scale` make named segments; `cluster` and `assign` find groups;
`profiles` describe any of them; `moves` and `align` compare two dates; `lifecycle` and `walk` say
who is new, active, at risk or lost.
"""

from regulars.science.segments.clusters import assign, cluster, cluster_values
from regulars.science.segments.moves import align, moves
from regulars.science.segments.profiles import profiles
from regulars.science.segments.rfm import (
    SEGMENTS,
    learn_scale,
    purchases,
    score_rfm,
    segment_of,
)
from regulars.science.segments.states import lifecycle, walk

__all__ = [
    "SEGMENTS",
    "align",
    "assign",
    "cluster",
    "cluster_values",
    "learn_scale",
    "lifecycle",
    "moves",
    "profiles",
    "purchases",
    "score_rfm",
    "segment_of",
    "walk",
]
