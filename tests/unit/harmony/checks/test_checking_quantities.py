"""Labels are read as the numbers and units they name; brackets are compared across the sides."""

from dataclasses import replace
from math import inf

import pytest

from fusion_core.harmony.checks.check import check_harmony
from fusion_core.harmony.labels.quantities import Quantity, comparable, quantities, read_quantity
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side


@pytest.mark.parametrize(
    ("label", "low", "high", "unit"),
    [
        ("$20,000 - $39,999", 20_000, 40_000, "dollar"),
        ("$ 0 to $ 4,999", 0, 5_000, "dollar"),
        ("LESS THAN $5,000", -inf, 5_000, "dollar"),
        ("$140,000 or more", 140_000, inf, "dollar"),
        ("$20,000 and Over", 20_000, inf, "dollar"),
        ("75,000 TO 99,999", 75_000, 100_000, ""),
        ("12 months or less", -inf, 13, "month"),
        ("13 to 23 months", 13, 24, "month"),
        ("less than 2 years", -inf, 2, "year"),
        ("30 years or more", 30, inf, "year"),
        ("1-5 years ago", 1, 6, "year"),
        ("Less than 16 years old", -inf, 16, "year of age"),
        ("50 to 52 weeks worked during past 12 months", 50, 53, "week"),
        ("1/8 up to 1/4 acre", 0.125, 0.25, "acre"),
        ("House on one to less than ten acres", 1, 10, "acre"),
        ("[1993 to 2004)", 1993, 2004, ""),
        ("18 to under 65", 18, 65, ""),
        ("1939 or earlier", -inf, 1940, ""),
        ("1 person 65 and over", 1, 2, ""),
        ("10+ units in structure", 10, inf, ""),
        ("6.5 to 7.9", 6.5, 8.0, ""),
    ],
)
def test_a_quantity_is_read_with_its_unit(label, low, high, unit):
    found = read_quantity(label)
    assert (found.low, found.unit) == (low, unit)
    assert found.high == pytest.approx(high)


@pytest.mark.parametrize(
    "label",
    [
        "10th grade",
        "Yes",
        "One, detached",
        "kids 6-17",
        "$150,000 - $1999,999",
        "39 to 30",
        "",
        "1st, 2nd or 3rd grade",
        "Never worked",
    ],
)
def test_other_labels_are_no_quantity(label):
    found = read_quantity(label)
    assert found is None or found.low < found.high
    if label != "$150,000 - $1999,999":
        assert found is None


def table(*pairs, **changes):
    return Side("x", levels=tuple(LevelGroup(label, code) for label, code in pairs), **changes)


MOVED = table(
    ("12 months or less", 1),
    ("13 to 23 months", 2),
    ("2 to 4 years", 3),
    ("5 to 9 years", 4),
    ("10 years or more", 5),
)


def rules(harmony):
    return {finding.rule: finding for finding in check_harmony(harmony)}


def test_months_come_before_years():
    assert rules(Harmony(MOVED, MOVED, ordered=True)) == {}


def test_no_vehicles_is_zero_and_levels_of_another_kind_are_left_out():
    found = quantities(
        table(("No vehicles", 1), ("1 vehicle", 2), ("2 vehicles", 3), ("3 vehicles", 4))
    )
    assert found["No vehicles"] == Quantity(0, 1)
    weeks = table(
        ("Less than 16 years old", 1),
        ("1 to 26 weeks", 2),
        ("27 to 39 weeks", 3),
        ("40 to 52 weeks", 4),
    )
    assert "Less than 16 years old" not in quantities(weeks)


def test_calendar_years_do_not_compare_with_years_ago():
    years = table(("1990 to 1999", 1), ("2000 to 2009", 2), ("2010 or later", 3))
    assert comparable(quantities(years), quantities(MOVED)) is None


BRACKETS = table(
    ("Under $10,000", 1),
    ("$10,000 to $19,999", 2),
    ("$20,000 to $29,999", 3),
    ("$30,000 to $39,999", 4),
    ("$40,000 or more", 5),
)


def binned(*codes, breakpoints=(10_000, 20_000, 30_000, 40_000)):
    labels = ("a", "b", "c", "d", "e", "f")
    return table(*zip(labels, codes, strict=False), breakpoints=breakpoints)


def test_brackets_that_meet_are_no_mistake():
    assert rules(Harmony(BRACKETS, binned(1, 2, 3, 4, 5), ordered=True)) == {}
    assert (
        rules(
            Harmony(
                BRACKETS,
                binned(1, 2, 3, 4, 5, breakpoints=(10_120, 20_240, 30_370, 40_490)),
                ordered=True,
            )
        )
        == {}
    )


def test_brackets_one_step_off_are_found_and_mended():
    shifted = Harmony(BRACKETS, binned(1, 2, 2, 3, 5), ordered=True)
    found = rules(shifted)
    assert found["ranges-do-not-meet"].severity == "error"
    assert "'c' is paired" in found["ranges-do-not-meet"].sentence
    assert "ranges-do-not-meet" not in rules(found["ranges-do-not-meet"].fix.harmony)


def test_an_overlapping_coarse_answer_is_no_mistake():
    coarse = table(
        *((item.level, item.group) for item in BRACKETS.levels),
        ("Under $20,000", 2),
        ("$20,000 and Over", 4),
    )
    assert not [r for r in rules(Harmony(coarse, binned(1, 2, 3, 4, 5))) if r.startswith("ranges")]


def test_bin_labels_must_name_the_breakpoints():
    labels = ("under 5", "5 to under 9", "9 or more")
    wrong = table(*zip(labels, (1, 2, 3), strict=True), breakpoints=(5, 10))
    finding = rules(Harmony(wrong, replace(wrong, breakpoints=(5, 9))))[
        "bin-label-contradicts-breakpoints"
    ]
    assert finding.levels == ("5 to under 9", "9 or more")
    fixed = finding.fix.harmony
    assert [item.level for item in fixed.donor.levels] == ["under 5", "5 to under 10", "10 or more"]


def test_levels_listed_out_of_order_are_a_hint_with_a_fix():
    mixed = table(("cold", 1), ("hot", 3), ("warm", 2))
    tidy = table(("cold", 1), ("warm", 2), ("hot", 3))
    finding = rules(Harmony(mixed, tidy, ordered=True))["levels-listed-out-of-order"]
    assert finding.severity == "hint"
    assert [i.level for i in finding.fix.harmony.donor.levels] == ["cold", "warm", "hot"]


def test_an_order_that_was_not_declared_is_a_hint():
    finding = rules(Harmony(BRACKETS, binned(1, 2, 3, 4, 5)))["order-not-declared"]
    assert finding.fix.harmony.ordered
