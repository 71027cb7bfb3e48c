"""Applying a harmony: every row grouped, dropped on purpose, or reported; both sides alike."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.apply import group_labels, harmonize_pair, harmonize_side
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side

TENURE = Harmony(
    Side("tenure", levels=(LevelGroup("Own", 1), LevelGroup("Rent", 2), LevelGroup("Free", 2))),
    Side("ten", levels=(LevelGroup("owned", 1), LevelGroup("rented", 2), LevelGroup("no cash", 2))),
    group_names=((1, "Owner"),),
)
CHILDREN = Harmony(
    Side("children"),
    Side(
        "agep",
        "person",
        breakpoints=(18,),
        levels=(LevelGroup("under 18", 1), LevelGroup("18 or more", 0)),
        aggregator="sum",
    ),
)


def persons(side: Side) -> Harmony:
    return Harmony(Side("children"), side)


def households(pair):
    """The recipient's harmonized column, by household."""
    return pair.recipient.set_index("household_id")[pair.keys[0]].to_dict()


def test_both_sides_have_the_same_columns_types_and_categories(donor, recipient):
    pair = harmonize_pair([TENURE, CHILDREN], donor, recipient)
    assert pair.keys == ("tenure__ten", "children__agep")
    for key in pair.keys:
        assert pair.donor[key].dtype == pair.recipient[key].dtype
    assert pair.donor["tenure__ten"].tolist() == ["Owner", "2", "2", "2"]


def test_keys_weight_and_geography_come_along_sorted_by_household(donor, recipient):
    pair = harmonize_pair([TENURE], donor, recipient)
    assert pair.recipient["household_id"].tolist() == ["a", "b", "c"]
    assert pair.recipient["weight"].tolist() == [1, 2, 3]
    assert pair.recipient["puma"].tolist() == ["0100100", "0100200", "0100300"]
    assert pair.recipient["tenure__ten"].tolist() == ["2", "Owner", "Owner"]
    assert list(pair.donor.columns) == ["household_id", "weight", "region", "tenure__ten"]


def test_persons_are_counted_by_a_sum_of_zeros_and_ones(donor, recipient):
    assert households(harmonize_pair([CHILDREN], donor, recipient)) == {"a": 2, "b": 1, "c": 0}


@pytest.mark.parametrize(
    ("aggregator", "expected"),
    [
        ("automatic", {"a": 23, "b": 30.5, "c": 80}),
        ("mean", {"a": 23, "b": 30.5, "c": 80}),
        ("reference", {"a": 40, "b": 44, "c": 80}),
        ("sum", {"a": 92, "b": 61, "c": 80}),
        ("minimum", {"a": 2, "b": 17, "c": 80}),
        ("maximum", {"a": 40, "b": 44, "c": 80}),
        ("median", {"a": 25, "b": 30.5, "c": 80}),
        ("any", {"a": 1, "b": 1, "c": 1}),
        ("count", {"a": 4, "b": 2, "c": 1}),
    ],
)
def test_numbers_of_persons_become_a_number_of_the_household(
    aggregator, expected, donor, recipient
):
    pair = harmonize_pair(
        [persons(Side("agep", "person", aggregator=aggregator))], donor, recipient
    )
    assert households(pair) == expected


def test_a_condition_counts_as_one_where_it_holds(donor, recipient):
    side = Side("agep", "person", adjustment="agep < 18 AND sex = 'Male'", aggregator="sum")
    assert households(harmonize_pair([persons(side)], donor, recipient)) == {"a": 1, "b": 0, "c": 0}


@pytest.mark.parametrize(
    ("ordered", "expected"),
    [(False, {"a": "3", "b": "1", "c": "1"}), (True, {"a": "3", "b": "2", "c": "1"})],
)
def test_groups_of_persons_are_the_reference_persons_or_if_ordered_the_highest(
    ordered, expected, donor, recipient
):
    harmony = Harmony(
        Side("tenure", levels=(LevelGroup("Own", 1), LevelGroup("Rent", 2), LevelGroup("Free", 3))),
        Side(
            "schl",
            "person",
            missing=DROP,
            levels=(LevelGroup("low", 1), LevelGroup("mid", 2), LevelGroup("high", 3)),
        ),
        ordered=ordered,
    )
    assert households(harmonize_pair([harmony], donor, recipient)) == expected


