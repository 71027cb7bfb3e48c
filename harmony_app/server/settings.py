"""Addresses and who may come in: one record, checked before anything listens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from fusion_core.errors import InputError
from fusion_core.records import Checked
from harmony_app.access import Role

if TYPE_CHECKING:
    from fusion_core.ingest.limits import ImportLimits

SignIn = Literal["none", "password", "oidc", "proxy"]

LogLevel = Literal["debug", "info", "warning", "error"]

SIGN_INS: Final[dict[SignIn, str]] = {
    "none": "nobody signs in",
    "password": "people of `harmony users` sign in with their password",
    "oidc": "people sign in at an OpenID Connect provider",
    "proxy": "a proxy in front has signed people in and names them in a header",
}
_LEAST_IMPORT: Final = 200
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+")


@dataclass(frozen=True)
class Oidc(Checked):
    """An OpenID Connect provider, through Panel's generic OAuth.

    Attributes
    ----------
    client, secret
        What the provider knows this server by.
    authorize_url, token_url, user_url
        Its endpoints, as its ``/.well-known/openid-configuration`` lists them.
    logout_url
        Where it signs people out; empty for none.
    user_key
        Which claim names a person.
    redirect_url
        The address of this server's sign-in page as people reach it; empty takes it from the request.
    """

    client: str
    secret: str
    authorize_url: str
    token_url: str
    user_url: str
    logout_url: str = ""
    user_key: str = "email"
    redirect_url: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("client", "secret", "authorize_url", "token_url", "user_url"):
            if not getattr(self, name):
                raise InputError(
                    "The OpenID Connect provider is not described in full",
                    where=f"--oidc-{name.replace('_', '-')}",
                    fix="Its /.well-known/openid-configuration lists its addresses; client and "
                    "secret come from registering this server with it",
                )
        for name in ("authorize_url", "token_url", "user_url", "logout_url", "redirect_url"):
            _require_url(getattr(self, name), f"--oidc-{name.replace('_', '-')}")


@dataclass(frozen=True)
class ProxyHeader(Checked):
    """The header in which a proxy names who has signed in with it.

    Attributes
    ----------
    name
        Of the header, e.g. ``X-Remote-User``. The proxy has to remove it from what visitors send.
    addresses
        Networks the proxy connects from; the header counts from nowhere else.
    """

    name: str
    addresses: tuple[str, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _HEADER_NAME.fullmatch(self.name):
            raise InputError(
                f"'{self.name}' is not the name of a header",
                where="--proxy-header",
                fix="Name the one your proxy sets, such as X-Remote-User",
            )
        if not self.addresses:
            raise InputError(
                "It is not said which address the proxy connects from",
                where="--proxy-address",
                fix="Name it, such as 127.0.0.1: from any other address the header could be forged",
            )
        for text in self.addresses:
            _network(text)

    def trusts(self, address: str) -> bool:
        """Whether a connection from an address may name who has signed in."""
        try:
            found = ip_address(address)
        except ValueError:  # a socket of the file system
            return False
        return any(found in _network(text) for text in self.addresses)


@dataclass(frozen=True)
class ServerSettings(Checked):
    """Addresses, and who may come in.

    Attributes
    ----------
    port, address
        Where to listen; the default address answers this computer only.
    origins
        Further names people reach the server by, such as that of a proxy: ``host`` or ``host:port``.
    prefix
        Path in front of every page, such as ``/harmony``, where a proxy serves others beside it.
    use_xheaders
        Whether to believe a proxy's ``X-Forwarded-For`` and ``X-Forwarded-Proto``.
    sign_in
        How people sign in; see `SIGN_INS`.
    no_sign_in
        Whether everyone who reaches an address beyond this computer may read and change everything.
    oidc
        The provider, where `sign_in` is ``"oidc"``.
    proxy_header
        Where `sign_in` is ``"proxy"``.
    others
        Role of people an identity provider or a proxy has signed in who are not among
        ``harmony users``; ``None`` lets nobody else in.
    days
        How long a sign-in lasts.
    folders
        Folders whose files may be named by their path on the server; none where others can reach it.
    upload_limit
        Megabytes of the largest file that may be sent where others can reach the server.
    import_memory, import_minutes
        Megabytes and time that one person's import may take; 0 megabytes for half of this computer's.
    processes
        How many processes serve the workspace: one.
    log_level
        From which severity on things are logged; empty for requests and actions where others can
        reach the server, and for warnings otherwise.
    """

    port: int = 5006
    address: str = "localhost"
    origins: tuple[str, ...] = ()
    prefix: str = ""
    use_xheaders: bool = False
    sign_in: SignIn = "none"
    no_sign_in: bool = False
    oidc: Oidc | None = None
    proxy_header: ProxyHeader | None = None
    others: Role | None = None
    days: float = 1.0
    folders: tuple[Path, ...] = ()
    upload_limit: int = 4000
    import_memory: int = 0
    import_minutes: int = 60
    processes: int = 1
    log_level: LogLevel | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.prefix and not _PREFIX.fullmatch(self.prefix):
            raise InputError(
                f"'{self.prefix}' cannot stand in front of the pages' addresses",
                where="--prefix",
                fix="Give a path such as /harmony, without a slash at its end",
            )
        if self.sign_in == "oidc" and self.oidc is None:
            raise InputError("Signing in with OpenID Connect needs a provider", where="--sign-in")
        if self.sign_in == "proxy" and self.proxy_header is None:
            raise InputError(
                "Signing in through a proxy needs the header it names people in",
                where="--sign-in",
                fix="Add --proxy-header and --proxy-address",
            )
        if self.sign_in != "none" and self.no_sign_in:
            raise InputError(
                f"--no-sign-in and --sign-in {self.sign_in} contradict each other",
                fix="Leave out one of them",
            )
        if self.sign_in == "password" and self.others is not None:
            raise InputError(
                "Only people of `harmony users` have a password",
                where="--others",
                fix="Leave it out, or choose another --sign-in",
            )
        self._check_what_it_takes()

    def _check_what_it_takes(self) -> None:
        if self.processes != 1:
            raise InputError(
                f"{self.processes} processes cannot serve one workspace: a page lives in the process "
                "it was opened in, and the next request would reach another",
                where="--num-procs",
                fix="Leave it out. Runs and imports have processes of their own; for more people "
                "start a server per workspace, or a second one of the same workspace on another port",
            )
        if 0 < self.import_memory < _LEAST_IMPORT:
            raise InputError(
                f"{self.import_memory} MB are less than reading any survey takes",
                where="--import-memory",
                fix=f"Give {_LEAST_IMPORT} or more",
            )
        for folder in self.folders:
            if not folder.is_dir():
                raise InputError("There is no such folder", where=f"--folder {folder}")
        if not self.days > 0:
            raise InputError("A sign-in must last longer than zero days", where="--sign-in-days")

    def import_limits(self) -> ImportLimits:
        """Return what one person's import may take."""
        from fusion_core.ingest.limits import ImportLimits  # every command reads this module

        memory = self.import_memory * 1_000_000 or ImportLimits.usual().memory
        return ImportLimits(memory, 60.0 * self.import_minutes)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise InputError(
            f"'{text}' is neither an address nor a network",
            where="--proxy-address",
            fix="Write 127.0.0.1, or a network such as 10.1.0.0/16",
        ) from error


def _require_url(text: str, where: str) -> None:
    if not text:
        return
    parts = urlsplit(text)
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise InputError(
            f"'{text}' is not an address that begins with https://",
            where=where,
            fix="A provider that is not asked over TLS can be impersonated",
        )


__all__ = ["SIGN_INS", "LogLevel", "Oidc", "ProxyHeader", "ServerSettings", "SignIn"]
