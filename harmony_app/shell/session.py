"""One browser session: who works in which workspace, looking how."""

from __future__ import annotations

import getpass
import re
import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlencode

import panel as pn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_core.workspace.layout import Workspace

Theme = Literal["light", "dark"]
THEME_COOKIE: Final = "harmony_theme"
USER_COOKIE: Final = "harmony_user"
USER_NAME_LIMIT: Final = 60
GUEST: Final = "Guest"
"""Stands for a visitor from another computer until he says who he is."""


@dataclass
class Serving:
    """What a server serves: one workspace at a time, the same to all its visitors.

    Pages that are open keep the workspace they were loaded with; every page loaded later gets the
    current one.

    Attributes
    ----------
    workspace
        The current one; ``None`` until one is chosen on the start page.
    may_choose
        Whether visitors may open any folder of this computer or create one: only where nobody but
        the person at this computer can be a visitor.
    demo
        Where the demo is, or is built.
    building
        Held while the demo is built, so that two pages do not write the same files.
    """

    workspace: Workspace | None = None
    may_choose: bool = False
    demo: Path = Path("demo-workspace")
    building: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Session:
    """What a page needs to know about its visitor.

    Attributes
    ----------
    workspace
        The project folder the page was loaded with.
    user
        Name written into the history of what this visitor saves.
    theme
        Light or dark; chosen in the top bar and remembered by the browser.
    query
        The arguments in the page's address, so that a view can be sent to a colleague.
    is_signed_in
        Whether the server has checked who the visitor is; otherwise he may choose a name.
    may_choose
        Whether the visitor may open another workspace; see `Serving`.
    places
        Paths of the places that can be visited.
    """

    workspace: Workspace
    user: str
    theme: Theme
    query: Mapping[str, str]
    is_signed_in: bool = False
    may_choose: bool = False
    places: tuple[str, ...] = ()


def current_session(
    workspace: Workspace, *, may_choose: bool = False, places: tuple[str, ...] = ()
) -> Session:
    """Describe the visitor of the page that is being built."""
    arguments = {
        name: values[0].decode("utf-8", "replace")
        for name, values in (pn.state.session_args or {}).items()
        if values
    }
    return Session(
        workspace,
        current_user(),
        current_theme(),
        arguments,
        is_signed_in=is_signed_in(),
        may_choose=may_choose,
        places=places,
    )


def current_theme() -> Theme:
    """Return the theme the visitor's browser remembers."""
    return "dark" if (pn.state.cookies or {}).get(THEME_COOKIE) == "dark" else "light"


def is_signed_in() -> bool:
    """Whether the server has checked who the visitor is."""
    return bool(_signed_in())


def current_user() -> str:
    """Return who the visitor is: signed in, named by himself, or the person at this computer.

    Drafts and history go by this name, so colleagues on one server must not share one.
    """
    cookies, headers = pn.state.cookies or {}, pn.state.headers or {}
    return (
        _signed_in()
        or chosen_name(cookies.get(USER_COOKIE, ""))
        or (account() if is_this_computer(str(headers.get("Host", ""))) else GUEST)
    )


def chosen_name(cookie: str) -> str:
    """Return the name a visitor chose, as it is kept in the cookie; empty for none."""
    name = "".join(letter for letter in unquote(cookie) if letter.isprintable())
    return " ".join(name.split())[:USER_NAME_LIMIT].strip()


def is_this_computer(host: str) -> bool:
    """Whether an address the page was asked for under belongs to the server's own computer.

    Parameters
    ----------
    host
        As in the request, with or without a port; empty where there is no request.
    """
    name = re.sub(r":\d+$", "", host).strip("[]").lower()
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name in {"", "localhost"}


def account() -> str:
    """Return the account the server runs under."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return Path.home().name or "local user"


def _signed_in() -> str:
    user = pn.state.user
    return str(user) if user and user != "guest" else ""


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
    location.search = f"?{urlencode(kept)}" if kept else ""
