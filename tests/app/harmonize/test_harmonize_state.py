"""The view state: choosing, editing, undoing, saving."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fusion_core.harmony.model.harmony import Harmony, Side, SurveyPair
from fusion_core.harmony.store.drafts import Draft
from fusion_core.surveys.model import SurveyId
from harmony_app.harmonize.work import state as states
from harmony_app.harmonize.work.state import ViewState

PAIR = SurveyPair(SurveyId("ENERGY", "2020"), SurveyId("ACS", "2019"))
START = Harmony(Side("heat"), Side("hfl"))


def opened(saved: Harmony | None = None, draft: Harmony | None = None) -> ViewState:
    kept = Draft(draft, "2026-01-01T00:00:00+00:00") if draft else None
    return states.open_harmony(ViewState(pair=PAIR), START, saved=saved, draft=kept)


def commented(text: str, revision: int = 0) -> Harmony:
    return replace(START, comment=text, revision=revision)


def test_a_new_match_is_no_draft_until_it_is_edited():
    state = opened()
    assert not state.is_draft
    assert states.edit(state, commented("a")).is_draft


def test_an_edit_that_is_taken_back_leaves_no_draft():
    state = states.edit(opened(commented("a", 3)), commented("b", 3))
    assert state.is_draft
    assert not states.undo(state).is_draft
    assert not states.edit(state, commented("a", 3)).is_draft


def test_an_edit_that_changes_nothing_cannot_be_undone():
    state = opened(commented("a", 1))
    assert states.edit(state, commented("a", 1)) == state


def test_a_draft_is_shown_instead_of_the_saved_harmony_and_keeps_its_base():
    state = opened(saved=commented("theirs", 5), draft=commented("mine", 3))
    assert state.current == commented("mine", 3)
    assert state.is_draft
    assert state.base_revision == 3


@given(st.lists(st.sampled_from("abcde"), max_size=12))
def test_undoing_all_edits_and_making_them_again_is_the_identity(texts):
    state = opened()
    for text in texts:
        state = states.edit(state, commented(text))
    back = state
    for _ in range(len(state.past)):
        back = states.undo(back)
    assert back.current == START
    again = back
    for _ in range(len(state.past)):
        again = states.redo(again)
    assert again == state


def test_a_new_edit_after_undo_loses_nothing_that_was_undone():
    state = states.edit(states.edit(opened(), commented("a")), commented("b"))
    state = states.edit(states.undo(state), commented("c"))
    assert state.future == ()
    assert [item.comment for item in state.past] == ["", "a", "b", "a"]


def test_undo_is_bounded():
    state = opened()
    for number in range(states.HISTORY_LIMIT + 20):
        state = states.edit(state, commented(str(number)))
    assert len(state.past) == states.HISTORY_LIMIT


def test_undo_and_redo_without_history_change_nothing():
    state = opened()
    assert states.undo(state) == state
    assert states.redo(state) == state


def test_saving_ends_the_draft_and_keeps_undo():
    state = states.edit(opened(), commented("a"))
    state = states.mark_saved(state, commented("a", 1))
    assert not state.is_draft
    assert state.base_revision == 1
    assert states.undo(state).current == START


def test_a_dropped_draft_comes_back_by_undo():
    state = states.edit(opened(commented("saved", 2)), commented("mine", 2))
    dropped = states.discard(state)
    assert not dropped.is_draft
    assert states.undo(dropped).current == commented("mine", 2)


def test_keeping_mine_bases_it_on_their_revision():
    state = states.edit(opened(commented("a", 1)), commented("mine", 1))
    state = states.rebase(state, commented("theirs", 2))
    assert state.current == commented("mine", 1)
    assert state.base_revision == 2
    assert state.is_draft


def test_choosing_another_pair_starts_afresh_in_the_same_view():
    state = states.choose_view(opened(), "all")
    assert states.choose_pair(state, PAIR) == ViewState(pair=PAIR, view="all")
    assert opened().key == "heat__hfl"
    assert states.choose_donor(state, "kids").key == ""
