"""Comparisons of groups, areas, runs and years, as the app and the command line ask for them."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from small_run import AREAS, DESIGN, LATER, RECIPIENT, add_recipient, add_run

from fusion_core.errors import InputError
from fusion_core.estimates import EstimateCache, Statistic
from fusion_core.estimates.margins import DONOR_UNKNOWN
from fusion_core.estimates.runs.estimate_run import area_estimates
from fusion_core.estimates.runs.run_comparison import (
    COMMON_NUMBERS,
    TWO_RUNS,
    TWO_SAMPLES,
    compare_each,
    compare_groups,
    compare_sources,
)
from fusion_core.fusion import Implicates, read_implicates, write_implicates
from fusion_core.fusion.base.streams import Stream, origin
from fusion_core.fusion.implicates.files import MANIFEST
from fusion_core.workspace.files import read_json, write_json

MEAN = Statistic("mean", "energy")
OIL = Statistic("share", "fuel", level="oil")


def test_two_areas_are_compared(workspace, run):
    pooled = area_estimates(workspace, run, MEAN).set_index("puma")["estimate"]
    found = compare_groups(workspace, run, MEAN, {"puma": "4100100"}, {"puma": "4100200"})
    assert found.first == pytest.approx(pooled["4100100"])
    assert found.difference == pytest.approx(pooled["4100100"] - pooled["4100200"])
    assert found.ratio == pytest.approx(pooled["4100100"] / pooled["4100200"], rel=1e-3)
    assert 0 < found.ratio_moe < 1


def test_groups_are_column_values_or_conditions_also_on_fused_variables(workspace, run):
    typed = compare_groups(workspace, run, MEAN, {"np": "5"}, {"np": 1})
    assert typed.is_significant
    assert repr(typed) == repr(
        compare_groups(workspace, run, MEAN, "np = 5", "np = 1")
    )  # it has nan
    fused = compare_groups(workspace, run, MEAN, "fuel = 'oil'", "fuel = 'gas'")
    assert not np.isnan(fused.difference)


def test_the_difference_is_formed_per_implicate_and_replicate(workspace, run):
    source = EstimateCache().source(workspace, run)
    table, weights = source.table, source.weights.values
    energy = source.implicates["energy"].values
    sides = []
    for area in AREAS[:2]:
        inside = (table["puma"] == area).to_numpy()
        sides.append(weights[inside].T @ energy[inside] / weights[inside].sum(axis=0)[:, None])
    spread = sides[0] - sides[1]
    within = 4 / 8 * ((spread[1:] - spread[0]) ** 2).sum(axis=0).mean()
    total = within + (1 + 1 / 4) * spread[0].var(ddof=1)
    found = compare_groups(workspace, run, MEAN, {"puma": AREAS[0]}, {"puma": AREAS[1]})
    assert found.difference == pytest.approx(spread[0].mean())
    assert found.standard_error == pytest.approx(np.sqrt(total))


def test_every_area_is_compared_with_everybody_or_with_one(workspace, run):
    everybody = area_estimates(workspace, run, MEAN, by=())["estimate"][0]
    found = compare_each(workspace, run, MEAN, ["puma"])
    assert list(found["puma"]) == list(AREAS)
    assert found["second"].tolist() == pytest.approx([everybody] * 3)
    one = compare_each(workspace, run, MEAN, ["puma"], {"puma": AREAS[0]}).set_index("puma")
    assert one.loc[AREAS[0], "difference"] == 0
    assert one.loc[AREAS[0], "p_value"] == 1
    other = compare_groups(workspace, run, MEAN, {"puma": AREAS[1]}, {"puma": AREAS[0]})
    assert one.loc[AREAS[1], "moe"] == pytest.approx(other.moe)


def test_p_values_are_adjusted_for_the_number_of_comparisons(workspace, run):
    found = compare_each(workspace, run, MEAN, ["np"])
    order = found["p_value"].to_numpy().argsort()
    steps = found["p_value"].to_numpy()[order] * np.arange(5, 0, -1)
    expected = np.minimum(np.maximum.accumulate(steps), 1)
    assert found["p_adjusted"].to_numpy()[order] == pytest.approx(expected)
    assert (found["differs"] == (found["p_adjusted"] < 0.1)).all()
    assert found["differs"].any()


def test_two_runs_on_one_recipient_share_its_replicate_weights(workspace, run):
    other = add_run(workspace, name="other", seed=99, shift=7.0)
    found = compare_sources(workspace, other, run, MEAN, ["puma"])
    assert (found["difference"] > 5).all()
    assert found["differs"].all()
    assert found["assumption"].str.startswith(TWO_RUNS).all()
    alone = [area_estimates(workspace, item, MEAN)["standard_error"] for item in (run, other)]
    apart = np.sqrt(alone[0] ** 2 + alone[1] ** 2)
    # Household size, the same in both, makes most of the sampling error, and cancels.
    assert (found["standard_error"] < apart).all()


def drawn_with(run, seed: int) -> None:
    """Record that a run's implicates were drawn with a seed."""
    stored = read_implicates(run.implicates_folder)
    variables = {
        name: replace(item, streams=(Stream(seed, origin("RECS_2015", [name]), (name,)),))
        for name, item in stored.variables.items()
    }
    write_implicates(Implicates(variables), run.implicates_folder)


