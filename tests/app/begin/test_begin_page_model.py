"""The start page's choices, and what the checklist shows, without a browser."""

import json
import shutil
from pathlib import Path

import pytest
import typer

from fusion_core.errors import InputError
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunState, list_runs
from harmony_app import begin, command, explore, fuse, surveys, validate
from harmony_app.begin import demo as demo_module
from harmony_app.begin.start import StartPage
from harmony_app.listening import is_personal
from harmony_app.serve import PLACES, serve
from harmony_app.server.settings import ServerSettings
from harmony_app.shell.session import Serving, Session
from harmony_app.shell.steps import way_of

PATHS = tuple(place.path for place in PLACES)


@pytest.fixture
def serving(tmp_path):
    return Serving(None, may_choose=True, demo=tmp_path / "demo")


@pytest.fixture
def demo_without_work(monkeypatch):
    """Building the demo and its run takes no time."""
    started = []
    monkeypatch.setattr(
        "fusion_core.demo.ensure_demo",
        lambda folder, **_: Workspace.create(folder, title="Demo", synthetic=True),
    )
    monkeypatch.setattr(demo_module, "start_run", lambda _, run: started.append(run))
    return started


def html_of(viewable):
    return "".join(
        str(pane.object) for pane in viewable.select(lambda item: hasattr(item, "object"))
    )


def session(workspace, **more):
    return Session(workspace, "ann", "light", {}, places=PATHS, **more)


def test_a_workspace_of_ones_own_is_created_where_it_was_asked_for(serving, tmp_path):
    page = StartPage(serving)
    page.receive({"way": "own", "folder": str(tmp_path / "new" / "project"), "title": "Mine"})
    assert page.board.chosen == "begin"
    assert serving.workspace == Workspace.open(tmp_path / "new" / "project")
    assert serving.workspace.title == "Mine"


def test_a_folder_is_opened(serving, tmp_path):
    Workspace.create(tmp_path / "theirs", title="Theirs")
    StartPage(serving).receive({"way": "folder", "folder": f" {tmp_path / 'theirs'} "})
    assert serving.workspace.title == "Theirs"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (("folder", ""), "No folder is given"),
        (("folder", "nowhere"), "There is no such folder"),
        (("folder", "~nobody-of-this-name/x"), "There is no such folder"),
        (("folder", "a\0b"), "No file can have this name"),
        (("folder", "taken"), "This folder is not a workspace"),
        (("folder", "taken/notes.txt"), "not a workspace"),
        (("folder", "newer"), "this version reads"),
        (("own", ""), "No folder is given"),
        (("own", "taken"), "is not empty"),
        (("own", "taken/notes.txt"), "this is a file"),
        (("own", "taken/notes.txt/below"), "Not a directory"),
        (("own", "theirs"), "There is a workspace in this folder already"),
    ],
)
def test_what_cannot_be_opened_gets_one_sentence_and_opens_nothing(
    serving, tmp_path, monkeypatch, typed, words
):
    way, folder = typed
    monkeypatch.chdir(tmp_path)
    Workspace.create(tmp_path / "theirs")
    Workspace.create(tmp_path / "newer")
    (tmp_path / "newer" / "workspace.json").write_text(json.dumps({"format": 99}))
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").touch()
    page = StartPage(serving)
    page.receive({"way": way, "folder": folder})
    assert page.board.problem["way"] == way
    assert words in page.board.problem["text"]
    assert (serving.workspace, page.board.chosen) == (None, "")


def test_nobody_chooses_a_folder_where_others_can_reach_the_server(tmp_path):
    serving = Serving(Workspace.create(tmp_path / "team"), may_choose=False)
    Workspace.create(tmp_path / "private")
    page = StartPage(serving)
    page.receive({"way": "folder", "folder": str(tmp_path / "private")})
    page.receive({"way": "own", "folder": str(tmp_path / "new")})
    assert serving.workspace.path == tmp_path / "team"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("address", "origins", "expected"),
    [
        ("localhost", [], True),
        ("127.0.0.1", [], True),
        ("0.0.0.0", [], False),  # noqa: S104 - the address that must be refused
        ("localhost", ["harmony.example.org"], False),
    ],
)
def test_folders_are_chosen_only_on_a_server_for_this_computer_alone(address, origins, expected):
    assert is_personal(address, origins) is expected


def test_a_server_for_others_is_not_started_without_a_workspace():
    with pytest.raises(InputError, match="--workspace"):
        serve(None, ServerSettings(origins=("harmony.example.org",), no_sign_in=True))


