"""Runs side by side: what is asked for, and what the cards show of it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from experiments import compare
from experiments.errors import InputError
from experiments.paired import paired_months, paired_table
from server.choice import Choice
from server.pages.compare import cards, saying
from server.pages.compare.linked import KEPT, read_link, write_draft
from server.pages.compare.plan import Draft, draft_of, imposes, make_plan, read_draft
from server.pages.compare.state import Comparing
from server.pages.compare.stored import assembled, load, save
from server.pages.compare.work import finish, partly, put_together, run_once, tasks_of

SMALL = {"until": "2025-03", "shippers": 100, "replications": 3}


@pytest.fixture(scope="module")
def found():
    plan = make_plan(Draft(runs=(("baseline", ""), ("withdraw", ""), ("placebo", "")), **SMALL))
    runs = [run_once(scenario, seed) for scenario in plan.scenarios for seed in (1, 2, 3)]
    return put_together(plan, runs)


def test_the_page_shows_what_the_command_line_computes(found):
    told = compare(
        ["baseline", "withdraw", "placebo"], set={"n_shippers": 100}, until="2025-03", replications=3, workers=1
    )
    pd.testing.assert_frame_equal(found.comparison.table, told.table)
    table = cards.outcome_table(found, everything=True)
    row = table.frame.set_index(["outcome", "run"]).loc["usps_volume_parcels", "withdraw (forced)"]
    assert row["difference"] == told.difference("usps_volume_parcels", "withdraw")


def test_winners_and_losers_are_differences_of_the_outcomes_they_stand_for(found):
    table = found.comparison.table
    for actor, outcome in (("USPS", "welfare_usps_usd"), ("FedEx", "fedex_profit_usd")):
        gain = found.gains.loc[actor, "withdraw"]
        wanted = table.loc[outcome, "withdraw"]
        assert (gain["gain"], gain["low"], gain["high"]) == (wanted["difference"], wanted["low"], wanted["high"])
    rivals = sum(found.gains.loc[actor, "withdraw"]["gain"] for actor in ("UPS", "FedEx", "Regional carriers"))
    assert rivals == pytest.approx(table.loc["welfare_rivals_usd", "withdraw"]["difference"])
    # What Amazon takes away is lost by USPS, and rivals carry a part of it.
    assert found.gains.loc["USPS", "withdraw"]["high"] < 0 < found.gains.loc["FedEx", "withdraw"]["gain"]


def test_runs_that_add_a_shipper_or_end_sooner_are_compared_in_what_all_have():
    """Scenarios with a shipper of their own have more series; a condition ends a run months before the others."""
    soon = "stop_when=usps_cash_usd <= 1e12"
    draft = Draft(runs=(("baseline", ""), ("walmart_buys", ""), ("baseline", soon)), **SMALL | {"replications": 2})
    plan = make_plan(draft)
    runs = [run_once(scenario, seed) for scenario in plan.scenarios for seed in plan.seeds]
    assert len({run.simulation.monthly.shape for run in runs}) == 3
    compared = put_together(plan, runs)
    assert compared.months == ("2025-01",)
    assert set(compared.series) >= set(runs[0].simulation.monthly.columns)
    assert compared.bands.shape[2:] == (1, len(compared.series))
    assert cards.gains_table(compared).frame["actor"].str.contains("USPS").any()
    whole = put_together(make_plan(replace(draft, runs=draft.runs[:2])), runs[:4])
    assert whole.months == ("2025-01", "2025-02", "2025-03")
    # Who pays Walmart's bills in `baseline` is not known: the sentence must not call them a loss.
    assert "big shippers" not in saying.sentence(whole)
    both = make_plan(replace(draft, runs=(("walmart_buys", ""), ("walmart_buys", "build_limit=0.5"))))
    alike = put_together(both, [run_once(scenario, seed) for scenario in both.scenarios for seed in both.seeds])
    alike.gains.loc[("Big shippers", both.scenarios[1].name)] = (-2e9, -3e9, -1e9)
    assert "big shippers are $2.0\u00a0billion worse off" in saying.sentence(alike)


def test_a_placebo_changes_nothing_and_is_told_so(found):
    table = cards.gains_table(found).frame
    assert set(table[table["run"] == "placebo"]["verdict"]) == {"the same"}
    assert not np.any(found.bands[2, 3])
    assert "If nothing is changed at all, no gain or loss stands out from luck." in saying.sentence(found)


def test_forced_runs_are_marked_in_every_card(found):
    assert saying.sentence(found).startswith("If Amazon leaves (imposed), ")
    assert set(cards.outcome_table(found, False).frame["run"]) == {"withdraw (forced)", "placebo"}
    for plot in (cards.gains_plot(found), cards.months_plot(found, "usps_cash_usd", True)):
        assert [(entry["name"], entry["forced"]) for entry in plot.legend] == [
            ("Amazon withdraws", True),
            ("Placebo", False),
        ]


def test_runs_are_named_in_words_and_by_their_keys_only_in_what_is_taken_away():
    plan = make_plan(
        Draft(runs=(("baseline", ""), ("withdraw_refuses", "build_limit = 0.5"), ("baseline", "")), **SMALL)
    )
    labels = [saying.label_of(scenario) for scenario in plan.scenarios]
    assert labels == [
        "Left to bargaining",
        "Amazon withdraws and refuses orders, build limit 0.5",
        "Left to bargaining #2",
    ]


@pytest.mark.parametrize(
    "change", ['usps_amazon_volume = "kept"', "negotiation = false", 'earliest_signature = "2031-01"']
)
def test_a_change_that_imposes_an_outcome_is_forced_too(change):
    plan = make_plan(Draft(runs=(("baseline", ""), ("baseline", change)), **SMALL))
    assert [imposes(scenario) for scenario in plan.scenarios] == [False, True]


def test_bands_of_months_are_those_of_single_months(found):
    rng = np.random.default_rng(1)
    values = rng.normal(size=(2, 4, 3, 2))
    bands = paired_months(values, ["a", "b"])
    for month in range(3):
        frame = pd.DataFrame(values[:, :, month].reshape(8, 2), columns=["a", "b"])
        frame.index = pd.MultiIndex.from_product([["x", "y"], range(4)], names=["scenario", "seed"])
        table = paired_table(frame, ["x", "y"])
        for number, name in enumerate("ab"):
            row = table.loc[name, "y"]
            np.testing.assert_allclose(bands[1, 3:, month, number], row[["difference", "low", "high"]].to_numpy(float))
            assert bands[1, 0, month, number] == pytest.approx(row["mean"])


def test_a_chart_holds_the_figures_in_its_unit_with_their_interval(found):
    plot = cards.months_plot(found, "usps_volume_parcels", differences=False)
    position = found.series.index("usps_volume_parcels")
    (line,) = [one for one in plot.option["series"] if one["name"] == "Amazon withdraws"]
    np.testing.assert_allclose(line["data"], found.bands[1, 0, :, position] / 1e6, rtol=1e-6)
    np.testing.assert_allclose(
        plot.option["limits"]["Amazon withdraws"]["low"], found.bands[1, 1, :, position] / 1e6, rtol=1e-6
    )
    assert plot.unit.endswith(", mn")


def test_no_interval_of_a_month_goes_beyond_what_its_quantity_can_be():
    names = ["usps_on_time_share", "usps_volume_parcels", "usps_net_income_usd"]
    values = np.array([0.05, 0.95])[None, :, None, None] * np.ones((2, 2, 1, 3))
    values[1] = 1.0 - values[1]
    bands = paired_months(values, names)
    for name, low, high in zip(names, bands[0, 1, 0], bands[0, 2, 0], strict=True):
        assert (low >= 0.0) == (name != "usps_net_income_usd")
        assert (high <= 1.0) == (name == "usps_on_time_share")
    low, high = bands[1, 4, 0], bands[1, 5, 0]
    assert (low[0], high[0]) == (-1.0, 1.0)  # the difference of two shares
    assert (low[1:] < -1.0).all()


def test_the_number_of_shippers_is_chosen_once():
    with pytest.raises(InputError, match="run 2: n_shippers: the number of shippers is chosen for all runs"):
        make_plan(Draft(runs=(("baseline", ""), ("withdraw", "n_shippers = 300")), **SMALL))


def test_everything_that_is_wrong_is_told_at_once():
    draft = Draft(
        runs=(("nowhere", ""), ("baseline", "build_limit = -1\nbuild_limt = 1\nno value")),
        replications=0,
        seed=-1,
        until="2030-13",
        shippers=3,
    )
    with pytest.raises(InputError) as caught:
        make_plan(draft)
    told = "\n".join(caught.value.problems)
    for piece in (
        "run 1: scenario",
        "'nowhere'",
        "build_limit",
        "build_limt",
        "no value",
        "replications",
        "seed",
        "2030-13",
        "shippers",
    ):
        assert piece in told, piece


@pytest.mark.parametrize("change", ["n_shippers = 500000", 'start = "2016-01"'])
def test_the_machine_belongs_to_all(change):
    with pytest.raises(InputError):
        make_plan(Draft(runs=(("baseline", ""), ("baseline", change)), until="2040-12", shippers=100, replications=1))


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        {"runs": 3},
        {"runs": [3]},
        {"runs": [{"scenario": "baseline"}]},
        {"runs": [{"scenario": "x" * 9999, "changes": ""}]},
    ],
)
def test_what_is_no_form_is_refused(values):
    with pytest.raises(ValueError, match=r"form|run"):
        read_draft(values)


def test_a_scenario_is_a_name_and_never_a_path(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('title = "mine"')
    with pytest.raises(InputError, match="must be one of"):
        make_plan(Draft(runs=(("baseline", ""), (str(file), ""))))


def test_the_run_that_one_watches_is_added_with_its_seed(fake_market):
    class Watching:
        choice = Choice("withdraw", 7, (("build_limit", 0.5), ("end", "2026-12"), ("exit_at_once", True)))

    mine = Comparing()
    mine.add_watched(Watching())
    assert mine.draft.runs[-1] == draft_of(Watching.choice)
    assert (mine.draft.seed, mine.draft.until, mine.version) == (7, "2026-12", 1)
    mine.add_watched(Watching())
    assert len(mine.draft.runs) == 3
    assert mine.told == "What you watch is there already: it is run 3. Its seed and last month are taken over."
    assert mine.problems == ()
    *_, added = make_plan(mine.draft).scenarios
    assert added.name == "withdraw, build_limit = 0.5, exit_at_once = True"
    assert (added.parameters.build_limit, added.exit_at_once, str(added.end)) == (0.5, True, "2026-12")


def test_parts_of_gains_add_up_and_all_gains_are_explained(found):
    parts = cards.parts_table(found).frame
    for actor in ("USPS", "Amazon", "UPS", "FedEx"):
        mine = parts[(parts["actor"] == actor) & (parts["run"] == "withdraw (forced)")]
        gain = found.gains.loc[actor, "withdraw"]["gain"]
        assert mine["gain_usd"].sum() == pytest.approx(gain, abs=1.0)
    together = parts[(parts["actor"] == cards.ADDED_UP) & (parts["run"] == "withdraw (forced)")]
    all_gains, worth, cost = together["gain_usd"].to_numpy()[:3]
    assert all_gains == pytest.approx(worth + cost, abs=1.0)
    whole = found.gains[found.gains.index.get_level_values("scenario") == "withdraw"]["gain"].sum()
    assert all_gains == pytest.approx(whole, abs=1.0)


def test_the_headline_is_in_words_and_says_how_sure_it_is(found):
    text = saying.sentence(found)
    amount = r"\$[\d,.]+\u00a0(million|billion) (better|worse) off, [\d,.]+ to [\d,.]+"
    assert re.match(rf"If Amazon leaves \(imposed\), USPS is {amount}", text)
    assert not re.search(r"[a-z]+_[a-z_]+|baseline|forced", text)
    usps = found.gains.loc["USPS", "withdraw"]
    told = re.search(r"USPS is \$([\d,.]+)\u00a0million worse off", text)
    assert float(told[1].replace(",", "")) == pytest.approx(-usps["gain"] / 1e6, rel=0.05)


def test_what_is_changed_by_hand_is_said_without_its_name():
    draft = Draft(runs=(("baseline", ""), ("withdraw", "build_limit = 0.5"), ("fuel_shock", "")), **SMALL)
    told = [saying.supposed(scenario) for scenario in make_plan(draft).scenarios[1:]]
    assert told == ["If Amazon leaves (imposed, with changes)", "With “Fuel shock”"]


@pytest.fixture(scope="module")
def small_runs():
    plan = make_plan(Draft(runs=(("baseline", ""), ("withdraw", "")), **(SMALL | {"until": "2025-02"})))
    return plan, [task() for task in tasks_of(plan)]


def test_pairs_say_what_they_can_as_they_finish(small_runs):
    plan, runs = small_runs
    assert partly(plan, {0: runs[0], 2: runs[2]}) is None  # no pair is whole
    one = partly(plan, {0: runs[0], 1: runs[1], 2: runs[2]})
    assert re.fullmatch(r"1 of 3 pairs: USPS loses \$[\d.,]+\u00a0million so far\.", saying.so_far(one, 1, 3))
    # The second pair was slow: the first and the third are shown.
    two = partly(plan, {number: run for number, run in enumerate(runs) if number not in (2, 3)})
    assert [seed for _, seed in two.comparison.runs.index] == [1, 3, 1, 3]
    assert re.fullmatch(
        r"2 of 3 pairs: USPS loses \$[\d.,]+ to [\d.,]+\u00a0million so far\.", saying.so_far(two, 2, 3)
    )
    assert cards.gains_plot(two).option
    # All pairs say what the comparison says.
    whole, done = partly(plan, dict(enumerate(runs))), finish(plan, runs)
    pd.testing.assert_frame_equal(whole.gains, done.gains)
    assert list(done.comparison.runs.index) == [(name, seed) for name in ("baseline", "withdraw") for seed in (1, 2, 3)]


@pytest.mark.parametrize(
    "draft",
    [
        Draft(),
        Draft(runs=(("baseline", ""), ("withdraw", "build_limit = 0.5\nexit_at_once = true")), seed=7, shippers=500),
        Draft(runs=(("impasse", ""), ("baseline", ""), ("renew", "")), replications=20, until="2027-12"),
    ],
)
@pytest.mark.parametrize("shown", [True, False])
def test_an_address_brings_back_what_is_compared(draft, shown):
    text = write_draft(draft, shown)
    assert (read_link(text) or (Draft(), False)) == (draft, shown)
    assert read_link(f"?seed=3&{text}&month=2025-02") == read_link(text)


@pytest.mark.parametrize("text", ["run=" + "x" * 3000, "&".join(["run=baseline"] * 9), "run=baseline&" + "a" * 9000])
def test_an_address_that_is_no_comparison_is_told(text):
    mine = Comparing()
    mine.open(text)
    assert len(mine.problems) == 1
    assert mine.draft == Draft()


def test_a_result_comes_back_by_its_address_as_long_as_the_server_has_it(small_runs):
    plan, runs = small_runs
    draft = Draft(runs=(("baseline", ""), ("withdraw", "")), **(SMALL | {"until": "2025-02"}))
    lost = Comparing()
    lost.open(write_draft(draft, True))
    assert lost.found is None
    assert "does not have this result any more" in lost.told
    assert lost.draft == draft
    done = finish(plan, runs)
    KEPT.put(draft, done)
    mine = Comparing()
    mine.open(write_draft(draft, True))
    assert mine.found is done
    assert mine.link == write_draft(draft, True)
    filled = Comparing()
    filled.open(write_draft(draft, False))
    assert (filled.draft, filled.found) == (draft, None)


def test_a_stored_comparison_is_the_one_that_was_made_and_says_when_and_from_what(small_runs, tmp_path):
    usual = make_plan(Draft(until="2025-02", shippers=100, replications=2))
    simulations = [run_once(scenario, seed).simulation for scenario in usual.scenarios for seed in (1, 2)]
    made = assembled(usual, simulations)
    save(usual, made, "2026-12-01", tmp_path)
    stored = load(tmp_path)
    pd.testing.assert_frame_equal(stored.compared.comparison.table, made.comparison.table)
    pd.testing.assert_frame_equal(stored.compared.gains, made.gains)
    np.testing.assert_array_equal(stored.compared.bands, made.bands)
    line = stored.line()
    assert "on 2026-12-01" in line
    assert "2 pairs of runs, 100 shippers; the code and data of the model are the same today" in line
    other = type(stored)(stored.compared, stored.about | {"code_checksum": "0"})
    assert "have changed since" in other.line()
    assert load(tmp_path / "nowhere") is None
