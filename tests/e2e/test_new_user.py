"""The first half hour of a newcomer: two harmonies, one run, the curves, the three highest areas."""

import pytest
from playwright.sync_api import Page, expect

from fusion_core.demo import PAIR
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs.estimate_run import area_estimates
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.prepare import read_prepared
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A shared machine may be many times slower than an idle one.
LONG = 240_000


def open_pair(page: Page, url: str, donor: str, recipient: str) -> None:
    page.goto(f"{url}/harmonize?pair={PAIR}&donor={donor}&recipient={recipient}")
    expect(page.locator(".variable-card.recipient .name")).to_have_text(recipient)
    expect(page.locator(".consequence .basis")).not_to_be_empty()


def level(page: Page, side: str, label: str):
    rows = page.locator(f".side-levels.{side} .level")
    return rows.filter(has=page.get_by_text(label, exact=True))


def link(page: Page, donor: str, recipient: str) -> None:
    level(page, "donor", donor).click()
    level(page, "recipient", recipient).click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save harmony").click()
    expect(page.locator(".toast")).to_contain_text("Saved")


def make_two_harmonies(page: Page, url: str) -> None:
    open_pair(page, url, "foodhelp", "fs")
    link(page, "Yes", "Yes")
    link(page, "No", "No")
    save(page)
    open_pair(page, url, "sexresp", "sex")
    link(page, "Woman", "Female")
    link(page, "Man", "Male")
    save(page)


def start_run(page: Page, url: str) -> None:
    page.goto(f"{url}/fuse")
    expect(page.locator("[data-predictor]").first).to_be_visible()
    for name in ("foodhelp__fs", "sexresp__sex"):
        expect(page.locator(f'[data-predictor="{name}"]')).to_be_visible()
    for name in ("elec_kwh", "insecure"):
        page.locator(f"[data-variable={name}]").click()
        expect(page.locator(f"[data-variable={name}]")).to_have_attribute("aria-pressed", "true")
    implicates = page.locator("[data-option=implicates]")
    implicates.fill("5")
    implicates.press("Enter")
    page.get_by_role("button", name="Start").click()
    expect(page.locator('section[data-status="finished"]')).to_be_visible(timeout=LONG)


def test_from_an_empty_head_to_an_answer(page, app_server, demo_workspace):
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    server = app_server(demo_workspace)
    workspace = Workspace.open(demo_workspace)

    make_two_harmonies(page, server.url)
    saved = HarmonyStore(workspace.path, PAIR).load()
    assert {"foodhelp__fs", "sexresp__sex"} <= {harmony.key for harmony in saved.harmonies}

    start_run(page, server.url)
    (run,) = list_runs(workspace)
    assert {"foodhelp__fs", "sexresp__sex"} <= set(read_prepared(run.input_folder).kept)

    page.get_by_role("link", name="See how good it is").click()
    expect(page.get_by_role("list", name="Verdicts")).to_be_visible()
    expect(page.locator(".bk-Figure").nth(2)).to_be_visible()  # the three curves

    page.goto(f"{server.url}/explore?run={run.id}&var=insecure&stat=share&level=Yes")
    expect(page.get_by_label("Legend")).to_be_visible()
    table = area_estimates(workspace, run, Statistic("share", "insecure", level="Yes"))
    highest = table.sort_values("estimate", ascending=False).head(3)
    buttons = page.get_by_role("list", name="Ranked areas").get_by_role("button")
    for place, (_, row) in enumerate(highest.iterrows()):
        expect(buttons.nth(place)).to_have_attribute("data-area", row["puma"])
    buttons.first.click()
    expect(page.get_by_text("90 % sure it lies between")).to_be_visible()

    assert outside
    assert [url for url in outside if not url.startswith((server.url, "data:", "blob:"))] == []
