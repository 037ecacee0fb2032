"""What an external test consists of: runs, what is read off them, and how the outcome follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.party import Party
from experiments.settings import prepare_scenario
from model.market import ParcelMarket
from model.scenario import Scenario

#: What is read off a market: numbers, or arrays where places differ.
type Figures = Mapping[str, Any]
type Reader = Callable[[ParcelMarket], Figures]


@dataclass(frozen=True, slots=True)
class Setup:
    """One run that tests look at.

    Attributes:
        scenario: Name of a scenario of the library.
        until: Last month.
        from_: First month; None for that of the scenario.
        changes: Levers that differ, and parameters where a parameter is the treatment; none is changed to fit.
        roster: Parties that act otherwise than usual: the treatment.
    """

    scenario: str
    until: str
    from_: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    roster: Mapping[str, type[Party]] = field(default_factory=dict)

    def prepare(self, n_shippers: int) -> Scenario:
        """The scenario to play, with a number of shippers.

        Raises:
            InputError: The number is not allowed.
        """
        changes = {**self.changes, "n_shippers": n_shippers}
        return prepare_scenario(self.scenario, changes, self.from_, self.until, roster=self.roster)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a test takes from one of the runs.

    Attributes:
        run: Key of the run (`experiments.external.tests.RUNS`).
        read: Takes the figures from the market.
        after: Months played when it looks, 0 before the first; of several it is the mean. None: at the end.
    """

    run: str
    read: Reader
    after: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class ExternalTest:
    """One test.

    Attributes:
        key: Its key in `limits.csv`.
        title: A few words.
        published: What happened or was found, one sentence.
        comparable: What of the model is compared with it, in plain words.
        given: What the model was told of it beforehand; empty where nothing.
        readings: What it takes from which run.
        compare: From the figures of one seed, by run, to the value of every figure of the test, and to those that
            `because` names.
        because: Why the model is believed to fail, by figure of `limits.csv`; braces name figures of `compare`. Shown
            only where it does.
    """

    key: str
    title: str
    published: str
    comparable: str
    given: str
    readings: tuple[Reading, ...]
    compare: Callable[[Mapping[str, Figures]], dict[str, float]]
    because: Mapping[str, str] = field(default_factory=dict)
    remark: str = ""
