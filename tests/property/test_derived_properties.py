"""Derived variables equal what pandas computes directly, whatever the data and the order."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.derived.definition import DerivedVariable
from fusion_core.derived.evaluation import compute, dependency_order
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column

NUMBERS = st.one_of(st.none(), st.integers(-50, 50).map(float))
PERSONS = st.lists(st.tuples(st.integers(0, 5), NUMBERS), min_size=1, max_size=30)
AGGREGATES = {
    "sum": lambda groups: groups.sum(min_count=1),
    "mean": lambda groups: groups.mean(),
    "min": lambda groups: groups.min(),
    "max": lambda groups: groups.max(),
}


def survey_of(persons: list[tuple[int, float | None]], order: np.ndarray) -> Survey:
    household = pd.DataFrame({"household_id": range(6), "weight": 1.0})
    person = pd.DataFrame(persons, columns=["household_id", "x"]).astype({"x": float})
    person["person_number"] = person.groupby("household_id").cumcount() + 1
    person["weight"] = 1.0
    person = person.iloc[order].reset_index(drop=True)
    variables = Dictionary([variable_from_column("x", person["x"], respondent="person")])
    description = SurveyDescription(SurveyId("TEST", "2020"))
    return Survey(description, variables, household, person)


@given(PERSONS, st.sampled_from(sorted(AGGREGATES)), st.integers(0, 1000))
def test_persons_put_together_equal_pandas_whatever_the_order_of_rows(persons, aggregate, seed):
    order = np.random.default_rng(seed).permutation(len(persons))
    survey = survey_of(persons, order)
    found = compute(DerivedVariable("y", "x * 2", aggregate=aggregate), survey)
    doubled = (survey.person["x"] * 2).groupby(survey.person["household_id"])
    expected = AGGREGATES[aggregate](doubled).reindex(range(6))
    np.testing.assert_allclose(found, expected.to_numpy(float))


@given(PERSONS, st.sampled_from(["any", "all"]))
def test_any_and_all_equal_pandas_where_somebody_answered(persons, aggregate):
    survey = survey_of(persons, np.arange(len(persons)))
    found = compute(DerivedVariable("y", "x > 0", aggregate=aggregate), survey)
    known = survey.person.dropna(subset="x")
    holds = (known["x"] > 0).groupby(known["household_id"]).agg(aggregate).reindex(range(6))
    assert [None if pd.isna(item) else item == "Yes" for item in found] == [
        None if pd.isna(item) else bool(item) for item in holds
    ]


@given(st.permutations(range(6)))
def test_a_chain_is_computed_in_one_order_however_it_is_listed(listed):
    chain = [DerivedVariable(f"v{i}", f"v{i - 1} + 1" if i else "kwh") for i in range(6)]
    ordered, cycles = dependency_order([chain[i] for i in listed])
    assert ordered == chain
    assert not cycles
