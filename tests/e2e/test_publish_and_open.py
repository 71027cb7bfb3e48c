"""What one person publishes by clicks, another opens by clicks: the same map, without the donor."""

import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from running_app import AppServer, start_app

from fusion_core.demo import PAIR
from fusion_core.execution import execute_run
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, create_run, list_runs

pytestmark = pytest.mark.browser

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


HOMES = SurveyPair(SurveyId("DEMOHOMES", "2020"), PAIR.recipient)


@pytest.fixture(scope="module")
def two_donors(finished_run, app_server, tmp_path_factory) -> AppServer:
    """The demo with a second donor – the first under another name – and a run of each."""
    folder = tmp_path_factory.mktemp("two_donors") / "demo"
    workspace = Workspace.open(shutil.copytree(finished_run.workspace, folder))
    donor = workspace.survey(PAIR.donor)
    workspace.add_survey(replace(donor, description=replace(donor.description, id=HOMES.donor)))
    harmonies = HarmonyStore(folder, PAIR).load().harmonies
    HarmonyStore(folder, HOMES).save_all(harmonies, author="demo")
    spec = RunSpec(
        name="Homes",
        pair=HOMES,
        fusion_variables=("insulation",),
        implicates=5,
        seed=2,
        train=TrainSettings.preset("quick"),
        preset="quick",
    )
    execute_run(workspace, create_run(workspace, spec))
    return app_server(folder)


def test_a_combination_is_made_published_and_opened_by_clicks(
    two_donors: AppServer,
    finished_run,
    page: Page,
    new_page: Callable[..., Page],
    tmp_path: Path,
):
    page.goto(f"{two_donors.url}/explore?run={finished_run.run}")
    expect(page.locator(TITLE)).not_to_be_empty()
    page.get_by_role("button", name=re.compile("Build an outcome")).click()
    page.get_by_label("Name of the combination").fill("both")
    page.get_by_label("Name of the combination").press("Enter")
    page.get_by_role("button", name="Combine", exact=True).click()
    expect(page).to_have_url(re.compile("combination"))
    page.get_by_label("or any expression").fill(
        "insecure = 'Yes' AND insulation = 'Poorly insulated'"
    )
    page.get_by_label("Name of the outcome").fill("cold_and_insecure")
    page.get_by_label("In words").fill("Insecure in a poorly insulated home")
    page.get_by_label("In words").press("Enter")
    page.get_by_role("button", name="Keep the outcome").click()
    expect(page.locator(TITLE)).to_contain_text("Insecure in a poorly insulated home")
    page.get_by_role("button", name=re.compile("Publish as data")).click()
    page.get_by_role("textbox", name="Title", exact=True).fill("Cold homes")
    page.get_by_role("textbox", name="Title", exact=True).press("Enter")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published:")).to_be_visible()
    with page.expect_download() as found:
        page.get_by_role("link", name="Download ZIP").click()
    with zipfile.ZipFile(found.value.path()) as archive:
        archive.extractall(tmp_path / "received")
    page.reload()
    expect(page.locator(".map-subtitle")).to_contain_text("overall")
    share, _, _ = page.locator(".map-subtitle").inner_text().partition(" ±")

    elsewhere = start_app(None, folder=tmp_path)
    other = new_page()
    try:
        other.goto(elsewhere.url)
        open_by_clicks(other, tmp_path / "received", tmp_path / "opened")
        expect(other).to_have_url(re.compile("begin"))
        other.goto(
            f"{elsewhere.url}/explore?run=combination:both&var=cold_and_insecure&stat=share&level=Yes"
        )
        expect(other.locator(TITLE)).to_contain_text("Insecure in a poorly insulated home")
        expect(other.locator(".map-subtitle")).to_contain_text(share)
        opened = Workspace.open(tmp_path / "opened")
        assert not any(run.model_folder.exists() for run in list_runs(opened))
    finally:
        other.close()  # it would ask the server that is gone
        elsewhere.stop()
