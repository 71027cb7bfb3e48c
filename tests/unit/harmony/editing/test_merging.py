"""Merging two versions: the cases people meet, with the answers they would expect."""

from dataclasses import fields, replace

import pytest

from fusion_core.harmony.editing.fields import ABSENT, SIDE_FIELDS, Field
from fusion_core.harmony.editing.merging import merge, renumbering
from fusion_core.harmony.model.harmony import Acceptance, Harmony, LevelGroup, Side


def harmony(donor, recipient, **parts):
    sides = (
        Side(name, levels=tuple(LevelGroup(label, code) for label, code in groups.items()))
        for name, groups in (("heat", donor), ("hfl", recipient))
    )
    return Harmony(*sides, **parts)


BASE = harmony(
    {"Gas": 1, "Wood": 2, "Solar": None, "Oil": None},
    {"gas": 1, "wood": 2, "sun": None},
    group_names=((1, "Gas"), (2, "Wood")),
)


def put(version, name, **groups):
    side = version.side(name)
    levels = tuple(LevelGroup(i.level, groups.get(i.level, i.group)) for i in side.levels)
    return version.with_side(name, replace(side, levels=levels))


def groups(version, name="donor"):
    return {item.level: item.group for item in version.side(name).levels}


def test_each_keeps_what_only_one_changed():
    mine = replace(put(BASE, "donor", Solar=1), comment="why")
    theirs = replace(put(BASE, "donor", Oil=2), ordered=True)
    found = merge(BASE, mine, theirs)
    assert found.conflicts == ()
    merged = found.resolved()
    assert groups(merged) == {"Gas": 1, "Wood": 2, "Solar": 1, "Oil": 2}
    assert (merged.comment, merged.ordered) == ("why", True)


def test_both_changing_one_level_is_decided_level_by_level():
    mine, theirs = put(BASE, "donor", Solar=1, Oil=1), put(BASE, "donor", Solar=2, Oil=2)
    found = merge(BASE, mine, theirs)
    solar = Field("level", "donor", "Solar")
    first = found.conflicts[0]
    assert (first.field, first.base, first.mine, first.theirs) == (solar, None, 1, 2)
    assert groups(found.resolved({solar: "theirs"})) == {"Gas": 1, "Wood": 2, "Solar": 2, "Oil": 1}


def test_new_groups_under_the_same_number_do_not_meet():
    mine = put(put(BASE, "donor", Solar=3), "recipient", sun=3)
    theirs = put(BASE, "donor", Oil=3)
    merged = merge(BASE, mine, theirs).resolved()
    assert groups(merged)["Oil"] == 3
    assert groups(merged)["Solar"] == groups(merged, "recipient")["sun"] == 4


def test_a_new_group_both_put_a_level_into_is_one_group():
    mine, theirs = put(BASE, "donor", Solar=3), put(BASE, "donor", Solar=3, Oil=3)
    found = merge(BASE, mine, theirs)
    assert found.conflicts == ()
    assert groups(found.resolved()) == groups(theirs)


def test_a_colleague_who_only_renumbered_decides_the_numbers():
    theirs = replace(
        put(put(BASE, "donor", Gas=2, Wood=1), "recipient", gas=2, wood=1),
        group_names=((1, "Wood"), (2, "Gas")),
    )
    assert renumbering(BASE, theirs) == {1: 2, 2: 1}
    found = merge(BASE, put(BASE, "donor", Solar=1), theirs)
    assert found.conflicts == ()
    assert groups(found.resolved()) == {"Gas": 2, "Wood": 1, "Solar": 2, "Oil": None}
    assert found.resolved().group_names == theirs.group_names


def test_codes_that_are_added_up_are_values_and_stay():
    counted = BASE.with_side("donor", replace(BASE.donor, aggregator="sum"))
    mine, theirs = put(counted, "donor", Solar=3), put(counted, "donor", Oil=3)
    merged = merge(counted, mine, theirs).resolved()
    assert (groups(merged)["Solar"], groups(merged)["Oil"]) == (3, 3)


def test_bins_set_by_one_go_with_their_groups():
    binned = replace(
        BASE.recipient,
        breakpoints=(18.0,),
        levels=(LevelGroup("under 18", 1), LevelGroup("rest", 2)),
    )
    mine, theirs = BASE.with_side("recipient", binned), put(BASE, "donor", Solar=2)
    merged = merge(BASE, mine, theirs).resolved()
    assert merged.recipient == binned
    assert groups(merged)["Solar"] == 2


def test_bins_against_regrouped_levels_are_one_question():
    binned = replace(BASE.recipient, breakpoints=(18.0,), levels=(LevelGroup("under 18", 1),))
    mine, theirs = BASE.with_side("recipient", binned), put(BASE, "recipient", sun=1)
    found = merge(BASE, mine, theirs)
    assert [item.field for item in found.conflicts] == [Field("bins", "recipient")]
    assert found.resolved().recipient == binned
    assert found.resolved(otherwise="theirs").recipient == theirs.recipient


def test_accepted_findings_of_both_are_kept():
    mine = replace(BASE, accepted=(Acceptance("thin-group", "small country"),))
    theirs = replace(BASE, accepted=(Acceptance("far-label", "same thing"),))
    merged = merge(BASE, mine, theirs).resolved()
    assert {item.rule for item in merged.accepted} == {"thin-group", "far-label"}


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_a_name_given_by_one_and_taken_away_by_the_other_is_asked_about(choice):
    mine = replace(BASE, group_names=((1, "Natural gas"), (2, "Wood")))
    theirs = replace(BASE, group_names=((2, "Wood"),))
    found = merge(BASE, mine, theirs)
    assert [item.theirs for item in found.conflicts] == [ABSENT]
    expected = mine if choice == "mine" else theirs
    assert found.resolved(otherwise=choice).group_names == expected.group_names


def test_the_result_is_based_on_their_revision():
    theirs = replace(BASE, revision=7, author="Ana", comment="x")
    assert merge(BASE, replace(BASE, ordered=True), theirs).resolved().revision == 7


def test_every_field_of_a_harmony_is_an_aspect_or_bookkeeping():
    of_sides = {"variable", "breakpoints", "levels", *SIDE_FIELDS}
    assert {field.name for field in fields(Side)} == of_sides
    bookkeeping = {"author", "modified", "revision"}
    shared = {"donor", "recipient", "ordered", "group_names", "comment", "accepted"}
    assert {field.name for field in fields(Harmony)} == shared | bookkeeping
