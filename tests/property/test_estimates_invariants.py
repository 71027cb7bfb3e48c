"""What must hold of estimates whatever the data are."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion_core.estimates import Statistic, analyze, compare, pool, survey_estimates
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.surveys import WeightDesign

REPLICATES = 8
DESIGN = WeightDesign.successive_difference(REPLICATES)
STATISTICS = [
    Statistic("mean", "energy"),
    Statistic("total", "energy"),
    Statistic("median", "energy"),
    Statistic("share", "fuel"),
    Statistic("count", "fuel"),
    Statistic("share_above", "energy", threshold=2.0),
    Statistic("ratio", "energy", denominator="members"),
]
NUMBERS = ["estimate", "standard_error", "moe", "degrees_of_freedom"]


@st.composite
def samples(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    rows = draw(st.integers(6, 60))
    count = draw(st.integers(1, 5))
    generator = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "puma": generator.choice(["01", "02", "03"], rows),
            "members": generator.integers(1, 6, rows),
            "weight": generator.integers(1, 300, rows).astype(float),
        }
    )
    # Now and then negative, as the Census Bureau's replicate weights are.
    factors = generator.choice([-0.05, 0.3, 1.0, 1.7], (rows, REPLICATES), p=[0.02, 0.2, 0.58, 0.2])
    table[list(DESIGN.columns)] = table[["weight"]].to_numpy() * factors
    implicates = Implicates(
        {
            "energy": FusedVariable("energy", generator.gamma(1.0, 3.0, (rows, count)).round(2)),
            "fuel": FusedVariable(
                "fuel", generator.integers(0, 3, (rows, count)), ("gas", "oil", "wood")
            ),
        }
    )
    return table, implicates, generator


def subset(implicates, rows):
    return Implicates(
        {
            name: FusedVariable(name, variable.values[rows], variable.levels)
            for name, variable in implicates.variables.items()
        }
    )


@settings(max_examples=12)
@given(samples())
def test_replicate_variance_equals_brute_force(case):
    table, implicates, _ = case
    result = analyze(
        implicates, Statistic("mean", "energy"), by="puma", recipient=table, design=DESIGN
    )
    energy = implicates["energy"].values
    count = implicates.count
    for _, row in result[result["n"] > 1].iterrows():
        inside = (table["puma"] == row["puma"]).to_numpy()
        estimates, variances = [], []
        for m in range(count):
            values = energy[inside, m]
            full = np.average(values, weights=table.loc[inside, "weight"])
            squares = 0.0
            for name in DESIGN.columns:
                replicate = table.loc[inside, name].to_numpy()
                squares += ((replicate * values).sum() / replicate.sum() - full) ** 2
            estimates.append(full)
            variances.append(4 / REPLICATES * squares)
        between = np.var(estimates, ddof=1) if count > 1 else 0.0
        total = np.mean(variances) + (1 + 1 / count) * between
        np.testing.assert_allclose(row["estimate"], np.mean(estimates), rtol=1e-9)
        np.testing.assert_allclose(row["standard_error"], np.sqrt(total), rtol=1e-6)


@settings(max_examples=12)
@given(samples())
def test_row_order_does_not_matter(case):
    table, implicates, generator = case
    order = generator.permutation(len(table))
    shuffled = table.iloc[order].reset_index(drop=True)
    for design in (DESIGN, None):
        first = analyze(implicates, STATISTICS, by="puma", recipient=table, design=design)
        second = analyze(
            subset(implicates, order), STATISTICS, by="puma", recipient=shuffled, design=design
        )
        pd.testing.assert_frame_equal(
            first.drop(columns="fusion_share"), second.drop(columns="fusion_share"), rtol=1e-6
        )


@settings(max_examples=12)
@given(samples(), st.sampled_from([0.25, 3.0, 1000.0]))
def test_means_do_not_depend_on_the_scale_of_the_weights_and_totals_are_proportional(case, scale):
    table, implicates, _ = case
    scaled = table.copy()
    names = ["weight", *DESIGN.columns]
    scaled[names] = scaled[names] * scale
    first = analyze(implicates, STATISTICS, by="puma", recipient=table, design=DESIGN)
    second = analyze(implicates, STATISTICS, by="puma", recipient=scaled, design=DESIGN)
    factor = np.where(first["statistic"].isin(["total", "count"]), scale, 1.0)
    for name in ("estimate", "standard_error", "moe"):
        np.testing.assert_allclose(second[name], first[name] * factor, rtol=1e-6, atol=1e-9)


@settings(max_examples=10)
@given(samples())
def test_identical_implicates_leave_the_sampling_variance_alone(case):
    table, implicates, _ = case
    once = subset(implicates, np.arange(len(table)))
    repeated = Implicates(
        {
            name: FusedVariable(name, np.repeat(v.values[:, :1], 4, axis=1), v.levels)
            for name, v in once.variables.items()
        }
    )
    single = Implicates(
        {name: FusedVariable(name, v.values[:, :1], v.levels) for name, v in once.variables.items()}
    )
    many = analyze(repeated, STATISTICS, by="puma", recipient=table, design=DESIGN)
    one = analyze(single, STATISTICS, by="puma", recipient=table, design=DESIGN)
    assert (many["fusion_share"] == 0).all()
    np.testing.assert_allclose(many["standard_error"], one["standard_error"], rtol=1e-9)


@settings(max_examples=10)
@given(samples())
def test_an_area_does_not_differ_from_itself(case):
    table, implicates, _ = case
    area = {"puma": table["puma"].iloc[0]}
    difference = compare(
        implicates, Statistic("mean", "energy"), area, area, recipient=table, design=DESIGN
    )
    assert difference.difference == 0
    assert difference.standard_error == 0
    assert not difference.is_significant


@settings(max_examples=10)
@given(samples())
def test_shares_of_all_levels_sum_to_one_and_counts_to_the_households(case):
    table, implicates, _ = case
    result = analyze(implicates, STATISTICS, by="puma", recipient=table, design=DESIGN)
    sums = result.groupby(["puma", "statistic"])["estimate"].sum()
    households = table.groupby("puma")["weight"].sum()
    for puma, total in households.items():
        np.testing.assert_allclose(sums[puma, "share"], 1.0)
        np.testing.assert_allclose(sums[puma, "count"], total)


@settings(max_examples=10)
@given(samples())
def test_bounds_enclose_the_estimate(case):
    table, implicates, _ = case
    result = analyze(implicates, STATISTICS, by="puma", recipient=table, design=DESIGN)
    known = result[result["moe"].notna()]
    assert (known["lower"] <= known["estimate"] + 1e-9).all()
    assert (known["upper"] >= known["estimate"] - 1e-9).all()
    shares = known[known["statistic"] == "share"]
    assert shares["lower"].between(0, 1).all()
    assert shares["upper"].between(0, 1).all()


@settings(max_examples=10)
@given(samples())
def test_an_observed_variable_gives_the_survey_estimate(case):
    table, implicates, _ = case
    wanted = Statistic("mean", "members")
    beside = analyze(implicates, wanted, by="puma", recipient=table, design=DESIGN)
    alone = survey_estimates(table, DESIGN, wanted, by="puma")
    pd.testing.assert_frame_equal(beside, alone)


@settings(max_examples=40)
@given(
    st.integers(2, 12).flatmap(
        lambda m: st.tuples(
            st.lists(st.floats(-1e3, 1e3), min_size=m, max_size=m),
            st.lists(st.floats(1e-3, 1e3), min_size=m, max_size=m),
        )
    )
)
def test_rubins_rules_by_hand(values):
    estimates, variances = (np.array(item) for item in values)
    count = len(estimates)
    pooled = pool(estimates[None], variances[None], rule="rubin")
    between = sum((estimates - estimates.mean()) ** 2) / (count - 1)
    total = variances.mean() + (1 + 1 / count) * between
    np.testing.assert_allclose(pooled.estimate[0], estimates.mean(), atol=1e-9)
    np.testing.assert_allclose(pooled.total[0], total, rtol=1e-9)
    if between > 1e-6 * variances.mean():
        increase = (1 + 1 / count) * between / variances.mean()
        freedom = (count - 1) * (1 + 1 / increase) ** 2
        np.testing.assert_allclose(pooled.degrees_of_freedom[0], freedom, rtol=1e-6)
