"""The page as one visitor uses it, without a browser: messages in, sections out."""

import numpy as np
import pytest

from fusion_core.execution import set_runs_at_once
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.workspace.runs import RunSpec, RunState, create_run, list_runs
from harmony_app.fuse import page as page_module
from harmony_app.fuse.page import FusePage, build
from harmony_app.shell.session import Session


@pytest.fixture
def started(monkeypatch):
    """Runs that were asked to start; no process is started."""
    asked = []

    def start(workspace, run):
        asked.append(run.id)
        run.write_state(RunState(status="cancelled", message=f"Not run in {workspace.title}"))

    monkeypatch.setattr(page_module, "start_run", start)
    return asked


@pytest.fixture
def open_page(toy_workspace, toy_pair):
    def open_page(**query):
        return FusePage(Session(toy_workspace, "tester", "light", query), (toy_pair,))

    return open_page


def do(page, action, **message):
    page._receive({"action": action, **message})
    return page.board


def names(board):
    return [[item["name"] for item in step["names"]] for step in board.picker["steps"]]


def test_the_page_opens_on_a_new_run_with_predictors_and_types(open_page):
    board = open_page().board
    assert board.view == "new"
    kinds = {item["name"]: item["kind"] for item in board.variables}
    assert kinds["kwh"] == "number"
    assert kinds["cooling"] == "category · 2"
    assert "household_id" not in kinds
    kept = {row["name"]: row["kept"] for row in board.predictors["rows"]}
    assert kept == {
        "tenure__ten": True,
        "rooms__rmsp": True,
        "climate.hdd": True,
        "age__agep": False,
    }
    assert board.cost["ready"] is False
    assert "Choose at least one variable" in board.cost["message"]


def test_choosing_ordering_and_blocks(open_page):
    page = open_page()
    for name in ("kwh", "share_heat", "share_other"):
        do(page, "add", name=name)
    board = do(page, "block", places=[1, 2])
    assert names(board) == [["kwh"], ["share_heat", "share_other"]]
    assert names(do(page, "move", start=1, to=0)) == [["share_heat", "share_other"], ["kwh"]]
    assert names(do(page, "open", place=0)) == [["share_heat"], ["share_other"], ["kwh"]]
    assert names(do(page, "remove", name="share_other")) == [["share_heat"], ["kwh"]]
    assert board.cost["ready"] is True
    assert board.cost["time"].startswith("≈ ")


def test_a_fused_variable_leaves_the_predictors(open_page):
    board = do(open_page(), "add", name="rooms")
    rooms = next(row for row in board.predictors["rows"] if row["name"] == "rooms__rmsp")
    assert (rooms["kept"], rooms["fixed"]) == (False, True)
    assert dict(board.picker["chosen"])["rooms"] == "no longer a predictor: rooms__rmsp"


def test_overriding_a_predictor_and_the_limit(open_page):
    page = open_page()
    board = do(page, "override", name="age__agep", choice="keep")
    assert board.predictors["kept"] == 4
    board = do(page, "override", name="age__agep", choice=None)
    assert board.predictors["kept"] == 3
    board = do(page, "option", name="minimum_similarity", text="0.1")
    assert board.predictors["kept"] == 4


@pytest.mark.parametrize(
    ("action", "message", "sentence"),
    [
        ("option", {"name": "implicates", "text": "many"}, "'many' is not a whole number"),
        ("option", {"name": "implicates", "text": "0"}, "0 implicates cannot be drawn"),
        ("setting", {"name": "folds", "text": "1"}, "folds"),
    ],
)
def test_a_wrong_number_is_one_sentence_and_changes_nothing(open_page, action, message, sentence):
    page = open_page()
    before = page.state
    board = do(page, action, **message)
    assert sentence in board.settings["error"]
    assert page.state == before
    assert do(page, "preset", name="paper").settings["error"] == ""


def test_starting_shows_the_run(open_page, toy_workspace, started):
    page = open_page()
    do(page, "add", name="kwh")
    board = do(page, "start")
    (run,) = list_runs(toy_workspace)
    assert started == [run.id]
    assert (board.view, board.detail["id"], page.state.run) == ("runs", run.id, run.id)
    assert run.spec().fusion_variables == ("kwh",)


def test_starting_without_a_variable_says_so(open_page, toy_workspace, started):
    board = do(open_page(), "start")
    assert "No fusion variable is chosen" in board.notice
    assert started == []
    assert list_runs(toy_workspace) == []


def test_a_reloaded_page_shows_the_run_of_its_address(open_page, started):
    page = open_page()
    do(page, "add", name="kwh")
    do(page, "start")
    board = open_page(run=started[0]).board
    assert (board.view, board.detail["id"]) == ("runs", started[0])
    assert "Not run in Toy" in board.detail["message"]


