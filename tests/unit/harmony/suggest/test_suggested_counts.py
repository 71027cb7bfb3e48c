"""Head counts, bins named by labels, and sums of several variables, suggested from their wording."""

from __future__ import annotations

import pytest

from fusion_core.harmony.matching.examples import examples_from
from fusion_core.harmony.model.harmony import Harmony, HarmonySet, Side, SurveyPair
from fusion_core.harmony.suggest.suggestions import suggest_by_wording
from fusion_core.surveys import SurveyId, Variable

PAIR = SurveyPair(SurveyId("SPENDING", "2020"), SurveyId("ACS", "2019"))
AGE = Variable("agep", "Age", "person", "integer", minimum=0, maximum=95)
SEX = Variable("sex", "Sex", "person", levels=("Male", "Female"))


def groups(side):
    return {item.level: item.group for item in side.levels}


@pytest.mark.parametrize(
    ("description", "condition"),
    [
        ("Number of household members age 18 or older", "agep >= 18"),
        ("Number of household members age 17 or younger", "agep <= 17"),
        ("Number of members less than 18 age < 18", "agep < 18"),
        ("Number of persons over 64", "agep > 64"),
        ("Number of members under age 2", "agep < 2"),
        ("Number of children", "agep < 18"),
        ("Count of persons with an age between 0 and 4", "agep BETWEEN 0 AND 4"),
        ("Count of adult members at least 21 years old", "agep >= 21"),
        ("Number of males age 16 and over", "agep >= 16 AND sex = 'Male'"),
        ("Number of females age 2 through 15", "agep BETWEEN 2 AND 15 AND sex = 'Female'"),
        ("Number of males and females age 5 to 9", "agep BETWEEN 5 AND 9"),
    ],
)
def test_a_head_count_counts_the_persons_of_the_age_and_sex_named(description, condition):
    donor = Variable("n", description, type="integer")
    found = suggest_by_wording(donor, AGE, PAIR, recipients=(AGE, SEX))
    side = found.harmony.recipient
    assert (side.adjustment, side.aggregator, side.levels) == (condition, "sum", ())
    assert "number of household members" in found.reasons[0]


def test_one_sex_is_never_counted_as_both():
    donor = Variable("n", "Number of males age 16 and over", type="integer")
    found = suggest_by_wording(donor, AGE, PAIR)
    assert found.harmony.recipient.adjustment == ""


def test_a_count_by_more_than_age_and_sex_is_only_a_guess():
    donor = Variable("n", "Number of the householder's children under age 6", type="integer")
    found = suggest_by_wording(donor, AGE, PAIR)
    assert found.harmony.recipient.adjustment == "agep < 6"
    assert found.confidence == "unsure"


def test_the_donor_may_be_the_one_that_has_persons():
    count = Variable("noc", "Number of children under 18", type="integer")
    side = suggest_by_wording(AGE, count, PAIR).harmony.donor
    assert (side.adjustment, side.aggregator) == ("agep < 18", "sum")


def test_years_of_moving_in_are_counted_back_from_the_year_of_the_durations():
    donor = Variable("move", "Year moved in", type="integer", minimum=1919, maximum=2019)
    labels = ("12 months or less", "13 to 23 months", "2 to 4 years", "5 years or more")
    recipient = Variable("mv", "When moved in", type="ordered", levels=labels)
    found = suggest_by_wording(donor, recipient, PAIR)
    assert found.harmony.donor.breakpoints == (2015, 2018, 2019)
    newest_first = [groups(found.harmony.recipient)[label] for label in labels]
    assert [item.group for item in found.harmony.donor.levels] == newest_first[::-1]
    assert "counted back from 2019" in " ".join(found.reasons)


def test_who_did_not_work_meets_the_fewest_weeks():
    donor = Variable("weeks", "Weeks worked", type="integer", minimum=0, maximum=52)
    labels = (
        "Less than 16 years old / Did not work during the past 12 months",
        "50 to 52 weeks",
        "14 to 49 weeks",
        "Less than 14 weeks",
    )
    recipient = Variable("wkw", "Weeks worked", "person", "ordered", levels=labels)
    found = suggest_by_wording(donor, recipient, PAIR).harmony
    assert found.donor.breakpoints == (14, 50)
    assert list(groups(found.recipient).values()) == [1, 3, 2, 1]
    assert found.recipient.aggregator == "reference"


def test_labels_without_numbers_leave_the_number_as_it_is():
    donor = Variable("size", "Size", type="integer")
    recipient = Variable("kind", "Kind", levels=("Detached", "Attached"))
    found = suggest_by_wording(donor, recipient, PAIR)
    assert found.harmony.donor.breakpoints == ()
    assert "name no numbers" in found.reasons[0]


def test_amounts_of_persons_are_added_up_for_the_household():
    donor = Variable("pay", "Amount of income from wages", type="integer")
    recipient = Variable("wagp", "Wages or salary income", "person", "integer")
    assert suggest_by_wording(donor, recipient, PAIR).harmony.recipient.aggregator == "sum"


def money(name, description):
    return Variable(name, description, "person", "continuous")


ASSISTANCE = money("incasist", "Income from assistance")
DONORS = (
    ASSISTANCE,
    money("incchild", "Income from child support"),
    money("incdivid", "Income from dividends"),
    money("incint", "Income from interest"),
    money("incrent", "Income from rent"),
    money("incvet", "Income from veterans' benefits"),
    money("incvet1", "Income from veterans' benefits, first source"),
    money("inctax", "Taxable income"),
    money("fedcred", "Federal income credit"),
    money("incfarm", "Farm income"),
)
OTHER = money("oip", "All other income past 12 months")
INTEREST = money("intp", "Interest, dividends, and net rental income past 12 months")


def test_all_other_income_is_the_sum_of_what_no_other_variable_asks_for():
    found = suggest_by_wording(ASSISTANCE, OTHER, PAIR, donors=DONORS, recipients=(OTHER, INTEREST))
    assert found.harmony.donor.adjustment == "incasist + incchild + incvet + incfarm"
    assert found.confidence == "unsure"
    assert found.reasons[0].startswith("not sure: incasist, incchild, incvet and incfarm")


def test_a_sum_leaves_out_what_another_harmony_holds():
    held = Harmony(Side("incbus", "person", adjustment="incbus + incfarm"), Side("semp", "person"))
    found = suggest_by_wording(
        ASSISTANCE,
        OTHER,
        PAIR,
        donors=DONORS,
        recipients=(OTHER, INTEREST),
        examples=examples_from(HarmonySet(PAIR, (held,))),
    )
    assert found.harmony.donor.adjustment == "incasist + incchild + incvet"


def test_parts_a_question_lists_are_added_up():
    dividends = DONORS[2]
    found = suggest_by_wording(
        dividends, INTEREST, PAIR, donors=DONORS, recipients=(OTHER, INTEREST)
    )
    assert found.harmony.donor.adjustment == "incdivid + incint + incrent"


def test_one_source_of_income_is_no_sum():
    wages = money("wagp", "Wages or salary income")
    found = suggest_by_wording(
        money("incwage", "Wage and salary income"), wages, PAIR, donors=DONORS
    )
    assert found.harmony.donor.adjustment == ""
