"""The ``fusionacs`` method gives the numbers of fusionACS's ``analyze`` to their printed digits."""

import json

import pandas as pd
import pytest

from fusion_core.estimates import Statistic, analyze
from fusion_core.fusion.implicates.implicates import Implicates


@pytest.fixture(scope="module")
def case(reference):
    frame = pd.read_csv(reference / "analyze_input.csv")
    frame["x"] = frame["x"].astype("category")
    implicates = Implicates.from_long(frame[["M", "y", "x"]], implicate="M")
    recipient = frame.loc[frame["M"] == 1, ["weight", "g"]].reset_index(drop=True)
    gold = json.loads((reference / "analyze_golden.json").read_text())
    return implicates, recipient, gold


def estimate(case, statistics, by=None):
    implicates, recipient, _ = case
    return analyze(implicates, statistics, by=by, recipient=recipient, method="fusionacs")


def printed(value):
    """Round to the five significant digits of the reference."""
    return float(f"{value:.5g}")


def assert_printed_digits(result, expected):
    assert len(result) == len(expected)
    for (_, row), reference in zip(result.iterrows(), expected, strict=True):
        assert printed(row["estimate"]) == reference["est"]
        assert printed(row["moe"]) == reference["moe"]


def test_mean_and_total(case):
    result = estimate(case, [Statistic("mean", "y"), Statistic("total", "y")])
    expected = [row for row in case[2]["numeric"] if row["type"] != "median"]
    assert_printed_digits(result, expected)


def test_mean_by_group(case):
    result = estimate(case, [Statistic("mean", "y")], by="g")
    assert list(result["g"]) == [row["g"] for row in case[2]["by_g"]]
    assert_printed_digits(result, case[2]["by_g"])


def test_shares_and_counts(case):
    assert_printed_digits(estimate(case, [Statistic("share", "x")]), case[2]["prop"])
    assert_printed_digits(estimate(case, [Statistic("count", "x")]), case[2]["sum_cat"])


def test_shares_beside_counts_stay_shares(case):
    # The R package halves them when both are asked for, and returns shares as counts.
    both = estimate(case, [Statistic("share", "x"), Statistic("count", "x")])
    shares = both[both["statistic"] == "share"]
    assert shares["estimate"].sum() == pytest.approx(1)
    assert_printed_digits(shares, case[2]["prop"])


def test_median(case):
    result = estimate(case, [Statistic("median", "y")]).iloc[0]
    expected = next(row for row in case[2]["numeric"] if row["type"] == "median")
    assert printed(result["estimate"]) == expected["est"]
    # The density at the median is read off two quantiles whose interpolation is the R package's own.
    assert result["moe"] == pytest.approx(expected["moe"], rel=1e-3)
