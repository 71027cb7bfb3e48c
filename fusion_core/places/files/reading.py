"""Read a table of areas as its recipe says: one row per area, every fault with file, column, row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.geography.levels import LEVELS, Codes, LevelName, Unit, read_codes
from fusion_core.ingest.generic import load_table
from fusion_core.ingest.tables import Layout, ProblemLog
from fusion_core.places.files.county_names import COUNTY, with_county_codes
from fusion_core.places.files.naming import find_keys, find_unnamed_key, named_columns
from fusion_core.places.files.values import read_categories, read_numbers
from fusion_core.places.recipes import check_vintage
from fusion_core.records import Checked

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.ingest.tables import RawTable
    from fusion_core.places.recipes import Recipe

_AREA = "area"


@dataclass(frozen=True)
class AreaTable(Checked):
    """A table of areas.

    Attributes
    ----------
    unit
        What the areas are, and of which census.
    values
        One row per area, indexed by its code, in the order of the file.
    rows
        Row of the file each area was first found in.
    key
        Columns of the codes.
    where
        Name of the file.
    vintage
        The years the values describe: those asked for, or the latest of a file with several.
    notes
        What a user should know, one sentence each.
    """

    unit: Unit
    values: pd.DataFrame
    rows: NDArray[np.int64]
    key: tuple[str, ...]
    where: str
    vintage: str = ""
    notes: tuple[str, ...] = ()


def read_area_table(
    path: Path,
    recipe: Recipe,
    *,
    encoding: str = "utf-8",
    counties: pd.DataFrame | None = None,
) -> AreaTable:
    """Read a table of areas.

    Parameters
    ----------
    path
        The table.
    recipe
        What its columns are.
    encoding
        How its text is written.
    counties
        Counties with `area_id` and `name`, by which a table may name them.

    Raises
    ------
    InputError
        If a column is missing, a code or value is wrong, or an area is repeated.
    """
    raw = load_table(path, layout=Layout(encoding)).raw
    level: LevelName = recipe.level  # type: ignore[assignment]  # the recipient has no file
    notes: tuple[str, ...] = ()
    if level == COUNTY:
        known = pd.DataFrame({"area_id": [], "name": []}, dtype=str)
        raw, key, said = with_county_codes(raw, recipe.key, known if counties is None else counties)
        recipe, notes = replace(recipe, key=key), (said,) if said else ()
    key, census, codes = _key(raw, recipe, level)
    log = ProblemLog()
    used = ~codes.codes.isin(recipe.leave_out).to_numpy()
    texts = raw.frame[key[-1]].astype(object)
    used &= ~texts.astype(str).isin(recipe.leave_out).to_numpy()
    _report_codes(raw, key, codes, used, log)
    rows_of_vintage, vintage, told = _in_vintage(raw, recipe, log)
    used &= rows_of_vintage
    long = _values(raw, recipe, used, log)
    log.raise_errors()
    long.insert(0, _AREA, codes.codes.to_numpy()[used])
    long["row"] = np.flatnonzero(used)
    rows = long.groupby(_AREA, sort=False)["row"].min()
    values = _one_row_per_area(raw, long, recipe, key, LEVELS[level].words[0])
    values = values.reindex(rows.index)
    numbers = np.array([raw.place(int(row))[1] for row in rows], dtype=np.int64)
    unit = Unit(level, census if LEVELS[level].dated else "")
    return AreaTable(unit, values, numbers, key, path.name, vintage, (*notes, *told))


def _key(raw: RawTable, recipe: Recipe, level: LevelName) -> tuple[tuple[str, ...], str, Codes]:
    where = raw.path.name
    if recipe.key:
        names = {str(name).lower(): str(name) for name in raw.frame.columns}
        for name in recipe.key:
            if name.lower() not in names:
                raise InputError.unknown("column", name, names.values(), where=where)
        key = tuple(names[name.lower()] for name in recipe.key)
        found = {item.census for item in named_columns(key)} - {""}
        told = found.pop() if len(found) == 1 else ""
        codes = read_codes([raw.frame[name] for name in key], LEVELS[level])
    else:
        keys = find_keys(raw.frame, level)
        wanted = [item for item in keys if recipe.census in ("", item.census)] or keys
        if not wanted and (only := find_unnamed_key(raw.frame, level)) is not None:
            wanted = [only]
        if not wanted:
            raise InputError(
                f"No column looks like the code of a {LEVELS[level].words[0]}",
                where=where,
                fix=f"Name the column: {', '.join(map(str, raw.frame.columns[:12]))}",
            )
        key, told, codes = wanted[0].columns, wanted[0].census, wanted[0].codes
    if LEVELS[level].dated and recipe.census and told and recipe.census != told:
        raise InputError(
            f"The column '{key[-1]}' names areas of the {told} census, not of {recipe.census}",
            where=where,
            fix="Name another column, or leave the census out",
        )
    return key, told or recipe.census, codes


def _report_codes(
    raw: RawTable, key: tuple[str, ...], codes: Codes, used: NDArray[np.bool_], log: ProblemLog
) -> None:
    wrong = codes.wrong[used[codes.wrong]]
    if len(wrong):
        flaw = codes.flaw(wrong[0])
        fix = "Correct the code, or take the row out"
        if "lacks its state" in flaw:
            fix = "Name the column of the state too, or write the seven digits"
        elif codes.level.name == COUNTY and any(map(str.isalpha, str(codes.codes.iloc[wrong[0]]))):
            fix = (
                "Write it as in the county boundaries of the workspace, with its state, such as"
                " 'Cook County, Illinois'; add county boundaries first if there are none"
            )
        raw.report(log, codes.flaw(wrong[0]), column=key[-1], positions=wrong, fix=fix)


def _in_vintage(
    raw: RawTable, recipe: Recipe, log: ProblemLog
) -> tuple[NDArray[np.bool_], str, tuple[str, ...]]:
    """Return which rows describe the years asked for (or else the latest), and which years these are."""
    if not recipe.year:
        return np.ones(len(raw.frame), dtype=bool), recipe.vintage, ()
    where = raw.path.name
    column = _column(raw, recipe.year)
    years = read_numbers(raw, column, log)
    there = {int(year) for year in np.unique(years[np.isfinite(years)])}
    vintage = recipe.vintage or str(max(there, default=""))
    asked = check_vintage(vintage, where=f"{where}, column '{column}'")
    missing = [year for year in asked if year not in there]
    if missing:
        raise InputError(
            f"The file has no rows of {missing[0]}",
            where=f"{where}, column '{column}'",
            fix=f"It holds {min(there)} to {max(there)}" if there else "Check the column",
        )
    told = (
        f"Of the years {min(there)} to {max(there)} in column '{column}', {vintage} is used; give the "
        "vintage for others."
    )
    return np.isin(years, asked), vintage, () if recipe.vintage or len(there) == 1 else (told,)


def _values(
    raw: RawTable, recipe: Recipe, used: NDArray[np.bool_], log: ProblemLog
) -> pd.DataFrame:
    """Read the columns that rules use; of a long table, the names and values."""
    data: dict[str, Any] = {}
    if recipe.names:
        names = raw.frame[_column(raw, recipe.names)].astype(object).to_numpy()
        values = read_numbers(raw, _column(raw, recipe.values), log, missing=recipe.missing)
        wanted = {item.rule.source for item in recipe.columns}
        wanted |= {item.rule.per for item in recipe.columns} - {""}
        known = sorted(wanted.intersection(map(str, names[used])))
        if not known:
            raise InputError(
                f"None of the variables {', '.join(sorted(wanted))} is in the file",
                where=f"{raw.path.name}, column '{recipe.names}'",
                fix=f"It holds {', '.join(sorted(set(map(str, names)))[:12])}",
            )
        data = {name: np.where(names == name, values, np.nan)[used] for name in known}
        return pd.DataFrame(data)
    lower = {str(name).lower(): str(name) for name in raw.frame.columns}
    if recipe.name and not any(item.rule.source.lower() in lower for item in recipe.columns):
        raise InputError(
            f"None of the columns of the recipe {recipe.name} is in the file",
            where=raw.path.name,
            fix=f"It has {', '.join(map(str, raw.frame.columns[:12]))}",
        )
    for item in recipe.columns:
        rule = item.rule
        if recipe.name and rule.source.lower() not in lower:
            continue  # files of different years have different columns; the user is told
        for name in (rule.source, rule.per, rule.weight):
            if name in data or name in ("", "population", "housing"):
                continue
            column = _column(raw, name)
            if rule.statistic == "mode" and name == rule.source:
                data[name] = read_categories(raw, column).to_numpy()[used]
                continue
            numbers = read_numbers(raw, column, log, missing=recipe.missing)
            if name == rule.weight:
                _refuse_negative(raw, column, numbers, used, log)
            data[name] = numbers[used]
    return pd.DataFrame(data)


def _refuse_negative(
    raw: RawTable,
    column: str,
    numbers: NDArray[np.float64],
    used: NDArray[np.bool_],
    log: ProblemLog,
) -> None:
    positions = np.flatnonzero((numbers < 0) & used)
    if len(positions):
        raw.report(
            log,
            "The weight is negative",
            column=column,
            positions=positions,
            fix="Weights must be 0 or more",
        )


def _column(raw: RawTable, name: str) -> str:
    """Return a column by its name, whatever the case of its letters."""
    columns = [str(column) for column in raw.frame.columns]
    if name in columns:
        return name
    alike = [column for column in columns if column.lower() == name.lower()]
    if len(alike) != 1:
        raise InputError.unknown("column", name, columns, where=raw.path.name)
    return alike[0]


def _one_row_per_area(
    raw: RawTable, long: pd.DataFrame, recipe: Recipe, key: tuple[str, ...], words: str
) -> pd.DataFrame:
    groups = [long[_AREA]]
    if recipe.year:
        groups.append(raw.frame[_column(raw, recipe.year)].iloc[long["row"]].reset_index(drop=True))
    if recipe.names:
        groups.append(
            raw.frame[_column(raw, recipe.names)].iloc[long["row"]].reset_index(drop=True)
        )
    if recipe.repeated == "refuse":
        marks = pd.concat([group.astype(str) for group in groups], axis=1)
        twice = np.flatnonzero(marks.duplicated().to_numpy())
        if len(twice):
            log = ProblemLog()
            raw.report(
                log,
                f"The {words} '{long[_AREA].iloc[twice[0]]}' has more than one row",
                column=key[-1],
                positions=long["row"].to_numpy()[twice],
                fix="Keep one row, or say in a recipe what becomes of several",
            )
            log.raise_errors()
    columns = [name for name in long.columns if name not in (_AREA, "row")]
    texts = [name for name in columns if not pd.api.types.is_numeric_dtype(long[name])]
    by_year = groups[:2] if recipe.year else groups[:1]
    grouped = long[columns].groupby([group.astype(str).to_numpy() for group in by_year], sort=False)
    how = {"sum": "sum", "mean": "mean"}.get(recipe.repeated, "first")
    parts = {
        name: grouped[name].first()
        if name in texts
        else grouped[name].sum(min_count=1)
        if how == "sum"
        else getattr(grouped[name], how)()
        for name in columns
    }
    result = pd.DataFrame(parts)
    if recipe.year:  # several years of one area: their mean
        means = {
            name: result[name].groupby(level=0, sort=False).first()
            if name in texts
            else result[name].groupby(level=0, sort=False).mean()
            for name in columns
        }
        result = pd.DataFrame(means)
    return result


__all__ = ["AreaTable", "read_area_table"]
