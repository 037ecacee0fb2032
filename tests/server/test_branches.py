"""A run that leaves another one on the Watch page: the past is shared, the address and the files bring it again."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from agents.calendar import Month
from model.market import ParcelMarket
from server.address import read_query, write_query
from server.choice import Choice, ChoiceError, Past, branch_choice
from server.files import scenario_file, script_file
from server.stepping.stepper import branch_when_due, start_market

FEW = (("n_shippers", 60.0),)
BASE = Choice(overrides=FEW)
AT = Month(2025, 4)
BRANCH = branch_choice(BASE, AT, {**dict(FEW), "price_rule": "frozen"})


def played(choice: Choice, months: int) -> ParcelMarket:
    market = start_market(choice)
    for _ in range(months):
        branch_when_due(market, choice)
        market.step()
    return market


def test_a_branch_shares_its_past_to_the_last_bit_and_goes_its_own_way() -> None:
    straight, left = played(BASE, 15), played(BRANCH, 15)
    prices = [run.records["list_price_usd"] for run in (straight, left)]
    assert np.array_equal(prices[0][:3], prices[1][:3])
    assert not np.array_equal(prices[0], prices[1])
    assert np.array_equal(*(run.records["shipped_parcels"][:3] for run in (straight, left)))
    assert [stage.left for stage in left.descent] == [AT]
    assert left.settings.price_rule == "frozen"


def test_an_address_brings_a_branch_again() -> None:
    query = write_query(BRANCH, Month(2025, 6))
    assert "branch=2025-04" in query
    assert read_query(query).choice == BRANCH
    assert BRANCH.past == Past(AT, FEW)
    assert BRANCH.changed.startswith(", from April 2025 on with")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("branch=2025-01&then.price_rule=frozen", "must be after 2025-01"),
        ("branch=soon", "branch must be a month"),
        ("branch=2025-06&then.n_shippers=60", "only at the start"),
        ("then.price_rule=frozen", "no branch is named"),
        ("branch=2025-06&then.price_rule=never", "price_rule"),
        ("branch=2025-06&then.price_rule=frozen&then.price_rule=adaptive", "twice"),
    ],
)
def test_a_branch_that_cannot_be_is_told_in_words(query: str, told: str) -> None:
    with pytest.raises(ChoiceError, match=told):
        read_query(query)


def test_a_branch_of_a_branch_and_of_a_seat_are_refused() -> None:
    with pytest.raises(ChoiceError, match="a branch already"):
        branch_choice(BRANCH, Month(2025, 6), {})
    with pytest.raises(ChoiceError, match="played by hand"):
        branch_choice(Choice(seat="amazon"), AT, {})


@pytest.mark.thorough
def test_the_python_of_a_branch_gives_its_figures(tmp_path) -> None:
    script = script_file(BRANCH, Month(2025, 6))
    file = tmp_path / "again.py"
    file.write_text(script.replace("if __name__", 'print(result.monthly["usps_cash_usd"].iloc[-1])\nif __name__'))
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    market = played(BRANCH, 6)
    assert float(done.stdout.splitlines()[0]) == market.records["usps_cash_usd"][5]
    assert "then: lastmile branch RESULT --at 2025-04 --set price_rule=frozen\n" in scenario_file(BRANCH)
