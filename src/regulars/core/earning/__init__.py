"""Earning: which rules give how many points for one event.

`plan.py` compiles the document's rules, `formulas.py` their formulas; `earn.py` runs them. Opening
lots, paying debts and moving tiers is not done here.
"""

from regulars.core.earning.earn import Earned, award_mask, basis_of_lines, earn

__all__ = ["Earned", "award_mask", "basis_of_lines", "earn"]
