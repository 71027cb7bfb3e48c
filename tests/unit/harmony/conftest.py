"""Two small surveys whose harmonized columns can be worked out by hand."""

import pandas as pd
import pytest

from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column


def make_survey(name, households, persons=None, *, price_year=None, geography=()):
    """Build a survey from a household and, if any, a person frame; keys and weights are no answers."""
    keys = {"household_id", "person_number", "weight", *geography}
    variables = [
        variable_from_column(column, table[column], respondent=respondent)
        for table, respondent in ((households, "household"), (persons, "person"))
        if table is not None
        for column in table.columns
        if column not in keys
    ]
    description = SurveyDescription(
        SurveyId(name, "2019"), price_year=price_year, geography=tuple(geography)
    )
    return Survey(description, Dictionary(variables), households, persons)


def categories(values, levels, *, ordered=False):
    return pd.Categorical(values, levels, ordered=ordered)


@pytest.fixture
def donor():
    """Four households that answered about themselves."""
    return make_survey(
        "DONOR",
        pd.DataFrame(
            {
                "household_id": [1, 2, 3, 4],
                "weight": [1.0, 2.0, 3.0, 4.0],
                "region": ["North", "North", "South", "South"],
                "children": [0, 1, 2, 0],
                "dollars": [10_000.0, 20_000.0, 39_999.0, 80_000.0],
                "tenure": categories(["Own", "Rent", "Rent", "Free"], ["Own", "Rent", "Free"]),
            }
        ),
        price_year=2019,
        geography=("region",),
    )


@pytest.fixture
def recipient():
    """Three households with seven members, stored in no particular order."""
    return make_survey(
        "ACS",
        pd.DataFrame(
            {
                "household_id": ["c", "a", "b"],
                "weight": [3.0, 1.0, 2.0],
                "puma": ["0100300", "0100100", "0100200"],
                "hincp": [-5.0, 19_999.0, 20_000.0],
                "ten": categories(["owned", "rented", "owned"], ["owned", "rented", "no cash"]),
            }
        ),
        pd.DataFrame(
            {
                "household_id": ["c", "b", "a", "a", "a", "b", "a"],
                "person_number": [1, 2, 1, 3, 2, 1, 4],
                "weight": [3.0, 2.0, 1.0, 1.0, 1.0, 2.0, 1.0],
                "agep": [80.0, 17.0, 40.0, 12.0, 38.0, 44.0, 2.0],
                "sex": categories(
                    ["Male", "Female", "Female", "Male", "Male", "Male", "Female"],
                    ["Male", "Female"],
                ),
                "schl": categories(
                    ["low", "mid", "high", None, "mid", "low", None],
                    ["low", "mid", "high"],
                    ordered=True,
                ),
            }
        ),
        price_year=2019,
        geography=("puma",),
    )
