"""Negotiate: a seat at the table on one screen; below it the offers of all talks, and the contracts in force."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import ipyvue
import solara

from server import charts
from server.choice import Choice
from server.glossary import TERMS
from server.pages.bargaining import cards
from server.pages.bargaining.again import answers_of, give
from server.pages.bargaining.seat_card import card_values, free_seat, seat_card
from server.parts import facts, main, page, picker, query_of, run_controls, source_of, use_snapshot
from server.session import Extract, Session
from server.snapshot import Snapshot
from server.talks import contracts as contract_views
from server.talks import negotiations, seat_view
from server.talks.contracts import Contracts
from server.talks.negotiations import Negotiations, Table
from server.talks.playable import usual_market, why_never
from server.talks.seat import why_no_seat
from server.talks.seat_view import SeatView
from server.talks.sides import ACCESS_PAIR, SEATS

# In the address of who comes to play: the page then begins with the choice of a side.
SIT = "sit"


@solara.component
def BargainingPage(session: Session) -> solara.Element:
    """Negotiations of one session's run, one of them at a time, and the contracts."""
    router = solara.use_router()
    chosen, choose = solara.use_state(query_of(router.search).get("talks", ""))
    first, put_first = solara.use_state(SIT in query_of(router.search))
    group, set_group = solara.use_state(0)
    reveal, set_reveal = solara.use_state(False)
    views: dict[str, Extract] = {
        "negotiations": partial(negotiations.extract, chosen=chosen, group=group),
        "contracts": contract_views.extract,
        "seat": seat_view.extract_own,
    }
    snapshot = use_snapshot(session, views, (chosen, group))
    found, held = snapshot.views.get("negotiations"), snapshot.views.get("contracts")
    assert found is None or isinstance(found, Negotiations)
    assert held is None or isinstance(held, Contracts)

    def pick(key: object) -> None:
        if isinstance(key, str) and found is not None and key in {entry.key for entry in found.entries}:
            choose(key)
            set_group(0)
            set_reveal(False)

    def pick_group(index: object) -> None:
        if isinstance(index, int) and found is not None and found.table and 0 <= index < len(found.table.groups):
            set_group(index)

    def open_contract(key: object) -> None:
        if isinstance(key, str) and held is not None and key in {terms.key for terms in held.terms}:
            router.push(f"/inspect?what=contract:{key}")

    seat = session.choice.seat
    if not seat and first:  # who comes to play is not shown first what neither side may know
        drawn = charts.frame(number=snapshot.number, event_drawn=session.acknowledge)
        chooser = SeatCard(session, snapshot, look=lambda: put_first(False))
        return ipyvue.Html.element(tag="div", class_="lm-table-seat lm-sit", children=[main([chooser]), drawn])
    table = found.table if found else None
    side = [run_controls(session, snapshot), _negotiations(found, snapshot.status == "finished", pick)]
    hidden = _is_hidden(snapshot, table)
    below = [_headline(snapshot, table, hidden)]
    if not seat:
        below.append(SeatCard(session, snapshot))
    if table is not None:
        below.append(_talks(snapshot, table, hidden, reveal, pick_group, lambda on: set_reveal(bool(on))))
    if held is not None:
        below.append(_contracts(held, open_contract))
    drawn = charts.frame(number=snapshot.number, event_drawn=session.acknowledge)
    rest = page(side, main(below, source_of(snapshot.run)), drawn, stack=True)
    if not seat:
        return rest
    return ipyvue.Html.element(tag="div", children=[SeatCard(session, snapshot), rest])


def _is_hidden(snapshot: Snapshot, table: Table | None) -> bool:
    """Whether the visitor sits at this table and has something to decide, so that the other side's limit is hidden."""
    seat = snapshot.run.seat if snapshot.run else ""
    if not seat or table is None or (table.seller, table.buyer) != ACCESS_PAIR:
        return False
    view = snapshot.views.get("seat")
    game = view.game if isinstance(view, SeatView) else None
    return game is None or (game.result is None and game.opened == table.entry.opened)


def _negotiations(found: Negotiations | None, finished: bool, pick: Callable[[object], None]) -> solara.Element:
    """The list to choose from."""
    return picker(
        title="Negotiations",
        items=cards.entries(found) if found else [],
        chosen=found.table.entry.key if found and found.table else "",
        searchable=False,
        placeholder="",
        empty="Nobody talked in this run."
        if finished
        else "Nobody talks yet. Press play or step: talks open some months before a contract ends.",
        event_pick=pick,
        help=TERMS["negotiation"],
    )


