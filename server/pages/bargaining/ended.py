"""How a seat ended: the score, the model beside it, what the two runs have brought, and a text to share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from server.headline import month_name
from server.pages.bargaining.cards import dollars, millions
from server.talks.game import Game, Result, score_of
from server.talks.seat_view import Line, SeatView
from server.talks.worth import CENTS, Deal
from server.words import event_words

NO_FINDING = "What one player does is no finding."


def money(amount: float) -> str:
    """A sum a year for reading."""
    size, sign = abs(amount), "−" if amount < 0 else ""
    if size >= 0.9995e9:
        return f"{sign}${size / 1e9:,.2f} billion"
    return f"{sign}${size / 1e6:,.0f} million"


def result_values(view: SeatView, game: Game, seed: int) -> dict[str, Any]:
    """What is shown once the talks have ended."""
    result = game.result
    assert result is not None
    return {
        "headline": _headline(view, game, result),
        "score": result.score,
        "told": _told(view, game, result),
        "best": _best(view, game, result),
        "pending": game.first and not game.never and not result.known and not view.failed,
        "share": _share(view, result, seed),
        "no_finding": NO_FINDING,
        "never": game.never,
        "follows": "" if game.never else "If the two talk again later in the run, the model then plays your side.",
    }


def _headline(view: SeatView, game: Game, result: Result) -> str:
    deal, model = result.deal, result.model
    if deal is None:
        if game.never and not result.left:
            return "No deal. None could be signed here."
        return f"No deal. {'You left the table.' if result.left else ''}".strip()
    price = dollars(deal.price)
    if not result.known:
        return f"You agreed on {price}."
    if model is None:
        return f"{price}. The model signed nothing."
    return f"{price}. {beside_model(view.seat, deal, model)}"


def beside_model(seat: str, deal: Deal, model: Deal) -> str:
    """How a price compares with the model's, in the whole cents that are shown."""
    more = round(deal.price * CENTS) - round(model.price * CENTS)
    if more == 0:
        return "The same price as the model."
    size = dollars(abs(more) / CENTS) if abs(more) >= CENTS else "One cent" if abs(more) == 1 else f"{abs(more)} cents"
    better = (more < 0) == (seat == "amazon")
    return f"{size} {'better' if better else 'worse'} than the model."


def _told(view: SeatView, game: Game, result: Result) -> list[str]:
    deal, found = result.deal, []
    if deal is None and game.never and not result.left:
        found.append(
            f"The contract ended in {month_name(game.opened + game.expiry)}. This scenario lets nothing be signed in "
            "the whole run, whatever the two offer: that is its assumption, and none of your doing."
        )
    elif deal is None:
        found.append("No contract brings you nothing, and costs you nothing, against having none.")
    else:
        found.append(
            f"{month_name(game.opened + deal.round)}: {millions(deal.parcels)} million parcels a year. {_brings(deal)}"
        )
        off = None if result.expected is None else deal.gain - result.expected
        if off is not None and abs(off) >= 1e6:
            found.append(
                f"By your own limit you had to expect {money(result.expected or 0.0)}: each side judges its limit with"
                " an error that it does not know."
            )
    if result.known:
        model = result.model
        told = "it signs nothing." if model is None else f"{dollars(model.price)}, {money(model.gain)} a year."
        found.append(f"The model in your seat, with the same luck: {told}")
    elif not game.first:
        found.append("Only the first talks of a run are scored: later ones follow from how these ended.")
    if result.limits:
        most = "would have paid at most" if view.seat == "usps" else "would have taken at least"
        found.append(f"{view.other} {most} {dollars(result.limits[-1][1])} at the end; you did not know this.")
    return found


def _brings(deal: Deal) -> str:
    if deal.gain < 0.0:
        return f"It costs you {money(-deal.gain)} a year more than having no contract."
    return f"It brings you {money(deal.gain)} a year more than having no contract."


