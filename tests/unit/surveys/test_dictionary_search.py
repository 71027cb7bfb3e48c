"""The search box finds variables by name, description and level, in spite of typing errors."""

import pytest

from fusion_core.surveys import Dictionary, SurveyId, Variable
from fusion_core.surveys.search import build_index, search, siblings

RECS, ACS15, ACS19 = SurveyId("RECS", "2015"), SurveyId("ACS", "2015"), SurveyId("ACS", "2019")


@pytest.fixture(scope="module")
def index():
    fuel = ("Natural gas", "Electricity", "Wood pellets")
    recs = [
        Variable("weight", "Final sample weight", role="weight"),
        Variable("fuelheat", "Main space heating fuel", levels=fuel),
        Variable("kwh", "Electricity usage", type="continuous"),
    ]
    acs = [
        Variable("hfl", "House heating fuel", levels=fuel),
        Variable("agep", "Age", respondent="person", type="integer"),
    ]
    return build_index(
        [(RECS, Dictionary(recs)), (ACS15, Dictionary(acs)), (ACS19, Dictionary(acs))]
    )


def names(hits):
    return [f"{hit.entry.survey.name}.{hit.entry.variable.name}" for hit in hits]


def test_without_a_query_everything_is_listed_in_dictionary_order(index):
    assert names(search(index))[:2] == ["RECS.fuelheat", "RECS.kwh"]


def test_weights_and_keys_are_no_answers(index):
    assert not search(index, "weight")


def test_a_name_comes_before_a_description_and_that_before_a_level(index):
    assert names(search(index, "electricity")) == [
        "RECS.kwh",
        "ACS.hfl",
        "ACS.hfl",
        "RECS.fuelheat",
    ]


def test_a_level_that_matches_is_named(index):
    hits = search(index, "pellets")
    assert {hit.level for hit in hits} == {"Wood pellets"}


@pytest.mark.parametrize("query", ["heatng fuel", "heating feul", "HEATING", "heat fuel"])
def test_typing_errors_and_beginnings_are_forgiven(index, query):
    assert "ACS.hfl" in names(search(index, query))


def test_every_word_must_match(index):
    assert names(search(index, "main heating")) == ["RECS.fuelheat"]
    assert search(index, "heating zebra") == []


def test_filters_combine(index):
    assert names(search(index, surveys=frozenset({ACS15}), respondent="person")) == ["ACS.agep"]
    assert names(search(index, types=frozenset({"continuous"}))) == ["RECS.kwh"]


def test_the_same_variable_is_found_in_other_vintages_only(index):
    hit = search(index, "hfl", surveys=frozenset({ACS15}))[0]
    assert [other.survey for other in siblings(index, hit.entry)] == [ACS19]
