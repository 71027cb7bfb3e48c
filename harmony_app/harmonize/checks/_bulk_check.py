"""The checks of all saved harmonies of a pair, made once in the background for all sessions.

A harmony is checked again when it was saved again, when one of its surveys was imported again, or
when the same harmony of another year changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from pathlib import Path
from typing import Final

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.harmony.checks import sibling_sets, siblings_of
from fusion_core.harmony.model import Harmony, HarmonySet, SurveyPair
from fusion_core.harmony.overview import CheckResult, verdict
from fusion_core.harmony.store import HarmonyStore
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.work import load_survey, shared_rows, survey_stamp
from harmony_app.shell.work import shared_worker

TELL_EVERY_SECONDS: Final = 0.4
"""Results reach the sessions in batches, so that a long table is not redrawn for each of them."""

Listener = Callable[[SurveyPair], None]
_Stamp = tuple[Hashable, ...]


class BulkCheck:
    """Checks the harmonies of a workspace's pairs; one per workspace, see `shared_checks`.

    Parameters
    ----------
    workspace
        The project folder.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._verdicts: dict[SurveyPair, dict[str, tuple[_Stamp, CheckResult]]] = {}
        self._begun: set[SurveyPair] = set()
        self._again: set[SurveyPair] = set()
        self._listeners: list[Listener] = []

    def verdicts(self, pair: SurveyPair) -> dict[str, CheckResult]:
        """Return what is known of a pair's harmonies so far, by key; some may be of an older version."""
        with self._lock:
            return {key: found for key, (_, found) in self._verdicts.get(pair, {}).items()}

    def start(self, pair: SurveyPair) -> None:
        """Check whatever of a pair has changed since; returns at once, listeners hear of results."""
        with self._lock:
            if pair in self._begun:
                self._again.add(pair)
                shared_worker().prefer((self, pair))
                return
            self._begun.add(pair)
        shared_worker().add((self, pair), self._steps(pair))

    def run(self, pair: SurveyPair) -> None:
        """Check whatever of a pair has changed since, before returning."""
        for _ in self._check(pair):
            pass

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` – in the thread that checks – whenever there is news of a pair.

        Returns
        -------
        Callable
            Ends it.
        """
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def _steps(self, pair: SurveyPair) -> Iterator[str]:
        """Check a pair, and again if something changed meanwhile, telling of it now and then."""
        try:
            while True:
                try:
                    yield from self._telling(pair)
                except (HarmonyError, OSError):
                    self._tell(pair)  # the page says itself why a pair cannot be read
                with self._lock:
                    if pair not in self._again:
                        self._begun.discard(pair)
                        return
                    self._again.discard(pair)
        except BaseException:  # also of a generator that is closed before its end
            with self._lock:
                self._begun.discard(pair)
                self._again.discard(pair)
            raise

    def _telling(self, pair: SurveyPair) -> Iterator[str]:
        told = time.monotonic()
        for key in self._check(pair):
            if time.monotonic() - told > TELL_EVERY_SECONDS:
                self._tell(pair)
                told = time.monotonic()
            yield key
        self._tell(pair)

    def _tell(self, pair: SurveyPair) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(pair)

    def _check(self, pair: SurveyPair) -> Iterator[str]:
        """Check the changed harmonies of a pair one by one, yielding the key of each."""
        workspace = self._workspace
        harmonies = HarmonyStore(workspace.path, pair).load().harmonies
        others = sibling_sets(workspace.path, pair)
        stamps = {item.key: self._stamp(item, pair, others) for item in harmonies}
        with self._lock:
            known = self._verdicts.setdefault(pair, {})
            for key in [key for key in known if key not in stamps]:
                del known[key]
            changed = [
                i for i in harmonies if i.key not in known or known[i.key][0] != stamps[i.key]
            ]
        if not changed:
            return
        donor, recipient = (
            load_survey(workspace, survey) for survey in (pair.donor, pair.recipient)
        )
        cache = shared_rows(workspace)
        for harmony in changed:
            siblings = siblings_of(harmony, pair, others)
            found = verdict(harmony, donor, recipient, siblings=siblings, cache=cache)
            with self._lock:
                known[harmony.key] = (stamps[harmony.key], found)
            yield harmony.key

    def _stamp(self, harmony: Harmony, pair: SurveyPair, others: list[HarmonySet]) -> _Stamp:
        surveys = (survey_stamp(self._workspace, survey) for survey in (pair.donor, pair.recipient))
        years = ((item.name, item.harmony) for item in siblings_of(harmony, pair, others))
        return (harmony, *surveys, *years)


@pn.cache(max_items=4, policy="LRU")
def _shared(path: str) -> BulkCheck:
    return BulkCheck(Workspace.open(Path(path)))


def shared_checks(workspace: Workspace) -> BulkCheck:
    """Return the checks that all sessions on a workspace share."""
    checks: BulkCheck = _shared(str(workspace.path))
    return checks


__all__ = ["TELL_EVERY_SECONDS", "BulkCheck", "shared_checks"]
