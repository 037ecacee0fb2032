"""Addresses of the pages that show what an event tells about."""

from __future__ import annotations

from model.events import Event


def link_of(event: Event) -> str:
    """Address of the page that shows what an event tells about: talks, a contract, else a carrier."""
    for about in event.about:
        kind, _, key = about.partition(":")
        return f"/bargaining?talks={key}" if kind == "talks" else f"/inspect?what={about}"
    carriers = [actor for actor in event.actors if not actor.startswith(("enterprise", "consolidator"))]
    return f"/inspect?what=carrier:{carriers[-1]}" if carriers else "/inspect"
