"""The frame around every place: top bar, navigation and messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn
from panel.io.resources import get_dist_path

from fusion_core.errors import HarmonyError
from harmony_app.access import ROLES, Door, Role, role_words
from harmony_app.help import chapter_for
from harmony_app.log import LOG
from harmony_app.shell.look import HarmonyDesign, page_part
from harmony_app.shell.session import (
    GUEST,
    Serving,
    Session,
    Theme,
    current_session,
    current_theme,
    current_user,
)
from harmony_app.shell.steps import next_way, ways_html
from harmony_app.shell.tour import demo_tour
from harmony_app.shell.work import job_indicator

if TYPE_CHECKING:
    from fusion_core.execution.checklist import StepKey

ASSETS = Path(__file__).parent / "assets"
_SCRIPTS: Final = ("widgets.js", "frame.js", "visitor.js", "connection.js")
REFUSED: Final = "refused"
"""Variable of pages that only say that their visitor's role does not reach what he asked for."""


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
    needs
        The weakest role that may visit it.
    """

    path: str
    title: str
    build: Callable[[Session], pn.viewable.Viewable]
    needs: Role = "viewer"


class _Frame(pn.Template):
    """The frame, which a new part does not make Panel describe all over again."""

    def __repr__(self, depth: int = 0) -> str:
        return type(self).__name__


def page_factory(
    place: Place,
    places: tuple[Place, ...],
    serving: Serving,
    begin: Callable[[], pn.Template],
) -> Callable[[], pn.Template]:
    """Return the function Panel calls for each visit to `place`.

    While no workspace is chosen, every address shows what `begin` builds.
    """

    def build() -> pn.Template:
        if serving.workspace is None:
            return begin()
        session = current_session(serving.workspace, serving)
        may_visit = [item for item in places if session.may(item.needs)]
        session = replace(session, places=tuple(item.path for item in may_visit))
        variables = frame_variables(place, tuple(may_visit), session)
        if place not in may_visit:
            refused = _framed(variables, jobs=_nothing(), main=_refusal(place, session))
            refused.add_variable(REFUSED, True)
            return refused
        return _framed(variables, jobs=job_indicator(session), main=_content(place, session))

    return build


def plain_page(
    title: str, main: pn.viewable.Viewable, serving: Serving, *, back: str = ""
) -> pn.Template:
    """Frame what belongs to no workspace; `back` names the workspace one can go back to."""
    variables = _visitor_variables(title, current_user(serving), current_theme(), serving.door)
    return _framed(variables | {"workspace": back}, jobs=_nothing(), main=main)


def _nothing() -> pn.viewable.Viewable:
    return pn.Spacer(width=0, height=0)


def _refusal(place: Place, session: Session) -> pn.viewable.Viewable:
    """Say that the visitor's role does not reach a place."""
    if session.role is None:
        return message_panel(
            "You are not among the people of this workspace",
            f"You are signed in as {session.user}. Ask an owner of the workspace to add that name."
            if session.user
            else "Nobody is signed in. Sign in again.",
        )
    return message_panel(
        f"The {place.title} page is for {place.needs}s",
        f"You are {role_words(session.role)} in this workspace. Ask an owner of it for the role of "
        f"{role_words(place.needs)}.",
    )


def _framed(
    variables: dict[str, Any], *, jobs: pn.viewable.Viewable, main: pn.viewable.Viewable
) -> pn.Template:
    pn.config.design = HarmonyDesign
    _keep_styles_at_home()
    template = _Frame(_template_source())
    template.location = True  # without it, changes of the address never reach the browser
    template.add_variable("harmony", variables)
    template.add_panel("jobs", jobs)
    template.add_panel("main", main)
    return template


def _keep_styles_at_home() -> None:
    """Let style sheets come from this server from the start.

    Panel says where they are when a page is sent; a part that is drawn before, and shown after, would
    ask a foreign host for its own.
    """
    if pn.state.curdoc is not None:
        pn.state.curdoc.template_variables["dist_url"] = get_dist_path(cdn=False)


def _content(place: Place, session: Session) -> pn.viewable.Viewable:
    try:
        return place.build(session)
    except HarmonyError as error:
        return error_panel(error)
    except Exception:  # noqa: BLE001 - a page must always answer; the log keeps the whole story
        LOG.exception("The page %s could not be shown", place.path)
        return message_panel(
            "This page could not be shown",
            "The details are in the server's log. Nothing you saved is affected.",
        )


def message_panel(headline: str, detail: str = "") -> pn.viewable.Viewable:
    """Show an empty state or a failure as a calm card: what it is, and what to do next."""
    return _message_card(headline, detail)


def error_panel(error: HarmonyError) -> pn.viewable.Viewable:
    """Show what is wrong as a card: what as its headline, then where, and how to fix it."""
    parts = [
        part if part.endswith((".", "?")) else f"{part}."
        for part in (error.where, error.fix)
        if part
    ]
    return message_panel(error.what, " ".join(parts))


def nothing_yet(
    session: Session, headline: str, detail: str, needs: tuple[StepKey, ...]
) -> pn.viewable.Viewable:
    """Show that a page has nothing to show yet, with a link to what comes first.

    Parameters
    ----------
    session
        Who looks, at which workspace.
    headline, detail
        What is missing, and how to get it.
    needs
        Steps of the checklist the page builds on, in their order.
    """
    return _message_card(headline, detail, ways_html(next_way(session, needs)))


def _message_card(headline: str, detail: str, links: str = "") -> pn.viewable.Viewable:
    return pn.pane.HTML(
        page_part("message", headline, detail, links),
        css_classes=["card"],
        sizing_mode="stretch_width",
    )


def frame_variables(place: Place, places: tuple[Place, ...], session: Session) -> dict[str, Any]:
    """Return what the frame around a page says of the workspace and the visitor."""
    workspace = session.workspace
    title = f"{place.title} · {workspace.title}"
    return _visitor_variables(title, session.user, session.theme, session.door) | {
        "places": [{"path": item.path, "title": item.title} for item in places],
        "active": place.path,
        "help": chapter_for(place.path).name,
        "heading": place.title,
        "workspace": workspace.title,
        "synthetic": workspace.synthetic,
        "tour": demo_tour(workspace) if session.may("harmonizer") else (),
    }


def _visitor_variables(title: str, user: str, theme: Theme, door: Door) -> dict[str, Any]:
    role = door.role_of(user) if door.asks else None
    return {
        "title": title,
        "heading": title,
        "help": chapter_for("").name,
        "user": user,
        "initials": "".join(part[0] for part in user.split()[:2]).upper() or "?",
        "signed_in": door.asks,
        "signs_out": door.signs_out,
        "role": role or "",
        "may": ROLES[role] if role else "",
        "named": user != GUEST,
        "theme": theme,
        "style": _asset("frame.css") + _asset("visitor.css"),
        "script": "".join(_asset(name) for name in _SCRIPTS),
    }


def _template_source() -> str:
    return _asset("frame.html")


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")
