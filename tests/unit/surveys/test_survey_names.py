"""What the name of a survey says."""

import pytest

from fusion_core.surveys import SurveyId


@pytest.mark.parametrize(
    ("vintage", "years"),
    [("2015", (2015,)), ("2015-2019", (2015, 2019)), ("2020b", (2020,)), ("3", ())],
)
def test_a_vintage_names_years(vintage, years):
    assert SurveyId("ACS", vintage).years == years
