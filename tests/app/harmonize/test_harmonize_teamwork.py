"""Several people, several windows, one harmony: nobody overwrites anybody without knowing."""

from __future__ import annotations

import errno
import json

import pytest

from fusion_core.harmony.model.harmony import SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import SurveyId

PAIR = SurveyPair(SurveyId("ENERGY", "2020"), SurveyId("ACS", "2019"))
MATCH = {"donor": "heat", "recipient": "hfl"}
KEY = "heat__hfl"


def part(page, name):
    return json.loads(getattr(page.browser, name))


def notices(page):
    return [notice["text"] for notice in part(page, "teamwork")["notices"]]


def assign(page, side, index, group):
    other = "recipient" if side == "donor" else "donor"
    page.receive({"kind": "assign", side: [index], other: [], "group": group})


def groups(harmony, side):
    return [item.group for item in harmony.side(side).levels]


@pytest.fixture
def store(workspace):
    return HarmonyStore(workspace.path, PAIR)


@pytest.fixture
def kim_and_lee(open_page):
    """Two colleagues who both have the first revision open."""
    first = open_page("ana", **MATCH)
    for index in range(3):
        assign(first, "donor", index, index + 1)
        assign(first, "recipient", index, index + 1)
    first.receive({"kind": "save"})
    return open_page("kim", **MATCH), open_page("lee", **MATCH)


def last(told, kind):
    return next(item for item in reversed(told) if item["kind"] == kind)


# Conflicts -----------------------------------------------------------------------------------


def test_changes_of_different_things_are_merged_without_a_question(kim_and_lee, store, told):
    kim, lee = kim_and_lee
    lee.receive({"kind": "comment", "text": "theirs"})
    lee.receive({"kind": "save"})
    assign(kim, "donor", 0, 3)
    kim.receive({"kind": "save"})
    shown = last(told, "conflict")
    assert (shown["who"], shown["revision"], shown["items"]) == ("lee", 2, [])
    assert shown["theirs"] == [["comment", "–", "theirs", []]]
    assert shown["mine"] == [["donor: Gas", "1 Utility gas", "3 Wood", []]]
    assert store.load().get(KEY).revision == 2
    kim.receive({"kind": "resolve", "revision": 2, "choices": [], "save": True})
    merged = store.load().get(KEY)
    assert (merged.comment, groups(merged, "donor")[0], merged.revision) == ("theirs", 3.0, 3)
    assert part(kim, "form")["draft"] is False


@pytest.mark.parametrize(("choice", "expected"), [("mine", 3.0), ("theirs", 2.0)])
def test_what_both_changed_is_decided_item_by_item(kim_and_lee, store, told, choice, expected):
    kim, lee = kim_and_lee
    assign(lee, "donor", 0, 2)
    lee.receive({"kind": "comment", "text": "lee's"})
    lee.receive({"kind": "save"})
    assign(kim, "donor", 0, 3)
    kim.receive({"kind": "comment", "text": "kim's"})
    kim.receive({"kind": "save"})
    items = last(told, "conflict")["items"]
    assert [(i["what"], i["base"], i["mine"], i["theirs"]) for i in items] == [
        ("donor: Gas", "1 Utility gas", "3 Wood", "2 Electricity"),
        ("comment", "–", "kim's", "lee's"),
    ]
    kim.receive({"kind": "resolve", "revision": 2, "choices": [choice, "mine"], "save": True})
    merged = store.load().get(KEY)
    assert (groups(merged, "donor")[0], merged.comment) == (expected, "kim's")
    assert [entry.who for entry in store.history(KEY)] == ["ana", "lee", "kim"]


