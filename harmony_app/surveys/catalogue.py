"""The dictionaries of the workspace, read once per change and shared by all sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.surveys import SurveyId
from fusion_core.surveys.search import DictionaryIndex, Entry, build_index
from fusion_core.surveys.summary import (
    Distribution,
    SurveyOverview,
    read_distribution,
    survey_overview,
)

if TYPE_CHECKING:
    from pathlib import Path

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
        Why a survey, or a part of one, could not be read, one sentence each.
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


def _stamp(workspace: Workspace) -> tuple[object, ...]:
    """Tell one state of the stored surveys from another, damage and repair included."""
    surveys = (
        (str(survey), _state(workspace.survey_folder(survey))) for survey in workspace.survey_ids()
    )
    return (*surveys, *workspace.unreadable_surveys())


def _state(folder: Path) -> tuple[object, ...]:
    try:
        return tuple(
            (path.name, path.stat().st_size, path.stat().st_mtime_ns)
            for path in sorted(folder.iterdir())
        )
    except OSError as error:  # being replaced, or unreadable; whoever reads it says so
        return (str(error),)


@pn.cache(max_items=4, policy="LRU")
def _load(workspace: Workspace, stamp: tuple[object, ...]) -> Catalogue:
    del stamp
    overviews, dictionaries, damaged = {}, [], list(workspace.unreadable_surveys())
    for survey in workspace.survey_ids():
        folder = workspace.survey_folder(survey)
        try:
            dictionary = workspace.dictionary(survey)
            overview = survey_overview(folder, dictionary)
            damaged += [f"{survey.title}: {text}" for text in workspace.broken_variables(survey)]
        except HarmonyError as error:
            damaged.append(f"{survey.title}: {error.message}")
            continue
        overviews[survey] = overview
        dictionaries.append((survey, dictionary))
        damaged += [f"{survey.title}: {sentence}" for sentence in overview.damaged]
    return Catalogue(overviews, build_index(dictionaries), tuple(damaged))


@pn.cache(max_items=200, policy="LRU")
def _distribution(
    workspace: Workspace, entry: Entry, stamp: tuple[object, ...]
) -> Distribution | None:
    del stamp
    return read_distribution(workspace.stored_survey(entry.survey), entry.variable)
