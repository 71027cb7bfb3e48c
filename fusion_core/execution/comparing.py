"""Compare estimates with an independent table: the reading around `compare_external`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.places import SUMS, area_shares, estimates_by_shares, kinds_by_shares
from fusion_core.estimates.runs import area_estimates, recipient_of, survey_area_estimates
from fusion_core.geography.codes import match_areas
from fusion_core.geography.definitions import check_definitions
from fusion_core.geography.drawn import can_be_drawn, drawn_areas
from fusion_core.summaries import counted
from fusion_core.surveys.model import SurveyId
from fusion_core.validation.external import (
    ColumnGuess,
    ExternalComparison,
    compare_external,
    external_findings,
    guess_columns,
    read_external,
    tidy_external,
)
from fusion_core.workspace.independent_tables import AREA, MOE, VALUE, open_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fusion_core.estimates import EstimateCache, Statistic
    from fusion_core.estimates.runs import Source
    from fusion_core.validation.report import Finding
    from fusion_core.workspace.independent_tables import StoredTable
    from fusion_core.workspace.layout import Workspace

PUMA: Final = "puma"


@dataclass(frozen=True)
class TableComparison:
    """A comparison with its story.

    Attributes
    ----------
    comparison
        Numbers; its points have the ``name`` of every area where boundaries are known.
    columns
        Columns of the table that were used.
    findings
        What the numbers say.
    notes
        What was mended or left out.
    same
        Whether the table holds the quantity that is estimated, or a related one.
    """

    comparison: ExternalComparison
    columns: ColumnGuess
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    same: bool = True


def area_codes(workspace: Workspace, source: Source, by: str) -> list[str]:
    """Return the codes of the areas that a run, a combination or a survey has estimates of.

    Raises
    ------
    InputError
        If the recipient has no such column and no table says how such areas cut through PUMAs.
    """
    survey = workspace.stored_survey(recipient_of(workspace, source))
    if by in survey.column_names("household"):
        column = survey.columns("household", [by])[by]
    else:
        shares = area_shares(workspace, by)
        if shares is None:
            known = comparable_areas(workspace, recipient_of(workspace, source))
            raise InputError.unknown("kind of area", by, known)
        column = shares[by]
    return sorted(column.dropna().astype(str).unique())


def compare_with_table(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    table: pd.DataFrame,
    *,
    by: str = PUMA,
    columns: ColumnGuess | None = None,
    where: str = "",
    same: bool = True,
    cache: EstimateCache | None = None,
) -> TableComparison:
    """Compare one statistic by area with an independent table.

    Parameters
    ----------
    workspace, source
        A finished run, several together, or a survey alone.
    statistic
        What to estimate; a share or count of a category must name its level.
    table
        As `fusion_core.validation.external.tables.read_external` returns it.
    by
        A column of the recipient that names areas; or areas that cut through PUMAs and whose shares
        are in the workspace's geography (`fusion_core.estimates.places.estimates_by_shares`).
    columns
        Columns of the table; guessed where left out.
    where, cache
        As in `fusion_core.estimates.runs.estimate_run.area_estimates`.
    same
        Whether the table holds the same quantity, or a related one, such as calls to a hotline, of
        which only the order of areas can be compared.

    Raises
    ------
    InputError
        If the table or the statistic does not fit; the sentence says where and what to do.
    """
    known = area_codes(workspace, source, by)
    chosen = columns or guess_columns(table, known)
    if not chosen.area or not chosen.value:
        missing = "area codes" if not chosen.area else "values"
        raise InputError(
            f"No column of the table looks like {missing}",
            fix=f"Name the columns; codes are written like {known[0] if known else '0100100'}",
        )
    totals = statistic.kind in SUMS
    tidy = tidy_external(table, chosen, known, counts=statistic.kind in {*SUMS, "share"})
    estimates = _estimates(workspace, source, statistic, by, where=where, cache=cache)
    if estimates[by].duplicated().any():
        raise InputError(
            f"'{statistic.variable}' has several levels to compare",
            fix="Name the one the table counts",
        )
    found = compare_external(
        estimates,
        tidy.table,
        area=by,
        table_area="area",
        moe="moe" if tidy.table["moe"].notna().any() else None,
    )
    if by == PUMA or can_be_drawn(workspace, by):
        found.points.insert(1, "name", _names(workspace, source, by, found.points["area"]))
    findings: Sequence[Finding] = external_findings(found, totals=totals, same=same)
    notes = (*tidy.notes, *_incomplete(estimates))
    return TableComparison(found, chosen, tuple(findings), notes, same)


def compare_with_file(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    file: Path,
    *,
    by: str = PUMA,
    columns: ColumnGuess | None = None,
    where: str = "",
    same: bool = True,
    cache: EstimateCache | None = None,
) -> tuple[pd.DataFrame, TableComparison]:
    """Compare one statistic by area with a table in a file; see `compare_with_table`.

    Parameters
    ----------
    workspace, source, statistic, by, where, same, cache
        As in `compare_with_table`.
    file
        CSV, Excel or Parquet, one row per area.
    columns
        Columns of the table; each that is empty is guessed.

    Returns
    -------
    tuple
        The rows of the file, and the comparison.

    Raises
    ------
    InputError
        As `compare_with_table`, and if the file cannot be read.
    """
    rows = read_external(file)
    guess = guess_columns(rows, area_codes(workspace, source, by))
    named = columns or ColumnGuess("", "", "")
    chosen = ColumnGuess(
        named.area or guess.area, named.value or guess.value, named.moe or guess.moe
    )
    found = compare_with_table(
        workspace,
        source,
        statistic,
        rows,
        by=by,
        columns=chosen,
        where=where,
        same=same,
        cache=cache,
    )
    return rows, found


def compare_with_stored(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    name: str,
    *,
    where: str = "",
    cache: EstimateCache | None = None,
) -> tuple[StoredTable, TableComparison]:
    """Compare one statistic with an independent table of the workspace; see `compare_with_table`.

    Parameters
    ----------
    workspace, source, statistic, where, cache
        As in `compare_with_table`.
    name
        Name of the table (`fusion_core.workspace.independent_tables.StoredTable`). Asked of another statistic
        than it holds, it is something related.

    Returns
    -------
    tuple
        The table, and the comparison.

    Raises
    ------
    InputError
        As `compare_with_table`, and if there is no such table.
    """
    stored, rows = open_table(workspace, name)
    has_margins = bool((rows[MOE] != "").any())
    found = compare_with_table(
        workspace,
        source,
        statistic,
        rows,
        by=stored.by,
        columns=ColumnGuess(AREA, VALUE, MOE if has_margins else ""),
        where=where,
        same=stored.same and stored.statistic in {"", statistic.short},
        cache=cache,
    )
    return stored, found


def _incomplete(estimates: pd.DataFrame) -> tuple[str, ...]:
    """Say how many margins are too small to compare a table with."""
    if "reliability" not in estimates:
        return ()
    count = int((estimates["reliability"] == "incomplete").sum())
    if not count:
        return ()
    areas = counted(count, "area lacks", "areas lack")
    return (f"The margins of {areas} the donor's part, so fewer values than should lie within.",)


def _estimates(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    by: str,
    *,
    where: str,
    cache: EstimateCache | None,
) -> pd.DataFrame:
    survey = recipient_of(workspace, source)
    if by not in workspace.stored_survey(survey).column_names("household"):
        return estimates_by_shares(workspace, source, statistic, by, where, cache=cache)
    if isinstance(source, SurveyId):
        return survey_area_estimates(workspace, source, statistic, (by,), where, cache=cache)
    return area_estimates(workspace, source, statistic, (by,), where, cache=cache)


def comparable_areas(workspace: Workspace, recipient: SurveyId) -> tuple[str, ...]:
    """Return the kinds of areas tables can be compared by: the recipient's, then those by shares.

    Parameters
    ----------
    workspace, recipient
        Where the areas are.
    """
    own = reversed(workspace.describe(recipient).geography)
    return tuple(dict.fromkeys([*own, *kinds_by_shares(workspace)]))


def _names(workspace: Workspace, source: Source, by: str, stored: pd.Series[str]) -> pd.Series[str]:
    """Return the names of areas as a survey writes them; empty where they are not known."""
    nothing: pd.Series[str] = pd.Series("", index=stored.index)
    if not can_be_drawn(workspace, by):
        return nothing
    try:
        check_definitions(workspace, workspace.describe(recipient_of(workspace, source)), by)
    except InputError:
        return nothing  # names of other areas with these codes would mislead
    areas = drawn_areas(workspace, by)
    codes = stored.map(match_areas(stored, areas))
    names: pd.Series[str] = codes.map(areas.set_index("area_id")["name"]).astype(object).fillna("")
    return names
