"""Two runs side by side on the Validate page: what was asked differently, and what differs by chance."""

import dataclasses
import shutil

import pytest

from fusion_core.execution.validating import compare_runs, out_of_fold_folder
from fusion_core.validation import read_validation, write_validation
from fusion_core.workspace.files import write_json
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run
from harmony_app.shell.session import Session
from harmony_app.validate.page import ValidatePage
from harmony_app.validate.place import finished_runs
from harmony_app.validate.view.record import read_validated
from harmony_app.validate.view.state import ValidateState

OLDER = "20200101-000000-older"


@pytest.fixture
def workspace(mapped_workspace, tmp_path):
    """A copy with a second run, which was asked with other implicates and drew otherwise."""
    shutil.copytree(mapped_workspace.workspace.path, tmp_path / "own")
    runs = tmp_path / "own" / "runs"
    shutil.copytree(runs / mapped_workspace.run, runs / OLDER)
    opened = Workspace.open(tmp_path / "own")
    older = open_run(opened, OLDER)
    spec = dataclasses.replace(older.spec(), name="Older", implicates=20)
    write_json(spec.to_record(), older.folder / "spec.json")
    return opened


def check(workspace, identifier, factor=1.0):
    """Store a validation of unseen households, with scores larger by a factor that varies little."""
    run = open_run(workspace, identifier)
    found = read_validation(run.validation_folder)
    parts, scores = found.score_parts.copy(), found.scores.copy()
    parts["score"] *= factor + 0.001 * (parts["part"] % 3 - 1)
    scores["value"] *= factor
    found = dataclasses.replace(found, score_parts=parts, scores=scores)
    write_validation(found, out_of_fold_folder(run))


@pytest.fixture
def make_page(workspace, mapped_workspace):
    def make(**state):
        run = open_run(workspace, mapped_workspace.run)
        return ValidatePage(
            Session(workspace, "ann", "light", {}),
            ValidateState(run=run.id, tab="run", **state),
            read_validated(workspace, run, {}),
            finished_runs(workspace),
            choose_run=lambda _: None,
        )

    return make


def test_settings_are_set_side_by_side_before_households_were_left_unseen(make_page):
    tab = make_page().compare
    assert list(tab.other.options.values()) == ["", OLDER]
    tab.other.value = OLDER
    assert "told of unseen households only" in tab.card.text
    assert "<td>implicates</td><td>6</td><td>20</td>" in tab.card.text
    assert list(tab.card.panels) == []


def test_what_differs_beyond_chance_is_drawn_and_said(workspace, mapped_workspace, make_page):
    check(workspace, mapped_workspace.run)
    check(workspace, OLDER, factor=1.2)
    tab = make_page().compare
    tab.other.value = OLDER
    assert "kwh: this run is better" in tab.card.text
    [plot] = tab.card.plots
    assert plot.xaxis[0].axis_label.startswith("score of this run less")


def test_runs_that_score_alike_are_not_told_apart(workspace, mapped_workspace, make_page):
    check(workspace, mapped_workspace.run)
    check(workspace, OLDER)
    page = make_page(variable="kwh")
    page.compare.other.value = OLDER
    assert "kwh: no difference beyond chance" in page.compare.card.text
    assert "cold:" not in page.compare.card.text
    runs = [open_run(workspace, name) for name in (mapped_workspace.run, OLDER)]
    assert not compare_runs(*runs).scores["differ"].any()


def test_without_another_run_the_page_says_so(workspace, make_page):
    shutil.rmtree(workspace.path / "runs" / OLDER)
    assert "no other finished run" in make_page().compare.card.text