def test_dropped_persons_do_not_take_part_and_a_household_of_only_such_leaves(donor, recipient):
    side = Side(
        "sex",
        "person",
        aggregator="sum",
        levels=(LevelGroup("Male", DROP), LevelGroup("Female", 1)),
    )
    found = households(harmonize_pair([persons(side)], donor, recipient))
    assert found["a"] == 2
    assert found["b"] == 1
    assert np.isnan(found["c"])


def test_a_dropped_level_is_missing_in_this_harmony_only(donor, recipient):
    levels = (LevelGroup("Own", 1), LevelGroup("Rent", 2), LevelGroup("Free", DROP))
    dropping = replace(TENURE, donor=Side("tenure", levels=levels))
    pair = harmonize_pair([dropping, CHILDREN], donor, recipient)
    assert pair.donor["tenure__ten"].isna().tolist() == [False, False, False, True]
    assert not pair.donor["children__agep"].isna().any()


def test_rows_outside_the_universe_get_the_group_of_the_universe(donor, recipient):
    side = Side(
        "sex",
        "person",
        universe="agep >= 18",
        outside_universe=0,
        aggregator="sum",
        levels=(LevelGroup("Male", 1), LevelGroup("Female", 0)),
    )
    assert households(harmonize_pair([persons(side)], donor, recipient)) == {"a": 1, "b": 1, "c": 1}


def test_missing_answers_get_the_group_chosen_for_them(donor, recipient):
    side = Side(
        "schl",
        "person",
        missing=0,
        aggregator="count",
        levels=(LevelGroup("low", 1), LevelGroup("mid", 1), LevelGroup("high", 1)),
    )
    assert households(harmonize_pair([persons(side)], donor, recipient)) == {"a": 2, "b": 2, "c": 1}


def test_dollars_are_brought_to_the_prices_of_a_year(donor, recipient):
    harmony = Harmony(Side("dollars"), Side("hincp", deflate_to_year=2020))
    pair = harmonize_pair([harmony], donor, recipient)
    assert pair.recipient["dollars__hincp"].tolist() == pytest.approx(
        np.array([19_999, 20_000, -5]) * 258.811 / 255.657
    )


def test_bins_are_left_closed_and_take_negative_amounts(donor, recipient):
    levels = (LevelGroup("under 20000", 1), LevelGroup("20000 or more", 2))
    harmony = Harmony(
        Side("dollars", breakpoints=(20_000,), levels=levels),
        Side("hincp", breakpoints=(20_000,), levels=levels),
        ordered=True,
    )
    pair = harmonize_pair([harmony], donor, recipient)
    assert pair.donor["dollars__hincp"].tolist() == ["1", "2", "2", "2"]
    assert pair.recipient["dollars__hincp"].tolist() == ["1", "2", "1"]


def test_any_stands_for_a_group_as_well_as_for_a_number(donor, recipient):
    harmony = Harmony(
        Side("children", breakpoints=(1,), levels=(LevelGroup("0", 0), LevelGroup("1+", 1))),
        Side("agep", "person", adjustment="agep < 18", aggregator="any"),
        group_names=((0, "No children"), (1, "Children")),
    )
    pair = harmonize_pair([harmony], donor, recipient)
    assert households(pair) == {"a": "Children", "b": "Children", "c": "No children"}


def test_a_number_can_be_grouped_by_the_text_of_its_values(donor):
    levels = (LevelGroup("0", 1), LevelGroup("1", 2), LevelGroup("2", 2))
    harmony = Harmony(Side("children", levels=levels), TENURE.recipient)
    assert harmonize_side(harmony, "donor", donor).tolist() == ["1", "2", "2", "1"]


