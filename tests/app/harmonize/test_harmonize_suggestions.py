"""Suggestions on the page: offered, taken whole or in parts, undone, dismissed, asked for again."""

from __future__ import annotations

import json

import pytest

from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import Dictionary, Survey, SurveyDescription, SurveyId
from harmony_app.harmonize.work.pair_session import parse_pair


def part(page, name):
    return json.loads(getattr(page.browser, name))


def groups(page, side):
    return part(page, "form")["sides"][side]["groups"]


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
    reloaded = open_page(donor="heat", recipient="hfl")
    assert part(reloaded, "suggestion") is None
    page.receive({"kind": "suggest"})
    assert part(page, "suggestion")["parts"]
    assert part(open_page(donor="heat", recipient="hfl"), "suggestion")["parts"]


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


def test_the_queue_holds_what_can_be_suggested_and_leads_through_it(open_page, workspace):
    page = open_page(donor="pay")
    assert part(page, "queue")["progress"] == 1
    assert part(page, "queue")["items"] == {"heat": "hfl", "kids": "agep"}
    page.receive({"kind": "queue_start"})
    assert part(page, "form")["key"] == "heat__hfl"
    assert part(page, "queue")["at"]["key"] == "heat__hfl"
    page.receive({"kind": "queue_save"})
    assert HarmonyStore(workspace.path, page.work.pair).load().get("heat__hfl").author == "kim"
    assert part(page, "queue")["items"] == {"kids": "agep"}


def test_a_draft_from_the_queue_is_kept_when_the_next_one_opens(open_page, workspace):
    page = open_page(donor="pay")
    page.receive({"kind": "queue_start"})
    page.receive({"kind": "queue_draft"})
    drafts = HarmonyStore(workspace.path, page.work.pair).load_drafts("kim")
    assert list(drafts) == ["heat__hfl"]
    assert [item.group for item in drafts["heat__hfl"].harmony.donor.levels] == [1, 2, 3]


def test_a_refused_suggestion_stays_refused_for_this_user_only(open_page, told):
    page = open_page(donor="pay")
    page.receive({"kind": "queue_start"})
    page.receive({"kind": "queue_never"})
    both = {"heat": "hfl", "kids": "agep"}
    assert part(open_page(donor="pay"), "queue")["items"] == {"kids": "agep"}
    assert part(open_page("lee", donor="pay"), "queue")["items"] == both
    undo = next(item["undo"] for item in reversed(told) if item.get("undo"))
    page.receive(undo)
    assert part(page, "queue")["items"] == both


def test_a_skipped_suggestion_comes_back_when_the_queue_is_started_again(open_page, told):
    page = open_page(donor="pay")
    page.receive({"kind": "queue_start"})
    page.receive({"kind": "queue_skip"})
    page.receive({"kind": "queue_skip"})
    assert "all the suggestions" in told[-1]["message"]
    page.receive({"kind": "queue_start"})
    assert part(page, "queue")["at"]["key"] == "heat__hfl"


def test_the_queue_does_nothing_to_a_match_opened_otherwise(open_page, told):
    page = open_page(donor="pay")
    page.receive({"kind": "queue_start"})
    page.receive({"kind": "open", "donor": "kids", "recipient": "agep"})
    assert part(page, "queue")["at"] is None
    page.receive({"kind": "queue_save"})
    assert told[-1]["kind"] == "problem"


def test_candidates_are_ranked_again_once_their_answers_are_compared(open_page):
    page = open_page(donor="heat")
    found = page.work.fits["heat"]
    assert found["hfl"] == page.work.find_fits("heat")["hfl"] > 0
    scores = [item["score"] for item in part(page, "subject")["candidates"]]
    assert scores == sorted(scores, reverse=True)
    heat = page.work.surveys.donor.dictionary["heat"]
    wording = {item.variable.name: item.score for item in page.work.index.rank(heat)}
    assert scores[0] == pytest.approx(wording["hfl"] * (0.7 + 0.3 * found["hfl"]))


def test_another_pair_is_not_asked_about_the_variable_of_the_pair_left(open_page, workspace, told):
    now = workspace.survey(SurveyId("ENERGY", "2020"))
    before = Survey(
        SurveyDescription(SurveyId("ENERGY", "2015")),
        Dictionary([now.dictionary["kids"]]),
        now.household[["household_id", "weight", "kids"]],
    )
    workspace.add_survey(before)
    page = open_page(donor="heat")
    page.receive({"kind": "pair", "pair": "ENERGY_2015__ACS_2019"})
    assert page.state.donor == "kids"
    assert [item for item in told if item["kind"] == "toast"] == []
