"""A small survey that keeps every convention."""

import pandas as pd
import pytest

from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, WeightDesign
from fusion_core.surveys.model import Variable, variable_from_column


def make_survey(vintage: str = "2020", *, rows: int = 3) -> Survey:
    household = pd.DataFrame(
        {
            "household_id": [f"h{index}" for index in range(rows)],
            "weight": [1.0 + index for index in range(rows)],
            "replicate_1": [1.0] * rows,
            "replicate_2": [2.0] * rows,
            "tenure": pd.Categorical(["Own", "Rent", "Own"][:rows], categories=["Own", "Rent"]),
            "kwh": [10.0, None, 30.0][:rows],
        }
    )
    person = pd.DataFrame(
        {
            "household_id": ["h0", "h0", "h1"],
            "person_number": [1, 2, 1],
            "weight": [1.0, 1.0, 2.0],
            "age": [40, 12, 71],
        }
    )
    variables = [
        Variable("household_id", role="key"),
        Variable("weight", type="continuous", role="weight"),
        variable_from_column("tenure", household["tenure"], description="Own or rent"),
        variable_from_column("kwh", household["kwh"], description="Electricity", unit="kWh"),
        variable_from_column("age", person["age"], description="Age", respondent="person"),
    ]
    description = SurveyDescription(
        SurveyId("TEST", vintage),
        title="A test survey",
        design=WeightDesign.jackknife(2),
        price_year=2020,
        notes=("One note.",),
    )
    return Survey(description, Dictionary(variables), household, person)


@pytest.fixture
def survey() -> Survey:
    return make_survey()
