"""Harmonized columns equal what the original `harmonize()` computed on the same input.

Where the original gives a result that could never be compared, or depends on an accident, the
difference is intended and stated by the test that expects it.
"""

import json
from pathlib import Path

import pandas as pd
import pytest

from fusion_core.errors import HarmonyError
from fusion_core.harmony.apply.apply import harmonize_pair
from fusion_core.harmony.fusiondata.r_adjustments import Translation, translate_adjustment
from fusion_core.harmony.fusiondata.reading import _built
from fusion_core.harmony.model.harmony import Harmony
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column

GOLDEN = json.loads((Path(__file__).parents[1] / "reference" / "harmonize_golden.json").read_text())
CASES = GOLDEN["cases"]

INTENDED_DIFFERENCES = {
    "logical adj, agg blank": "a condition counts as 0 and 1, so its automatic aggregate is a share",
    "ordered='' with groups>1": "the order is a yes or no; blank means no",
    "one side group absent": "both sides share all categories",
    "breaks on a factor (worker__wkl)": "breakpoints on labels are an error",
    "agg mean of group codes": "a group against a number is an error",
    "adj with underscore var, not otherwise loaded": "every column of the table may be used",
    "adj can see function internals: N": "only columns may be used",
    "NA group ACS": "a level without group is an error here as well, and says so",
}


def survey(name, tables, household, person):
    frames = {}
    for level, key in (("household", household), ("person", person)):
        if key is None:
            continue
        frame = pd.DataFrame(tables[key]).rename(
            columns={"hid": "household_id", "pid": "person_number"}
        )
        for column in frame.columns:
            if not pd.api.types.is_numeric_dtype(frame[column]) and column not in {
                "state",
                "puma10",
            }:
                frame[column] = frame[column].astype("category")
        frames[level] = frame
    variables = [
        variable_from_column(column, frame[column], respondent=level)
        for level, frame in frames.items()
        for column in frame.columns
        if column not in {"household_id", "person_number", "weight", "state", "puma10"}
    ]
    description = SurveyDescription(SurveyId(name, "2020"), geography=("state",))
    return Survey(description, Dictionary(variables), frames.get("household"), frames.get("person"))


@pytest.fixture(scope="module")
def tables():
    return GOLDEN["tables"]


def side_from_fusiondata(record, variable, respondent):
    """One side as R reads it: levels without a group (NA) stay undecided."""
    text = str(record.get("adj") or "").strip()
    translation = translate_adjustment(text, variable) if text else Translation()
    return _built(record, variable, respondent, translation)


def harmonized(case, tables):
    donor_name, recipient_name = case["key"].split("__")
    with_persons = donor_name == "sx" or (
        case["respondent"] == "person" and "absent P file" not in case["label"]
    )
    persons = "DON_P_added_for_person_cases" if with_persons else None
    donor = survey("DON", tables, "DON_H", persons)
    recipient = survey("ACS", tables, "ACS_H", "ACS_P")
    sides = [
        side_from_fusiondata(case[half], variable, survey_.dictionary[variable].respondent)
        for half, variable, survey_ in (
            ("donor", donor_name, donor),
            ("acs", recipient_name, recipient),
        )
    ]
    harmony = Harmony(sides[0], sides[1], ordered=case["ordered"] is True)
    return harmonize_pair([harmony], donor, recipient, respondent=case["respondent"])


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case["label"] not in INTENDED_DIFFERENCES],
    ids=lambda case: case["label"],
)
def test_columns_equal_the_original(case, tables):
    if case["error"] is not None:
        try:
            pair = harmonized(case, tables)
        except HarmonyError:
            return
        assert list(pair.failures) == [case["key"]]
        return
    pair = harmonized(case, tables)
    assert not pair.failures
    for column, expected in zip(
        (pair.donor[case["key"]], pair.recipient[case["key"]]), case["result"], strict=True
    ):
        if expected["levels"] is None:
            assert column.dtype == "float64"
            assert column.tolist() == pytest.approx(expected["values"], abs=1e-12)
        else:
            assert [str(label) for label in column.cat.categories] == expected["levels"]
            assert column.tolist() == expected["values"]
            assert column.cat.ordered == ("ordered" in expected["class"])


def case_named(label):
    return next(case for case in CASES if case["label"] == label)


def error_of(label, tables):
    case = case_named(label)
    return str(harmonized(case, tables).failures[case["key"]])


def columns_of(label, tables):
    case = case_named(label)
    pair = harmonized(case, tables)
    assert not pair.failures
    return pair.donor[case["key"]], pair.recipient[case["key"]]


def test_a_condition_counts_as_zero_and_one_where_the_original_fails(tables):
    _, recipient = columns_of("logical adj, agg blank", tables)
    assert recipient.tolist() == pytest.approx([1 / 3, 0, 1 / 2, 0])


def test_a_blank_order_means_unordered_where_the_original_fails(tables):
    donor, recipient = columns_of("ordered='' with groups>1", tables)
    assert donor.tolist() == ["1", "1", "2", "1", "1", "1"]
    assert recipient.tolist() == ["1", "2", "2", "1"]
    assert not donor.cat.ordered


def test_both_sides_share_all_categories_where_the_original_leaves_one_out(tables):
    donor, recipient = columns_of("one side group absent", tables)
    assert list(donor.cat.categories) == list(recipient.cat.categories) == ["1", "2", "3"]
    assert donor.tolist() == ["1", "2", "3", "1", "2", "1"]
    assert recipient.tolist() == ["1", "2", "2", "1"]


def test_breakpoints_on_labels_are_an_error_where_the_original_bins_their_positions(tables):
    assert "holds labels, not numbers" in error_of("breaks on a factor (worker__wkl)", tables)


def test_a_group_against_a_number_is_an_error_where_the_original_returns_both(tables):
    message = error_of("agg mean of group codes", tables)
    assert "The recipient yields a number but the donor a group" in message


def test_a_group_left_open_is_an_error_that_names_level_and_rows(tables):
    assert "the level 'b' has no group yet; 1 row" in error_of("NA group ACS", tables)


def test_an_adjustment_may_use_every_column_of_its_table(tables):
    donor, _ = columns_of("adj with underscore var, not otherwise loaded", tables)
    assert donor.tolist() == [21, 32, 43, 54, 65, 76]


def test_an_adjustment_cannot_see_the_insides_of_the_program(tables):
    assert "There is no column 'n'" in error_of("adj can see function internals: N", tables)
