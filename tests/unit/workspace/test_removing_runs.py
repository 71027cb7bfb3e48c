"""A run is removed whole or not at all, and nothing that it did not write with it."""

import json
import shutil

import pytest

from fusion_core.errors import ConflictError, InputError
from fusion_core.execution import execute_run, remove_run
from fusion_core.execution.pipeline import execute_recorded
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.workspace.files import sweep_leftovers
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import (
    RunSpec,
    create_run,
    list_runs,
    open_run,
    purge_old,
    purge_run,
    removed_runs,
    restore_run,
    set_aside,
)


@pytest.fixture(scope="module")
def finished(toy_template, tmp_path_factory):
    """A workspace with a finished run that was also checked with unseen households."""
    folder = tmp_path_factory.mktemp("finished") / "toy"
    shutil.copytree(toy_template.path, folder)
    workspace = Workspace.open(folder)
    pair = next(iter({run_pair(workspace)}))
    train = TrainSettings.preset("quick").replace(leaves=(4,), maximum_trees=3)
    spec = RunSpec("toy", pair, ("kwh",), implicates=2, train=train, out_of_fold=2)
    run = create_run(workspace, spec)
    execute_run(workspace, run)
    run.check.folder.mkdir()
    execute_recorded(run.check, lambda: None)
    return workspace


def run_pair(workspace):
    from fusion_core.harmony.store.store import list_pairs

    return list_pairs(workspace.path)[0]


@pytest.fixture
def workspace(finished, tmp_path):
    shutil.copytree(finished.path, tmp_path / "toy")
    return Workspace.open(tmp_path / "toy")


def test_nothing_is_left_of_a_removed_run(workspace):
    (run,) = list_runs(workspace)
    assert len([path for path in run.folder.rglob("*") if path.is_file()]) > 20
    set_aside(run)
    purge_run(workspace, run.id)
    assert list(workspace.runs_folder.iterdir()) == []


def test_a_deletion_is_undone_with_everything_that_was_there(workspace):
    (run,) = list_runs(workspace)
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    set_aside(run)
    assert list_runs(workspace) == []
    with pytest.raises(InputError, match="run"):
        open_run(workspace, run.id)
    (removed,) = removed_runs(workspace)
    assert (removed.run.id, removed.name) == (run.id, "toy")
    assert removed.nbytes == sum(map(len, before.values()))
    assert restore_run(workspace, run.id) == run
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    assert removed_runs(workspace) == []


def test_a_deletion_is_not_undone_over_another_run(workspace):
    (run,) = list_runs(workspace)
    set_aside(run)
    run.folder.mkdir()
    with pytest.raises(ConflictError, match="There is a run of that identifier"):
        restore_run(workspace, run.id)


@pytest.mark.parametrize("name", ["nobody", "../surveys", ".removed", "a/b", ""])
def test_only_deleted_runs_are_restored_or_purged(workspace, name):
    for act in (restore_run, purge_run):
        with pytest.raises(InputError):
            act(workspace, name)
    assert len(list_runs(workspace)) == 1


def test_what_was_deleted_a_day_ago_is_removed_from_the_disk(workspace):
    (run,) = list_runs(workspace)
    set_aside(run)
    purge_old(workspace)
    (removed,) = removed_runs(workspace)
    for moment, kept in (("2999-01-01T00:00:00+00:00", 1), ("2020-01-01T00:00:00+00:00", 0)):
        (removed.run.folder / "removed.json").write_text(json.dumps({"removed": moment}))
        purge_old(workspace)
        assert len(removed_runs(workspace)) == kept


def test_a_damaged_run_can_be_deleted_and_restored(workspace):
    (run,) = list_runs(workspace)
    for name in ("state.json", "spec.json"):
        (run.folder / name).write_bytes(b"\xff{")
    remove_run(workspace, run)
    (removed,) = removed_runs(workspace)
    assert removed.name == run.id
    restore_run(workspace, run.id)
    assert [item.id for item in list_runs(workspace)] == [run.id]


@pytest.mark.parametrize("name", ["notes.txt", "input/acs.csv", "model/plot.png", "mine/a/b"])
def test_a_run_with_other_files_in_its_folder_is_not_removed(workspace, name):
    (run,) = list_runs(workspace)
    (run.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (run.folder / name).write_text("irreplaceable")
    before = sorted(run.folder.rglob("*"))
    with pytest.raises(InputError, match=f"'{name}'.*nothing was removed"):
        set_aside(run)
    assert sorted(run.folder.rglob("*")) == before


def test_what_a_link_in_a_run_leads_to_stays(workspace, tmp_path):
    (run,) = list_runs(workspace)
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "donor.parquet").write_text("irreplaceable")
    (run.folder / "more").symlink_to(tmp_path / "raw", target_is_directory=True)
    with pytest.raises(InputError, match="'more'"):
        set_aside(run)
    (run.folder / "more").unlink()
    real = tmp_path / "elsewhere"
    run.folder.rename(real)
    run.folder.symlink_to(real, target_is_directory=True)
    set_aside(run)
    assert not real.exists()
    assert list(workspace.runs_folder.iterdir()) == []
    assert (tmp_path / "raw" / "donor.parquet").read_text() == "irreplaceable"


def test_half_a_run_is_never_created(workspace, monkeypatch):
    spec = list_runs(workspace)[0].spec()

    def full(*_: object) -> None:
        raise InputError("Could not write the file: No space left on device")

    monkeypatch.setattr("fusion_core.workspace.runs.catalogue.write_json", full)
    with pytest.raises(InputError, match="No space left"):
        create_run(workspace, spec)
    assert len(list(workspace.runs_folder.iterdir())) == 1


def test_runs_created_in_the_same_second_have_names_of_their_own(workspace):
    spec = list_runs(workspace)[0].spec()
    created = {create_run(workspace, spec).id for _ in range(4)}
    assert len(created) == 4
    assert {open_run(workspace, name).spec().name for name in created} == {"toy"}


def test_hidden_files_of_editors_are_not_taken_for_leftovers(tmp_path):
    mine = tmp_path / ".pair.json.swp"
    left = tmp_path / ".pair.json.ab_d1234"
    for path in (mine, left):
        path.write_text("text")
    sweep_leftovers(tmp_path / "pair.json")
    assert mine.exists()
    assert not left.exists()