def test_runs_that_share_their_random_numbers_are_compared_only_where_that_is_asked_for(
    workspace, run
):
    other = add_run(workspace, name="other", seed=99, shift=7.0)
    drawn_with(run, 5)
    drawn_with(other, 5)
    with pytest.raises(InputError, match=r"same random numbers.*another seed"):
        compare_sources(workspace, other, run, MEAN, ["puma"])
    found = compare_sources(workspace, other, run, MEAN, ["puma"], common_numbers=True)
    assert found["assumption"].str.startswith(COMMON_NUMBERS).all()
    drawn_with(other, 6)
    apart = compare_sources(workspace, other, run, MEAN, ["puma"])
    assert apart["assumption"].str.startswith(TWO_RUNS).all()
    assert apart["standard_error"].tolist() == pytest.approx(found["standard_error"].tolist())


def test_runs_of_earlier_versions_share_their_random_numbers_where_their_seeds_are_equal(
    workspace, run
):
    other = add_run(workspace, name="other", seed=99)
    for item in (run, other):
        path = item.implicates_folder / MANIFEST
        manifest = read_json(path)
        for entry in manifest["variables"]:
            del entry["streams"]
        write_json(manifest, path)
    assert run.spec().seed != other.spec().seed
    compare_sources(workspace, other, run, MEAN)
    spec = replace(other.spec(), seed=run.spec().seed)
    write_json(spec.to_record(), other.folder / "spec.json")
    with pytest.raises(InputError, match="same random numbers"):
        compare_sources(workspace, other, run, MEAN)


def test_two_years_are_independent_samples(workspace, run):
    add_recipient(workspace, LATER, seed=5)
    later = add_run(workspace, LATER, name="later", seed=6)
    found = compare_sources(workspace, later, run, MEAN).iloc[0]
    alone = [area_estimates(workspace, item, MEAN, by=()).iloc[0] for item in (run, later)]
    assert found["standard_error"] == pytest.approx(
        np.hypot(alone[0]["standard_error"], alone[1]["standard_error"])
    )
    assert found["assumption"] == f"{TWO_SAMPLES} {DONOR_UNKNOWN}"
    smallest = min(row["degrees_of_freedom"] for row in alone)
    assert smallest <= found["degrees_of_freedom"] <= 2 * DESIGN.replicates


def test_surveys_without_any_fusion_are_compared_too(workspace):
    add_recipient(workspace, LATER, seed=5)
    size = Statistic("mean", "np")
    found = compare_sources(workspace, LATER, RECIPIENT, size, ["tenure"])
    assert np.isinf(found["degrees_of_freedom"]).all()
    assert found["moe"].tolist() == pytest.approx((1.645 * found["standard_error"]).tolist())


