"""Runs of several donors on one recipient, analysed together."""

import gc

import numpy as np
import pandas as pd
import pytest
from small_combination import add_travel_run, drawn, stream, weighted
from small_run import LATER, add_recipient, add_run

from fusion_core.derived.definition import DerivedVariable
from fusion_core.derived.outcomes import put_outcome, read_outcomes, remove_outcome
from fusion_core.errors import ConflictError, ExpressionError, InputError
from fusion_core.estimates import EstimateCache, Statistic
from fusion_core.estimates.runs import (
    area_estimates,
    area_ranks,
    compare_groups,
    compare_sources,
)
from fusion_core.estimates.runs.estimate_cache import FinishedTable
from fusion_core.estimates.runs.estimate_data import Subgroup
from fusion_core.workspace.combinations import combination_of, save_combination
from fusion_core.workspace.files import read_json

JOINT = "fuel = 'oil' AND burden = 'Yes'"


@pytest.fixture
def travel(workspace):
    return add_travel_run(workspace)


@pytest.fixture
def both(workspace, run, travel):
    combination = combination_of(workspace, "both", [(run, ()), (travel, ())])
    save_combination(workspace, combination)
    return combination


@pytest.fixture
def source(workspace, both):
    return EstimateCache().source(workspace, both)


def test_implicate_i_of_one_goes_with_implicate_i_of_the_other(workspace, both, source):
    holds = (drawn(source, "fuel") == "oil") & (drawn(source, "burden") == "Yes")
    [row] = area_estimates(workspace, both, Statistic("share", JOINT, level="Yes"), ()).to_dict(
        "records"
    )
    assert row["estimate"] == pytest.approx(weighted(source, holds))


def test_what_runs_and_their_combination_hold_alike_is_in_memory_once(workspace, run, travel, both):
    cache = EstimateCache()
    first, second = cache.source(workspace, run), cache.source(workspace, travel)
    alone = EstimateCache().source(workspace, travel)
    joined = cache.source(workspace, both)
    assert second.weights is first.weights is joined.weights
    common = first.table.columns.intersection(second.table.columns)
    assert {"household_id", "puma", "np"} <= set(common)
    for name in common:
        assert np.shares_memory(_memory(first, name), _memory(second, name))
        assert np.shares_memory(_memory(first, name), _memory(joined, name))
    assert np.shares_memory(_memory(second, "people__np"), _memory(joined, "people__np"))
    assert second.table.equals(alone.table)
    assert list(second.table) == list(alone.table)


def test_the_runs_of_a_kept_combination_are_not_read_twice(workspace, run, both):
    cache = EstimateCache(limit=1)
    joined = cache.source(workspace, both)
    cache.source(workspace, run.spec().pair.recipient)
    cache.source(workspace, both)
    assert cache.source(workspace, run) is joined.parts[0]
    assert len(cache._sources) == 1


def test_answers_of_all_sources_share_one_limit(workspace, run, travel, both):
    cache = EstimateCache()
    held = sum(cache.source(workspace, both).held().values())
    limited = EstimateCache(limit=2 * held)
    for source, name in ((run, "energy"), (travel, "miles"), (both, "energy"), (both, "miles")):
        for where in ("", "np > 1", f"{name} > 1", "np > 2"):
            asked = (workspace, source, Statistic("mean", name), ("puma",), where)
            found = area_estimates(*asked, cache=limited)
            pd.testing.assert_frame_equal(found, area_estimates(*asked, cache=cache))
            sources = sum(limited.source(workspace, both).held().values())
            assert limited.memory.nbytes <= 2 * held - sources or len(limited.memory.items()) == 1
    assert cache.memory.nbytes > held


def test_what_was_computed_of_a_source_goes_with_it(workspace, run):
    cache = EstimateCache(limit=1)
    memory = cache.memory
    memory._limit = 2**40
    for where in ("np > 1", "energy > 1"):
        area_estimates(workspace, run, Statistic("mean", "energy"), ("puma",), where, cache=cache)
    area_ranks(workspace, run, Statistic("mean", "energy"), cache=cache)
    assert len(memory.items()) > 8
    cache.source(workspace, run.spec().pair.recipient)
    gc.collect()
    cache.source(workspace, run.spec().pair.recipient).subgroup("np > 1")
    left = [type(item) for _, item in memory.items()]
    assert left == [FinishedTable, FinishedTable, Subgroup]


