"""Suggestions on the page: offered, taken whole or in parts, undone, dismissed, asked for again."""

from __future__ import annotations

import json

import pytest

from fusion_core.harmony.store import HarmonyStore
from harmony_app.harmonize.desk import HarmonizeDesk
from harmony_app.harmonize.pairwork import parse_pair


def part(page, name):
    return json.loads(getattr(page.desk, name))


def groups(page, side):
    return part(page, "form")["sides"][side]["groups"]


@pytest.fixture
def told(monkeypatch):
    heard: list[dict] = []
    monkeypatch.setattr(
        HarmonizeDesk, "tell", lambda _, kind, **content: heard.append({"kind": kind, **content})
    )
    return heard


def test_a_new_match_is_offered_a_suggestion_and_nothing_is_taken_silently(open_page):
    page = open_page(donor="heat", recipient="hfl")
    assert groups(page, "donor") == groups(page, "recipient") == [None, None, None]
    offered = part(page, "suggestion")
    assert offered["groups"] == {"donor": [1, 2, 3], "recipient": [1, 2, 3]}
    assert offered["reasons"]
    assert offered["parts"] == [{"name": "groups", "words": "groups of 6 levels"}]
    page.schedule()
    assert part(page, "preview")["foreseen"]
    assert part(page, "preview")["similarity"] is not None


def test_a_suggestion_is_taken_whole_in_one_step_and_undone_in_one(open_page, workspace):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "take_suggestion"})
    assert groups(page, "donor") == groups(page, "recipient") == [1, 2, 3]
    assert part(page, "suggestion") is None
    store = HarmonyStore(workspace.path, parse_pair("ENERGY_2020__ACS_2019"))
    assert list(store.load_drafts("kim")) == ["heat__hfl"]
    page.receive({"kind": "undo"})
    assert groups(page, "donor") == [None, None, None]
    assert part(page, "suggestion")["parts"]
    assert store.load_drafts("kim") == {}


def test_levels_are_taken_one_by_one_in_the_persons_own_numbering(open_page):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "assign", "donor": [0], "recipient": [], "group": 7})
    assert part(page, "suggestion")["groups"] == {"donor": [None, 2, 3], "recipient": [7, 2, 3]}
    page.receive({"kind": "take_levels", "donor": [], "recipient": [0]})
    assert groups(page, "donor") == [7, None, None]
    assert groups(page, "recipient") == [7, None, None]


def test_a_dismissed_suggestion_stays_away_until_it_is_asked_for(open_page):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "dismiss_suggestion"})
    assert part(page, "suggestion") is None
    page.receive({"kind": "open", "donor": "kids", "recipient": "agep"})
    page.receive({"kind": "open", "donor": "heat", "recipient": "hfl"})
    assert part(page, "suggestion") is None
    page.receive({"kind": "suggest"})
    assert part(page, "suggestion")["parts"]


def test_a_saved_harmony_is_left_alone_until_a_suggestion_is_asked_for(open_page):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "take_suggestion"})
    page.receive({"kind": "save"})
    page.receive({"kind": "assign", "donor": [0], "recipient": [], "group": None})
    assert part(page, "suggestion") is None
    page.receive({"kind": "suggest"})
    assert part(page, "suggestion")["groups"]["donor"] == [1, None, None]


def test_a_candidate_is_opened_and_taken_in_one_step(open_page, told):
    page = open_page(donor="heat")
    page.receive({"kind": "take_candidate", "donor": "heat", "recipient": "hfl"})
    assert part(page, "subject")["recipient"]["name"] == "hfl"
    assert groups(page, "recipient") == [1, 2, 3]
    page.receive({"kind": "save"})
    page.receive({"kind": "take_candidate", "donor": "heat", "recipient": "hfl"})
    assert "already" in told[-1]["message"]


@pytest.mark.parametrize("parts", ["groups", [1], {"groups": True}])
def test_a_malformed_message_takes_nothing(open_page, told, parts):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "take_suggestion", "parts": parts})
    assert groups(page, "donor") == [None, None, None]
    assert told[-1]["kind"] == "problem"
