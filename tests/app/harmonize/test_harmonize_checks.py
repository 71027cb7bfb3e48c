"""Saved harmonies are checked in the background; what is found can be fixed or accepted."""

from __future__ import annotations

import json
import threading

import pytest

from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys.model import SurveyId
from harmony_app.harmonize.checks._bulk_check import BulkCheck

PAIR = SurveyPair(SurveyId("ENERGY", "2020"), SurveyId("ACS", "2019"))
KEY = "kids__agep"


def head_count(*codes):
    """Children of the household against persons under 18; sound with the codes 1 and 0."""
    bins = tuple(
        LevelGroup(label, code)
        for label, code in zip(("under 18", "18 or more"), codes, strict=True)
    )
    person = Side("agep", "person", breakpoints=(18.0,), levels=bins, aggregator="sum")
    return Harmony(Side("kids"), person)


def part(page, name):
    return json.loads(getattr(page.browser, name))


def checks(page):
    return part(page, "checks")[str(PAIR)][KEY]


@pytest.fixture
def faulty(workspace):
    """A store with a head count that adds up the codes 1 and 2."""
    store = HarmonyStore(workspace.path, PAIR)
    store.save(head_count(1.0, 2.0), author="kim")
    return store


@pytest.fixture
def page(faulty, open_page, told):
    assert faulty.load().get(KEY)
    assert told == []
    return open_page(view="findings")


def message(page, kind, **content):
    listed = part(page, "findings")["items"]
    rule = "head-count-codes"
    item = next(entry for entry in listed if entry["rule"] == rule)
    page.receive({"kind": kind, "sequence": 1, "key": KEY, "index": item["index"], **content})


def test_a_faulty_harmony_needs_attention_and_says_why(page):
    variable = part(page, "statuses")["variables"]["kids"]
    assert variable["status"] == "attention"
    assert any("adds up the group codes 1, 2" in reason for reason in variable["reasons"])
    assert checks(page)["warnings"] >= 1
    assert checks(page)["similarity"] is not None


def test_the_list_shows_the_gravest_findings_first(page):
    found = part(page, "findings")
    ranks = ["error", "warning", "note"]
    severities = [ranks.index(item["severity"]) for item in found["items"]]
    assert severities == sorted(severities)
    assert (found["total"], found["unchecked"]) == (1, 0)


def test_a_fix_of_the_list_becomes_a_draft_and_once_saved_the_dot_is_gone(page, faulty):
    message(page, "finding_fix")
    assert faulty.load().get(KEY).recipient.levels[1].group == 2
    assert faulty.load_drafts("kim")[KEY].harmony.recipient.levels[1].group == 0
    assert part(page, "statuses")["variables"]["kids"]["status"] == "draft"
    page.receive({"kind": "save", "sequence": 2})
    rules = {item["rule"] for item in part(page, "findings")["items"]}
    assert "head-count-codes" not in rules
    assert faulty.load().get(KEY).revision == 2


def test_a_finding_of_a_harmony_with_a_draft_is_left_to_the_draft(page, told):
    message(page, "finding_fix")
    message(page, "finding_accept", reason="so be it")
    assert "You have a draft" in told[-1]["message"]


def test_an_accepted_finding_is_remembered_with_its_reason(page, faulty, open_page):
    before = len(part(page, "findings")["items"])
    message(page, "finding_accept", reason="counted twice on purpose")
    (accepted,) = faulty.load().get(KEY).accepted
    assert (accepted.rule, accepted.reason) == ("head-count-codes", "counted twice on purpose")
    items = part(open_page(view="findings"), "findings")["items"]
    assert len(items) == before
    assert items[-1]["accepted"] == "counted twice on purpose"
    message(page, "finding_reopen")
    assert faulty.load().get(KEY).accepted == ()


def test_accepting_needs_a_reason(page, faulty, told):
    message(page, "finding_accept", reason=" ")
    assert "with a reason" in told[-1]["message"]
    assert faulty.load().get(KEY).revision == 1


def test_a_finding_somebody_dealt_with_meanwhile_is_not_fixed_again(page, faulty, told):
    faulty.save(head_count(1.0, 0.0), author="lee", expected_revision=1)
    message(page, "finding_fix")
    assert "saved since this was found" in told[-1]["message"]


@pytest.mark.usefixtures("faulty", "told")
def test_a_finding_is_accepted_beside_the_match_as_an_edit(open_page):
    page = open_page(donor="kids", recipient="agep")
    finding = next(
        item for item in part(page, "preview")["findings"] if item["rule"] == "head-count-codes"
    )
    page.receive({"kind": "accept", "sequence": 1, "index": finding["index"], "reason": "yes"})
    last = part(page, "preview")["findings"][-1]
    assert (last["rule"], last["accepted"]) == ("head-count-codes", "yes")
    assert part(page, "form")["draft"]
    page.receive({"kind": "reopen", "sequence": 2, "index": last["index"]})
    assert not part(page, "form")["draft"]


@pytest.mark.usefixtures("told")
def test_harmonies_of_another_pair_are_checked_on_request(faulty, workspace, open_page):
    turned = SurveyPair(PAIR.recipient, PAIR.donor)
    mirrored = faulty.load().get(KEY)
    other = HarmonyStore(workspace.path, turned)
    other.save(Harmony(mirrored.recipient, mirrored.donor), author="kim")
    page = open_page(view="all")
    items = [{"pair": str(turned), "key": "agep__kids"}, {"pair": "nonsense"}, 3]
    page.receive({"kind": "check_all", "sequence": 1, "items": items})
    assert part(page, "checks")[str(turned)]["agep__kids"]["warnings"] >= 1
    assert checks(page)["warnings"] >= 1


def test_the_thread_checks_what_changed_and_tells_its_listeners(faulty, workspace):
    checks = BulkCheck(workspace)
    heard = threading.Event()
    end = checks.listen(lambda pair: heard.set() if pair == PAIR else None)
    checks.start(PAIR)
    assert heard.wait(30)
    first = checks.verdicts(PAIR)[KEY]
    assert first.revision == 1
    faulty.save(head_count(1.0, 0.0), author="lee", expected_revision=1)
    checks.run(PAIR)
    assert checks.verdicts(PAIR)[KEY].revision == 2
    checks.run(PAIR)
    faulty.delete(KEY, author="lee", expected_revision=2)
    checks.run(PAIR)
    assert checks.verdicts(PAIR) == {}
    end()


@pytest.mark.usefixtures("faulty")
def test_nothing_is_checked_twice(workspace):
    checks = BulkCheck(workspace)
    checks.run(PAIR)
    first = checks.verdicts(PAIR)[KEY]
    checks.run(PAIR)
    assert checks.verdicts(PAIR)[KEY] is first
