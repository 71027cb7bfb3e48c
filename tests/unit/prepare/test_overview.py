"""What a pair offers is computed once and kept until something it follows from changes."""

import threading

import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.store import HarmonyStore
from fusion_core.prepare import assemble, pair_overview
from harmony_app.fuse.overviews import Overviews


def test_it_is_what_a_run_would_assemble(toy_workspace, toy_pair):
    overview = pair_overview(toy_workspace, toy_pair)
    pool = assemble(toy_workspace, toy_pair)
    pd.testing.assert_frame_equal(overview.predictors, pool.table)
    assert overview.notes == pool.notes
    assert overview.kinds["kwh"] == "continuous"


def test_it_is_kept_until_a_harmony_is_saved(toy_workspace, toy_pair):
    said = []
    first = pair_overview(toy_workspace, toy_pair, progress=lambda _, words: said.append(words))
    assert any("(1 of " in words for words in said)
    said.clear()
    again = pair_overview(toy_workspace, toy_pair, progress=lambda _, words: said.append(words))
    assert said == []
    pd.testing.assert_frame_equal(again.predictors, first.predictors)
    assert (again.kinds, again.notes) == (first.kinds, first.notes)

    store = HarmonyStore(toy_workspace.path, toy_pair)
    key = store.load().harmonies[0].key
    store.delete(key, author="test")
    assert key not in set(pair_overview(toy_workspace, toy_pair).predictors["predictor"])


def test_a_damaged_one_is_computed_again(toy_workspace, toy_pair):
    first = pair_overview(toy_workspace, toy_pair)
    path = toy_workspace.overview_file(str(toy_pair))
    for damaged in ("", "[]", path.read_text().replace('"kinds"', '"kind"')):
        path.write_text(damaged)
        found = pair_overview(toy_workspace, toy_pair)
        pd.testing.assert_frame_equal(found.predictors, first.predictors)


def test_sessions_that_ask_at_once_share_one_computation(toy_workspace, toy_pair, monkeypatch):
    calls, under_way, go_on = [], threading.Event(), threading.Event()

    def slow(workspace, pair, *, progress):
        calls.append(pair)
        progress(0.25, "Applying the harmony a (1 of 4)")
        under_way.set()
        go_on.wait(20)
        return pair_overview(workspace, pair, progress=progress)

    monkeypatch.setattr("harmony_app.fuse.overviews.pair_overview", slow)
    shared, found = Overviews(), []
    threads = [
        threading.Thread(target=lambda: found.append(shared.get(toy_workspace, toy_pair)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    assert under_way.wait(20)
    assert shared.progress(toy_workspace, toy_pair) == (0.25, "Applying the harmony a (1 of 4)")
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len({id(item) for item in found}) == 1


def test_a_failure_is_told_to_everybody_and_tried_again(toy_workspace, toy_pair):
    store = HarmonyStore(toy_workspace.path, toy_pair)
    kept = store.load().harmonies
    for harmony in kept:
        store.delete(harmony.key, author="test")
    shared = Overviews()
    for _ in range(2):
        with pytest.raises(InputError, match="no saved harmony"):
            shared.get(toy_workspace, toy_pair)
    store.restore(kept[0].key, author="test")
    assert len(shared.get(toy_workspace, toy_pair).predictors)
