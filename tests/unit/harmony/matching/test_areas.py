"""Published areas are matched like any variable, by the states their labels name."""

import pytest

from fusion_core.harmony.matching import propose_groups, rank_areas
from fusion_core.harmony.suggest import SuggestionIndex
from fusion_core.surveys.model import Dictionary, Variable

STATES = ("Alabama/AL", "California/CA", "Illinois/IL", "New York/NY", "Puerto Rico/PR")


def area(name, *levels):
    return Variable(name, role="geography", levels=levels)


ACS = Dictionary(
    [area("state", *STATES), area("puma", "0100100", "0600100"), Variable("np", type="integer")]
)


def together(donor, recipient=ACS["state"]):
    """The recipient's levels that share a group with each donor level."""
    proposal = propose_groups(donor, recipient)
    return {
        own.level: [its.level for its in proposal.recipient if its.group == own.group]
        for own in proposal.donor
        if own.group is not None
    }


@pytest.mark.parametrize("levels", [("AL", "CA", "IL", "NY"), ("01", "06", "17", "36")])
def test_a_state_is_the_same_under_any_of_its_names(levels):
    assert together(area("hhstate", *levels)) == {
        level: [state] for level, state in zip(levels, STATES, strict=False)
    }


def test_a_region_is_all_its_states():
    found = together(area("region", "1 - Northeast", "Midwest", "South Region", "West"))
    assert found == {
        "1 - Northeast": ["New York/NY"],
        "Midwest": ["Illinois/IL"],
        "South Region": ["Alabama/AL"],
        "West": ["California/CA"],
    }


def test_areas_are_candidates_of_areas_only_and_pumas_of_nothing():
    assert [item.name for item in ACS.harmonizable()] == ["state", "np"]
    index = SuggestionIndex(ACS)
    (found,) = index.rank(area("hhstate", "AL", "CA"))
    assert (found.variable.name, found.is_worth_a_look) == ("state", True)
    asked = Variable("hhsize", "Persons in the household", type="integer")
    assert {item.variable.name for item in index.rank(asked)} == {"np"}


def test_areas_not_made_of_states_match_by_what_their_labels_say():
    metro = area("cbsa", "Atlanta", "Boston")
    assert rank_areas(metro, ACS) == ()
    same = propose_groups(metro, area("metro", "Atlanta", "Boston", "Chicago"))
    assert [item.group for item in same.donor] == [1.0, 2.0]