def test_a_group_of_several_answers_is_named_by_what_both_versions_hold(kim_and_lee, store, told):
    kim, lee = kim_and_lee
    for index in (1, 2):  # groups of two answers and more, on both sides
        assign(lee, "donor", index, 2)
        assign(lee, "recipient", index, 2)
    lee.receive({"kind": "save"})
    kim.receive({"kind": "open", **MATCH})
    assign(lee, "donor", 0, 2)
    lee.receive({"kind": "save"})
    assign(kim, "donor", 0, 3)
    kim.receive({"kind": "save"})
    (item,) = last(told, "conflict")["items"]
    levels = store.load().get(KEY).donor.levels
    assert item["what"] == f"donor: {levels[0].level}"
    assert item["theirs"] == f"2 {levels[1].level} and 2 more"


def test_a_merge_can_stay_a_draft_and_be_undone(kim_and_lee, store, told):
    kim, lee = kim_and_lee
    lee.receive({"kind": "comment", "text": "theirs"})
    lee.receive({"kind": "save"})
    assign(kim, "donor", 0, 3)
    kim.receive({"kind": "differences"})
    kim.receive({"kind": "resolve", "revision": 2, "choices": []})
    form = part(kim, "form")
    assert (form["draft"], form["comment"], form["revision"]) == (True, "theirs", 2)
    assert notices(kim) == []
    kim.receive({"kind": "undo"})
    assert part(kim, "form")["comment"] == ""
    assert store.load().get(KEY).revision == 2
    assert "merged in your draft" in last(told, "toast")["message"]


def test_taking_theirs_can_be_undone_into_a_draft(kim_and_lee, told):
    kim, lee = kim_and_lee
    lee.receive({"kind": "comment", "text": "theirs"})
    lee.receive({"kind": "save"})
    kim.receive({"kind": "comment", "text": "mine"})
    kim.receive({"kind": "save"})
    kim.receive({"kind": "resolve", "revision": 2, "keep": "theirs"})
    assert part(kim, "form")["comment"] == "theirs"
    kim.receive({"kind": "undo"})
    assert part(kim, "form")["comment"] == "mine"
    assert part(kim, "form")["draft"]
    assert last(told, "conflict")["items"]


def test_somebody_saving_during_the_dialogue_is_asked_about_again(kim_and_lee, store, told):
    kim, lee = kim_and_lee
    lee.receive({"kind": "comment", "text": "one"})
    lee.receive({"kind": "save"})
    kim.receive({"kind": "comment", "text": "mine"})
    kim.receive({"kind": "save"})
    lee.receive({"kind": "comment", "text": "two"})
    lee.receive({"kind": "save"})
    kim.receive({"kind": "resolve", "revision": 2, "choices": ["mine"], "save": True})
    assert last(told, "conflict")["revision"] == 3
    assert store.load().get(KEY).comment == "two"


@pytest.mark.parametrize("choices", [None, ["mine"], ["mine", "hers"], ["mine"] * 3])
def test_choices_that_do_not_fit_change_nothing(kim_and_lee, store, told, choices):
    kim, lee = kim_and_lee
    assign(lee, "donor", 0, 2)
    lee.receive({"kind": "comment", "text": "lee's"})
    lee.receive({"kind": "save"})
    assign(kim, "donor", 0, 3)
    kim.receive({"kind": "comment", "text": "kim's"})
    before = part(kim, "form")["sides"]
    kim.receive({"kind": "resolve", "revision": 2, "choices": choices, "save": True})
    assert last(told, "problem")["message"].endswith("Choose again.")
    assert part(kim, "form")["sides"] == before
    assert store.load().get(KEY).revision == 2


def test_what_somebody_deleted_can_be_saved_as_new_or_dropped(kim_and_lee, store, told):
    kim, lee = kim_and_lee
    lee.receive({"kind": "delete"})
    kim.receive({"kind": "comment", "text": "mine"})
    kim.receive({"kind": "save"})
    assert last(told, "conflict")["deleted"]
    kim.receive({"kind": "resolve", "revision": 0, "keep": "mine", "save": True})
    assert store.load().get(KEY).revision == 3


