"""Where the server listens, who can reach it there, and which pages may connect to it.

Whoever reaches the port without signing in can read and change the workspace. A server for the person
at this computer needs no sign-in, every other one does. A page connects back under the name it
was opened by, and the server answers names it knows only: otherwise any page of the web could talk
to a server on the visitor's own computer.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import psutil
from bokeh.server.util import bind_sockets

from fusion_core.errors import InputError

_HTTP_PORT: Final = 80
_LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1")
_REASONS: Final = {
    errno.EADDRINUSE: (
        "Port {port} of {address} is already in use",
        "Stop the program that uses it, or choose another port with --port",
    ),
    errno.EADDRNOTAVAIL: (
        "{address} is not an address of this computer",
        "Leave out --address to serve this computer only, or name one of its own addresses",
    ),
    errno.EACCES: (
        "Port {port} is reserved for the system administrator",
        "Choose a port of 1024 or above with --port",
    ),
}


def is_personal(address: str, origins: Sequence[str] = ()) -> bool:
    """Whether nobody but the person at this computer can be a visitor; see `resolve` for errors.

    A further name is one by which others come, through a proxy.
    """
    return is_loopback(address) and not origins


def require_permission(
    address: str, port: int, origins: Sequence[str] = (), *, signs_in: bool, no_sign_in: bool
) -> None:
    """Refuse to be reached by others without sign-in unless that was asked for.

    Parameters
    ----------
    address, port
        Where to listen.
    origins
        Further names people reach the server by.
    signs_in
        Whether people sign in.
    no_sign_in
        Whether everyone who reaches the port may read and change everything.

    Raises
    ------
    InputError
        If others can reach the server and nobody asks them who they are, or if no computer has
        that name.
    """
    if no_sign_in or signs_in or is_personal(address, origins):
        return
    reached = (
        "Other computers can reach" if not is_loopback(address) else "A proxy lets others reach"
    )
    what = _shown(address) if not is_loopback(address) else f"{_shown(address)} as {origins[0]}"
    raise InputError(
        f"{reached} {what}, and nobody signs in: everyone who reaches port {port} could read and "
        "change everything in the workspace",
        fix="Add people with `harmony users add` and start with --sign-in password, or add "
        "--no-sign-in if everyone may",
    )


def require_free_port(address: str, port: int) -> None:
    """Make sure the server will be able to listen.

    Raises
    ------
    InputError
        If another program listens there already, or the address is not this computer's.
    """
    resolve(address)
    try:
        sockets, _ = bind_sockets(address, port)
    except OSError as error:
        what, fix = _REASONS.get(
            error.errno or 0,
            (
                f"Port {{port}} of {{address}} cannot be used: {error.strerror or error}",
                "Choose another one with --port, or another address with --address",
            ),
        )
        raise InputError(what.format(port=port, address=_shown(address)), fix=fix) from error
    for opened in sockets:
        opened.close()


def resolve(address: str) -> tuple[str, ...]:
    """Return the numeric addresses a server listens on when told an address or a host name.

    Raises
    ------
    InputError
        If no computer has that name, or it is a numeric address of IPv6, under which Panel cannot
        serve a page.
    """
    if ":" in address:
        raise InputError(
            f"The app cannot be served at an IPv6 address such as {address}",
            fix="Give a host name or an IPv4 address; 0.0.0.0 stands for all of this computer's",
        )
    try:
        found = socket.getaddrinfo(
            address or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"'{address}' is neither an address nor the name of a computer",
            fix="Check --address, or leave it out to serve this computer only",
        ) from error
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_loopback(address: str) -> bool:
    """Whether only this computer can reach an address or host name; see `resolve` for errors."""
    return all(ip_address(each).is_loopback for each in resolve(address))


def page_addresses(address: str, port: int) -> tuple[str, ...]:
    """Return what to type into a browser: on this computer first, then on others."""
    if not _listens_everywhere(address):
        return (_page(address, port),)
    elsewhere = [each for each in _interface_addresses() if not ip_address(each).is_loopback]
    return tuple(_page(host, port) for host in ("localhost", socket.gethostname(), *elsewhere))


def allowed_origins(address: str, port: int, more: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the hosts pages may connect from, as ``host:port``.

    A browser leaves out the usual port of ``http`` and ``https``; Bokeh takes either for 80.

    Parameters
    ----------
    address, port
        Where the server listens.
    more
        Further names people reach it by, such as that of a proxy: ``host`` or ``host:port``.

    Raises
    ------
    InputError
        If one of `more` is no host.
    """
    name = socket.gethostname()
    hosts = [*_LOOPBACK_NAMES, address, name, name.partition(".")[0]]
    if not is_loopback(address):
        hosts += [*resolve(address), *_interface_addresses()]
    found = [f"{host}:{port}" for host in hosts if host and ":" not in host]
    for text in more:
        host, own_port = _named_host(text)
        found += [f"{host}:{own_port}"] if own_port else [f"{host}:{port}", f"{host}:{_HTTP_PORT}"]
    return tuple(dict.fromkeys(text.lower() for text in found))


def _named_host(text: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(text if "://" in text else f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or set("*:") & set(host):
        raise InputError(
            f"'{text}' is not a host",
            where="--origin",
            fix="Write the name people type into their browser, such as harmony.example.org",
        )
    return host, port


def _interface_addresses() -> list[str]:
    """Return the numeric addresses of this computer's network interfaces."""
    return [
        entry.address
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family == socket.AF_INET
    ]


def _listens_everywhere(address: str) -> bool:
    return any(ip_address(each).is_unspecified for each in resolve(address))


def _shown(address: str) -> str:
    return address or "Every address of this computer"


def _page(host: str, port: int) -> str:
    return f"http://{host}:{port}/"
