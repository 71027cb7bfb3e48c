"""What suggestions are made from: read once per server and recipient, and again when files change.

Reading every harmony of a workspace takes about a second. No page waits for it: candidates are
ranked by wording until it is there.
"""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path

import panel as pn

from fusion_core.harmony.candidates import Candidate
from fusion_core.harmony.suggestions import SuggestionIndex
from fusion_core.surveys.model import Dictionary, SurveyId, Variable
from fusion_core.surveys.storage import read_dictionary
from fusion_core.workspace.knowledge import Stamp, knowledge_stamp, read_examples
from fusion_core.workspace.layout import Workspace


class Knowledge:
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
        self._current: tuple[Stamp, SuggestionIndex] | None = None
        self._first: dict[tuple[SurveyId, str], Candidate | None] = {}

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
        with self._lock:
            stamp = knowledge_stamp(self._workspace, self._recipient)
            if self._current is None or self._current[0] != stamp:
                examples = read_examples(self._workspace, self._recipient)
                self._current = (stamp, SuggestionIndex(self._dictionary(), examples))
                self._first = {}
            return self._current[1]

    def first(self, survey: SurveyId, variable: Variable) -> Candidate | None:
        """Return the best candidate for a donor variable, ranked once for all sessions."""
        index, known = self.fresh(), self._first
        place = (survey, variable.name)
        if place not in known:
            known[place] = next(iter(index.rank(variable, survey=survey.name, limit=1)), None)
        return known[place]

    def _dictionary(self) -> Dictionary:
        return read_dictionary(self._workspace.survey_folder(self._recipient))


@pn.cache(max_items=16, policy="LRU")
def _knowledge(path: str, recipient: str, stamp: int) -> Knowledge:
    del stamp  # part of the cache's key: a survey imported again is read again
    return Knowledge(Workspace.open(Path(path)), SurveyId.parse(recipient))


def shared_knowledge(workspace: Workspace, recipient: SurveyId) -> Knowledge:
    """Return the knowledge all sessions on a workspace share about a recipient survey."""
    dictionary = workspace.survey_folder(recipient) / "dictionary.parquet"
    stamp = dictionary.stat().st_mtime_ns if dictionary.exists() else 0
    found: Knowledge = _knowledge(str(workspace.path), str(recipient), stamp)
    return found


__all__ = ["Knowledge", "shared_knowledge"]
