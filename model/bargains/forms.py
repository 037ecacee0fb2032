"""Which form a contract for access takes: one that the two bargain over, or one that a scenario or USPS imposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.bargaining import Form

if TYPE_CHECKING:
    from model.economy import Economy

OPEN = "bargained"
#: What holds of a form that is imposed in part only: how contracts were written before forms were bargained over.
USUAL_STRUCTURE, USUAL_RULE = "uniform", "reversion"


def imposed_form(market: Economy) -> Form | None:
    """The form that a scenario or USPS imposes on contracts for access; None where the two bargain over it."""
    settings = market.settings
    structure, rule = market.usps.price_structure(settings.price_structure), settings.shortfall_rule
    if structure == OPEN and rule == OPEN and not settings.quantity_promised:
        return None
    structure, rule = USUAL_STRUCTURE if structure == OPEN else structure, USUAL_RULE if rule == OPEN else rule
    return Form(structure, rule, settings.quantity_promised or rule == "make_whole" or structure != "uniform")


def on_one_level(market: Economy) -> bool:
    """Whether contracts for access are bargained over as packages: a form, what it promises, and one price level.

    Imposed forms without a promise of quantity are not: each price group is a thread of its own then, and under one
    price for all the buyer promises what is worth that price to it.
    """
    settings, form = market.settings, imposed_form(market)
    return form is None or settings.quantity_promised or form.rule == "make_whole"
