"""Edits of a recode by itself: classes, answers, starts and bins."""

from __future__ import annotations

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.model import DROP, LevelGroup
from fusion_core.harmony.recodes import (
    Recode,
    add_class,
    join_class,
    move_class,
    put_answers,
    put_bins,
    put_starts,
    rename_class,
    with_breakpoints,
)

FUEL = Recode(
    "fuel",
    "Fuel",
    ((1, "Gas"), (2, "Electricity"), (5, "Other")),
    levels=(LevelGroup("Utility gas", 1), LevelGroup("Wood", 5), LevelGroup("Coal", 5)),
    prefixes=(LevelGroup("ELE", 2),),
)
AGES = Recode("age", "Age", ((1, "minor"), (2, "adult")), breakpoints=(18,), bins=(1, 2))


def groups(recode):
    return {item.level: item.group for item in (*recode.prefixes, *recode.levels)}


def test_answers_move_are_added_left_out_and_forgotten():
    changed = put_answers(put_answers(FUEL, ["Wood", "Propane"], 1.0), ["Coal"], DROP)
    assert groups(changed) == {"ELE": 2, "Utility gas": 1, "Wood": 1, "Coal": DROP, "Propane": 1}
    assert groups(put_starts(put_answers(changed, ["Coal"], None), ["ELE"], None)) == {
        "Utility gas": 1,
        "Wood": 1,
        "Propane": 1,
    }


def test_a_class_is_added_renamed_and_joined_with_another():
    more = rename_class(add_class(FUEL, "Solar"), 6.0, "  Solar   energy ")
    assert more.groups[-1] == (6.0, "Solar energy")
    joined = join_class(more, 5.0, 6.0)
    assert dict(joined.groups) == {1: "Gas", 2: "Electricity", 6: "Solar energy"}
    assert groups(joined)["Wood"] == 6
    assert "Wood" not in groups(join_class(more, 5.0, None))


def test_a_class_moves_with_what_it_holds_and_codes_keep_their_order():
    moved = move_class(FUEL, 5.0, -1)
    assert moved.groups == ((1, "Gas"), (2, "Other"), (5, "Electricity"))
    assert groups(moved) == {"ELE": 5, "Utility gas": 1, "Wood": 2, "Coal": 2}
    assert move_class(moved, 2.0, 1) == FUEL
    assert move_class(FUEL, 1.0, -1) == FUEL


def test_new_breaks_keep_the_class_of_the_bin_they_begin_in():
    finer = with_breakpoints(AGES, [65, 18, 5])
    assert (finer.breakpoints, finer.bins) == ((5, 18, 65), (1, 1, 2, 2))
    assert put_bins(finer, {0}, 2.0).bins == (2, 1, 2, 2)
    assert with_breakpoints(finer, []).bins == ()
    assert with_breakpoints(FUEL, [3]).bins == (1, 1)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda: rename_class(FUEL, 1.0, "electricity"), "Another class is called"),
        (lambda: add_class(FUEL, " "), "Name the class"),
        (lambda: rename_class(FUEL, 9.0, "x"), "no class 9"),
        (lambda: join_class(AGES, 1.0, None), "bins of this class"),
        (lambda: put_bins(AGES, {2}, 1.0), "has 2 bins"),
        (lambda: put_answers(FUEL, ["Wood"], 7.0), "Group 7 is used but not listed"),
        (lambda: join_class(Recode("a", "A", ((1, "x"),)), 1.0, None), "at least one class"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(act, says):
    with pytest.raises(InputError, match=says):
        act()
