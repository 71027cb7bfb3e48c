"""Independent tables that stay in a workspace, so that a map shows them as a layer.

A table is stored with one column of values, as text, under ``independent/<name>.parquet``; what it is
stands beside it in ``<name>.json``.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from fusion_core.errors import ConflictError, CorruptFileError, HarmonyError, InputError
from fusion_core.records import Checked
from fusion_core.workspace.files import LONGEST_NAME, make_folder, read_json, write_json
from fusion_core.workspace.named_files import NamedFiles, require_name
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from fusion_core.workspace.layout import Workspace

LONGEST_TITLE: Final = 120
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
    label
        What it is called in lists; empty for its column and file.
    """

    name: str
    by: str
    file: str
    column: str
    statistic: str = ""
    same: bool = True
    label: str = ""

    @property
    def title(self) -> str:
        """What it is, for a list."""
        return self.label or f"{self.column} ({self.file})"


@dataclass(frozen=True)
class RemovedTable:
    """An independent table that was taken out of a workspace, whole, so that it can be put back.

    Attributes
    ----------
    table
        What it is.
    rows
        Its rows, in the columns `COLUMNS`.
    """

    table: StoredTable
    rows: pd.DataFrame


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
    require_name(table.name, "a table")
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
    return _files(workspace).read_all(_described)


def open_table(workspace: Workspace, name: str) -> tuple[StoredTable, pd.DataFrame]:
    """Return an independent table and its rows, in the columns `COLUMNS`.

    Raises
    ------
    InputError
        If there is none of this name.
    CorruptFileError
        If it is damaged.
    """
    path = _existing(workspace, name)
    rows = read_table(path.with_suffix(".parquet"), what="The table", fix="Store it again")
    return _described(path), rows


def rename_table(workspace: Workspace, name: str, label: str) -> StoredTable:
    """Call an independent table something else; the name that addresses and commands use stays.

    Parameters
    ----------
    workspace, name
        Where it is.
    label
        What it is called from now on; empty for its column and file.

    Raises
    ------
    InputError
        If there is none of this name, or the text is too long to be shown in a list.
    CorruptFileError
        If it is damaged.
    """
    path = _existing(workspace, name)
    text = " ".join(label.split())
    if len(text) > LONGEST_TITLE:
        raise InputError(
            f"The title has {len(text)} characters", fix=f"Use at most {LONGEST_TITLE}"
        )
    renamed = replace(_described(path), label=text)
    write_json(asdict(renamed), path)
    return renamed


def remove_table(workspace: Workspace, name: str) -> RemovedTable | None:
    """Take an independent table out of a workspace.

    Returns
    -------
    RemovedTable or None
        What `put_back` stores again; ``None`` where the table was damaged.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    path = _existing(workspace, name)
    try:
        removed = RemovedTable(*open_table(workspace, name))
    except HarmonyError:
        removed = None
    path.unlink(missing_ok=True)
    path.with_suffix(".parquet").unlink(missing_ok=True)
    return removed


def put_back(workspace: Workspace, removed: RemovedTable) -> None:
    """Store a table again that was taken out.

    Raises
    ------
    ConflictError
        If there is another of its name by now.
    """
    keep_table(workspace, removed.table, removed.rows, COLUMNS)


def _existing(workspace: Workspace, name: str) -> Path:
    """Return where a table is described."""
    return _files(workspace).existing(
        name, lambda: [item.name for item in stored_tables(workspace)[0]]
    )


def _described(path: Path) -> StoredTable:
    try:
        return StoredTable(**read_json(path))
    except TypeError as error:
        raise CorruptFileError(
            "The independent table is damaged", where=str(path), fix="Store it again"
        ) from error


def _files(workspace: Workspace) -> NamedFiles:
    return NamedFiles(_folder(workspace), "independent table")


def _folder(workspace: Workspace) -> Path:
    return workspace.path / "independent"


__all__ = [
    "AREA",
    "COLUMNS",
    "MOE",
    "VALUE",
    "RemovedTable",
    "StoredTable",
    "keep_table",
    "open_table",
    "put_back",
    "remove_table",
    "rename_table",
    "stored_tables",
    "table_name",
]
