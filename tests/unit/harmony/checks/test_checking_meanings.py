"""What questions ask and answers stand for is checked against lists, statistics and definitions."""

from dataclasses import replace

import pytest

from fusion_core.harmony.checks import Sibling, check_harmony
from fusion_core.harmony.model import Harmony, LevelGroup, Side
from fusion_core.surveys.model import Dictionary, Variable

JOBS = ("Sales or service", "Clerical or administrative support", "Construction", "No job category")
CODED = (
    "OFF-Office Clerks, General",
    "SAL-Cashiers",
    "CON-Carpenters",
    "PRT-Police Officers",
    "MED-Physicians",
    "Less than 16 years old",
)


def side(name, levels, groups, **more):
    items = tuple(LevelGroup(label, code) for label, code in zip(levels, groups, strict=True))
    return Side(name, levels=items, **more)


def found(harmony, donor, recipient, siblings=(), **more):
    dictionaries = Dictionary([donor]), Dictionary([recipient])
    return {item.rule: item for item in check_harmony(harmony, *dictionaries, siblings, **more)}


def jobs(*groups):
    """Return the findings of a grouping of coded occupations against four categories."""
    donor = Variable("occat", "Job Category", levels=JOBS)
    recipient = Variable("occp", "Occupation, 2018 OCC codes", levels=CODED)
    harmony = Harmony(side("occat", JOBS, (1, 2, 3, 4)), side("occp", CODED, groups))
    return found(harmony, donor, recipient)


def test_occupations_in_the_groups_of_their_sections_are_right():
    assert "answer-in-another-group" not in jobs(2, 1, 3, 1, 4, 4)


def test_office_staff_under_construction_is_found_and_moved():
    finding = jobs(3, 1, 3, 1, 4, 4)["answer-in-another-group"]
    assert finding.levels == ("OFF-Office Clerks, General",)
    assert "'Clerical or administrative support'" in finding.fix.label
    moved = {item.level: item.group for item in finding.fix.harmony.recipient.levels}
    assert moved["OFF-Office Clerks, General"] == 2.0


SCHOOL = ("No education", "High school graduate or GED", "Some college")
STEPS = (
    "No schooling completed",
    "Regular high school diploma",
    "GED or alternative credential",
    "1 or more years of college credit, no degree",
)


@pytest.mark.parametrize(
    ("groups", "level"),
    [
        ((1, 2, 3, 3), "GED or alternative credential"),
        ((2, 2, 2, 3), "No schooling completed"),
    ],
)
def test_steps_of_the_education_ladder_are_missed_where_they_belong(groups, level):
    donor = Variable("educ", "Educational attainment", levels=SCHOOL)
    recipient = Variable("schl", "Educational attainment", levels=STEPS)
    harmony = Harmony(side("educ", SCHOOL, (1, 2, 3)), side("schl", STEPS, groups))
    finding = found(harmony, donor, recipient)["answer-in-another-group"]
    assert level in finding.levels or finding.side == "donor"


def test_means_that_lie_far_apart_are_found():
    donor = Variable("usual", "Usual hours", type="integer", mean=1.8, median=0.0)
    recipient = Variable("wkhp", "Usual hours worked", type="integer", mean=20.3, median=15.0)
    finding = found(Harmony(Side("usual"), Side("wkhp")), donor, recipient)["numbers-far-apart"]
    assert "1.8" in finding.sentence
    assert "20.3" in finding.sentence


def test_a_monthly_description_of_a_yearly_amount_is_not_multiplied():
    donor = Variable("inc", "Monthly income", type="integer", mean=61_000, median=43_700)
    recipient = Variable("hincp", "Income, annual", type="integer", mean=80_000, median=60_000)
    assert "periods-differ" not in found(Harmony(Side("inc"), Side("hincp")), donor, recipient)


def test_twelve_times_what_the_dictionary_calls_one_size_is_found():
    donor = Variable("inc", "Household income", type="integer", mean=61_000, median=43_700)
    recipient = Variable("hincp", "Household income", type="integer", mean=80_000, median=60_000)
    harmony = Harmony(Side("inc", adjustment="inc * 12"), Side("hincp"))
    finding = found(harmony, donor, recipient)["factor-against-dictionary"]
    assert finding.fix.harmony.donor.adjustment == ""


HOURS = Variable("wkhp", "Usual hours worked per week past 12 months", type="integer")


def test_full_time_from_fifteen_hours_is_found_and_mended():
    levels = ("Full-time", "Part-time", "Not employed")
    work = Variable("employhh", "Respondent employment status", levels=levels)
    bins = ("under 1", "1 to under 15", "15 or more")
    harmony = Harmony(
        side("employhh", levels, (3, 2, 1)),
        side("wkhp", bins, (1, 2, 3), breakpoints=(1.0, 15.0)),
    )
    finding = found(harmony, work, HOURS)["full-time-from-few-hours"]
    assert finding.fix.harmony.recipient.breakpoints == (1.0, 35.0)
    idle = replace(harmony, donor=side("employhh", levels, (3, 2, 2)))
    assert found(idle, work, HOURS)["workless-with-hours"].levels == ("Not employed",)


def test_households_that_were_not_asked_have_not_zero_workers():
    levels = ("Non-family household", "No workers", "1 worker", "2 workers", "3 or more workers")
    workers = Variable("wif", "Workers in family", levels=levels)
    count = Variable("wrkcount", "Number of workers in household", type="integer")
    bins = ("under 1", "1 to under 2", "2 to under 3", "3 or more")
    harmony = Harmony(
        side("wrkcount", bins, (1, 2, 3, 4), breakpoints=(1.0, 2.0, 3.0)),
        side("wif", levels, (1, 1, 2, 3, 4)),
    )
    assert found(harmony, count, workers)["outsiders-counted-as-none"].levels == (levels[0],)


