"""Slow work answers later; only the latest request counts; errors are handed over, not lost."""

import threading

import bokeh.document
import panel as pn
import pytest

from fusion_core.memory_share import machine_memory, require_memory
from harmony_app.shell.work.at_once import at_once
from harmony_app.shell.work.slow_work import SlowWork


class Context:
    """A session that is alive and delivers callbacks only when the test says so."""

    destroyed = False

    def __init__(self) -> None:
        self.delivered = []
        self.arrived = threading.Semaphore(0)


class Document(bokeh.document.Document):
    """A document whose turns come when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.context = Context()

    @property
    def session_context(self):
        return self.context

    def add_next_tick_callback(self, callback):
        self.session_context.delivered.append(callback)
        self.session_context.arrived.release()


def test_without_a_session_the_work_is_done_in_place():
    results = []
    SlowWork().start(lambda: 3, results.append, results.append)
    assert results == [3]


def test_an_error_reaches_the_caller():
    results = []
    SlowWork().start(lambda: 1 / 0, results.append, lambda error: results.append(str(error)))
    assert results == ["division by zero"]


@pytest.fixture
def document(monkeypatch):
    """The document of the session that runs; its browser has loaded it."""
    document = Document()
    monkeypatch.setattr(type(pn.state), "curdoc", property(lambda _: document))
    monkeypatch.setitem(pn.state._loaded, document, True)
    return document


def test_a_result_waits_for_the_browser_to_load_the_page(document, monkeypatch):
    monkeypatch.delitem(pn.state._loaded, document)
    results = []
    SlowWork().start(lambda: "early", results.append, results.append)
    assert document.session_context.arrived.acquire(timeout=10)
    document.session_context.delivered.pop()()
    assert results == []
    for callback, _ in pn.state._onload.pop(document):
        callback()
    assert results == ["early"]


def test_a_newer_request_replaces_an_older_one(document):
    work, results, gate = SlowWork(), [], threading.Event()

    def slow():
        gate.wait(10)
        return "old"

    work.start(slow, results.append, results.append)
    work.start(lambda: "new", results.append, results.append)
    assert document.session_context.arrived.acquire(timeout=10)
    gate.set()
    for callback in document.session_context.delivered:
        callback()
    assert results == ["new"]


def test_nothing_is_delivered_to_a_session_that_has_ended(document):
    work, started, gate = SlowWork(), threading.Event(), threading.Event()
    finished = threading.Event()

    def slow():
        started.set()
        gate.wait(10)
        finished.set()

    work.start(slow, lambda _: None, lambda _: None)
    assert started.wait(10)
    document.session_context.destroyed = True
    gate.set()
    assert finished.wait(10)
    for thread in threading.enumerate():
        if thread.name == "page-work":
            thread.join(10)
    assert document.session_context.delivered == []


def test_many_changes_at_once_are_one_look_through_the_page(monkeypatch):
    document = bokeh.document.Document()
    monkeypatch.setattr(type(pn.state), "curdoc", property(lambda _: document))
    column = pn.Column(*(pn.pane.HTML(str(item), stylesheets=["p {}"]) for item in range(5)))
    document.add_root(column.get_root(document))
    looks = []
    monkeypatch.setattr(document.models, "recompute", lambda: looks.append(1))
    with at_once():
        for pane in column:
            pane.object += "!"
    assert len(looks) == 1


def test_a_question_of_a_page_has_a_share_of_the_memory(document):
    results = []
    everything = machine_memory()
    SlowWork().start(
        lambda: require_memory(everything // 2, "These groups", "Ask for less"),
        results.append,
        results.append,
    )
    assert document.session_context.arrived.acquire(timeout=10)
    document.session_context.delivered.pop()()
    assert "These groups need" in str(results[0])
    require_memory(everything, "These groups", "Ask for less")  # no page waits for this
