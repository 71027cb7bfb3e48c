"""Who is counted, what is left out, and expressions other years write otherwise."""

from __future__ import annotations

from itertools import product

import pytest

from fusion_core.harmony.checks import Sibling, check_harmony
from fusion_core.harmony.model import DROP, Harmony, LevelGroup, Side, bin_labels
from fusion_core.surveys.model import Dictionary, Variable

AGE = Dictionary([Variable("agep", "Age", "person", type="integer")])


def donor(text):
    return Dictionary([Variable("count", text, type="integer")])


def by_bins(points, codes):
    levels = map(LevelGroup, bin_labels(points), codes)
    return Side("agep", "person", breakpoints=points, levels=tuple(levels), aggregator="sum")


def by_text(text):
    return Side("agep", "person", adjustment=text, aggregator="sum")


def rules(harmony, first=None, second=None, *, siblings=()):
    others = [Sibling(f"ACS {2015 + at}", item) for at, item in enumerate(siblings)]
    return {item.rule: item for item in check_harmony(harmony, first, second, others)}


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Number of household members age 17 or younger", by_bins((18.0,), (1.0, 0.0))),
        ("Number of males age 2 through 15", by_bins((2.0, 16.0), (0.0, 1.0, 0.0))),
        ("Number of members under age 2", by_bins((2.0,), (1.0, 0.0))),
        ("Number of persons over 64 sum of members where age > 64", by_bins((65.0,), (0.0, 1.0))),
        ("Count of adult household members at least 18 years old", by_text("agep > 17")),
        ("Number of household members age 18 to 64", by_text("agep >= 18 AND agep <= 64")),
        ("Number of vehicles", by_bins((18.0,), (0.0, 1.0))),
    ],
)
def test_the_age_a_question_names_is_the_age_counted(text, side):
    assert "counts-another-age" not in rules(Harmony(Side("count"), side), donor(text), AGE)


@pytest.mark.parametrize(
    "side",
    [by_bins((18.0,), (0.0, 1.0)), by_bins((17.0,), (1.0, 0.0)), by_text("agep >= 17")],
)
def test_another_age_than_the_question_names_is_found(side):
    text = "Number of household members age 17 or younger"
    assert "counts-another-age" in rules(Harmony(Side("count"), side), donor(text), AGE)


@pytest.mark.parametrize("groups", product((0.0, 1.0), repeat=3))
def test_whatever_ages_are_counted_a_sentence_says_which(groups):
    side = by_bins((18.0, 65.0), groups)
    text = "Number of household members age 17 or younger"
    found = rules(Harmony(Side("count"), side), donor(text), AGE)
    if any(groups) and groups != (1.0, 0.0, 0.0):
        assert "counts persons " in found["counts-another-age"].sentence
    if all(groups):
        assert "counts persons of any age; 'count'" in found["counts-another-age"].sentence


def test_where_the_others_are_meant_one_click_counts_them():
    harmony = Harmony(Side("count"), by_bins((18.0,), (0.0, 1.0)))
    text = "Number of household members age 17 or younger"
    found = rules(harmony, donor(text), AGE)["counts-another-age"]
    assert [item.group for item in found.fix.harmony.recipient.levels] == [1.0, 0.0]


def grouped(**groups):
    return tuple(LevelGroup(level.replace("_", " "), group) for level, group in groups.items())


FUEL = Side("hfl", levels=grouped(Utility_gas=1, Electricity=2, Wood=3))


def test_an_answer_left_out_that_the_other_side_keeps_is_found():
    left = Side("heat", levels=grouped(Gas=1, Electricity=2, Wood=DROP))
    found = rules(Harmony(left, FUEL))["left-out-beside-its-like"]
    assert found.levels == ("Wood",)
    assert found.fix.harmony.donor.levels[2].group == 3


def test_an_answer_only_one_side_has_may_be_left_out():
    left = Side(
        "heat", levels=(*grouped(Gas=1, Electricity=2, Wood=3), LevelGroup("Not asked", DROP))
    )
    assert "left-out-beside-its-like" not in rules(Harmony(left, FUEL))


def test_what_other_years_keep_is_found_where_it_is_left_out():
    kept = Harmony(Side("heat", levels=grouped(Gas=1, Steam=3)), FUEL)
    left = Harmony(Side("heat", levels=grouped(Gas=1, Steam=DROP)), FUEL)
    assert rules(left, siblings=[kept, kept])["left-out-unlike-siblings"].levels == ("Steam",)
    assert "left-out-unlike-siblings" not in rules(left, siblings=[kept, left])


def test_codes_that_are_added_up_are_compared_as_numbers():
    right = Harmony(Side("count"), by_bins((18.0,), (1.0, 0.0)))
    wrong = Harmony(Side("count"), by_bins((18.0,), (0.0, 1.0)))
    assert len(rules(wrong, siblings=[right, right])["counted-unlike-siblings"].levels) == 2
    assert "counted-unlike-siblings" not in rules(right, siblings=[right, right])


def amount(text):
    return Harmony(Side("income", adjustment=text), Side("hincp"))


@pytest.mark.parametrize("text", ["a + b", "a + b - c", "c + a", "x + a + b + c", ""])
def test_a_sum_other_years_write_otherwise_is_found(text):
    others = [amount("a + b + c")] * 2
    assert rules(amount(text), siblings=others)["adjustment-unlike-siblings"].fix is not None


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("c + b+a", ["a + b + c"] * 2),
        ("2019 - moved", ["2018 - moved", "2017 - moved"]),
        ("income * 1.02", ["", ""]),
        ("agep < 18", ["agep <= 17"] * 2),
        ("a + b", ["a + b + c", "a + b"]),
    ],
)
def test_what_says_the_same_or_changes_every_year_is_no_finding(text, others):
    found = rules(amount(text), siblings=[amount(item) for item in others])
    assert "adjustment-unlike-siblings" not in found


def test_a_comparison_turned_is_found():
    harmony = Harmony(Side("count"), by_text("agep > 17"))
    other = Harmony(Side("count"), by_text("agep <= 17"))
    assert "adjustment-unlike-siblings" in rules(harmony, siblings=[other, other])
