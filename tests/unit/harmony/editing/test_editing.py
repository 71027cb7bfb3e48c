"""Every edit yields a new harmony and leaves the old one as it was."""

import pytest

from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.editing import edits as editing
from fusion_core.harmony.editing.describe import describe_aggregator, describe_side
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side
from fusion_core.surveys import Variable

AGE = Variable("agep", "Age", "person", "integer", minimum=0, maximum=99)
CHILDREN = Variable("nchild", "Number of children", "household", "integer")
HEAT = Variable("fuelheat", "Main heating fuel", levels=("Natural gas", "Electricity", "Wood"))
FUEL = Variable("hfl", "House heating fuel", levels=("Wood", "Utility gas", "ELECTRICITY"))
SCHOOL = Variable("educ", "Education", type="ordered", levels=("Low", "Middle", "High"))


def groups(side):
    return {item.level: item.group for item in side.levels}


def test_starting_lists_levels_and_proposes_groups_where_labels_agree():
    harmony = editing.start_harmony(HEAT, FUEL)
    assert harmony.key == "fuelheat__hfl"
    assert groups(harmony.donor) == {"Natural gas": 1, "Electricity": 2, "Wood": 3}
    assert groups(harmony.recipient) == {"Wood": 3, "Utility gas": 1, "ELECTRICITY": 2}
    assert not harmony.ordered


def test_starting_without_proposal_leaves_levels_open_and_numbers_as_numbers():
    harmony = editing.start_harmony(HEAT, AGE, propose=False)
    assert set(groups(harmony.donor).values()) == {None}
    assert harmony.recipient == Side("agep", "person")


def test_two_ordered_variables_with_agreeing_levels_start_ordered():
    assert editing.start_harmony(SCHOOL, SCHOOL).ordered


def test_assigning_levels_changes_only_those():
    before = editing.start_harmony(HEAT, FUEL)
    after = editing.assign(before, "donor", ["Natural gas", "Wood"], 4)
    assert groups(after.donor) == {"Natural gas": 4, "Electricity": 2, "Wood": 4}
    assert after.recipient == before.recipient
    assert groups(before.donor)["Wood"] == 3
    assert groups(editing.assign(after, "donor", "Wood", DROP).donor)["Wood"] == DROP


def test_assigning_an_unknown_level_names_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'Natural gas'"):
        editing.assign(editing.start_harmony(HEAT, FUEL), "donor", ["Natural gass"], 1)


def test_new_breakpoints_rebuild_the_rows_and_keep_groups_of_bins_that_still_exist():
    harmony = editing.set_breakpoints(editing.start_harmony(CHILDREN, AGE), "recipient", [16, 65])
    assert list(groups(harmony.recipient)) == ["under 16", "16 to under 65", "65 or more"]
    harmony = editing.number_bins(harmony, "recipient")
    harmony = editing.set_breakpoints(harmony, "recipient", [16, 18, 65])
    assert groups(harmony.recipient) == {
        "under 16": 1,
        "16 to under 18": 2,
        "18 to under 65": 2,
        "65 or more": 3,
    }


def test_no_breakpoints_bring_back_the_number_or_the_levels():
    harmony = editing.set_breakpoints(editing.start_harmony(CHILDREN, AGE), "recipient", [16])
    assert editing.set_breakpoints(harmony, "recipient", []).recipient == Side("agep", "person")
    stale = editing.replace_side(editing.start_harmony(HEAT, FUEL), "donor", breakpoints=(1.0,))
    fresh = editing.set_breakpoints(stale, "donor", (), variable=HEAT)
    assert list(groups(fresh.donor)) == list(HEAT.levels)


@pytest.mark.parametrize("points", [(5, 3), (1, 1), (float("nan"),), (1, float("inf"))])
def test_breakpoints_that_are_no_increasing_numbers_are_refused(points):
    with pytest.raises(InputError, match=r"[Bb]reakpoint"):
        editing.set_breakpoints(editing.start_harmony(CHILDREN, AGE), "recipient", points)


def test_an_adjustment_is_checked_against_the_columns_given():
    harmony = editing.start_harmony(CHILDREN, AGE)
    changed = editing.set_adjustment(harmony, "recipient", " agep <= 17 ", columns={"agep": AGE})
    assert changed.recipient.adjustment == "agep <= 17"
    with pytest.raises(ExpressionError, match="no column 'age'"):
        editing.set_adjustment(harmony, "recipient", "age <= 17", columns={"agep": AGE})
    with pytest.raises(ExpressionError):
        editing.set_universe(harmony, "recipient", "agep <=", columns={"agep": AGE})


def test_universe_missing_prices_aggregator_order_and_comment_are_set():
    harmony = editing.start_harmony(CHILDREN, AGE)
    harmony = editing.set_universe(harmony, "recipient", "agep >= 15", 0)
    harmony = editing.set_missing(harmony, "recipient", DROP)
    harmony = editing.set_deflation(harmony, "recipient", 2020)
    harmony = editing.set_aggregator(harmony, "recipient", "median")
    harmony = editing.set_comment(editing.set_ordered(harmony, True), "why")
    assert harmony.recipient == Side(
        "agep",
        "person",
        universe="agep >= 15",
        outside_universe=0,
        missing=DROP,
        deflate_to_year=2020,
        aggregator="median",
    )
    assert (harmony.ordered, harmony.comment) == (True, "why")
    assert editing.set_universe(harmony, "recipient", "").recipient.outside_universe is None


