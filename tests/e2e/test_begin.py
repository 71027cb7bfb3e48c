"""The first minutes of somebody who has nothing yet: the start page, the checklist, the demo."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from running_app import AppServer, start_app

from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs

pytestmark = pytest.mark.browser

LONG = 240_000
SIZES = [(1440, 900, False), (1024, 768, True)]


@pytest.fixture
def first_start(tmp_path: Path) -> Iterator[AppServer]:
    """The app started in an empty folder, without a workspace."""
    server = start_app(None, folder=tmp_path)
    yield server
    server.stop()


def way(page: Page, name: str):
    return page.get_by_role("form", name=name)


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_newcomer_starts_a_workspace_and_is_led_to_the_first_step(page, first_start, tmp_path):
    page.goto(f"{first_start.url}/explore")  # whatever the address
    own = way(page, "Start your own")
    own.get_by_label("Title").fill("Energy burden")
    own.get_by_role("button").click()
    steps = page.get_by_role("list", name="Steps").get_by_role("listitem")
    expect(steps).to_have_count(5)
    assert page.url == f"{first_start.url}/begin"
    (created,) = [path.parent for path in tmp_path.glob("*/workspace.json")]
    assert Workspace.open(created).title == "Energy burden"
    expect(page.get_by_role("link", name="Begin", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    page.get_by_role("link", name="Import a recipient").click()
    expect(page.get_by_role("heading", name="Import a survey")).to_be_visible()
    page.goto(f"{first_start.url}/harmonize")
    expect(page.get_by_role("link", name="Import a recipient")).to_be_visible()


def test_a_folder_that_is_no_workspace_gets_a_sentence_and_one_that_is_opens(
    page, first_start, tmp_path
):
    Workspace.create(tmp_path / "theirs", title="A colleague's")
    (tmp_path / "photos").mkdir()
    page.goto(first_start.url)
    folder = way(page, "Open a folder")
    folder.get_by_label("Folder").fill(str(tmp_path / "photos"))
    folder.get_by_role("button").click()
    expect(folder.get_by_role("alert")).to_contain_text("This folder is not a workspace")
    folder.get_by_label("Folder").fill(str(tmp_path / "theirs"))
    folder.get_by_role("button").click()
    expect(page.get_by_role("heading", name="A colleague's")).to_be_visible()
    page.get_by_role("link", name="Open or start another workspace").click()
    page.get_by_role("link", name="Back to A colleague's").click()
    expect(page.get_by_role("list", name="Steps")).to_be_visible()


@pytest.mark.slow
def test_the_demo_opens_with_a_run_that_starts_by_itself(page, first_start, tmp_path):
    page.goto(first_start.url)
    way(page, "Open the demo").get_by_role("button").click()
    expect(page.locator("[data-step=run] progress")).to_be_visible(timeout=LONG)
    # The app is usable meanwhile.
    page.get_by_role("link", name="Surveys", exact=True).click()
    expect(page.get_by_role("grid", name="Variables")).to_be_visible()
    page.goto(f"{first_start.url}/begin")
    run = page.locator("[data-step=run]")
    expect(run.get_by_role("link", name="See the map")).to_be_visible(timeout=LONG)
    run.get_by_role("link").click()
    expect(page.get_by_label("Legend")).to_be_visible()
    assert len(list_runs(Workspace.open(tmp_path / "demo-workspace"))) == 1


@pytest.mark.parametrize("size", SIZES)
def test_start_page_and_checklist_fit_on_every_screen(new_page, app_server, demo_workspace, size):
    width, height, dark = size
    server = app_server(demo_workspace)
    page = new_page(width=width, height=height, dark=dark, url=server.url)
    page.goto(server.url)
    expect(page.get_by_role("link", name="Start a run")).to_be_visible()
    assert fits(page)
    page.goto(f"{server.url}/start")
    expect(way(page, "Open a folder")).to_be_visible()
    assert fits(page)


def test_a_server_for_others_offers_no_folders(page, demo_workspace):
    server = start_app(demo_workspace, None, "--origin", "harmony.example.org", "--no-sign-in")
    try:
        page.goto(server.url)
        expect(page.get_by_role("list", name="Steps")).to_be_visible()
        expect(page.get_by_role("link", name="another workspace")).to_have_count(0)
        page.goto(f"{server.url}/start")
        expect(page.get_by_text("chosen when the server was started")).to_be_visible()
        expect(page.get_by_role("form")).to_have_count(0)
    finally:
        server.stop()


def test_a_new_workspace_is_not_created_where_nobody_confirms_it(tmp_path):
    command = [sys.executable, "-m", "fusion_core.cli.main", "app", "--no-show", "--workspace"]
    done = subprocess.run(
        [*command, str(tmp_path / "new")],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ,
        check=False,
    )
    assert done.returncode == 2
    assert "harmony init" in done.stderr
    assert not (tmp_path / "new").exists()
