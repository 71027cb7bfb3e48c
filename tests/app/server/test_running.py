"""A server while it runs and as it ends: health, log lines, a graceful end."""

import signal
import time
from collections.abc import Callable

from running_app import AppServer, start_app
from visiting import Visitor

from fusion_core.workspace.layout import Workspace


def test_a_health_check_needs_no_sign_in_and_tells_nothing(visitor: Visitor):
    answer = visitor.ask("/healthz")
    assert (answer.status, answer.text) == (200, '{"/healthz": true}')


def test_each_request_is_one_line_with_who_asked_and_not_what_he_looked_at(
    team: AppServer, signed_in: Callable[[str], Visitor]
):
    signed_in("harmonizer").ask("/surveys?q=secret+search")
    deadline = time.monotonic() + 30  # a line is written after its answer
    while "GET /surveys " not in (said := team.log.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (line,) = [line for line in said.splitlines() if "GET /surveys " in line]
    assert " INFO harmony_app.requests: 200 GET /surveys 127.0.0.1 harmonizer " in line
    assert "secret" not in line


def test_a_server_that_is_asked_to_end_ends_well(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = start_app(Workspace.create(tmp_path / "w").path, None, "--log-level", "info")
    assert Visitor(server.port).ask("/surveys?mode=import").status == 200
    assert list(tmp_path.glob("harmony-uploads-*"))
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=30) == 0
    assert not list(tmp_path.glob("harmony-uploads-*"))
    said = server.log.read_text(encoding="utf-8")
    assert "The server ends; open pages go on when it is back" in said
    assert "Traceback" not in said


def test_scripts_are_sent_compressed_and_pages_are_not(visitor: Visitor):
    asked = {"Accept-Encoding": "gzip"}
    script = visitor.ask("/static/js/bokeh.min.js", **asked)
    assert script.headers["Content-Encoding"] == "gzip"
    assert visitor.ask("/static/js/bokeh.min.js").headers["Content-Encoding"] is None
    # What a page's length tells of its secrets would be more if it were compressed.
    assert visitor.ask("/login", **asked).headers["Content-Encoding"] is None
