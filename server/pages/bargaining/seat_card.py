"""The seat at the table on one screen: the chart of the talks, and what a visitor decides, or how it ended."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import solara

from agents.bargaining import Side
from server.headline import month_name
from server.pages.bargaining.asking import NAMES, question_values, read_answer
from server.pages.bargaining.cards import marks_of
from server.pages.bargaining.ended import compared_text, equal_text, is_equal, line_values, result_values
from server.snapshot import Run, Snapshot
from server.talks.game import Game
from server.talks.seat_view import SeatView
from server.talks.sides import SEATS

__all__ = ["NAMES", "card_values", "free_seat", "question_values", "read_answer", "run_text", "seat_card"]


@solara.component_vue("../../vue/free_seat.vue", vuetify=False)
def free_seat(
    can_sit: bool,
    error: str,
    run: str,
    warning: str,
    first: bool,
    event_sit: Callable[[str], None],
    event_usual: Callable[[str], None],
    event_look: Callable[[object], None],
) -> None:
    """A seat that nobody has taken; `first` where the page begins with it and shows no talks yet."""


@solara.component_vue("../../vue/seat.vue", vuetify=False)
def seat_card(
    seat: str,
    name: str,
    other: str,
    kicker: str,
    market: str,
    question: dict[str, Any] | None,
    chart: dict[str, Any] | None,
    result: dict[str, Any] | None,
    playing: bool,
    note: str,
    error: str,
    lines: list[dict[str, str]],
    until: str,
    compared: str,
    equal: str,
    moves: list[str],
    whose: str,
    event_sit: Callable[[str], None],
    event_leave: Callable[[object], None],
    event_answer: Callable[[dict[str, Any]], None],
    event_play: Callable[[object], None],
    event_watch: Callable[[object], None],
    event_usual: Callable[[str], None],
) -> None:
    """The seat at the table: answer, see how it ended, and compare with the model."""


def card_values(snapshot: Snapshot, view: SeatView | None, error: str) -> dict[str, Any]:
    """What the screen of the seat shows of a snapshot."""
    run = snapshot.run
    seat = run.seat if run else ""
    decision = snapshot.decision
    game = view.game if view is not None and seat else None
    seed = run.seed if run else 1
    over = game is not None and game.result is not None and decision is None
    month = decision.month if decision is not None else snapshot.month
    return {
        "seat": seat,
        "name": NAMES.get(seat, ""),
        "other": view.other if view else "",
        "kicker": f"{month_name(month) if month else 'Before the talks'} · {run_text(run)}",
        "market": run_text(run),
        "question": question_values(decision) if decision else None,
        "chart": _chart(seat, game, decision.question.view.round if decision else None) if game else None,
        "result": result_values(view, game, seed) if over and view is not None and game is not None else None,
        "playing": snapshot.status in ("playing", "preparing"),
        "note": "" if view is None or not seat else _waiting_text(snapshot, view),
        "error": error or snapshot.message,
        "lines": [line_values(line) for line in view.lines] if view and not is_equal(view) else [],
        "equal": equal_text(view) if view else "",
        "until": f"Sums until {month_name(view.until)}" if view and view.until else "",
        "compared": compared_text(view) if view else "",
        "moves": list(view.moves) if view else [],
        "whose": whose_moves(view) if view else "",
    }


def whose_moves(view: SeatView) -> str:
    """Heading of the list of moves: who made them, and how many."""
    yours = len(view.moves) - view.by_model
    if not view.by_model:
        return f"What you have done ({yours})"
    if not yours:
        return f"What the model has done for you ({view.by_model})"
    return f"What was done in your seat ({yours} by you, {view.by_model} by the model)"


def run_text(run: Run | None) -> str:
    """The market that is played in: its name, what is changed in it, and the seed."""
    return "" if run is None else f"{run.title}{run.changed} · seed {run.seed}"


def _waiting_text(snapshot: Snapshot, view: SeatView) -> str:
    if snapshot.status == "finished":
        return "The run has come to its end."
    if snapshot.status == "preparing":
        return "The market is being set up ..."
    if view.over:
        return "These talks are over. Watch what follows: it shows only in the months to come."
    return f"Play on: the run stops when it is for you to answer {view.other}."


def _chart(seat: str, game: Game, now: int | None) -> dict[str, Any]:
    """What the chart of the talks shows; rounds are months since they opened, prices $ per parcel."""
    buys, result = SEATS[seat] is Side.BUYER, game.result
    end = max(game.expiry, game.played, now or 0)
    mine = [[one.round, round(one.price, 4)] for one in game.offers if one.buys is buys]
    theirs = [[one.round, round(one.price, 4)] for one in game.offers if one.buys is not buys]
    models = [[one.round, one.buys is buys, round(one.price, 4)] for one in (result.models_offers if result else ())]
    deal, model = (result.deal, result.model) if result else (None, None)
    prices = [price for _, price in (*mine, *theirs, *game.limits)] + [game.current, game.published]
    prices += [price for _, _, price in models] + [price for _, price in (result.limits if result else ())]
    known = [price for price in prices if isfinite(price)]
    return {
        "first": str(game.opened),
        "end": end,
        "now": now,
        "commitment": game.commitment,
        "expiry": game.expiry,
        "buys": buys,
        "current": game.current,
        "mine": mine,
        "theirs": theirs,
        "own": [[round_, round(price, 4)] for round_, price in game.limits],
        "hidden": [[round_, round(price, 4)] for round_, price in result.limits] if result else [],
        "models": models,
        "deal": [deal.round, round(deal.price, 4)] if deal else None,
        "model": [model.round, round(model.price, 4)] if model else None,
        "low": min(min(known) - 0.15, game.current / 2.0),
        "high": max(known) + 0.15,
        "marks": [marks_of(seat), marks_of("usps" if seat == "amazon" else "amazon")],
    }
