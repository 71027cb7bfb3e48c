"""Recodes on the page: a grouping saved under a name, used by others, changed in one place."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.recodes import RecodeShelf
from fusion_core.harmony.store import HarmonyStore
from fusion_core.surveys.model import SurveyId
from harmony_app.harmonize.work import parse_pair

PAIR = parse_pair("ENERGY_2020__ACS_2019")
OTHER = SurveyPair(SurveyId("ENERGY", "2015"), PAIR.recipient)


def part(page, name):
    return json.loads(getattr(page.browser, name))


def side(page, name="recipient"):
    return part(page, "form")["sides"][name]


@pytest.fixture
def page(open_page):
    """The heating fuel of both surveys, grouped and saved."""
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "take_suggestion"})
    page.receive({"kind": "save"})
    return page


@pytest.fixture
def elsewhere(page, workspace):
    """The same harmony of another vintage, whose recipient follows the recode `Fuel`."""
    page.receive({"kind": "recode_save", "side": "recipient", "title": "Fuel"})
    page.receive({"kind": "save"})
    harmony = HarmonyStore(workspace.path, PAIR).load().get("heat__hfl")
    store = HarmonyStore(workspace.path, OTHER)
    store.save(replace(harmony, revision=0), author="lee")
    return store


def test_a_side_is_saved_under_a_name_and_follows_it(page, workspace):
    page.receive({"kind": "recode_save", "side": "recipient", "title": "Heating fuel, 3 kinds"})
    assert side(page)["recode"]["title"] == "Heating fuel, 3 kinds"
    recode = RecodeShelf(workspace.path).get("heating-fuel-3-kinds")
    assert [item.level for item in recode.levels] == ["Utility gas", "Electricity", "Wood"]
    page.receive({"kind": "undo"})
    assert side(page)["recode"] is None


@pytest.mark.usefixtures("elsewhere")
def test_the_choices_say_how_much_each_knows_and_who_uses_it(page, told):
    page.receive({"kind": "recodes", "side": "recipient"})
    answer = next(item for item in reversed(told) if item["kind"] == "recodes")
    first = answer["choices"][0]
    assert (first["name"], first["known"], first["total"], first["uses"]) == ("fuel", 3, 3, 2)
    assert [item["title"] for item in answer["current"]["uses"]] == [OTHER.title]
    assert answer["current"]["differs"] == []


@pytest.mark.usefixtures("elsewhere")
def test_a_recode_is_used_by_a_side_and_taken_away_with_its_groups_left(page):
    page.receive({"kind": "recode_detach", "side": "recipient"})
    page.receive({"kind": "assign", "recipient": [0], "group": 9})
    page.receive({"kind": "recode_use", "side": "recipient", "name": "fuel"})
    assert side(page)["recode"]["name"] == "fuel"
    assert 9 not in side(page)["groups"]
    page.receive({"kind": "recode_detach", "side": "recipient"})
    assert side(page)["recode"] is None
    assert 9 not in side(page)["groups"]


def test_a_change_is_shown_first_and_then_reaches_every_use(page, elsewhere, told):
    page.receive({"kind": "rename", "code": 1, "name": "Piped gas"})
    page.receive({"kind": "recode_preview", "side": "recipient", "name": "fuel"})
    shown = next(item for item in reversed(told) if item["kind"] == "recode_changes")
    assert [(item["title"], item["key"]) for item in shown["changes"]] == [
        (OTHER.title, "heat__hfl")
    ]
    assert elsewhere.load().get("heat__hfl").revision == 1

    page.receive({"kind": "recode_save", "side": "recipient", "name": "fuel"})
    assert dict(elsewhere.load().get("heat__hfl").group_names)[1] == "Piped gas"
    assert elsewhere.history("heat__hfl")[-1].who == "kim"
    undo = next(item for item in reversed(told) if item["kind"] == "toast")["undo"]
    page.receive(undo)
    assert dict(elsewhere.load().get("heat__hfl").group_names).get(1) != "Piped gas"
    assert dict(RecodeShelf(page.session.workspace.path).get("fuel").groups)[1] != "Piped gas"


@pytest.mark.usefixtures("elsewhere")
def test_an_edit_of_a_level_shows_as_a_departure(page):
    page.receive({"kind": "assign", "recipient": [0], "group": 2})
    assert side(page)["recode"]["differs"] == 1


def test_a_removed_recode_leaves_the_groups(page, elsewhere, workspace):
    before = elsewhere.load().get("heat__hfl").recipient.levels
    page.receive({"kind": "recode_remove", "name": "fuel"})
    after = elsewhere.load().get("heat__hfl").recipient
    assert (after.recode, after.levels) == ("", before)
    assert side(page)["recode"] is None
    assert RecodeShelf(workspace.path).find("fuel") is None


def test_a_recode_that_knows_nothing_says_so_at_the_side(page, told):
    page.receive({"kind": "recode_use", "side": "recipient", "name": "tenure-2"})
    problem = next(item for item in reversed(told) if item["kind"] == "problem")
    assert problem["field"] == "recode"
    assert "knows no answer of 'hfl'" in problem["message"]
