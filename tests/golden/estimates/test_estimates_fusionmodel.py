"""The ``paper`` method gives the numbers of fusionModel's ``analyze`` on the same implicates."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import Statistic, analyze, derive
from fusion_core.fusion.implicates.implicates import Implicates
from fusion_core.surveys import WeightDesign

CATEGORICAL = ("insulation", "aircon")
NUMERIC = ("square_feet", "electricity", "natural_gas")
DEFAULT = [
    *(Statistic("share", name) for name in CATEGORICAL),
    *(Statistic("mean", name) for name in NUMERIC),
]
KIND = {"proportion": "share", "mean": "mean", "sum": "total", "count": "count", "median": "median"}


@pytest.fixture(scope="module")
def reference(shared_data):
    return shared_data / "reference" / "fusionmodel"


def read_implicates(path):
    frame = pd.read_parquet(path)
    for name in CATEGORICAL:
        frame[name] = frame[name].astype("category")
    return Implicates.from_long(frame, implicate="M")


@pytest.fixture(scope="module")
def recipient(reference):
    table = pd.read_parquet(reference / "recipient.parquet")
    survey = pd.read_parquet(reference / "recs.parquet").iloc[1::2].reset_index(drop=True)
    replicates = survey[[f"rep_{r}" for r in range(1, 97)]]
    replicates.columns = [f"replicate_{r}" for r in range(1, 97)]
    return pd.concat([table, survey[["weight"]], replicates], axis=1)


@pytest.fixture(scope="module")
def implicates(reference):
    return {
        name: read_implicates(reference / f"fused_recipient_M40_{name}.parquet")
        for name in ("default", "paper")
    }


def matched(result, expected, by):
    keys = [*by, "y", "level", "type"]
    result = result.rename(columns={"variable": "y", "statistic": "type"})
    expected = expected.assign(level=expected["level"].fillna(""), type=expected["type"].map(KIND))
    for name in keys:
        result[name] = result[name].astype(str)
        expected[name] = expected[name].astype(str)
    both = expected.merge(result, on=keys, how="outer", indicator=True)
    assert (both["_merge"] == "both").all()
    return both


def assert_same(both):
    np.testing.assert_allclose(both["estimate"], both["est"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(both["moe_x"], both["moe_y"], rtol=1e-6)
    assert (both["N"] == both["n"]).all()


@pytest.mark.parametrize("run", ["default", "paper"])
@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("overall", []),
        ("income", ["income"]),
        ("race", ["race"]),
        ("division", ["division"]),
        ("income_division", ["income", "division"]),
    ],
)
def test_means_and_shares_with_uniform_weights(reference, recipient, implicates, *, run, name, by):
    expected = pd.read_csv(reference / f"analyze_{run}_M40_{name}.csv")
    result = analyze(
        implicates[run], DEFAULT, by=by, recipient=recipient, weight=None, method="paper"
    )
    assert_same(matched(result, expected, by))


def test_every_kind_with_survey_weights(reference, recipient, implicates):
    expected = pd.read_csv(reference / "analyze_default_M40_weighted_income.csv")
    both = weighted(expected, recipient, implicates, WeightDesign())
    assert_same(both[both["type"] != "median"])
    assert_medians(both)


def test_every_kind_with_replicate_weights(reference, recipient, implicates):
    expected = pd.read_csv(reference / "analyze_default_M40_repweights_income.csv")
    both = weighted(expected, recipient, implicates, WeightDesign.fay(96))
    assert_same(both[both["type"] != "median"])
    assert_medians(both)


def weighted(expected, recipient, implicates, design):
    statistics = [
        *(Statistic(kind, name) for kind in ("share", "count") for name in CATEGORICAL),
        *(Statistic(kind, name) for kind in ("mean", "total", "median") for name in NUMERIC),
    ]
    result = analyze(
        implicates["default"],
        statistics,
        by="income",
        recipient=recipient,
        design=design,
        method="paper",
    )
    return matched(result, expected, ["income"])


def assert_medians(both):
    # The R package bootstraps the margin of a median of up to 1,000 households with R's random
    # numbers; Woodruff's interval takes its place, so margins can only agree roughly.
    medians = both[both["type"] == "median"]
    assert len(medians) == 24
    np.testing.assert_allclose(medians["estimate"], medians["est"], rtol=1e-12)
    assert 0.8 < (medians["moe_y"] / medians["moe_x"]).median() < 1.25


def test_derived_variables(reference, recipient, implicates):
    fused = derive(
        implicates["default"], "kwh_per_ft2", lambda v: v["electricity"] / v["square_feet"]
    )
    fused = derive(fused, "use_natural_gas", lambda v: v["natural_gas"] > 0)
    statistics = [
        Statistic("mean", "electricity"),
        Statistic("mean", "kwh_per_ft2"),
        Statistic("share", "use_natural_gas"),
    ]
    result = analyze(fused, statistics, recipient=recipient, method="paper")
    expected = pd.read_csv(reference / "analyze_default_M40_fun.csv", dtype={"level": str})
    expected["level"] = expected["level"].str.capitalize()
    assert_same(matched(result, expected, []))


def test_one_implicate_gives_the_same_estimate(reference, recipient, implicates):
    fused = implicates["default"]
    first = Implicates(
        {
            name: dataclasses.replace(variable, values=variable.values[:, :1])
            for name, variable in fused.variables.items()
        }
    )
    result = analyze(
        first, Statistic("mean", "electricity"), recipient=recipient, weight=None, method="paper"
    )
    expected = pd.read_csv(reference / "analyze_default_M1.csv")
    assert result["estimate"][0] == pytest.approx(expected["est"][0], rel=1e-12)
