"""Every room of the page works on what it is given: each part is tried without the page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_host import FakeHost

from fusion_core.errors import InputError
from fusion_core.harmony.model import SurveyPair
from fusion_core.surveys.model import SurveyId
from harmony_app.harmonize.checks import Checks
from harmony_app.harmonize.exchange import Exchange
from harmony_app.harmonize.match import Building, Editing
from harmony_app.harmonize.suggest import Queueing, Suggesting
from harmony_app.harmonize.table import Tabling
from harmony_app.harmonize.team import Teamwork
from harmony_app.harmonize.vintages import CoverageView, Transferring
from harmony_app.harmonize.work import (
    OverviewHost,
    PairSession,
    Steps,
    ViewState,
    require_harmony,
    require_work,
)
from harmony_app.harmonize.work import state as states
from harmony_app.shell.session import Session

PAIR = SurveyPair(SurveyId("ENERGY", "2020"), SurveyId("ACS", "2019"))
GROUP_GAS = {"kind": "assign", "donor": [0], "recipient": [0], "group": 4}


@pytest.fixture
def host(workspace) -> FakeHost:
    """Heating fuel beside heating fuel, nothing decided yet."""
    work = PairSession(workspace, PAIR, "kim")
    state = states.open_harmony(
        states.choose_pair(ViewState(), PAIR), work.start("heat", "hfl"), saved=None, draft=None
    )
    return FakeHost(Session(workspace, "kim", "light", {}), work, state)


@pytest.fixture
def saved(host: FakeHost) -> FakeHost:
    """The same after somebody saved it."""
    Editing(host).actions["assign"](GROUP_GAS)
    Teamwork(host).save()
    return host


def test_the_fake_is_all_a_part_may_ask_for(host: FakeHost):
    asked = {name for name in dir(OverviewHost) if not name.startswith("_")}
    assert asked <= set(dir(host))


def test_a_part_without_a_pair_or_a_harmony_says_what_to_do(host: FakeHost):
    host.work, host.state = None, ViewState()
    with pytest.raises(InputError, match="Choose one on the left"):
        require_work(host)
    with pytest.raises(InputError, match="Choose a variable on the left"):
        require_harmony(host)


def test_match_an_edit_is_made_undone_and_redone(host: FakeHost):
    actions = Editing(host).actions
    actions["assign"](GROUP_GAS)
    assert host.state.current.donor.levels[0].group == 4
    actions["undo"]({})
    assert not host.state.is_draft
    actions["redo"]({})
    assert host.state.is_draft


def test_match_the_builders_tell_the_browser_the_levels_they_offer(host: FakeHost):
    Building(host).actions["levels_of"]({"side": "donor", "variable": "heat"})
    (answer,) = host.browser.told
    assert answer["levels"] == ["Gas", "Electric", "Wood"]


def test_suggest_a_suggestion_is_shown_once_the_browser_listens_and_taken_as_an_edit(
    host: FakeHost,
):
    part = Suggesting(host)
    part.show()
    assert host.browser.shown["suggestion"]["looking"]
    part.warm()
    part.show()
    assert not host.browser.shown["suggestion"]["looking"]
    part.actions["take_suggestion"]({})
    assert host.state.is_draft


def test_suggest_the_queue_needs_no_more_of_others_than_three_ways_to_act(host: FakeHost):
    done = []
    part = Queueing(
        host,
        take_whole=lambda: done.append("taken"),
        keep=lambda: done.append("kept"),
        save=lambda: done.append("saved"),
    )
    part.search()
    part.actions["queue_start"]({})
    assert ("open", ("heat", "hfl", True)) in host.asked
    part.actions["queue_save"]({})
    assert done == ["taken", "saved"]


def test_team_what_is_saved_reaches_the_disk_and_the_places_that_show_it(saved: FakeHost):
    assert list(saved.work.saved) == ["heat__hfl"]
    assert saved.state.base_revision == 1
    assert ("show", ("place", "subject")) in saved.asked
    [toast] = saved.toasts
    assert toast.startswith(
        "warning: Saved heat__hfl, revision 1 – it cannot be applied yet: 2 levels"
    )


def test_team_a_save_over_somebody_elses_opens_the_conflict(saved: FakeHost):
    theirs = saved.work.saved["heat__hfl"]
    saved.work.store.save(replace(theirs, comment="mine"), author="lee", expected_revision=1)
    saved.edit(replace(saved.state.current, comment="also mine"))
    Teamwork(saved).save()
    assert saved.browser.told[-1]["kind"] == "conflict"


def test_checks_what_is_saved_is_checked_and_a_finding_is_accepted_as_an_edit(saved: FakeHost):
    part = Checks(saved)
    part.refresh()
    (record,) = saved.browser.shown["checks"][str(PAIR)].values()
    assert record["errors"] + record["warnings"] + record["hints"] > 0
    saved.findings = saved.work.verdicts["heat__hfl"].findings
    part.actions["accept"]({"index": 0, "reason": "As published"})
    assert saved.state.is_draft


def test_vintages_a_view_is_opened_through_the_host(saved: FakeHost, workspace):
    CoverageView(saved).actions["coverage"]({})
    assert ("show_view", ("coverage", None)) in saved.asked
    assert saved.browser.told[-1]["kind"] == "coverage"
    Transferring(saved, Steps(workspace, "kim")).actions["transfer"]({"direction": "from"})
    assert saved.browser.told[-1]["pair"] == ""  # the workspace has no other vintage


def test_table_rows_are_deleted_in_one_step_and_that_is_undone(saved: FakeHost, workspace):
    part = Tabling(saved, Steps(workspace, "kim"))
    part.actions["delete_rows"]({"items": [{"pair": str(PAIR), "key": "heat__hfl"}]})
    assert saved.work.store.load().get("heat__hfl") is None
    (undo,) = (item for item in saved.undoing if item is not None)
    part.actions[undo["kind"]](undo)
    assert saved.work.store.load().get("heat__hfl") is not None
    assert saved.asked[-1] == ("refresh", {(PAIR, "heat__hfl")})


def test_exchange_a_file_goes_out_and_comes_in_without_a_page(saved: FakeHost):
    Exchange(saved).actions["export"]({"format": "json"})
    download, done = saved.browser.told[-2:]
    assert download["kind"] == "download"
    assert done == {"kind": "export_done", "file": download["name"], "files": 1, "remarks": []}
