"""A suggestion says what becomes of rows without an answer, so that it can be applied as it is."""

from fusion_core.harmony.model import DROP, SurveyPair
from fusion_core.harmony.suggest import SuggestionIndex
from fusion_core.surveys.model import Dictionary, SurveyId, Variable

PAIR = SurveyPair(SurveyId("NHTS", "2017"), SurveyId("ACS", "2024"))
LEVELS = ("Owned", "Rented")


def suggested(donor_missing, recipient_missing):
    question = {"description": "Is the home owned or rented?", "levels": LEVELS}
    donor = Variable("homeown", missing_share=donor_missing, **question)
    recipient = Variable("ten", missing_share=recipient_missing, **question)
    return SuggestionIndex(Dictionary([recipient])).suggest(donor, "ten", PAIR)


def test_rows_without_an_answer_are_left_out_where_there_are_any():
    found = suggested(0.012, 0.0)
    assert (found.harmony.donor.missing, found.harmony.recipient.missing) == (DROP, None)
    assert "households without an answer to homeown (1.2 %) are left out" in found.reasons


def test_nothing_is_said_where_all_have_answered_or_nobody_knows():
    for share in (0.0, None):
        found = suggested(share, share)
        assert (found.harmony.donor.missing, found.harmony.recipient.missing) == (None, None)
        assert not any("left out" in reason for reason in found.reasons)


SCHOOL = ("Yes", "No")
SCHOOLED = ("Less than 3 years old", "Yes, public school", "No")


def enrolled(missing_share=None, levels=SCHOOL):
    donor = Variable(
        "enrolled", "School enrollment", "person", levels=levels, missing_share=missing_share
    )
    recipient = Variable("sch", "School enrollment", "person", levels=SCHOOLED)
    return SuggestionIndex(Dictionary([recipient])).suggest(donor, "sch", PAIR)


def group_of(harmony, side, level):
    return next(item.group for item in harmony.side(side).levels if item.level == level)


def test_people_not_asked_are_left_out_where_the_other_survey_has_none_such():
    found = enrolled()
    assert group_of(found.harmony, "recipient", "Less than 3 years old") == DROP
    assert any("'Less than 3 years old' are left out" in reason for reason in found.reasons)


def test_people_not_asked_stand_with_those_without_an_answer():
    found = enrolled(missing_share=0.1)
    code = group_of(found.harmony, "recipient", "Less than 3 years old")
    assert found.harmony.donor.missing == code != DROP


def test_who_refuses_is_left_out():
    found = enrolled(levels=(*SCHOOL, "Refused"))
    assert group_of(found.harmony, "donor", "Refused") == DROP


def test_ratios_are_compared_with_per_cent_divided_by_a_hundred():
    donor = Variable(
        "ratio",
        "Ratio of income to poverty",
        "person",
        levels=("0.00-0.99", "1.00-1.49", "1.50 or greater"),
    )
    percent = Variable("povpip", "Income-to-poverty ratio", "person", type="integer", maximum=501.0)
    found = SuggestionIndex(Dictionary([percent])).suggest(donor, "povpip", PAIR).harmony
    assert found.recipient.adjustment == "povpip / 100"
    assert found.recipient.breakpoints == (1.0, 1.5)
