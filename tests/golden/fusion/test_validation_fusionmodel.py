"""`validate` gives the numbers of fusionModel's ``validate`` on the same implicates."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from fusion_core.fusion.implicates.implicates import Implicates
from fusion_core.validation import interval_coverage, score_variables, validate
from fusion_core.validation.internal.subsets import group_levels

SUBSETS = ("income_bin", "age_bin", "race", "education_bin")
LEVELS = {
    "insulation": [
        "Not insulated",
        "Poorly insulated",
        "Adequately insulated",
        "Well insulated",
    ],
    "aircon": None,
}
COLUMNS = {
    "est.obs": "observed",
    "moe.obs": "observed_moe",
    "est.sim": "simulated",
    "moe.sim": "simulated_moe",
    "est.mean": "overall",
    "est_err": "absolute_percent_error",
    "moe_ratio": "uncertainty_ratio",
    "vad": "value_added",
}


def read_implicates(path):
    frame = pd.read_parquet(path)
    for name, levels in LEVELS.items():
        frame[name] = pd.Categorical(frame[name], categories=levels, ordered=levels is not None)
    return Implicates.from_long(frame, implicate="M")


@pytest.fixture(scope="module")
def reference(shared_data):
    return shared_data / "reference" / "fusionmodel"


@pytest.fixture(scope="module")
def donor(reference):
    bins = pd.read_csv(reference / "validate_subset_bins_donor.csv").astype(str)
    table = pd.read_parquet(reference / "donor.parquet")
    for name in SUBSETS:
        table[name] = bins[name].astype("category")
    return table


@pytest.fixture(scope="module", params=["default", "paper"])
def case(request, reference, donor):
    implicates = read_implicates(reference / f"fused_donor_M40_{request.param}.parquet")
    return request.param, validate(donor, implicates, SUBSETS, weight=None)


def subset_identifiers(donor):
    """The R package numbers the subsets of each combination in order of first appearance."""
    ordered = donor.sort_values(list(SUBSETS), kind="stable")
    combinations = [[name] for name in SUBSETS]
    combinations += [[a, b] for i, a in enumerate(SUBSETS) for b in SUBSETS[i + 1 :]]
    identifiers = {}
    for number, names in enumerate(combinations, start=1):
        seen = {}
        for row in ordered[names].itertuples(index=False):
            seen[tuple(row)] = seen.get(tuple(row), 0) + 1
        large = [levels for levels, count in seen.items() if count >= 30]
        for place, levels in enumerate(large, start=1):
            text = ", ".join(f"{n}: {level}" for n, level in zip(names, levels, strict=True))
            identifiers[text] = f"{number}_{place}"
    return identifiers


def test_every_metric_of_every_subset_is_the_same(reference, donor, case):
    run, validation = case
    expected = pd.read_parquet(reference / f"validate_{run}_metrics.parquet")
    expected["level"] = expected["level"].fillna("")
    found = validation.metrics.assign(
        id=validation.metrics["subset"].map(subset_identifiers(donor))
    ).rename(columns={"variable": "y", "share": "subset_share"})
    both = expected.merge(found, on=["id", "y", "level"], how="outer", indicator=True)
    assert (both["_merge"] == "both").all()
    np.testing.assert_allclose(both["subset_share"], both["share"], rtol=1e-12)
    # The R package truncates share × rows − 1, which rounding sometimes makes one too small.
    truncated = np.trunc(both["n"] / len(donor) * len(donor) - 1)
    correction = t.ppf(0.95, both["n"] - 1) / t.ppf(0.95, truncated)
    both["moe.obs"] *= correction
    both["moe_ratio"] /= correction
    for theirs, ours in COLUMNS.items():
        np.testing.assert_allclose(both[ours], both[theirs], rtol=1e-9, atol=1e-12, err_msg=ours)


def test_the_curves_show_the_same_typical_values(reference, case):
    run, validation = case
    smooth = pd.read_parquet(reference / f"validate_{run}_smooth.parquet")
    for variable in validation.summary["variable"]:
        ours = curve(validation.curves, variable, "absolute_percent_error")
        theirs = smooth[(smooth["VAR"] == variable) & (smooth["metric"] == "est")]
        # Where there are subsets enough to speak of a typical one.
        dense = theirs[theirs["SHR"] < 0.2]
        value = np.interp(dense["SHR"], ours["share"], ours["value"])
        assert np.abs(value - dense["y"]).mean() < 0.25 * dense["y"].mean() + 0.005


def curve(curves, variable, metric):
    return curves[(curves["variable"] == variable) & (curves["metric"] == metric)]


def test_the_summary_is_near_the_published_one(reference, case):
    run, validation = case
    expected = pd.read_csv(reference / f"validate_{run}_perf.csv").set_index("y")
    summary = validation.summary.set_index("variable").loc[expected.index]
    assert np.abs(summary["absolute_percent_error"] - expected["est"]).max() < 0.02
    assert np.abs(summary["value_added"] - expected["vad"]).max() < 0.15
    assert np.abs(summary["uncertainty_ratio"] - expected["moe"]).max() < 0.06


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (
            "default",
            {
                "square_feet": (469.3, 0.318, 0.74),
                "electricity": (2542, 0.325, 0.74),
                "natural_gas": (82.5, 0.606, None),
                "insulation": (0.590, 0.050, None),
                "aircon": (0.426, 0.229, None),
            },
        ),
        (
            "paper",
            {
                "square_feet": (470.5, 0.317, 0.71),
                "electricity": (2543, 0.325, 0.71),
                "natural_gas": (81.9, 0.609, None),
                "insulation": (0.590, 0.050, None),
                "aircon": (0.426, 0.229, None),
            },
        ),
    ],
)
def test_proper_scores_on_the_held_out_half(reference, run, expected):
    truth = pd.read_parquet(reference / "recipient_truth.parquet")
    implicates = read_implicates(reference / f"fused_recipient_M40_{run}.parquet")
    scores = score_variables(truth, implicates, weight=None).set_index("variable")
    for name, (value, skill, coverage) in expected.items():
        assert scores.loc[name, "value"] == pytest.approx(value, rel=2e-3)
        assert scores.loc[name, "skill"] == pytest.approx(skill, abs=2e-3)
        if coverage is not None:
            draws = implicates[name].values
            published = interval_coverage(truth[name].to_numpy(), draws, fair=False)
            assert published == pytest.approx(coverage, abs=0.011)
            assert scores.loc[name, "coverage"] > published


@pytest.mark.parametrize("name", ["income", "age", "education"])
def test_clusters_of_subset_variables_are_at_least_as_tight(reference, name):
    table = pd.read_parquet(reference / "donor.parquet")
    schema = json.loads((reference / "donor_recipient_schema.json").read_text())
    levels = schema["donor"][name]["levels"]
    column = table[name]
    if levels:
        column = pd.Series(pd.Categorical(column, categories=levels, ordered=True), name=name)
    values = (column.cat.codes if levels else column).to_numpy(dtype=float)
    ours, labels = group_levels(column)
    theirs = pd.read_csv(reference / "validate_subset_bins_donor.csv")[f"{name}_bin"].to_numpy()
    assert len(labels) == 5
    # The R package's k-means ends in a local optimum; the exact one is never worse.
    assert spread(values, ours) <= spread(values, theirs) + 1e-9


def spread(values, groups):
    return sum(((values[groups == g] - values[groups == g].mean()) ** 2).sum() for g in set(groups))
