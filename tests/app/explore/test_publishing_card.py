"""A run published from the Explore page, and its data set listed for download."""

import shutil

import pytest

from fusion_core.estimates.runs import EstimateCache
from fusion_core.publishing import check_folder
from fusion_core.workspace.layout import Workspace
from harmony_app.explore.data.catalogue import read_catalogue
from harmony_app.explore.data.estimates import Estimator
from harmony_app.explore.page import ExplorePage
from harmony_app.fuse.downloads import write_archive
from harmony_app.shell.session import Session


@pytest.fixture
def workspace(mapped_workspace, tmp_path):
    shutil.copytree(mapped_workspace.workspace.path, tmp_path / "w")
    return Workspace.open(tmp_path / "w")


@pytest.fixture
def make_page(workspace):
    def make(**query: str) -> ExplorePage:
        session = Session(workspace, "ann", "light", query)
        return ExplorePage(
            session, read_catalogue(workspace), Estimator(workspace, EstimateCache())
        )

    return make


def test_a_run_is_published_with_its_terms_and_offered_as_a_zip(make_page, workspace, tmp_path):
    form = make_page(panel="publish").publishing.drawer.form
    form.title.value, form.creators.value, form.licence.value = "Cold homes", "A; B", "CC-BY-4.0"
    assert form.name.value == "winter"
    form.publish.clicks += 1
    folder = workspace.published_folder / "winter"
    record = check_folder(folder).record
    assert (record["title"], record["creators"]) == ("Cold homes", ["A", "B"])
    assert str(folder) in form.message.object
    assert 'href="download/winter/published"' in form.message.object
    assert "winter" in form.earlier.object
    assert not form.publish.disabled
    write_archive(folder, tmp_path / "winter.zip")
    assert (tmp_path / "winter.zip").stat().st_size > 0


def test_without_the_recipient_its_households_stay_here(make_page, workspace):
    form = make_page(panel="publish").publishing.drawer.form
    form.with_recipient.value, form.name.value = False, "alone"
    form.publish.clicks += 1
    folder = workspace.published_folder / "alone"
    assert not check_folder(folder).record["with_recipient"]
    assert not list(folder.rglob("household.parquet"))


@pytest.mark.parametrize("name", ["", "../out", "a/b", "."])
def test_a_name_that_leads_elsewhere_is_refused(make_page, workspace, name):
    form = make_page(panel="publish").publishing.drawer.form
    form.name.value = name
    form.publish.clicks += 1
    assert "cannot be the name of a folder" in form.message.object
    assert not workspace.published_folder.exists()


def test_a_folder_of_something_else_is_kept(make_page, workspace):
    (workspace.published_folder / "winter").mkdir(parents=True)
    (workspace.published_folder / "winter" / "mine.txt").write_text("mine")
    form = make_page(panel="publish").publishing.drawer.form
    form.publish.clicks += 1
    assert "The folder holds other files" in form.message.object
    assert (workspace.published_folder / "winter" / "mine.txt").read_text() == "mine"


def test_a_survey_alone_has_nothing_to_publish(make_page):
    assert not make_page(run="survey:CENSUS_2021").publishing.panel.visible
