"""What one person publishes by clicks, another opens by clicks: the same map, without the donor."""

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from running_app import AppServer, start_app

from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs

TITLE = ".map-title"


@pytest.fixture
def server(app_server: Callable[..., AppServer], finished_run, tmp_path: Path) -> AppServer:
    shutil.copytree(finished_run.workspace, tmp_path / "demo")
    return app_server(tmp_path / "demo")


def open_by_clicks(page: Page, source: Path, folder: Path) -> None:
    """Open a data set in a new workspace, as the start page offers it."""
    page.get_by_label("Folder of the data set").fill(str(source))
    page.get_by_label("Workspace folder, new or existing").fill(str(folder))
    page.get_by_role("button", name="Open the data").click()


def test_a_run_is_published_downloaded_and_opened_elsewhere(
    server: AppServer, finished_run, page: Page, new_page: Callable[..., Page], tmp_path: Path
):
    page.goto(f"{server.url}/fuse?run={finished_run.run}")
    page.get_by_role("link", name="Publish…").click()
    page.get_by_role("textbox", name="Title", exact=True).fill("Energy insecurity")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published:")).to_be_visible()
    with page.expect_download() as found:
        page.get_by_role("link", name="Download ZIP").click()
    assert found.value.suggested_filename == "winter-published.zip"
    with zipfile.ZipFile(found.value.path()) as archive:
        archive.extractall(tmp_path / "received")
    assert "Energy insecurity" in (tmp_path / "received" / "README.md").read_text()
    figure = page.locator(TITLE).inner_text()

    elsewhere = start_app(None, folder=tmp_path)
    other = new_page()
    try:
        other.goto(elsewhere.url)
        open_by_clicks(other, tmp_path / "received", tmp_path / "opened")
        expect(other).to_have_url(re.compile("begin"))
        other.goto(f"{elsewhere.url}/explore")
        expect(other.locator(TITLE)).to_have_text(figure)
        opened = Workspace.open(tmp_path / "opened")
        [run] = list_runs(opened)
        assert not run.model_folder.exists()
        donor = opened.survey_folder(run.spec().pair.donor)
        assert not (donor / "household.parquet").exists()
    finally:
        other.close()  # it would ask the server that is gone
        elsewhere.stop()
