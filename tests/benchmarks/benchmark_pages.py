"""What a visit takes: processor seconds of the server and of the page, and the bytes of a first visit.

Where ``HARMONY_BENCH_WORKSPACE`` names a workspace with finished runs, its pages are measured instead of
the demo's.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from benchmark_app import READY, quick_run, require_browser
from playwright.sync_api import CDPSession, Page
from support.reporting import Row, run_alone

sys.path.insert(0, str(Path(__file__).parents[1]))

from running_app import AppServer, browser, start_app

from fusion_core.demo import build_demo
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs

OWN = "HARMONY_BENCH_WORKSPACE"
PLACES = {"begin": "Recipient", **READY, "surveys": "Surveys", "places": "Stored"}
VISITS = 3
# A page is done when server and page have rested for so long.
QUIET_MILLISECONDS, RESTING = 400, 0.03
PAGE_GOAL, START_GOAL, WEIGHT_GOAL = 1.5, 3.0, 2.0


@dataclass(frozen=True)
class Visit:
    """Processor seconds of one visit."""

    server: float
    page: float

    @property
    def together(self) -> float:
        return self.server + self.page


class Watched:
    """A page and its server, whose work is told apart.

    Parameters
    ----------
    page
        In a browser.
    server
        What it visits.
    """

    def __init__(self, page: Page, server: AppServer) -> None:
        self.page, self.server = page, server
        self._process = psutil.Process(server.process.pid)
        self._devtools: CDPSession = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable")

    def used(self) -> Visit:
        """Return what the server used since its start, and the page's main thread since it was opened."""
        times = self._process.cpu_times()
        found = self._devtools.send("Performance.getMetrics")["metrics"]
        busy = {item["name"]: item["value"] for item in found}
        return Visit(times.user + times.system, busy["TaskDuration"])

    def visit(self, address: str, text: str) -> Visit:
        """Go to a page and wait until it shows a text and rests."""
        before = self.used()
        self.page.goto(f"{self.server.url}/{address}")
        self.page.get_by_text(text).filter(visible=True).first.wait_for()
        last, now = Visit(0.0, 0.0), self.used()
        while now.together - last.together > RESTING:
            self.page.wait_for_timeout(QUIET_MILLISECONDS)
            last, now = now, self.used()
        return Visit(now.server - before.server, now.page)

    def least(self, address: str, text: str) -> Visit:
        """Return the cheapest of some visits after a first one."""
        self.visit(address, text)
        return min((self.visit(address, text) for _ in range(VISITS)), key=lambda one: one.together)


def row(what: str, value: float, unit: str, goal: float, note: str = "") -> Row:
    return Row(topic="pages", what=what, value=value, unit=unit, note=note).against("goal", goal)


def addresses(workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    """Return what is visited: a name, the address, and what is seen there."""
    for place, text in PLACES.items():
        if place != "validate":
            yield place, place, text
    for run in list_runs(workspace):
        if run.state().status == "finished":
            count = len(run.spec().fusion_variables)
            yield f"validate, {count} variables", f"validate?run={run.id}", PLACES["validate"]


def first_visit_megabytes(server: AppServer, page: Page, address: str, text: str) -> float:
    """Return what a browser with an empty cache receives over HTTP."""
    received = []
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda item: received.append(item["encodedDataLength"]))
    page.goto(f"{server.url}/{address}")
    page.get_by_text(text).filter(visible=True).first.wait_for()
    page.wait_for_timeout(QUIET_MILLISECONDS)
    return sum(received) / 1e6


@contextmanager
def measured_workspace() -> Iterator[Workspace]:
    """Return the workspace that is named, else a demo with a finished run."""
    if OWN in os.environ:
        yield Workspace.open(Path(os.environ[OWN]))
        return
    with tempfile.TemporaryDirectory() as folder:
        build_demo(Path(folder) / "demo")
        workspace = Workspace.open(Path(folder) / "demo")
        quick_run(workspace)
        yield workspace


def measure(*, quick: bool) -> list[Row]:
    """Start the app and visit every page; quickly only the first and the heaviest."""
    require_browser()
    rows = []
    with measured_workspace() as workspace, browser() as chromium:
        server = start_app(workspace.path)
        try:
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            watched = Watched(page, server)
            watched.visit("begin", PLACES["begin"])
            started = watched.used()
            ended = f"server {started.server:.2f}, page {started.page:.2f}"
            rows.append(row("start to first page", started.together, "s", START_GOAL, ended))
            for name, address, text in addresses(workspace):
                if quick and not name.startswith("validate"):
                    continue
                found = watched.least(address, text)
                note = f"server {found.server:.2f}, page {found.page:.2f}"
                rows.append(row(f"{name}, warm", found.together, "s", PAGE_GOAL, note))
            for place in ("validate", "explore", "fuse"):
                fresh = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
                weight = first_visit_megabytes(server, fresh, place, PLACES[place])
                rows.append(row(f"{place}, first visit", weight, "MB", WEIGHT_GOAL))
        finally:
            server.stop()
    return rows


if __name__ == "__main__":
    sys.exit(run_alone(measure))
