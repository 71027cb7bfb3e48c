"""Independent tables that stay in a workspace, so that a map shows them as a layer.

A table is stored with one column of values, as text, under ``independent/<name>.parquet``; what it is
stands beside it in ``<name>.json``.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from fusion_core.errors import ConflictError, CorruptFileError, HarmonyError, InputError
from fusion_core.records import Checked
from fusion_core.workspace.files import LONGEST_NAME, make_folder, read_json, shown_name, write_json
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from fusion_core.workspace.layout import Workspace

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_OTHERS: Final = re.compile(r"[^a-z0-9]+")
AREA, VALUE, MOE = "area", "value", "moe"
COLUMNS: Final = (AREA, VALUE, MOE)
"""Columns of a stored table."""


@dataclass(frozen=True)
class StoredTable(Checked):
    """An independent table of the workspace.

    Attributes
    ----------
    name
        What people and addresses call it: letters, digits, hyphens and underscores.
    by
        Kind of its areas.
    file, column
        Where its values are from.
    statistic
        What it holds, in short form such as ``count:insecure=Yes``.
    same
        Whether it holds the quantity that is estimated, or a related one, such as calls to a hotline.
    """

    name: str
    by: str
    file: str
    column: str
    statistic: str = ""
    same: bool = True

    @property
    def title(self) -> str:
        """What it is, for a list."""
        return f"{self.column} ({self.file})"


def table_name(file: str, column: str) -> str:
    """Return a name for a table made of its file's and its column's."""
    stem = file.rsplit(".", 1)[0] if "." in file else file
    name = _OTHERS.sub("-", f"{stem} {column}".lower()).strip("-")
    return name[:LONGEST_NAME].rstrip("-") or "table"


def keep_table(
    workspace: Workspace,
    table: StoredTable,
    rows: pd.DataFrame,
    columns: tuple[str, str, str],
    *,
    may_replace: bool = False,
) -> None:
    """Store an independent table.

    Parameters
    ----------
    workspace
        Where to.
    table
        What it is.
    rows
        The table, every cell as text.
    columns
        Which of its columns hold areas, values and their margins of error; the last is empty for none.
    may_replace
        Whether one of the same name is replaced.

    Raises
    ------
    InputError
        If the name cannot be one, or a column does not exist.
    ConflictError
        If there is one of this name that may not be replaced.
    """
    if len(table.name) > LONGEST_NAME or not _NAME.fullmatch(table.name):
        raise InputError(
            f"'{shown_name(table.name)}' is not a name for a table",
            fix="Use letters, digits, hyphens and underscores, starting with a letter or digit",
        )
    area, value, moe = columns
    for name in filter(None, columns):
        if name not in rows:
            raise InputError.unknown("column", name, map(str, rows.columns), where=table.file)
    path = _folder(workspace) / f"{table.name}.parquet"
    if path.exists() and not may_replace:
        raise ConflictError.taken("independent table", table.name, where=str(path))
    kept = rows[[area, value]].astype(str)
    kept.columns = [AREA, VALUE]
    kept[MOE] = rows[moe].astype(str) if moe else ""
    make_folder(path.parent)
    write_table(kept.reset_index(drop=True), path)
    write_json(asdict(table), path.with_suffix(".json"))


def stored_tables(workspace: Workspace) -> tuple[tuple[StoredTable, ...], tuple[str, ...]]:
    """Return the independent tables of a workspace, by name, and what is wrong with others."""
    found, problems = [], []
    for path in sorted(_folder(workspace).glob("*.json")):
        try:
            found.append(_described(path))
        except HarmonyError as error:
            problems.append(error.message)
    return tuple(found), tuple(problems)


def open_table(workspace: Workspace, name: str) -> tuple[StoredTable, pd.DataFrame]:
    """Return an independent table and its rows, in the columns `COLUMNS`.

    Raises
    ------
    InputError
        If there is none of this name.
    CorruptFileError
        If it is damaged.
    """
    path = _folder(workspace) / f"{name}.json"
    if not _NAME.fullmatch(name) or not path.exists():
        known, _ = stored_tables(workspace)
        raise InputError.unknown("independent table", name, [item.name for item in known])
    rows = read_table(path.with_suffix(".parquet"), what="The table", fix="Store it again")
    return _described(path), rows


def _described(path: Path) -> StoredTable:
    try:
        return StoredTable(**read_json(path))
    except TypeError as error:
        raise CorruptFileError(
            "The independent table is damaged", where=str(path), fix="Store it again"
        ) from error


def _folder(workspace: Workspace) -> Path:
    return workspace.path / "independent"


__all__ = [
    "AREA",
    "COLUMNS",
    "MOE",
    "VALUE",
    "StoredTable",
    "keep_table",
    "open_table",
    "stored_tables",
    "table_name",
]
