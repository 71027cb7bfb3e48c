"""Estimates of a run on disk, as the app and the command line ask for them."""

import shutil
import threading
from collections import ChainMap

import numpy as np
import pandas as pd
import pytest
from small_run import DESIGN, LATER, RECIPIENT, ROWS, add_recipient

from fusion_core.asking import asked_by
from fusion_core.errors import CorruptFileError, ExpressionError, InputError
from fusion_core.estimates import EstimateCache, Statistic, survey_estimates
from fusion_core.estimates.runs.estimate_run import (
    area_draws,
    area_estimates,
    survey_area_estimates,
)
from fusion_core.fusion import FusedVariable, Implicates, write_implicates

MEAN = Statistic("mean", "energy")


def test_every_area_gets_an_estimate(workspace, run):
    result = area_estimates(workspace, run, MEAN)
    assert list(result["puma"]) == ["4100100", "4100200", "4100300"]
    assert result["n"].sum() == ROWS
    assert (result["moe"] > 0).all()


def test_no_grouping_gives_one_row(workspace, run):
    result = area_estimates(workspace, run, MEAN, by=())
    assert len(result) == 1
    assert result["n"][0] == ROWS


def test_columns_of_the_survey_and_predictors_form_groups(workspace, run):
    result = area_estimates(workspace, run, MEAN, by=("tenure", "size__np"))
    assert set(result["tenure"]) == {"Owner", "Renter"}
    assert len(result) == 10


def test_a_filter_on_the_recipient(workspace, run):
    result = area_estimates(workspace, run, MEAN, by=(), where="np = 2 AND tenure = 'Owner'")
    table = workspace.survey(RECIPIENT).table("household")
    assert result["n"][0] == ((table["np"] == 2) & (table["tenure"] == "Owner")).sum()
    assert 20 < result["estimate"][0] < 45


def test_a_filter_on_a_fused_variable_differs_between_implicates(workspace, run):
    heated = area_estimates(workspace, run, Statistic("count"), by=(), where="fuel = 'oil'")
    counted = area_estimates(workspace, run, Statistic("count", "fuel", level="oil"), by=())
    assert heated["estimate"][0] == pytest.approx(counted["estimate"][0])
    assert heated["standard_error"][0] == pytest.approx(counted["standard_error"][0])
    above = area_estimates(workspace, run, MEAN, by=(), where="energy > 40 AND np >= 2")
    assert above["estimate"][0] > 40


@pytest.mark.parametrize("kind", ["mean", "median", "share_above", "share_below", "total"])
def test_a_filter_that_keeps_everybody_changes_nothing(workspace, run, kind):
    threshold = 30.0 if kind.startswith("share_") else None
    statistic = Statistic(kind, "energy", threshold=threshold)
    plain = area_estimates(workspace, run, statistic)
    filtered = area_estimates(workspace, run, statistic, where="energy >= 0")
    pd.testing.assert_frame_equal(plain, filtered)


def test_a_variable_of_the_recipient_equals_the_survey_alone(workspace, run):
    statistic = Statistic("share", "tenure", level="Owner")
    of_run = area_estimates(workspace, run, statistic)
    alone = survey_area_estimates(workspace, RECIPIENT, statistic)
    pd.testing.assert_frame_equal(of_run, alone)
    direct = survey_estimates(
        workspace.survey(RECIPIENT).table("household"), DESIGN, statistic, by="puma"
    )
    np.testing.assert_allclose(alone["moe"], direct["moe"])


def test_results_are_kept_and_given_out_as_copies(workspace, run):
    cache = EstimateCache()
    first = area_estimates(workspace, run, MEAN, cache=cache)
    first["estimate"] = 0.0
    again = area_estimates(workspace, run, MEAN, cache=cache)
    assert (again["estimate"] > 0).all()


def test_new_implicates_are_noticed(workspace, run):
    cache = EstimateCache()
    before = area_estimates(workspace, run, MEAN, cache=cache)
    write_implicates(
        Implicates({"energy": FusedVariable("energy", np.full((ROWS, 3), 7.0))}),
        run.implicates_folder,
    )
    after = area_estimates(workspace, run, MEAN, cache=cache)
    assert (before["estimate"] > 7).all()
    assert after["estimate"].to_numpy() == pytest.approx(7.0)


