"""What the bargaining page shows, on the real market."""

from __future__ import annotations

import numpy as np
import pytest

from agents.bargaining import Side
from agents.contracts import ContractState
from model.market import ParcelMarket
from model.scenario import Scenario
from server.pages.bargaining import cards
from server.talks import contracts, negotiations


def played(months: int, **changes) -> ParcelMarket:
    market = ParcelMarket(Scenario.load("baseline").with_changes({"n_shippers": 150, **changes}), rng=1)
    for _ in range(months):
        market.step()
    return market


@pytest.fixture(scope="module")
def talking() -> ParcelMarket:
    return played(8)


@pytest.fixture(scope="module")
def signed() -> ParcelMarket:
    return played(24)


def with_amazon(market):
    found = negotiations.extract(market)
    assert found.table is not None
    return found.table


def test_before_talks_open_nothing_is_shown():
    found = negotiations.extract(played(1))
    assert (found.entries, found.table) == ((), None)


def test_the_lines_are_the_offers_and_limits_of_the_market(talking):
    table, state = with_amazon(talking), talking.state.talks["usps", "amazon"]
    for offer in state.talks.offers:
        column = 0 if offer.side is Side.BUYER else 1
        assert table.lines[offer.round, column] == offer.price[0]
        assert np.isnan(table.lines[offer.round, 1 - column])
    for round_, buyer, seller in state.limits:
        np.testing.assert_array_equal(table.lines[round_, 2:4], (buyer[0], seller[0]))
    asks = table.lines[np.isfinite(table.lines[:, 1]), 1]
    assert (np.diff(asks) < 0).all()
    assert table.agreed is None
    assert not table.entry.over


def test_the_nash_price_lies_within_the_zone_of_agreement_and_is_missing_without_one(signed):
    for entry in negotiations.extract(signed).entries:
        table = negotiations.extract(signed, entry.key).table
        assert table is not None
        buyer, seller, nash = table.lines[:, 2], table.lines[:, 3], table.lines[:, 4]
        there = np.isfinite(buyer) & (buyer >= seller)
        assert (nash[there] >= seller[there]).all()
        assert (nash[there] <= buyer[there]).all()
        assert np.isnan(nash[~there]).all()


def test_limits_stay_hidden_until_the_end_or_on_request_but_a_player_sees_its_own(talking):
    table = with_amazon(talking)

    def columns(**options) -> list[bool]:
        packed = np.frombuffer(cards.chart_values(table, **options)["packed"], "<f4").reshape(-1, 5)
        return [bool(np.isfinite(column).any()) for column in packed.T]

    assert columns(reveal=False) == [True, True, False, False, False]
    assert columns(reveal=True) == [True] * 5
    assert columns(reveal=False, seat="usps") == [True, True, False, True, False]
    assert columns(reveal=False, seat="amazon") == [True, True, True, False, False]
    assert cards.limits(table, reveal=False) == []
    assert cards.limits(table, reveal=True)


def test_an_agreement_is_told_with_its_price_and_parcels(signed):
    table, contract = with_amazon(signed), signed.book.get("usps", "amazon")
    assert table.entry.state == "agreed"
    assert "agree on" in table.entry.reason
    assert table.agreed is not None
    assert table.agreed[1] == pytest.approx(np.average(contract.price, weights=contract.commitment), rel=1e-3)
    assert dict(table.outcome)["parcels"] == pytest.approx(sum(contract.commitment))
    shown = {row["term"]: row["value"] for row in cards.limits(table, reveal=False)}
    assert "Zone of agreement" in shown


def test_the_form_on_the_table_and_the_form_that_was_signed_are_told_in_the_same_words(signed):
    table, contract = with_amazon(signed), signed.book.get("usps", "amazon")
    shown = {row["term"]: row["value"] for row in cards.terms(table)}
    told = shown["Form agreed on"]
    assert "all parcels promised" in told
    (terms,) = (one for one in contracts.extract(signed).terms if one.key == contract.key)
    assert terms.structure in told
    assert terms.rule in told
    assert "lost margin" in terms.rule
    going_on = with_amazon(played(6))
    assert "Form on the table" in {row["term"] for row in cards.terms(going_on)}
    imposed = with_amazon(played(6, price_structure="by_zone_type"))
    assert imposed.form == ""


def test_an_impasse_that_a_scenario_imposes_is_told_as_one():
    table = with_amazon(played(24, earliest_signature="2100-01"))
    assert table.entry.state == "no deal"
    assert "nothing be signed before January 2100" in table.entry.reason
    assert table.agreed is None


def test_an_impasse_for_want_of_a_common_price_is_told_with_the_gap():
    table = with_amazon(played(24, reservation_belief_sd=0.4, price_structure="uniform"))
    assert table.entry.state == "no deal"
    assert "No price suits both" in table.entry.reason
    assert table.zone is None


@pytest.mark.thorough
def test_talks_that_were_over_are_kept_when_the_next_ones_open():
    market = played(50)
    keys = [entry.key for entry in negotiations.extract(market).entries]
    assert keys[:2] == ["usps-amazon-2029-02", "usps-amazon-2025-02"]
    before = negotiations.extract(market, "usps-amazon-2025-02").table
    assert before is not None
    assert before.entry.state == "agreed"
    assert len(set(keys)) == len(keys)


def test_each_price_group_has_its_thread_and_an_unknown_one_shows_the_first():
    market = played(6, price_structure="by_zone_type")
    found = [negotiations.extract(market, "usps-amazon-2025-02", group).table for group in (0, 2, 99)]
    assert [table.group for table in found] == [0, 2, 0]
    assert found[0].groups == ("urban", "suburban", "rural")
    assert not np.array_equal(found[0].lines, found[1].lines, equal_nan=True)


def test_contracts_are_told_with_what_was_delivered(signed):
    found = contracts.extract(signed)
    (usps,) = [terms for terms in found.terms if (terms.seller, terms.buyer) == ("usps", "amazon")]
    contract = signed.book.get("usps", "amazon")
    assert usps.state == ContractState.ACTIVE
    assert usps.delivered == pytest.approx(sum(signed.book.delivered("usps", "amazon")))
    assert usps.pace == pytest.approx(usps.commitment * 3 / 12)
    assert usps.price == pytest.approx(np.average(contract.price, weights=contract.commitment), rel=1e-3)
    assert found.n_agreements > 100
    assert not any(terms.buyer.startswith("enterprise") for terms in found.terms)
    assert "rate agreements" in cards.contract_footnote(found)


def test_a_missed_commitment_is_told_with_what_it_cost():
    shock = {"demand_shock": True, "demand_shock_economy": -0.5, "demand_shock_start": "2026-10"}
    market = played(48, shortfall_rule="take_or_pay", **shock)
    missed = [terms for terms in contracts.extract(market).terms if terms.missed > 0.0]
    settled = [result for _, contract, result in market.book.shortfalls if contract.shortfall_rule == "take_or_pay"]
    assert settled
    assert all(result.payment > 0.0 for result in settled)
    assert missed
    for terms in missed:
        assert "missing" in terms.notes[0]
    rows = cards.contract_rows(contracts.extract(market))
    assert any("million is due" in note for row in rows for note in row["notes"])
