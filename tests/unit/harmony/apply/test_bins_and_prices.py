"""Bins read well, and dollars are converted with published prices only."""

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.apply.prices import deflation_factor, price_years
from fusion_core.harmony.model.binning import bin_labels, format_number


def test_bins_name_both_ends():
    assert bin_labels([18, 65]) == ("under 18", "18 to under 65", "65 or more")
    assert bin_labels([]) == ()
    assert bin_labels([0.5]) == ("under 0.5", "0.5 or more")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-2.5, "-2.5"),
        (150_000, "150000"),
        (1e-7, "0.0000001"),
        (1e20, "100000000000000000000"),
    ],
)
def test_numbers_are_written_as_people_type_them(value, text):
    assert format_number(value) == text


def test_published_constants_are_the_ratio_of_price_indices():
    assert deflation_factor(2019, 2020) == pytest.approx(1.012, abs=5e-4)
    assert deflation_factor(2016, 2015) == pytest.approx(1 / 1.01, abs=5e-3)
    assert deflation_factor(2020, 2020) == 1


def test_a_year_without_prices_names_those_there_are():
    with pytest.raises(InputError, match=r"no year 1889.* from 1990 to"):
        deflation_factor(2019, 1889)
    assert price_years()[-1] == 1990
