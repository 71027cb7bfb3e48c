"""What every request passes, whatever it asks for: known names only, safe headers, a role that holds.

A page of the web could make a visitor's browser ask this server under a name of its own (DNS
rebinding) or show it in a frame. Tornado's router and its output transforms let neither happen, and
Bokeh's socket is asked at every message whether its visitor still has the role the page takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import panel.io.server
from bokeh.util.token import get_token_payload
from tornado.routing import Matcher, Rule
from tornado.web import Application, OutputTransform, RequestHandler

from harmony_app.access import Door, Role, includes
from harmony_app.log import LOG
from harmony_app.server.pages import refused_page
from harmony_app.shell.page import REFUSED
from harmony_app.shell.session import is_this_computer

if TYPE_CHECKING:
    from tornado.httputil import HTTPHeaders, HTTPServerRequest

_POLICY: Final = {
    "default-src": "'self'",
    # Panel starts its pages by scripts within them and loads components from blobs.
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_HEADERS: Final = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Browsers heed it, and do not complain, only where nobody between could have changed the page.
_TRUSTWORTHY_HEADERS: Final = {"Cross-Origin-Opener-Policy": "same-origin"}
_PORTS: Final = {"http": 80, "https": 443}
_POLICY_VIOLATION: Final = 1008


@dataclass(frozen=True)
class Gate:
    """What requests and sockets of one server are held against.

    Attributes
    ----------
    origins
        Names the server is known by, as ``host:port``.
    door
        How visitors are told apart, and what they may do.
    needs
        The weakest role of each page, by its address below the prefix.
    is_personal
        Whether nobody but the person at this computer can be a visitor.
    """

    origins: frozenset[str]
    door: Door
    needs: Mapping[str, Role]
    is_personal: bool

    def knows(self, host: str, scheme: str) -> bool:
        """Whether a browser that names this host may mean this server.

        A name of the web can be made to lead here, a numeric address of this computer cannot.
        """
        named = with_port(host, scheme)
        local = {f"localhost:{each.rpartition(':')[2]}" for each in named if _is_loopback(each)}
        return bool((named | local) & self.origins)


def guard(application: Application, gate: Gate, *, prefix: str = "") -> None:
    """Let a server answer under known names only, and send safe headers with every answer.

    Parameters
    ----------
    application
        The server's Tornado application.
    gate
        What everything is held against.
    prefix
        Path in front of every page.
    """
    for rule in application.wildcard_router.rules:
        if rule.target is panel.io.server.WSHandler:
            rule.target = GuardedSocket
            rule.target_kwargs = {**rule.target_kwargs, "gate": gate}
    router = application.default_router  # the first rule that matches answers
    own = [Rule(_UnknownName(gate), [(r".*", UnknownNameHandler)])]
    if prefix:
        own.append(Rule(_Exactly(prefix), [(r".*", ToRootHandler)]))
    router.rules[:0] = [router.process_rule(rule) for rule in own]
    application.add_transform(SafeHeaders)


class _UnknownName(Matcher):
    """Matches requests for a host this server is not known as, or by a proxy it knows nothing of."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return what matched, empty, or ``None``."""
        is_known = self._gate.knows(request.host, request.protocol)
        if is_known and self._gate.is_personal:
            is_known = is_this_computer(request.headers)
        return None if is_known else {}


class _Exactly(Matcher):
    def __init__(self, path: str) -> None:
        self._path = path

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        return {} if request.path == self._path else None


def with_port(host: str, scheme: str) -> frozenset[str]:
    """Return a host as a browser names it, as ``host:port``: either usual port where none is named."""
    try:
        parts = urlsplit(f"//{host.lower()}")
        port = parts.port
    except ValueError:
        return frozenset()
    if parts.hostname is None or parts.netloc != host.lower():
        return frozenset()
    ports = (port,) if port is not None else (_PORTS.get(scheme, 80), 80)
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return frozenset(f"{name}:{each}" for each in ports)