def _best(view: SeatView, game: Game, result: Result) -> str:
    if result.best is None and game.never:
        return "Where no deal can be signed there is no score."
    if result.best is None:
        return "" if not result.known else "No deal would have brought you anything, so that there is no score."
    best, verb = result.best, "asked" if view.seat == "usps" else "bid"
    when = month_name(game.opened + best.round)
    if result.deal is not None and result.deal.gain > best.gain:
        return (
            f"You got more than the best deal of a rehearsal that waited for it: {money(best.gain)} a year at "
            f"{dollars(best.price)} in {when}. That counts as 100.{_models_score(result)}"
        )
    return (
        f"100 is the best that could be got before the contract ends: {money(best.gain)} a year, had you {verb} "
        f"{dollars(best.price)} in {when}, which nobody at the table could know.{_models_score(result)}"
    )


def _models_score(result: Result) -> str:
    """What the model gets by the same count."""
    if result.model is None or result.best is None or result.best.gain <= 0.0:
        return ""
    return f" The model gets {score_of(result.model.gain, result.best.gain)} by the same count."


def _share(view: SeatView, result: Result, seed: int) -> str:
    got = "no deal" if result.deal is None else dollars(result.deal.price)
    score = "" if result.score is None else f": {result.score} of 100"
    model = ""
    if result.known:
        signed = "signed nothing" if result.model is None else f"got {dollars(result.model.price)}"
        model = f" The model in my seat {signed}."
    return f"I bargained for {view.name} with {view.other} and got {got}{score}.{model} The Last Mile, seed {seed}."


def line_values(line: Line) -> dict[str, str]:
    """One line of the comparison over the months."""
    money_ = line.unit == "$"
    scale, unit, sign = (1e9, "billion", "$") if money_ else (1e6, "million", "")
    decimals = 2 if money_ else 0

    def told(value: float, plus: str = "") -> str:
        return f"{'−' if value < 0 else plus}{sign}{abs(value) / scale:,.{decimals}f} {unit}"

    return {
        "name": line.name,
        "meaning": line.meaning,
        "yours": told(line.yours),
        "models": told(line.models),
        "difference": told(line.yours - line.models, "+") if round(line.yours - line.models, 2) else "none",
        "exact_yours": f"{line.yours:,.0f} {line.unit}",
        "exact_models": f"{line.models:,.0f} {line.unit}",
        "exact_difference": f"{line.yours - line.models:+,.0f} {line.unit}",
    }


def is_equal(view: SeatView) -> bool:
    """Whether the run by hand and that of the model have brought the same so far."""
    return bool(view.lines) and all(line_values(line)["difference"] == "none" for line in view.lines)


def equal_text(view: SeatView) -> str:
    """Said in place of a table in which nothing differs."""
    if not is_equal(view) or view.until is None:
        return ""
    text, game = f"Until {month_name(view.until)} the two runs have brought the same.", view.game
    if game is not None and game.result is not None and view.until < game.opened + game.expiry:
        text += (
            f" The old contract is in force until {month_name(game.opened + game.expiry)}: what you did shows after."
        )
    return text


def compared_text(view: SeatView) -> str:
    """What was agreed on by hand and by the model."""
    if view.failed:
        return f"There is no comparison: the model's own run stopped ({view.failed})."
    if not (view.over or view.lines):
        return ""
    if view.models_ended is None:
        return "The model plays the same run in the background; the comparison comes when it is done."
    model, mine = _agreements_text(view.models_ended), _agreements_text(view.ended)
    return (
        f"You: {mine}. The model in your seat, with the same seed: {model}. Same seed, same luck: the differences "
        f"follow from your answers alone. {NO_FINDING}"
    )


def _agreements_text(agreements: Sequence[str]) -> str:
    """All that was agreed on, oldest first."""
    return "; ".join(event_words(text).rstrip(".") for text in agreements) or "no agreement until now"