# What others do ------------------------------------------------------------------------------


def test_who_only_looks_sees_the_new_version_at_once(kim_and_lee, told):
    kim, lee = kim_and_lee
    lee.receive({"kind": "comment", "text": "new"})
    lee.receive({"kind": "save"})
    kim.teamwork.look()
    assert part(kim, "form")["comment"] == "new"
    assert last(told, "toast")["message"] == "lee saved revision 2; it is shown now."


def test_who_has_edits_is_told_quietly_before_saving(kim_and_lee):
    kim, lee = kim_and_lee
    assign(kim, "donor", 0, 3)
    lee.receive({"kind": "comment", "text": "new"})
    lee.receive({"kind": "save"})
    kim.teamwork.look()
    assert notices(kim) == ["lee saved revision 2 while you worked on revision 1"]
    assert part(kim, "form")["comment"] == ""
    assert part(kim, "form")["sides"]["donor"]["groups"][0] == 3.0


def test_the_same_edit_saved_by_a_colleague_is_no_conflict(kim_and_lee, store):
    kim, lee = kim_and_lee
    for page in (kim, lee):
        page.receive({"kind": "comment", "text": "agreed"})
    lee.receive({"kind": "save"})
    kim.teamwork.look()
    assert not part(kim, "form")["draft"]
    assert store.load_drafts("kim") == {}


def test_a_colleagues_draft_is_mentioned_and_so_is_its_end(kim_and_lee):
    kim, lee = kim_and_lee
    lee.receive({"kind": "comment", "text": "unfinished"})
    kim.teamwork.look()
    assert notices(kim) == ["lee has an unsaved draft of this harmony"]
    lee.receive({"kind": "discard"})
    kim.teamwork.look()
    assert notices(kim) == []


def test_a_deletion_elsewhere_is_shown_and_can_be_undone(kim_and_lee, store, told):
    kim, lee = kim_and_lee
    lee.receive({"kind": "delete"})
    kim.teamwork.look()
    assert part(kim, "form")["revision"] == 0
    kim.receive(last(told, "toast")["undo"])
    assert store.load().get(KEY) is not None


# Two windows of one person -------------------------------------------------------------------


def test_an_edit_appears_in_the_other_window_of_the_same_person(open_page, store):
    one, two = open_page(**MATCH), open_page(**MATCH)
    one.receive({"kind": "comment", "text": "from one"})
    two.teamwork.look()
    assert part(two, "form")["comment"] == "from one"
    two.receive({"kind": "comment", "text": "from two"})
    assert notices(two) == []
    assert store.load_drafts("kim")[KEY].other is None


def test_edits_in_two_windows_at_once_leave_the_choice(open_page, store):
    one, two = open_page(**MATCH), open_page(**MATCH)
    one.receive({"kind": "comment", "text": "from one"})
    two.receive({"kind": "comment", "text": "from two"})
    kept = store.load_drafts("kim")[KEY]
    assert (kept.harmony.comment, kept.other.comment) == ("from two", "from one")
    assert notices(two) == ["You changed this harmony in another window as well."]
    two.receive({"kind": "use_rival"})
    assert part(two, "form")["comment"] == "from one"
    assert notices(two) == []
    one.teamwork.look()
    assert part(one, "form")["comment"] == "from one"
    two.receive({"kind": "undo"})
    assert part(two, "form")["comment"] == "from two"


def test_discarding_in_one_window_drops_it_in_the_other(open_page, store):
    one, two = open_page(**MATCH), open_page(**MATCH)
    one.receive({"kind": "comment", "text": "x"})
    two.teamwork.look()
    one.receive({"kind": "discard"})
    two.teamwork.look()
    assert not part(two, "form")["draft"]
    assert store.load_drafts("kim") == {}


# Drafts --------------------------------------------------------------------------------------


