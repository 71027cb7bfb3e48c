"""Who comes in: passwords, OpenID Connect, or a proxy's word, each as Panel's own provider.

Panel's handlers do the work. What is added: passwords are hashed and tried slowly, forms carry a
token against forgery, cookies stay with this site, and whoever was removed is out at once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import panel as pn
from bokeh.server.auth_provider import AuthProvider
from panel.auth import (
    BasicAuthProvider,
    BasicLoginHandler,
    GenericLoginHandler,
    LogoutHandler,
    OAuthProvider,
)
from tornado.web import HTTPError, RequestHandler, create_signed_value, decode_signed_value
from tornado.websocket import WebSocketHandler

from harmony_app.access import OPEN, Door, plain_name, record
from harmony_app.log import LOG
from harmony_app.server.attempts import Attempts
from harmony_app.server.pages import refused_page, sign_in_page

if TYPE_CHECKING:
    from harmony_app.access import Role, UserList
    from harmony_app.server.settings import ProxyHeader, ServerSettings

USER: Final = "user"
BROWSER: Final = "harmony_browser"
_TEN_YEARS: Final = 3650
HIDDEN_COOKIES: Final = (
    "is_guest",  # a visitor could set it, and be taken for nobody
    "id_token",
    "access_token",
    "refresh_token",
    "oauth_expiry",
    "_xsrf",
    "next_url",
)
"""Cookies that no page is told of: what is not in a page cannot be read out of it."""


def signed_in_as(cookies: Mapping[str, str]) -> str:
    """Return whom the signed cookie of a request or a page names; empty for nobody."""
    return _signed(cookies, USER, pn.config.oauth_expiry)


def _signed(cookies: Mapping[str, str], name: str, days: float) -> str:
    value, secret = cookies.get(name), pn.config.cookie_secret
    if not value or not secret:
        return ""
    text = decode_signed_value(secret, name, value, max_age_days=days)
    return "" if text is None else text.decode("utf-8", "replace")


def door(settings: ServerSettings, users: UserList) -> Door:
    """Return how pages tell visitors apart."""
    if settings.sign_in == "none":
        return replace(OPEN, browser_of=lambda cookies: _signed(cookies, BROWSER, _TEN_YEARS))

    def role_of(name: str) -> Role | None:
        if not name:
            return None
        return users.role(name) or (settings.others if settings.sign_in != "password" else None)

    return Door(
        asks=True,
        name_of=signed_in_as,
        role_of=role_of,
        browser_of=lambda _: "",
        signs_out=settings.sign_in != "proxy",
    )


def auth_provider(settings: ServerSettings, users: UserList) -> AuthProvider:
    """Return what asks people who they are, or at least tells their browsers apart."""
    if settings.sign_in == "password":
        return PasswordSignIn(users)
    if settings.sign_in == "oidc":
        return OidcSignIn()
    if settings.sign_in == "proxy" and settings.proxy_header is not None:
        return ProxySignIn(settings.proxy_header)
    return BrowsersApart()


def configure_oidc(settings: ServerSettings) -> None:
    """Tell Panel about the provider."""
    oidc = settings.oidc
    if settings.sign_in != "oidc" or oidc is None:
        return
    pn.config.oauth_provider = "generic"
    pn.config.oauth_key, pn.config.oauth_secret = oidc.client, oidc.secret
    pn.config.oauth_jwt_user = oidc.user_key
    pn.config.oauth_extra_params = {
        "AUTHORIZE_URL": oidc.authorize_url,
        "TOKEN_URL": oidc.token_url,
        "USER_URL": oidc.user_url,
        "LOGOUT_URL": oidc.logout_url,
        "scope": ["openid", "email", "profile"],
    }
    if oidc.redirect_url:
        pn.config.oauth_redirect_uri = oidc.redirect_url


class _OwnCookies(RequestHandler):
    """Keeps cookies of a handler to this site, and to TLS where the page came by it."""

    def set_cookie(self, name: str, value: str | bytes, *args: Any, **named: Any) -> None:
        """Set a cookie no other site makes a browser send."""
        named = {
            "samesite": "lax",
            "httponly": True,
            "secure": self.request.protocol == "https",
        } | named
        named["path"] = pn.config.cookie_path
        super().set_cookie(name, value, *args, **named)

    def clear_cookie(self, name: str, **named: Any) -> None:
        """Forget a cookie set by `set_cookie`."""
        super().clear_cookie(name, **(named | {"path": pn.config.cookie_path}))


class _Form:
    """Stands where Panel expects a template of its own."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler

    def render(self, **_: Any) -> str:
        """Return the page."""
        return sign_in_page(self._handler)


