"""Drafts: whose, from which window, with the way that led to them."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fusion_core.errors import CorruptFileError
from fusion_core.harmony.editing.undo_stack import SIZE_KEPT, STEPS_KEPT, read_trail, trail_record
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side
from fusion_core.harmony.model.records import harmony_record
from fusion_core.harmony.store.drafts import Draft, DraftFolder, file_stem

START = Harmony(
    Side("heat", levels=tuple(LevelGroup(name, None) for name in ("Gas", "Wood", "Oil"))),
    Side("hfl", levels=tuple(LevelGroup(name, 1) for name in ("gas", "wood"))),
)
KEY = START.key


@pytest.fixture
def drafts(tmp_path):
    return DraftFolder(tmp_path / "drafts", "RECS_2015__ACS_2019")


def draft(text, user="ann", **parts):
    return Draft(replace(START, comment=text), "2026-01-01T00:00:00+00:00", user, **parts)


def test_an_edit_based_on_the_last_one_replaces_it(drafts):
    first = drafts.save(draft("a"), based_on="")
    second = drafts.save(draft("b"), based_on=first.token)
    assert second.other is None
    assert drafts.get("ann", KEY) == second


def test_an_edit_based_on_another_keeps_both(drafts):
    drafts.save(draft("a"), based_on="")
    kept = drafts.save(draft("b"), based_on="")
    assert (kept.harmony.comment, kept.other.comment) == ("b", "a")
    assert drafts.load("ann")[KEY] == kept


def test_only_the_draft_that_was_seen_is_discarded(drafts):
    first = drafts.save(draft("a"))
    second = drafts.save(draft("b"))
    drafts.discard(KEY, user="ann", based_on=first.token)
    assert drafts.get("ann", KEY) == second
    drafts.discard(KEY, user="ann", based_on=second.token)
    assert drafts.get("ann", KEY) is None


def test_others_drafts_are_seen_with_their_names_the_latest_first(drafts):
    drafts.save(draft("mine"))
    drafts.save(replace(draft("x", "Ben Smith"), modified="2026-01-02T00:00:00+00:00"))
    drafts.save(replace(draft("y", "Zoë <b>"), modified="2026-01-03T00:00:00+00:00"))
    found = drafts.of_others(KEY, user="ann")
    assert [item.user for item in found] == ["Zoë <b>", "Ben Smith"]
    assert drafts.of_others("other__key", user="ann") == []


def test_the_stamp_changes_with_every_write_of_anybody(drafts):
    stamps = [drafts.stamp(KEY)]
    for user in ("ann", "ben", "ann"):
        drafts.save(draft("x", user))
        stamps.append(drafts.stamp(KEY))
    drafts.discard(KEY, user="ben")
    stamps.append(drafts.stamp(KEY))
    assert all(before != after for before, after in pairwise(stamps))


def test_drafts_of_the_first_version_are_read_and_leave_their_file_when_written(drafts):
    old = drafts.path("ann", KEY).parent.with_suffix(".json")
    old.parent.mkdir(parents=True)
    other = Harmony(Side("a"), Side("b"))
    records = {
        item.key: {"modified": "2025-01-01", "harmony": harmony_record(item)}
        for item in (START, other)
    }
    old.write_text(json.dumps(records))
    assert set(drafts.load("ann")) == {KEY, "a__b"}
    drafts.save(draft("new"), based_on="")
    assert drafts.load("ann")[KEY].harmony.comment == "new"
    drafts.discard("a__b", user="ann")
    assert not old.exists()
    assert set(drafts.load("ann")) == {KEY}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 3}', '{"format": 2, "harmony": {}}'])
def test_damaged_drafts_are_reported_and_can_be_set_aside(drafts, text):
    drafts.save(draft("x"))
    kept = drafts.save(replace(draft("y"), harmony=Harmony(Side("a"), Side("b"))))
    drafts.path("ann", KEY).write_text(text)
    with pytest.raises(CorruptFileError):
        drafts.load("ann")
    assert drafts.of_others(KEY, user="ben") == []
    (aside,) = drafts.set_aside_damaged("ann")
    assert aside.read_text() == text
    assert drafts.load("ann") == {"a__b": kept}


def test_keys_become_safe_names_that_differ():
    keys = ["a__b", "A__b", "a/../b__c", "x" * 300 + "__y", "..", "ä__ö"]
    stems = [file_stem(key) for key in keys]
    assert len(set(stems)) == len(keys)
    assert all("/" not in stem and not stem.startswith(".") and len(stem) < 130 for stem in stems)
    assert stems[0] == "a__b"


def walk(steps, seed=1):
    """The harmonies of somebody who edits this and that."""
    dice, harmony, found = np.random.default_rng(seed), START, []
    for number in range(steps):
        side = harmony.donor
        if dice.random() < 0.8:
            levels = list(side.levels)
            at = dice.integers(len(levels))
            levels[at] = LevelGroup(levels[at].level, float(number))
            harmony = replace(harmony, donor=replace(side, levels=tuple(levels)))
        else:
            harmony = replace(harmony, comment=f"step {number}")
        found.append(harmony)
    return found


def test_undo_and_redo_are_kept_as_differences(drafts):
    steps = walk(40)
    kept = drafts.save(
        Draft(steps[30], "2026-01-01", "ann", past=tuple(steps[:30]), future=tuple(steps[31:]))
    )
    assert drafts.get("ann", KEY) == kept


def test_a_trail_is_bounded_and_keeps_what_is_nearest():
    steps = walk(STEPS_KEPT + 50)
    found = read_trail(trail_record(START, steps), START, where="here")
    assert list(found) == steps[: len(found)]
    assert STEPS_KEPT // 2 < len(found) <= STEPS_KEPT
    wide = tuple(LevelGroup(f"level {i}", 1) for i in range(SIZE_KEPT))
    whole = replace(START, donor=Side("heat", levels=wide))
    assert trail_record(START, [whole]) == []


@pytest.mark.parametrize(
    "record", [3, {"donor": 3}, {"donor": {"9": 1}}, {"donor": {"x": 1}}, {"x": 1}]
)
def test_a_damaged_trail_is_reported(record):
    with pytest.raises(CorruptFileError):
        read_trail([record], START, where="here")


@pytest.mark.parametrize("first", ["format", "harmony"])
def test_another_windows_draft_is_noticed_wherever_its_token_stands(drafts, first):
    mine = drafts.save(draft("mine"), based_on="")
    theirs = drafts.save(draft("theirs"), based_on=mine.token)
    path = drafts.path("ann", KEY)
    record = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({first: record[first]} | record), "utf-8")
    assert drafts.save(draft("mine again"), based_on=mine.token).other.comment == "theirs"
    assert drafts.save(draft("after"), based_on=theirs.token).other.comment == "mine again"
