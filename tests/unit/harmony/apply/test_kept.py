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


def test_shelves_share_one_limit_and_keep_the_same_keys_apart():
    kept, owners = LruCache(2 * KIB), [Owner(), Owner()]
    shelves = [kept.shelf(owner) for owner in owners]
    for number, shelf in enumerate(shelves):
        shelf.get("a", lambda number=number: np.full(KIB, number, dtype=np.uint8))
    assert [int(shelf.get("a", np.zeros)[0]) for shelf in shelves] == [0, 1]
    shelves[1].keep("b", np.zeros(KIB, dtype=np.uint8))
    assert shelves[0].find("a") is None
    assert [key for key, _ in shelves[1].items()] == ["a", "b"]
    assert kept.nbytes == 2 * KIB


def test_a_shelf_is_emptied_with_its_owner():
    kept, owner, other = LruCache(4 * KIB), Owner(), Owner()
    gone, stays = kept.shelf(owner), kept.shelf(other)
    gone.keep("a", np.zeros(KIB, dtype=np.uint8))
    stays.keep("a", np.zeros(KIB, dtype=np.uint8))
    del owner
    assert kept.nbytes == KIB
    assert gone.find("a") is None
    assert stays.find("a") is not None


def test_an_owner_that_goes_while_an_item_is_dropped_leaves_nothing():
    kept, owner = LruCache(KIB + 16), Owner()
    shelf = kept.shelf(owner)
    # The item that is dropped for want of room is the last to hold the owner.
    kept.keep("holds the owner", Holding(owner, KIB))
    shelf.keep("of the owner", np.zeros(8, dtype=np.uint8))
    del owner
    kept.keep("another", np.zeros(KIB, dtype=np.uint8))
    kept.keep("next", np.zeros(8, dtype=np.uint8))
    assert [key for key, _ in kept.items()] == ["another", "next"]
    assert kept.nbytes == KIB + 8


def test_room_is_left_for_what_is_in_memory_elsewhere():
    kept = LruCache(3 * KIB)
    for key in ("a", "b", "c"):
        kept.keep(key, np.zeros(KIB, dtype=np.uint8))
    kept.reserve(KIB)
    assert [key for key, _ in kept.items()] == ["b", "c"]
    kept.reserve(5 * KIB)
    assert [key for key, _ in kept.items()] == ["c"]
    kept.reserve(0)
    kept.keep("c", np.zeros(8, dtype=np.uint8))
    assert kept.nbytes == 8


class Owner:
    """Somebody who keeps items on a shelf."""


class Holding:
    """An item that holds on to something."""

    def __init__(self, held: object, nbytes: int) -> None:
        self.held, self.nbytes = held, nbytes
