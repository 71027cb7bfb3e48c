"""Weighted sums are computed once, and add up from smaller groups to larger ones."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import Statistic
from fusion_core.estimates.api.analysis import estimate_targets
from fusion_core.estimates.runs.estimate_data import EstimateData
from fusion_core.estimates.statistics.group_sums import GroupSums
from fusion_core.estimates.statistics.groups import Groups, group_rows
from fusion_core.estimates.statistics.weights import WeightMatrix
from fusion_core.fusion import FusedVariable, Implicates
from fusion_core.lru_cache import LruCache
from fusion_core.surveys import WeightDesign

ROWS = 400


@pytest.fixture
def source():
    generator = np.random.default_rng(4)
    area = generator.integers(0, 12, ROWS)
    table = pd.DataFrame({"puma": area, "state": area // 4, "size": generator.integers(1, 5, ROWS)})
    weights = generator.uniform(1, 9, (ROWS, 1)) * generator.choice([0.3, 1.0, 1.7], (ROWS, 9))
    fused = {"energy": FusedVariable("energy", generator.gamma(2.0, 10.0, (ROWS, 3)))}
    design = WeightDesign.successive_difference(8)
    return EstimateData(table, WeightMatrix(weights, design), Implicates(fused))


def estimate(source, statistic, by, where=""):
    groups = source.breakdown(by, where).groups
    targets = source.targets([statistic], where)
    sums = source.sums(by, where)
    known = estimate_targets(groups, source.weights, targets, sums=sums)[0].pooled
    anew = estimate_targets(groups, source.weights, targets)[0].pooled
    return known, anew


@pytest.mark.parametrize("where", ["", "size > 2", "energy > 15"])
def test_states_add_up_from_their_areas(source, where):
    mean = Statistic("mean", "energy")
    for by in (["puma"], ["state"], [], ["state", "size"], ["size"]):
        known, anew = estimate(source, mean, by, where)
        np.testing.assert_allclose(known.estimate, anew.estimate, rtol=1e-12)
        np.testing.assert_allclose(known.total, anew.total, rtol=1e-9)
        np.testing.assert_allclose(known.degrees_of_freedom, anew.degrees_of_freedom, rtol=1e-9)


class Counted:
    """A measure that counts how often it is asked."""

    key = ("counted",)

    def __init__(self):
        self.asked = 0

    def __call__(self, rows):
        self.asked += 1
        return np.ones((len(range(ROWS)[rows]) if isinstance(rows, slice) else len(rows), 1))


def test_the_second_question_reads_no_household_again(source):
    measure = Counted()
    first = source.sums(["puma"], "").of([measure])[0]
    assert measure.asked == 12
    assert source.sums(["puma"], "").of([measure])[0] is first
    state = source.sums(["state"], "").of([measure])[0]
    assert measure.asked == 12
    assert state.sum() == pytest.approx(source.weights.values.sum())


def test_other_households_are_other_sums(source):
    everybody = source.sums(["puma"], "").of([Counted()])[0]
    some = source.sums(["puma"], "size > 2").of([Counted()])[0]
    assert some.sum() < everybody.sum()


def test_filters_take_no_more_memory_the_more_of_them_are_typed(source):
    memory = LruCache(20 * ROWS)
    kept = EstimateData(source.table, source.weights, source.implicates, memory=memory)
    for number in range(60):
        where = f"energy > {number / 10}"
        found = kept.sums(["puma"], where).of([Counted()])[0]
        assert found.sum() == source.sums(["puma"], where).of([Counted()])[0].sum()
        assert memory.nbytes <= 20 * ROWS
    assert len(memory.items()) < 10


def test_groups_in_parts_are_the_same_groups(source):
    groups, _ = group_rows(source.table, ["puma", "size"])
    parts = groups.parts(5)
    assert sum(len(part) for part in parts) == len(groups)
    together = [list(np.atleast_1d(rows)) for part in parts for rows in part]
    assert together == [list(np.atleast_1d(rows)) for rows in groups]
    assert groups.pick(np.array([3, 0])).sizes.tolist() == groups.sizes[[3, 0]].tolist()


def test_groups_across_larger_ones_are_not_added_up():
    fine = Groups.from_codes(np.array([0, 0, 1, 1, 2, 2]), 3)
    assert fine.within(Groups.from_codes(np.array([0, 0, 0, 0, 1, 1]), 2), 6).tolist() == [0, 0, 1]
    assert fine.within(Groups.from_codes(np.array([0, 1, 0, 1, 0, 1]), 2), 6) is None
    assert fine.within(Groups.from_codes(np.array([0, 0, 0, 0, -1, -1]), 1), 6) is None


def test_sums_too_large_for_memory_are_computed_in_parts(source, monkeypatch):
    monkeypatch.setattr(
        "fusion_core.estimates.statistics.group_sums._LARGEST_BYTES", 9 * 40 * 8 * 2
    )
    groups = source.breakdown(["puma"], "").groups
    assert len(GroupSums(groups, source.weights.values).parts()) > 3
    known, anew = estimate(source, Statistic("mean", "energy"), ["puma"])
    np.testing.assert_allclose(known.total, anew.total)


def test_predictors_of_the_donors_regression_are_read_once_too(source):
    asked = []

    def households(groups):
        asked.append(len(groups))
        return groups.sizes.astype(float)

    for by in (["puma"], ["state"], ["puma"], []):
        groups = source.breakdown(by, "").groups
        found = source.sums(by, "").added("households", households)
        np.testing.assert_array_equal(found, groups.sizes)
    assert asked == [12]


def test_full_weight_sums_are_those_of_the_estimate(source):
    groups = source.breakdown(["puma"], "").groups
    anew = GroupSums(groups, source.weights.values)
    for sums in (source.sums(["puma"], ""), anew):
        expected = [source.weights.full[rows].sum() for rows in groups]
        assert sums.of_full_weight(Counted()) == pytest.approx(expected)
