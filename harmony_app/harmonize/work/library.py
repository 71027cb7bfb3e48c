"""The surveys and harmonies of a workspace as the page needs them: read once, shared by sessions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, starmap
from pathlib import Path
from typing import Any, Final

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.geography.definitions import PUMA
from fusion_core.harmony.apply import RowsCache
from fusion_core.harmony.model import SurveyPair
from fusion_core.surveys.model import SurveyId
from fusion_core.surveys.stored import StoredSurvey
from fusion_core.workspace.layout import Workspace

SURVEYS_OPEN: Final = 120
"""Surveys whose dictionaries stay in memory: ten surveys of ten vintages, and some to spare."""


@dataclass(frozen=True)
class PairChoice:
    """The pairs of surveys there are to choose from.

    Attributes
    ----------
    pairs
        Every donor and recipient, the pairs people work on first.
    record
        The same for the browser: the surveys, and each pair as two positions among them.
    """

    pairs: tuple[SurveyPair, ...]
    record: dict[str, Any]


def pair_choice(workspace: Workspace, in_use: Collection[SurveyPair]) -> PairChoice:
    """List every donor and recipient of a workspace.

    Parameters
    ----------
    workspace
        The project folder.
    in_use
        Pairs that have a file of harmonies.
    """
    surveys = tuple(workspace.survey_ids())
    located = frozenset(survey for survey in surveys if _is_located(workspace, survey))
    return _pair_choice(surveys, located, frozenset(in_use))


@lru_cache(maxsize=4)  # a hundred surveys make ten thousand pairs
def _pair_choice(
    surveys: tuple[SurveyId, ...], located: frozenset[SurveyId], in_use: frozenset[SurveyPair]
) -> PairChoice:
    names = {survey: str(survey) for survey in surveys}
    position = {survey: index for index, survey in enumerate(surveys)}

    def rank(pair: SurveyPair) -> tuple[bool, bool, bool, str, str]:
        donor, recipient = pair.donor, pair.recipient
        return (
            pair not in in_use,
            recipient not in located,
            donor in located,
            names[donor],
            names[recipient],
        )

    pairs = sorted(starmap(SurveyPair, permutations(surveys, 2)), key=rank)
    record = {
        "surveys": [{"id": names[survey], "title": survey.title} for survey in surveys],
        "order": [[position[pair.donor], position[pair.recipient]] for pair in pairs],
    }
    return PairChoice(tuple(pairs), record)


def _is_located(workspace: Workspace, survey: SurveyId) -> bool:
    """Tell whether a survey knows where its households live, as recipients do."""
    if "ACS" in survey.name.upper():  # a dictionary alone does not say so
        return True
    try:
        return PUMA in workspace.describe(survey).geography
    except HarmonyError:  # said when the survey is opened
        return False


def load_survey(workspace: Workspace, survey: SurveyId) -> StoredSurvey:
    """Return a survey whose answers are read when they are needed; unchanged ones are opened once."""
    stamp = survey_stamp(workspace, survey)
    loaded: StoredSurvey = _load(str(workspace.path), str(survey), stamp)
    return loaded


def survey_stamp(workspace: Workspace, survey: SurveyId) -> int:
    """Return a number that changes whenever a survey is imported again."""
    folder = workspace.survey_folder(survey)
    return max((path.stat().st_mtime_ns for path in folder.glob("*.*")), default=0)


@pn.cache(max_items=SURVEYS_OPEN, policy="LRU")
def _load(path: str, survey: str, stamp: int) -> StoredSurvey:
    del stamp  # part of the cache's key: a survey imported again is opened again
    return Workspace.open(Path(path)).stored_survey(SurveyId.parse(survey))


@pn.cache(max_items=4, policy="LRU")
def _rows(path: str) -> RowsCache:
    del path  # one per workspace
    return RowsCache()


def shared_rows(workspace: Workspace) -> RowsCache:
    """Return the prepared rows that all sessions on a workspace share."""
    rows: RowsCache = _rows(str(workspace.path))
    return rows
