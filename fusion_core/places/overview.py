"""What a workspace knows of places, and whether it fits its surveys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from fusion_core.errors import HarmonyError
from fusion_core.geography.boundaries import has_areas, read_areas
from fusion_core.geography.codes import match_areas
from fusion_core.geography.definitions import (
    boundary_census,
    check_definitions,
    check_table_definition,
    without_boundaries,
)
from fusion_core.geography.local_context import context_names, read_context
from fusion_core.geography.spatial import read_spatial_table, spatial_names
from fusion_core.places.known_areas import PUMA, surveys_with_pumas
from fusion_core.surveys.model import WEIGHT

if TYPE_CHECKING:
    from fusion_core.geography.local_context import LocalContext
    from fusion_core.geography.spatial import SpatialTable
    from fusion_core.surveys.model import SurveyDescription, SurveyId
    from fusion_core.workspace.layout import Workspace

_SHOWN = 5
# Weighted households per area, by survey and kind of area: several findings ask for the same.
Homes: TypeAlias = "Callable[[SurveyId, str], pd.Series[Any] | None]"


@dataclass(frozen=True)
class StoredBoundaries:
    """Boundaries of one kind: what they are, the census that defined them, how many areas.

    `problem` says why they cannot be read; the other attributes are empty then.
    """

    kind: str
    census: str = ""
    areas: int = 0
    problem: str = ""


@dataclass(frozen=True)
class StoredTable:
    """A stored spatial table; `problem` says why it cannot be read."""

    name: str
    table: SpatialTable | None = None
    problem: str = ""


@dataclass(frozen=True)
class StoredContext:
    """A stored local context; `problem` says why it cannot be read."""

    name: str
    context: LocalContext | None = None
    problem: str = ""


@dataclass(frozen=True)
class Finding:
    """What is wrong between places and surveys.

    Attributes
    ----------
    severity
        ``"error"`` where something is refused, ``"warning"`` where areas go without.
    sentence
        What a person reads.
    """

    severity: Literal["error", "warning"]
    sentence: str


def stored_boundaries(workspace: Workspace) -> list[StoredBoundaries]:
    """List the boundaries of a workspace."""
    found = []
    for path in sorted(workspace.geography_folder.glob("*.parquet")):
        try:
            areas = len(read_areas(workspace, path.stem))
            found.append(StoredBoundaries(path.stem, boundary_census(workspace, path.stem), areas))
        except HarmonyError as error:
            found.append(StoredBoundaries(path.stem, problem=error.message))
    return found


def stored_tables(workspace: Workspace) -> list[StoredTable]:
    """List the spatial tables of a workspace."""
    found = []
    for name in spatial_names(workspace):
        try:
            found.append(StoredTable(name, read_spatial_table(workspace, name)))
        except HarmonyError as error:
            found.append(StoredTable(name, problem=error.message))
    return found


def stored_contexts(workspace: Workspace) -> list[StoredContext]:
    """List the local contexts of a workspace."""
    found = []
    for name in context_names(workspace):
        try:
            found.append(StoredContext(name, read_context(workspace, name)))
        except HarmonyError as error:
            found.append(StoredContext(name, problem=error.message))
    return found


def check_places(workspace: Workspace) -> list[Finding]:
    """Compare boundaries, spatial tables and local contexts with the surveys, errors first."""
    findings = []
    homes: Homes = cache(lambda survey, kind: survey_homes(workspace, survey, kind))
    findings += _of_boundaries(workspace, homes)
    findings += _of_tables(workspace, homes)
    findings += _of_contexts(workspace, homes)
    if surveys_with_pumas(workspace) and not has_areas(workspace):
        findings.append(
            Finding("warning", "No PUMA boundaries are stored: estimates cannot be mapped.")
        )
    return sorted(findings, key=lambda item: item.severity != "error")


def _of_boundaries(workspace: Workspace, homes: Homes) -> list[Finding]:
    findings: list[Finding] = []
    for boundaries in stored_boundaries(workspace):
        if boundaries.problem:
            findings.append(Finding("error", boundaries.problem))
            continue
        for survey in workspace.survey_ids():
            description = workspace.describe(survey)
            if boundaries.kind in description.geography:
                findings += _boundary_findings(workspace, description, boundaries.kind, homes)
    return findings


def _of_tables(workspace: Workspace, homes: Homes) -> list[Finding]:
    findings: list[Finding] = []
    # Damaged boundaries are a finding of their own, and say nothing of tables.
    drawn = next((item.census for item in stored_boundaries(workspace) if item.kind == PUMA), "")
    for stored in stored_tables(workspace):
        if stored.table is None:
            findings.append(Finding("error", stored.problem))
            continue
        if drawn and stored.table.census and stored.table.census != drawn:
            sentence = (
                f"Spatial table '{stored.name}' holds PUMAs of the {stored.table.census} census and the "
                f"boundaries are those of {drawn}: it is not drawn."
            )
            findings.append(Finding("warning", sentence))
        for survey in surveys_with_pumas(workspace):
            findings += _table_findings(workspace, survey, stored.table, homes)
    return findings


def _of_contexts(workspace: Workspace, homes: Homes) -> list[Finding]:
    findings: list[Finding] = []
    for found in stored_contexts(workspace):
        if found.context is None:
            findings.append(Finding("error", found.problem))
            continue
        findings += _donor_findings(workspace, found.context)
        for survey in surveys_with_pumas(workspace):
            findings += _context_findings(workspace, survey, found.context, homes)
    return findings


def _boundary_findings(
    workspace: Workspace, description: SurveyDescription, kind: str, homes_of: Homes
) -> list[Finding]:
    try:
        unknown = check_definitions(workspace, description, kind)
    except HarmonyError as error:
        return [Finding("error", error.message)]
    findings = [Finding("warning", unknown)] if unknown else []
    homes = homes_of(description.id, kind)
    if homes is None:
        return findings
    areas = read_areas(workspace, kind)
    lacking = without_boundaries(homes.index, areas, kind)
    if lacking:
        drawn = match_areas(homes.index, areas)
        share = 1 - homes[homes.index.isin(list(drawn))].sum() / homes.sum()
        findings.append(
            Finding("warning", f"{description.id.title}: {lacking} {_households(float(share))}")
        )
    empty = len(areas) - len(set(match_areas(homes.index, areas).values()))
    if empty:
        findings.append(
            Finding(
                "warning",
                f"{empty:,} of {len(areas):,} areas ({kind}) on the map hold no household of "
                f"{description.id.title}.",
            )
        )
    return findings


def _table_findings(
    workspace: Workspace, survey: SurveyId, table: SpatialTable, homes_of: Homes
) -> list[Finding]:
    description = workspace.describe(survey)
    try:
        check_table_definition(table.census, description, table=table.name)
    except HarmonyError as error:
        return [Finding("error", error.message)]
    homes = homes_of(survey, PUMA)
    if homes is None:
        return []
    rows = table.data.set_index(PUMA)
    absent = sorted(set(homes.index) - set(rows.index))
    if absent:
        shown = ", ".join(absent[:_SHOWN]) + (", …" if len(absent) > _SHOWN else "")
        return [
            Finding(
                "error",
                f"Spatial table '{table.name}' has no row for {len(absent):,} of {len(homes):,} PUMAs "
                f"of {survey.title} and cannot be used with it: {shown}. "
                f"{_households(float(homes[absent].sum() / homes.sum()))}",
            )
        ]
    alike: dict[tuple[int, float], list[str]] = {}
    for name in table.predictors:
        empty = rows[name].isna().reindex(homes.index).to_numpy()
        if empty.any():
            share = float(homes.to_numpy()[empty].sum() / homes.sum())
            alike.setdefault((int(empty.sum()), share), []).append(f"{table.name}.{name}")
    return [
        Finding(
            "warning",
            f"{_listed(names)} {'has' if len(names) == 1 else 'have'} no value for {count:,} of "
            f"{len(homes):,} PUMAs of {survey.title}. {_households(share)}",
        )
        for (count, share), names in alike.items()
    ]


def _donor_findings(workspace: Workspace, context: LocalContext) -> list[Finding]:
    """Say where the donor of a context is gone, or no longer has its column."""
    if context.donor not in workspace.survey_ids():
        problem = f"the workspace has no survey {context.donor.title}"
    elif context.variable not in workspace.stored_survey(context.donor).column_names("household"):
        problem = f"{context.donor.title} has no column '{context.variable}'"
    else:
        return []
    return [Finding("error", f"Local context '{context.name}' cannot be used: {problem}.")]


def _context_findings(
    workspace: Workspace, survey: SurveyId, context: LocalContext, homes_of: Homes
) -> list[Finding]:
    try:
        check_table_definition(context.census, workspace.describe(survey), table=context.name)
    except HarmonyError as error:
        return [Finding("error", error.message)]
    homes = homes_of(survey, PUMA)
    absent = [] if homes is None else sorted(set(homes.index) - set(context.mix[PUMA]))
    if homes is None or not absent:
        return []
    return [
        Finding(
            "error",
            f"Local context '{context.name}' has no {context.areas} of {len(absent):,} of "
            f"{len(homes):,} PUMAs of {survey.title} and cannot be used with it: {_listed(absent)}.",
        )
    ]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def survey_homes(workspace: Workspace, survey: SurveyId, kind: str) -> pd.Series[Any] | None:
    """Return the weighted households of a survey per area; ``None`` without microdata."""
    read = workspace.survey(survey, household_columns=[kind, WEIGHT], person_columns=[])
    if not read.has("household"):
        return None
    table = read.table("household")
    weight = table[WEIGHT] if WEIGHT in table else pd.Series(np.ones(len(table)), table.index)
    codes = table[kind].astype(object)
    known = codes.notna()
    return weight[known].groupby(codes[known].astype(str)).sum()


def _households(share: float) -> str:
    return f"{100 * share:.1f} % of the households live there."


__all__ = [
    "Finding",
    "StoredBoundaries",
    "StoredContext",
    "StoredTable",
    "check_places",
    "stored_boundaries",
    "stored_contexts",
    "stored_tables",
    "survey_homes",
]
