"""The story of a run: its figures are those of the records, and its words follow from the run."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from agents.geography import RURAL
from server.choice import Choice
from server.stepping.stepper import start_market
from server.story.stage import COLUMNS, GROUP_KEYS, N_COLUMNS, Figures
from server.story.turning import LASTS, MOST_FLAGS
from server.story.view import tell
from tests.server.story_roads import KEPT, ROADS, SIZE, market_of, summary, told_of

both_roads = pytest.mark.parametrize("road", ROADS)


@pytest.mark.thorough("impasse")
@both_roads
def test_turning_points_headlines_and_gates_are_those_that_were_read_and_kept(road):
    assert summary(road) == json.loads(KEPT.read_text())[road]


@both_roads
def test_every_month_has_a_headline_that_fits(road):
    for month in told_of(road).months:
        assert 0 < len(month["headline"]) <= 165, month["headline"]


@both_roads
def test_no_word_is_a_key_of_the_model(road):
    told = told_of(road)
    text = json.dumps([told.turns, [{**one, "pills": list(one["pills"].values())} for one in told.months]])
    said = [part for part in re.findall(r'"([^"]*)"', text) if " " in part]
    assert not [part for part in said if re.search(r"[a-z]+_[a-z_]+|baseline|\bnan\b", part)]


@both_roads
def test_rows_of_the_stage_are_the_records_with_the_season_taken_out(road):
    market, rows = market_of(road), told_of(road).rows
    assert rows.shape == (72, N_COLUMNS)
    assert N_COLUMNS == 60
    records, month = market.records, 23
    yearly = 12.0 / records["season_factor"][month] / 1e6
    rural = np.asarray(market.zones.zone_type) == RURAL
    assert rows[month, COLUMNS["amazon"]][5] == pytest.approx(
        records["amazon_via_usps_parcels"][month, rural].sum() * yearly
    )
    regional = [place for place, key in enumerate(market.carriers.keys) if key not in GROUP_KEYS]
    everywhere = records["delivered_parcels"][month, regional].sum() * yearly
    assert rows[month, COLUMNS["delivered"]][12:].sum() == pytest.approx(everywhere)
    assert rows[month, COLUMNS["prices"]][0] == pytest.approx(records["amazon_usps_price_usd"][month])


@both_roads
def test_what_goes_into_the_stage_comes_out_of_it(road):
    """All that is sent is delivered, apart from what waits for the next month."""
    market, rows = market_of(road), told_of(road).rows
    sent = rows[:, : COLUMNS["large"].stop].sum(axis=1)
    brought = rows[:, COLUMNS["delivered"]].sum(axis=1)
    waiting = market.records["backlog_parcels"].sum(axis=1)
    moved = np.abs(np.diff(waiting, prepend=0.0)) * 12.0 / market.records["season_factor"] / 1e6
    assert (np.abs(sent - brought) <= 1e-3 * brought + moved).all()


def test_a_month_is_told_the_same_way_while_the_run_goes_on():
    """Only the last two months can still turn out to have been a turning point."""
    market = start_market(Choice("impasse", 1, SIZE))
    whole = told_of("impasse")
    while market.records.n < 24:
        market.step()
        if market.records.n % 5 == 1 or market.records.n > 20:
            part = tell(market, market.records.n - 1)
            assert part.begin == max(0, market.records.n - LASTS)
            settled = market.records.n - LASTS + 1
            for place, month in enumerate(part.months[: max(0, settled - part.begin)]):
                assert month == whole.months[part.begin + place]
            np.testing.assert_allclose(part.rows, whole.rows[part.begin : market.records.n], rtol=1e-12)


@both_roads
def test_there_are_never_more_than_ten_flags_and_crossings_last(road):
    told = told_of(road)
    assert sum(turn["rank"] == 1 for turn in told.turns) <= MOST_FLAGS
    figures = Figures(told.rows)
    for turn in told.turns:
        if turn["label"] == "Amazon leads the countryside":
            ahead = figures.rural[turn["month"] : turn["month"] + LASTS]
            assert (ahead[:, 1] > ahead[:, 0]).all()


@both_roads
def test_the_gap_between_bid_and_ask_is_that_of_the_prices_that_are_read(road):
    gates = [month["gate"] for month in told_of(road).months if "apart" in month["gate"]["note"]]
    assert gates
    for gate in gates:
        assert f"Bid and ask are ${gate['ask'] - gate['bid']:.2f} apart" == gate["note"]


@both_roads
def test_faces_tell_what_the_party_itself_knows(road):
    market, told = market_of(road), told_of(road)
    month = 8  # in the talks
    amazon, usps = (told.months[month]["faces"][who] for who in ("amazon", "usps"))
    assert "USPS does not know this figure" in amazon[0]
    assert "Amazon does not know this figure" in usps[0]
    assert f"${market.records['amazon_usps_expected_usd'][month]:.2f}" in amazon[1]
    assert f"${market.records['usps_cash_usd'][month] / 1e9:.1f}" in usps[1]
    limit = float(re.search(r"\$(\d\.\d\d)", amazon[0])[1])
    bid = told.months[month]["gate"]["bid"]
    assert bid <= limit + 0.005
    for one in told.months:
        assert set(one["faces"]) == {"amazon", "usps", "ups", "fedex", "regional", "small", "large"}
        assert all(len(face) == 4 and all(face) for face in one["faces"].values())


def test_a_player_is_not_told_the_limit_of_the_other_side():
    market = market_of("baseline")
    whole, played = tell(market, 0), tell(market, 0, hidden="usps")
    seen = [month["faces"]["usps"][0] for month in played.months]
    assert any("does not know this figure" in month["faces"]["usps"][0] for month in whole.months)
    assert not any("does not know this figure" in text for text in seen)


def test_the_forced_road_signs_nothing_and_the_gate_opens():
    told = told_of("impasse")
    assert not [turn for turn in told.turns if turn["label"].startswith("Deal at")]
    ends = next(turn["month"] for turn in told.turns if turn["label"] == "Contract ends")
    modes = [month["gate"]["mode"] for month in told.months]
    assert set(modes[:ends]) <= {"run", "bids"}
    assert not told.months[ends]["gate"]["con"]
    assert any("forbids" in month["gate"]["note"] for month in told.months[:ends]) or modes[ends - 1] == "bids"


@both_roads
def test_headline_and_face_of_usps_name_one_figure_of_the_cash_it_expects(road):
    told = told_of(road)
    steps = [turn for turn in told.turns if turn["kind"] == "money" and "in cash and sees" in turn["text"]]
    assert steps
    for turn in steps:
        now, ahead = re.search(r"has (.+?) in cash and sees (.+?) in a year", turn["text"]).groups()
        assert told.months[turn["month"]]["faces"]["usps"][1].startswith(f"Of {now} in cash now, {ahead} in a year.")
