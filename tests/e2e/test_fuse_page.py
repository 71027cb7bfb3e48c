"""Build a run in the browser, watch it, lose the server, find it again; cancel another."""

import pytest
from playwright.sync_api import expect

from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs

pytestmark = pytest.mark.browser

BLOCK = ["share_heat", "share_cool", "share_other"]
# A shared machine may be many times slower than an idle one.
LONG = 240_000


def open_builder(page, server):
    page.goto(f"{server.url}/fuse")
    expect(page.locator("[data-predictor]").first).to_be_visible()


def choose(page, *names):
    for name in names:
        page.locator(f"[data-variable={name}]").click()
        expect(page.locator(f"[data-variable={name}]")).to_have_attribute("aria-pressed", "true")


def build_block(page, *places):
    for place in places:
        page.locator(f'[data-focus="mark {place}"]').check()
    page.get_by_role("button", name="Build a block").click()
    expect(page.locator(".step.block")).to_be_visible()


def set_option(page, name, text):
    box = page.locator(f"[data-option={name}]")
    box.fill(text)
    box.press("Enter")


def run_detail(page, status):
    return page.locator(f'section[data-status="{status}"]')


def only_run(folder):
    (run,) = list_runs(Workspace.open(folder))
    return run


@pytest.mark.slow
def test_a_quick_run_survives_the_server_and_finishes(page, app_server, demo_workspace):
    server = app_server(demo_workspace)
    open_builder(page, server)
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    choose(page, "elec_kwh", "main_ac", *BLOCK)
    build_block(page, 2, 3, 4)
    set_option(page, "implicates", "3")
    set_option(page, "name", "Winter look")
    expect(page.locator(".cost")).to_contain_text("time")
    page.get_by_role("button", name="Start").click()
    expect(run_detail(page, "running")).to_contain_text("Winter look")
    expect(page.get_by_role("link", name="Winter look")).to_be_visible()

    # The run is a process of its own: neither the browser nor the server is needed.
    run = only_run(demo_workspace)
    address = f"/fuse?run={run.id}"
    expect(page).to_have_url(server.url + address)
    page.goto("about:blank")
    server.stop()
    assert run.state().status in {"running", "finished"}  # on a fast machine
    server = app_server(demo_workspace)
    page.goto(server.url + address)
    finished = run_detail(page, "finished")
    expect(finished).to_be_visible(timeout=LONG)

    expect(finished.locator(".stages .done")).to_have_count(4)
    link = finished.get_by_role("link", name="See how good it is")
    assert link.get_attribute("href") == f"validate?run={run.id}"
    with page.expect_download() as download:
        finished.get_by_role("link", name="Methods note").click()
    note = download.value.path().read_text(encoding="utf-8")
    assert "# Methods note: Winter look" in note
    assert "block drawn together: share_heat, share_cool, share_other" in note
    with page.expect_download() as download:
        finished.get_by_role("link", name="Implicates").click()
    assert download.value.suggested_filename == f"{run.id}-implicates.zip"
    page.goto("about:blank")
    server.stop()


@pytest.mark.slow
def test_a_run_is_cancelled_resumed_cloned_and_deleted(page, app_server, demo_workspace):
    server = app_server(demo_workspace)
    open_builder(page, server)
    # Work enough that the run does not finish before it is cancelled, on whichever machine.
    choose(page, "elec_kwh", "main_ac", "insecure")
    set_option(page, "implicates", "60")
    set_option(page, "name", "Long look")
    page.get_by_role("button", name="Start").click()
    expect(run_detail(page, "running")).to_be_visible()
    page.get_by_role("button", name="Cancel run").click()
    page.get_by_role("button", name="Keep running").click()
    page.get_by_role("button", name="Cancel run").click()
    page.get_by_role("button", name="Stop it").click()
    cancelled = run_detail(page, "cancelled")
    expect(cancelled).to_contain_text("can be resumed")

    page.get_by_role("button", name="Resume").click()
    expect(run_detail(page, "running")).to_be_visible()
    page.get_by_role("button", name="Cancel run").click()
    page.get_by_role("button", name="Stop it").click()
    expect(cancelled).to_be_visible()

    page.get_by_role("button", name="Clone settings").click()
    expect(page.locator("[data-option=name]")).to_have_value("Long look (copy)")
    expect(page.locator(".step")).to_have_count(3)
    page.locator('[data-focus="view runs"]').click()
    delete = page.get_by_role("button", name="Delete", exact=True)
    delete.click()
    expect(page.get_by_text("No run yet")).to_be_visible()
    assert list_runs(Workspace.open(demo_workspace)) == []

    page.get_by_role("button", name="Undo").click()
    expect(cancelled).to_be_visible()
    assert [run.spec().name for run in list_runs(Workspace.open(demo_workspace))] == ["Long look"]
    delete.click()
    page.get_by_text("Deleted within a day").click()
    page.get_by_role("button", name="Delete Long look for good").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Deleted within a day")).to_be_hidden()
    assert not any(demo_workspace.glob("runs/.removed/*"))
    page.goto("about:blank")
    server.stop()


def test_predictors_are_left_out_and_kept_by_hand(page, app_server, demo_workspace):
    server = app_server(demo_workspace)
    open_builder(page, server)
    row = page.locator('[data-predictor="tenure__ten"]')
    row.get_by_role("checkbox").uncheck()
    expect(row).to_contain_text("left out by choice")
    row.get_by_role("checkbox").check()
    expect(row).not_to_contain_text("left out by choice")
    page.locator('[data-focus="search"]').fill("electricity")
    expect(page.locator("[data-variable=elec_kwh]")).to_be_visible()
    expect(page.locator("[data-variable=main_ac]")).to_have_count(0)
    choose(page, "elec_kwh")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    set_option(page, "implicates", "several")
    expect(page.get_by_text("'several' is not a whole number")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    page.get_by_role("button", name="Paper", exact=True).click()
    expect(page.locator("[data-option=implicates]")).to_have_value("40")
    page.goto("about:blank")
    server.stop()
