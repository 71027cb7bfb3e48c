"""A suggestion borrows from sibling years, else reads labels, ranges, head counts and prices."""

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.labels.ranges import breakpoints_of, overlap, read_range, read_ranges
from fusion_core.harmony.matching.examples import examples_from
from fusion_core.harmony.matching.level_matching import propose_groups
from fusion_core.harmony.model.harmony import Harmony, HarmonySet, LevelGroup, Side, SurveyPair
from fusion_core.harmony.suggest.suggestions import SuggestionIndex, suggest_by_wording
from fusion_core.surveys import Dictionary, SurveyId, Variable

INF = float("inf")
PAIR = SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", "2019"))
EARLIER = SurveyPair(SurveyId("RECS", "2020"), SurveyId("ACS", "2018"))
AGE = Variable("agep", "Age", "person", "integer")
INCOME = Variable("hincp", "Household income in the past 12 months", type="integer")
FUEL = Variable(
    "hfl", "House heating fuel", levels=("Utility gas", "Electricity", "Coal", "No fuel used")
)
RECIPIENT = Dictionary([AGE, INCOME, FUEL])


def groups(side):
    return {item.level: item.group for item in side.levels}


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("$20,000 - $39,999", (20_000, 40_000)),
        ("Less than $5,000", (-INF, 5_000)),
        ("5 or more", (5, INF)),
        ("3-4 Apartments", (3, 5)),
        ("Before 1950", (-INF, 1950)),
        ("1939 or earlier", (-INF, 1940)),
        ("1 up to 5 acres", (1, 5)),
        ("One", (1, 2)),
        ("12 months or less", (-INF, 13)),
        ("No vehicles", None),
        ("1, 2 and 3", None),
        ("20 to 10", None),
        ("", None),
        ("1e309", None),
    ],
)
def test_labels_name_left_closed_ranges(label, expected):
    assert read_range(label) == expected


def test_ranges_meet_at_breakpoints_and_overlap_by_the_narrower():
    ranges = read_ranges(["Less than 10", "10 to 19", "20 or more"])
    assert breakpoints_of(ranges) == (10, 20)
    assert overlap((1, 3), (2, 10)) == 0.5
    assert overlap((5, INF), (7, INF)) == 1
    assert overlap((-INF, 5), (5, INF)) == 0


def test_income_brackets_bin_the_amount_and_deflate_it():
    levels = ("Less than $20,000", "$20,000 - $59,999", "$60,000 or more")
    donor = Variable("moneypy", "Annual household income", type="ordered", levels=levels)
    found = suggest_by_wording(donor, INCOME, PAIR).harmony
    assert found.recipient.breakpoints == (20_000, 60_000)
    assert found.recipient.deflate_to_year == 2020
    assert list(groups(found.donor).values()) == list(groups(found.recipient).values()) == [1, 2, 3]
    assert found.ordered


def test_a_household_question_takes_the_reference_person():
    donor = Variable("hhage", "Age of householder", type="integer")
    found = suggest_by_wording(donor, AGE, PAIR)
    assert found.harmony.recipient.aggregator == "reference"
    assert "reference person" in " ".join(found.reasons)


def test_years_of_moving_meet_years_since_moving():
    donor = Variable(
        "moved", "Moved in", type="ordered", levels=("1990 to 1999", "2000 to 2009", "2010 to 2019")
    )
    recipient = Variable(
        "mv",
        "Moved in",
        type="ordered",
        levels=("9 years or less", "10 to 19 years", "20 to 29 years"),
    )
    found = propose_groups(donor, recipient, year=2019)
    assert [item.group for item in found.donor] == [1, 2, 3]
    assert [item.group for item in found.recipient] == [3, 2, 1]


def test_denials_and_people_not_asked_find_each_other():
    donor = Variable("x", "Insured", levels=("NIU: Less than 15", "Covered", "Not covered"))
    recipient = Variable(
        "y",
        "Insured",
        levels=("Less than 16 years old", "With insurance coverage", "No insurance coverage"),
    )
    found = propose_groups(donor, recipient)
    assert [item.group for item in found.donor] == [item.group for item in found.recipient]


def test_what_is_left_goes_to_other():
    donor = Variable("x", "Fuel", levels=("Natural gas", "Electricity", "Other"))
    recipient = Variable("y", "Fuel", levels=("Utility gas", "Electricity", "Coal", "Solar"))
    found = propose_groups(donor, recipient)
    assert [item.group for item in found.recipient] == [1, 2, 3, 3]


HEAT = Variable("heat", "Main heating fuel", levels=("Piped", "Current", "Rest of it"))
SIBLING = Harmony(
    Side("heat", levels=tuple(map(LevelGroup, HEAT.levels, (1.0, 2.0, 3.0)))),
    Side("hfl", levels=tuple(map(LevelGroup, FUEL.levels, (1.0, 2.0, 3.0, 3.0)))),
    revision=3,
)


def test_a_sibling_year_is_borrowed_and_named():
    examples = examples_from(HarmonySet(EARLIER, (SIBLING,)))
    found = SuggestionIndex(RECIPIENT, examples).suggest(HEAT, "hfl", PAIR)
    assert groups(found.harmony.recipient) == groups(SIBLING.recipient)
    assert found.reasons == ("as in RECS 2020 → ACS 2018",)
    assert found.harmony.revision == 0


def test_a_borrowed_price_constant_becomes_a_conversion_to_the_right_year():
    money = Variable("pay", "Household income", type="integer")
    side = Side("hincp", adjustment="hincp * 1.031")
    examples = examples_from(HarmonySet(EARLIER, (Harmony(Side("pay"), side),)))
    found = SuggestionIndex(RECIPIENT, examples).suggest(money, "hincp", PAIR)
    assert found.harmony.recipient.adjustment == ""
    assert found.harmony.recipient.deflate_to_year == 2020
    assert found.confidence == "likely"


def test_other_surveys_teach_which_words_mean_the_same():
    other = SurveyPair(SurveyId("AHS", "2019"), SurveyId("ACS", "2018"))
    examples = examples_from(HarmonySet(other, (SIBLING,)))
    donor = Variable("source", "Heat source", levels=("Current", "Piped"))
    found = propose_groups(donor, FUEL, examples=examples)
    taught = {item.level: item.group for item in found.recipient}
    assert (taught["Electricity"], taught["Utility gas"]) == (1, 2)


def test_an_example_raises_its_recipient_and_is_given_as_the_reason():
    other = SurveyPair(SurveyId("AHS", "2019"), SurveyId("ACS", "2018"))
    examples = examples_from(HarmonySet(other, (SIBLING,)), {"heat": HEAT})
    donor = Variable("warmth", "Main heating fuel", levels=HEAT.levels)
    best = SuggestionIndex(RECIPIENT, examples).rank(donor)[0]
    assert best.variable.name == "hfl"
    assert "like heat of AHS 2019" in best.reason


def test_an_unknown_recipient_variable_names_the_nearest():
    with pytest.raises(InputError, match="hfl"):
        SuggestionIndex(RECIPIENT).suggest(HEAT, "hfll", PAIR)