def test_the_cache_keeps_only_so_much(workspace, run):
    cache = EstimateCache(limit=1)
    area_estimates(workspace, run, MEAN, cache=cache)
    survey_area_estimates(workspace, RECIPIENT, Statistic("mean", "np"), cache=cache)
    assert len(cache._sources) == 1
    assert len(cache.memory.items()) == 1


def test_somebody_who_opens_much_pushes_out_no_source_of_others(workspace, run):
    add_recipient(workspace, LATER)
    room, sources = EstimateCache(), [RECIPIENT, run, LATER]
    held = ChainMap(*(room.source(workspace, one).held() for one in sources))
    cache = EstimateCache(limit=int(sum(held.values()) / 0.75) - 8)  # for two of the three
    with asked_by("ann"):
        kept = cache.source(workspace, RECIPIENT)
    with asked_by("bob"):
        cache.source(workspace, run)
        last = cache.source(workspace, LATER)
    assert list(cache._sources.values()) == [kept, last]


def test_several_threads_get_the_same_answer(workspace, run):
    cache = EstimateCache()
    found = []

    def ask():
        found.append(area_estimates(workspace, run, MEAN, where="np >= 2", cache=cache))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0], other)


def test_the_draws_of_an_area_average_to_its_estimate(workspace, run):
    draws = area_draws(workspace, run, MEAN, "4100200")
    pooled = area_estimates(workspace, run, MEAN).set_index("puma")
    assert list(draws["implicate"]) == [1, 2, 3, 4]
    assert draws["estimate"].mean() == pytest.approx(pooled.loc["4100200", "estimate"])
    assert (draws["standard_error"] > 0).all()


@pytest.mark.parametrize(
    ("where", "error", "message"),
    [
        ("incme > 3", ExpressionError, "incme"),
        ("read_csv('/etc/passwd')", ExpressionError, "read_csv"),
        ("np >", ExpressionError, "expression"),
        ("np > 99", InputError, "No household meets the filter"),
        ("energy < 0", InputError, "No household meets the filter"),
        ("np / (np - np) > 1", InputError, "No household meets the filter"),
        ("NOT energy / 0 > 1", InputError, "No household meets the filter"),
    ],
)
def test_bad_filters_are_one_clear_error(workspace, run, where, error, message):
    with pytest.raises(error, match=message):
        area_estimates(workspace, run, MEAN, where=where)


def test_unknown_areas_and_columns_are_named(workspace, run):
    with pytest.raises(InputError, match="no column 'pma'"):
        area_estimates(workspace, run, MEAN, by="pma")
    with pytest.raises(InputError, match="No household has puma = 4199999"):
        area_draws(workspace, run, MEAN, "4199999")


def test_a_run_without_implicates_says_so(workspace, run):
    shutil.rmtree(run.implicates_folder)
    with pytest.raises(InputError, match="no fused variables yet"):
        area_estimates(workspace, run, MEAN)


@pytest.mark.parametrize("damage", ["cut off", "missing"])
def test_a_damaged_file_blocks_the_estimates_of_its_own_variable_only(workspace, run, damage):
    whole = area_estimates(workspace, run, MEAN, cache=EstimateCache())
    (path,) = run.implicates_folder.glob("*_fuel/*.parquet")
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20])
    shutil.rmtree(run.estimates_folder, ignore_errors=True)
    cache = EstimateCache()
    pd.testing.assert_frame_equal(area_estimates(workspace, run, MEAN, cache=cache), whole)
    for ask in (
        lambda: area_estimates(
            workspace, run, Statistic("share", "fuel", level="oil"), cache=cache
        ),
        lambda: area_estimates(workspace, run, MEAN, where="fuel = 'oil'", cache=cache),
    ):
        with pytest.raises(CorruptFileError, match="_fuel"):
            ask()
