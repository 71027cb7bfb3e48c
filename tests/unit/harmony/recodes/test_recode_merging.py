"""Two people change one recode: nothing of either is lost, and what both changed is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.harmony.model import LevelGroup
from fusion_core.harmony.recodes import (
    Recode,
    RecodeShelf,
    add_class,
    join_class,
    merge_recodes,
    move_class,
    put_answers,
    rename_class,
    with_breakpoints,
)

BASE = Recode(
    "fuel",
    "Fuel",
    ((1, "Gas"), (2, "Electricity"), (3, "Other")),
    levels=(LevelGroup("Utility gas", 1), LevelGroup("Electric", 2), LevelGroup("Wood", 3)),
    revision=1,
)


def placed(recode):
    names = dict(recode.groups)
    return {item.level: names.get(item.group, item.group) for item in recode.levels}


def both(mine, theirs, base=BASE):
    return merge_recodes(base, mine, replace(theirs, revision=2, author="lee"))


def test_different_answers_of_two_people_fit_together():
    found = both(put_answers(BASE, ["Wood"], 1.0), put_answers(BASE, ["Coal"], 3.0))
    assert found.clashes == ()
    assert placed(found.mine_first) == {
        "Utility gas": "Gas",
        "Electric": "Electricity",
        "Wood": "Gas",
        "Coal": "Other",
    }
    assert (found.mine_first.revision, found.mine_first.author) == (2, "lee")


def test_the_same_answer_put_elsewhere_by_both_is_asked_by_the_names_of_classes():
    found = both(put_answers(BASE, ["Wood"], 1.0), put_answers(BASE, ["Wood"], 2.0))
    (clash,) = found.clashes
    assert (clash.what, clash.mine, clash.theirs) == ("Wood", "Gas", "Electricity")
    assert placed(found.mine_first)["Wood"] == "Gas"
    assert placed(found.theirs_first)["Wood"] == "Electricity"


def test_classes_are_told_by_their_names_not_their_codes():
    found = both(put_answers(BASE, ["Coal"], 3.0), move_class(BASE, 3.0, -1))
    assert placed(found.mine_first)["Coal"] == "Other"
    assert [name for _, name in found.mine_first.groups] == ["Gas", "Other", "Electricity"]


def test_two_new_classes_with_one_code_stay_two():
    mine = put_answers(add_class(BASE, "Solar"), ["Sun"], 4.0)
    theirs = put_answers(add_class(BASE, "None"), ["No fuel"], 4.0)
    found = both(mine, theirs)
    assert placed(found.mine_first)["Sun"] == "Solar"
    assert placed(found.mine_first)["No fuel"] == "None"
    assert len(dict(found.mine_first.groups)) == 5


def test_a_class_somebody_removed_stays_where_the_other_uses_it():
    found = both(put_answers(BASE, ["Coal"], 3.0), join_class(BASE, 3.0, 1.0))
    assert placed(found.mine_first)["Coal"] == "Other"
    assert placed(found.mine_first)["Wood"] == "Gas"


def test_a_class_renamed_by_one_keeps_what_the_other_puts_there():
    found = both(rename_class(BASE, 3.0, "Wood and coal"), put_answers(BASE, ["Coal"], 3.0))
    assert placed(found.mine_first)["Coal"] == "Wood and coal"


def test_bins_are_one_thing():
    found = both(with_breakpoints(BASE, [5]), with_breakpoints(BASE, [6]))
    assert [(c.what, c.mine, c.theirs) for c in found.clashes] == [
        ("The bins", "breaks at 5", "breaks at 6")
    ]


edits = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(["Wood", "Coal", "Electric"]), st.integers(1, 3)),
        st.tuples(st.just("move"), st.integers(1, 3), st.sampled_from([-1, 1])),
        st.tuples(st.just("name"), st.integers(1, 3), st.sampled_from(["A", "B", "C"])),
    ),
    max_size=5,
)


def changed(recode, steps):
    for kind, first, second in steps:
        if kind == "put":
            recode = put_answers(recode, [first], float(second))
        elif kind == "move":
            recode = move_class(recode, float(first), second)
        elif second not in dict(recode.groups).values():
            recode = rename_class(recode, float(first), second)
    return recode


@given(edits)
def test_merging_with_nobody_elses_change_is_ones_own(steps):
    mine = changed(BASE, steps)
    found = both(mine, BASE)
    assert found.clashes == ()
    assert placed(found.mine_first) == placed(mine)
    assert {name for _, name in found.mine_first.groups} == {name for _, name in mine.groups}


@given(edits, edits)
def test_any_two_versions_merge_into_a_recode_that_can_be_saved(one, other):
    found = both(changed(BASE, one), changed(BASE, other))
    for merged in (found.mine_first, found.theirs_first):
        assert set(placed(merged)) >= {"Utility gas", "Electric", "Wood"}


def test_unsaved_edits_are_kept_per_person_and_dropped(tmp_path):
    shelf = RecodeShelf(tmp_path)
    mine = put_answers(BASE, ["Coal"], 3.0)
    shelf.keep(mine, user="kim")
    assert shelf.kept("fuel", user="kim") == mine
    assert shelf.kept("fuel", user="lee") is None
    assert shelf.drafts(user="kim") == (mine,)
    assert shelf.find("fuel") is None
    shelf.forget("fuel", user="kim")
    shelf.forget("fuel", user="kim")
    assert shelf.drafts(user="kim") == ()


@pytest.mark.parametrize("name", ["tenure-2", "fuel"])
def test_a_version_is_found_by_its_revision(tmp_path, name):
    shelf = RecodeShelf(tmp_path)
    first = shelf.save(replace(BASE, name=name, revision=0), author="kim")
    shelf.save(replace(first, title="Other"), author="kim")
    assert shelf.version(name, 1).title == "Fuel"
    assert (shelf.version(name, 0) is None) == (name == "fuel")
