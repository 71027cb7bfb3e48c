"""One recipient variable in all surveys, on the page: seen, changed in all its years, taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.surveys.model import SurveyId
from harmony_app.harmonize.work import parse_pair

PAIR = parse_pair("ENERGY_2020__ACS_2019")
OTHER = SurveyPair(PAIR.donor, SurveyId("ACS", "2022"))


@pytest.fixture
def page(open_page, workspace):
    """The heating fuel, saved alike for two years of the recipient."""
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "take_suggestion"})
    page.receive({"kind": "save"})
    harmony = HarmonyStore(workspace.path, PAIR).load().get("heat__hfl")
    HarmonyStore(workspace.path, OTHER).save(replace(harmony, revision=0), author="lee")
    return page


def last(told, kind):
    return next(item for item in reversed(told) if item["kind"] == kind)


def change(page, told, **message):
    (column,) = last(told, "target")["columns"]
    page.receive({"kind": "target_set", "places": column["places"], **message})


def groups(workspace, pair, side="recipient"):
    harmony = HarmonyStore(workspace.path, pair).load().get("heat__hfl")
    return {item.level: item.group for item in harmony.side(side).levels}


def test_years_that_agree_are_one_column_and_change_together(page, workspace, told):
    page.receive({"kind": "target", "variable": "hfl"})
    shown = last(told, "target")
    assert (shown["variable"], shown["description"]) == ("hfl", "House heating fuel")
    assert [place["recipient"] for place in shown["columns"][0]["places"]] == [
        "ACS 2019",
        "ACS 2022",
    ]

    change(page, told, side="recipient", answers=["Wood"], group=1)
    assert groups(workspace, PAIR)["Wood"] == groups(workspace, OTHER)["Wood"] == 1
    assert HarmonyStore(workspace.path, OTHER).history("heat__hfl")[-1].who == "kim"
    page.receive(last(told, "toast")["undo"])
    assert groups(workspace, PAIR)["Wood"] == groups(workspace, OTHER)["Wood"] == 3
    assert last(told, "target")["columns"][0]["places"][0]["revision"] == 3


def test_an_answer_of_the_donor_is_moved_too(page, workspace, told):
    page.receive({"kind": "target", "variable": "hfl"})
    change(page, told, side="donor", answers=["Wood"], group="drop")
    assert groups(workspace, OTHER, "donor")["Wood"] == "drop"


def test_what_a_colleague_changed_meanwhile_stays(page, workspace, told):
    page.receive({"kind": "target", "variable": "hfl"})
    store = HarmonyStore(workspace.path, OTHER)
    store.save(store.load().get("heat__hfl"), author="lee")
    change(page, told, side="recipient", answers=["Wood"], group=1)
    assert (groups(workspace, PAIR)["Wood"], groups(workspace, OTHER)["Wood"]) == (1, 3)
    assert "1 that someone else changed" in last(told, "toast")["message"]


def test_an_unsaved_draft_is_not_run_over(page, workspace, told):
    page.receive({"kind": "assign", "recipient": [0], "group": 9})
    page.receive({"kind": "target", "variable": "hfl"})
    (column,) = last(told, "target")["columns"]
    page.receive(
        {
            "kind": "target_set",
            "places": column["places"][::-1],
            "side": "recipient",
            "answers": ["Wood"],
            "group": 1,
        }
    )
    assert groups(workspace, OTHER)["Wood"] == 3
    assert "unsaved draft of 'heat__hfl'" in last(told, "toast")["message"]
    assert groups(workspace, PAIR)["Wood"] == 3


def test_the_address_leads_back_to_the_variable(page):
    page.receive({"kind": "target", "variable": "hfl"})
    assert page.state.task.other == "hfl"
    assert page.state.view == "target"
