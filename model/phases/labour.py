"""Wages of the month, and how fast routes and staff follow what is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.party import Party
from agents.roster import RosterError
from model.carriers import USPS
from model.economy import Economy

Floats = NDArray[np.float64]
LEAST, MOST = 0.5, 2.0  # of wages in one step; beyond it somebody has mixed up growth and percent


def settle_wages(market: Economy) -> None:
    """Ask every party that is no carrier which wages it sets, and let carriers pay them from this month on.

    Raises:
        RosterError: It sets wages of nobody, or by what is no growth factor.
    """
    env = market.state.environment
    steps = [(party, dict(party.wage_step(market.month))) for party in market.other_parties]
    if any(step for _, step in steps):
        before = env.settled if env.settled.size else np.ones(market.carriers.n_carriers)
        env.settled_now = np.ones(market.carriers.n_carriers)
        for party, step in steps:
            env.settled_now *= _factors(market, party, step)
        env.settled = before * env.settled_now
        rates, moved = market.costs.rates, env.settled_now[1:]
        paid = replace(rates, hourly_cost=rates.hourly_cost * moved, sort_cost=rates.sort_cost * moved[:, None])
        market.costs = replace(market.costs, rates=paid)
    elif env.settled.size:
        env.settled_now = np.ones(market.carriers.n_carriers)
    if env.settled.size:
        env.wage_usps *= float(env.settled[USPS])


def _factors(market: Economy, party: Party, step: Mapping[str, float]) -> Floats:
    """What one party settles on by carrier, (K,); each carrier's wages have one event."""
    keys, groups = market.carriers.keys, market.carriers.groups
    found = np.ones(len(keys))
    for name, factor in step.items():
        mine = np.array([name in (key, group) for key, group in zip(keys, groups, strict=True)])
        if not mine.any():
            raise RosterError(f"{party.key}: wage_step names {name!r}; allowed: {', '.join(dict.fromkeys(groups))}")
        if not (isinstance(factor, int | float | np.floating) and LEAST <= factor <= MOST):
            raise RosterError(
                f"{party.key}: wage_step sets {name} to {factor!r}; allowed: a growth factor from {LEAST} to {MOST}"
            )
        found[mine] *= factor
        if factor != 1.0:
            text = f"{party.name} sets wages at {market.book.name(name)} {factor - 1.0:+.1%} against what was expected"
            market.events.add(market.month, "wages", (party.key, name), text, factor=float(factor))
    return found


def wage_step(market: Economy) -> Floats:
    """Growth factor of wages from last month to this by carrier, (K,)."""
    env, last = market.state.environment, market.months_done - 1
    first = market.months_done == 0
    other = env.wage_other / (1.0 if first else market.paths.wage_other(last))
    usps = env.wage_usps / (1.0 if first else market.paths.wage_usps(last))
    step = np.full(market.carriers.n_carriers, other)
    step[USPS] = usps
    if env.settled.size:
        step[USPS] /= env.settled[USPS]
        step *= env.settled_now
    return step


def wages_of_month(market: Economy) -> Floats:
    """Wages relative to the start by carrier, (K,)."""
    env = market.state.environment
    wages = np.full(market.carriers.n_carriers, env.wage_other)
    if env.settled.size:
        wages *= env.settled
    wages[USPS] = env.wage_usps
    return wages


def resource_flexibility(market: Economy) -> tuple[Floats, Floats]:
    """Monthly shares by which routes and staff shrink and grow towards need, as each carrier decides, (K,) each."""
    down, up = np.array([carrier.flexes() for carrier in market.carrier_agents], dtype=np.float64).T
    return down, up
