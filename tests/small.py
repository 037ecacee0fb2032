"""A market of few parties: a month of it takes half as long, and what is asked of commands and scripts is the same."""

from __future__ import annotations

from typing import Any

import pytest

from model.market import ParcelMarket
from model.scenario import DEFAULT_SCENARIO, Scenario

#: Fewer parties of the kinds of which there are many, for what does not depend on how many there are.
FEWER: dict[str, Any] = {"n_enterprise_shippers": 16, "n_regional_carriers": 3}
#: Few shippers and one regional carrier.
SMALL: dict[str, Any] = {"n_shippers": 60, "n_enterprise_shippers": 5, "n_regional_carriers": 1}


def small_markets(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let every market of this process be small, for scripts that are to be run as they stand.

    Args:
        monkeypatch: Of the test, after which markets are as usual again.
        changes: What else to change in them.
    """
    usual = ParcelMarket.__init__

    def begin(self: ParcelMarket, scenario: Any = DEFAULT_SCENARIO, rng: int = 1, roster: Any = None) -> None:
        settings = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
        usual(self, settings.with_changes({**SMALL, **changes}), rng, roster)

    monkeypatch.setattr(ParcelMarket, "__init__", begin)
