"""Several harmonies are saved or deleted in one step, which one step undoes."""

from dataclasses import replace

import pytest

from fusion_core.harmony.model.harmony import Harmony, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import SurveyId

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2016"))
ROOMS, AGE, HEAT = (
    Harmony(Side(donor), Side(recipient))
    for donor, recipient in (("rooms", "rms"), ("age", "agep"), ("heat", "hfl"))
)


@pytest.fixture
def store(tmp_path):
    return HarmonyStore(tmp_path, PAIR)


def keys(store):
    return [item.key for item in store.load().harmonies]


def test_new_harmonies_are_saved_in_one_step_and_one_step_takes_them_away(store):
    saved = store.change_all({h.key: h for h in (ROOMS, AGE)}, author="ann", expected={})
    assert keys(store) == ["age__agep", "rooms__rms"]
    assert {item.author for item in saved.values()} == {"ann"}
    revisions = {key: item.revision for key, item in saved.items()}
    undone = store.change_all(dict.fromkeys(saved), author="ann", expected=revisions)
    assert undone == {ROOMS.key: None, AGE.key: None}
    assert keys(store) == []
    assert [entry.action for entry in store.history()] == ["save", "save", "delete", "delete"]


def test_a_replaced_harmony_comes_back_when_the_step_is_undone(store):
    before = store.save(replace(ROOMS, comment="mine"), author="ann")
    changed = store.change_all({ROOMS.key: ROOMS}, author="bob", expected={ROOMS.key: 1})
    assert store.load().get(ROOMS.key).comment == ""
    revisions = {key: item.revision for key, item in changed.items()}
    store.change_all({ROOMS.key: before}, author="bob", expected=revisions)
    assert store.load().get(ROOMS.key).comment == "mine"


def test_what_somebody_else_changed_meanwhile_stays_as_it_is(store):
    store.save(ROOMS, author="ann")
    everything = {h.key: replace(h, comment="transferred") for h in (ROOMS, HEAT)}
    assert list(store.change_all(everything, author="bob", expected={})) == [HEAT.key]
    assert store.load().get(ROOMS.key).comment == ""
    assert store.change_all({AGE.key: None}, author="bob", expected={}) == {}
