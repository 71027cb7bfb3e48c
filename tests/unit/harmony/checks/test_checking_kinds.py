"""Names of things have no order, listed answers are not left out, and none is less than one."""

from dataclasses import replace

import pytest

from fusion_core.harmony.checks import check_harmony
from fusion_core.harmony.model import DROP, Harmony, LevelGroup, Side
from fusion_core.surveys.model import Dictionary, Variable

RACES = ("White", "Black", "Asian", "Other race")
GRADES = ("No schooling", "Grade 5", "High school diploma", "Bachelor's degree")
HAS = ("No, has no tablet", "Yes, has a tablet")


def side(name, levels, groups, **more):
    items = tuple(LevelGroup(label, code) for label, code in zip(levels, groups, strict=True))
    return Side(name, levels=items, **more)


def rules(harmony, donor, recipient):
    found = check_harmony(harmony, Dictionary([donor]), Dictionary([recipient]))
    return {item.rule: item for item in found}


def race(name):
    return Variable(name, "Race", levels=RACES)


def test_an_order_of_races_is_found_and_taken_off():
    groups = (1, 2, 3, 4)
    harmony = Harmony(side("hhrace", RACES, groups), side("rac1p", RACES, groups), ordered=True)
    finding = rules(harmony, race("hhrace"), race("rac1p"))["order-on-names"]
    assert "race have no order" in finding.sentence
    assert not finding.fix.harmony.ordered


@pytest.mark.parametrize(
    ("asked", "levels"),
    [("Educational attainment", GRADES), ("Household income", ("$1 to $9", "$10 to $99", "$100"))],
)
def test_what_can_be_put_in_order_may_be_ordered(asked, levels):
    groups = range(1, len(levels) + 1)
    harmony = Harmony(side("own", levels, groups), side("its", levels, groups), ordered=True)
    variables = [Variable(name, asked, levels=levels) for name in ("own", "its")]
    assert "order-on-names" not in rules(harmony, *variables)


SCHOOL = Variable("educ", "Educational attainment", levels=GRADES)
ATTAINED = ("No schooling completed", "5th or 6th grade", "Regular high school diploma", "Bachelor")
SCHL = Variable("schl", "Educational attainment", levels=ATTAINED)


def attained(*groups):
    return Harmony(side("educ", GRADES, groups), side("schl", ATTAINED, (1, 1, 2, 3)))


def test_an_answer_is_left_out_although_a_list_says_the_other_side_keeps_it():
    finding = rules(attained(1, DROP, 2, 3), SCHOOL, SCHL)["left-out-though-asked"]
    assert finding.levels == ("Grade 5",)
    assert "'5th or 6th grade'" in finding.sentence


def test_who_was_not_asked_may_be_left_out():
    levels = (*GRADES, "Not applicable")
    asked = replace(SCHOOL, levels=levels)
    harmony = replace(attained(1, 1, 2, 3), donor=side("educ", levels, (1, 1, 2, 3, DROP)))
    assert "left-out-though-asked" not in rules(harmony, asked, SCHL)


def counted(at, said="Number of tablets", levels=HAS, minimum=0.0):
    labels = (f"under {at}", f"{at} or more")
    harmony = Harmony(
        side("numtablet", labels, (1, 2), breakpoints=(float(at),)), side("tablet", levels, (1, 2))
    )
    number = Variable("numtablet", said, type="integer", minimum=minimum)
    return rules(harmony, number, Variable("tablet", "Has a tablet", levels=levels))


@pytest.mark.parametrize(("at", "says"), [(2, "1 counts as none"), (0, "0 counts as any")])
def test_a_number_against_none_or_any_is_cut_at_one(at, says):
    finding = counted(at)["none-cut-elsewhere"]
    assert says in finding.sentence
    assert finding.fix.harmony.donor.breakpoints == (1.0,)
    assert [item.group for item in finding.fix.harmony.donor.levels] == [1.0, 2.0]


@pytest.mark.parametrize(
    "other",
    [{"at": 1}, {"at": 65}, {"at": 2, "levels": ("One", "Several")}, {"at": 2, "minimum": 1.0}],
    ids=["at one", "an age", "neither is none", "no zeros"],
)
def test_numbers_cut_for_another_reason_are_no_mistake(other):
    assert "none-cut-elsewhere" not in counted(**other)
