"""What somebody would do who has signed in, or only reached the port: the others notice nothing."""

import contextlib
import json
import random
import socket
import time
from collections.abc import Callable

import psutil
import pytest
from apart import run_apart
from running_app import AppServer
from tornado.websocket import WebSocketClosedError
from visiting import Visitor, pull

PAGES = ("surveys", "explore", "validate")
JUNK = (
    None,
    True,
    -1,
    10**40,
    "x" * 1000,
    [],
    {},
    [[[]]],
    {"id": "p1"},
    {"type": "map", "entries": 3},
)


def answers(server: AppServer) -> bool:
    return Visitor(server.port).ask("/healthz").status == 200


def header(kind: str, **more: object) -> dict[str, object]:
    return {"msgid": "1", "msgtype": kind, **more}


def event(**values: object) -> dict[str, object]:
    return {"events": [{"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": values}]}


def frames(draw: random.Random) -> list[str | bytes]:
    """Parts of a message as no page would send them."""
    kind = draw.choice(["PATCH-DOC", "PULL-DOC-REQ", "PUSH-DOC", "SERVER-INFO-REQ", "ACK", "?"])
    content = draw.choice(
        [
            draw.choice(JUNK),
            {"events": draw.choice(JUNK)},
            {"events": [draw.choice(JUNK)]},
            {"doc": draw.choice(JUNK), "events": []},
            event(type="event", name="data_event", values=draw.choice(JUNK)),
            event(type=draw.choice(["event", "object"]), name=draw.choice(["x", "button_click"])),
            {"events": [{"kind": "ModelChanged", "model": {"id": "p1001"}, "attr": "x", "new": 1}]},
            {"events": [{"kind": "RootRemoved", "model": {"id": "p1001"}}]},
        ]
    )
    whole = [header(kind, num_buffers=draw.choice([0, 0, 0, 1, 10**6])), {}, content]
    parts: list[str | bytes] = [json.dumps(part) for part in whole]
    if draw.random() < 0.3:
        junk = draw.choice(["", "{", "[]", "null", "\x00", b"\xff" * 100])
        parts[draw.randrange(len(parts))] = junk
    return parts


@pytest.mark.parametrize("page", PAGES)
def test_messages_that_no_page_sends_disturb_nobody_else(
    team: AppServer, signed_in: Callable[[str], Visitor], page: str
):
    draw = random.Random(page)  # noqa: S311 - of a test
    attacker, other = signed_in("viewer"), signed_in("viewer")

    async def attack() -> None:
        for _ in range(25):
            wire = await attacker.socket(f"/{page}", attacker.token(f"/{page}"))
            for _ in range(4):
                with contextlib.suppress(WebSocketClosedError):
                    for part in frames(draw):
                        await wire.write_message(part, binary=isinstance(part, bytes))
            wire.close()

    async def work() -> str | None:
        return await pull(await other.socket(f"/{page}", other.token(f"/{page}")))

    run_apart(attack())
    assert answers(team)
    assert run_apart(work())


def test_who_reads_nothing_of_what_he_asked_for_takes_no_memory_from_others(
    team: AppServer, signed_in: Callable[[str], Visitor]
):
    visitor = signed_in("viewer")
    token = visitor.token("/explore")
    before = psutil.Process(team.process.pid).memory_info().rss
    lazy = []
    for _ in range(30):
        raw = socket.create_connection(("localhost", team.port))
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asked = f"GET /explore?x={'y' * 500} HTTP/1.1\r\nHost: localhost:{team.port}\r\n"
        raw.sendall(f"{asked}Cookie: {visitor.cookie_header}\r\n\r\n".encode() * 3)
        lazy.append(raw)
    assert token
    began = time.monotonic()
    assert answers(team)
    assert time.monotonic() - began < 60
    assert visitor.ask("/explore").status == 200
    assert psutil.Process(team.process.pid).memory_info().rss - before < 600_000_000
    for raw in lazy:
        raw.close()


def test_requests_that_are_never_finished_keep_nobody_waiting(team: AppServer):
    opened = []
    for number in range(200):
        raw = socket.create_connection(("localhost", team.port))
        raw.sendall(b"GET /begin HTTP/1.1\r\nHost: loc" if number % 2 else b"G")
        opened.append(raw)
    assert answers(team)
    for raw in opened:
        raw.close()


@pytest.mark.parametrize("size", [10**12, 2 * 10**8])
def test_a_form_of_any_size_is_refused_before_it_is_read(team: AppServer, size: int):
    with socket.create_connection(("localhost", team.port), timeout=60) as raw:
        asked = f"POST /login HTTP/1.1\r\nHost: localhost:{team.port}\r\n"
        raw.sendall(f"{asked}Content-Length: {size}\r\n\r\n".encode())
        said = raw.recv(1000)
    assert said == b"" or said.split()[1] in {b"400", b"413"}
    assert answers(team)


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: -1",
        "X: " + "y" * 100_000,
        "Host: evil.example",
        "A: b\x00c",
    ],
)
def test_requests_that_two_servers_would_read_differently_are_refused(team: AppServer, lines: str):
    with socket.create_connection(("localhost", team.port), timeout=60) as raw:
        raw.sendall(
            f"POST /login HTTP/1.1\r\nHost: localhost:{team.port}\r\n{lines}\r\n\r\n".encode()
        )
        raw.settimeout(20)
        said = b""
        with contextlib.suppress(TimeoutError, ConnectionError):
            said = raw.recv(1000)
    assert b" 200 " not in said.split(b"\r\n")[0]
    assert answers(team)


def test_the_owners_page_is_for_owners(signed_in: Callable[[str], Visitor]):
    owner, runner = signed_in("owner"), signed_in("runner")

    async def shown(visitor: Visitor) -> str | None:
        return await pull(await visitor.socket("/server", visitor.token("/server")))

    assert "Latest actions" in str(run_apart(shown(owner)))
    refused = str(run_apart(shown(runner)))
    assert "Latest actions" not in refused
    assert "for owners" in refused
    assert 'href="server"' not in runner.ask("/surveys").text
    assert 'href="server"' in owner.ask("/surveys").text


def test_where_nobody_signs_in_there_is_no_owners_page(own_computer: AppServer):
    assert Visitor(own_computer.port).ask("/server").status == 404
