"""One browser session: who works in which workspace, looking how."""

from __future__ import annotations

import getpass
import hashlib
import re
import threading
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import unquote, urlencode

import panel as pn

from fusion_core.arguments import path_of
from fusion_core.errors import InputError
from fusion_core.ingest.limits import ImportLimits
from harmony_app.access import OPEN, Door, Role, includes, record, require_role
from harmony_app.shell.uploads import UploadFolder, Uploads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fusion_core.workspace.layout import Workspace

Theme = Literal["light", "dark"]
THEME_COOKIE: Final = "harmony_theme"
USER_COOKIE: Final = "harmony_user"
USER_NAME_LIMIT: Final = 60
GUEST: Final = "Guest"
"""Stands for a visitor from another computer until he says who he is."""
_FORWARDED: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")
"""Headers of requests that came through a proxy, whatever address they name."""


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
    door
        How visitors are told apart, and what they may do.
    folders
        Folders whose files visitors may name by their path; ``None`` for any.
    upload_limit
        Bytes of the largest file visitors may send; ``None`` for as much as fits.
    import_limits
        Memory and time that one visitor's import may take.
    uploads
        Where the files that visitors send are kept.
    """

    workspace: Workspace | None = None
    may_choose: bool = False
    demo: Path = Path("demo-workspace")
    building: threading.Lock = field(default_factory=threading.Lock)
    door: Door = OPEN
    folders: tuple[Path, ...] | None = None
    upload_limit: int | None = None
    import_limits: ImportLimits = field(default_factory=ImportLimits.usual)
    uploads: Uploads = field(default_factory=Uploads)


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
        Light or dark; chosen in the top bar, or the computer's preference until then.
    query
        The arguments in the page's address, so that a view can be sent to a colleague.
    door
        How visitors are told apart, and what they may do.
    browser
        Tells the visitor's browser from others, where he chose his name himself and others can too.
    folders, upload_limit, import_limits, uploads
        As in `Serving`.
    may_choose
        Whether the visitor may open another workspace; see `Serving`.
    places
        Paths of the places that can be visited.
    """

    workspace: Workspace
    user: str
    theme: Theme
    query: Mapping[str, str]
    may_choose: bool = False
    places: tuple[str, ...] = ()
    door: Door = OPEN
    browser: str = ""
    folders: tuple[Path, ...] | None = None
    upload_limit: int | None = None
    import_limits: ImportLimits = field(default_factory=ImportLimits.usual)
    uploads: Uploads = field(default_factory=Uploads)

    def upload_folder(self) -> UploadFolder:
        """Return a folder for the files that a page is sent."""
        return self.uploads.folder()

    def sent(self, cookies: Mapping[str, str]) -> bool:
        """Whether the cookies of a request are those of this visitor."""
        if self.door.asks:
            return self.door.name_of(cookies) == self.user
        return browser_mark(self.door, cookies) == self.browser

    @property
    def names_files(self) -> bool:
        """Whether the visitor may name files of the server by their path at all.

        They may be microdata, which viewers do not see.
        """
        return (self.folders is None or bool(self.folders)) and self.may("harmonizer")

    def server_file(self, text: str) -> Path:
        """Return the file of the server that a path names.

        Raises
        ------
        NotAllowed
            If the visitor's role does not import files.
        InputError
            If nothing can be called so, or it lies outside the folders that may be read.
        """
        self.require("harmonizer", "Reading a file of the server")
        try:
            path = path_of(text.strip(), "file").expanduser()
            if self.folders is None:
                return path
            resolved = path.resolve()  # links are followed first, so that none leads out
        except (RuntimeError, OSError) as error:  # ~name of nobody; a circle of links
            raise InputError("There is no such file", where=text[:200]) from error
        if not any(resolved.is_relative_to(folder.resolve()) for folder in self.folders):
            known = " and ".join(str(folder) for folder in self.folders)
            raise InputError(
                "Files of the server are read only from folders its owner has named",
                where=text[:200],
                fix=f"Name one in {known}" if known else "Send the file from your computer",
            )
        return resolved

    @property
    def is_signed_in(self) -> bool:
        """Whether the server has checked who the visitor is; otherwise he may choose a name."""
        return self.door.asks

    @property
    def role(self) -> Role | None:
        """What the visitor may do just now; ``None`` if nothing at all."""
        return self.door.role_of(self.user)

    @property
    def visitor(self) -> str:
        """Tells the visitor from all others; nobody becomes another by typing his name.

        Unsaved edits are kept under it, and what visitors share is shared among these.
        """
        return f"{self.user} (browser {self.browser})" if self.browser else self.user

    def may(self, needed: Role) -> bool:
        """Whether the visitor's role includes another one just now."""
        return includes(self.role, needed)

    def require(self, needed: Role, what: str) -> None:
        """Refuse what the visitor's role does not allow; see `harmony_app.access.require_role`."""
        require_role(self.role, needed, what)

    def record(self, action: str, **objects: object) -> None:
        """Write down what the visitor did; see `harmony_app.access.record`."""
        record(action, user=self.user, **objects)


def current_session(
    workspace: Workspace, serving: Serving, *, places: tuple[str, ...] = ()
) -> Session:
    """Describe the visitor of the page that is being built."""
    arguments = {
        name: values[0].decode("utf-8", "replace")
        for name, values in (pn.state.session_args or {}).items()
        if values
    }
    return Session(
        workspace,
        current_user(serving),
        current_theme(),
        arguments,
        may_choose=serving.may_choose,
        places=places,
        door=serving.door,
        browser=browser_mark(serving.door, pn.state.cookies or {}),
        folders=serving.folders,
        upload_limit=serving.upload_limit,
        import_limits=serving.import_limits,
        uploads=serving.uploads,
    )


def current_theme() -> Theme:
    """Return the theme the visitor chose, or else prefers everywhere; the browser remembers it."""
    return "dark" if (pn.state.cookies or {}).get(THEME_COOKIE) == "dark" else "light"


def current_user(serving: Serving) -> str:
    """Return who the visitor is: signed in, named by himself, or the person at this computer.

    Drafts and history go by this name, so colleagues on one server must not share one.
    """
    cookies, headers = pn.state.cookies or {}, pn.state.headers or {}
    if serving.door.asks:
        return serving.door.name_of(cookies)
    chosen = chosen_name(cookies.get(USER_COOKIE, ""))
    return chosen or (account() if serving.may_choose and is_this_computer(headers) else GUEST)


def browser_mark(door: Door, cookies: Mapping[str, str]) -> str:
    """Return what tells a browser from others, where nobody signs in; empty if unknown."""
    token = door.browser_of(cookies)
    return hashlib.sha256(token.encode()).hexdigest()[:12] if token else ""


def chosen_name(cookie: str) -> str:
    """Return the name a visitor chose, as it is kept in the cookie; empty for none."""
    name = "".join(letter for letter in unquote(cookie) if letter.isprintable())
    return " ".join(name.split())[:USER_NAME_LIMIT].strip()


def is_this_computer(headers: Mapping[str, Any]) -> bool:
    """Whether a request came straight from the server's own computer, as far as it says itself.

    Parameters
    ----------
    headers
        Of the request; empty where there is none.
    """
    present = {name.lower() for name in headers}
    if present & {name.lower() for name in _FORWARDED}:
        return False
    host = str(headers.get("Host", ""))
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