class SignInHandler(_OwnCookies, BasicLoginHandler):
    """Panel's sign-in form in the app's own look."""

    users: UserList
    attempts = Attempts()

    def initialize(self) -> None:
        """Nobody is verified yet."""
        self._verified = ""

    @property
    def _login_template(self) -> _Form:
        return _Form(self)

    def _validate(self, username: str, _password: str) -> bool:
        return bool(username) and username == self._verified

    async def post(self) -> None:
        """Sign in, unless too many tries failed of late."""
        name = plain_name(self.get_argument("username", ""))
        password, address = self.get_argument("password", ""), str(self.request.remote_ip)
        wait = self.attempts.wait(name, address)
        if wait:
            self._refuse(429, f"Too many attempts. Try again in {wait:.0f} seconds.")
            return
        async with self.attempts.one_at_a_time:
            person = await asyncio.to_thread(self.users.verified, name, password)
        if person is None:
            self.attempts.failed(name, address)
            record("sign-in refused", user=name, address=address)
            self._refuse(401, "Wrong name or password.")
            return
        self.attempts.succeeded(name, address)
        record("signed in", user=person.name, address=address)
        self._verified = person.name
        self.request.arguments["username"] = [person.name.encode()]
        super().post()

    def _refuse(self, status: int, problem: str) -> None:
        self.set_status(status)
        self.write(sign_in_page(self, problem=problem))


class OidcHandler(_OwnCookies, GenericLoginHandler):
    """Panel's OpenID Connect, with an address of its own to come back to."""

    @property
    def _redirect_uri(self) -> str:
        request = self.request
        own = f"{request.protocol}://{request.host}{pn.state.base_url}login"
        return pn.config.oauth_redirect_uri or own

    def write_error(self, status_code: int, **named: Any) -> None:
        """Say that the provider refused; its own words are in the log."""
        LOG.error("Signing in failed", exc_info=named.get("exc_info"))
        self.set_status(status_code)
        self.write(
            refused_page(
                self,
                "You could not be signed in",
                "The provider did not say who you are. Try again, or ask whoever runs this server.",
                again="login",
            )
        )


class SignOutHandler(_OwnCookies, LogoutHandler):
    """Forgets who is signed in."""

    def get(self) -> None:
        """Sign out; no other site may ask for it."""
        if self.request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            raise HTTPError(403, reason="Another site asked to sign you out")
        record("signed out", user=str(self.get_signed_cookie(USER) or b"", "utf-8"))
        for name in (USER, *HIDDEN_COOKIES):
            self.clear_cookie(name)
        away = pn.config.oauth_extra_params.get("LOGOUT_URL") if pn.config.oauth_provider else ""
        if away:
            self.redirect(away)
            return
        self.write(
            refused_page(self, "You are signed out", "Close other pages of it too.", again="login")
        )


class StrangerHandler(RequestHandler):
    """What visitors see whom the proxy has not signed in."""

    def get(self) -> None:
        """Say so."""
        self.set_status(403)
        self.write(
            refused_page(
                self,
                "You are not signed in",
                "People sign in at the proxy in front of this server; open its address instead.",
            )
        )


