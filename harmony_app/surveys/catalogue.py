"""The dictionaries of the workspace, read once per change and shared by all sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.surveys import SurveyId
from fusion_core.surveys.search import DictionaryIndex, Entry, build_index
from fusion_core.surveys.storage import read_dictionary
from fusion_core.surveys.summary import (
    Distribution,
    SurveyOverview,
    read_distribution,
    survey_overview,
)

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class Catalogue:
    """What the page knows of the stored surveys.

    Attributes
    ----------
    overviews
        The surveys at a glance, by identifier.
    index
        All their variables, searchable.
    damaged
        Why a survey could not be read, one sentence each.
    """

    overviews: dict[SurveyId, SurveyOverview]
    index: DictionaryIndex
    damaged: tuple[str, ...]

    def entry(self, survey: str, variable: str) -> Entry | None:
        """Find a variable."""
        return next(
            (
                entry
                for entry in self.index.entries
                if entry.variable.name == variable and str(entry.survey) == survey
            ),
            None,
        )


def load_catalogue(workspace: Workspace) -> Catalogue:
    """Read overviews and dictionaries, from memory if no survey changed since."""
    catalogue: Catalogue = _load(workspace, _stamp(workspace))
    return catalogue


def load_distribution(workspace: Workspace, entry: Entry) -> Distribution | None:
    """Summarize a variable's microdata, from memory if they did not change since."""
    found: Distribution | None = _distribution(workspace, entry, _stamp(workspace))
    return found


def _stamp(workspace: Workspace) -> tuple[tuple[str, int], ...]:
    """Tell one state of the stored surveys from another: the description is written last."""
    return tuple(
        (str(survey), (workspace.survey_folder(survey) / "survey.json").stat().st_mtime_ns)
        for survey in workspace.survey_ids()
    )


@pn.cache(max_items=4, policy="LRU")
def _load(workspace: Workspace, stamp: tuple[tuple[str, int], ...]) -> Catalogue:
    del stamp
    overviews, dictionaries, damaged = {}, [], []
    for survey in workspace.survey_ids():
        folder = workspace.survey_folder(survey)
        try:
            overviews[survey] = survey_overview(folder)
            dictionaries.append((survey, read_dictionary(folder)))
        except HarmonyError as error:
            overviews.pop(survey, None)
            damaged.append(f"{survey.title}: {error.message}")
    return Catalogue(overviews, build_index(dictionaries), tuple(damaged))


@pn.cache(max_items=200, policy="LRU")
def _distribution(
    workspace: Workspace, entry: Entry, stamp: tuple[tuple[str, int], ...]
) -> Distribution | None:
    del stamp
    return read_distribution(workspace.survey_folder(entry.survey), entry.variable)
