"""What the builders send becomes an edit, and what a harmony holds is shown as rows and steps."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fusion_core.surveys.model import SurveyId
from fusion_core.surveys.storage import read_description

UNDER_18 = {
    "joined": "all",
    "tests": [{"variable": "agep", "relation": "less_than", "values": [18]}],
}


@pytest.fixture
def kids(open_page):
    """Kids (household) matched with the age of persons."""
    return open_page(donor="kids", recipient="agep")


def shown(page, side="recipient"):
    return json.loads(page.browser.form)["sides"][side]


def send(page, kind, side="recipient", **content):
    page.receive({"kind": kind, "side": side, **content})


def test_a_head_count_is_a_condition_and_is_read_out(kids):
    send(kids, "count", condition=UNDER_18, counting="number")
    side = shown(kids)
    assert side["adjustment"] == "agep < 18"
    assert side["counting"] == {"condition": UNDER_18, "counting": "number", "coded": False}
    assert "number of household members" in side["aggregator_text"]
    send(kids, "aggregator", value="reference")
    assert shown(kids)["adjustment"] == ""
    assert shown(kids)["counting"] is None


def test_a_recipe_becomes_an_expression_and_comes_back(kids):
    recipe = {
        "start": {"kind": "sum", "terms": [["kids", 1]], "missing_is_zero": True},
        "steps": [{"kind": "at_most", "number": 2, "condition": None}],
    }
    send(kids, "recipe", "donor", recipe=recipe)
    side = shown(kids, "donor")
    assert side["adjustment"].startswith("CASE WHEN coalesce(kids, 0) > 2")
    assert side["recipe"] == recipe
    assert side["adjustment_text"].endswith("at most 2")


def test_an_expression_beyond_the_steps_is_shown_as_it_is(kids):
    send(kids, "adjustment", "donor", text="ln(kids + 1)")
    assert shown(kids, "donor")["recipe"] is None
    assert shown(kids, "donor")["adjustment"] == "ln(kids + 1)"


def test_a_universe_is_made_of_rows_with_a_group_of_its_own(kids):
    send(kids, "universe_rows", condition=UNDER_18)
    assert shown(kids)["universe"] == "agep < 18"
    assert shown(kids)["outside"] == "drop"
    assert "persons" in shown(kids)["universe_text"]
    send(kids, "outside", group="own")
    assert shown(kids)["outside"] == 0.0
    send(kids, "universe_rows", condition=None)
    assert shown(kids)["universe"] == ""


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("count", {"condition": None}),
        ("count", {"condition": {"tests": "all of them"}}),
        ("count", {"condition": {"tests": [{"variable": "agep", "relation": "is", "values": []}]}}),
        ("count", {"condition": {"tests": [{"variable": "nonsense", "relation": "missing"}]}}),
        ("universe_rows", {"condition": {"tests": []}}),
        ("recipe", {"recipe": []}),
        ("recipe", {"recipe": {"start": {"kind": "sum", "terms": [["kids"]]}}}),
        ("recipe", {"recipe": {"start": {"kind": "recode", "variable": 3, "values": [["a", 1]]}}}),
        (
            "recipe",
            {
                "recipe": {
                    "start": {"kind": "sum", "terms": [["agep", 1]]},
                    "steps": [{"kind": "eval", "number": 1}],
                }
            },
        ),
        ("split_bins", {"bins": 5000, "by": "width"}),
        ("label_bins", {}),
        ("label_bins", {"base_year": "soon"}),
        ("breakpoints", {"values": list(range(10_000))}),
        ("price_year", {"year": 1492}),
    ],
)
def test_what_cannot_be_meant_gets_a_sentence_at_its_field(kids, told, kind, content):
    before = kids.state.current
    send(kids, kind, **content)
    problem = next(item for item in reversed(told) if item["kind"] == "problem")
    assert problem["message"]
    assert problem["side"] == "recipient"
    assert kids.state.current == before


def test_bins_of_equal_shares_come_from_the_data(kids):
    send(kids, "split_bins", bins=2, by="quantile")
    assert len(shown(kids)["breakpoints"]) == 1
    send(kids, "split_bins", bins=4, by="width")
    assert len(shown(kids)["breakpoints"]) == 3


def test_changed_bins_say_what_became_of_the_groups(kids, told):
    send(kids, "breakpoints", values=[18, 65])
    send(kids, "number_bins")
    send(kids, "breakpoints", values=[18])
    assert told[-1]["note"].startswith("1 bin keeps its group")


def test_levels_are_sent_with_the_numbers_in_them(kids, told):
    send(kids, "levels_of", "donor", variable="pay")
    answer = next(item for item in reversed(told) if item["kind"] == "levels_of")
    assert (answer["levels"], answer["numbers"]) == (["Yes", "No"], [None, None])


def test_the_price_year_is_set_for_the_workspace_and_converts(kids, workspace):
    send(kids, "price_year", year=2019)
    folder = workspace.survey_folder(SurveyId("ACS", "2019"))
    assert read_description(folder).price_year == 2019
    send(kids, "deflate", year=2020)
    assert shown(kids)["deflate_to_year"] == 2020
    assert shown(kids)["factor"] == "1.012"


def test_published_codes_are_read_in_the_same_words(kids):
    send(kids, "breakpoints", values=[18])
    current = kids.state.current
    levels = tuple(
        replace(item, group=code)
        for item, code in zip(current.recipient.levels, (1.0, 0.0), strict=True)
    )
    coded = replace(current.recipient, levels=levels, aggregator="sum")
    kids.state = replace(kids.state, current=replace(current, recipient=coded))
    send(kids, "levels_of", variable="agep")
    assert shown(kids)["counting"] == {"condition": UNDER_18, "counting": "number", "coded": True}
