"""Vue components that pages with lists, facts and tables share, and the hook by which a page follows its session."""

# mypy: disable-error-code="untyped-decorator"
# (Solara is imported untyped, see pyproject.toml)
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import ipyvue
import solara

from server.session import Extract, Session
from server.snapshot import Run, Snapshot

MAX_QUERY = 2000
type HandlerMaker = Callable[[Callable[[Any], object]], Callable[[Any], None]]
# What the first link of each page leads to, past the bar.
CONTENT = {"id": "lm-content", "tabindex": "-1"}
MODEL = "The Last Mile, an agent-based model of parcel delivery in the United States"


@solara.component_vue("vue/picker.vue", vuetify=False)
def picker(
    title: str,
    items: list[dict[str, str]],
    chosen: str,
    searchable: bool,
    placeholder: str,
    empty: str,
    event_pick: Callable[[str], None],
    help: str = "",
) -> None:
    """A list to choose from; items have key, title, note, and perhaps chip and tone."""


@solara.component_vue("vue/facts.vue", vuetify=False)
def facts(title: str, unit: str, rows: list[dict[str, Any]], empty: str, help: str = "") -> None:
    """Terms and values; rows have term, value, and perhaps exact, help and binds."""


@solara.component_vue("vue/transport.vue", vuetify=False)
def transport(
    status: str,
    text: str,
    error: str,
    event_play: Callable[[object], None],
    event_pause: Callable[[object], None],
    event_step: Callable[[object], None],
    event_table: Callable[[object], None],
) -> None:
    """Play, pause and step, for pages other than the one on which one watches."""


def run_controls(session: Session, snapshot: Snapshot) -> solara.Element:
    """Play, pause and step of a session, and where it stands. Part of a component: it uses the router."""
    router = solara.use_router()
    run = snapshot.run
    words = {
        "preparing": "Setting up",
        "paused": "Paused",
        "playing": "Playing",
        "waiting": "Waiting for your answer",
        "finished": "Finished",
        "failed": "Stopped",
    }
    months = f" · {snapshot.n_done} of {run.n_months} months" if run else ""
    name = f"{run.title}{run.changed} · seed {run.seed} · " if run else ""
    return transport(
        status=snapshot.status,
        text=f"{name}{words[snapshot.status]}{months}",
        error=snapshot.message,
        event_play=lambda _: session.play(),
        event_pause=lambda _: session.pause(),
        event_step=lambda _: session.step(),
        event_table=lambda _: router.push("/bargaining"),
    )


def catch_up(session: Session, show: Callable[[Snapshot], object]) -> None:
    """Show the newest snapshot to one who listens already.

    The session's thread may show a newer one between the look and the showing, and then no other for a long time: the
    older one must not be the last that is shown.
    """
    shown: Snapshot | None = None
    while (newest := session.snapshot) is not shown:
        show(newest)
        shown = newest


def use_snapshot(session: Session, views: Mapping[str, Extract], chosen: object) -> Snapshot:
    """Follow a session and have it publish views, for as long as the page stands.

    Args:
        session: The tab's session.
        views: What to extract from the market, by name.
        chosen: What the views depend on; they are registered anew when it changes.
    """
    snapshot: Snapshot
    snapshot, show = solara.use_state(session.snapshot)

    def follow() -> Callable[[], None]:
        session.listen(show)
        catch_up(session, show)
        return lambda: session.listen(None)

    def look() -> Callable[[], None]:
        for name, extract in views.items():
            session.show_view(name, extract)
        return forget

    def forget() -> None:
        for name in views:
            session.show_view(name, None)

    solara.use_effect(follow, [session])
    solara.use_effect(look, [session, chosen])
    return snapshot


def main(children: list[solara.Element], source: str = "") -> solara.Element:
    """The main part of a page.

    Args:
        children: What stands in it.
        source: Where its figures come from; saved pictures say so below.
    """
    named = f"{MODEL} · {source}" if source else MODEL
    attributes = {"data-source": named, **CONTENT}
    return ipyvue.Html.element(tag="main", class_="lm-main", children=children, attributes=attributes)


def page(
    side: list[solara.Element], shown: solara.Element, *rest: solara.Element, stack: bool = False, after: bool = False
) -> solara.Element:
    """A page: what one does at the side, what one sees beside it, and what shows nothing.

    Args:
        side: Cards at the side.
        shown: What `main` made.
        rest: Whatever else belongs to it.
        stack: Whether the cards at the side share its height.
        after: Whether one sees first and does then: the side stands at the right, or below where it is narrow.
    """
    aside = ipyvue.Html.element(tag="aside", class_="lm-side lm-stack" if stack else "lm-side", children=side)
    children = [shown, aside, *rest] if after else [aside, shown, *rest]
    return ipyvue.Html.element(tag="div", class_="lm-page lm-after" if after else "lm-page", children=children)


def opening(question: str, text: str) -> solara.Element:
    """What stands on a page as long as it has nothing to show: the question that it answers, and what to do."""
    children = [
        ipyvue.Html.element(tag="h1", children=[question]),
        ipyvue.Html.element(tag="p", class_="lm-lead", children=[text]),
    ]
    return ipyvue.Html.element(tag="section", class_="lm-headline", children=children)


def followed_by(redraw: Callable[[], None]) -> HandlerMaker:
    """Make handlers of a page's events that draw it anew after what they do."""

    def do(action: Callable[[Any], object]) -> Callable[[Any], None]:
        def handler(values: Any = None) -> None:
            action(values)
            redraw()

        return handler

    return do


def source_of(run: Run | None) -> str:
    """The run that figures come from, in a line."""
    if run is None:
        return ""
    forced = " (imposed)" if run.forced else ""
    by_hand = " · played by hand" if run.seat else ""
    parties = f" · {run.parties}" if run.parties else ""
    return f"{run.title}{forced}{run.changed} · seed {run.seed}{by_hand}{parties}"


def help_button(term: str) -> solara.Element:
    """The '?' that explains a term of the glossary, for what is built in Python."""
    return ipyvue.Html.element(tag="lm-help", attributes={"term": term})


def query_of(search: str | None) -> dict[str, str]:
    """Names and values behind the question mark of an address; the first one of each name, of bounded length."""
    found = parse_qs((search or "")[:MAX_QUERY])
    return {name: values[0] for name, values in found.items()}
