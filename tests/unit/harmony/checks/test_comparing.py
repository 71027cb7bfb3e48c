"""Two harmonies are the same when they mean the same, however they are coded or written."""

from dataclasses import replace

import pytest

from fusion_core.harmony.editing.changes import harmony_changes
from fusion_core.harmony.meaning.comparison import compare
from fusion_core.harmony.model.harmony import Harmony, HarmonySet, LevelGroup, Side, SurveyPair
from fusion_core.harmony.overview.vintage_matrix import vintage_matrix
from fusion_core.surveys import Dictionary, SurveyId, Variable

AGE = Variable("agep", "Age", "person", "integer")
MONEY = Variable("hincp", "Household income in dollars", type="integer")


def grouped(name, codes, **more):
    return Side(name, levels=tuple(LevelGroup(k, v) for k, v in codes.items()), **more)


def binned(name, points, codes, **more):
    levels = tuple(LevelGroup(f"bin {k}", code) for k, code in enumerate(codes))
    return Side(name, breakpoints=points, levels=levels, **more)


STAMPS = Harmony(binned("jfs_amtm", (1.0,), (2.0, 1.0)), grouped("fs", {"Yes": 1.0, "No": 2.0}))
KIDS = Harmony(
    Side("kids"), binned("agep", (18.0,), (1.0, 0.0), respondent="person", aggregator="sum")
)


def test_other_codes_for_the_same_groups_are_the_same_harmony():
    other = Harmony(
        binned("jfs_amtm", (1.0,), (1.0, 2.0)), grouped("fs", {"Yes": 2.0, "No": 1.0}), ordered=True
    )
    found = compare(STAMPS, other)
    assert found.verdict == "recoded"
    assert found.differing == ()
    assert {row.aligned for row in found.levels} == {1.0, 2.0}


def test_labels_that_differ_in_case_and_punctuation_are_the_same():
    other = replace(STAMPS, recipient=grouped("fs", {"YES": 1.0, "No.": 2.0}))
    assert compare(STAMPS, other).verdict == "identical"


def test_a_level_in_another_group_is_named_with_its_group_in_the_codes_used_here():
    heat = Harmony(
        grouped("heat", {"Gas": 1.0, "Oil": 2.0, "Wood": 3.0}),
        grouped("hfl", {"gas": 1.0, "oil": 2.0, "wood": 3.0}),
    )
    other = Harmony(
        grouped("heat", {"Gas": 7.0, "Oil": 8.0, "Wood": 8.0}),
        grouped("hfl", {"gas": 7.0, "oil": 8.0, "wood": 9.0}),
    )
    (row,) = compare(heat, other).differing
    assert (row.level, row.here, row.there, row.aligned) == ("Wood", 3.0, 8.0, 2.0)


def test_codes_of_a_head_count_are_numbers_and_no_mere_names():
    other = replace(
        KIDS,
        recipient=replace(
            KIDS.recipient, levels=(LevelGroup("bin 0", 1.0), LevelGroup("bin 1", 2.0))
        ),
    )
    found = compare(KIDS, other, recipient=AGE)
    assert found.verdict == "different"
    assert [row.level for row in found.differing] == ["bin 1"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("agep <= 17", "recoded"), ("agep < 18", "recoded"), ("agep <= 18", "different")],
)
def test_bins_and_expressions_are_compared_by_what_they_do(text, verdict):
    other = replace(KIDS, recipient=Side("agep", "person", text, aggregator="sum"))
    assert compare(KIDS, other, recipient=AGE).verdict == verdict


def test_a_typed_price_constant_equals_the_deflation_it_stands_for():
    typed = Harmony(Side("income"), Side("hincp", adjustment="hincp * 1.0123"))
    meant = Harmony(Side("income"), Side("hincp", deflate_to_year=2020))
    years = (2020, 2019)
    assert compare(typed, meant, recipient=MONEY, years=years).is_same
    twelve = replace(typed, recipient=Side("hincp", adjustment="hincp * 12"))
    assert compare(twelve, meant, recipient=MONEY, years=years).verdict == "different"


def test_levels_only_one_vintage_has_are_told_apart_from_differences():
    other = replace(STAMPS, recipient=grouped("fs", {"Yes": 1.0, "No": 2.0, "Refused": 2.0}))
    found = compare(STAMPS, other)
    assert found.verdict == "extended"
    assert [row.level for row in found.unshared] == ["Refused"]
    assert found.sentence == "The same for the levels they share; 1 level in only one"


def test_vintages_line_up_also_where_a_variable_was_renamed():
    old = Dictionary(
        [Variable("fs", "Received food stamps in the past 12 months", levels=("Yes", "No"))]
    )
    new = Dictionary([replace(old["fs"], name="snap")])
    donor = Dictionary([Variable("jfs_amtm", "Value of food stamps", type="integer")])
    pairs = [
        SurveyPair(SurveyId("CEI", "2019"), SurveyId("ACS", year)) for year in ("2018", "2019")
    ]
    renamed = replace(STAMPS, recipient=replace(STAMPS.recipient, variable="snap"))
    sets = [HarmonySet(pairs[0], (STAMPS,)), HarmonySet(pairs[1], (renamed,))]
    known = {pairs[0].donor: donor, pairs[0].recipient: old, pairs[1].recipient: new}
    (row,) = vintage_matrix(sets, known.get)
    assert row.cells[pairs[1]].harmony.key == "jfs_amtm__snap"
    assert row.cells[pairs[1]].comparison.is_same
    assert not row.differs
    assert len(vintage_matrix(sets, lambda _: None)) == 2


def test_breaks_of_large_amounts_are_never_rounded_together():
    here, there = (
        Harmony(Side("money"), binned("hincp", (point,), (0.0, 1.0)))
        for point in (1_234_567.0, 1_234_568.0)
    )
    (change,) = harmony_changes(here, there)
    assert (change.before, change.after) == ("1234567", "1234568")