def test_at_person_level_household_values_repeat_and_persons_stay(recipient):
    harmony = Harmony(TENURE.recipient, replace(TENURE.recipient))
    ages = Harmony(Side("agep", "person"), Side("agep", "person"))
    pair = harmonize_pair([harmony, ages], recipient, recipient, respondent="person")
    assert pair.donor["household_id"].tolist() == ["a", "a", "a", "a", "b", "b", "c"]
    assert pair.donor["person_number"].tolist() == [1, 2, 3, 4, 1, 2, 1]
    assert pair.donor["agep__agep"].tolist() == [40, 38, 12, 2, 44, 17, 80]
    assert pair.donor["ten__ten"].tolist() == ["2"] * 4 + ["1"] * 3


def test_the_side_alone_carries_the_index_of_the_survey_s_own_table(recipient):
    column = harmonize_side(TENURE, "recipient", recipient)
    assert recipient.household.loc[column.index, "household_id"].tolist() == ["a", "b", "c"]
    assert column.name == "tenure__ten"


def test_only_households_in_both_tables_are_kept(donor, recipient):
    fewer = replace(recipient, person=recipient.person[recipient.person["household_id"] != "b"])
    assert households(harmonize_pair([CHILDREN], donor, fewer)) == {"a": 2, "c": 0}
    orphans = replace(recipient, household=recipient.household.iloc[1:])
    assert households(harmonize_pair([CHILDREN], donor, orphans)) == {"a": 2, "b": 1}


def test_a_survey_of_persons_only_has_the_households_of_its_persons(donor, recipient):
    alone = replace(recipient, household=None)
    pair = harmonize_pair([CHILDREN], donor, alone)
    assert pair.recipient["weight"].tolist() == [1, 2, 3]
    assert households(pair) == {"a": 2, "b": 1, "c": 0}


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (
            Side("sex", "person", levels=(LevelGroup("Male", 1), LevelGroup("Female", None))),
            "the level 'Female' has no group yet; 1 row",
        ),
        (
            Side(
                "sex",
                "person",
                aggregator="any",
                levels=(LevelGroup("Male", 1), LevelGroup("Female", None)),
            ),
            "the level 'Female' has no group yet; 3 rows",
        ),
        (
            Side("sex", "person", aggregator="any", levels=(LevelGroup("Male", 1),)),
            "the data hold 'Female', which is not in the table; 3 rows",
        ),
        (
            Side(
                "schl",
                "person",
                aggregator="any",
                levels=tuple(LevelGroup(x, 1) for x in ("low", "mid", "high")),
            ),
            "answers are missing; 2 rows",
        ),
        (
            Side(
                "sex",
                "person",
                universe="agep > 18",
                aggregator="any",
                levels=(LevelGroup("Male", 1), LevelGroup("Female", 0)),
            ),
            "rows outside the universe have no group; 3 rows",
        ),
        (
            Side(
                "sex", "person", breakpoints=(1,), levels=(LevelGroup("a", 1), LevelGroup("b", 2))
            ),
            "Breakpoints are set on 'sex', which holds labels",
        ),
        (
            Side(
                "agep", "person", breakpoints=(9, 5), levels=tuple(LevelGroup(x, 1) for x in "abc")
            ),
            "5 does not lie above 9",
        ),
        (
            Side("agep", "person", breakpoints=(9,), levels=(LevelGroup("a", 1),)),
            "1 breakpoints make 2 bins, but 1 groups",
        ),
        (
            Side(
                "agep", "person", adjustment="open('/etc/passwd')", levels=CHILDREN.recipient.levels
            ),
            "'open' is not allowed",
        ),
        (Side("age", "person", levels=CHILDREN.recipient.levels), "Did you mean 'agep'?"),
        (Side("hincp", "person", levels=CHILDREN.recipient.levels), "is a household variable"),
    ],
)
def test_what_cannot_be_applied_says_so_and_stops_no_other_harmony(side, words, donor, recipient):
    harmony = Harmony(TENURE.donor, side)
    pair = harmonize_pair([harmony, CHILDREN], donor, recipient)
    assert pair.keys == ("children__agep",)
    assert words in str(pair.failures[harmony.key])
    assert harmony.key in str(pair.failures[harmony.key])


