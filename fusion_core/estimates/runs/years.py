"""One statistic over the years of a recipient: its vintages, or what was fused onto each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from fusion_core.errors import HarmonyError, InputError
from fusion_core.estimates.api import adjusted_for_number
from fusion_core.estimates.runs.estimate_cache import EstimateCache, Source, recipient_of
from fusion_core.estimates.runs.estimate_run import area_estimates, survey_area_estimates
from fusion_core.estimates.runs.run_comparison import compare_sources
from fusion_core.geography.definitions import survey_censuses
from fusion_core.geography.spatial import PUMA
from fusion_core.records import Checked
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.runs import Run, list_runs

if TYPE_CHECKING:
    from fusion_core.estimates.statistics import Statistic
    from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class Series(Checked):
    """A statistic over years.

    Attributes
    ----------
    estimates
        One row per year and group: ``year``, the columns of `by`, and those of `area_estimates`.
    changes
        Every later year less the first, one row per year and group: ``year``, and the columns of
        `compare_sources`, p-values and ``differs`` adjusted for the number of comparisons (Holm 1979).
    """

    estimates: pd.DataFrame
    changes: pd.DataFrame


def years_of(workspace: Workspace, source: Run | SurveyId, statistic: Statistic) -> list[Source]:
    """Return what tells the same statistic of the years of a recipient, oldest first.

    Of a survey these are its vintages that asked the variables; of a run the newest finished run of the same
    donor survey onto each vintage of the same recipient, itself among them.

    Parameters
    ----------
    workspace
        The project.
    source
        A run or a survey.
    statistic
        What is asked.
    """
    asked = [name for name in (statistic.variable, statistic.denominator) if name]
    recipient = recipient_of(workspace, source)
    found: dict[str, Source] = {}
    if isinstance(source, SurveyId):
        for survey in workspace.survey_ids():
            if survey.name == recipient.name and all(
                name in workspace.dictionary(survey) for name in asked
            ):
                found[survey.vintage] = survey
    else:
        found[recipient.vintage] = source
        donor = source.spec().pair.donor.name
        for run in list_runs(workspace):  # newest first
            pair = run.spec().pair
            is_alike = pair.donor.name == donor and pair.recipient.name == recipient.name
            if is_alike and _tells(run, asked):
                found.setdefault(pair.recipient.vintage, run)
    return [found[vintage] for vintage in sorted(found)]


def area_series(
    workspace: Workspace,
    sources: Sequence[Source],
    statistic: Statistic,
    by: Sequence[str] = (),
    where: str = "",
    *,
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> Series:
    """Estimate a statistic in every year, and test what changed since the first.

    Years are independent samples of households. Where one donor was fused onto several of them, its error is
    common to all and cancels in part, so that tests of change are on the safe side.

    Parameters
    ----------
    workspace
        The project.
    sources
        Runs or surveys, one per year, as from `years_of`.
    statistic
        One statistic; a share or count must name its level.
    by, where, confidence, cache
        As in `fusion_core.estimates.runs.estimate_run.area_estimates`.

    Raises
    ------
    InputError
        If there are fewer than two years, two of the same, one lacks a variable, or PUMAs were drawn anew
        between them.
    """
    years = [recipient_of(workspace, source).vintage for source in sources]
    if len(years) < 2:  # noqa: PLR2004 - a series has two ends
        raise InputError(
            f"Only {years[0] if years else 'no year'} has this variable",
            fix="Fuse it onto another vintage of the recipient, with harmony apply, or name one",
        )
    if len(set(years)) < len(years):
        raise InputError("Two of them are of the same year", fix="Name one run for each year")
    if PUMA in by:
        _check_same_pumas(workspace, sources)
    store = EstimateCache() if cache is None else cache
    parts, changes = [], []
    for year, source in zip(years, sources, strict=True):
        options: dict[str, Any] = {"confidence": confidence, "cache": store}
        if isinstance(source, SurveyId):
            found = survey_area_estimates(workspace, source, statistic, by, where, **options)
        else:
            found = area_estimates(workspace, source, statistic, by, where, **options)
        parts.append(_of_year(year, found))
        if source is not sources[0]:
            change = compare_sources(
                workspace,
                source,
                sources[0],
                statistic,
                by,
                where=where,
                confidence=confidence,
                cache=store,
                common_numbers=True,
            )
            changes.append(_of_year(year, change))
    joined = adjusted_for_number(pd.concat(changes, ignore_index=True), confidence=confidence)
    return Series(pd.concat(parts, ignore_index=True), joined)


def _check_same_pumas(workspace: Workspace, sources: Sequence[Source]) -> None:
    """Refuse to follow PUMAs over years whose censuses drew them differently."""
    known = {}
    for source in sources:
        survey = recipient_of(workspace, source)
        censuses = survey_censuses(workspace.describe(survey))
        if censuses:
            known[survey.vintage] = " and ".join(censuses)
    if len(set(known.values())) > 1:
        told = ", ".join(f"{year}: {census} census" for year, census in known.items())
        raise InputError(
            f"PUMAs were drawn anew between these years ({told}), so equal codes are different areas",
            fix="Follow states, or all areas together",
        )


def _of_year(year: str, table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    table.insert(0, "year", year)
    return table


def _tells(run: Run, asked: Sequence[str]) -> bool:
    """Whether a run is finished and has all these variables among those it fused."""
    try:
        if run.state().status != "finished":
            return False
        spec = run.spec()
    except HarmonyError:  # a damaged run keeps nobody from the others
        return False
    fused = {
        name
        for item in spec.fusion_variables
        for name in ((item,) if isinstance(item, str) else item)
    }
    return fused >= set(asked)


__all__ = ["Series", "area_series", "years_of"]
