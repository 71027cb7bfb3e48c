"""Start the app as a user does and open it in the browser the tests use."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from install_browser import installed_browser
from playwright.sync_api import Browser, sync_playwright

START_SECONDS = 180  # a busy machine may be many times slower than an idle one
ATTEMPTS = 3
BROWSER_ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root, for which Chromium has no sandbox
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class AppServer:
    """The app in a process of its own, on a free port."""

    workspace: Path | None
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    host: str = "localhost"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(timeout=10)


def free_port() -> int:
    with socket.create_server(("localhost", 0)) as server:
        return server.getsockname()[1]


def start_app(
    workspace: Path | None,
    port: int | None = None,
    *arguments: str,
    host: str = "localhost",
    folder: Path | None = None,
) -> AppServer:
    """Start the app with the command a user types; returns when it accepts connections.

    Without a workspace the visitor chooses one; `folder` is where the command is typed.
    """
    for _ in range(ATTEMPTS if port is None else 1):
        server = _start(workspace, port or free_port(), arguments, host, folder)
        if _answers(server):
            return server
        server.stop()
        said = server.log.read_text(errors="replace")
        if "already in use" not in said:  # unlike a port that somebody took in the meantime
            break
    raise RuntimeError(f"The app did not start:\n{said}")


def _start(
    workspace: Path | None, port: int, arguments: Sequence[str], host: str, folder: Path | None
) -> AppServer:
    command = [sys.executable, "-m", "fusion_core.cli.main", "app"]
    if workspace is not None:
        command += ["--workspace", str(workspace)]
    command += ["--port", str(port), "--no-show", *arguments]
    handle, log = tempfile.mkstemp(prefix="harmony-server-", suffix=".log")
    # As on a user's machine: modules are compiled once, not at every start.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": ""}
    environment.pop("HARMONY_WORKSPACE", None)
    with os.fdopen(handle, "wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, cwd=folder
        )
    return AppServer(workspace, port, process, Path(log), host)


def _answers(server: AppServer) -> bool:
    """Wait until the server accepts connections; false if it ended before, or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        # Before this line, someone else may answer at the port.
        if b"Harmony is at" in server.log.read_bytes():
            with contextlib.suppress(OSError):
                socket.create_connection((server.host.strip("[]"), server.port), timeout=5).close()
                return True
        time.sleep(0.05)
    return False


@contextmanager
def running_app(workspace: Path) -> Iterator[str]:
    """Serve a workspace while the block runs; yields the address."""
    server = start_app(workspace)
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium: the one HARMONY_CHROMIUM names, the system's, or Playwright's own."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=installed_browser(), args=BROWSER_ARGUMENTS
        )
        try:
            yield launched
        finally:
            launched.close()
