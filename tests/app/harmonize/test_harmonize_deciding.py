"""Variables set aside on the page: one or many at once, with a reason, counted, and taken back."""

from __future__ import annotations

import json

from fusion_core.harmony.store.decisions import decide
from fusion_core.harmony.store.store import HarmonyStore
from harmony_app.harmonize.work.pair_session import parse_pair

PAIR = parse_pair("ENERGY_2020__ACS_2019")


def part(page, name):
    return json.loads(getattr(page.browser, name))


def test_a_variable_is_set_aside_with_a_reason_and_taken_back(open_page, workspace):
    page = open_page(donor="kids")
    page.receive({"kind": "decide", "variables": ["kids"], "verdict": "not a predictor"})
    assert part(page, "statuses")["aside"] == {"kids": {"verdict": "not a predictor", "reason": ""}}
    page.receive(
        {
            "kind": "decide",
            "variables": ["kids"],
            "verdict": "not a predictor",
            "reason": "to be fused",
        }
    )
    assert part(page, "subject")["decision"]["reason"] == "to be fused"
    assert part(page, "subject")["decision"]["who"] == "kim"
    page.receive({"kind": "decide", "variables": ["kids"], "verdict": "undecided"})
    assert part(page, "statuses")["aside"] == {}
    page.receive({"kind": "undecide"})
    stored = HarmonyStore(workspace.path, PAIR).decisions.load()
    assert stored["kids"].reason == "to be fused"


def test_what_an_undecided_variable_waits_for_is_shown_and_counts_as_to_decide(open_page, told):
    page = open_page(donor="kids")
    page.receive(
        {"kind": "decide", "variables": ["kids"], "verdict": "undecided", "reason": "ask Lee"}
    )
    statuses = part(page, "statuses")
    assert (statuses["aside"], statuses["waiting"]) == ({}, {"kids": "ask Lee"})
    assert part(page, "subject")["decision"]["verdict"] == "undecided"
    assert any("undecided, with your reason" in item.get("message", "") for item in told)


def test_many_are_set_aside_at_once_but_those_with_a_harmony(open_page, told):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "take_suggestion"})
    page.receive({"kind": "save"})
    message = {"kind": "decide", "verdict": "nothing matches"}
    page.receive({**message, "variables": ["heat", "kids", "pay"]})
    assert set(part(page, "statuses")["aside"]) == {"kids", "pay"}
    assert any("2 variables are set aside" in item["message"] for item in told if "message" in item)
    page.receive({**message, "variables": ["heat"]})
    assert any("they have a harmony" in item["message"] for item in told if "message" in item)
    page.receive({**message, "variables": ["nobody"]})
    assert "nobody" not in json.dumps(part(page, "statuses"))


def test_what_a_colleague_decides_is_seen_at_the_next_look(open_page, workspace):
    page = open_page(donor="kids")
    page.teamwork.look()
    theirs = HarmonyStore(workspace.path, PAIR).decisions
    theirs.change(decide(["pay"], "nothing matches", author="lee"))
    page.teamwork.look()
    assert part(page, "statuses")["aside"]["pay"]["verdict"] == "nothing matches"


def test_a_damaged_file_of_decisions_is_set_aside_and_told(open_page, workspace):
    path = HarmonyStore(workspace.path, PAIR).decisions.path
    path.parent.mkdir(parents=True)
    path.write_text("{")
    page = open_page(donor="heat", recipient="hfl")
    assert part(page, "statuses")["aside"] == {}
    assert any("damaged" in item["text"] for item in part(page, "teamwork")["notices"])
    assert [item.read_text() for item in path.parent.glob("*damaged*")] == ["{"]
