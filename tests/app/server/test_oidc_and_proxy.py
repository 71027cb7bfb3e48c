"""Signing in at an OpenID Connect provider, made up for these tests, and through a proxy's header."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from running_app import AppServer, start_app
from visiting import Visitor

from fusion_core.workspace.layout import Workspace
from harmony_app.access import UserList


def part(record: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(record).encode()).decode().rstrip("=")


class Provider(BaseHTTPRequestHandler):
    """Signs in whoever asks, as the person its server holds."""

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        back = asked["redirect_uri"][0]
        answer = urlencode({"code": "a-code", "state": asked["state"][0]})
        self.send_response(302)
        self.send_header("Location", f"{back}?{answer}")
        self.end_headers()

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        is_right = body["client_secret"] == ["of-the-client"] and body["code"] == ["a-code"]
        claims = {"email": self.server.person, "exp": 4_000_000_000}
        token = f"{part({'alg': 'none'})}.{part(claims)}.x"
        record = {"access_token": token, "id_token": token, "expires_in": 3600}
        self.send_response(200 if is_right else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(record if is_right else {"error": "invalid_client"}).encode())

    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("localhost", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def by_oidc(
    provider: ThreadingHTTPServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    workspace = Workspace.create(tmp_path_factory.mktemp("oidc") / "w", title="Team")
    UserList(workspace.path).put("ana@example.org", "harmonizer")
    at = f"http://localhost:{provider.server_port}"
    options = {
        "--sign-in": "oidc",
        "--oidc-client": "harmony",
        "--oidc-secret": "of-the-client",
        "--oidc-authorize-url": f"{at}/authorize",
        "--oidc-token-url": f"{at}/token",
        "--oidc-user-url": f"{at}/userinfo",
    }
    server = start_app(workspace.path, None, *(each for pair in options.items() for each in pair))
    yield server
    server.stop()


def signed_in(server: AppServer, provider: ThreadingHTTPServer, person: str) -> Visitor:
    provider.person = person
    visitor = Visitor(server.port)
    sent = visitor.ask("/login?next=%2Fsurveys")
    assert sent.status == 302
    away = urlsplit(sent.headers["Location"])
    at_provider = Visitor(provider.server_port).ask(f"{away.path}?{away.query}")
    back = urlsplit(at_provider.headers["Location"])
    assert back.path == "/login"
    answer = visitor.ask(f"{back.path}?{back.query}")
    assert (answer.status, answer.headers["Location"]) == (302, "/surveys")
    return visitor


def test_whom_the_provider_names_has_the_role_the_workspace_gives(by_oidc, provider):
    page = signed_in(by_oidc, provider, "ana@example.org").ask("/harmonize").text
    assert 'aria-label="User ana@example.org"' in page
    assert "Harmonizer: also edits harmonies" in page


def test_a_stranger_the_provider_knows_may_do_nothing(by_oidc, provider):
    stranger = signed_in(by_oidc, provider, "eve@example.org")
    page = stranger.ask("/surveys")
    assert page.status == 200  # sending him back to the provider would go round in a circle
    assert "Without a role in this workspace" in page.text
    assert stranger.ask("/download/a-run/methods").status == 403


def test_an_answer_that_was_not_asked_for_signs_nobody_in(by_oidc, provider):
    provider.person = "ana@example.org"
    visitor = Visitor(by_oidc.port)
    answer = visitor.ask("/login?code=a-code&state=forged")
    assert answer.status == 401
    assert "You could not be signed in" in answer.text
    assert visitor.ask("/surveys").status == 302


def test_no_page_and_no_readable_cookie_holds_the_providers_tokens(by_oidc, provider):
    visitor = signed_in(by_oidc, provider, "ana@example.org")
    token = visitor.token("/surveys")
    assert part({"alg": "none"}) not in token
    assert set(visitor.cookies) >= {"user", "access_token"}


@pytest.fixture(scope="module", params=["127.0.0.1", "10.9.9.9"])
def by_proxy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[AppServer, bool]]:
    workspace = Workspace.create(tmp_path_factory.mktemp("proxy") / "w", title="Team")
    UserList(workspace.path).put("Zo\u00eb", "owner")
    how = ["--sign-in", "proxy", "--proxy-header", "X-Remote-User", "--others", "viewer"]
    server = start_app(workspace.path, None, *how, "--proxy-address", request.param)
    yield server, request.param == "127.0.0.1"
    server.stop()


def test_a_header_counts_from_the_named_address_only(by_proxy):
    server, is_trusted = by_proxy
    name = "Zo\u00eb".encode().decode("latin-1")
    answer = Visitor(server.port).ask("/begin", **{"X-Remote-User": name})
    assert answer.status == (200 if is_trusted else 302)
    assert ("Zo\u00eb" in answer.text) == is_trusted
    forwarded = {"X-Remote-User": name, "X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    assert Visitor(server.port).ask("/begin", **forwarded).status == answer.status


def test_people_the_proxy_knows_and_the_workspace_does_not_get_the_role_of_others(by_proxy):
    server, is_trusted = by_proxy
    page = Visitor(server.port).ask("/begin", **{"X-Remote-User": "ben"}).text
    assert ("Viewer: sees" in page) == is_trusted


@pytest.mark.parametrize("headers", [{}, {"X-Remote-User": ""}, {"X-Remote-User": "  "}])
def test_without_the_header_nobody_comes_in(by_proxy, headers):
    server, _ = by_proxy
    visitor = Visitor(server.port)
    assert visitor.ask("/begin", **headers).status == 302
    assert visitor.ask("/login").status == 403
