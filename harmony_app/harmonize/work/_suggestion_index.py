"""What suggestions are made from: read once per server and recipient, and again when files change.

Reading every harmony of a workspace takes about a second. No page waits for it: candidates are
ranked by wording until it is there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import panel as pn

from fusion_core.harmony.matching import Candidate
from fusion_core.harmony.model import SideName, SurveyPair
from fusion_core.harmony.suggest import SuggestionIndex
from fusion_core.surveys.model import Dictionary, SurveyId, Variable
from fusion_core.workspace.knowledge import ExampleFiles, Stamp, knowledge_stamp
from fusion_core.workspace.layout import Workspace

_Firsts = dict[tuple[SurveyId, str], Candidate | None]


class SharedSuggestionIndex:
    """The suggestions of one recipient survey, shared by all sessions of a server.

    Parameters
    ----------
    workspace
        The project folder.
    recipient
        The recipient survey.
    """

    def __init__(self, workspace: Workspace, recipient: SurveyId) -> None:
        self._workspace = workspace
        self._recipient = recipient
        self._lock = threading.Lock()
        self._examples = ExampleFiles(workspace, recipient)
        self._current: tuple[Stamp, SuggestionIndex, _Firsts] | None = None

    @cached_property
    def by_wording(self) -> SuggestionIndex:
        """Suggestions from the wording of the dictionaries alone, which needs no harmony."""
        return SuggestionIndex(self._dictionary())

    @property
    def latest(self) -> SuggestionIndex | None:
        """What was read last, at once; ``None`` before the first time."""
        return self._current[1] if self._current else None

    def fresh(self) -> SuggestionIndex:
        """Return what the files say now; reads them if they changed. Takes a second: use a thread.

        Raises
        ------
        HarmonyError
            If the recipient's dictionary cannot be read.
        """
        return self._read()[1]

    def reading(self) -> Iterator[None]:
        """Read what the files say now in small steps, after which `fresh` has little left to do."""
        for pair in self._examples.pairs():
            with self._lock:
                self._examples.read(pair)
            yield
        self.fresh()
        yield

    def first(
        self,
        survey: SurveyId,
        variable: Variable,
        *,
        columns: Sequence[Variable],
        price_years: Mapping[SideName, int | None],
    ) -> Candidate | None:
        """Return the best candidate for a donor variable by what was read last, for all sessions."""
        _, index, known = self._current or self._read()
        place = (survey, variable.name)
        if place not in known:
            pair = SurveyPair(survey, self._recipient)
            known[place] = index.first(variable, pair, columns=columns, price_years=price_years)
        return known[place]

    def _read(self) -> tuple[Stamp, SuggestionIndex, _Firsts]:
        with self._lock:
            stamp = knowledge_stamp(self._workspace, self._recipient)
            if self._current is None or self._current[0] != stamp:
                index = SuggestionIndex(self._dictionary(), self._examples.all())
                self._current = (stamp, index, {})
            return self._current

    def _dictionary(self) -> Dictionary:
        return self._workspace.dictionary(self._recipient)


@pn.cache(max_items=16, policy="LRU")
def _shared_index(path: str, recipient: str, stamp: int) -> SharedSuggestionIndex:
    del stamp  # part of the cache's key: a survey imported again is read again
    return SharedSuggestionIndex(Workspace.open(Path(path)), SurveyId.parse(recipient))


def shared_suggestion_index(workspace: Workspace, recipient: SurveyId) -> SharedSuggestionIndex:
    """Return the suggestions for a recipient survey that all sessions on a workspace share."""
    dictionary = workspace.survey_folder(recipient) / "dictionary.parquet"
    stamp = dictionary.stat().st_mtime_ns if dictionary.exists() else 0
    found: SharedSuggestionIndex = _shared_index(str(workspace.path), str(recipient), stamp)
    return found


__all__ = ["SharedSuggestionIndex", "shared_suggestion_index"]
