"""A view of the Explore page is one value; every edit is a function on it."""

import dataclasses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fusion_core.errors import InputError
from fusion_core.surveys.model import Variable
from harmony_app.explore.view.address import from_query, to_query
from harmony_app.explore.view.state import (
    ExploreState,
    HatchRule,
    choose_kind,
    choose_source,
    choose_variable,
    estimate_request,
    repair,
    subgroup_expression,
    toggle_area,
)

FUEL = Variable("fuel", "Main fuel", levels=("Gas", "Fuel oil"))
COLD = Variable("cold", "Too cold", levels=("No", "Yes"))
KWH = Variable("kwh", "Electricity", type="continuous", unit="kWh", median=8123.0)
VARIABLES = {item.name: item for item in (FUEL, COLD, KWH)}


def test_a_category_starts_with_the_share_of_yes_else_of_its_first_level():
    assert choose_variable(ExploreState(), COLD).level == "Yes"
    state = choose_variable(ExploreState(), FUEL)
    assert (state.kind, state.level) == ("share", "Gas")


def test_a_number_starts_with_its_mean_and_forgets_the_level():
    state = choose_variable(choose_variable(ExploreState(), FUEL), KWH)
    assert (state.kind, state.level) == ("mean", None)


def test_a_share_above_starts_at_a_typical_value():
    state = choose_kind(choose_variable(ExploreState(), KWH), "share_above", KWH)
    assert state.threshold == 8100


def test_the_threshold_stays_when_its_other_side_is_asked_for():
    above = choose_kind(choose_variable(ExploreState(), KWH), "share_above", KWH)
    moved = dataclasses.replace(above, threshold=12_000.0)
    below = choose_kind(moved, "share_below", KWH)
    assert below.threshold == 12_000
    assert to_query(below)["below"] == "12000"
    assert to_query(below)["above"] is None


def test_a_ratio_without_a_denominator_cannot_be_asked_for():
    state = choose_kind(choose_variable(ExploreState(), KWH), "ratio", KWH)
    with pytest.raises(InputError, match="needs a denominator"):
        estimate_request(state)


def test_own_breaks_do_not_survive_another_variable():
    state = dataclasses.replace(
        choose_variable(ExploreState(), KWH), class_method="manual", breaks=(1.0, 2.0)
    )
    moved = choose_variable(state, FUEL)
    assert (moved.class_method, moved.breaks) == ("quantile", ())


def test_another_source_keeps_the_variable_it_also_has():
    state = choose_variable(ExploreState(source="a"), FUEL)
    assert choose_source(state, "b", [KWH, FUEL]).variable == "fuel"
    assert choose_source(state, "b", [KWH]).variable == "kwh"


def test_subgroup_builder_and_expression_combine():
    state = ExploreState(
        group_variable="tenure", group_levels=("Renter's", "Owner"), where="np > 1 OR a"
    )
    assert subgroup_expression(state) == "tenure IN ('Renter''s', 'Owner') AND (np > 1 OR a)"
    assert subgroup_expression(ExploreState(where=" np > 1 ")) == "np > 1"
    assert subgroup_expression(ExploreState(group_variable="tenure")) == ""


def test_display_choices_ask_for_no_new_numbers():
    state = choose_variable(ExploreState(source="a"), FUEL)
    other = dataclasses.replace(state, measure="cv", classes=7, areas=("1",), view="table")
    assert estimate_request(state) == estimate_request(other)


def test_a_click_chooses_and_a_second_lets_go():
    state = toggle_area(ExploreState(), "1")
    assert state.areas == ("1",)
    assert toggle_area(state, "2").areas == ("2",)
    assert toggle_area(state, "1").areas == ()


def test_comparing_keeps_the_first_and_replaces_the_second():
    state = toggle_area(toggle_area(ExploreState(), "1"), "2", compare=True)
    assert state.areas == ("1", "2")
    assert toggle_area(state, "3", compare=True).areas == ("1", "3")
    assert toggle_area(state, "1").areas == ("2",)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("cv:0.2", HatchRule("cv", 0.2)),
        ("moe:0.05", HatchRule("moe", 0.05)),
        ("never", HatchRule("never", float("inf"))),
        ("cv:x", HatchRule()),
        ("cv:-1", HatchRule()),
    ],
)
def test_hatch_rules_are_read_from_an_address(text, rule):
    assert HatchRule.parse(text) == rule


states = st.builds(
    ExploreState,
    source=st.text("abc:0-_", max_size=8),
    variable=st.sampled_from(["", "kwh", "fuel"]),
    kind=st.sampled_from(["mean", "share", "share_above", "share_below", "quantile", "ratio"]),
    level=st.none() | st.text(min_size=1, max_size=6),
    threshold=st.none() | st.integers(-9999, 9999).map(float),
    group_variable=st.text("xyz", max_size=3),
    group_levels=st.lists(
        st.text(min_size=1, max_size=5) | st.text("|~-x", min_size=1), max_size=3
    ).map(tuple),
    where=st.text(max_size=12),
    measure=st.sampled_from(["estimate", "moe", "cv"]),
    class_method=st.sampled_from(["quantile", "equal", "natural", "manual"]),
    classes=st.integers(2, 9),
    breaks=st.lists(st.integers(-99, 99).map(float), max_size=4, unique=True).map(
        lambda b: tuple(sorted(b))
    ),
    areas=st.lists(st.text("0123456789,~- A", min_size=1, max_size=7), max_size=2).map(tuple),
    view=st.sampled_from(["map", "table", "about"]),
)


@given(states)
@example(ExploreState(group_levels=("0", "|")))
@example(ExploreState(group_levels=("a~-b", "~|~", "\0")))
@example(ExploreState(areas=("Washington, DC", "11")))
def test_a_view_survives_being_sent_as_an_address(state):
    query = {name: text for name, text in to_query(state).items() if text is not None}
    assert from_query(query) == state


@given(
    st.dictionaries(
        st.sampled_from(
            ["run", "var", "stat", "k", "breaks", "hatch", "show", "above", "below", "in"]
        ),
        st.text(max_size=10),
    )
)
def test_any_address_gives_a_view_that_can_be_repaired(query):
    state = repair(from_query(query), VARIABLES, VARIABLES)
    assert state.variable in VARIABLES
    assert 2 <= state.classes <= 9


def test_an_old_link_falls_back_to_what_exists():
    old = ExploreState(
        variable="gone",
        kind="share",
        level="?",
        group_variable="cold",
        group_levels=("Yes", "Maybe"),
        breakdown="gone",
    )
    state = repair(old, VARIABLES, VARIABLES)
    assert (state.variable, state.level) == ("fuel", "Gas")
    assert (state.group_levels, state.breakdown) == (("Yes",), "")
