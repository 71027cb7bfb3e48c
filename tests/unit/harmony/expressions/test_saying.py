"""Conditions, recipes and head counts in the words people use."""

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.expressions.conditions import (
    Condition,
    Test,
    write_condition,
)
from fusion_core.harmony.expressions.expression_text import say_condition, say_recipe
from fusion_core.harmony.expressions.member_counts import counted
from fusion_core.harmony.expressions.reading import read_condition, read_recipe
from fusion_core.harmony.expressions.recipes import (
    Recipe,
    Recode,
    Step,
    Sum,
    Term,
    write_recipe,
)
from fusion_core.harmony.model.harmony import LevelGroup, Side
from fusion_core.surveys import Dictionary
from fusion_core.surveys.model import Variable

PERSONS = Dictionary(
    [
        Variable("agep", "Age", "person", "integer"),
        Variable("sex", "Sex", "person", "nominal", levels=("Male", "Female")),
        Variable("esr", "Employment status", "person", "nominal", levels=("At work", "No", "Army")),
    ]
)
HOUSEHOLDS = Dictionary(
    [
        Variable("vehq", "Vehicles owned", "household", "integer"),
        Variable("vehql", "Vehicles leased", "household", "integer"),
        Variable("rntp", "Contract rent", "household", "continuous"),
        Variable("x", "", "household", "continuous"),
    ]
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agep >= 16 AND sex = 'Male'", "persons aged 16 or more who are male"),
        ("agep >= 2 AND agep < 16", "persons aged 2 to 15"),
        ("agep BETWEEN 18 AND 64", "persons aged 18 to 64"),
        ("agep < 2", "persons under 2"),
        ("17 >= agep", "persons aged 17 or less"),
        ("agep = 18", "persons whose age is 18"),
        ("sex <> 'Female'", "persons who are male"),
        ("agep < 5 OR agep >= 80", "persons under 5 or aged 80 or more"),
        ("esr NOT IN ('No', 'Army')", "persons whose employment status is not “No” or “Army”"),
        (
            "esr IS NOT NULL AND agep > 15",
            "persons aged 16 or more whose employment status is known",
        ),
    ],
)
def test_a_condition_says_whom_it_describes(text, said):
    assert say_condition(read_condition(text), PERSONS) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "agep + 1 > 3",
        "agep > vehq",
        "NOT agep > 3",
        "a AND (b OR c)",
        "lower(sex) = 'male'",
        "agep >",
    ],
)
def test_what_rows_cannot_say_is_not_read(text):
    assert read_condition(text) is None


def test_brackets_and_reversed_comparisons_are_read():
    assert read_condition("(3 < agep) AND ((sex = 'Male'))") == Condition(
        (Test("agep", "more_than", (3.0,)), Test("sex", "in", ("Male",)))
    )
    assert write_condition(read_condition("agep < 5 OR (agep >= 80)")) == "agep < 5 OR agep >= 80"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vehq + vehql", "vehicles owned plus vehicles leased"),
        (
            "CASE WHEN vehq + vehql > 6 THEN 6 ELSE vehq + vehql END",
            "vehicles owned plus vehicles leased, at most 6",
        ),
        ("rntp * 12", "contract rent, times 12 (a month to a year)"),
        ("12 * rntp", "contract rent, times 12 (a month to a year)"),
        ("2022 - x", "x, counted back from 2022"),
        ("x - 3", "x, minus 3"),
        ("rntp > 0", "contract rent: whether it is more than 0"),
        (
            "coalesce(vehq, 0) + coalesce(vehql, 0)",
            "vehicles owned plus vehicles leased (missing counts as 0)",
        ),
        (
            "CASE WHEN vehq = 1 THEN rntp ELSE 0 END",
            "contract rent for households where vehicles owned is 1, otherwise 0",
        ),
    ],
)
def test_an_adjustment_says_what_it_computes(text, said):
    assert say_recipe(read_recipe(text), HOUSEHOLDS, respondent="household") == said


@pytest.mark.parametrize(
    "text", ["ln(x)", "vehq * vehql", "-x", "least(x, 6)", "x % 2", "CASE WHEN x > 3 THEN 1 END"]
)
def test_what_steps_cannot_say_is_not_read(text):
    assert read_recipe(text) is None


def test_a_cap_keeps_missing_answers_missing():
    text = write_recipe(Recipe(Sum((Term("x"),)), (Step("at_most", 6.0),)))
    assert text == "CASE WHEN x > 6 THEN 6 ELSE x END"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Test("agep", "at_least"),
        lambda: Test("agep", "between", (1.0,)),
        lambda: Test("agep", "at_least", ("18",)),
        lambda: Test("agep", "in"),
        lambda: Test(" ", "missing"),
        lambda: Test("agep", "at_least", (float("inf"),)),
        lambda: Condition(()),
        lambda: Sum(()),
        lambda: Sum((Term("x", -1),)),
        lambda: Recode("sex", ()),
        lambda: Step("divide", 0.0),
        lambda: Step("multiply", float("nan")),
        lambda: Step("replace", 0.0),
        lambda: Recipe(Sum((Term("x"),)), (Step("above", 0.0), Step("multiply", 2.0))),
    ],
)
def test_what_is_not_complete_is_refused(make):
    with pytest.raises(InputError):
        make()


def coded(points, codes, adjustment=""):
    levels = tuple(LevelGroup(str(index), code) for index, code in enumerate(codes))
    return Side("agep", "person", adjustment, points, levels, aggregator="sum")


@pytest.mark.parametrize(
    ("side", "said"),
    [
        (coded((18,), (1, 0)), "persons under 18"),
        (coded((2, 16), (0, 1, 0)), "persons aged 2 to 15"),
        (
            coded((16,), (0, 1), "CASE WHEN sex = 'Female' THEN 0 ELSE agep END"),
            "persons aged 16 or more who are male",
        ),
        (
            coded((2, 16), (0, 1, 0), "CASE WHEN sex = 'Male' THEN 0 ELSE agep END"),
            "persons aged 2 to 15 who are female",
        ),
        (coded((), (), "agep >= 65"), "persons aged 65 or more"),
    ],
)
def test_old_and_new_head_counts_are_read_in_the_same_words(side, said):
    assert say_condition(counted(side, PERSONS), PERSONS) == said


@pytest.mark.parametrize(
    "side",
    [
        coded((18,), (1, 2)),
        coded((18,), (1, 0), "CASE WHEN sex = 'Female' THEN 0 ELSE agep END"),
        coded((10, 20, 30), (1, 0, 1, 0)),
        Side("agep", "person", aggregator="mean"),
    ],
)
def test_what_counts_no_persons_is_not_read_as_a_head_count(side):
    assert counted(side, PERSONS) is None
