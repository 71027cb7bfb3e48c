"""Enter confirms, Escape leaves things as they were – and a finished run is renamed like any other."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from running_app import AppServer

from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run

pytestmark = pytest.mark.browser


@pytest.fixture
def server(app_server: Callable[..., AppServer], finished_run: Any, tmp_path: Path) -> AppServer:
    shutil.copytree(finished_run.workspace, tmp_path / "own")
    return app_server(tmp_path / "own")


def test_a_finished_run_is_renamed_and_the_list_sorted(
    page: Page, server: AppServer, finished_run: Any
):
    page.goto(f"{server.url}/fuse?run={finished_run.run}")
    title = page.locator("section[data-id] h2")
    expect(title).to_have_text("Winter")

    page.get_by_role("button", name="rename").click()
    page.keyboard.type("Summer")  # the old name is selected
    page.keyboard.press("Escape")
    expect(title).to_have_text("Winter")

    page.get_by_role("button", name="rename").click()
    page.keyboard.type("Summer & sun")
    page.keyboard.press("Enter")
    expect(title).to_have_text("Summer & sun")
    expect(page.locator("[data-run]")).to_contain_text("Summer & sun")
    assert (
        open_run(Workspace.open(server.workspace), finished_run.run).spec().name == "Summer & sun"
    )

    page.get_by_role("button", name="rename").click()
    page.get_by_label("New name").fill("  ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="A run needs a name")).to_be_visible()
    expect(title).to_have_text("Summer & sun")

    page.locator('[data-focus="sort name"]').click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Run ↑")
    page.goto("about:blank")
    server.stop()


def test_enter_takes_the_name_of_a_visitor_and_escape_does_not(
    new_page: Callable[..., Page], finished_server: AppServer
):
    page = new_page(dark=True, url=finished_server.url)  # a context whose cookies are its own
    page.goto(f"{finished_server.url}/fuse")
    dialog = page.get_by_role("dialog")

    page.locator("#avatar").click()
    page.get_by_label("Your name").fill("Nobody")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    page.locator("#avatar").click()
    assert page.get_by_label("Your name").input_value() != "Nobody"
    page.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()

    page.locator("#avatar").click()
    page.get_by_label("Your name").fill("   ")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.get_by_label("Your name").fill("Ana Lima")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="User Ana Lima")).to_be_visible()
    page.goto("about:blank")
