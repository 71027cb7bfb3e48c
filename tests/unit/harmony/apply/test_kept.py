"""What was computed is kept up to a limit of memory, and surveys with it."""

import threading

import numpy as np

from fusion_core.harmony.apply.rows import RowsCache
from fusion_core.lru_cache import LruCache

KIB = 1024


def test_an_item_is_made_once():
    kept, made = LruCache(KIB), []
    for _ in range(3):
        kept.get("a", lambda: made.append(1) or np.zeros(8))
    assert len(made) == 1
    assert kept.nbytes == 64


def test_what_was_not_asked_for_longest_goes_first():
    kept = LruCache(2 * KIB)
    kept.get("a", lambda: np.zeros(KIB, dtype=np.uint8))
    kept.get("b", lambda: np.zeros(KIB, dtype=np.uint8))
    kept.get("a", lambda: np.ones(KIB, dtype=np.uint8))
    kept.get("c", lambda: np.zeros(KIB, dtype=np.uint8))
    assert kept.nbytes == 2 * KIB
    assert not kept.get("a", lambda: np.ones(KIB, dtype=np.uint8)).any()
    assert kept.get("b", lambda: np.ones(KIB, dtype=np.uint8)).all()


def test_an_item_beyond_the_limit_is_kept_until_the_next():
    kept = LruCache(10)
    assert len(kept.get("large", lambda: np.zeros(100))) == 100
    kept.get("small", lambda: np.zeros(1))
    assert kept.nbytes == 8


def test_an_item_may_need_others():
    kept = LruCache(KIB)
    assert kept.get("sum", lambda: kept.get("part", lambda: np.ones(3)) + 1).tolist() == [2, 2, 2]


def test_threads_that_ask_together_wait_for_one_making():
    kept, made, gate = LruCache(KIB), [], threading.Event()

    def make():
        made.append(1)
        gate.wait(10)
        return np.zeros(1)

    threads = [threading.Thread(target=lambda: kept.get("a", make)) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1


def test_nobody_waits_for_another_item():
    kept, begun, gate = LruCache(KIB), threading.Event(), threading.Event()

    def make_slowly():
        begun.set()
        gate.wait(60)
        return np.zeros(1)

    slow = threading.Thread(target=lambda: kept.get("slow", make_slowly))
    slow.start()
    begun.wait(60)
    assert kept.get("quick", lambda: np.ones(1)).tolist() == [1]  # the slow one is not ready
    gate.set()
    slow.join(60)
    assert [key for key, _ in kept.items()] == ["quick", "slow"]


def test_who_waited_for_a_failure_tries_for_themselves():
    kept, tried = LruCache(KIB), []
    meeting = threading.Barrier(4, timeout=60)

    def make():
        tried.append(1)
        if len(tried) == 1:
            raise OSError
        return np.ones(1)

    def ask():
        meeting.wait()
        try:
            found.append(kept.get("a", make).tolist())
        except OSError:
            found.append("failed")

    found = []
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(str, found)) == ["[1.0]"] * 3 + ["failed"]
    assert len(tried) == 2


def test_a_failure_is_not_kept():
    kept = LruCache(KIB)
    for _ in range(2):
        try:
            kept.get("a", lambda: 1 / 0)
        except ZeroDivisionError:
            continue
    assert kept.get("a", lambda: np.zeros(2)).tolist() == [0, 0]


def test_surveys_leave_the_cache_when_they_exceed_its_memory(donor, recipient):
    cache = RowsCache(kept_bytes=1)
    first = cache.rows(donor)
    first.weight("household")
    assert cache.rows(donor) is first
    cache.rows(recipient).weight("household")
    assert cache.rows(donor) is not first
