"""Pages that say why there is no page: the server is full, or there is nothing at this address."""

from __future__ import annotations

from html import escape

STYLE = """
:root { color-scheme: light dark; } body { margin: 0; min-height: 100vh; display: grid; place-items: center;
font: 17px/1.5 Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 34rem; padding: 2rem; } h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.6rem; }
a { color: LinkText; }
"""


def page(title: str, text: str, link: tuple[str, str] | None = None, again_seconds: int | None = None) -> bytes:
    """A small HTML page.

    Args:
        title: What is the matter.
        text: What to do.
        link: Address and words of a way on.
        again_seconds: After how long the browser asks again by itself.
    """
    again = f'<meta http-equiv="refresh" content="{again_seconds}">' if again_seconds else ""
    way = f'<p><a href="{escape(link[0])}">{escape(link[1])}</a></p>' if link else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The Last Mile</title>{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1><p>{escape(text)}</p>{way}</main></body></html>"
    ).encode()


def full(limit: int) -> bytes:
    """All sessions are taken."""
    return page(
        "Every seat is taken.",
        f"This server has room for {limit} visitors at a time. This page asks again every ten seconds and lets you in "
        "when somebody leaves.",
        again_seconds=10,
    )


def not_found() -> bytes:
    """No page has this address."""
    return page(
        "There is nothing at this address.",
        "The link may be mistyped, or from an older version.",
        ("/", "Watch the market instead"),
    )
