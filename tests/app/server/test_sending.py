"""Files sent over HTTP: by the visitor whose page asked for them, as large as was told, and whole."""

import http.client
import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from apart import run_apart
from running_app import AppServer, start_app
from visiting import PASSWORD, Visitor, pull

from fusion_core.workspace.layout import Workspace
from harmony_app.access import UserList

_KEY = re.compile(r'"key":"([\w-]{32})"')
_LIMIT = 3_000_000


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tmp")


@pytest.fixture(scope="module")
def sending(temporary: Path, people: UserList):
    """A server that takes files of up to 3 MB, and keeps them where the test can look."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TMPDIR", str(temporary))
        options = ("--sign-in", "password", "--upload-limit", "3")
        server = start_app(people.path.parents[1], None, *options)
        yield server
        server.stop()


class Page:
    """A page with a field for files, held open by its socket while the block runs."""

    def __init__(self, server: AppServer, name: str) -> None:
        self.visitor = Visitor(server.port)
        assert self.visitor.sign_in(name).status == 302

    def during(self, act: Callable[[str], object]) -> object:
        """Do something while the page is open, told the key of its first field."""

        async def open_and_act() -> object:
            path = "/surveys?mode=import"
            token = self.visitor.token(path)
            line = await self.visitor.socket("/surveys", token)
            key = _KEY.search(str(await pull(line)))[1]
            done = act(key)
            line.close()
            return done

        return run_apart(open_and_act())


def forgery_token(visitor: Visitor, key: str) -> str:
    return json.loads(visitor.ask(f"/upload/{key}").text)["token"]


def post(visitor: Visitor, key: str, body: bytes, *, name: str = "a.csv", token: str | None = None):
    token = forgery_token(visitor, key) if token is None else token
    headers = {"X-XSRFToken": token, "X-File-Name": quote(name)}
    return visitor.ask(f"/upload/{key}", method="POST", body=body, **headers).status


def files(temporary: Path) -> dict[str, int]:
    found = temporary.glob("harmony-uploads-*/*/*/*")
    return {path.name: path.stat().st_size for path in found}


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("size", [0, 5, 2_999_999])
def test_the_visitor_whose_page_asks_sends_a_file(sending: AppServer, temporary: Path, size: int):
    page = Page(sending, "harmonizer")

    def act(key: str) -> None:
        name = f"../../ä {size}.csv"
        assert post(page.visitor, key, b"x" * size, name=name) == 204
        assert files(temporary).get(f"ä {size}.csv") == size

    page.during(act)


def test_nobody_else_sends_to_it(sending: AppServer, temporary: Path):
    page, other = Page(sending, "harmonizer"), Page(sending, "owner")
    viewer, stranger = Page(sending, "viewer"), Visitor(sending.port)

    def act(key: str) -> None:
        own = forgery_token(page.visitor, key)
        for visitor in (other.visitor, viewer.visitor, stranger):
            assert visitor.ask(f"/upload/{key}").status == 403
            visitor.cookies["_xsrf"] = page.visitor.cookies["_xsrf"]
            assert post(visitor, key, b"evil", token=own, name="evil.csv") == 403
        assert post(page.visitor, "A" * 32, b"evil", token=own, name="evil.csv") == 403
        assert "evil.csv" not in files(temporary)

    page.during(act)


@pytest.mark.parametrize("token", ["", "2|0|0|0", "made up"])
def test_another_site_cannot_make_a_browser_send(sending: AppServer, temporary: Path, token: str):
    page = Page(sending, "harmonizer")

    def act(key: str) -> None:
        forgery_token(page.visitor, key)
        assert post(page.visitor, key, b"evil", name="evil.csv", token=token) == 403
        foreign = page.visitor.ask(f"/upload/{key}", method="POST", body=b"x", Host="evil.example")
        assert foreign.status in {403, 421}
        assert "evil.csv" not in files(temporary)

    page.during(act)


def test_who_lost_the_role_sends_nothing_more(
    sending: AppServer, people: UserList, temporary: Path
):
    people.put("going", "harmonizer", password=PASSWORD)
    page = Page(sending, "going")

    def act(key: str) -> None:
        token = forgery_token(page.visitor, key)
        people.put("going", "viewer")
        assert post(page.visitor, key, b"x", name="late.csv", token=token) == 403
        assert "late.csv" not in files(temporary)

    page.during(act)


def test_a_field_is_gone_with_its_page(sending: AppServer):
    page = Page(sending, "harmonizer")
    key = page.during(lambda key: key)
    wait_until(lambda: page.visitor.ask(f"/upload/{key}").status == 403)


def begun(visitor: Visitor, key: str, size: int | str, first: bytes, name: str) -> socket.socket:
    """Begin to send a file by hand, and leave the rest to the test."""
    raw = socket.create_connection(("localhost", visitor.port), timeout=60)
    token = forgery_token(visitor, key)
    head = (
        f"POST /upload/{key} HTTP/1.1\r\nHost: localhost:{visitor.port}\r\n"
        f"Cookie: {visitor.cookie_header}\r\nX-XSRFToken: {token}\r\nX-File-Name: {name}\r\n{size}\r\n\r\n"
    )
    raw.sendall(head.encode() + first)
    return raw


def status(raw: socket.socket) -> int:
    answer = http.client.HTTPResponse(raw)
    answer.begin()
    return answer.status


def test_a_file_larger_than_told_is_refused_before_it_is_read(sending: AppServer, temporary: Path):
    page = Page(sending, "harmonizer")

    def act(key: str) -> None:
        for length in (_LIMIT + 1, 10**15):
            raw = begun(page.visitor, key, f"Content-Length: {length}", b"x", "large.csv")
            assert status(raw) == 507
            raw.close()
        for how in ("Transfer-Encoding: chunked", "Content-Length: -1", "Content-Length: x"):
            raw = begun(page.visitor, key, how, b"5\r\nhello\r\n0\r\n\r\n", "large.csv")
            assert status(raw) in {400, 411}
            raw.close()
        assert "large.csv" not in files(temporary)

    page.during(act)


@pytest.mark.parametrize("how", ["the sender goes", "another file comes"])
def test_of_a_file_that_never_is_whole_nothing_stays(sending: AppServer, temporary: Path, how: str):
    page = Page(sending, "harmonizer")

    def act(key: str) -> None:
        raw = begun(page.visitor, key, f"Content-Length: {_LIMIT}", b"x" * 2_000_000, "half.csv")
        wait_until(lambda: files(temporary).get("half.csv", 0) > 0)
        if how == "another file comes":
            assert post(page.visitor, key, b"other", name="other.csv") == 204
            raw.sendall(b"x" * 1_000_000)
            assert status(raw) == 409
            assert files(temporary)["other.csv"] == 5
        raw.close()
        wait_until(lambda: "half.csv" not in files(temporary))

    page.during(act)


def test_what_was_sent_is_for_the_servers_account_alone(sending: AppServer, temporary: Path):
    page = Page(sending, "harmonizer")

    def act(key: str) -> None:
        assert post(page.visitor, key, b"x") == 204
        (folder,) = temporary.glob("harmony-uploads-*")
        assert folder.stat().st_mode & 0o077 == 0

    page.during(act)


def test_senders_leave_no_traceback_in_the_log(sending: AppServer):
    said = sending.log.read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert "pending" not in said


def test_where_nobody_signs_in_a_browser_sends_to_its_own_page_alone(tmp_path: Path):
    workspace = Workspace.create(tmp_path / "w", title="Open")
    server = start_app(workspace.path, None, "--origin", "surveys.example.org", "--no-sign-in")
    one, other = Visitor(server.port), Visitor(server.port)
    for visitor in (one, other):
        assert visitor.ask("/begin").status == 200

    async def attack() -> tuple[int, int]:
        line = await one.socket("/surveys", one.token("/surveys?mode=import"))
        key = _KEY.search(str(await pull(line)))[1]
        token = forgery_token(one, key)
        other.cookies["_xsrf"] = one.cookies["_xsrf"]
        return post(one, key, b"x"), post(other, key, b"x", token=token)

    try:
        assert run_apart(attack()) == (204, 403)
    finally:
        server.stop()
