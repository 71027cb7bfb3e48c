"""A published data set opened from the start page."""

import pytest

from fusion_core.publishing import publish_run
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import list_runs, open_run
from harmony_app.begin.start import StartPage
from harmony_app.shell.session import Serving


@pytest.fixture
def data_set(mapped_workspace, tmp_path):
    """A data set published of the workspace the pages are tested with."""
    workspace = mapped_workspace.workspace
    publish_run(workspace, open_run(workspace, mapped_workspace.run), tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def page(tmp_path):
    return StartPage(Serving(None, may_choose=True, demo=tmp_path / "demo"))


def test_a_data_set_is_opened_in_a_workspace_of_its_own(page, data_set, tmp_path):
    page.receive({"way": "data", "source": str(data_set), "folder": str(tmp_path / "new")})
    assert page.board.problem == {}
    assert page.board.chosen == "begin"
    [run] = list_runs(Workspace.open(tmp_path / "new"))
    assert run.spec().name == "Winter"


def test_a_workspace_that_is_there_takes_it_too(page, data_set, tmp_path):
    Workspace.create(tmp_path / "mine", title="Mine")
    page.receive({"way": "data", "source": str(data_set), "folder": str(tmp_path / "mine")})
    assert Workspace.open(tmp_path / "mine").title == "Mine"
    assert len(list_runs(Workspace.open(tmp_path / "mine"))) == 1


def test_a_damaged_data_set_is_told_and_nothing_is_created(page, data_set, tmp_path):
    (data_set / "codebook.csv").write_text("altered")
    page.receive({"way": "data", "source": str(data_set), "folder": str(tmp_path / "new")})
    assert page.board.problem["way"] == "data"
    assert "codebook.csv is not the one that was published" in page.board.problem["text"]
    assert not page.board.chosen
    assert not (tmp_path / "new").exists()


def test_a_folder_of_something_else_is_told(page, tmp_path):
    (tmp_path / "other").mkdir()
    page.receive({"way": "data", "source": str(tmp_path / "other"), "folder": str(tmp_path / "n")})
    assert "holds no published data set" in page.board.problem["text"]
