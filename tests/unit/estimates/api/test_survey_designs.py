"""Each way to replicate a sample gives the variance that theory says, where theory has a formula."""

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import hadamard

from fusion_core.estimates import Statistic, survey_estimates
from fusion_core.surveys import WeightDesign

GROUPS = 12
MEAN, TOTAL = Statistic("mean", "income"), Statistic("total", "income")


def sample_of(rows, seed=3):
    """Incomes and weights of some households."""
    random = np.random.default_rng(seed)
    return random.lognormal(3, 0.6, rows), random.uniform(5, 15, rows)


def estimated(income, weight, replicates, design, statistic):
    """Return the row of the one estimate; `replicates` has shape (rows, R)."""
    table = pd.DataFrame({"income": income, "weight": weight})
    weights = pd.DataFrame(replicates, columns=list(design.columns))
    return survey_estimates(pd.concat([table, weights], axis=1), design, statistic).iloc[0]


def stratified_replicates(weight, strata, groups):
    """Delete each group of each stratum in turn; the others of the stratum stand in for it."""
    columns = []
    for stratum in np.unique(strata):
        own = strata == stratum
        names = np.unique(groups[own])
        for name in names:
            factors = np.ones(len(weight))
            factors[own] = np.where(groups[own] == name, 0.0, len(names) / (len(names) - 1))
            columns.append(weight * factors)
    return np.column_stack(columns)


def variance_of_total(weighted, strata, groups):
    """Σ_h n_h/(n_h − 1) Σ_i (t_hi − t̄_h)², t_hi the weighted total of group i of stratum h."""
    found = 0.0
    for stratum in np.unique(strata):
        own = strata == stratum
        totals = pd.Series(weighted[own]).groupby(groups[own]).sum().to_numpy()
        found += len(totals) * totals.var(ddof=1)
    return found


def test_the_delete_a_group_jackknife_of_a_total_is_the_variance_between_groups():
    income, weight = sample_of(10 * GROUPS)
    groups, one = np.arange(len(income)) % GROUPS, np.zeros(len(income))
    replicates = stratified_replicates(weight, one, groups)
    row = estimated(income, weight, replicates, WeightDesign.jackknife(GROUPS), TOTAL)
    expected = variance_of_total(weight * income, one, groups)
    assert row["standard_error"] ** 2 == pytest.approx(expected)
    assert row["degrees_of_freedom"] == pytest.approx(GROUPS - 1)


def test_the_jackknife_of_an_unweighted_mean_is_s_over_root_n():
    income, _ = sample_of(40)
    weight = np.full(40, 7.0)
    replicates = stratified_replicates(weight, np.zeros(40), np.arange(40))
    row = estimated(income, weight, replicates, WeightDesign.jackknife(40), MEAN)
    assert row["standard_error"] == pytest.approx(income.std(ddof=1) / np.sqrt(40))


def test_the_stratified_jackknife_adds_up_the_strata():
    strata = np.repeat(np.arange(4), 35)
    groups = np.tile(np.arange(7), 20)
    income, weight = sample_of(140)
    replicates = stratified_replicates(weight, strata, groups)
    design = WeightDesign.stratified_jackknife(28, per_stratum=7)
    row = estimated(income, weight, replicates, design, TOTAL)
    expected = variance_of_total(weight * income, strata, groups)
    assert row["standard_error"] ** 2 == pytest.approx(expected)
    assert row["degrees_of_freedom"] == pytest.approx(28 - 4)


def test_of_a_pair_one_deletion_says_as_much_as_both():
    strata, groups = np.repeat(np.arange(9), 10), np.tile(np.arange(2), 45)
    income, weight = sample_of(90)
    both = stratified_replicates(weight, strata, groups)
    row = estimated(income, weight, both[:, ::2], WeightDesign.paired_jackknife(9), TOTAL)
    expected = variance_of_total(weight * income, strata, groups)
    assert row["standard_error"] ** 2 == pytest.approx(expected)
    assert row["degrees_of_freedom"] == 9


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 0.5])
def test_balanced_half_samples_of_a_total_are_the_pairs_differences(epsilon):
    pairs, replicates = 7, 8
    income, weight = sample_of(2 * pairs)
    stratum, member = np.repeat(np.arange(pairs), 2), np.tile([0, 1], pairs)
    signs = hadamard(replicates)[:, 1:][:, stratum].T * np.where(member == 0, 1, -1)[:, None]
    weights = weight[:, None] * (1 + (1 - epsilon) * signs)
    row = estimated(income, weight, weights, WeightDesign.fay(replicates, epsilon), TOTAL)
    expected = variance_of_total(weight * income, stratum, member)
    assert row["standard_error"] ** 2 == pytest.approx(expected)
    assert row["degrees_of_freedom"] == replicates


@pytest.mark.parametrize(
    ("design", "factor", "multiplier"),
    [
        (WeightDesign.successive_difference(80), 4 / 80, 1.645),
        (WeightDesign.fay(160), 4 / 160, 1.654433),
        (WeightDesign.jackknife(60), 59 / 60, 1.671093),
    ],
    ids=["ACS", "AHS", "RECS 2020"],
)
def test_every_design_is_its_factor_times_the_squared_deviations(design, factor, multiplier):
    income, weight = sample_of(50)
    noise = np.random.default_rng(8).normal(1, 0.1, (50, design.replicates))
    replicates = weight[:, None] * noise
    row = estimated(income, weight, replicates, design, MEAN)
    full = np.average(income, weights=weight)
    loop = 0.0
    for column in replicates.T:
        loop += factor * (np.average(income, weights=column) - full) ** 2
    assert row["standard_error"] == pytest.approx(np.sqrt(loop))
    assert row["moe"] / row["standard_error"] == pytest.approx(multiplier, abs=1e-6)
