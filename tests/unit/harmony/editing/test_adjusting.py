"""Adjustments and bins bring the levels along that suit them."""

import numpy as np
import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.editing.adjusting import (
    adjust,
    count_members,
    own_universe_group,
    stop_counting,
)
from fusion_core.harmony.editing.edits import assign, say_rebinned, set_breakpoints, start_harmony
from fusion_core.harmony.editing.label_bins import (
    bin_by_labels,
    equal_breakpoints,
    quantile_breakpoints,
    ranges_named,
)
from fusion_core.harmony.expressions.reading import read_condition
from fusion_core.surveys.model import Variable

STAMPS = Variable("stamps", "Food stamps", "household", "integer", minimum=0, maximum=9000)
FS = Variable("fs", "Food stamp recipient", "household", "nominal", levels=("Yes", "No"))
VEHQ = Variable("vehq", "Vehicles", "household", "integer", minimum=0, maximum=20)
VEH = Variable(
    "veh",
    "Vehicles",
    "household",
    "ordered",
    levels=("No vehicles", "1 vehicle", "2 or more vehicles"),
)
MOVE = Variable("move", "Year moved in", "household", "integer", minimum=1934, maximum=2020)
MV = Variable(
    "mv",
    "When moved",
    "household",
    "ordered",
    levels=("12 months or less", "13 to 23 months", "2 to 4 years", "5 years or more"),
)
AGE = Variable("agep", "Age", "person", "integer")
KIDS = Variable("kids", "Children", "household", "integer")


def groups(side):
    return {item.level: item.group for item in side.levels}


def adjusted(harmony, side, text, donor, recipient):
    own = donor if side == "donor" else recipient
    return adjust(harmony, side, text, columns={own.name: own}, variables=(donor, recipient))


def test_yes_or_no_joins_the_answers_that_say_the_same():
    harmony = adjusted(start_harmony(STAMPS, FS), "donor", "stamps > 0", STAMPS, FS)
    assert harmony.donor.breakpoints == (1.0,)
    assert groups(harmony.donor)["yes"] == groups(harmony.recipient)["Yes"] is not None
    assert groups(harmony.donor)["no"] == groups(harmony.recipient)["No"] is not None


def test_yes_or_no_takes_over_the_groups_that_are_there():
    before = start_harmony(STAMPS, FS, propose=False)
    before = assign(assign(before, "recipient", "Yes", 7), "recipient", "No", 3)
    harmony = adjusted(before, "donor", "stamps > 0", STAMPS, FS)
    assert groups(harmony.donor) == {"no": 3, "yes": 7}


def test_taking_the_condition_away_takes_its_levels_away():
    harmony = adjusted(start_harmony(STAMPS, FS), "donor", "stamps > 0", STAMPS, FS)
    harmony = adjusted(harmony, "donor", "stamps * 12", STAMPS, FS)
    assert harmony.donor.levels == ()
    assert harmony.donor.breakpoints == ()


def test_a_number_made_from_a_category_drops_its_levels_and_brings_them_back():
    start = start_harmony(VEH, VEHQ)
    recode = "CASE veh WHEN 'No vehicles' THEN 0 WHEN '1 vehicle' THEN 1 END"
    harmony = adjusted(start, "donor", recode, VEH, VEHQ)
    assert harmony.donor.levels == ()
    assert adjusted(harmony, "donor", "", VEH, VEHQ).donor.levels == start.donor.levels


def test_members_are_counted_without_groups_or_codes():
    start = set_breakpoints(start_harmony(KIDS, AGE), "recipient", [18])
    harmony = count_members(start, "recipient", read_condition("agep < 18"), "number")
    side = harmony.recipient
    assert (side.adjustment, side.aggregator, side.levels, side.breakpoints) == (
        "agep < 18",
        "sum",
        (),
        (),
    )
    any_child = count_members(start, "recipient", read_condition("agep < 18"), "any")
    assert dict(any_child.group_names) == {0.0: "no", 1.0: "yes"}
    assert stop_counting(harmony, "recipient", (KIDS, AGE)).recipient.adjustment == ""


