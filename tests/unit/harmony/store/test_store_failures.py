"""A disk that is full, a folder that may not be written, a writer that died: one clear sentence."""

import errno
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fusion_core.errors import InputError
from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import SurveyId

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))
PLAIN = Harmony(Side("rooms"), Side("rmsp"))
LARGE = Harmony(
    Side("occ", levels=tuple(LevelGroup(f"occupation {i}", i % 9) for i in range(600))),
    Side("occp"),
)


@pytest.fixture
def store(tmp_path):
    found = HarmonyStore(tmp_path, PAIR)
    found.save(PLAIN, author="ann")
    return found


def state(store):
    return store.path.read_bytes(), store.history_path.read_bytes()


def no_space(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("where", ["os.write", "os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_leaves_everything_as_it_was(store, monkeypatch, where):
    before = state(store)
    monkeypatch.setattr(where, no_space)
    with pytest.raises(InputError, match=r"No space left on device .*Free some disk space"):
        store.save(LARGE, author="ann")
    monkeypatch.undo()
    assert state(store) == before
    assert store.save(LARGE, author="ann").revision == 1
    assert [path.name for path in store.folder.glob(".*.json.*")] == []


def test_a_folder_that_may_not_be_written_is_named(store, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    before = state(store)
    for where in ("tempfile.mkstemp", "os.open"):
        with monkeypatch.context() as patched:
            patched.setattr(where, denied)
            with pytest.raises(InputError, match="Permission denied") as told:
                store.save(LARGE, author="ann")
        assert str(store.folder) in told.value.message
    assert state(store) == before


def test_a_file_that_may_not_be_read_is_named(store, monkeypatch):
    def denied(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        store.load()


LIMITED = """
import resource, signal, sys
from fusion_core.errors import InputError
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.harmony.model.records import read_harmony
import json
sys.path.insert(0, {tests!r})
from test_store_failures import LARGE, PAIR
store = HarmonyStore({folder!r}, PAIR)
size = store.history_path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 2000, size + 2000))
try:
    store.save(LARGE, author="ann")
except InputError as error:
    print(error.message)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs limits on file size")
def test_a_real_limit_on_file_size_cuts_nothing_off(store):
    before = state(store)
    code = LIMITED.format(tests=str(Path(__file__).parents[1]), folder=str(store.folder))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "Could not write the history: File too large" in done.stdout
    assert state(store) == before


def killed_between_history_and_file(store, harmony):
    """Save in a process that is killed after the history was written."""
    if (child := os.fork()) == 0:
        import fusion_core.harmony.store._write_log as module

        module.write_text = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        store.save(harmony, author="bob")
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_change_only_the_history_knows_is_made_good_by_the_next(store):
    killed_between_history_and_file(store, replace(PLAIN, comment="bob's", revision=1))
    assert store.load().get(PLAIN.key).revision == 1
    store.save(LARGE, author="ann")
    assert store.load().get(PLAIN.key).comment == "bob's"
    assert [entry.revision for entry in store.history(PLAIN.key)] == [1, 2]


def test_a_file_put_back_by_a_person_counts_more_than_its_history(store):
    first = store.path.read_bytes()
    store.save(replace(PLAIN, comment="later", revision=1), author="ann")
    store.path.write_bytes(first)
    os.utime(store.path, ns=(2**62, 2**62))
    store.save(LARGE, author="ann")
    assert store.load().get(PLAIN.key).comment == ""


def test_leftovers_of_killed_writers_are_swept_away(store):
    (store.folder / f".{store.path.name}.abc12345").write_text("half")
    store.save(LARGE, author="ann")
    assert [path.name for path in store.folder.glob(".*.json.*")] == []
