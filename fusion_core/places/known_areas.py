"""The PUMAs a workspace knows, from its recipient or its boundaries, and their homes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.errors import InputError
from fusion_core.geography.boundaries import has_areas, read_areas
from fusion_core.geography.crosswalks import COUNT, Crosswalk
from fusion_core.geography.definitions import boundary_census, survey_censuses
from fusion_core.geography.levels import LEVELS, Unit, coarsened
from fusion_core.surveys.model import WEIGHT
from fusion_core.us_states import is_state

if TYPE_CHECKING:
    from fusion_core.places.files import AreaTable
    from fusion_core.places.requests import AreaRequest
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace

PUMA: Final = "puma"


def surveys_with_pumas(workspace: Workspace) -> list[SurveyId]:
    """Return the surveys whose households name their PUMA."""
    return [
        survey for survey in workspace.survey_ids() if PUMA in workspace.describe(survey).geography
    ]


def wanted_censuses(workspace: Workspace) -> tuple[str, ...]:
    """Return the censuses whose PUMAs the surveys of a workspace name, the latest first."""
    found: set[str] = set()
    for survey in surveys_with_pumas(workspace):
        censuses = survey_censuses(workspace.describe(survey))
        found |= set(censuses) if len(censuses) == 1 else set()
    return tuple(sorted(found, reverse=True))


def find_recipient(workspace: Workspace, request: AreaRequest) -> SurveyId:
    """Return the survey asked for, or the only one with PUMAs.

    Raises
    ------
    InputError
        If none or several have PUMAs.
    """
    if request.recipient is not None:
        description = workspace.describe(request.recipient)
        if PUMA not in description.geography:
            raise InputError(
                f"{request.recipient.title} does not name the PUMAs of its households",
                where=str(workspace.path),
                fix="Choose another survey",
            )
        return request.recipient
    found = surveys_with_pumas(workspace)
    if len(found) == 1:
        return found[0]
    named = ", ".join(map(str, found))
    raise InputError(
        f"{len(found)} surveys name PUMAs" if found else "No survey of the workspace names PUMAs",
        where=str(workspace.path),
        fix=f"Choose the recipient: {named}" if found else "Add the recipient first",
    )


def known_pumas(workspace: Workspace, request: AreaRequest, read: AreaTable) -> Crosswalk:
    """Lead from PUMAs, or from states, to the PUMAs a workspace knows, weighed by their homes.

    The homes are the weighted households of the recipient; with boundaries only, each PUMA counts
    the same. PUMAs that nothing names are those of the table itself.

    Raises
    ------
    InputError
        If the table is of states and the workspace knows no PUMA.
    """
    unit = read.unit
    candidates = (
        [request.recipient] if request.recipient is not None else surveys_with_pumas(workspace)
    )
    for survey in candidates:
        censuses = survey_censuses(workspace.describe(survey))
        census = censuses[0] if len(censuses) == 1 else ""
        if unit.agrees(Unit(PUMA, census)):
            homes = _homes(workspace, survey)
            return _leading(unit, census, homes, "housing", survey.title)
    if has_areas(workspace, PUMA):
        census = boundary_census(workspace)
        if unit.agrees(Unit(PUMA, census)):
            pumas = read_areas(workspace, PUMA)["area_id"].astype(str)
            return _leading(unit, census, pd.Series(1.0, index=pumas), COUNT, "the boundaries")
    if unit.level == PUMA:
        _require_states(read)
        return _leading(unit, unit.census, pd.Series(1.0, index=read.values.index), COUNT, "")
    raise InputError(
        f"The workspace names no PUMA to which {LEVELS[unit.level].words[1]} could lead",
        where=read.where,
        fix="Add the recipient or PUMA boundaries first, or give a crosswalk",
    )


def _require_states(read: AreaTable) -> None:
    """Refuse PUMAs of states that do not exist, where nothing else says which PUMAs there are."""
    codes = [str(code) for code in read.values.index]
    row = next((row for row, code in enumerate(codes) if not is_state(code[:2])), None)
    if row is not None:
        raise InputError(
            f"'{codes[row]}' is not a known PUMA: no state has the code {codes[row][:2]}",
            where=f"{read.where}, column '{read.key[-1]}', row {read.rows[row]:,}",
            fix="Correct the code, or take the row out",
        )


def _homes(workspace: Workspace, survey: SurveyId) -> pd.Series[Any]:
    table = workspace.survey(survey, household_columns=[PUMA, WEIGHT], person_columns=[]).table(
        "household"
    )
    codes = table[PUMA].astype(object)
    known = codes.notna()
    return table.loc[known, WEIGHT].groupby(codes[known].astype(str)).sum()


def _leading(unit: Unit, census: str, sizes: pd.Series[Any], measure: str, title: str) -> Crosswalk:
    """Build the crosswalk to PUMAs of these sizes, indexed by code."""
    targets = pd.Series(sizes.index.astype(str), dtype=object)
    sources = targets if unit.level == PUMA else coarsened(targets, unit.level)
    pieces = pd.DataFrame({"source": sources.to_numpy(), "target": targets.to_numpy()})
    pieces[measure] = sizes.to_numpy(float)
    # The codes of a survey with a known census say which the table's were meant to be.
    target = Unit(PUMA, unit.census or census) if unit.level == PUMA else Unit(PUMA, census)
    return Crosswalk(unit, target, pieces, title)


__all__ = ["PUMA", "find_recipient", "known_pumas", "surveys_with_pumas", "wanted_censuses"]
