"""Finished tables survive the process: found again, never stale, never in the way."""

import os

import numpy as np
import pandas as pd
import pytest
from small_run import RECIPIENT, add_recipient, add_run

from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import EstimateCache
from fusion_core.estimates.runs import _stored_results as stored_results
from fusion_core.estimates.runs import estimate_run as stages
from fusion_core.estimates.runs.estimate_run import area_estimates, is_answered
from fusion_core.workspace.layout import Workspace

MEAN = Statistic("mean", "energy")


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.create(tmp_path / "workspace", title="Test")
    add_recipient(made)
    return made


@pytest.fixture
def computed(monkeypatch):
    """Which questions were computed rather than found."""
    asked = []
    estimate = stages._estimated

    def noted(source, request):
        asked.append(request)
        return estimate(source, request)

    monkeypatch.setattr(stages, "_estimated", noted)
    return asked


def finished_files(run):
    return sorted(run.estimates_folder.glob("*.finished"))


def test_a_new_process_finds_the_very_same_table(workspace, computed):
    run = add_run(workspace)
    for statistic in (MEAN, Statistic("share", "fuel")):
        first = area_estimates(workspace, run, statistic)
        again = area_estimates(workspace, run, statistic)
        pd.testing.assert_frame_equal(again, first, check_exact=True)
    assert len(computed) == 2
    area_estimates(workspace, run, MEAN, where="np > 2")
    area_estimates(workspace, run, MEAN, confidence=0.95)
    assert len(computed) == 4


def test_what_is_known_needs_no_household(workspace, monkeypatch):
    run = add_run(workspace)
    assert not is_answered(workspace, run, MEAN, cache=EstimateCache())
    area_estimates(workspace, run, MEAN)
    monkeypatch.setattr(EstimateCache, "run_source", None)
    assert is_answered(workspace, run, MEAN, cache=EstimateCache())
    assert not is_answered(workspace, run, MEAN, ("tenure",), cache=EstimateCache())


@pytest.mark.parametrize("changed", ["implicates/implicates.json", "input/recipient.parquet"])
def test_a_change_of_the_run_makes_the_table_unknown(workspace, computed, changed):
    run = add_run(workspace)
    area_estimates(workspace, run, MEAN)
    os.utime(run.folder / changed, ns=(1, 1))
    area_estimates(workspace, run, MEAN)
    assert len(computed) == 2


def test_data_read_before_a_change_are_not_kept_as_those_after_it(workspace, computed):
    run, cache = add_run(workspace), EstimateCache()
    area_estimates(workspace, run, MEAN, cache=cache)
    add_recipient(workspace, RECIPIENT, seed=99)
    area_estimates(workspace, run, Statistic("median", "energy"), cache=cache)
    area_estimates(workspace, run, Statistic("median", "energy"))
    assert len(computed) == 3


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 500])
def test_a_damaged_table_is_computed_again(workspace, damage):
    run = add_run(workspace)
    first = area_estimates(workspace, run, MEAN)
    (file,) = finished_files(run)
    file.write_bytes(damage or file.read_bytes()[:-1])
    pd.testing.assert_frame_equal(area_estimates(workspace, run, MEAN), first)
    assert len(file.read_bytes()) > 600


def test_where_nothing_can_be_written_estimates_work(workspace):
    run = add_run(workspace)
    run.estimates_folder.write_text("a file where the folder should be")
    assert np.isfinite(area_estimates(workspace, run, MEAN)["moe"]).all()


def test_the_oldest_tables_make_room(workspace, monkeypatch):
    run = add_run(workspace)
    area_estimates(workspace, run, MEAN)
    (oldest,) = finished_files(run)
    os.utime(oldest, ns=(1, 1))
    monkeypatch.setattr(stored_results, "KEPT_BYTES", 2.5 * oldest.stat().st_size)
    for statistic in ("median", "total"):
        area_estimates(workspace, run, Statistic(statistic, "energy"))
    assert len(finished_files(run)) == 2
    assert not oldest.exists()
