"""Edits of groups and of many levels, and what the lists ask beside them, without a browser."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side
from fusion_core.surveys.model import Dictionary, SurveyId
from harmony_app.harmonize.match._level_edits import LEVEL_EDITS, paste_table
from harmony_app.harmonize.match.consequences import labels_record
from harmony_app.harmonize.match.level_work import alike


def harmony(donor: dict, recipient: dict, **options) -> Harmony:
    sides = [
        Side(name, levels=tuple(LevelGroup(level, group) for level, group in levels.items()))
        for name, levels in (("heat", donor), ("hfl", recipient))
    ]
    return Harmony(*sides, **options)


def groups(changed: Harmony, side: str) -> list[object]:
    return [item.group for item in changed.side(side).levels]


def edit(start: Harmony, kind: str, **message) -> Harmony:
    return LEVEL_EDITS[kind](start, {"kind": kind, **message})


START = harmony({"Gas": 1.0, "Wood": 2.0, "None": None}, {"Gas": 1.0, "Coal": 2.0})


def test_several_levels_get_their_own_group_in_one_message():
    changed = edit(START, "assign_each", side="donor", pairs=[[0, 3], [2, "drop"]])
    assert groups(changed, "donor") == [3.0, 2.0, "drop"]


@pytest.mark.parametrize("pairs", [None, [1], [[1]], [[0, "x"]], [["0", 1]], [[9, 1]]])
def test_a_malformed_list_of_levels_is_refused(pairs):
    with pytest.raises(InputError):
        edit(START, "assign_each", side="donor", pairs=pairs)


def test_chosen_levels_or_all_get_groups_of_their_own():
    assert groups(edit(START, "group_each", side="donor", levels=[2]), "donor") == [1, 2, 3]
    assert groups(edit(START, "group_each", side="recipient"), "recipient") == [3, 4]


def test_groups_are_merged_moved_and_renumbered():
    assert groups(edit(START, "merge", code=2, into=1), "recipient") == [1.0, 1.0]
    assert groups(edit(START, "move_group", code=2, before=1), "donor") == [2.0, 1.0, None]
    gaps = harmony({"Gas": 3.0}, {"Gas": 7.0})
    assert groups(edit(gaps, "renumber"), "recipient") == [2.0]


def test_a_new_group_is_filled_and_named_in_one_step():
    changed = edit(START, "new_group", donor=[2], recipient=[1], code=4, name=" Other ")
    assert groups(changed, "donor")[2] == groups(changed, "recipient")[1] == 4.0
    assert changed.group_names == ((4.0, "Other"),)


def test_names_that_agree_nowhere_are_an_answer_not_an_edit():
    with pytest.raises(InputError, match="same name on both sides"):
        edit(harmony({"Gas": None}, {"Coal": None}), "group_names")


def test_a_table_is_read_as_spreadsheets_copy_it():
    text = 'level\tgroup\r\nGas\t5\tPiped\r\n"Wood"\t6\r\n\r\nOil\t1\r\n'
    changed, summary, problems = paste_table(START, {"side": "donor", "text": text})
    assert groups(changed, "donor") == [5.0, 6.0, None]
    assert summary == "2 of 3 levels got their group from the table."
    assert [problem["key"] for problem in problems] == ["level", "Oil"]
    with pytest.raises(InputError, match="No row"):
        paste_table(START, {"side": "donor", "text": "nothing here"})


def test_the_other_side_is_ordered_by_likeness_to_the_chosen_levels():
    start = harmony({"Natural gas": None}, {"Wood": None, "Utility gas": None, "Solar": None})
    found = alike(start, {"side": "donor", "levels": [0]})
    assert found[0][0] == 1
    assert all(0 < score <= 1 for _, score in found)
    assert alike(start, {"side": "donor", "levels": []}) == []


def test_labels_travel_once_and_not_with_every_edit(open_page, workspace):
    _widen(workspace)
    page = open_page(donor="heat", recipient="hfl")
    labels = page.browser.labels
    assert len(labels) > 200_000
    assert json.loads(labels)["recipient"]["sections"][0] == "A00"
    sent = []
    page.browser.param.watch(
        lambda *events: sent.extend((event.name, len(event.new)) for event in events),
        list(page.browser.param),
    )
    page.receive({"kind": "assign", "sequence": 1, "recipient": list(range(9000)), "group": 12})
    assert json.loads(page.browser.form)["sides"]["recipient"]["groups"][8999] == 12.0
    assert "labels" not in dict(sent)
    assert max(dict(sent).values()) < 100_000


def test_labels_follow_the_match_even_where_both_have_the_same(open_page, workspace):
    donor = workspace.survey(SurveyId("ENERGY", "2020"))
    rooms = replace(donor.dictionary["kids"], name="rooms")
    variables = [*donor.dictionary.values(), rooms]
    household = donor.household.assign(rooms=donor.household["kids"])
    workspace.add_survey(replace(donor, dictionary=Dictionary(variables), household=household))
    page = open_page(donor="kids", recipient="agep")
    assert json.loads(page.browser.labels)["key"] == "kids__agep"
    page.receive({"kind": "open", "donor": "rooms", "recipient": "agep"})
    assert json.loads(page.browser.labels)["key"] == "rooms__agep"


def test_a_question_computes_nothing_again(open_page, monkeypatch):
    page = open_page(donor="heat", recipient="hfl")
    monkeypatch.setattr(page, "schedule", lambda: pytest.fail("a question changes nothing"))
    page.receive({"kind": "alike", "side": "donor", "levels": [0], "sequence": 1})
    page.receive({"kind": "alike", "side": "nowhere", "levels": [0], "sequence": 2})


def test_a_consequence_is_computed_once_for_a_harmony(open_page, monkeypatch):
    page = open_page(donor="heat", recipient="hfl")
    computed = []
    preview = type(page.work).preview
    monkeypatch.setattr(
        type(page.work), "preview", lambda work, item: computed.append(item) or preview(work, item)
    )
    page.receive({"kind": "assign", "donor": [0], "recipient": [0], "group": 4, "sequence": 1})
    assert computed == [page.state.current]
    page.receive({"kind": "view", "view": "all", "sequence": 2})
    page.receive({"kind": "view", "view": "match", "sequence": 3})
    assert len(computed) == 1
    assert page.browser.computing == "false"
    page.receive({"kind": "undo", "sequence": 4})
    assert len(computed) > 1


def _widen(workspace):
    """Give the recipient variable 10,000 levels."""
    from fusion_core.surveys.storage import write_survey

    survey = workspace.survey(SurveyId("ACS", "2019"))
    wide = tuple(f"A{code // 100:02d}-occupation of kind {code}" for code in range(10_000))
    variables = [
        replace(item, levels=wide) if item.name == "hfl" else item
        for item in survey.dictionary.values()
    ]
    household = survey.household.assign(
        hfl=survey.household["hfl"].cat.rename_categories(list(wide[:3]))
    )
    household["hfl"] = household["hfl"].cat.set_categories(list(wide))
    changed = replace(survey, dictionary=Dictionary(variables), household=household)
    write_survey(changed, workspace.survey_folder(survey.id))


def test_short_lists_have_no_sections():
    assert labels_record(START)["donor"] == {"labels": ["Gas", "Wood", "None"], "sections": None}
