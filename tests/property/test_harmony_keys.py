"""A harmony's key stands for its two variables and for no others, and earlier keys still open."""

import json
from dataclasses import replace

import pytest
from effort import examples
from hypothesis import example, given
from hypothesis import strategies as st

from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model.harmony import Harmony, HarmonySet, Side, SurveyPair
from fusion_core.harmony.model.keys import earlier_key, harmony_key, possible_pairs, split_key
from fusion_core.harmony.model.records import harmony_record
from fusion_core.harmony.store.drafts import Draft, DraftFolder
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import Dictionary, SurveyId, Variable

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
quick = examples(200)
names = st.one_of(
    st.text("ab_%25F", min_size=1, max_size=7),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
)
FIRST, SECOND = Harmony(Side("a"), Side("b__c")), Harmony(Side("a__b"), Side("c"))


@quick
@given(names, names, names, names)
@example("a__b", "c", "a", "b__c")
@example("a_", "b", "a", "_b")
@example("a__", "b", "a", "__b")
@example("a%5F_b", "c", "a__b", "c")
@example("%2525", "a", "%25", "a")
def test_different_variables_have_different_keys(donor, recipient, other_donor, other_recipient):
    key, other = harmony_key(donor, recipient), harmony_key(other_donor, other_recipient)
    assert (key == other) == ((donor, recipient) == (other_donor, other_recipient))
    assert split_key(key) == (donor, recipient)
    assert (donor, recipient) in possible_pairs(earlier_key(donor, recipient))


@quick
@given(st.from_regex(r"[a-z0-9]+(_[a-z0-9]+)*", fullmatch=True), names)
@example("0", "%_")
def test_usual_names_are_joined_as_they_are(donor, recipient):
    usual = recipient.replace("%", "").lstrip("_") or "x"
    assert harmony_key(donor, usual) == f"{donor}__{usual}" == earlier_key(donor, usual)


def test_two_harmonies_whose_names_join_alike_are_saved_drafted_and_found_apart(tmp_path):
    store = HarmonyStore(tmp_path, PAIR)
    for number, harmony in enumerate((FIRST, SECOND), start=1):
        store.save(replace(harmony, comment=str(number)), author="ann", expected_revision=0)
        store.save_draft(replace(harmony, comment=f"draft {number}"), user="ann")
    assert [item.comment for item in store.load().harmonies] == ["2", "1"]
    assert store.load().get(SECOND.key).donor.variable == "a__b"
    assert [entry.after.comment for entry in store.history(FIRST.key)] == ["1"]
    drafts = store.load_drafts("ann")
    assert {drafts[item.key].harmony.comment for item in (FIRST, SECOND)} == {"draft 1", "draft 2"}
    store.delete(FIRST.key, author="ann")
    assert [item.key for item in store.load().harmonies] == [SECOND.key]
    assert HarmonySet(PAIR, (SECOND,)).get("a__b__c") == SECOND  # as it was called earlier


@pytest.fixture
def earlier_store(tmp_path):
    """What an earlier version kept of a harmony of `a__b` and `c`: under the key of others."""
    store = HarmonyStore(tmp_path, PAIR)
    store.save(SECOND, author="ann", expected_revision=0)
    store.review(SECOND.key, "reviewed", author="ben", text="fine")
    for path in (store.path, store.history_path):
        path.write_text(path.read_text().replace(SECOND.key, "a__b__c"))
    return store


def test_a_file_with_earlier_keys_opens_and_is_written_with_todays(earlier_store):
    store = earlier_store
    (saved,) = store.load().harmonies
    assert (saved.key, saved.revision) == (SECOND.key, 1)
    assert store.contents().review(SECOND.key).status == "reviewed"
    assert [entry.key for entry in store.history(SECOND.key)] == [SECOND.key]
    store.save(FIRST, author="ann", expected_revision=0)
    store.save(replace(SECOND, comment="new"), author="ann", expected_revision=1)
    assert set(json.loads(store.path.read_text())["harmonies"]) == {FIRST.key, SECOND.key}
    assert [entry.revision for entry in store.history(SECOND.key)] == [1, 2]
    assert store.version(SECOND.key, 1).comment == ""


def test_a_file_that_holds_another_harmony_under_a_key_is_still_damaged(earlier_store):
    text = earlier_store.path.read_text().replace('"a__b__c"', '"a__b__d"')
    earlier_store.path.write_text(text)
    with pytest.raises(Exception, match="'a__b__d' holds the harmony"):
        earlier_store.load()


def test_a_draft_under_an_earlier_name_is_neither_lost_nor_taken_for_another(tmp_path):
    drafts = DraftFolder(tmp_path, str(PAIR))
    drafts.save(Draft(SECOND, "2026-01-01", "ann"))
    drafts.path("ann", SECOND.key).replace(drafts.path("ann", "a__b__c"))
    assert drafts.get("ann", FIRST.key) is None
    assert drafts.get("ann", SECOND.key).harmony == SECOND
    drafts.save(Draft(FIRST, "2026-01-01", "ann"))
    assert {item.harmony for item in drafts.load("ann").values()} == {FIRST, SECOND}
    drafts.discard(SECOND.key, user="ann")
    assert [item.harmony for item in drafts.load("ann").values()] == [FIRST]


def test_a_fusiondata_entry_is_of_the_variables_that_exist(tmp_path):
    path = tmp_path / f"{PAIR}.json"
    side = {"groups": [1, 2], "levels": ["x", "y"]}
    sides = {"donor": side, "acs": side}
    path.write_text(json.dumps({"file": f"{PAIR}.R", "harmonies": {"a__b__c": sides}}))
    known = {"donor": Dictionary([Variable("a__b")]), "recipient": Dictionary([Variable("c")])}
    assert [item.key for item in read_harmonies(path).harmonies] == [FIRST.key]
    assert [item.key for item in read_harmonies(path, **known).harmonies] == [SECOND.key]


def test_an_exported_file_with_earlier_keys_is_read(tmp_path):
    path = tmp_path / f"{PAIR}.json"
    record = {
        "format": 2,
        "donor": str(PAIR.donor),
        "recipient": str(PAIR.recipient),
        "harmonies": {"a__b__c": harmony_record(SECOND)},
    }
    path.write_text(json.dumps(record))
    assert [item.key for item in read_harmonies(path).harmonies] == [SECOND.key]
