"""Variables of the paper, derived from the public files: energy insecurity and the burden of travel."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from fusion_core.derived.definition import DerivedVariable
from fusion_core.derived.storage import put_derived
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId, Variable
from fusion_core.surveys.model import variable_from_column
from fusion_core.workspace.layout import Workspace

SCARCITY = ("scaleb", "scaleg", "scalee")
AGREES = ("01", "02")


def stored(folder: Path, identifier: SurveyId, answers: pd.DataFrame, weight: pd.Series):
    table = answers.assign(household_id=[f"{i:06d}" for i in range(len(answers))])
    table["weight"] = weight.to_numpy(float)
    variables = [
        Variable("household_id", role="key"),
        Variable("weight", type="continuous", role="weight"),
        *(variable_from_column(name, answers[name]) for name in answers),
    ]
    workspace = Workspace.create(folder / "ws")
    workspace.add_survey(Survey(SurveyDescription(identifier), Dictionary(variables), table))
    return workspace.stored_survey(identifier)


def test_travel_is_a_burden_for_those_who_agree_in_nhts_2017(shared_data, tmp_path):
    path = Path(shared_data / "public" / "nhts" / "nhts2017_hhpub.parquet")
    raw = pd.read_parquet(path, columns=["PLACE", "WTHHFIN"])
    answer = raw["PLACE"].astype(str).where(~raw["PLACE"].astype(str).str.startswith("-"))
    place = answer.astype("category")
    survey = stored(
        tmp_path, SurveyId("NHTS", "2017"), pd.DataFrame({"place": place}), raw["WTHHFIN"]
    )
    travel = DerivedVariable(
        "travel",
        "place IN ('01', '02')",
        label="Agrees that travel is a financial burden",
        levels=(("1", "Yes"), ("0", "No")),
    )
    found = put_derived(survey, travel).column("household", "travel")
    assert found.isna().sum() == answer.isna().sum() > 0, "who did not say stays missing"
    np.testing.assert_array_equal(found.eq("Yes"), answer.isin(AGREES))
    weight = raw["WTHHFIN"].to_numpy(float)
    share = weight[found.eq("Yes")].sum() / weight[found.notna()].sum()
    assert 0.2 < share < 0.8


def test_insecurity_is_any_of_the_scarcity_questions_in_recs_2015(shared_data, tmp_path):
    path = Path(shared_data / "public" / "recs" / "recs2015_composite.parquet")
    columns = {name.lower(): name for name in pq.read_schema(path).names}
    absent = [name.upper() for name in SCARCITY if name not in columns]
    if absent:
        pytest.skip(f"the composite file lacks the scarcity questions {', '.join(absent)}")
    raw = pd.read_parquet(path, columns=[*(columns[name] for name in SCARCITY), "NWEIGHT"])
    answers = raw[[columns[name] for name in SCARCITY]].set_axis(SCARCITY, axis=1).astype(float)
    survey = stored(tmp_path, SurveyId("RECS", "2015"), answers, raw["NWEIGHT"])
    expression = " OR ".join(f"{name} BETWEEN 1 AND 2" for name in SCARCITY)
    found = put_derived(survey, DerivedVariable("insec", expression)).column("household", "insec")
    expected = answers.isin([1.0, 2.0]).any(axis=1)
    np.testing.assert_array_equal(found.eq("Yes"), expected)
