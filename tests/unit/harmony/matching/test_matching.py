"""Proposals come from what labels and descriptions say, and never pair different numbers."""

import pytest

from fusion_core.harmony.matching.candidates import CandidateIndex
from fusion_core.harmony.matching.level_matching import propose_groups
from fusion_core.surveys import Dictionary, Variable
from fusion_core.text_similarity import normalise_label

RECIPIENT = Dictionary(
    [
        Variable("agep", "Age", "person", "integer"),
        Variable("sex", "Sex", "person", levels=("Male", "Female")),
        Variable("hfl", "House heating fuel", levels=("Utility gas", "Electricity", "Wood")),
        Variable("bds", "Number of bedrooms", type="integer"),
        Variable("hincp", "Household income in the past 12 months", type="integer"),
        Variable("wgtp", "Household weight", type="integer", role="weight"),
    ]
)


def groups(proposed):
    return {item.level: item.group for item in proposed}


def variable(*levels):
    return Variable("x", levels=levels)


def test_labels_that_differ_in_case_and_punctuation_only_are_equal():
    assert normalise_label("$20,000 – 39,999 (Smith's)") == "20000 39999 smiths"
    found = propose_groups(variable("YES", "no"), variable("No.", "Yes"))
    assert groups(found.donor) == {"YES": 1, "no": 2}
    assert groups(found.recipient) == {"No.": 2, "Yes": 1}
    assert [match.score for match in found.matches] == [1, 1]


def test_similar_labels_are_matched_and_others_stay_open():
    found = propose_groups(
        variable("Never married", "Widow"), variable("Never-married person", "Cat"), minimum=0.7
    )
    assert groups(found.donor) == {"Never married": 1, "Widow": None}
    assert 0.7 <= found.matches[0].score < 1


def test_labels_with_different_numbers_are_never_matched():
    found = propose_groups(variable("1 bedroom", "2 bedrooms"), variable("2 bedroom", "3 bedrooms"))
    assert groups(found.donor) == {"1 bedroom": None, "2 bedrooms": 1}
    assert groups(found.recipient) == {"2 bedroom": 1, "3 bedrooms": None}


def test_several_equal_labels_meet_in_one_group():
    found = propose_groups(variable("Other", "other", "OTHER!"), variable("Other"))
    assert set(groups(found.donor).values()) == {1}


def test_variables_without_levels_have_no_proposal():
    assert propose_groups(variable(), variable("a")).matches == ()


@pytest.mark.parametrize(
    ("donor", "first"),
    [
        (Variable("hhage", "Respondent age", type="integer"), "agep"),
        (Variable("hhsex", "Respondent gender", levels=("Female", "Male")), "sex"),
        (Variable("fuelheat", "Main space heating fuel", levels=("Electricity", "Wood")), "hfl"),
        (Variable("bedrooms", "Number of bedrooms in home", type="integer"), "bds"),
        (Variable("moneypy", "Annual gross household income for the last year"), "hincp"),
    ],
)
def test_the_right_variable_ranks_first_with_a_reason(donor, first):
    best, *others = CandidateIndex(RECIPIENT).rank(donor)
    assert best.variable.name == first
    assert best.reason != "little in common"
    assert all(best.score >= other.score for other in others)


def test_only_answers_are_candidates_and_the_limit_holds():
    index = CandidateIndex(RECIPIENT)
    found = index.rank(Variable("weight", "Household weight"), limit=3)
    assert len(found) == 3
    assert "wgtp" not in [candidate.variable.name for candidate in found]


def test_an_empty_dictionary_has_no_candidates():
    assert CandidateIndex(Dictionary([])).rank(Variable("a")) == ()
