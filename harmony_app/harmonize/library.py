"""The surveys and harmonies of a workspace as the page needs them: read once, shared by sessions."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

import panel as pn

from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.rows import RowsCache
from fusion_core.surveys.model import SurveyId
from fusion_core.surveys.stored import StoredSurvey
from fusion_core.workspace.layout import Workspace

SURVEYS_OPEN: Final = 120
"""Surveys whose dictionaries stay in memory: ten surveys of ten vintages, and some to spare."""


def all_pairs(workspace: Workspace, in_use: Collection[SurveyPair]) -> list[SurveyPair]:
    """List every donor and recipient of a workspace, the pairs people work on first.

    Parameters
    ----------
    workspace
        The project folder.
    in_use
        Pairs that have a file of harmonies.
    """
    surveys = workspace.survey_ids()
    pairs = [
        SurveyPair(donor, recipient)
        for donor in surveys
        for recipient in surveys
        if donor != recipient
    ]
    return sorted(
        pairs,
        key=lambda pair: (
            pair not in in_use,
            not _is_acs(pair.recipient),
            _is_acs(pair.donor),
            str(pair),
        ),
    )


def _is_acs(survey: SurveyId) -> bool:
    return "ACS" in survey.name.upper()


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
