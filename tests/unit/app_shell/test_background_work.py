"""Work ahead is done in slices, the last asked for first, and gives way to people."""

import gc
import threading
import weakref

import panel as pn
import pytest

from harmony_app.shell.work.background import (
    BUSY_SECONDS,
    LONGEST_REST_SECONDS,
    REST,
    BackgroundWork,
    BackgroundWorker,
)


@pytest.fixture
def worker(monkeypatch):
    worker = BackgroundWorker()
    monkeypatch.setattr("harmony_app.shell.work.background.shared_worker", lambda: worker)
    # One step is a slice, so that the order shows.
    monkeypatch.setattr("harmony_app.shell.work.background.SLICE_SECONDS", 0.0)
    return worker


class Context:
    destroyed = False


class Document:
    """A session that shows what it is given when the test says so."""

    def __init__(self) -> None:
        self.session_context = Context()
        self.waiting = []

    def add_next_tick_callback(self, callback):
        self.waiting.append(callback)

    def turn(self):
        waiting, self.waiting = self.waiting, []
        for callback in waiting:
            callback()


@pytest.fixture
def document(monkeypatch):
    document = Document()
    monkeypatch.setattr(type(pn.state), "curdoc", property(lambda _: document))
    return document


def noting(name, done, steps=2, before=lambda: None):
    for _ in range(steps):
        before()
        done.append(name)
        yield name


def test_what_was_asked_for_last_comes_first(worker):
    done, gate = [], threading.Event()
    worker.add("old", noting("old", done, before=lambda: gate.wait(10)))
    worker.add("new", noting("new", done))
    gate.set()
    worker.join()
    assert done.count("new") == 2
    assert done[-1] == "old"


def test_the_same_key_replaces_and_a_failure_ends_only_its_own_job(worker, caplog):
    done, gate = [], threading.Event()
    worker.add("first", noting("first", done, before=lambda: gate.wait(10)))
    worker.add("twice", noting("replaced", done))
    worker.add("twice", iter(lambda: 1 / 0, None))
    gate.set()
    worker.join()
    assert done == ["first", "first"]
    (record,) = caplog.records
    assert record.name == "harmony_app"
    assert "ZeroDivisionError" in caplog.text


def test_it_rests_longer_than_it_worked_and_longer_still_while_people_work(worker):
    assert worker.rest_after(0.01) == pytest.approx(0.01 * REST)
    worker.stir()
    assert 0.01 * REST < worker.rest_after(0.01) <= min(BUSY_SECONDS, LONGEST_REST_SECONDS)
    assert worker.rest_after(60) == LONGEST_REST_SECONDS


def test_without_a_session_it_is_done_in_place():
    found, errors = [], []
    BackgroundWork().start(iter([1, 2]), found.append, errors.append)
    BackgroundWork().start((1 // item for item in (1, 0)), found.append, errors.append)
    assert found == [[1, 2]]
    assert isinstance(errors[0], ZeroDivisionError)


def test_a_session_is_told_in_its_own_turn(worker, document):
    found, errors = [], []
    BackgroundWork().start(iter([1, 2]), found.extend, errors.append)
    BackgroundWork().start((1 // item for item in (1, 0)), found.extend, errors.append)
    worker.join()
    assert found == errors == []
    document.turn()
    assert found == [1, 2]
    assert isinstance(errors[0], ZeroDivisionError)


def test_only_the_latest_request_of_a_session_counts(worker, document):
    found, work = [], BackgroundWork()
    work.start(iter(["old"]), found.extend, found.append)
    worker.join()
    work.start(iter(["new"]), found.extend, found.append)
    worker.join()
    document.turn()
    assert found == ["new"]


def test_a_closed_session_is_forgotten(worker, document):
    class Page:
        def show(self, found):
            raise AssertionError(found)

    page, work = Page(), BackgroundWork()
    known = weakref.ref(page)
    gate = threading.Event()
    work.start(noting("late", [], before=lambda: gate.wait(10)), page.show, page.show)
    document.session_context.destroyed = True
    del page, work
    gate.set()
    worker.join()
    gc.collect()
    assert document.waiting == []
    assert known() is None
