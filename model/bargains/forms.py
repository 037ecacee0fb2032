"""Which form a contract for access takes: one that the two bargain over, or one that a scenario or USPS imposes."""

from __future__ import annotations

from agents.bargaining import Form, PriceStructure
from agents.contracts import ShortfallRule
from model.economy import Economy

#: What holds of a form that is imposed in part only: how contracts were written before forms were bargained over.
USUAL_STRUCTURE: PriceStructure = "uniform"
USUAL_RULE: ShortfallRule = "reversion"


def imposed_form(market: Economy) -> Form | None:
    """The form that a scenario or USPS imposes on contracts for access; None where the two bargain over it.

    Contracts of before `forms_from` had one price and promised nothing: parcels left USPS as fast as Amazon built.
    """
    settings = market.settings
    structure, rule = market.usps.price_structure(settings.price_structure), settings.shortfall_rule
    talked_about = structure == "bargained" and rule == "bargained" and not settings.quantity_promised
    if talked_about and market.month >= settings.forms_from:
        return None
    used = USUAL_STRUCTURE if structure == "bargained" else structure
    missed = USUAL_RULE if rule == "bargained" else rule
    return Form(used, missed, settings.quantity_promised or missed == "make_whole" or used != "uniform")


def on_one_level(market: Economy) -> bool:
    """Whether contracts for access are bargained over as packages: a form, what it promises, and one price level.

    Imposed forms without a promise of quantity are not: each price group is a thread of its own then, and under one
    price for all the buyer promises what is worth that price to it.
    """
    settings, form = market.settings, imposed_form(market)
    return form is None or settings.quantity_promised or form.rule == "make_whole"