def test_the_demo_is_opened_with_a_first_run_and_once_only(serving, demo_without_work):
    StartPage(serving).receive({"way": "demo"})
    assert serving.workspace.synthetic
    (run,) = demo_without_work
    assert run.spec().preset == "quick"
    StartPage(serving).receive({"way": "demo"})
    assert len(demo_without_work) == len(list_runs(serving.workspace)) == 1


@pytest.mark.usefixtures("demo_without_work")
def test_a_demo_whose_first_run_cannot_start_is_opened_all_the_same(serving, monkeypatch, caplog):
    def refuse(*_):
        raise InputError("The disk is full")

    monkeypatch.setattr(demo_module, "start_run", refuse)
    StartPage(serving).receive({"way": "demo"})
    assert serving.workspace is not None
    assert "The disk is full" in caplog.text


def test_a_folder_of_something_else_is_not_made_the_demo(serving):
    Workspace.create(serving.demo, title="Mine")
    page = StartPage(serving)
    page.receive({"way": "demo"})
    assert "not the demo" in page.board.problem["text"]
    assert page.board.busy == ""
    assert serving.workspace is None


def test_the_checklist_leads_to_the_first_step_and_shows_titles_as_text(tmp_path):
    workspace = Workspace.create(tmp_path / "w", title="<b>Mine</b>")
    shown = html_of(begin.build(session(workspace, may_choose=True)))
    assert shown.count('class="way"') == 1
    assert 'class="way" href="surveys?mode=import"' in shown
    assert "&lt;b&gt;Mine" in shown
    assert 'href="start"' in shown
    assert str(workspace.path) in shown


def test_colleagues_are_not_shown_where_the_workspace_is(tmp_path):
    workspace = Workspace.create(tmp_path / "w")
    shown = html_of(begin.build(session(workspace)))
    assert 'href="start"' not in shown
    assert str(tmp_path) not in shown


def test_a_finished_run_leads_to_its_map(mapped_workspace):
    shown = html_of(begin.build(session(mapped_workspace.workspace)))
    assert f'href="explore?run={mapped_workspace.run}"' in shown


def test_every_link_of_the_checklist_leads_to_a_place(mapped_workspace, tmp_path):
    from fusion_core.execution.checklist import read_checklist

    for workspace in (mapped_workspace.workspace, Workspace.create(tmp_path / "w")):
        for step in read_checklist(workspace).steps:
            way = way_of(step, PATHS)
            assert way is None or way.address.lstrip("/").partition("?")[0] in PATHS
            assert way_of(step, ()) is None


@pytest.mark.parametrize("place", [surveys, fuse, validate, explore])
def test_an_empty_page_links_to_the_next_step_and_to_all_of_them(place, tmp_path):
    shown = html_of(place.build(session(Workspace.create(tmp_path / "w"))))
    assert 'href="surveys?mode=import"' in shown
    assert 'href="begin"' in shown


def test_validate_asks_for_a_run_where_only_that_is_missing(mapped_workspace, tmp_path):
    workspace = Workspace.open(shutil.copytree(mapped_workspace.workspace.path, tmp_path / "w"))
    for run in list_runs(workspace):
        run.write_state(RunState(status="cancelled", message="Stopped"))
    shown = html_of(validate.build(session(workspace)))
    assert "No run has finished yet" in shown


def open_workspace(workspace, demo=None, *, create=False, chooses=True):
    return command._open_workspace(workspace, demo, create=create, may_choose=chooses)


def test_the_command_creates_a_workspace_only_when_told_to(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="harmony init"):
        open_workspace(tmp_path / "new")
    assert open_workspace(tmp_path / "new", create=True).path == tmp_path / "new"
    monkeypatch.setattr(command.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(command.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: True)
    assert open_workspace(tmp_path / "asked").path == tmp_path / "asked"
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: False)
    with pytest.raises(InputError):
        open_workspace(tmp_path / "declined")
    assert not (tmp_path / "declined").exists()


def test_without_options_the_command_opens_the_current_workspace_or_asks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARMONY_WORKSPACE", raising=False)
    assert open_workspace(None) is None
    monkeypatch.setenv("HARMONY_WORKSPACE", "other")
    Workspace.create(tmp_path / "other", title="Other")
    assert open_workspace(None).title == "Other"
    monkeypatch.delenv("HARMONY_WORKSPACE")
    Workspace.create(tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    assert open_workspace(None) == Workspace(Path(), "here")
