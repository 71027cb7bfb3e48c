"""harmony init and status: a workspace begun on the command line, and what comes next."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.workspace.layout import Workspace


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARMONY_WORKSPACE", raising=False)


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [str(item) for item in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def homes(tmp_path):
    """A file of thirty households."""
    file = tmp_path / "homes.csv"
    rows = "\n".join(f"{i},{10 + i},{'own' if i % 2 else 'rent'}" for i in range(30))
    file.write_text(f"household_id,weight,tenure\n{rows}\n")
    return file


ADD = ("survey", "add", "--name", "HOMES", "--vintage", "2021", "--household")


def test_a_workspace_is_created_with_its_title(tmp_path):
    said = run("init", "project", "--title", "Energy  burden\n2024").stdout
    assert "harmony app --workspace project" in said
    assert Workspace.open(tmp_path / "project").title == "Energy burden 2024"


def test_without_a_title_the_folder_gives_its_name():
    assert json.loads(run("init", "project", "--json").stdout) == {
        "workspace": "project",
        "title": "project",
    }


@pytest.mark.parametrize("folder", ["taken", "file", "workspace"])
def test_what_is_there_already_is_never_touched(tmp_path, folder):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.docx").write_text("years of work")
    (tmp_path / "file").write_text("years of work")
    Workspace.create(tmp_path / "workspace", title="Mine")
    before = {path: path.is_file() and path.read_text() for path in tmp_path.rglob("*")}
    said = run("init", folder, "--title", "Other", code=2).stderr
    assert said.count("\n") == 1
    assert {path: path.is_file() and path.read_text() for path in tmp_path.rglob("*")} == before


def test_the_status_of_a_new_workspace_names_the_first_step():
    run("init", "project")
    said = run("status", "-w", "project").stdout
    assert "Next: harmony survey add" in said
    record = json.loads(run("status", "-w", "project", "--json").stdout)
    assert (record["complete"], record["next"]) == (False, "recipient")
    assert [step["key"] for step in record["steps"]] == [
        "recipient",
        "donors",
        "places",
        "harmonies",
        "run",
    ]


def test_the_status_of_the_demo_asks_for_a_run_only(harmony, tmp_path):
    copy = shutil.copytree(harmony.workspace, tmp_path / "copy")
    shutil.rmtree(copy / "runs", ignore_errors=True)
    record = json.loads(run("status", "-w", copy, "--json").stdout)
    assert record["next"] == "run"
    assert "Next: harmony fuse" in run("status", "-w", copy).stdout


@pytest.mark.usefixtures("homes")
@pytest.mark.parametrize("command", [(*ADD, "homes.csv"), ("harmonies", "import", "homes.csv")])
def test_a_new_folder_is_offered_to_become_a_workspace(command, tmp_path):
    said = run(*command, "-w", "project", code=2).stderr
    assert "`harmony init project`" in said
    assert not (tmp_path / "project").exists()


def test_create_makes_the_workspace_and_adds_the_survey(homes, tmp_path):
    run(*ADD, homes, "-w", "project", "--create")
    assert [str(survey) for survey in Workspace.open(tmp_path / "project").survey_ids()] == [
        "HOMES_2021"
    ]


def test_harmonies_are_imported_into_a_workspace_created_for_them(homes, tmp_path):
    run("harmonies", "import", homes, "-w", "project", "--create", "--dry-run", code=2)
    assert not (tmp_path / "project").exists()
    run("harmonies", "import", homes, "-w", "project", "--create", code=2)  # not harmonies
    assert Workspace.open(tmp_path / "project").survey_ids() == []


def test_a_check_needs_no_workspace_and_makes_none(homes, tmp_path):
    assert "Would add HOMES 2021: 30 households" in run(*ADD, homes, "--check").stdout
    run(*ADD, homes, "--check", "--create", "-w", "project")
    assert [path.name for path in tmp_path.iterdir()] == ["homes.csv"]