def test_the_group_of_those_not_asked_lies_below_all_others_and_is_made_once():
    start = start_harmony(VEH, VEH)
    harmony, code = own_universe_group(start)
    assert code == 0.0
    assert dict(harmony.group_names) == {0.0: "not in universe"}
    assert own_universe_group(harmony) == (harmony, 0.0)


def test_a_number_is_binned_where_the_labels_meet_and_no_means_none():
    harmony = bin_by_labels(start_harmony(VEHQ, VEH), "donor", VEHQ)
    assert harmony.donor.breakpoints == (1.0, 2.0)
    assert list(groups(harmony.donor).values()) == [1, 2, 3]
    assert groups(harmony.recipient) == {"No vehicles": 1, "1 vehicle": 2, "2 or more vehicles": 3}


def test_groups_of_the_labels_are_kept():
    before = start_harmony(VEHQ, VEH, propose=False)
    before = assign(before, "recipient", VEH.levels[1:], 5)
    harmony = bin_by_labels(before, "donor", VEHQ)
    assert list(groups(harmony.donor).values()) == [None, 5, 5]


def test_durations_are_counted_back_from_the_base_year_in_one_unit():
    harmony = bin_by_labels(start_harmony(MOVE, MV), "donor", MOVE, base_year=2019)
    assert harmony.donor.breakpoints == (2015.0, 2018.0, 2019.0)
    assert list(groups(harmony.donor).values()) == [1, 2, 3, 4]
    assert list(groups(harmony.recipient).values()) == [4, 3, 2, 1]
    since = bin_by_labels(start_harmony(VEHQ, MV), "donor", VEHQ)
    assert since.donor.breakpoints == (1.0, 2.0, 5.0)


def test_labels_without_numbers_are_refused():
    with pytest.raises(InputError, match="name no numbers"):
        bin_by_labels(start_harmony(STAMPS, FS), "donor", STAMPS)
    assert ranges_named(["Yes", "No"]) == [None, None]


def test_equal_widths_are_round_and_equal_shares_follow_the_weights():
    assert equal_breakpoints(0, 100, 4) == (25.0, 50.0, 75.0)
    values = np.array([3.0, 1.0, 2.0, np.nan, 4.0])
    assert quantile_breakpoints(values, np.array([1.0, 1, 1, 9, 1]), 2) == (3.0,)
    assert quantile_breakpoints(values, np.array([1.0, 8, 1, 9, 1]), 2) == (2.0,)
    for bad in (1, 101):
        with pytest.raises(InputError, match="cannot be made"):
            equal_breakpoints(0, 1, bad)
    with pytest.raises(InputError, match="same number"):
        quantile_breakpoints(np.array([2.0, 2.0]), np.ones(2), 2)


@pytest.mark.parametrize(
    ("points", "expected", "said"),
    [
        ([16, 65], [1, 2, 3], ""),
        ([16, 18, 65], [1, 2, 2, 3], "All 4 bins keep their groups."),
        ([16], [1, None], "1 bin keeps its group; 1 joins bins of different groups and has none."),
        (
            [10, 65],
            [1, None, 3],
            "2 bins keep their groups; 1 joins bins of different groups and has none.",
        ),
    ],
)
def test_new_breakpoints_keep_what_is_still_meant_and_say_so(points, expected, said):
    before = set_breakpoints(start_harmony(KIDS, AGE), "recipient", [16, 65])
    for code, level in enumerate(groups(before.recipient), start=1):
        before = assign(before, "recipient", [level], code)
    after = set_breakpoints(before, "recipient", points)
    assert list(groups(after.recipient).values()) == expected
    assert say_rebinned(before.recipient, after.recipient) == said
