"""The coverage study counts what it says it counts."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "studies"))

from coverage_summary import causes, coverage, with_holds


def repeated(
    bias: float = 0.0, margin: float = 1.645, repeats: int = 400, unseen: float = 0.0
) -> pd.DataFrame:
    """Estimates of one truth, 10, with a standard error of 1."""
    estimate = 10.0 + bias + np.random.default_rng(1).normal(size=repeats)
    return with_holds(
        pd.DataFrame(
            {
                "world": "toy",
                "dimension": "puma",
                "group": "1",
                "variable": "sqft",
                "level": "",
                "statistic": "mean",
                "method": "default",
                "repeat": np.arange(repeats),
                "value": 10.0,
                "unseen": unseen,
                "estimate": estimate,
                "moe": margin,
                "lower": estimate - margin,
                "upper": estimate + margin,
            }
        )
    )


def test_right_margins_hold_the_truth_in_nine_of_ten():
    found = coverage(repeated(), ["groups", "kind"]).iloc[0]
    assert found["coverage"] == pytest.approx(90, abs=4)
    assert found["error"] == pytest.approx(1.5, abs=0.3)
    assert (found["groups"], found["kind"], found["intervals"]) == ("PUMAs", "continuous", 400)


def test_bias_is_told_from_small_margins():
    right, biased, narrow = (
        causes(repeated(**changes), ["kind"]).iloc[0]
        for changes in ({}, {"bias": 2.0}, {"margin": 0.8})
    )
    assert right["margin_to_error"] == pytest.approx(1, abs=0.1)
    assert right["bias_share"] < 0.02
    assert biased["bias_share"] == pytest.approx(0.8, abs=0.05)
    assert biased["margin_to_spread"] == pytest.approx(1, abs=0.1)
    assert narrow["margin_to_spread"] == pytest.approx(0.49, abs=0.05)


def test_what_no_method_could_know_is_told_as_a_share_of_the_error():
    found = causes(repeated(bias=2.0, unseen=1.0), ["kind"]).iloc[0]
    assert found["unseen_share"] == pytest.approx(0.2, abs=0.03)
