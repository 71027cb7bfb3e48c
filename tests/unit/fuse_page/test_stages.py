"""The second stage, declared on the Fuse page: drawn by few others and the place, or computed."""

import pytest

from fusion_core.workspace.runs import RunState, list_runs, open_run
from harmony_app.fuse import page as page_module
from harmony_app.fuse.page import FusePage
from harmony_app.fuse.state import from_spec, to_spec
from harmony_app.shell.session import Session


@pytest.fixture
def page(toy_workspace, toy_pair):
    found = FusePage(Session(toy_workspace, "tester", "light", {}), (toy_pair,))
    for name in ("kwh", "cooling"):
        do(found, "add", name=name)
    return found


def do(page, action, **message):
    page._receive({"action": action, **message})
    return page.board


def stage(page, **message):
    empty = dict.fromkeys(("by", "donors", "formula", "price", "title", "unit"), "")
    return do(page, "stage", **{**empty, **message})


def test_a_variable_that_comes_last_knows_what_it_depends_on_and_the_place(page):
    board = stage(page, variable="kwh", by="cooling", donors="rooms >= 2")
    assert page.state.chosen == ("cooling", "kwh")
    assert "learned from donors where rooms >= 2" in board.stages["rows"][0]["sentence"]
    spec = to_spec(page.state)
    assert dict(spec.train.predictors) == {"kwh": ("climate.hdd",)}
    assert dict(spec.train.exclude) == {}
    assert spec.second_stage[0].by == ("cooling",)


def test_what_it_may_not_know_follows_the_order(page):
    stage(page, variable="kwh", by="")
    assert dict(to_spec(page.state).train.exclude) == {"kwh": ("cooling",)}
    do(page, "move", start=1, to=0)
    assert dict(to_spec(page.state).train.exclude) == {}


def test_a_formula_with_a_local_price_is_computed_and_compared(page, monkeypatch):
    started = []

    def start(workspace, run):
        started.append(run.id)
        run.write_state(RunState(status="cancelled", message=f"Not run in {workspace.title}"))

    monkeypatch.setattr(page_module, "start_run", start)
    board = stage(
        page,
        variable="cost",
        formula='kwh * "climate.hdd"',
        by="kwh",
        price="climate.hdd",
        unit="dollars",
    )
    assert board.stages["error"] == ""
    assert board.stages["prices"] == ["climate.hdd"]
    assert "Compared with climate.hdd" in board.stages["rows"][0]["price"]
    do(page, "start")
    workspace = page._session.workspace
    spec = open_run(workspace, started[0]).spec()
    assert spec.second_stage[0].formula == 'kwh * "climate.hdd"'
    assert spec.train.predictors == ()
    assert len(list_runs(workspace)) == 1
    assert to_spec(from_spec(spec)).second_stage == spec.second_stage


def test_what_comes_last_no_more_knows_every_predictor_again(page):
    stage(page, variable="kwh", by="cooling")
    board = do(page, "unstage", name="kwh")
    assert board.stages["rows"] == []
    assert to_spec(page.state).train.predictors == ()


def test_a_variable_that_needs_what_is_not_fused_any_more_is_left_out_and_says_so(page):
    stage(page, variable="kwh", by="cooling")
    board = do(page, "remove", name="cooling")
    assert "is left out: it needs what is not fused" in board.stages["rows"][0]["sentence"]
    assert to_spec(page.state).second_stage == ()


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"variable": ""}, "has no name"),
        ({"variable": "kwh", "by": "kwhh"}, "kwhh"),
        ({"variable": "gas"}, "gas"),
        (
            {"variable": "kwh", "by": "cooling", "donors": "rooms >"},
            "second stage, donors of 'kwh'",
        ),
        ({"variable": "kwh", "donors": "roms > 2"}, "roms"),
        ({"variable": "cost", "formula": "kwh * pirce"}, "pirce"),
        ({"variable": "cost", "formula": "__import__('os')"}, "second stage, 'cost'"),
        ({"variable": "kwh", "formula": "cooling * 2"}, "There is a variable 'kwh' already"),
        ({"variable": "cost", "formula": "kwh", "donors": "rooms > 2"}, "learned from no donors"),
        ({"variable": "kwh", "price": "climate.hdd"}, "A price needs what it is the price of"),
        ({"variable": "kwh", "by": "cooling", "price": "pirce"}, "pirce"),
    ],
)
def test_a_mistake_is_one_sentence_beside_the_form_and_changes_nothing(page, message, sentence):
    before = page.state
    board = stage(page, **message)
    assert sentence in board.stages["error"]
    assert page.state == before


def test_a_variable_of_a_block_must_be_taken_out_first(page):
    do(page, "block", places=[0, 1])
    assert "Open the block first" in stage(page, variable="kwh").stages["error"]
