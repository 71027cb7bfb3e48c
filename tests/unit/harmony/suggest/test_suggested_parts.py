"""What of a suggestion is taken over into a match as it stands."""

from __future__ import annotations

from dataclasses import replace

from fusion_core.harmony.editing.edits import assign, set_breakpoints, start_harmony
from fusion_core.harmony.editing.label_bins import bin_by_labels
from fusion_core.harmony.model.harmony import Harmony, LevelGroup
from fusion_core.harmony.suggest.parts import suggested_groups, take
from fusion_core.surveys.model import Variable

PAYS = Variable("ngpay", "Who pays for gas", levels=("No gas", "Household", "In the rent"))
COST = Variable("gasfp", "Gas cost", levels=("Included in rent", "Not used", "Valid cost"))


def borrowed() -> Harmony:
    """A harmony of another year: the same levels, but listed in another order."""
    started = start_harmony(PAYS, COST, propose=False)
    donor = (
        LevelGroup("In the rent", 1.0),
        LevelGroup("Household", 2.0),
        LevelGroup("No gas", 3.0),
    )
    recipient = tuple(
        LevelGroup(level, code) for level, code in zip(COST.levels, (1.0, 3.0, 2.0), strict=True)
    )
    return replace(
        started,
        donor=replace(started.donor, levels=donor),
        recipient=replace(started.recipient, levels=recipient),
    )


def test_a_borrowed_harmony_counts_whatever_the_order_of_its_levels():
    current = start_harmony(PAYS, COST, propose=False)
    found = suggested_groups(current, borrowed(), PAYS, COST)
    assert found.donor == (3.0, 2.0, 1.0)  # in the order of the match, not of the suggestion
    assert found.recipient == (1.0, 3.0, 2.0)
    taken = take(current, borrowed(), PAYS, COST)
    assert [item.level for item in taken.donor.levels] == list(PAYS.levels)
    assert [item.group for item in taken.donor.levels] == [3.0, 2.0, 1.0]


def test_what_a_person_decided_stays_and_names_the_group():
    current = assign(start_harmony(PAYS, COST, propose=False), "donor", ["Household"], 7.0)
    taken = take(current, borrowed(), PAYS, COST)
    assert [item.group for item in taken.donor.levels] == [3.0, 7.0, 1.0]
    assert [item.group for item in taken.recipient.levels] == [1.0, 3.0, 7.0]


def test_bins_a_person_chose_are_never_filled_with_one_group_for_everybody():
    asked = Variable("beds", "Bedrooms", levels=("One", "Two", "Three or more"), type="ordered")
    counted = Variable("bdsp", "Number of bedrooms", type="integer", minimum=0, maximum=9)
    started = start_harmony(asked, counted, propose=False)
    suggested = bin_by_labels(started, "recipient", counted)
    assert len({item.group for item in suggested.recipient.levels}) == 3
    current = set_breakpoints(started, "recipient", (0.0, 1.0))
    assert suggested_groups(current, suggested, asked, counted).count == 0