def coded():
    return Harmony(
        Side("a", levels=(LevelGroup("x", 1), LevelGroup("y", 2), LevelGroup("z", 5))),
        Side(
            "b", levels=(LevelGroup("p", 1), LevelGroup("q", 5)), missing=2, outside_universe=DROP
        ),
        group_names=((1, "First"), (2, "Second")),
    )


def test_recoding_can_exchange_codes_and_names_on_both_sides():
    swapped = editing.recode_groups(coded(), {1: 2, 2: 1})
    assert groups(swapped.donor) == {"x": 2, "y": 1, "z": 5}
    assert swapped.recipient.missing == 1
    assert dict(swapped.group_names) == {1: "Second", 2: "First"}


def test_merging_puts_all_levels_into_one_group_that_keeps_its_name():
    merged = editing.merge_groups(coded(), [1, 2, 5], 2)
    assert set(groups(merged.donor).values()) == {2}
    assert merged.group_names == ((2, "Second"),)


def test_renumbering_closes_gaps():
    assert groups(editing.renumber_groups(coded()).donor) == {"x": 1, "y": 2, "z": 3}
    assert editing.next_group(coded()) == 6
    assert editing.next_group(Harmony(Side("a"), Side("b"))) == 1


def test_renaming_a_group_to_nothing_takes_its_name_away():
    named = editing.rename_group(coded(), 5, " Third ")
    assert dict(named.group_names)[5] == "Third"
    assert editing.rename_group(named, 5, "").group_names == coded().group_names


@pytest.mark.parametrize(
    ("donor_codes", "recipient", "expected"),
    [
        ((1, 2, 3), SCHOOL, True),
        ((1, 1, 2), SCHOOL, True),
        ((2, 1, 3), SCHOOL, False),
        ((1, 2, 3), FUEL, True),
        ((1, 1, 1), FUEL, False),
    ],
)
def test_an_order_is_detected_where_codes_rise_with_the_answers(donor_codes, recipient, expected):
    harmony = editing.start_harmony(SCHOOL, recipient, propose=False)
    for level, code in zip(SCHOOL.levels, donor_codes, strict=True):
        harmony = editing.assign(harmony, "donor", level, code)
    for code, level in enumerate(recipient.levels, start=1):
        harmony = editing.assign(harmony, "recipient", level, code)
    assert editing.detect_ordered(harmony, SCHOOL, recipient) is expected


def count(points, codes, **changes):
    side = Side(
        "agep",
        "person",
        breakpoints=points,
        aggregator="sum",
        levels=tuple(LevelGroup(str(i), code) for i, code in enumerate(codes)),
    )
    return editing.replace_side(Harmony(Side("n"), side), "recipient", **changes)


@pytest.mark.parametrize(
    ("harmony", "expected"),
    [
        (count((18,), (1, 0)), "number of household members whose agep is under 18"),
        (count((18,), (0, 1)), "number of household members whose agep is 18 or more"),
        (count((2, 16), (0, 1, 0)), "number of household members whose agep is 2 to under 16"),
        (
            count((2, 16, 65), (1, 0, 0, 1)),
            "number of household members whose agep is under 2 or whose agep is 65 or more",
        ),
        (
            count((18,), (1, 0), aggregator="any"),
            "whether there are household members whose agep is under 18",
        ),
        (count((18,), (1, 2)), "the group codes of agep added up over household members"),
        (
            count((), (), adjustment="agep <= 17"),
            "number of household members whose agep is at most 17",
        ),
        (count((), ()), "agep added up over household members"),
        (
            count((), (), aggregator="count"),
            "number of household members for whom agep is not zero",
        ),
        (count((), (), aggregator="automatic"), "the average agep among household members"),
        (count((), (), aggregator="reference"), "the reference person's agep"),
        (count((), (), aggregator="maximum"), "the highest agep among household members"),
        (count((18,), (1, 2), aggregator="automatic"), "the reference person's group of agep"),
        (
            count((18,), (1, 2), aggregator="minimum"),
            "the lowest of unordered groups, which has no meaning",
        ),
    ],
)
def test_the_aggregator_is_told_in_plain_words(harmony, expected):
    assert describe_aggregator(harmony, "recipient") == expected


def test_labels_and_descriptions_appear_in_the_words():
    side = Side(
        "sex", "person", aggregator="sum", levels=(LevelGroup("Male", 1), LevelGroup("Female", 0))
    )
    harmony = Harmony(Side("n"), side)
    assert describe_aggregator(harmony, "recipient") == (
        "number of household members whose sex is “Male”"
    )
    assert describe_aggregator(harmony, "donor", CHILDREN) == (
        "the household's nchild (Number of children)"
    )


def test_a_side_is_summed_up_in_one_sentence():
    harmony = count((18,), (1, 0), universe="agep > 1", deflate_to_year=2020)
    assert describe_side(harmony, "recipient") == (
        "number of household members whose agep is under 18, only persons whose agep is more than 1, "
        "in dollars of 2020, in 2 bins, in 2 groups"
    )
