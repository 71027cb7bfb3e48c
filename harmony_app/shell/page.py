"""The frame around every place: top bar, navigation and messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import panel as pn

from fusion_core.errors import HarmonyError
from harmony_app.log import LOG
from harmony_app.shell.look import HarmonyDesign
from harmony_app.shell.session import Session, current_session
from harmony_app.shell.tour import demo_tour
from harmony_app.shell.work import job_indicator

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Place:
    """One of the places.

    Attributes
    ----------
    path
        Address below the server's root.
    title
        Word in the navigation.
    build
        Builds the place's content for a session.
    """

    path: str
    title: str
    build: Callable[[Session], pn.viewable.Viewable]


def page_factory(
    place: Place, places: tuple[Place, ...], workspace: Workspace
) -> Callable[[], pn.Template]:
    """Return the function Panel calls for each visit to `place`."""

    def build() -> pn.Template:
        session = current_session(workspace)
        pn.config.design = HarmonyDesign
        template = pn.Template(_template_source())
        template.location = True  # without it, changes of the address never reach the browser
        template.add_variable("harmony", frame_variables(place, places, session))
        template.add_panel("jobs", job_indicator(session))
        template.add_panel("main", _content(place, session))
        return template

    return build


def _content(place: Place, session: Session) -> pn.viewable.Viewable:
    try:
        return place.build(session)
    except HarmonyError as error:
        return message_panel(error.what, f"{error.where} {error.fix}".strip())
    except Exception:  # noqa: BLE001 - a page must always answer; the log keeps the whole story
        LOG.exception("The page %s could not be shown", place.path)
        return message_panel(
            "This page could not be shown",
            "The details are in the server's log. Nothing you saved is affected.",
        )


def message_panel(headline: str, detail: str = "") -> pn.viewable.Viewable:
    """Show an empty state or a failure as a calm card: what it is, and what to do next."""
    from html import escape

    return pn.pane.HTML(
        f'<div class="message"><h2>{escape(headline)}</h2><p>{escape(detail)}</p></div>',
        css_classes=["card"],
        sizing_mode="stretch_width",
    )


def frame_variables(place: Place, places: tuple[Place, ...], session: Session) -> dict[str, Any]:
    """Return what the frame around a page says of the workspace and the visitor."""
    return {
        "title": f"{place.title} · {session.workspace.title}",
        "places": [{"path": item.path, "title": item.title} for item in places],
        "active": place.path,
        "workspace": session.workspace.title,
        "synthetic": session.workspace.synthetic,
        "user": session.user,
        "initials": "".join(part[0] for part in session.user.split()[:2]).upper() or "?",
        "signed_in": session.is_signed_in,
        "named": session.is_named,
        "theme": session.theme,
        "tour": demo_tour(session.workspace),
        "style": _asset("frame.css") + _asset("visitor.css"),
        "script": _asset("frame.js") + _asset("visitor.js") + _asset("connection.js"),
    }


def _template_source() -> str:
    return _asset("frame.html")


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")
