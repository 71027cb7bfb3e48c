"""What is kept in memory for everybody is shared fairly among those who ask."""

import numpy as np

from fusion_core.asking import IDLE_SECONDS, Holdings, asked_by
from fusion_core.lru_cache import LruCache

KIB = 1024


def ask(kept, who, *keys, size=KIB):
    """Let somebody ask for items; return those that had to be made."""
    made = []
    with asked_by(who):
        for key in keys:
            kept.get(key, lambda key=key: made.append(key) or np.zeros(size, dtype=np.uint8))
    return made


def test_whoever_asks_one_thing_after_another_pushes_out_only_his_own():
    kept = LruCache(10 * KIB)
    ask(kept, "ann", "map", "ranks", "table")
    ask(kept, "bob", *range(1000))
    assert kept.nbytes == 10 * KIB
    assert ask(kept, "ann", "map", "ranks", "table") == []


def test_those_who_all_ask_a_lot_keep_equal_shares():
    kept = LruCache(12 * KIB)
    ask(kept, "ann", *range(100))
    for number in range(100, 200):
        ask(kept, "bob", number)
        ask(kept, "cleo", number + 1000)
    assert ask(kept, "ann", *range(96, 100)) == []
    assert ask(kept, "bob", *range(196, 200)) == []
    assert ask(kept, "cleo", *range(1196, 1200)) == []


def test_what_several_ask_for_is_of_whoever_asked_last():
    kept = LruCache(4 * KIB)
    ask(kept, "ann", "map")
    ask(kept, "bob", "map")
    ask(kept, "ann", *range(100))
    assert ask(kept, "bob", "map") == []


def test_nobody_keeps_room_from_those_who_are_there_after_leaving():
    now = [0.0]
    kept = LruCache(4 * KIB, Holdings(lambda: now[0]))
    ask(kept, "ann", "map", "ranks")
    now[0] = IDLE_SECONDS + 1
    ask(kept, "bob", *range(4))
    assert ask(kept, "bob", *range(4)) == []


def test_a_single_person_uses_all_of_it_and_loses_what_was_not_asked_for_longest():
    kept = LruCache(4 * KIB)
    ask(kept, "ann", 0, 1, 2, 3, 0, 4)
    assert [key for key, _ in kept.items()] == [2, 3, 0, 4]


def test_what_was_asked_for_last_stays_whoever_holds_the_most():
    kept = LruCache(4 * KIB)
    ask(kept, "bob", "small")
    ask(kept, "ann", "huge", size=9 * KIB)
    assert [key for key, _ in kept.items()] == ["huge"]


def test_what_is_kept_no_longer_is_nobodys():
    kept, owner = LruCache(4 * KIB), Owner()
    shelf = kept.shelf(owner)
    ask(shelf, "ann", 1, 2, 3)
    del owner
    ask(kept, "bob", 1, 2, 3, 4)
    assert ask(kept, "bob", 1, 2, 3, 4) == []


class Owner:
    """Whose shelf it is."""
