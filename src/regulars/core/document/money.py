"""The money of a program and the basis: what of an order counts as the money that rules earn on."""

from typing import Annotated, Literal

from pydantic import Field

from regulars.core.document.conditions import ItemSelector
from regulars.core.document.part import Part
from regulars.core.document.values import FewWords


class ProgramMoney(Part):
    """The one money in which a program counts; orders in others are converted before."""

    currency: Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$")]
    """ISO 4217 code, such as EUR or JPY."""
    decimals: Literal[0, 2, 3]
    """Decimals of its minor unit: 0 for yen, 2 for euro, 3 for dinar."""


class Basis(Part):
    """What of an order counts as money, for the whole program."""

    discounts: Literal["after", "before"] = "after"
    """Count prices after or before discounts."""
    tax: Literal["included", "excluded"] = "included"
    """Count prices with or without tax."""
    shipping: Literal["included", "excluded"] = "excluded"
    """Whether shipping earns; a rule with `items` never counts it."""
    exclude_payments: FewWords = ()
    """Means of payment whose part of the order earns nothing, such as gift_card."""
    exclude_items: ItemSelector | None = None
    """Lines that never earn."""


class BasisOverride(Part):
    """What a single rule counts otherwise than the program does; what is not given stays."""

    discounts: Literal["after", "before"] | None = None
    """Count prices after or before discounts."""
    tax: Literal["included", "excluded"] | None = None
    """Count prices with or without tax."""
    shipping: Literal["included", "excluded"] | None = None
    """Whether shipping earns; a rule with `items` never counts it."""
    exclude_payments: FewWords | None = None
    """Means of payment that earn nothing, instead of the program's; [] excludes none."""
    exclude_items: ItemSelector | None = None
    """Lines that never earn, instead of the program's."""

    def over(self, basis: Basis) -> Basis:
        """The program's basis with what this rule says otherwise."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return basis.model_copy(update={k: v for k, v in given.items() if v is not None})
