"""Start the app as a user does and open it in the browser the tests use."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from install_browser import installed_browser
from playwright.sync_api import Browser, sync_playwright

BROWSER_ARGUMENTS = [
    "--no-sandbox",  # the tests may run as root, for which Chromium has no sandbox
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def free_port() -> int:
    with socket.create_server(("localhost", 0)) as server:
        return server.getsockname()[1]


@contextmanager
def running_app(workspace: Path, *, seconds: float = 60) -> Iterator[str]:
    """Serve a workspace from a process of its own; yields the address."""
    port = free_port()
    command = [sys.executable, "-m", "fusion_core.cli.main", "app", "--workspace", str(workspace)]
    command += ["--port", str(port), "--no-show"]
    with subprocess.Popen(command) as process:
        try:
            url = f"http://localhost:{port}"
            wait_until_answering(url, process, seconds)
            yield url
        finally:
            process.terminate()


def wait_until_answering(url: str, process: subprocess.Popen[bytes], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with code {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/surveys", timeout=5):  # noqa: S310 - own server
                return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the app did not answer within {seconds} s")


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=installed_browser(), args=BROWSER_ARGUMENTS
        )
        try:
            yield launched
        finally:
            launched.close()