def test_what_others_answered_is_no_problem_where_the_reference_person_counts(donor, recipient):
    levels = tuple(LevelGroup(x, 1) for x in ("low", "mid", "high"))
    side = Side("schl", "person", aggregator="reference", levels=levels)
    pair = harmonize_pair([Harmony(TENURE.donor, side)], donor, recipient)
    assert not pair.failures
    assert pair.recipient[pair.keys[0]].notna().all()


def test_a_label_cannot_be_a_number_and_its_prices_cannot_be_converted(donor, recipient):
    for side, words in (
        (Side("ten"), "holds labels, so it cannot be used as a number"),
        (Side("ten", deflate_to_year=2020), "prices cannot be converted"),
    ):
        harmony = Harmony(Side("dollars"), side)
        assert words in str(harmonize_pair([harmony], donor, recipient).failures[harmony.key])


def test_an_unknown_price_year_is_an_error(recipient):
    description = replace(recipient.description, price_year=None)
    harmony = Harmony(Side("dollars"), Side("hincp", deflate_to_year=2020))
    with pytest.raises(InputError, match="which year's prices"):
        harmonize_side(harmony, "recipient", replace(recipient, description=description))


def test_the_lowest_of_unordered_groups_is_an_error(donor, recipient):
    side = Side(
        "sex",
        "person",
        aggregator="minimum",
        levels=(LevelGroup("Male", 1), LevelGroup("Female", 2)),
    )
    harmony = Harmony(TENURE.donor, side)
    message = str(harmonize_pair([harmony], donor, recipient).failures[harmony.key])
    assert "The minimum of groups without an order has no meaning" in message


def test_a_household_without_reference_person_is_an_error(donor, recipient):
    headless = recipient.person[recipient.person["person_number"] != 1]
    with pytest.raises(InputError, match="2 households of ACS 2019 have no person number 1"):
        harmonize_pair([CHILDREN], donor, replace(recipient, person=headless))


def test_a_survey_without_microdata_is_an_error(donor, recipient):
    with pytest.raises(InputError, match="ACS 2019 has no household microdata"):
        harmonize_pair([CHILDREN], donor, replace(recipient, household=None, person=None))


@pytest.mark.parametrize("given", [None, 3, "region__state", [None], {"a": 1}])
def test_what_is_no_harmony_is_refused(donor, recipient, given):
    with pytest.raises(InputError, match="'harmonies' must be a Harmony; got"):
        harmonize_pair(given, donor, recipient)


def test_labels_tell_groups_apart_even_where_their_names_do_not():
    harmony = replace(TENURE, group_names=((1, "Home"), (2, "Home")))
    assert group_labels(harmony) == {1: "Home (1)", 2: "Home (2)"}


def test_whole_and_broken_codes_are_labelled_as_they_are_typed():
    harmony = Harmony(
        Side("x", levels=(LevelGroup("a", 1.5), LevelGroup("b", -2))),
        Side("y", levels=(LevelGroup("c", 10),)),
    )
    assert list(group_labels(harmony).values()) == ["-2", "1.5", "10"]


def test_infinite_results_count_as_missing_answers(donor, recipient):
    side = Side("agep", "person", adjustment="agep / (agep - 17)", aggregator="sum")
    message = str(harmonize_pair([persons(side)], donor, recipient).failures["children__agep"])
    assert "answers are missing; 1 row" in message


def test_the_frame_of_a_pair_can_be_written_and_read(donor, recipient, tmp_path):
    pair = harmonize_pair([TENURE, CHILDREN], donor, recipient)
    pair.recipient.to_parquet(tmp_path / "frame.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "frame.parquet"), pair.recipient)
