"""Pages of the server itself – sign in, signed out, refused – in the app's own look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import panel as pn

from fusion_core.html_templates import html_templates
from harmony_app.shell.session import THEME_COOKIE

if TYPE_CHECKING:
    from tornado.web import RequestHandler

_TEMPLATES: Final = Path(__file__).parent / "templates"
_STYLES: Final = (
    Path(__file__).parents[1] / "shell" / "assets" / "frame.css",
    Path(__file__).parent / "assets" / "server.css",
)


def sign_in_page(handler: RequestHandler, *, problem: str = "") -> str:
    """Return the form that asks for name and password."""
    return _page(
        handler,
        "sign_in.html",
        title="Sign in · Harmony",
        problem=problem,
        token=handler.xsrf_token.decode("ascii"),
        name=handler.get_body_argument("username", ""),
    )


def refused_page(handler: RequestHandler, headline: str, detail: str, *, again: str = "") -> str:
    """Return a page that says what is not possible; `again` is an address below the root."""
    return _page(
        handler,
        "refused.html",
        title=f"{headline} · Harmony",
        headline=headline,
        detail=detail,
        again=again,
    )


def _page(handler: RequestHandler, template: str, **values: object) -> str:
    theme = "dark" if handler.get_cookie(THEME_COOKIE) == "dark" else "light"
    style = "".join(path.read_text(encoding="utf-8") for path in _STYLES)
    return (
        html_templates(_TEMPLATES)
        .get_template(template)
        .render(theme=theme, style=style, root=pn.state.base_url or "/", **values)
    )


__all__ = ["refused_page", "sign_in_page"]
