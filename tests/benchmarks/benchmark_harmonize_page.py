"""How long edits on the Harmonize page take with 531 and 10,000 levels, from click to last change.

Each action is done three times inside the browser; the first frame is what a person sees at once,
the last change is when preview, findings and result table have followed from the server.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page
from support.reporting import Row, Unavailable, run_alone

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmark_app import dictionaries_workspace, require_browser
from running_app import browser, running_app

from fusion_core.surveys.model import Dictionary, Survey, SurveyDescription, SurveyId, Variable
from fusion_core.workspace.layout import Workspace

VIEW = "harmonize?pair=CEI_2015-2019__ACS_2019&donor=occucod1&recipient=occp"
LONG_VIEW = "harmonize?pair=SHORT_2020__LONG_2020&donor=job&recipient=occ"
GOAL = 200
REPEATS = 3

PREPARE = """() => {
  const find = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.classList?.contains("desk")) return element;
      const inside = element.shadowRoot && find(element.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  const desk = find(document);
  const pick = (selector) => desk.querySelector(selector);
  const pointer = { bubbles: true, composed: true, button: 0, clientX: 5, clientY: 5 };
  window.bench = {
    pick,
    press(selector) {
      pick(selector).dispatchEvent(new PointerEvent("pointerdown", pointer));
      document.dispatchEvent(new PointerEvent("pointerup", pointer));
    },
    key(target, key, options = {}) {
      target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true, ...options }));
    },
    type(selector, text) {
      const field = pick(selector);
      field.value = text;
      field.dispatchEvent(new Event("input"));
    },
    choose(selector, value) {
      const field = pick(selector);
      field.value = value;
      field.dispatchEvent(new Event("change"));
    },
    measure(action) {
      return new Promise((resolve) => {
        const start = performance.now();
        let last = 0;
        let frame = 0;
        const watcher = new MutationObserver(() => { last = performance.now() - start; });
        watcher.observe(desk, { subtree: true, childList: true, attributes: true, characterData: true });
        action();
        requestAnimationFrame(() => setTimeout(() => { frame = performance.now() - start; }, 0));
        setTimeout(() => { watcher.disconnect(); resolve([frame, last]); }, 1200);
      });
    },
  };
}"""

LEVELS = "bench.pick('.side-levels.recipient .levels')"
FILTER = "'.side-levels.recipient input.search'"
ACTIONS = {
    "select a level": "bench.press('.side-levels.recipient .level:nth-child(10)')",
    "put it into a group by key": f"bench.key({LEVELS}, String(turn + 4))",
    "filter the levels": f"bench.type({FILTER}, ['man', 'mgr', 'clerk'][turn])",
    "select all shown and group them": (
        f"bench.pick('.side-levels.recipient .level-tools button').click(); bench.key({LEVELS}, String(turn + 4))"
    ),
    "show all levels again": f"bench.type({FILTER}, '')",
    "group all levels": (
        f"bench.key({LEVELS}, 'a', {{ ctrlKey: true }}); bench.key({LEVELS}, String(turn + 4))"
    ),
    "undo": "bench.key(document.body, 'z', { ctrlKey: true })",
    "redo": "bench.key(document.body, 'z', { ctrlKey: true, shiftKey: true })",
    "sort by group": "bench.choose('.toolbar select', turn % 2 ? 'survey' : 'group')",
    "next variable by key": "bench.key(bench.pick('.variables'), 'ArrowDown')",
    "search the worklist": "bench.type('.worklist input.search', ['inc', 'job', ''][turn])",
}


def times_of(page: Page, action: str) -> list[list[float]]:
    script = f"(turn) => bench.measure(() => {{ {action} }})"
    return [page.evaluate(script, turn) for turn in range(REPEATS)]


def long_workspace(folder: Path) -> Workspace:
    """Two surveys of which one has a variable of 10,000 levels in 25 sections."""
    workspace = Workspace.create(folder, title="Long lists")
    levels = tuple(f"J{code // 400:02d}-Clerk or manager of kind {code}" for code in range(10_000))
    jobs = tuple(f"Job {code}" for code in range(16))
    for survey, variables in (
        (SurveyId("SHORT", "2020"), [Variable("job", "Kind of work", levels=jobs)]),
        (SurveyId("LONG", "2020"), [Variable("occ", "Occupation", levels=levels)]),
    ):
        workspace.add_survey(Survey(SurveyDescription(survey), Dictionary(variables)))
    return workspace


def edit_rows(chromium: Browser, workspace: Workspace, view: str, title: str) -> list[Row]:
    """Do every action; report the slowest first frame and the slowest last change."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    frames, changes = {}, {}
    with running_app(workspace.path) as url:
        page.goto(f"{url}/{view}")
        page.locator(".side-levels.recipient .level").first.wait_for(state="attached")
        page.wait_for_timeout(2000)
        page.evaluate(PREPARE)
        for what, action in ACTIONS.items():
            columns = zip(*times_of(page, action), strict=True)
            frames[what], changes[what] = (max(column) for column in columns)
    page.close()
    rows = []
    for seen, times in (("first frame", frames), ("all that follows", changes)):
        ordered = sorted(times, key=lambda what: -times[what])
        rows.append(
            Row(
                topic="harmonize page",
                what=f"{title}, slowest of {len(ACTIONS)} actions: {seen}",
                value=times[ordered[0]],
                unit="ms",
                note=", ".join(f"{what} {times[what]:.0f}" for what in ordered[:3]),
            ).against("goal", GOAL)
        )
    return rows


def measure(*, quick: bool) -> list[Row]:
    """Measure edits with 531 and, not quickly, with 10,000 levels."""
    require_browser()
    rows = []
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        workspace = dictionaries_workspace(Path(folder) / "dictionaries")
        if workspace is not None:
            rows += edit_rows(chromium, workspace, VIEW, "16 × 531 levels")
        if not quick:
            long = long_workspace(Path(folder) / "long")
            rows += edit_rows(chromium, long, LONG_VIEW, "16 × 10,000 levels")
    if not rows:
        raise Unavailable("The folder shared/data of real surveys is not beside the checkout.")
    return rows


if __name__ == "__main__":
    sys.exit(run_alone(measure))
