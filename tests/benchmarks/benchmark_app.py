"""How long a person waits: first page, every place, clicks on the Harmonize page, a quick run."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from support.reporting import SHARED, Row, Unavailable, run_alone

sys.path.insert(0, str(Path(__file__).parents[1]))

from install_browser import installed_browser
from running_app import browser, running_app

from fusion_core.demo import FUSION_VARIABLES, PAIR, build_demo
from fusion_core.execution import execute_run
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary
from fusion_core.surveys import SurveyId
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, create_run

IMPLICATES = 10
# Something each place shows once it can be used.
READY = {
    "surveys": "DEMOACS",
    "harmonize": "After harmonization",
    "fuse": "What to fuse",
    "validate": "How far off?",
    "explore": "Estimates from",
}


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def row(what: str, value: float, unit: str = "s", *, goal: float | None = None) -> Row:
    made = Row(topic="app", what=what, value=value, unit=unit)
    return made if goal is None else made.against("goal", goal)


def require_browser() -> None:
    """Make sure there is a browser to drive.

    Raises
    ------
    Unavailable
        If there is none.
    """
    if installed_browser() is None and not Path(sync_browser_path()).exists():
        raise Unavailable("There is no Chromium; tests/install_browser.py installs one.")


def sync_browser_path() -> str:
    """Return where Playwright's own browser would be."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def open_place(page: Page, url: str, place: str) -> None:
    page.goto(f"{url}/{place}")
    page.get_by_text(READY[place]).first.wait_for()


def answer_seconds(page: Page, actions: list[Callable[[], None]]) -> list[float]:
    """Seconds from each action until its consequence, computed by the server, is on the page."""
    consequence = page.locator(".consequence").element_handle()
    consequence.evaluate(
        """element => {
          window.answers = 0;
          const count = () => { window.answers += 1; };
          const kinds = { childList: true, subtree: true, characterData: true };
          new MutationObserver(count).observe(element, kinds);
        }"""
    )
    times = []
    for action in actions:
        page.evaluate("window.answers = 0")
        start = time.perf_counter()
        action()
        page.wait_for_function(
            """element => window.answers > 0
                 && !element.querySelector(".basis").textContent.startsWith("Computing")""",
            arg=consequence,
        )
        times.append(time.perf_counter() - start)
        page.wait_for_timeout(300)
    return times


def saved_variables(page: Page, count: int) -> list[Callable[[], None]]:
    """Clicks that open variables with a saved harmony, one after the other."""
    rows = page.locator(".variable").filter(has=page.locator(".dot.saved"))
    return [rows.nth(place).click for place in range(1, min(count + 1, rows.count()))]


def regroupings(page: Page, count: int) -> list[Callable[[], None]]:
    """Put the first recipient level into groups in turn, by key."""
    page.locator(".side-levels.recipient .level").first.click()
    return [lambda key=key: page.keyboard.press(str(1 + key % 5)) for key in range(1, count + 1)]


def quick_run(workspace: Workspace) -> float:
    settings = TrainSettings.preset("quick")
    spec = RunSpec(
        "quick look",
        PAIR,
        FUSION_VARIABLES,
        implicates=IMPLICATES,
        seed=1,
        train=replace(settings, workers=2),
        preset="quick",
    )
    run = create_run(workspace, spec)
    elapsed = seconds(lambda: execute_run(workspace, run))
    state = run.state()
    if state.status != "finished":
        raise RuntimeError(state.message)
    return elapsed


def dictionaries_workspace(folder: Path) -> Workspace | None:
    """ACS 2019 and CEI dictionaries with their published harmonies: occupation has 531 levels."""
    if not SHARED.exists():
        return None
    workspace = Workspace.create(folder, title="Dictionaries")
    for survey in (SurveyId("ACS", "2019"), SurveyId("CEI", "2015-2019")):
        paths = [SHARED / "dictionaries" / f"{survey}_{level}.parquet" for level in "HP"]
        workspace.add_survey(read_fusiondata_dictionary(*paths))
    result = read_harmonies(SHARED / "harmonies" / "r" / "CEI_2015-2019__ACS_2019.R")
    HarmonyStore(workspace.path, result.pair).save_all(result.harmonies, author="benchmark")
    return workspace


def click_row(what: str, times: list[float]) -> Row:
    typical, worst = statistics.median(times), max(times)
    made = row(what, typical * 1e3, "ms", goal=200)
    return replace(made, note=f"median of {len(times)}, worst {worst * 1e3:.0f} ms")


def harmonize_clicks(page: Page, url: str, view: str, what: str) -> list[Row]:
    page.goto(f"{url}/{view}")
    page.locator(".side-levels.recipient .level").first.wait_for()
    page.wait_for_timeout(1500)
    return [
        click_row(f"put a level into a group, {what}", answer_seconds(page, regroupings(page, 8))),
        click_row(f"open a variable, {what}", answer_seconds(page, saved_variables(page, 10))),
    ]


def measure(*, quick: bool) -> list[Row]:
    """Build the demo, run a quick look, open every place and click; quickly without the run."""
    require_browser()
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        rows = [row("build the demo", seconds(lambda: build_demo(Path(folder) / "demo")))]
        workspace = Workspace.open(Path(folder) / "demo")
        if not quick:
            look = "quick look: prepare, train, fuse, validate"
            rows.append(row(look, quick_run(workspace), goal=60))
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        # Two places show results, which there are none of without the run.
        places = list(READY)[:3] if quick else list(READY)
        rows += demo_rows(page, workspace, places)
        dictionaries = None if quick else dictionaries_workspace(Path(folder) / "dictionaries")
        if dictionaries is not None:
            with running_app(dictionaries.path) as url:
                view = "harmonize?pair=CEI_2015-2019__ACS_2019&donor=occucod1"
                rows += harmonize_clicks(page, url, view, "531 levels")
    return rows


def demo_rows(page: Page, workspace: Workspace, places: list[str]) -> list[Row]:
    """Start the app on the demo, open the places and click on the Harmonize page."""
    start = time.perf_counter()
    with running_app(workspace.path) as url:
        listening = time.perf_counter() - start
        open_place(page, url, "harmonize")
        rows = [
            row("start until it listens", listening),
            row("start to first page", time.perf_counter() - start, goal=5),
        ]
        for place in places:
            elapsed = seconds(lambda place=place: open_place(page, url, place))
            rows.append(row(f"open {place}", elapsed, goal=3))
        return rows + harmonize_clicks(page, url, f"harmonize?pair={PAIR}&donor=heatfuel", "demo")


if __name__ == "__main__":
    sys.exit(run_alone(measure))
