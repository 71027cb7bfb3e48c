import errno
import json

import pytest
from filelock import Timeout

from fusion_core.errors import Cancelled, HarmonyError, InputError
from fusion_core.execution import execute_run, run_status, start_run
from fusion_core.execution.pipeline import finished_stages, stage_folder
from fusion_core.execution.progress import CANCEL_FILE
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.workspace.files import write_text
from fusion_core.workspace.runs import STAGES, RunSpec, create_run


@pytest.fixture
def run(toy_workspace, toy_pair):
    spec = RunSpec("toy", toy_pair, ("kwh",), implicates=2, train=TrainSettings.preset("quick"))
    return create_run(toy_workspace, spec)


class Stages:
    """Stage functions that note their calls; one of them may fail."""

    def __init__(self, fails_in=None, error=None):
        self.calls = []
        self.fails_in = fails_in
        self.error = error

    def functions(self):
        return {stage: self._function(stage) for stage in STAGES}

    def _function(self, stage):
        def work(workspace, run, progress):
            self.calls.append((stage, workspace.title))
            progress(0.5, f"Half of {stage}")
            write_text("made", stage_folder(run, stage) / "result.txt")
            if stage == self.fails_in:
                raise self.error
            progress(1.0, f"All of {stage}")

        return work

    @property
    def names(self):
        return [stage for stage, _ in self.calls]


def execute(workspace, run, stages, progress=None):
    return execute_run(workspace, run, progress, stages=stages.functions())


def test_stages_run_in_order_and_the_state_says_finished(toy_workspace, run):
    stages, told = Stages(), []
    state = execute(toy_workspace, run, stages, lambda share, words: told.append((share, words)))
    assert stages.names == list(STAGES)
    assert (state.status, state.progress) == ("finished", 1.0)
    assert run_status(toy_workspace, run).status == "finished"
    assert told[0][1] == "Half of prepare"
    assert told[-1] == (pytest.approx(1.0), "All of validate")
    assert set(finished_stages(run)) == set(STAGES)


def test_versions_and_times_are_recorded(toy_workspace, run):
    execute(toy_workspace, run, Stages())
    versions = json.loads((run.folder / "versions.json").read_text())
    assert {"python", "numpy", "lightgbm"} <= set(versions)
    assert sum(record["message"].startswith("Took") for record in run.log_records()) == len(STAGES)


def test_a_resumed_run_repeats_no_finished_stage(toy_workspace, run):
    with pytest.raises(InputError):
        execute(toy_workspace, run, Stages("fuse", InputError("A file is odd")))
    again = Stages()
    execute(toy_workspace, run, again)
    assert again.names == ["fuse", "validate"]
    assert run.state().status == "finished"


def test_what_a_person_put_into_the_folder_of_a_stage_stays(toy_workspace, run):
    with pytest.raises(InputError):
        execute(toy_workspace, run, Stages("train", InputError("A file is odd")))
    write_text("mine", stage_folder(run, "train") / "notes.txt")
    execute(toy_workspace, run, Stages())
    assert (stage_folder(run, "train") / "notes.txt").read_text() == "mine"
    assert (stage_folder(run, "train") / "result.txt").exists()


@pytest.mark.parametrize(
    "damage", ['{"finished": "2', "{}", '{"seconds": null}', '{"seconds": "x"}']
)
def test_a_damaged_marker_means_the_stage_is_repeated(toy_workspace, run, damage):
    execute(toy_workspace, run, Stages())
    (run.folder / "stages" / "train.json").write_text(damage)
    again = Stages()
    execute(toy_workspace, run, again)
    assert again.names == ["train"]


def test_a_failure_is_kept_in_the_state_as_one_sentence(toy_workspace, run):
    error = InputError("Level 'x' has no group", where="tenure", fix="Assign it")
    with pytest.raises(InputError):
        execute(toy_workspace, run, Stages("train", error))
    state = run.state()
    assert (state.status, state.stage) == ("failed", "train")
    assert state.message == "Level 'x' has no group (tenure). Assign it."


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (MemoryError(), "There was not enough memory"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), "A file could not be read or"),
    ],
)
def test_trouble_with_the_computer_says_what_to_do(toy_workspace, run, error, sentence):
    with pytest.raises(InputError, match=sentence):
        execute(toy_workspace, run, Stages("fuse", error))
    state = run.state()
    assert state.status == "failed"
    assert state.message.startswith(sentence)
    assert "resume" in state.message.lower()


def test_a_full_disk_behind_another_error_is_recognised(toy_workspace, run):
    error = InputError("Could not write the file: No space left on device")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(InputError, match="The disk is full"):
        execute(toy_workspace, run, Stages("fuse", error))


def test_a_defect_is_recorded_with_its_details(toy_workspace, run):
    with pytest.raises(ZeroDivisionError):
        execute(toy_workspace, run, Stages("train", ZeroDivisionError("division by zero")))
    assert "A defect of the program" in run.state().message
    assert any("Traceback" in str(record.get("details")) for record in run.log_records())


def test_the_cancel_file_stops_the_run_at_its_next_report(toy_workspace, run):
    def cancel(share, sentence):
        if share > 0 and sentence == "Half of train":
            (run.folder / CANCEL_FILE).touch()

    with pytest.raises(Cancelled):
        execute(toy_workspace, run, Stages(), cancel)
    assert run.state().status == "cancelled"
    assert list(finished_stages(run)) == ["prepare"]
    assert not (run.folder / CANCEL_FILE).exists()


def test_the_caller_may_cancel_by_raising(toy_workspace, run):
    def cancel(share, sentence):
        raise Cancelled(f"{sentence}: {share}")

    with pytest.raises(Cancelled):
        execute(toy_workspace, run, Stages(), cancel)
    assert run.state().status == "cancelled"


def test_a_cancel_asked_for_before_the_process_came_to_life_is_kept(toy_workspace, run):
    (run.folder / CANCEL_FILE).touch()
    stages = Stages()
    with pytest.raises(Cancelled):
        execute(toy_workspace, run, stages)
    assert stages.names == []
    assert run.state().status == "cancelled"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EROFS, "Read-only file system"), "Read-only file system"),
        (Timeout("lock"), "being started by someone else"),
    ],
)
def test_a_run_that_cannot_be_started_says_why(toy_workspace, run, monkeypatch, error, sentence):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(HarmonyError, match=sentence):
        start_run(toy_workspace, run)
    assert run.state().status == "created"


def test_a_run_whose_folder_cannot_be_written_says_so(toy_workspace, run, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)
    with pytest.raises(InputError, match="Read-only file system"):
        execute(toy_workspace, run, Stages())
