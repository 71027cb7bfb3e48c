"""Training inside a run: cancelled between two trees, resumed to the same model."""

import dataclasses
import json

import pytest

from fusion_core.errors import Cancelled
from fusion_core.execution.pipeline import execute_run, finished_stages
from fusion_core.execution.progress import CANCEL_FILE
from fusion_core.fusion import FusionModel
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.workspace.runs import RunSpec, create_run


def do_nothing(_workspace, _run, _progress) -> None:
    """Stand for a stage that is not of interest here."""


LATER = {"fuse": do_nothing, "validate": do_nothing}


@pytest.fixture
def spec(toy_pair) -> RunSpec:
    train = TrainSettings.preset("quick").replace(
        maximum_trees=20, workers=2, types=(("rooms__rmsp", "ordered"),)
    )
    return RunSpec(
        "toy",
        toy_pair,
        ("kwh", "cooling"),
        seed=5,
        train=train,
        preset="custom",
        minimum_similarity=0.5,
    )


def cancel_when(run, words: str):
    """Ask to cancel, as the app does, when training says these words."""

    def hear(_share: float, sentence: str) -> None:
        if words in sentence:
            (run.folder / CANCEL_FILE).touch()

    return hear


def test_a_run_is_cancelled_in_the_middle_of_a_variable(toy_workspace, spec):
    endless = spec.train.replace(maximum_trees=10**7, early_stopping_rounds=10**7)
    run = create_run(toy_workspace, dataclasses.replace(spec, train=endless))
    with pytest.raises(Cancelled):
        execute_run(toy_workspace, run, cancel_when(run, "Fitting models"), stages=LATER)
    assert run.state().status == "cancelled"
    assert list(finished_stages(run)) == ["prepare"]
    assert not (run.model_folder / "manifest.json").exists()


def test_a_run_resumed_after_its_first_variable_ends_with_the_same_model(toy_workspace, spec):
    whole, stopped = (create_run(toy_workspace, spec) for _ in range(2))
    execute_run(toy_workspace, whole, stages=LATER)
    with pytest.raises(Cancelled):
        execute_run(toy_workspace, stopped, cancel_when(stopped, "Modelled"), stages=LATER)
    assert list(stopped.checkpoint_folder.iterdir())
    execute_run(toy_workspace, stopped, stages=LATER)
    manifests = [
        json.loads((run.model_folder / "manifest.json").read_text()) for run in (whole, stopped)
    ]
    assert manifests[0] == manifests[1]
    assert not stopped.checkpoint_folder.exists()


def test_the_log_says_what_every_variable_was_taken_for(toy_workspace, spec):
    run = create_run(toy_workspace, spec)
    execute_run(toy_workspace, run, stages=LATER)
    log = (run.folder / "log.jsonl").read_text(encoding="utf-8")
    assert "ordered: rooms__rmsp" in log
    assert "Fused variables by type – continuous: kwh; nominal: cooling." in log
    table = FusionModel.load(run.model_folder).variables().set_index("variable")
    assert table.loc["rooms__rmsp", "declared"]
