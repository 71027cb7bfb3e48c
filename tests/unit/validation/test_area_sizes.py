"""What curves of subsets say of areas: how large they must be, and what to expect of the smallest."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.validation.report import AreaSizes, area_size_finding, area_size_findings

SIZES = AreaSizes(
    1_000_000.0,
    {"puma": np.full(20, 50_000.0), "state": np.array([600_000.0, 300_000.0, 100_000.0])},
)


def curves(shares, errors, variable="kwh"):
    return pd.DataFrame(
        {
            "variable": variable,
            "metric": "absolute_percent_error",
            "share": shares,
            "value": errors,
        }
    )


def test_areas_large_enough_are_counted_and_a_single_puma_is_told():
    found = area_size_finding("kwh", curves([0.01, 0.05, 0.2, 0.5], [0.3, 0.12, 0.04, 0.01]), SIZES)
    assert found.text == (
        "kwh: typically off by less than 5 % in areas of 200,000 households or more (2 of 3 states);"
        " in a single PUMA (about 50,000 households) expect an error of about 12 %."
    )
    assert found.tone == "fair"


def test_a_puma_smaller_than_every_subset_is_beyond_what_was_tested():
    small = AreaSizes(10_000_000.0, {"puma": np.full(200, 50_000.0)})
    found = area_size_finding("kwh", curves([0.02, 0.5], [0.04, 0.01]), small)
    assert "0.5 % of all, is beyond what was tested" in found.text
    assert "the smallest subsets have 2 % of households and are off by 4 %" in found.text
    assert found.tone == "fair"


def test_known_answers_tell_of_pumas_that_curves_cannot():
    known = pd.DataFrame(
        {
            "variable": ["tenure", "tenure", "size", "hidden by the recipient alone"],
            "beyond": [0.06, 0.06, 0.1, 9.0],
            "mean": [0.6, 0.4, 2.5, 1.0],
            "own": [False, False, False, True],
        }
    )
    *_, found = area_size_findings(["kwh"], curves([0.02, 0.5], [0.04, 0.01]), SIZES, known=known)
    assert found.text == (
        "Where the answer is known (2 variables), single PUMAs are off by 4 % (size) to 12 %"
        " (tenure) beyond sampling error."
    )


def test_a_size_no_area_has_is_said_to_be_so():
    one = AreaSizes(1_000_000.0, {"puma": np.full(20, 50_000.0)})
    found = area_size_finding("kwh", curves([0.01, 0.3, 0.5], [0.4, 0.3, 0.08]), one)
    words = "25 % in areas of 500,000 households or more, which no area of the recipient has"
    assert words in found.text
    assert found.tone == "poor"


def test_errors_that_never_get_small_are_said():
    found = area_size_finding("kwh", curves([0.01, 0.5], [0.9, 0.4]), SIZES)
    assert found.text.startswith("kwh: off by more than 25 % in areas of every size")


def test_without_areas_or_curves_nothing_is_said():
    assert area_size_finding("kwh", curves([], []), SIZES) is None
    assert area_size_finding("kwh", curves([0.1], [0.1]), AreaSizes(1.0, {})) is None
    assert area_size_findings(["kwh"], curves([0.1], [0.1]), None) == []


def test_the_least_certain_variable_comes_first():
    both = pd.concat([curves([0.1, 0.5], [0.1, 0.01]), curves([0.1, 0.5], [0.3, 0.02], "gas")])
    found = area_size_findings(["kwh", "gas"], both, SIZES)
    assert [item.variable for item in found] == ["gas", "kwh"]


@pytest.mark.parametrize(
    ("households", "words"), [(0.4, "about 1 household)"), (81_234.0, "about 81,000 households)")]
)
def test_sizes_are_written_with_two_digits(households, words):
    sizes = AreaSizes(1e6, {"puma": np.array([households])})
    assert words in area_size_finding("kwh", curves([0.5, 0.9], [0.1, 0.05]), sizes).text


def test_counties_put_together_from_pumas_are_counted_and_pumas_are_what_is_told_of():
    counties = np.array([250_000.0, 40_000.0, 3_000.0])
    sizes = AreaSizes(SIZES.households, SIZES.kinds, {"county": counties})
    found = area_size_finding("kwh", curves([0.01, 0.05, 0.2, 0.5], [0.3, 0.12, 0.04, 0.01]), sizes)
    assert "(2 of 3 states, 1 of 3 counties); in a single PUMA" in found.text
