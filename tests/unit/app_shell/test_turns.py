"""Expensive questions take turns, and end when nobody waits for them."""

import threading

import numpy as np
import pytest

from fusion_core.errors import Cancelled
from fusion_core.estimates.statistics import Groups, GroupSums
from fusion_core.lru_cache import LruCache
from fusion_core.wanted import check_wanted, wanted_check, wanted_while
from harmony_app.shell.work.slow_work import Turns


def test_a_question_nobody_waits_for_gets_no_turn_and_keeps_nobody_waiting():
    turns = Turns(1)
    assert turns.take(lambda: True)
    assert not turns.take(lambda: False)
    looks = iter([True, True, False])
    assert not turns.take(lambda: next(looks))
    turns.give_back()
    assert turns.take(lambda: True)


def test_no_more_are_computed_at_a_time_than_there_are_turns():
    turns, going, most = Turns(2), [], []
    lock = threading.Lock()

    def ask() -> None:
        assert turns.take(lambda: True)
        with lock:
            going.append(1)
            most.append(len(going))
        threading.Event().wait(0.02)
        with lock:
            going.pop()
        turns.give_back()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 2


def test_a_free_turn_goes_to_whoever_has_the_fewest():
    turns, order = Turns(2), []
    assert turns.take(lambda: True, "ann")
    assert turns.take(lambda: True, "ann")

    def ask(visitor: str) -> None:
        assert turns.take(lambda: True, visitor)
        order.append(visitor)
        turns.give_back(visitor)

    threads = [threading.Thread(target=ask, args=(who,)) for who in ("ann", "ann", "bob")]
    for number, thread in enumerate(threads, 1):
        thread.start()
        while turns.waiting < number:  # each stands in line before the next comes
            threading.Event().wait(0.001)
    turns.give_back("ann")
    for thread in threads:
        thread.join(timeout=30)
    assert order == ["bob", "ann", "ann"]


def test_nothing_ends_where_nobody_said_who_waits():
    check_wanted()
    with wanted_while(lambda: True):
        check_wanted()


def test_threads_of_a_computation_ask_for_it_too():
    asked = [True, True]
    with wanted_while(lambda: bool(asked and asked.pop())):
        check = wanted_check()
    outcome = []

    def work() -> None:
        try:
            while True:
                check()
        except Cancelled as error:
            outcome.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=30)
    assert len(outcome) == 1


class Answer:
    """Counts how many groups were summed before nobody waited any more."""

    key = ("answer",)

    def __init__(self) -> None:
        self.summed = 0

    def __call__(self, rows):
        self.summed += 1
        return np.ones((rows.stop - rows.start, 1))


def test_weighted_sums_end_with_the_group_after_which_nobody_waits_and_are_made_anew_when_asked():
    groups = Groups(None, np.arange(0, 501, 5))
    kept, answer = LruCache(10**6), Answer()
    sums = GroupSums(groups, np.ones((500, 2)), kept=kept, key="k")
    with wanted_while(lambda: answer.summed < 10), pytest.raises(Cancelled):
        sums.of([answer])
    assert answer.summed == 10
    assert sums.of([answer])[0].shape == (100, 2, 1)
