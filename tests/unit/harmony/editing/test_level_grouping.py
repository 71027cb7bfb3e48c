"""Grouping many levels in one step."""

from __future__ import annotations

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.editing import level_grouping
from fusion_core.harmony.labels.sections import label_sections
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side

JOBS = tuple(f"{code}-{name}" for code in ("MGR", "SAL", "EDU") for name in "abcdefg")


def harmony(donor: dict, recipient: dict, **options) -> Harmony:
    sides = [
        Side(name, levels=tuple(LevelGroup(level, group) for level, group in levels.items()))
        for name, levels in (("a", donor), ("b", recipient))
    ]
    return Harmony(*sides, **options)


def groups(changed: Harmony, side: str) -> dict[str, object]:
    return {item.level: item.group for item in changed.side(side).levels}


def test_levels_of_the_same_name_share_a_group_each():
    start = harmony(
        {"Peru": None, "Chile": None, "Iran": None}, {"IRAN": None, "peru ": None, "Cuba": None}
    )
    named = level_grouping.group_by_name(start)
    assert groups(named, "donor") == {"Peru": 1.0, "Chile": None, "Iran": 2.0}
    assert groups(named, "recipient") == {"IRAN": 2.0, "peru ": 1.0, "Cuba": None}


def test_a_name_joins_the_group_one_of_its_levels_has_already():
    start = harmony({"Peru": None, "Chile": 4.0}, {"Peru": 7.0, "Chile": None})
    named = level_grouping.group_by_name(start)
    assert groups(named, "donor") == {"Peru": 7.0, "Chile": 4.0}
    assert groups(named, "recipient") == {"Peru": 7.0, "Chile": 4.0}


def test_labels_without_a_latin_letter_are_not_taken_for_the_same_name():
    start = harmony({"\u05db\u05df": None}, {"\u05dc\u05d0": None})
    assert level_grouping.group_by_name(start) == start


def test_each_chosen_level_gets_a_group_of_its_own_in_the_order_of_the_list():
    start = harmony({"x": 9.0, "y": None, "z": None}, {"p": 3.0})
    assert groups(level_grouping.group_each(start, "donor", ["z", "y"]), "donor") == {
        "x": 9.0,
        "y": 10.0,
        "z": 11.0,
    }
    alone = level_grouping.group_each(harmony({"x": 9.0, "y": 2.0}, {}), "donor", ["x", "y"])
    assert groups(alone, "donor") == {"x": 1.0, "y": 2.0}


def test_levels_of_a_section_share_a_group():
    table = dict.fromkeys(("Never worked", *JOBS))
    grouped = groups(
        level_grouping.group_by_section(harmony(table, {}), "donor", list(table)), "donor"
    )
    assert grouped["Never worked"] is None
    assert [grouped[f"{code}-a"] for code in ("MGR", "SAL", "EDU")] == [1.0, 2.0, 3.0]
    with pytest.raises(InputError, match="do not start with codes"):
        level_grouping.group_by_section(harmony({"Yes": None}, {}), "donor", ["Yes"])


@pytest.mark.parametrize(
    ("labels", "sections"),
    [
        (JOBS, ["MGR", "SAL", "EDU"]),
        ([f"{code} job" for code in range(4610, 4640)], ["461", "462", "463"]),
        ([f"{year} to {year + 9}" for year in range(1700, 2000, 10)], None),
        ([f"Town {k}" for k in range(40)], None),
        (["MGR-one", "SAL-two"], None),
        ([""] * 30, None),
    ],
)
def test_sections_are_the_codes_that_labels_share(labels, sections):
    found = label_sections(labels)
    assert (found and list(dict.fromkeys(found))) == sections


def test_a_moved_group_takes_its_place_and_its_name_along():
    start = harmony({"x": 1.0, "y": 2.0, "z": 5.0}, {}, group_names=((5.0, "High"),))
    moved = level_grouping.move_group(start, 5.0, before=1.0)
    assert groups(moved, "donor") == {"x": 2.0, "y": 5.0, "z": 1.0}
    assert moved.group_names == ((1.0, "High"),)
    assert level_grouping.move_group(moved, 1.0, before=None) == start
    with pytest.raises(InputError, match="no group 3"):
        level_grouping.move_group(start, 3.0, before=None)


def test_a_pasted_table_is_matched_by_label_and_reported():
    start = harmony({"Yes": None, "No, never": None, "Don't know": 4.0}, {})
    rows = [
        ["level", "group"],
        ["Yes", "2", "Agree"],
        ["no  NEVER", "3"],
        ["Don't know", "drop"],
        ["Maybe", "1"],
        ["Yes", "9"],
        ["a remark"],
    ]
    report = level_grouping.assign_table(start, "donor", rows)
    assert groups(report.harmony, "donor") == {"Yes": 2.0, "No, never": 3.0, "Don't know": DROP}
    assert dict(report.harmony.group_names)[2.0] == "Agree"
    assert report.matched == 3
    assert report.unknown == ("level", "Maybe")
    assert report.repeated == ("Yes",)


def test_a_pasted_table_may_name_groups_instead_of_numbering_them():
    start = harmony({"x": None, "y": None, "z": None}, {}, group_names=((4.0, "Old"),))
    rows = [["x", "New"], ["y", "old"], ["z", "new"]]
    report = level_grouping.assign_table(start, "donor", rows)
    assert groups(report.harmony, "donor") == {"x": 5.0, "y": 4.0, "z": 5.0}
    assert report.harmony.group_names == ((4.0, "Old"), (5.0, "New"))


def test_a_table_about_something_else_is_refused():
    with pytest.raises(InputError, match="No row of the table"):
        level_grouping.assign_table(harmony({"Yes": None}, {}), "donor", [["Peru", "1"]])