def test_an_edit_is_on_disk_before_it_is_answered(open_page, store, monkeypatch):
    page = open_page(**MATCH)
    answered = []
    monkeypatch.setattr(page.browser, "show", lambda **_: answered.append(store.load_drafts("kim")))
    assign(page, "donor", 0, 9)
    assert groups(answered[0][KEY].harmony, "donor")[0] == 9.0


def test_undo_and_redo_survive_a_reload(open_page):
    page = open_page(**MATCH)
    for text in ("a", "b", "c"):
        page.receive({"kind": "comment", "text": text})
    page.receive({"kind": "undo"})
    again = open_page(**MATCH)
    assert part(again, "form")["comment"] == "b"
    again.receive({"kind": "redo"})
    assert part(again, "form")["comment"] == "c"
    again.receive({"kind": "undo"})
    again.receive({"kind": "undo"})
    assert part(again, "form")["comment"] == "a"


def test_an_edit_that_cannot_be_kept_says_so_until_it_can(open_page, store, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    page = open_page(**MATCH)
    with monkeypatch.context() as patched:
        patched.setattr("tempfile.mkstemp", full)
        page.receive({"kind": "comment", "text": "x"})
    assert notices(page)[0].startswith("Your edits are not kept as a draft. Could not write")
    assert part(page, "form")["comment"] == "x"
    page.receive({"kind": "comment", "text": "xy"})
    assert notices(page) == []
    assert store.load_drafts("kim")[KEY].harmony.comment == "xy"


def test_a_draft_that_cannot_be_read_is_set_aside_and_does_not_block(open_page, store):
    open_page(**MATCH).receive({"kind": "comment", "text": "x"})
    (path,) = (store.folder / "drafts").rglob("*.json")
    path.write_text("{", encoding="utf-8")
    page = open_page(**MATCH)
    assert any("set aside" in text for text in notices(page))
    assert len(list(path.parent.glob("*.damaged-*"))) == 1


# History and review --------------------------------------------------------------------------


def test_any_two_revisions_are_compared(kim_and_lee, told):
    kim, _ = kim_and_lee
    for text in ("a", "b"):
        kim.receive({"kind": "comment", "text": text})
        kim.receive({"kind": "save"})
    kim.receive({"kind": "history"})
    assert last(told, "history")["revisions"] == [3, 2, 1]
    kim.receive({"kind": "compare", "a": 1, "b": 3})
    assert last(told, "comparison")["changes"] == [["comment", "–", "b", []]]


def test_deleted_harmonies_are_listed_and_come_back(kim_and_lee, store, told):
    kim, _ = kim_and_lee
    kim.receive({"kind": "delete"})
    kim.receive({"kind": "deleted"})
    assert [(e["key"], e["who"]) for e in last(told, "deleted")["entries"]] == [(KEY, "kim")]
    kim.receive({"kind": "undelete", "key": KEY})
    assert store.load().get(KEY) is not None
    kim.receive({"kind": "deleted"})
    assert last(told, "deleted")["entries"] == []


def test_a_review_holds_until_the_next_save(kim_and_lee, told):
    kim, lee = kim_and_lee
    lee.receive({"kind": "review", "verdict": "reviewed", "revision": 1})
    assert part(lee, "teamwork")["review"]["status"] == "reviewed"
    kim.teamwork.look()
    assert part(kim, "teamwork")["review"]["last"]["who"] == "lee"
    lee.receive({"kind": "view", "view": "all"})
    assert [row["review"] for row in part(lee, "table")["rows"]] == ["reviewed"]
    lee.receive({"kind": "view", "view": "match"})
    kim.receive({"kind": "comment", "text": "changed"})
    kim.receive({"kind": "save"})
    review = part(kim, "teamwork")["review"]
    assert (review["status"], review["outdated"]) == ("to review", True)
    lee.receive({"kind": "review", "verdict": "needs work", "revision": 1, "text": "Why?"})
    assert "while you edited" in last(told, "problem")["message"]
