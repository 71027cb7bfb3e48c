"""What an attacker would try against a server; each test is one attack, and that it fails."""

import base64
import json
import zlib
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from apart import run_apart
from bokeh.util.token import generate_jwt_token
from running_app import AppServer
from tornado.httpclient import HTTPClientError
from tornado.web import create_signed_value
from visiting import PASSWORD, Visitor, pull

FOREIGN = (
    "evil.example",
    "evil.example:{port}",
    "localhost.evil.example:{port}",
    "localhost:1",
    "[::",
    "",
)


@pytest.mark.parametrize("host", FOREIGN)
def test_dns_rebinding_a_foreign_name_gets_no_page(own_computer: AppServer, host: str):
    answer = Visitor(own_computer.port, headers={"Host": host.format(port=own_computer.port)}).ask(
        "/begin"
    )
    assert answer.status in {400, 421}
    assert "Own" not in answer.text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "localhost:1", "null"])
def test_dns_rebinding_a_foreign_page_gets_no_socket(own_computer: AppServer, host: str):
    visitor = Visitor(own_computer.port)
    token = visitor.token("/begin")
    foreign = host.format(port=own_computer.port)

    async def connect(**headers: str) -> None:
        await visitor.socket("/begin", token, **headers)

    with pytest.raises(HTTPClientError, match="403"):
        run_apart(connect(Origin=f"http://{foreign}"))
    with pytest.raises(HTTPClientError, match="421"):
        run_apart(connect(Origin=f"http://{foreign}", Host=foreign))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_a_proxy_nobody_told_of_makes_nobody_the_person_at_this_computer(
    own_computer: AppServer, header: str
):
    answer = Visitor(own_computer.port).ask("/begin", **{header: "10.0.0.9"})
    assert answer.status == 421
    assert "--origin" in answer.text


def test_the_person_at_this_computer_notices_nothing(own_computer: AppServer):
    visitor = Visitor(own_computer.port)
    assert visitor.ask("/begin").status == 200
    assert set(visitor.cookies) <= {"_xsrf"}
    assert not (own_computer.workspace / "server").exists()


@pytest.mark.parametrize(
    ("path", "host"),
    [
        ("/begin", ""),
        ("/login", ""),
        ("/nowhere", ""),
        ("/static/js/bokeh.min.js", ""),
        ("/", "evil"),
    ],
)
def test_every_answer_stays_out_of_frames_and_lets_no_foreign_script_in(
    visitor: Visitor, path: str, host: str
):
    visitor.host = host
    headers = visitor.ask(path).headers
    assert headers["X-Frame-Options"] == "DENY"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Server" not in headers


def test_a_form_of_another_site_signs_nobody_in(visitor: Visitor):
    fields = urlencode({"username": "owner", "password": PASSWORD})
    assert visitor.ask("/login", method="POST", body=fields).status == 403
    visitor.ask("/login")
    fields = urlencode({"username": "owner", "password": PASSWORD, "_xsrf": "2|0|0|0"})
    assert visitor.ask("/login", method="POST", body=fields).status == 403
    assert visitor.ask("/begin").status == 302


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"],
)
def test_signing_in_leads_to_no_other_site(visitor: Visitor, address: str):
    assert visitor.ask(f"/login?{urlencode({'next': address})}").status == 400


def test_the_sign_in_page_repeats_nothing_of_its_address(visitor: Visitor):
    assert "alert" not in visitor.ask("/login?error=<script>alert(1)</script>").text


def test_a_name_is_shown_as_text(visitor: Visitor):
    answer = visitor.sign_in('"><script>alert(1)</script>', "wrong")
    assert answer.status == 401
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("value", ["owner", "2|1:0|10:1|4:user|8:b3duZXI=|00", ""])
def test_a_cookie_somebody_wrote_himself_is_nobodys(visitor: Visitor, value: str):
    visitor.cookies["user"] = value
    assert visitor.ask("/begin").status == 302


def test_a_cookie_signed_with_another_secret_is_nobodys(visitor: Visitor):
    visitor.cookies["user"] = f'"{create_signed_value("0" * 64, "user", "owner").decode()}"'
    assert visitor.ask("/begin").status == 302


def test_a_page_nobody_was_given_cannot_be_connected_to(signed_in: Callable[[str], Visitor]):
    viewer = signed_in("viewer")
    forged = generate_jwt_token(
        "made-up", signed=False, extra_payload={"cookies": {"user": "owner"}, "headers": {}}
    )

    async def connect() -> str | None:
        return await pull(await viewer.socket("/begin", forged))

    assert run_apart(connect()) is None


def test_no_page_holds_what_could_sign_somebody_in(signed_in: Callable[[str], Visitor]):
    viewer = signed_in("viewer")
    token = viewer.token("/begin")
    payload = json.loads(_decode(token.split(".")[0]))
    inner = (
        json.loads(zlib.decompress(_decode(payload["__bk__zlib_"])))
        if "__bk__zlib_" in payload
        else payload
    )
    assert set(inner["cookies"]) <= {"user", "harmony_theme"}
    assert not {"Authorization", "Cookie"} & set(inner["headers"])


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_passwords_cannot_be_tried_without_end(team: AppServer):
    visitor = Visitor(team.port)
    answers = [visitor.sign_in("somebody", f"guess {number}").status for number in range(8)]
    assert answers[:5] == [401] * 5
    assert 429 in answers[5:]


@pytest.mark.parametrize(
    "path",
    [
        "/download/..%2f..%2fetc/model",
        "/download/%2e%2e/implicates",
        "/static/../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/extensions/panel/../../../../etc/passwd",
        "/components/os/path/_css/etc/passwd",
    ],
)
def test_no_address_leads_out_of_the_folders_that_are_served(
    signed_in: Callable[[str], Visitor], path: str
):
    answer = signed_in("owner").ask(path)
    assert answer.status in {400, 403, 404}
    assert "root:" not in answer.text


def test_without_sign_in_a_typed_name_is_told_from_the_same_name_elsewhere(tmp_path):
    from running_app import start_app

    from fusion_core.workspace.layout import Workspace

    server = start_app(
        Workspace.create(tmp_path / "open", title="Open").path,
        None,
        "--origin",
        "harmony.example.org",
        "--no-sign-in",
    )
    try:
        first, second = Visitor(server.port), Visitor(server.port)
        for visitor in (first, second):
            visitor.cookies["harmony_user"] = "Ana"
            assert visitor.ask("/begin").status == 200
        marks = {visitor.cookies["harmony_browser"] for visitor in (first, second)}
        assert len(marks) == 2
        first.ask("/begin")
        assert first.cookies["harmony_browser"] in marks
    finally:
        server.stop()
