"""A recode edited by itself on the page: what is shown first, saved with all uses, and taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.recodes import RecodeShelf, put_answers
from fusion_core.harmony.store import HarmonyStore
from fusion_core.surveys.model import SurveyId
from harmony_app.harmonize.work import parse_pair

PAIR = parse_pair("ENERGY_2020__ACS_2019")
OTHER = SurveyPair(SurveyId("ENERGY", "2015"), PAIR.recipient)
WOOD_TO_GAS = {
    "kind": "recode_edit",
    "name": "fuel",
    "act": "put",
    "entries": [["answer", "Wood"]],
    "group": 1,
}


def last(told, kind):
    return next(item for item in reversed(told) if item["kind"] == kind)


def opened(told):
    return last(told, "recode_desk")["open"]


def group_of(folder, pair, level="Wood"):
    harmony = HarmonyStore(folder, pair).load().get("heat__hfl")
    return next(item.group for item in harmony.recipient.levels if item.level == level)


@pytest.fixture
def page(open_page, workspace, monkeypatch):
    """The recode `fuel`, used by the saved harmonies of two pairs and shown by itself."""
    monkeypatch.setattr(
        "harmony_app.shell.work.slow_work.SlowWork.start",
        lambda _self, compute, done, _failed: done(compute()),
    )
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "take_suggestion"})
    page.receive({"kind": "recode_save", "side": "recipient", "title": "Fuel"})
    page.receive({"kind": "save"})
    harmony = HarmonyStore(workspace.path, PAIR).load().get("heat__hfl")
    HarmonyStore(workspace.path, OTHER).save(replace(harmony, revision=0), author="lee")
    page.receive({"kind": "recode_view", "name": "fuel"})
    return page


def test_the_recode_is_in_the_address_and_says_who_uses_it(page, told, open_page):
    page.receive({"kind": "recode_view", "name": "fuel"})
    assert (page.state.view, page.state.task.other) == ("recode", "fuel")
    shown = opened(told)
    assert [text for _, text in shown["classes"]] == ["Utility gas", "Electricity", "Wood"]
    assert not shown["changed"]
    uses = last(told, "recode_outcome")["uses"]
    assert {item["title"] for item in uses} == {PAIR.title, OTHER.title}
    again = open_page(view="recode", other="fuel")
    assert (again.state.view, again.state.task.other) == ("recode", "fuel")


def test_an_edit_shows_what_it_changes_and_changes_nothing_yet(page, told, workspace):
    page.receive(WOOD_TO_GAS)
    assert opened(told)["changed"]
    changes = last(told, "recode_outcome")["changes"]
    assert {(item["title"], item["key"]) for item in changes} == {
        (PAIR.title, "heat__hfl"),
        (OTHER.title, "heat__hfl"),
    }
    assert (group_of(workspace.path, PAIR), group_of(workspace.path, OTHER)) == (3, 3)
    assert RecodeShelf(workspace.path).get("fuel").group_of("Wood") == 3


def test_saving_changes_every_use_and_one_undo_takes_all_back(page, told, workspace):
    page.receive(WOOD_TO_GAS)
    page.receive({"kind": "recode_keep", "name": "fuel"})
    assert (group_of(workspace.path, PAIR), group_of(workspace.path, OTHER)) == (1, 1)
    assert "2 harmonies changed" in last(told, "toast")["message"]
    page.receive({"kind": "recode_view", "name": "fuel"})
    assert not opened(told)["changed"]
    page.receive(last(told, "toast")["undo"])
    assert (group_of(workspace.path, PAIR), group_of(workspace.path, OTHER)) == (3, 3)
    assert RecodeShelf(workspace.path).get("fuel").group_of("Wood") == 3


def test_edits_are_undone_redone_and_outlive_the_page(page, told, open_page):
    page.receive(WOOD_TO_GAS)
    page.receive(
        {"kind": "recode_edit", "name": "fuel", "act": "rename", "code": 1, "title": "Heat"}
    )
    page.receive({"kind": "recode_back", "name": "fuel"})
    assert opened(told)["classes"][0] == [1, "Utility gas"]
    page.receive({"kind": "recode_again", "name": "fuel"})
    assert opened(told)["classes"][0] == [1, "Heat"]
    again = open_page(view="recode", other="fuel")
    again.receive({"kind": "recode_view", "name": "fuel"})
    assert opened(told)["classes"][0] == [1, "Heat"]
    again.receive({"kind": "recode_discard", "name": "fuel"})
    assert not opened(told)["changed"]


def test_two_people_both_keep_what_they_did(page, told, workspace):
    page.receive(WOOD_TO_GAS)
    shelf = RecodeShelf(workspace.path)
    shelf.save(put_answers(shelf.get("fuel"), ["Coal"], 3.0), author="lee")
    page.receive({"kind": "recode_keep", "name": "fuel"})
    assert "lee saved revision 2" in last(told, "toast")["message"]
    news = opened(told)["news"]
    assert (news["by"], news["clashes"]) == ("lee", [])
    page.receive({"kind": "recode_together", "name": "fuel", "prefer": "mine"})
    page.receive({"kind": "recode_keep", "name": "fuel"})
    merged = shelf.get("fuel")
    assert (merged.group_of("Wood"), merged.group_of("Coal"), merged.revision) == (1, 3, 3)
    assert group_of(workspace.path, OTHER) == 1


def test_an_answer_both_moved_is_asked(page, told, workspace):
    page.receive(WOOD_TO_GAS)
    shelf = RecodeShelf(workspace.path)
    shelf.save(put_answers(shelf.get("fuel"), ["Wood"], 2.0), author="lee")
    page.receive({"kind": "recode_view", "name": "fuel"})
    assert opened(told)["news"]["clashes"] == [["Wood", "Utility gas", "Electricity"]]
    page.receive({"kind": "recode_together", "name": "fuel", "prefer": "theirs"})
    assert not opened(told)["changed"]


def test_a_harmony_with_an_unsaved_draft_is_named_and_nothing_is_changed(page, told, workspace):
    page.receive({"kind": "assign", "recipient": [0], "group": 9})
    page.receive(WOOD_TO_GAS)
    drafted = [item for item in last(told, "recode_outcome")["changes"] if item["draft"]]
    assert [item["title"] for item in drafted] == [PAIR.title]
    page.receive({"kind": "recode_keep", "name": "fuel"})
    assert "unsaved draft of heat__hfl" in last(told, "toast")["message"]
    assert group_of(workspace.path, OTHER) == 3
    assert RecodeShelf(workspace.path).get("fuel").revision == 1


def test_answers_of_its_harmonies_it_does_not_know_are_listed_and_placed(page, told, workspace):
    store = HarmonyStore(workspace.path, OTHER)
    harmony = store.load().get("heat__hfl")
    wider = replace(
        harmony.recipient,
        levels=(
            *harmony.recipient.levels,
            replace(harmony.recipient.levels[0], level="Coal", group=3.0),
        ),
    )
    store.save(harmony.with_side("recipient", wider), author="lee")
    page.receive({"kind": "recode_view", "name": "fuel"})
    (item,) = last(told, "recode_outcome")["unknown"]
    assert (item["text"], item["groups"]) == ("Coal", ["3"])
    page.receive(WOOD_TO_GAS | {"entries": [["answer", "Coal"]], "group": 2})
    assert last(told, "recode_outcome")["unknown"] == []


def test_a_new_recode_is_begun_copied_and_saved(page, told, workspace):
    page.receive({"kind": "recode_new", "title": "Fuel of mine", "copy": "fuel"})
    assert (opened(told)["new"], opened(told)["title"]) == (True, "Fuel of mine")
    assert RecodeShelf(workspace.path).find("fuel-of-mine") is None
    page.receive({"kind": "recode_keep", "name": "fuel-of-mine"})
    assert RecodeShelf(workspace.path).get("fuel-of-mine").group_of("Wood") == 3
    page.receive({"kind": "recode_new", "title": "Fuel"})
    assert "There is a recode 'fuel' already" in last(told, "toast")["message"]


def test_a_standard_recode_is_changed_for_this_workspace(page, told, workspace):
    page.receive({"kind": "recode_view", "name": "tenure-2"})
    assert opened(told)["standard"]
    page.receive(
        {"kind": "recode_edit", "name": "tenure-2", "act": "rename", "code": 1, "title": "Owners"}
    )
    page.receive({"kind": "recode_keep", "name": "tenure-2"})
    assert dict(RecodeShelf(workspace.path).get("tenure-2").groups)[1] == "Owners"
    page.receive({"kind": "recode_remove", "name": "tenure-2"})
    assert dict(RecodeShelf(workspace.path).get("tenure-2").groups)[1] != "Owners"


def test_a_refused_edit_shows_the_recode_as_it_is(page, told):
    page.receive(
        {"kind": "recode_edit", "name": "fuel", "act": "rename", "code": 1, "title": "Wood"}
    )
    assert "Another class is called 'Wood'" in last(told, "toast")["message"]
    assert opened(told)["classes"][0] == [1, "Utility gas"]


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ({"kind": "recode_view", "name": "nothing"}, "nothing"),
        ({"kind": "recode_edit", "name": "fuel", "act": "explode"}, "no edit of a recode"),
        (WOOD_TO_GAS | {"entries": [["bin", "0"]]}, "0 bins"),
        (WOOD_TO_GAS | {"entries": "all"}, "lists no answers"),
        (WOOD_TO_GAS | {"group": 99}, "Group 99 is used but not listed"),
        ({"kind": "recode_edit", "name": "fuel", "act": "about", "title": " "}, "no title"),
        ({"kind": "recode_edit", "name": "fuel", "act": "breaks", "points": ["x"]}, "not a number"),
        ({"kind": "recode_new", "title": "…"}, "has no name"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(page, told, message, says):
    page.receive(message)
    assert says in last(told, "toast")["message"]