def test_rent_or_mortgage_is_more_than_rent():
    donor = Variable("x", "Monthly rent or mortgage payment", type="integer")
    recipient = Variable("rntp", "Contract rent, monthly", type="integer")
    finding = found(Harmony(Side("x"), Side("rntp")), donor, recipient)
    assert "mortgage" in finding["amounts-of-different-things"].sentence


def test_questions_on_different_subjects_are_found():
    donor = Variable("race", "Race of householder", levels=("White", "Black"))
    recipient = Variable("ten", "Housing tenure", levels=("Owned", "Rented"))
    harmony = Harmony(side("race", donor.levels, (1, 2)), side("ten", recipient.levels, (1, 2)))
    assert "tenure" in found(harmony, donor, recipient)["questions-differ"].sentence


def test_a_break_inside_a_range_of_the_other_side_is_found():
    levels = ("Under $20,000", "$20,000 to $39,999", "$40,000 to $59,999", "$60,000 or more")
    brackets = Variable("moneypy", "Household income", type="ordered", levels=levels)
    income = Variable("hincp", "Household income", type="integer")
    bins = ("a", "b", "c", "d")

    def cut(*points):
        return Harmony(
            side("moneypy", levels, (1, 2, 3, 4)),
            side("hincp", bins, (1, 2, 3, 4), breakpoints=points),
            ordered=True,
        )

    assert "break-inside-a-range" not in found(cut(20_000, 40_000, 60_000), brackets, income)
    finding = found(cut(20_000, 47_000, 60_000), brackets, income)["break-inside-a-range"]
    assert "47000" in finding.sentence
    assert "40000" in finding.sentence


def vehicles(*points, expression=""):
    levels = ("No vehicles", "1 vehicle", "2 vehicles", "3 or more vehicles")
    count = Variable("vehq", "Number of vehicles", type="integer")
    veh = Variable("veh", "Vehicles available", type="ordered", levels=levels)
    bins = ("a", "b", "c", "d")
    cut = side("vehq", bins, (1, 2, 3, 4), breakpoints=points)
    harmony = Harmony(
        replace(cut, adjustment=expression), side("veh", levels, (1, 2, 3, 4)), ordered=True
    )
    return found(harmony, count, veh)


def test_small_counts_are_cut_exactly():
    assert "break-inside-a-range" not in vehicles(1, 2, 3)
    assert "break-inside-a-range" not in vehicles(0.5, 1.5, 2.5)
    assert "break-inside-a-range" in vehicles(1, 2.8, 3)


def test_what_several_variables_count_together_is_cut_alike():
    assert "break-inside-a-range" in vehicles(1, 2.8, 3, expression="vehq + vehql")
    assert "break-inside-a-range" not in vehicles(1, 2, 3, expression="vehq + vehql")


def test_years_are_counted_back_from_the_year_that_fits():
    levels = (
        "12 months or less",
        "13 to 23 months",
        "2 to 4 years",
        "5 to 9 years",
        "10 to 19 years",
        "20 years or more",
    )
    moved = Variable("hhmove", "Year householder moved in", type="integer", minimum=1930.0)
    mv = Variable("mv", "When moved into this house", type="ordered", levels=levels)
    bins = ("a", "b", "c", "d", "e", "f")

    def cut(*points):
        return Harmony(
            side("hhmove", bins, (6, 5, 4, 3, 2, 1), breakpoints=points),
            side("mv", levels, (1, 2, 3, 4, 5, 6)),
            ordered=True,
        )

    assert "break-inside-a-range" not in found(cut(2000, 2010, 2015, 2017, 2018), moved, mv)
    assert "break-inside-a-range" in found(cut(2000, 2013, 2015, 2017, 2018), moved, mv)


def test_a_break_in_other_prices_is_compared_with_the_labels():
    levels = ("Under $20,000", "$20,000 to $39,999", "$40,000 to $59,999", "$60,000 or more")
    brackets = Variable("moneypy", "Household income", type="ordered", levels=levels)
    income = Variable("hincp", "Household income", type="integer")
    cut = side("hincp", ("a", "b", "c", "d"), (1, 2, 3, 4), breakpoints=(20_000, 54_000, 60_000))
    for changes in ({"adjustment": "hincp * 1.012"}, {"deflate_to_year": 2020}):
        other = replace(cut, **changes)
        harmony = Harmony(side("moneypy", levels, (1, 2, 3, 4)), other, ordered=True)
        assert "break-inside-a-range" in found(harmony, brackets, income)


def test_a_factor_that_sibling_years_lack_is_found():
    donor = Variable("inc", "Household income", type="integer")
    recipient = Variable("hincp", "Household income", type="integer")
    plain = Harmony(Side("inc"), Side("hincp"))
    harmony = replace(plain, recipient=Side("hincp", adjustment="hincp * 12"))
    siblings = [Sibling("ACS 2017", plain), Sibling("ACS 2018", plain)]
    assert "scale-differs-from-siblings" in found(harmony, donor, recipient, siblings)


def test_no_comment_is_no_finding():
    donor = Variable("n", "Number of rooms", type="integer")
    recipient = Variable("rmsp", "Number of rooms", type="integer")
    assert found(Harmony(Side("n", adjustment="n + 1"), Side("rmsp")), donor, recipient) == {}


def test_groups_the_other_side_lacks_are_no_error_while_it_is_unfinished():
    donor = Variable("a", "Anything", levels=("x", "y"))
    recipient = Variable("b", "Anything", levels=("u", "v"))
    harmony = Harmony(side("a", ("x", "y"), (1, 2)), side("b", ("u", "v"), (1, None)))
    assert found(harmony, donor, recipient)["unmatched-group"].severity == "hint"