def test_a_column_that_differs_between_runs_is_each_runs_own(workspace, run, travel):
    path = travel.input_folder / "recipient.parquet"
    prepared = pd.read_parquet(path)
    prepared.assign(weight=prepared["weight"] * 2).to_parquet(path)
    cache = EstimateCache()
    first, second = cache.source(workspace, run), cache.source(workspace, travel)
    assert (second.weights.full == 2 * first.weights.full).all()
    assert not np.shares_memory(_memory(first, "weight"), _memory(second, "weight"))
    assert (second.table["weight"] == 2 * first.table["weight"]).all()


def _memory(source, name):
    """Return the array that holds a column's values or codes."""
    column = source.table[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.array.codes
    if isinstance(column.dtype, pd.StringDtype):
        return np.frombuffer(column.array.__arrow_array__().chunk(0).buffers()[2], np.uint8)
    return column.to_numpy()


def test_of_different_numbers_of_implicates_the_smaller_is_used_and_said(source):
    assert source.implicates.count == 3
    assert source.notes == ("The runs have 4 and 3 implicates; the first 3 of each are used.",)


def test_households_are_matched_whatever_their_order(workspace, run):
    order = np.random.default_rng(1).permutation(300)
    straight, mixed = add_travel_run(workspace), add_travel_run(workspace, order=order)
    tables = []
    for number, travel in enumerate((straight, mixed)):
        combination = combination_of(workspace, f"c{number}", [(run, ()), (travel, ())])
        tables.append(
            area_estimates(workspace, combination, Statistic("share", JOINT, level="Yes"))
        )
    assert tables[0]["estimate"].tolist() == pytest.approx(tables[1]["estimate"].tolist())


def test_filters_groups_and_ratios_read_variables_of_both(workspace, both, source):
    oil, burden = drawn(source, "fuel") == "oil", drawn(source, "burden") == "Yes"
    table = area_estimates(workspace, both, Statistic("share", "fuel", level="oil"), "burden")
    weight = source.weights.full[:, None]
    share = ((weight * (oil & burden)).sum(0) / (weight * burden).sum(0)).mean()
    assert table.set_index("burden")["estimate"]["Yes"] == pytest.approx(share)
    filtered = area_estimates(
        workspace, both, Statistic("share", "fuel", level="oil"), (), "burden = 'Yes'"
    )
    assert filtered["estimate"].iloc[0] == pytest.approx(share)
    ratio = area_estimates(workspace, both, Statistic("ratio", "energy", denominator="miles"), ())
    energy, miles = drawn(source, "energy"), drawn(source, "miles")
    expected = ((weight * energy).sum(0) / (weight * miles).sum(0)).mean()
    assert ratio["estimate"].iloc[0] == pytest.approx(expected)


def test_a_joint_share_says_what_it_rests_on_and_has_bounds(workspace, both):
    table = area_estimates(workspace, both, Statistic("share", JOINT, level="Yes"))
    assert (table["frechet_lower"] < table["estimate"]).all()
    assert (table["estimate"] < table["frechet_upper"]).all()
    assert table["assumption"].str.contains("RECS 2015 and NHTS 2017 are assumed independent").all()


@pytest.mark.parametrize(
    ("statistic", "where"),
    [
        (Statistic("share", "fuel", level="oil"), "energy > 20"),
        (Statistic("ratio", "energy", denominator="miles"), ""),
        (Statistic("mean", "miles"), "np > 2"),
    ],
)
def test_what_one_donor_decides_alone_needs_no_assumption(workspace, both, statistic, where):
    table = area_estimates(workspace, both, statistic, (), where)
    assert "frechet_lower" not in table
    assert "independent" not in table["assumption"].iloc[0]


def test_a_joint_mean_says_that_it_has_no_bounds(workspace, both):
    table = area_estimates(workspace, both, Statistic("mean", "energy"), (), "burden = 'Yes'")
    assert "frechet_lower" not in table
    assert "is not known" in table["assumption"].iloc[0]


def test_two_of_three_is_a_joint_share_with_bounds(workspace, both, source):
    text = " + ".join(
        f"CASE WHEN {part} THEN 1 ELSE 0 END"
        for part in ("fuel = 'oil'", "energy > 35", "burden = 'Yes'")
    )
    table = area_estimates(workspace, both, Statistic("share", f"{text} >= 2", level="Yes"), ())
    number = (drawn(source, "fuel") == "oil") + 0 + (drawn(source, "energy") > 35)
    number = number + (drawn(source, "burden") == "Yes")
    assert table["estimate"].iloc[0] == pytest.approx(weighted(source, number >= 2))
    assert table["frechet_lower"].iloc[0] < table["frechet_upper"].iloc[0]


def test_ratios_of_totals_and_means_of_ratios_are_different_figures(workspace, both, source):
    of_totals, of_households = (
        area_estimates(workspace, both, statistic, ())
        for statistic in (
            Statistic("ratio", "energy", denominator="np"),
            Statistic("mean", "energy / np"),
        )
    )
    people = source.table["np"].to_numpy()[:, None]
    expected = weighted(source, drawn(source, "energy") / people)
    assert of_households["estimate"].iloc[0] == pytest.approx(expected)
    assert of_totals["estimate"].iloc[0] != pytest.approx(expected, rel=0.01)


def test_groups_of_a_combination_are_compared(workspace, both):
    found = compare_groups(
        workspace, both, Statistic("share", JOINT, level="Yes"), {"tenure": "Owner"}, "np > 3"
    )
    assert 0 < found.first < 1
    assert np.isfinite(found.moe)


def test_a_combination_is_not_compared_with_a_run_of_its_own(workspace, both, run):
    with pytest.raises(InputError, match="hold the run"):
        compare_sources(workspace, both, run, Statistic("mean", "energy"))


class TestRefused:
    def test_two_runs_of_one_donor(self, workspace, run):
        other = add_run(workspace, seed=3)
        with pytest.raises(InputError, match="Fuse all these variables in one run"):
            combination_of(workspace, "twice", [(run, ()), (other, ())])

    def test_runs_on_different_recipients(self, workspace, run):
        add_recipient(workspace, LATER)
        other = add_travel_run(workspace, recipient=LATER)
        with pytest.raises(InputError, match="households of one recipient"):
            combination_of(workspace, "years", [(run, ()), (other, ())])

    def test_common_random_numbers(self, workspace):
        # Two surveys that are really one: their draws depend on each other through the numbers alone.
        runs = [
            add_travel_run(workspace, donor=donor, streams=[stream(4, ("burden",))], m_name=name)
            for donor, name in (("NHTS_2017", "miles"), ("COPY_2017", "trips"))
        ]
        parts = [(runs[0], ("burden",)), (runs[1], ("trips",))]
        combination = combination_of(workspace, "copies", parts)
        with pytest.raises(InputError, match="same random numbers"):
            EstimateCache().source(workspace, combination)

    def test_a_variable_of_both(self, workspace):
        runs = [add_travel_run(workspace, donor=donor) for donor in ("NHTS_2017", "OTHER_2017")]
        combination = combination_of(workspace, "same", [(run, ()) for run in runs])
        with pytest.raises(InputError, match="'burden' was fused by both"):
            EstimateCache().source(workspace, combination)
        apart = combination_of(workspace, "apart", [(runs[0], ()), (runs[1], ("miles",))])
        with pytest.raises(InputError, match="'miles' was fused by both"):
            EstimateCache().source(workspace, apart)

    def test_one_run_alone_and_bad_names(self, workspace, run, travel):
        with pytest.raises(InputError, match="at least two runs"):
            combination_of(workspace, "one", [(run, ())])
        with pytest.raises(InputError, match="not a name"):
            combination_of(workspace, "../outside", [(run, ()), (travel, ())])
        with pytest.raises(InputError, match="named twice"):
            combination_of(workspace, "twice", [(run, ()), (run, ())])

    def test_a_variable_there_is_not(self, workspace, run, travel):
        combination = combination_of(workspace, "odd", [(run, ("energi",)), (travel, ())])
        with pytest.raises(InputError, match="Did you mean 'energy'"):
            EstimateCache().source(workspace, combination)


class TestOutcomes:
    def test_a_saved_outcome_is_asked_for_like_any_variable(self, workspace, both, source):
        put_outcome(both.derived_path, DerivedVariable("burdened", JOINT, label="Both burdens"))
        table = area_estimates(workspace, both, Statistic("share", "burdened", level="Yes"))
        direct = area_estimates(workspace, both, Statistic("share", JOINT, level="Yes"))
        assert table["estimate"].tolist() == direct["estimate"].tolist()
        assert table["frechet_upper"].tolist() == pytest.approx(direct["frechet_upper"].tolist())
        filtered = area_estimates(workspace, both, Statistic("count"), (), "burdened = 'Yes'")
        total = source.weights.full.sum()
        overall = area_estimates(workspace, both, Statistic("share", JOINT, level="Yes"), ())
        assert filtered["estimate"].iloc[0] == pytest.approx(overall["estimate"].iloc[0] * total)

    def test_a_run_has_outcomes_of_its_own_which_its_combinations_have_too(
        self, workspace, run, both
    ):
        put_outcome(run.derived_path, DerivedVariable("per_head", "energy / np", unit="kWh"))
        alone = area_estimates(workspace, run, Statistic("mean", "per_head"))
        assert (alone["estimate"] > 0).all()
        joined = area_estimates(
            workspace, both, Statistic("mean", "per_head"), (), "burden = 'Yes'"
        )
        assert (joined["estimate"] > 0).all()

    def test_outcomes_may_be_cut_into_bins_and_built_from_others(self, workspace, run):
        path = run.derived_path
        put_outcome(path, DerivedVariable("per_head", "energy / np"))
        put_outcome(path, DerivedVariable("high", "per_head > 15"))
        put_outcome(path, DerivedVariable("kinds", "per_head", breakpoints=(10.0, 20.0)))
        shares = area_estimates(workspace, run, Statistic("share", "kinds"), ())
        assert shares["estimate"].sum() == pytest.approx(1.0)
        beyond = area_estimates(
            workspace, run, Statistic("share_above", "per_head", threshold=15), ()
        )
        high = area_estimates(workspace, run, Statistic("share", "high", level="Yes"), ())
        assert high["estimate"].iloc[0] == pytest.approx(beyond["estimate"].iloc[0])

    def test_an_outcome_of_the_households_own_answers_has_no_fusion_error(self, workspace, run):
        table = area_estimates(workspace, run, Statistic("share", "np > 2", level="Yes"))
        assert (table["fusion_share"] == 0).all()

    def test_what_is_stored_is_replaced_on_purpose_only(self, run):
        path = run.derived_path
        put_outcome(path, DerivedVariable("high", "energy > 15"))
        with pytest.raises(ConflictError, match="already"):
            put_outcome(path, DerivedVariable("high", "energy > 20"))
        put_outcome(path, DerivedVariable("high", "energy > 20"), may_replace=True)
        assert [item.expression for item in read_outcomes(path)] == ["energy > 20"]
        put_outcome(path, DerivedVariable("higher", "high = 'Yes' AND np > 2"))
        with pytest.raises(InputError, match="'higher' is built from it"):
            remove_outcome(path, "high")
        remove_outcome(path, "higher")
        assert read_json(path)["format"] == 1

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("enrgy > 3", "enrgy"),
            ("fuel = ", "understood|expects|parse|Write|ends"),
            ("read_csv('x')", "not allowed"),
        ],
    )
    def test_a_wrong_expression_is_refused_in_one_sentence(self, workspace, run, text, message):
        with pytest.raises((ExpressionError, InputError), match=message):
            area_estimates(workspace, run, Statistic("share", text, level="Yes"))

    def test_an_outcome_may_not_take_a_columns_name(self, workspace, run):
        put_outcome(run.derived_path, DerivedVariable("tenure", "energy > 15"))
        with pytest.raises(InputError, match="a variable 'tenure' already"):
            area_estimates(workspace, run, Statistic("mean", "energy"))