def _is_loopback(host: str) -> bool:
    """Whether a ``host:port`` is this computer by a name that leads nowhere else."""
    name = host.rpartition(":")[0].strip("[]")
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class UnknownNameHandler(RequestHandler):
    """Answers requests under names the server is not known by."""

    def prepare(self) -> None:
        """Say how to make the name known; whoever asks learns nothing else."""
        LOG.warning("Refused a request for the unknown host %r", self.request.host[:100])
        self.set_status(421)
        self.finish(
            refused_page(
                self,
                "This server is not known by that name",
                "Open it by a name it knows. Whoever runs it adds another one with --origin.",
            )
        )

    def check_xsrf_cookie(self) -> None:
        """Nothing is done here that could be forged."""


class ToRootHandler(RequestHandler):
    """Sends who forgot the slash after the prefix to the first page."""

    def get(self) -> None:
        """Redirect, with the arguments."""
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(f"{self.request.path}/{query}")


class SafeHeaders(OutputTransform):
    """Adds headers that keep pages out of frames, and foreign scripts out of pages."""

    def __init__(self, request: HTTPServerRequest) -> None:
        super().__init__(request)
        # Older browsers do not count the socket as of the page's own origin.
        scheme = "wss" if request.protocol == "https" else "ws"
        sockets = f"{scheme}://{request.host}" if with_port(request.host, request.protocol) else ""
        policy = {**_POLICY, "connect-src": f"'self' blob: {sockets}".strip()}
        here = any(_is_loopback(each) for each in with_port(request.host, request.protocol))
        self._headers = dict(_HEADERS)
        if here or request.protocol == "https":
            self._headers |= _TRUSTWORTHY_HEADERS
        self._policy = "; ".join(f"{name} {value}" for name, value in policy.items())

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002 - Tornado names it
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Add the headers to an answer that begins."""
        for name, value in self._headers.items():
            headers[name] = value
        headers["Content-Security-Policy"] = self._policy
        headers.pop("Server", None)
        return status_code, headers, chunk


class GuardedSocket(panel.io.server.WSHandler):
    """Bokeh's socket, whose every message takes the role its page takes.

    A page that was opened with a role goes on being shown until the next message after the role was
    taken away.
    """

    def __init__(self, *arguments: Any, gate: Gate, **options: Any) -> None:
        self._gate = gate
        super().__init__(*arguments, **options)

    def check_origin(self, origin: str) -> bool:
        """Let pages connect that came from this server, under a name it is known by."""
        parts = urlsplit(origin)
        is_known = self._gate.knows(parts.netloc, parts.scheme)
        if not is_known:
            LOG.warning("Refused a page of %r, which is not this server's", origin[:100])
        return is_known

    async def _async_open(self, token: str) -> None:
        shown_to = self._gate.door.name_of(get_token_payload(token).get("cookies", {}))
        if shown_to != self._visitor():
            self.close(_POLICY_VIOLATION, "Sign in again")
            return
        await super()._async_open(token)

    async def on_message(self, fragment: str | bytes) -> None:
        """Take a message, unless the visitor's role no longer allows this page."""
        if not self._may_stay():
            self.close(_POLICY_VIOLATION, "Your role no longer allows this page")
            return
        await super().on_message(fragment)

    def _visitor(self) -> str:
        cookies = {name: morsel.value for name, morsel in self.request.cookies.items()}
        return self._gate.door.name_of(cookies)

    def _may_stay(self) -> bool:
        needed = self._gate.needs.get(self.application_context.url, "viewer")
        if includes(self._gate.door.role_of(self._visitor()), needed):
            return True
        # A page that only says that it is refused has nothing that could be asked of it.
        document = None if self.connection is None else self.connection.session.document
        return document is None or bool(document.template_variables.get(REFUSED))


__all__ = ["Gate", "GuardedSocket", "SafeHeaders", "guard", "with_port"]