def _talks(
    snapshot: Snapshot,
    table: Table,
    hidden: bool,
    reveal: bool,
    pick_group: Callable[[object], None],
    set_reveal: Callable[[object], None],
) -> solara.Element:
    """Offers of one negotiation, what is on the table, and the limits: hidden from who plays a side of it."""
    seat = snapshot.run.seat if snapshot.run else ""
    shown = reveal and not hidden
    children = [
        cards.choices(
            groups=list(table.groups),
            group=table.group,
            can_reveal=not table.entry.over and not hidden,
            revealed=shown,
            event_group=pick_group,
            event_reveal=set_reveal,
        ),
        cards.offers(**cards.chart_values(table, shown, seat, hidden)),
        facts(
            title="On the table",
            unit="",
            rows=cards.terms(table, seat if hidden else ""),
            empty="",
            help=TERMS["offer"],
        ),
        facts(
            title="What each side could accept",
            unit="",
            rows=cards.limits(table, shown, hidden),
            empty=cards.HIDDEN_FROM_PLAYER if hidden else cards.HIDDEN,
            help=TERMS["reservation value"],
        ),
    ]
    return ipyvue.Html.element(tag="div", class_="lm-cards", children=children)


def _contracts(held: Contracts, open_contract: Callable[[object], None]) -> solara.Element:
    return cards.contracts(
        unit=f"{len(held.terms)} in force or signed",
        rows=cards.contract_rows(held),
        footnote=cards.contract_footnote(held),
        event_open=open_contract,
    )


@solara.component
def SeatCard(session: Session, snapshot: Snapshot, look: Callable[[], None] | None = None) -> solara.Element:
    """The seat at the table of Amazon and USPS: free, or taken and then a screen of its own.

    Args:
        session: The tab's session.
        snapshot: Its newest snapshot.
        look: Shows the talks of the run that is there; None where they stand below. A side taken where they are not
            shown is that of a market in which a deal can be signed.
    """
    error, set_error = solara.use_state("")
    router = solara.use_router()
    view = snapshot.views.get("seat")
    assert view is None or isinstance(view, SeatView)

    def start(seat: object, chosen: Choice | None = None) -> None:
        if seat not in ("", *SEATS):
            return
        chosen = chosen or session.choice
        problem = why_no_seat(chosen.settings(), str(seat)) if seat else ""
        set_error(f"No seat here: {problem}." if problem else "")
        if problem:
            return
        answers_of(session).kept = []
        session.reset(replace(chosen, seat=str(seat)))
        if seat:
            session.play()

    def answer(values: object) -> None:
        decision = snapshot.decision
        if decision is None or not isinstance(values, dict) or values.get("key") != decision.key:
            return  # an answer to an older question
        set_error("; ".join(give(session, decision, values)))

    def start_usual(seat: object) -> None:
        start(seat, usual_market(session.choice))

    def watch(_: object) -> None:
        answers_of(session).to_model = True
        session.play()
        router.push("/")

    if not session.choice.seat:
        warning = why_never(session.choice.settings())
        moved = bool(warning) and look is not None
        return free_seat(
            can_sit=snapshot.status != "preparing",
            error=error,
            run=market_text(usual_market(session.choice) if moved else session.choice),
            warning=warning,
            first=look is not None,
            event_sit=start,
            event_usual=start_usual,
            event_look=lambda _: look() if look is not None else None,
        )
    return seat_card(
        **card_values(snapshot, view, error),
        event_sit=start,
        event_leave=lambda _: start(""),
        event_answer=answer,
        event_play=lambda _: session.play(),
        event_watch=watch,
        event_usual=start_usual,
    )


def market_text(choice: Choice) -> str:
    """The market of a choice: its name, what is changed in it, and the seed."""
    return f"{choice.settings().title}{choice.changed} · seed {choice.seed}"


def _headline(snapshot: Snapshot, table: Table | None, hidden: bool = False) -> solara.Element:
    run = snapshot.run
    if table is not None and hidden:  # how far the two are from each other would tell what the other side could accept
        kicker, text = f"{table.entry.title}: {table.entry.subject}", "You sit at this table."
    elif table is not None:
        kicker, text = f"{table.entry.title}: {table.entry.subject} · {table.entry.state}", table.entry.reason
    elif run is None or snapshot.status == "preparing":
        kicker, text = "", "The market is being set up ..."
    else:
        kicker, text = "", f"Nobody {'talked' if snapshot.status == 'finished' else 'talks yet'} in this run."
    return charts.headline(
        text=text,
        kicker=kicker,
        forced=bool(run and run.forced),
        error="",
        playing=snapshot.status == "playing",
        remark=run.remark if run else "",
    )
