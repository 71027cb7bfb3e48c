"""A number is cut where answers change that name no numbers: yes and no, full-time and part-time."""

import pytest

from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.suggest import SuggestionIndex
from fusion_core.harmony.suggest.suggestions import suggest_by_wording
from fusion_core.surveys.model import Dictionary, SurveyId, Variable

PAIR = SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", "2019"))
FRIDGES = Variable("numfrig", "Number of refrigerators used", type="integer")
FRIDGE = Variable("refr", "Refrigerator", levels=("Yes", "No"))
HOURS = Variable("wkhp", "Usual hours worked per week past 12 months", "person", "integer")


def groups(side):
    return {item.level: item.group for item in side.levels}


def test_a_count_against_yes_and_no_is_cut_at_one():
    found = suggest_by_wording(FRIDGES, FRIDGE, PAIR).harmony
    assert found.donor.breakpoints == (1.0,)
    assert [item.group for item in found.donor.levels] == [1.0, 2.0]
    assert groups(found.recipient) == {"Yes": 2.0, "No": 1.0}


def test_full_time_is_thirty_five_hours():
    work = Variable(
        "fullpart",
        "Worked full or part time last year",
        "person",
        levels=("NIU: did not work last year", "Full-time", "Part-time"),
    )
    found = suggest_by_wording(work, HOURS, PAIR)
    assert found.harmony.recipient.breakpoints == (1.0, 35.0)
    assert groups(found.harmony.donor) == {
        "NIU: did not work last year": 1.0,
        "Full-time": 3.0,
        "Part-time": 2.0,
    }


def test_a_coded_last_age_reaches_to_the_next_bracket():
    ages = Variable("age", "Age", "person", "ordered", levels=("79", "80", "85"))
    found = suggest_by_wording(ages, Variable("agep", "Age", "person", "integer"), PAIR).harmony
    assert found.recipient.breakpoints == (80.0, 85.0)
    assert [item.group for item in found.recipient.levels] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("donor", [FRIDGES, Variable("rooms", "Rooms", type="integer")])
def test_the_first_candidate_is_called_as_sure_as_the_harmony_suggested_with_it(donor):
    index = SuggestionIndex(
        Dictionary([FRIDGE, Variable("rmsp", "Number of rooms", type="integer"), HOURS])
    )
    first = index.first(donor, PAIR)
    whole = index.suggest(donor, first.variable.name, PAIR)
    assert first.confidence == whole.confidence
