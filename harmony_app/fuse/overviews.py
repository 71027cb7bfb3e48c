"""What a pair offers, computed once at a time for all sessions, with how far it is.

A computation belongs to nobody: whoever asks for the same pair joins it, and it goes on when they leave,
because they come back. Where a file it follows from has changed meanwhile, it is given up and
begun again for all who wait.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import panel as pn

from fusion_core.errors import Cancelled
from fusion_core.prepare import PairOverview, pair_overview
from fusion_core.prepare.overview import overview_state

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.harmony.model import SurveyPair
    from fusion_core.workspace.layout import Workspace

    Key = tuple[Path, SurveyPair]


@dataclass
class _Work:
    """One computation, and who waits for it."""

    state: str
    outcome: Future[PairOverview] = field(default_factory=Future)
    share: float = 0.0
    words: str = "Reading the two surveys"
    is_wanted: bool = True

    def report(self, share: float, words: str) -> None:
        if not self.is_wanted:
            raise Cancelled("A file this follows from has changed")
        self.share, self.words = share, words


class Overviews:
    """The overviews of this server's pairs: the latest of each, finished or under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: dict[Key, _Work] = {}

    def get(self, workspace: Workspace, pair: SurveyPair) -> PairOverview:
        """Return the overview of a pair, computed here or by whoever asked first.

        Raises
        ------
        InputError
            If the pair has no harmony or a survey has no microdata.
        """
        while True:
            state = overview_state(workspace, pair)
            key = (workspace.path, pair)
            with self._lock:
                work, is_mine = self._works.get(key), False
                if work is None or work.state != state:
                    if work is not None:
                        work.is_wanted = False
                    work, is_mine = _Work(state), True
                    self._works[key] = work
            if is_mine:
                self._compute(key, work, workspace)
            try:
                return work.outcome.result()
            except Cancelled:
                continue

    def progress(self, workspace: Workspace, pair: SurveyPair) -> tuple[float, str]:
        """Return the share done and what is being done for a pair."""
        work = self._works.get((workspace.path, pair))
        return (0.0, "") if work is None else (work.share, work.words)

    def _compute(self, key: Key, work: _Work, workspace: Workspace) -> None:
        try:
            work.outcome.set_result(pair_overview(workspace, key[1], progress=work.report))
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits
            with self._lock:
                if self._works.get(key) is work:
                    del self._works[key]  # whoever asks again tries again
            work.outcome.set_exception(error)


def shared_overviews() -> Overviews:
    """Return the overviews of this server."""
    found: Overviews = pn.state.as_cached("pair overviews", Overviews)
    return found


__all__ = ["Overviews", "shared_overviews"]
