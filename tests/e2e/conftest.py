"""Fixtures for tests that drive the app in a browser."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import running_app
from playwright.sync_api import Browser, BrowserContext, Page, expect
from running_app import AppServer, start_app

from fusion_core.demo import build_demo
from fusion_core.execution import execute_run
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, create_run

# Two browsers and two servers share two cores: what a person sees at once may take seconds here.
PATIENT = 60_000
expect.set_options(timeout=PATIENT)


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quick demo workspace, built once; copy it, never write to it."""
    folder = tmp_path_factory.mktemp("demo") / "source"
    build_demo(folder, quick=True)
    return folder


@pytest.fixture
def demo_workspace(demo_source: Path, tmp_path: Path) -> Path:
    """A fresh copy of the demo workspace."""
    folder = tmp_path / "demo"
    shutil.copytree(demo_source, folder)
    return folder


@dataclass(frozen=True)
class FinishedRun:
    """A demo workspace with a finished run; shared by all tests, never write to it."""

    workspace: Path
    run: str


@pytest.fixture(scope="session")
def finished_run(demo_source: Path, tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A small run on the demo, trained, fused and validated once."""
    folder = tmp_path_factory.mktemp("finished") / "demo"
    shutil.copytree(demo_source, folder)
    workspace = Workspace.open(folder)
    spec = RunSpec(
        name="Winter",
        pair=SurveyPair(SurveyId("DEMOENERGY", "2020"), SurveyId("DEMOACS", "2022")),
        fusion_variables=("elec_kwh", "insecure"),
        implicates=5,
        seed=1,
        train=TrainSettings.preset("quick"),
        preset="quick",
    )
    run = create_run(workspace, spec)
    execute_run(workspace, run)
    return FinishedRun(folder, run.id)


@pytest.fixture(scope="session")
def app_server() -> Iterator[Callable[..., AppServer]]:
    """Start the app: ``app_server(workspace)`` returns a server with `.url` and `.stop()`."""
    started: list[AppServer] = []

    def start(workspace: Path, port: int | None = None) -> AppServer:
        server = start_app(workspace, port)
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def finished_server(app_server: Callable[..., AppServer], finished_run: FinishedRun) -> AppServer:
    """The app on the workspace of `finished_run`; for tests that only look."""
    return app_server(finished_run.workspace)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium shared by all tests of a session."""
    with running_app.browser() as launched:
        yield launched


@pytest.fixture(scope="session")
def warm_context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser context whose cache already holds the app's scripts."""
    context = browser.new_context()
    yield context
    context.close()


@cache
def is_own(host: str) -> bool:
    """Whether a host is a name or an address of this computer."""
    entries = [entry for found in psutil.net_if_addrs().values() for entry in found]
    if host in {"localhost", socket.gethostname().lower(), *(entry.address for entry in entries)}:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def asked_elsewhere(address: str) -> list[str]:
    """Return an address that is not this computer's."""
    host = urlsplit(address).hostname
    return [] if host is None or is_own(host) else [f"asked elsewhere: {address}"]


@pytest.fixture
def new_page(browser: Browser, warm_context: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Open pages, each a session of its own.

    An error in a page's console fails the test, and so does whatever a page asks another host for.
    """
    problems: list[str] = []
    pages: list[Page] = []
    contexts: list[BrowserContext] = []

    def open_page(
        *, width: int = 1440, height: int = 900, dark: bool = False, url: str = ""
    ) -> Page:
        context = warm_context
        if dark:
            context = browser.new_context()
            context.add_cookies([{"name": "harmony_theme", "value": "dark", "url": url}])
            contexts.append(context)
        page = context.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(PATIENT)
        page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
        page.on(
            "console",
            lambda message: problems.append(message.text) if message.type == "error" else None,
        )
        page.on("request", lambda request: problems.extend(asked_elsewhere(request.url)))
        return page

    yield open_page
    for page in pages:
        page.close()
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page in a browser context of its own."""
    return new_page()
