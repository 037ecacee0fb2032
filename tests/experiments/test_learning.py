"""The market as an environment for parties that learn: PettingZoo's own tests, and what the numbers mean."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test

from agents.bargaining import Concession, Side, View
from agents.calendar import Month
from agents.party import Party
from agents.world import World
from experiments import InputError
from experiments.learning import parallel_env
from experiments.learning.environment import MarketEnvironment
from experiments.learning.parties import Leaning
from model.market import ParcelMarket
from model.scenario import Scenario
from model.statements import statement
from tests.regimes import taken

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = {"n_shippers": 60, "n_enterprise_shippers": 8, "n_regional_carriers": 3}
PARTIES = ("usps", "amazon", "ups", "fedex", "ontrac", "veho")


def environment(
    *parties: str, scenario: Any = "baseline", until: str | None = "2025-06", roster: Any = None, **changes: Any
) -> Any:
    return parallel_env(parties or ("usps", "amazon"), scenario, SMALL | changes, until=until, roster=roster)


def action(env: MarketEnvironment, agent: str, **values: float) -> np.ndarray:
    """An action that is as usual but for the numbers that are named."""
    names = [field.name for field in env.decides(agent)]
    assert values.keys() <= set(names)
    return np.array([values.get(name, 0.0) for name in names], dtype=np.float32)


def play(env: MarketEnvironment, actions: Mapping[str, Any], seed: int = 1) -> ParcelMarket:
    """The market of an episode in which everybody does the same every month."""
    env.reset(seed=seed)
    while env.agents:
        env.step({agent: actions[agent] for agent in env.agents if agent in actions})
    assert env.market is not None
    return env.market


def differing(left: ParcelMarket, right: ParcelMarket) -> list[str]:
    """Records that are not equal to the last bit, and events that are not the same."""
    (old, told, _), (new, told_now, _) = taken(left), taken(right)
    found = [name for name in old if not np.array_equal(old[name], new[name], equal_nan=True)]
    return found + [f"{one} -> {other}" for one, other in zip(told, told_now, strict=False) if one != other][:3]


@pytest.mark.thorough
def test_the_librarys_own_tests() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parallel_api_test(environment("usps", "amazon", "ontrac", until="2025-12"), num_cycles=20)
        parallel_api_test(environment("speedx", "lso", until="2025-03", n_regional_carriers=8), num_cycles=2)
        parallel_seed_test(lambda: environment("usps", "ups"), num_cycles=3)


@pytest.mark.parametrize(
    ("scenario", "changes"),
    [
        ("baseline", {"until": "2026-07"}),
        ("baseline", {"until": "2026-04", "bargaining": "nash", "price_structure": "by_zone_type"}),
        ("baseline", {"until": "2023-02", "start": "2022-01", "history_mode": "free_run"}),
        ("auction_pay_as_bid", {"until": "2026-04"}),
    ],
    ids=["alternating", "nash", "free_2022", "auction"],
)
def test_who_acts_as_usual_changes_nothing(scenario: str, changes: dict[str, Any]) -> None:
    """To the last bit, with everything looked at every month."""
    env = environment(*PARTIES, scenario=scenario, **changes)
    played = play(env, {agent: np.zeros(len(env.decides(agent)), np.float32) for agent in PARTIES}, seed=4)
    assert differing(ParcelMarket(env.settings, rng=4).run(), played) == []


def test_a_party_of_ones_own_acts_as_usual_in_its_own_way() -> None:
    own = {"amazon": f"{EXAMPLES / 'own_strategy.py'}:FirmAmazon"}
    env = environment("amazon", until="2026-06", roster=own)
    played = play(env, {})
    assert differing(ParcelMarket(env.settings, rng=1).run(), played) == []
    assert differing(ParcelMarket(Scenario.load("baseline").with_changes(SMALL | {"end": "2026-06"}), 1).run(), played)


def test_luck_is_that_of_the_seed() -> None:
    env = environment("ups", until="2025-03")
    first, third = (play(env, {}, seed=seed) for seed in (1, 3))
    env.reset()
    assert env.market.seed_number == 4
    assert differing(first, third)
    assert differing(ParcelMarket(env.settings, rng=3).run(), third) == []


class Door:
    """Lets through what the door lists, and tells whose books were asked for."""

    def __init__(self, world: World, party: Any) -> None:
        self._world, self._party = world, party

    def __getattr__(self, name: str) -> Any:
        assert name in vars(World), f"{name} is not in the door"
        if name == "postal_books":
            assert self._party.key == "usps"
        if name.startswith("amazon_"):
            assert self._party.key == "amazon"
        found = getattr(self._world, name)
        if name.startswith("own_"):
            by_key = name in ("own_contracts", "own_contracts_with", "own_talks")
            allowed = self._party.key if by_key else self._party.index

            def own(asked: Any, *more: Any) -> Any:
                assert asked == allowed, f"{self._party.key} asks for {name} of {asked}"
                return found(asked, *more)

            return own
        return found


def test_nobody_looks_past_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    env = environment(*PARTIES, until="2025-12")
    env.reset(seed=1)
    for _ in range(8):
        seen = env.step({})[0]
    usual = Party.world
    monkeypatch.setattr(Party, "world", property(lambda party: Door(usual.fget(party), party)))
    for agent in PARTIES:
        again = env.market.agent(agent).observes(env.parts(agent))
        assert again.astype(np.float32) == pytest.approx(seen[agent], rel=1e-6)


def test_every_number_is_what_its_name_says() -> None:
    """Figures of the table against the records, the book and the talks of the same month."""
    # No signature before June 2026: in February all talk.
    env = environment(*PARTIES, until="2026-12", earliest_signature="2026-06")
    env.reset(seed=1)
    for _ in range(14):
        observations = env.step({})[0]
    market = env.market
    seen = {
        agent: {field.name: float(value) for field, value in zip(env.sees(agent), observations[agent], strict=True)}
        for agent in env.agents
    }
    records, keys = market.records, market.carriers.keys
    for agent, values in seen.items():
        k = keys.index(agent)
        assert values["month"] == 3
        for s, segment in enumerate(("economy", "ground", "premium")):
            assert values[f"list_price_{segment}"] == pytest.approx(records["list_price_usd"][-1, k, s], rel=1e-6)
        volume = sum(values[f"volume_{kind}"] for kind in ("urban", "suburban", "rural"))
        assert volume == pytest.approx(market.own_books(k).annual_volume.sum() / 1e6, rel=1e-5)
        year = records["utilisation_share"][-12:, k].mean()
        assert values["utilisation"] == pytest.approx(year, rel=1e-5)
    assert seen["usps"]["cash"] == pytest.approx(records["usps_cash_usd"][-1] / 1e6, rel=1e-6)
    assert seen["usps"]["months_to_price_change"] == 4
    assert seen["amazon"]["months_to_price_change"] == seen["ups"]["months_to_price_change"] == 10
    shipped = sum(seen["ups"][f"capacity_{kind}"] for kind in ("urban", "suburban", "rural"))
    assert shipped == pytest.approx(market.own_books(keys.index("ups")).capacity.sum() / 1e6, rel=1e-5)

    held, talks = market.book.get("usps", "amazon"), market.state.talks["usps", "amazon"]
    for agent, other in (("usps", "amazon"), ("amazon", "usps")):
        mine = {name.removeprefix(f"{other}_"): value for name, value in seen[agent].items()}
        assert mine["contract"] == mine["talks"] == 1.0
        assert mine["contract_months_left"] == held.expiry - market.month
        assert mine["contract_price"] == pytest.approx(held.price_at(market.month))
        assert mine["contract_parcels"] == pytest.approx(sum(held.commitment) / 1e6)
        assert mine["talks_round"] == market.month - talks.opened
        buyer, seller = (float(limit[0]) for limit in talks.limits[-1][1:])
        assert mine["talks_own_limit"] == pytest.approx(seller if agent == "usps" else buyer, rel=1e-6)
        deadline = talks.talks.expiry_round if agent == "usps" else talks.talks.commitment_round
        assert mine["talks_deadline"] == deadline - mine["talks_round"]
        last = {offer.side.value: float(offer.price[0]) for offer in talks.talks.offers}
        own, their = ("seller", "buyer") if agent == "usps" else ("buyer", "seller")
        assert mine["talks_own_offer"] == pytest.approx(last[own], rel=1e-6)
        assert mine["talks_their_offer"] == pytest.approx(last[their], rel=1e-6)


def test_the_layout_is_that_of_the_spaces() -> None:
    env = environment(*PARTIES)
    for agent in PARTIES:
        for fields, space in (
            (env.sees(agent), env.observation_space(agent)),
            (env.decides(agent), env.action_space(agent)),
        ):
            assert space.shape == (len(fields),)
            assert len({field.name for field in fields}) == len(fields)
            assert all(field.unit and field.meaning for field in fields)
    assert "capacity" not in [field.name for field in env.decides("usps")]
    nothing = environment("ups", bargaining="nash", price_rule="frozen")
    assert [field.name for field in nothing.decides("ups")] == ["capacity"]


def documented(section: str, agent: str, others: list[str]) -> list[tuple[str, str]]:
    """Names and units that docs/learning.md tells for a party, in its order."""
    page = (EXAMPLES.parent / "docs" / "learning.md").read_text(encoding="utf-8")
    part = page.partition(f"generated {section}: begin")[2].partition("<!--")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if line.startswith("| ")][1:]
    name = {"usps": "USPS", "amazon": "Amazon"}.get(agent, "all others")
    named = [(row[-3].strip("`"), row[-2]) for row in rows if row[0] == "all" or name in row[0].split(", ")]
    own = [one for one in named if not one[0].startswith("OTHER_")]
    shared = [one for one in named if one[0].startswith("OTHER_")]
    return own + [(number.replace("OTHER", other), unit) for other in others for number, unit in shared]


@pytest.mark.parametrize("agent", PARTIES)
def test_the_page_tells_what_every_number_is(agent: str) -> None:
    env = environment(*PARTIES)
    talks = "contract and talks with "
    others = [part.name.removeprefix(talks) for part in env.parts(agent) if part.name.startswith(talks)]
    assert others == {
        "usps": [key for key in ParcelMarket(env.settings).carriers.keys if key != "usps"],
        "amazon": ["usps", "ups", "fedex"],
        "ups": ["amazon", "usps"],
        "fedex": ["amazon", "usps"],
    }.get(agent, ["usps"])
    for section, fields in (("observations", env.sees(agent)), ("actions", env.decides(agent))):
        assert documented(section, agent, others) == [(field.name, field.unit) for field in fields]


def test_the_reward_is_the_result_in_the_ledger() -> None:
    env = environment("usps", "amazon", "ontrac", until="2025-04")
    env.reset(seed=2)
    rewards = {agent: [] for agent in env.agents}
    while env.agents:
        for agent, reward in env.step({})[1].items():
            rewards[agent].append(reward)
    paid = env.market.payments()
    for agent, found in rewards.items():
        rows = statement(paid, agent).query("in_result")
        assert found == pytest.approx((rows.groupby("month")["usd"].sum() / 1e6).tolist(), rel=1e-9)


def test_who_leaves_the_market_is_done() -> None:
    """OnTrac gives up where its owners pay for no losses and its prices cannot fall; the others play on without it."""
    dear = {
        "regional_runway": 0.0,
        "price_cut_max": 0.0,
        "operating_margin_regional": -0.1,
        "regional_exit_cash_months": 3,
    }
    env = environment("ontrac", "usps", until="2026-12", **dear)
    env.reset(seed=1)
    gone = None
    while gone is None:
        observations, rewards, terminations, truncations, _ = env.step({})
        if terminations["ontrac"]:
            gone = env.market.records.months[-1]
    told = [one.month for one in env.market.events if one.kind in ("exit", "merger") and "ontrac" in one.actors]
    assert told == [gone]
    assert not truncations["ontrac"]
    assert not observations["ontrac"].any()
    assert np.isfinite(rewards["ontrac"])
    assert env.agents == ["usps"]
    *_, infos = env.step({})
    assert set(infos) == {"usps"}
    with pytest.raises(InputError, match=r"'ontrac' does not act; allowed: usps"):
        env.step({"ontrac": np.zeros(4)})


def test_the_end_of_the_run_truncates() -> None:
    env = environment("ups", until="2025-02")
    env.reset(seed=1)
    assert env.step({})[3] == {"ups": False}
    assert env.step({})[3] == {"ups": True}
    assert env.agents == []
    with pytest.raises(InputError, match="nobody acts; allowed: after a reset"):
        env.step({})


@pytest.fixture(scope="module")
def usual() -> ParcelMarket:
    """The usual run that actions are compared with."""
    return play(environment("ups", until="2027-01", earliest_signature="2025-01"), {})


@pytest.mark.parametrize(("lean", "at_limit"), [(-1.0, 0.0), (1.0, None)])
@pytest.mark.parametrize("agent", ["ups", "usps", "veho"])
def test_a_list_price_is_between_none_and_the_largest_allowed(agent: str, lean: float, at_limit: float | None) -> None:
    env = environment(agent, start="2025-01", until="2025-08", announced_plans=False)
    market = play(env, {agent: action(env, agent, list_price=lean)})
    p = market.figures
    largest = p.inflation + p.usps_price_step_max
    if agent != "usps":  # what is paid rises by less than the list, and its real limit counts where inflation is high
        largest = max(p.price_increase_max, (p.inflation + p.price_real_increase_max) / p.list_to_paid_pass_through)
    growth = market.state.tariffs.list_growth[market.carriers.keys.index(agent)]
    assert growth == pytest.approx(largest if at_limit is None else at_limit, rel=1e-9)


@pytest.mark.parametrize("agent", ["ups", "amazon"])
def test_a_capacity_order_is_a_multiple_of_the_usual_one(agent: str, usual: ParcelMarket) -> None:
    def first_order(market: ParcelMarket) -> float:
        orders = [one for one in market.events if one.kind == "order" and one.actors == (agent,)]
        return dict(orders[0].numbers)["annual_parcels"] if orders else 0.0

    env = environment(agent, until="2025-06")
    placed = {lean: first_order(play(env, {agent: action(env, agent, capacity=lean)})) for lean in (-1.0, -0.5, 1.0)}
    ordered = first_order(usual)
    assert ordered > 0.0
    assert placed[-1.0] == 0.0
    assert placed[-0.5] == pytest.approx(0.5 * ordered, rel=1e-6)
    # The build limit may cut the usual order already, and then the larger one to the same.
    assert ordered * (1.0 - 1e-9) <= placed[1.0] <= 2.0 * ordered * (1.0 + 1e-9)


def test_capacity_stays_within_the_build_limit() -> None:
    env = environment("amazon", until="2025-12", build_limit=0.2)
    market = play(env, {"amazon": action(env, "amazon", capacity=1.0)})
    ordered = [
        dict(one.numbers)["annual_parcels"] for one in market.events if one.kind == "order" and "amazon" in one.actors
    ]
    assert max(ordered) <= 0.2e9 / 4 * (1 + 1e-9)


def agreed(market: ParcelMarket) -> tuple[Month, float] | None:
    """Month and price of what Amazon and USPS first agree on; None where they do not."""
    events = [one for one in market.events if one.kind == "agreement" and one.actors == ("amazon", "usps")]
    return (events[0].month, dict(events[0].numbers)["price_usd"]) if events else None


@pytest.mark.thorough
def test_who_gives_way_agrees_sooner_and_who_holds_back_later(usual: ParcelMarket) -> None:
    env = environment("usps", "amazon", until="2027-01", earliest_signature="2025-01")

    def played(agent: str, other: str, lean: float) -> tuple[Month, float] | None:
        return agreed(
            play(env, {agent: action(env, agent, **dict.fromkeys((f"{other}_offer", f"{other}_acceptance"), lean))})
        )

    as_usual, gives_way = agreed(usual), played("usps", "amazon", 1.0)
    assert as_usual is not None
    assert gives_way is not None
    assert gives_way[0] < as_usual[0]
    assert gives_way[1] < as_usual[1]
    # Who asks for far more than its limit finds nobody, before the contract has ended nor in the months after it.
    assert played("usps", "amazon", -1.0) is None
    assert played("amazon", "usps", -1.0) is None


def test_an_offer_moves_towards_the_other_side_and_acceptance_is_asked_at_a_moved_price() -> None:
    usual = Concession(0.5, 0.35)
    for side, limit, sign in ((Side.BUYER, 4.0, 1.0), (Side.SELLER, 2.0, -1.0)):
        view = View(side, 3, 10, ("a", "b"), np.full(2, limit), np.array([3.0, 2.0]), np.full(2, 5.0), np.ones(2), ())
        plain, moved = usual.propose(view), Leaning(usual, 0.5, -0.5, 0.2)
        assert moved.propose(view) == pytest.approx(plain + sign * 0.5 * 0.2 * view.current_price)
        border = usual.position(view, view.round + 1)
        step = sign * 0.5 * 0.2 * view.current_price
        assert moved.accept(view, border - step - sign * 1e-9).all()
        assert not moved.accept(view, border - step + sign * 1e-9).any()
        as_usual = Leaning(usual, 0.0, 0.0, 0.2)
        assert np.array_equal(as_usual.propose(view), plain)
        assert np.array_equal(as_usual.accept(view, border), usual.accept(view, border))


def test_what_is_not_possible_is_said_at_once_and_nothing_is_played() -> None:
    with pytest.raises(InputError) as problem:
        environment("ups", "ups", "dhl")
    assert [line.partition(";")[0] for line in problem.value.problems] == [
        "parties: 'dhl' is no carrier",
        "parties: ups is named twice",
    ]
    with pytest.raises(InputError, match="none is named; allowed: at least one of usps"):
        parallel_env([], set=SMALL)
    with pytest.raises(InputError, match="n_shipers"):
        parallel_env(["ups"], set={"n_shipers": 3})
    env = environment("ups", "fedex")
    with pytest.raises(InputError, match="nobody acts"):
        env.step({})
    with pytest.raises(InputError, match="seed: -1 is not allowed"):
        env.reset(seed=-1)
    env.reset(seed=1)
    wrong = action(env, "ups", list_price=1.5)
    wrong[1] = np.nan
    with pytest.raises(InputError) as problem:
        env.step({"ups": wrong, "fedex": np.zeros(2), "usps": np.zeros(3)})
    assert problem.value.problems == (
        "actions: 'usps' does not act; allowed: ups, fedex",
        "action of ups: list_price is 1.5; allowed: -1 to 1",
        "action of ups: capacity is nan; allowed: -1 to 1",
        "action of fedex: it has the shape (2,); allowed: (6,)",
    )
    assert env.market.months_done == 0


def test_without_pettingzoo_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pettingzoo", None)
    with pytest.raises(InputError, match=r"^PettingZoo is not installed; .*last-mile-market\[learning\]$"):
        parallel_env(["ups"])


def test_nobody_waits_for_pettingzoo_who_does_not_use_it() -> None:
    code = "import sys, experiments.learning; sys.exit('pettingzoo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=EXAMPLES.parent, check=False).returncode == 0


def test_a_fresh_environment_travels_to_other_processes() -> None:
    env = environment("usps", "amazon", until="2025-02")
    sent = pickle.loads(pickle.dumps(env))
    assert differing(play(env, {}), play(sent, {})) == []
