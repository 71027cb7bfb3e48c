"""Spatial predictors: what is known of the place a household lives in, joined by its PUMA.

A spatial table is one Parquet file, ``geography/predictors/<name>.parquet``, with a column `puma`
(seven digits: state and PUMA) and one column per predictor, and beside it ``<name>.json`` that says
what the columns mean and which census's PUMAs they are. The same table is joined to the donor (by the imputed PUMA) and to the
recipient, so the predictor means the same on both sides by construction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import pandas as pd

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.geography.aggregation import Coverage
from fusion_core.workspace.files import LONGEST_NAME, read_json, shown_name, write_json
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.workspace.layout import Workspace

FORMAT_VERSION: Final = 1
PUMA: Final = "puma"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_PUMA_CODE = r"\d{7}"


@dataclass(frozen=True)
class SpatialTable:
    """Predictors of places.

    Attributes
    ----------
    name
        File name without ending.
    title
        Name for people.
    data
        One row per PUMA: `puma` and one numeric or categorical column per predictor.
    columns
        What each predictor measures, in words, by column name.
    units
        Unit of a predictor, by column name, where it has one.
    source
        Source of the numbers.
    vintage
        Year or years they describe; ``"always"`` for what does not change.
    census
        Census that defined the PUMAs, such as ``"2010"``; empty where unknown.
    made
        How a predictor was made of its source, in words, by column name.
    coverage
        How much of the country has a value, by column name, where that was found out.
    notes
        What a user should know, one sentence each.
    """

    name: str
    title: str
    data: pd.DataFrame
    columns: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    vintage: str = "always"
    census: str = ""
    made: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[str, Coverage] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def predictors(self) -> tuple[str, ...]:
        """Names of the predictor columns."""
        return tuple(str(name) for name in self.data.columns if name != PUMA)


def check_spatial_table(table: SpatialTable) -> None:
    """Refuse a table that could not be joined.

    Raises
    ------
    InputError
        If the name, the PUMA codes or a column is unusable; the message names the first bad one.
    """
    where = f"spatial table '{table.name}'"
    if len(table.name) > LONGEST_NAME or not _NAME.fullmatch(table.name):
        raise InputError(
            f"'{shown_name(table.name)}' cannot name a table",
            fix=f"Use up to {LONGEST_NAME} letters, digits, hyphens and underscores",
        )
    if PUMA not in table.data.columns:
        raise InputError.unknown("column", PUMA, map(str, table.data.columns), where=where)
    codes = table.data[PUMA].astype(str)
    wrong = codes[~codes.str.fullmatch(_PUMA_CODE)]
    if len(wrong):
        raise InputError(
            f"'{wrong.iloc[0]}' is not a PUMA of seven digits (two of the state, five of the area)",
            where=where,
            fix="Write PUMAs as text with leading zeros, such as 0100100",
        )
    twice = codes[codes.duplicated()]
    if len(twice):
        raise InputError(
            f"PUMA {twice.iloc[0]} has more than one row",
            where=where,
            fix="Aggregate the table to one row per PUMA",
        )
    if not table.predictors:
        raise InputError("The table has no predictor column", where=where)
    for name in table.predictors:
        column = table.data[name]
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        if not categorical and not pd.api.types.is_numeric_dtype(column):
            raise InputError(
                f"Column '{name}' is neither a number nor a category",
                where=where,
                fix="Convert it or leave it out",
            )


def write_spatial_table(workspace: Workspace, table: SpatialTable) -> None:
    """Store a spatial table, replacing one of the same name.

    Raises
    ------
    InputError
        As `check_spatial_table`.
    """
    check_spatial_table(table)
    path = spatial_path(workspace, table.name)
    data = table.data.assign(puma=table.data[PUMA].astype(str)).sort_values(PUMA)
    record = {
        "format": FORMAT_VERSION,
        "title": table.title,
        "source": table.source,
        "vintage": table.vintage,
        "census": table.census,
        "key": PUMA,
        "notes": list(table.notes),
        "variables": {name: _variable_record(table, name) for name in table.predictors},
    }
    # The description first: without data it is seen by nobody.
    write_json(record, path.with_suffix(".json"))
    write_table(data, path)


def _variable_record(table: SpatialTable, name: str) -> dict[str, object]:
    record: dict[str, object] = {
        "description": table.columns.get(name, ""),
        "unit": table.units.get(name, ""),
    }
    if name in table.made:
        record["made"] = table.made[name]
    if name in table.coverage:
        record["coverage"] = asdict(table.coverage[name])
    return record


def spatial_path(workspace: Workspace, name: str) -> Path:
    """Return where a spatial table is stored, existing or not."""
    return workspace.geography_folder / "predictors" / f"{name}.parquet"


def read_spatial_tables(workspace: Workspace) -> list[SpatialTable]:
    """Read every spatial table of the workspace, in the order of their names.

    Raises
    ------
    CorruptFileError
        If a file or its description is damaged.
    InputError
        If a table could not be joined.
    """
    return [read_spatial_table(workspace, name) for name in spatial_names(workspace)]


def spatial_names(workspace: Workspace) -> list[str]:
    """Return the names of the stored spatial tables, readable or not, in their order."""
    folder = workspace.geography_folder / "predictors"
    return [path.stem for path in sorted(folder.glob("*.parquet"))]


def join_predictors(
    households: pd.DataFrame, tables: Sequence[SpatialTable], *, where: str = "the households"
) -> pd.DataFrame:
    """Look up the spatial predictors of each household.

    Parameters
    ----------
    households
        Anything with a column `puma`; a household without a PUMA gets empty predictors.
    tables
        The tables to join.
    where
        Words for the households in an error message.

    Returns
    -------
    pandas.DataFrame
        One column per predictor, the index and row order of `households`.

    Raises
    ------
    InputError
        If a PUMA of the households is missing from a table, or two tables have a column in common.
    """
    if PUMA not in households.columns:
        raise InputError.unknown("column", PUMA, map(str, households.columns), where=where)
    codes = households[PUMA].astype("object")
    present = set(codes.dropna())
    joined: dict[str, pd.Series[str]] = {}
    for table in tables:
        data = table.data.set_index(PUMA)
        unmatched = sorted(present.difference(data.index))
        if unmatched:
            raise InputError(
                unmatched_sentence(table.name, unmatched, len(present)),
                where=where,
                fix="Add the missing PUMAs, or check that both use PUMAs of the same census",
            )
        positions = data.index.get_indexer(pd.Index(codes))
        for name in table.predictors:
            if name in joined:
                raise InputError(
                    f"Two spatial tables have a column '{name}'",
                    where=table.name,
                    fix="Rename one of them",
                )
            column = data[name].array.take(positions, allow_fill=True)
            joined[name] = pd.Series(column, index=households.index, name=name)
    return pd.DataFrame(joined, index=households.index)


def unmatched_sentence(table: str, unmatched: Sequence[str], total: int) -> str:
    """Say how many PUMAs a table lacks, naming the first few."""
    shown = ", ".join(unmatched[:3]) + (", …" if len(unmatched) > 3 else "")  # noqa: PLR2004 - a few
    return f"Spatial table '{table}' has no row for {len(unmatched)} of {total} PUMAs ({shown})"


def read_spatial_table(workspace: Workspace, name: str) -> SpatialTable:
    """Read one spatial table; errors as `read_spatial_tables`."""
    path = spatial_path(workspace, name)
    record = read_json(path.with_suffix(".json"))
    if record.get("format") != FORMAT_VERSION:
        raise CorruptFileError(
            f"The description has format {record.get('format')!r}, this version reads {FORMAT_VERSION}",
            where=str(path.with_suffix(".json")),
            fix="Store the table again",
        )
    data = read_table(path, what="The spatial table", fix="Store it again")
    variables = {str(name): dict(entry) for name, entry in record.get("variables", {}).items()}
    table = SpatialTable(
        name=path.stem,
        title=str(record.get("title", path.stem)),
        data=data,
        columns={name: str(entry.get("description", "")) for name, entry in variables.items()},
        units={name: str(entry.get("unit", "")) for name, entry in variables.items()},
        source=str(record.get("source", "")),
        vintage=str(record.get("vintage", "")),
        census=str(record.get("census", "")),
        made={name: str(entry["made"]) for name, entry in variables.items() if "made" in entry},
        coverage={
            name: Coverage(**entry["coverage"])
            for name, entry in variables.items()
            if "coverage" in entry
        },
        notes=tuple(str(note) for note in record.get("notes", ())),
    )
    check_spatial_table(table)
    return table