def test_an_address_of_a_vanished_run_says_so(open_page):
    board = open_page(run="20200101-000000-gone").board
    assert "does not exist any more" in board.detail["message"]


def test_clone_rename_resume_and_delete(open_page, toy_workspace, started):
    page = open_page()
    do(page, "add", name="kwh")
    do(page, "start")
    identifier = started[0]
    assert do(page, "rename", id=identifier, name="Winter").detail["name"] == "Winter"
    assert "needs a name" in do(page, "rename", id=identifier, name=" ").notice
    do(page, "resume", id=identifier)
    assert started == [identifier, identifier]
    board = do(page, "clone", id=identifier)
    assert (board.view, board.settings["name"], names(board)) == ("new", "Winter (copy)", [["kwh"]])
    board = do(page, "delete", id=identifier)
    assert list_runs(toy_workspace) == []
    assert board.runs["rows"] == []


def test_a_deletion_is_undone_or_made_final(open_page, toy_workspace, started):
    page = open_page()
    do(page, "add", name="kwh")
    do(page, "start")
    identifier = started[0]
    do(page, "rename", id=identifier, name="Winter")
    board = do(page, "delete", id=identifier)
    assert (board.notice, board.undo) == ("“Winter” was deleted", identifier)
    assert [item["name"] for item in board.runs["removed"]] == ["Winter"]
    board = do(page, "restore", id=identifier)
    assert (board.detail["id"], board.undo, board.runs["removed"]) == (identifier, "", [])
    do(page, "delete", id=identifier)
    assert do(page, "purge", id=identifier).runs["removed"] == []
    assert "deleted run" in do(page, "restore", id=identifier).notice
    assert list_runs(toy_workspace) == []


def test_waiting_runs_show_their_place_and_leave_the_line(open_page, toy_workspace, toy_pair):
    waiting = [create_run(toy_workspace, RunSpec(name, toy_pair, ("kwh",))) for name in "abc"]
    waiting[0].write_state(RunState(status="running", message="Starting"))
    for ticket, run in enumerate(waiting[1:], start=1):
        run.write_state(RunState(status="queued", message="Waiting for its turn", ticket=ticket))
    set_runs_at_once(toy_workspace, 1)
    page = open_page(run=waiting[2].id)
    shown = {row["name"]: row["status"] for row in page.board.runs["rows"]}
    assert shown == {"a": "running", "b": "1st in line", "c": "2nd in line"}
    assert page.board.detail["waiting"]
    assert "1 run ahead of it" in page.board.detail["message"]
    board = do(page, "cancel", id=waiting[1].id)
    assert board.detail["status_text"] == "1st in line"
    assert "as soon as a running one ends" in board.detail["message"]
    assert do(page, "at_once", number="4000").notice.startswith("4000 runs cannot run")
    assert page.board.runs["at_once"] == 1


def test_a_message_nobody_knows_is_ignored(open_page):
    page = open_page()
    before = page.state
    do(page, "format the disk")
    assert page.state == before


JUNK = (None, True, -1, 10**30, 1.5, float("nan"), "", "\x00", "../..", [], {}, [[[]]], "kwh")
FIELDS = (
    "name",
    "id",
    "start",
    "to",
    "place",
    "places",
    "suggest",
    "text",
    "choice",
    "number",
    "view",
)


@pytest.mark.usefixtures("started")
def test_messages_that_no_page_sends_change_nothing_and_end_nothing(open_page, toy_workspace):
    page = open_page()
    do(page, "add", name="kwh")
    draw = np.random.default_rng(3)
    for action in sorted(page._actions()):
        for _ in range(12):
            fields = draw.choice(FIELDS, 3, replace=False)
            do(page, action, **{name: JUNK[draw.integers(len(JUNK))] for name in fields})
            assert isinstance(page.board.notice, str)
    assert all(run.id.startswith("20") for run in list_runs(toy_workspace))
    assert do(page, "view", view="new").view == "new"


def test_a_path_as_run_identifier_is_refused(open_page):
    board = do(open_page(), "delete", id="../../surveys")
    assert "is not a run identifier" in board.notice


def test_a_workspace_without_a_pair_says_what_to_do_next(toy_workspace, toy_pair):
    for harmony in HarmonyStore(toy_workspace.path, toy_pair).load().harmonies:
        HarmonyStore(toy_workspace.path, toy_pair).delete(
            harmony.key, author="tester", expected_revision=harmony.revision
        )
    for path in toy_workspace.harmonies_folder.glob("*.json"):
        path.unlink()
    places = ("begin", "surveys", "harmonize")
    shown = build(Session(toy_workspace, "tester", "light", {}, places=places))
    assert 'href="harmonize' in shown.object
