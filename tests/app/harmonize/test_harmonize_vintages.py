"""All harmonies, transferring and comparing vintages, without a browser."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import Dictionary, Survey, SurveyDescription, SurveyId, Variable
from harmony_app.harmonize.work.address import KEYS_IN_ADDRESS, address
from harmony_app.harmonize.work.state import ViewState, VintageTask

HERE = SurveyPair(SurveyId("ENERGY", "2020"), SurveyId("ACS", "2019"))
THERE = SurveyPair(SurveyId("ENERGY", "2020"), SurveyId("ACS", "2021"))
FUELS = ("Utility gas", "Electricity", "Wood or coal", "Solar energy")


def grouped(variable, **codes):
    levels = tuple(LevelGroup(label.replace("_", " "), code) for label, code in codes.items())
    return Side(variable, levels=levels)


HEAT = Harmony(
    grouped("heat", Gas=1.0, Electric=2.0, Wood=3.0),
    grouped("hfl", Utility_gas=1.0, Electricity=2.0, Wood=3.0),
)
KIDS = Harmony(
    Side("kids"),
    Side(
        "agep",
        "person",
        breakpoints=(18.0,),
        aggregator="sum",
        levels=(LevelGroup("under 18", 1.0), LevelGroup("18 or more", 0.0)),
    ),
)


@pytest.fixture
def two_vintages(workspace):
    """ACS 2021 words one fuel differently and knows a new one; both harmonies exist for 2019."""
    variables = [
        Variable("hfl", "House heating fuel", levels=FUELS),
        Variable("agep", "Age", "person", "integer"),
    ]
    workspace.add_survey(Survey(SurveyDescription(THERE.recipient), Dictionary(variables)))
    for harmony in (HEAT, KIDS):
        HarmonyStore(workspace.path, HERE).save(harmony, author="ann")
    return workspace


def saved(workspace, pair=THERE):
    return {item.key: item for item in HarmonyStore(workspace.path, pair).load().harmonies}


def latest(told, kind):
    return next(item for item in reversed(told) if item["kind"] == kind)


def review(page, told, **message):
    page.receive({"kind": "transfer", "direction": "from", "pair": str(HERE), **message})
    return {item["key"]: item for item in latest(told, "transfer")["items"]}


def groups(harmony):
    return {item.level: item.group for item in harmony.recipient.levels}


@pytest.mark.usefixtures("two_vintages")
def test_the_table_lists_this_pair_or_the_whole_workspace(open_page):
    page = open_page(pair=str(THERE), view="all")
    page.receive({"kind": "view", "view": "all"})
    assert json.loads(page.browser.table)["rows"] == []
    page.receive({"kind": "table_scope", "scope": "all"})
    table = json.loads(page.browser.table)
    assert [row["key"] for row in table["rows"]] == [HEAT.key, KIDS.key]
    assert table["titles"] == {str(HERE): "ENERGY 2020 → ACS 2019"}
    page.receive({"kind": "open_row", "pair": str(HERE), "key": KIDS.key})
    assert page.state.pair == HERE
    assert page.state.key == KIDS.key


def test_what_holds_is_ready_and_what_differs_is_listed_change_by_change(
    two_vintages, open_page, told
):
    items = review(open_page(pair=str(THERE)), told)
    assert items[KIDS.key]["section"] == "ready"
    heat = items[HEAT.key]
    assert heat["section"] == "look"
    assert {(change["kind"], change["level"], change["group"]) for change in heat["changes"]} == {
        ("renamed", "Wood or coal", 3.0),
        ("added", "Solar energy", None),
    }
    assert saved(two_vintages) == {}


def test_changes_are_refused_and_groups_chosen_and_one_step_undoes_all(
    two_vintages, open_page, told
):
    page = open_page(pair=str(THERE))
    heat = review(page, told)[HEAT.key]
    wood = next(k for k, item in enumerate(heat["changes"]) if item["kind"] == "renamed")
    chosen = {"refused": [wood], "groups": [["recipient", "Solar energy", 2]]}
    take = {"kind": "transfer_take", "mode": "save", "target": str(THERE)}
    page.receive({**take, "choices": {HEAT.key: chosen, KIDS.key: {}}})
    assert list(saved(two_vintages)) == [KIDS.key]
    draft = HarmonyStore(two_vintages.path, THERE).load_drafts("kim")[HEAT.key].harmony
    assert groups(draft) == dict(zip(FUELS, (1, 2, None, 2), strict=True))
    toast = latest(told, "toast")
    assert toast["message"] == "1 harmony saved for ENERGY 2020 → ACS 2021. 1 kept as draft."
    page.receive(toast["undo"])
    assert saved(two_vintages) == {}
    assert HarmonyStore(two_vintages.path, THERE).load_drafts("kim") == {}


def test_what_exists_is_compared_and_replaced_only_on_request(two_vintages, open_page, told):
    mine = replace(
        HEAT, recipient=grouped("hfl", **{f.replace(" ", "_"): 1.0 for f in FUELS}), comment="mine"
    )
    HarmonyStore(two_vintages.path, THERE).save(mine, author="ann")
    page = open_page(pair=str(THERE))
    heat = review(page, told)[HEAT.key]
    assert heat["section"] == "exists"
    assert {row["level"] for row in heat["exists"]["rows"]} >= {"Electricity", "Wood or coal"}
    take = {"kind": "transfer_take", "mode": "save", "target": str(THERE)}
    page.receive({**take, "choices": {KIDS.key: {}}})
    assert saved(two_vintages)[HEAT.key].comment == "mine"
    chosen = {"groups": [["recipient", "Solar energy", 2]]}
    page.receive({**take, "choices": {HEAT.key: chosen}})
    assert groups(saved(two_vintages)[HEAT.key])["Electricity"] == 2.0
    page.receive(latest(told, "toast")["undo"])
    assert saved(two_vintages)[HEAT.key].comment == "mine"


def test_harmonies_are_kept_as_drafts_but_never_over_a_draft_of_ones_own(
    two_vintages, open_page, told
):
    store = HarmonyStore(two_vintages.path, THERE)
    store.save_draft(replace(KIDS, comment="unfinished"), user="kim")
    page = open_page(pair=str(THERE))
    items = review(page, told)
    assert items[KIDS.key]["section"] == "exists"
    choices = {HEAT.key: {}, KIDS.key: {}}
    page.receive(
        {"kind": "transfer_take", "mode": "draft", "target": str(THERE), "choices": choices}
    )
    drafts = store.load_drafts("kim")
    assert drafts[KIDS.key].harmony.comment == "unfinished"
    assert HEAT.key in drafts
    assert saved(two_vintages) == {}


@pytest.mark.usefixtures("two_vintages")
def test_selected_harmonies_are_taken_to_another_vintage(open_page, told):
    page = open_page(pair=str(HERE))
    page.receive({"kind": "transfer", "direction": "to", "pair": "", "keys": [KIDS.key]})
    reply = latest(told, "transfer")
    assert reply["pair"] == reply["target"] == str(THERE)
    assert [item["key"] for item in reply["items"]] == [KIDS.key]


def test_vintages_are_compared_by_meaning_and_a_grouping_is_taken_as_a_draft(
    two_vintages, open_page, told
):
    recoded = replace(
        KIDS, recipient=replace(KIDS.recipient, breakpoints=(), levels=(), adjustment="agep <= 17")
    )
    split = replace(
        HEAT,
        recipient=grouped(
            "hfl",
            **dict(zip((f.replace(" ", "_") for f in FUELS), (1.0, 2.0, 3.0, 3.0), strict=True)),
        ),
    )
    moved = replace(split, donor=grouped("heat", Gas=1.0, Electric=2.0, Wood=2.0))
    for harmony in (recoded, moved):
        HarmonyStore(two_vintages.path, THERE).save(harmony, author="ann")
    page = open_page(pair=str(HERE))
    page.receive({"kind": "compare_vintages", "keys": []})
    rows = latest(told, "vintages")["rows"]
    verdicts = {row["key"]: row["cells"][str(THERE)]["verdict"] for row in rows}
    assert verdicts == {KIDS.key: "recoded", HEAT.key: "different"}
    at = [row["key"] for row in rows].index(HEAT.key)
    page.receive({"kind": "vintage_cell", "row": at, "pair": str(THERE)})
    cell = latest(told, "vintage_cell")
    assert [row["level"] for row in cell["rows"] if row["differs"]] == ["Wood", "Solar energy"]
    page.receive({"kind": "take_grouping", "row": at, "pair": str(THERE)})
    assert page.state.key == HEAT.key
    assert [item.group for item in page.state.current.donor.levels] == [1.0, 2.0, 2.0]
    assert page.state.is_draft
    assert saved(two_vintages, HERE)[HEAT.key].donor == HEAT.donor
    page.receive({"kind": "undo"})
    assert page.state.current.donor == HEAT.donor


def test_rows_are_deleted_together_and_come_back_together(two_vintages, open_page, told):
    page = open_page(pair=str(HERE), view="all")
    items = [{"pair": str(HERE), "key": key} for key in (HEAT.key, KIDS.key)]
    page.receive({"kind": "delete_rows", "items": items})
    assert saved(two_vintages, HERE) == {}
    assert json.loads(page.browser.table)["rows"] == []
    page.receive(latest(told, "toast")["undo"])
    assert set(saved(two_vintages, HERE)) == {HEAT.key, KIDS.key}


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "transfer_take", "target": "x", "choices": {}},
        {"kind": "vintage_cell", "row": 99, "pair": str(HERE)},
        {"kind": "take_grouping", "row": "x", "pair": str(HERE)},
        {"kind": "delete_rows", "items": "all"},
        {"kind": "delete_rows", "items": [{"pair": str(HERE), "key": "gone__gone"}]},
        {"kind": "undo_step", "step": 7},
    ],
)
def test_odd_messages_are_answered_with_one_sentence_and_change_nothing(
    message, two_vintages, open_page, told
):
    page = open_page(pair=str(HERE), view="all")
    page.receive(message)
    answer = latest(told, "toast")
    assert answer["severity"] == "error"
    assert "server's log" not in answer["message"]
    assert set(saved(two_vintages, HERE)) == {HEAT.key, KIDS.key}


def followed(open_page, page):
    """Open the address of a page, as a reload or a colleague would."""
    query = {name: text for name, text in address(page.state).items() if text}
    return open_page(**query)


@pytest.mark.usefixtures("two_vintages")
def test_the_address_leads_back_to_what_is_transferred(open_page, told):
    page = open_page(pair=str(HERE), view="all")
    page.receive({"kind": "transfer", "direction": "to", "keys": [HEAT.key, "odd,=&% é__x"]})
    again = followed(open_page, page)
    assert again.state.view == "transfer"
    assert again.state.task == page.state.task
    assert again.state.task.other == latest(told, "transfer")["pair"]
    assert again.state.task.keys == (HEAT.key, "odd,=&% é__x")
    again.receive({"kind": "pair", "pair": str(THERE)})
    assert again.state.view == "all"  # what was transferred belonged to the pair left


@pytest.mark.usefixtures("two_vintages")
def test_the_address_leads_back_to_what_is_compared(open_page):
    page = open_page(pair=str(HERE), view="all")
    page.receive({"kind": "compare_vintages", "keys": [KIDS.key]})
    again = followed(open_page, page)
    assert (again.state.view, again.state.task.keys) == ("compare", (KIDS.key,))
    again.receive({"kind": "view", "view": "all"})
    assert address(again.state)["only"] is None


def test_an_address_has_an_end_and_leads_to_all_harmonies_when_too_many_are_ticked():
    keys = tuple(f"key{number}__x" for number in range(KEYS_IN_ADDRESS + 1))
    task = VintageTask("to", "", keys)
    assert address(ViewState(view="transfer", task=task))["only"] is None
    assert address(ViewState(view="transfer", task=replace(task, keys=keys[1:])))["only"]


@pytest.mark.usefixtures("two_vintages")
@pytest.mark.parametrize("other", ["RECS_2015__ACS_2015", "nonsense"])
def test_a_sent_link_to_a_vintage_that_is_not_there_leaves_the_choice_of_another(
    other, open_page, told
):
    page = open_page(pair=str(HERE), view="transfer", other=other)
    page.receive({"kind": "transfer", "direction": "from", "pair": other, "keys": []})
    answer = latest(told, "transfer_failed")
    assert other[:4] in answer["message"]
    assert [choice["id"] for choice in answer["pairs"]] == [str(THERE)]


@pytest.mark.usefixtures("two_vintages")
def test_coverage_counts_every_vintage_of_the_recipient(open_page, told):
    page = open_page(pair=str(HERE))
    page.receive({"kind": "coverage"})
    shown = latest(told, "coverage")
    assert [pair["id"] for pair in shown["pairs"]] == [str(HERE), str(THERE)]
    energy = next(row for row in shown["rows"] if row["theme"] == "Energy")
    assert energy["cells"][str(HERE)] == {
        "done": 1,
        "aside": 0,
        "to_review": 1,
        "needs_work": 0,
    }
    assert energy["cells"][str(THERE)]["done"] == 0
    assert followed(open_page, page).state.view == "coverage"