def test_an_area_only_one_run_has_is_told(workspace, run):
    add_recipient(workspace, LATER, seed=5, areas=(*AREAS[1:], "4100400"))
    later = add_run(workspace, LATER, name="later")
    found = compare_sources(workspace, later, run, MEAN, ["puma"]).set_index("puma")
    assert set(found.index) == {*AREAS, "4100400"}
    assert found.loc["4100400", "assumption"] == "run 'test' has no household here."
    assert found.loc[AREAS[0], "assumption"] == "run 'later' has no household here."
    assert np.isnan(found.loc[AREAS[0], "difference"])
    assert not found.loc[AREAS[0], "differs"]
    assert found.loc[AREAS[1], "moe"] > 0


def test_a_share_of_nobody_keeps_its_uncertainty_in_a_comparison(workspace, run):
    rare = Statistic("share_above", "energy", threshold=200.0)
    sure = compare_groups(workspace, run, rare, "np = 1", "np = 2")
    assert sure.first == sure.second == 0
    assert sure.standard_error > 0
    assert not sure.is_significant


@pytest.mark.parametrize(
    ("statistic", "first", "second", "message"),
    [
        (Statistic("share", "fuel"), {"np": 1}, {"np": 2}, "2 levels to compare"),
        (OIL, {"pma": 1}, {"np": 2}, "no column 'pma'"),
        (OIL, {"np": 77}, {"np": 2}, "No household has np = 77"),
        (OIL, {"np": "many"}, {"np": 2}, "cannot be 'many'"),
        (OIL, {"tenure": "Ownr"}, {"np": 2}, "no level 'Ownr'"),
        (OIL, "np > 99", {"np": 2}, "No household meets the filter"),
    ],
)
def test_a_group_that_is_not_there_is_one_clear_error(
    workspace, run, statistic, *, first, second, message
):
    with pytest.raises(InputError, match=message):
        compare_groups(workspace, run, statistic, first, second)


def test_a_filter_that_leaves_a_group_empty_is_told(workspace, run):
    with pytest.raises(InputError, match="meets the filter"):
        compare_groups(workspace, run, MEAN, {"np": 1}, {"np": 2}, where="np = 1")


def test_the_same_run_twice_is_no_comparison(workspace, run):
    with pytest.raises(InputError, match="Both sides are the same"):
        compare_sources(workspace, run, run, MEAN)


def test_a_level_of_a_fused_variable_names_a_group(workspace, run):
    named = compare_groups(workspace, run, MEAN, {"fuel": "oil"}, {"fuel": "gas", "np": "2"})
    other = compare_groups(workspace, run, MEAN, "fuel = 'oil'", "fuel = 'gas' AND np = 2")
    assert asdict(named) == pytest.approx(asdict(other), nan_ok=True)
    with pytest.raises(InputError, match="no level 'coal'"):
        compare_groups(workspace, run, MEAN, {"fuel": "coal"}, "")
    with pytest.raises(InputError, match="'energy' is a fused number"):
        compare_groups(workspace, run, MEAN, {"energy": "5"}, "")


def test_levels_of_a_fused_variable_are_compared_each(workspace, run):
    found = compare_each(workspace, run, MEAN, ["fuel"])
    assert found["fuel"].tolist() == ["gas", "oil"]
    alone = compare_groups(workspace, run, MEAN, {"fuel": "oil"}, "")
    assert found["difference"][1] == pytest.approx(alone.difference)
    assert found["moe"][1] == pytest.approx(alone.moe)
    # Both are adjusted as two comparisons, not each as one.
    smaller = found["p_value"].idxmin()
    assert found["p_adjusted"][smaller] == pytest.approx(min(2 * found["p_value"].min(), 1.0))
    crossed = compare_each(workspace, run, MEAN, ["puma", "fuel"])
    assert len(crossed) == 2 * len(AREAS)


def test_two_sources_are_not_compared_by_what_was_fused(workspace, run):
    other = add_run(workspace, name="other", seed=99)
    with pytest.raises(InputError, match="not compared by the fused variable 'fuel'"):
        compare_sources(workspace, other, run, MEAN, ["fuel"])


def test_comparisons_cannot_be_named_like_a_column_of_their_table(workspace, run):
    with pytest.raises(InputError, match="'ratio' cannot form groups"):
        compare_each(workspace, run, MEAN, ["ratio"])
