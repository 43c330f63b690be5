"""The working copy: what a decision is made on, and what it did.

The engine changes a member by doing effects, so that what it decided is what it recorded. Folding
an entry does the same to it without keeping the effects, which stand in the entry.
"""

from collections.abc import Sequence

from regulars.core.effects import Effect
from regulars.core.folding.applying import APPLY
from regulars.core.folding.member_copy import MemberCopy


class Working(MemberCopy):
    """A member's copy that keeps the effects done to it in `effects`, in order."""

    __slots__ = ()

    def do(self, effect: Effect) -> None:
        """Apply an effect and keep it in `effects`: how the engine decides."""
        APPLY[type(effect)](self, effect)
        self.effects.append(effect)

    def do_all(self, effects: Sequence[Effect]) -> None:
        """Apply effects and keep them, in order."""
        for effect in effects:
            APPLY[type(effect)](self, effect)
        self.effects += effects