class BrowsersApart(AuthProvider):
    """Lets everybody in, and gives every browser a mark nobody else can guess.

    Where people choose their names themselves, the mark keeps their unsaved edits apart.
    """

    @property
    def get_user(self) -> Callable[[RequestHandler], str]:
        """Return what lets everybody in."""
        return self._mark

    @property
    def login_url(self) -> str:
        """Where nobody is ever sent."""
        return "/"

    def _mark(self, handler: RequestHandler) -> str:
        if handler.get_signed_cookie(BROWSER, max_age_days=_TEN_YEARS) is None:
            signed = create_signed_value(
                pn.config.cookie_secret, BROWSER, secrets.token_hex(16)
            ).decode("ascii")
            handler.request.cookies[BROWSER] = signed  # type: ignore[assignment]  # becomes a morsel
            if not isinstance(handler, WebSocketHandler):
                handler.set_cookie(
                    BROWSER,
                    signed,
                    expires_days=_TEN_YEARS,
                    httponly=True,
                    samesite="lax",
                    path=pn.config.cookie_path,
                )
        return "visitor"


class PasswordSignIn(BasicAuthProvider):
    """Passwords of `harmony users`."""

    def __init__(self, users: UserList) -> None:
        self._users = users  # Panel asks for the handlers at once
        super().__init__()

    @property
    def get_user(self) -> Callable[[RequestHandler], str | None]:
        """Return what finds out who asks: somebody who signed in and was not removed since."""
        known = super().get_user

        def find(handler: RequestHandler) -> str | None:
            user: str | None = known(handler)
            return user if user and self._users.role(user) is not None else None

        return find

    @property
    def login_handler(self) -> type[RequestHandler]:
        """Return the form."""
        SignInHandler.users = self._users
        return SignInHandler

    @property
    def logout_handler(self) -> type[RequestHandler]:
        """Return what signs people out."""
        return SignOutHandler


class OidcSignIn(OAuthProvider):
    """An OpenID Connect provider."""

    @property
    def login_handler(self) -> type[RequestHandler]:
        """Return what sends people to the provider and takes them back."""
        return OidcHandler

    @property
    def logout_handler(self) -> type[RequestHandler]:
        """Return what signs people out."""
        return SignOutHandler


class ProxySignIn(BasicAuthProvider):
    """A proxy that names in a header whom it has signed in."""

    def __init__(self, header: ProxyHeader) -> None:
        self._header = header
        super().__init__()

    @property
    def get_user(self) -> Callable[[RequestHandler], str | None]:
        """Return what finds out who asks: whom the header names, if the proxy itself sent it."""
        return self._find

    def _find(self, handler: RequestHandler) -> str | None:
        # The address of the connection itself: what X-Forwarded-For says anybody can write.
        address = getattr(getattr(handler.request.connection, "context", None), "address", None)
        peer = str(address[0]) if isinstance(address, tuple) else ""
        named = handler.request.headers.get_list(self._header.name)
        name = plain_name(_utf8(named[0])) if len(named) == 1 else ""
        if not name or not self._header.trusts(peer):
            handler.request.cookies.pop(USER, None)
            return None
        # Pages read whom this cookie names; the browser need not keep it.
        signed = create_signed_value(pn.config.cookie_secret, USER, name)
        handler.request.cookies[USER] = signed.decode("ascii")  # type: ignore[assignment]  # as above
        return name

    @property
    def login_handler(self) -> type[RequestHandler]:
        """Return what strangers see."""
        return StrangerHandler

    @property
    def logout_handler(self) -> type[RequestHandler]:
        """Return what signs people out: nothing of this server does."""
        return StrangerHandler


def _utf8(text: str) -> str:
    """Read a header, which Tornado takes for Latin-1, as the UTF-8 it usually is."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


__all__ = ["HIDDEN_COOKIES", "auth_provider", "configure_oidc", "door"]
