"""One browser session: who works in which workspace, looking how."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import panel as pn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_core.workspace.layout import Workspace

Theme = Literal["light", "dark"]
THEME_COOKIE = "harmony_theme"


@dataclass(frozen=True)
class Session:
    """What a page needs to know about its visitor.

    Attributes
    ----------
    workspace
        The project folder the server was started on.
    user
        Name written into the history of what this visitor saves.
    theme
        Light or dark; chosen in the top bar and remembered by the browser.
    query
        The arguments in the page's address, so that a view can be sent to a colleague.
    """

    workspace: Workspace
    user: str
    theme: Theme
    query: Mapping[str, str]


def current_session(workspace: Workspace) -> Session:
    """Describe the visitor of the page that is being built."""
    arguments = {
        name: values[0].decode("utf-8", "replace")
        for name, values in (pn.state.session_args or {}).items()
        if values
    }
    theme: Theme = "dark" if (pn.state.cookies or {}).get(THEME_COOKIE) == "dark" else "light"
    return Session(workspace, current_user(), theme, arguments)


def current_user() -> str:
    """Return the signed-in user, else the account the server runs under."""
    if pn.state.user and pn.state.user != "guest":
        return str(pn.state.user)
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return Path.home().name or "local user"


def set_query(**arguments: str | None) -> None:
    """Write arguments into the page's address; ``None`` removes one."""
    location = pn.state.location
    if location is None:
        return
    current = dict(location.query_params)
    for name, value in arguments.items():
        if value is None:
            current.pop(name, None)
        else:
            current[name] = value
    kept = {name: str(value) for name, value in current.items()}
    from urllib.parse import urlencode

    location.search = f"?{urlencode(kept)}" if kept else ""
