"""Find the tables of a release: in the office's ZIP, in a folder of its files, or named one by one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from fusion_core.ingest.tables import Layout, RawTable, problem, read_raw_table, require_content

Member = tuple[Path, str]
"""A file and, in an archive, the name of its member; empty for a file that is a table itself."""


def tables_in(
    path: Path, pattern: str, *, keep: Callable[[str], bool] | None = None
) -> list[RawTable]:
    """Read every table of a ZIP or folder whose name matches; a file alone is taken as it is.

    Parameters
    ----------
    path
        A table, a ZIP, or a folder of tables and ZIPs.
    pattern
        Regular expression for the whole name of a table, lower case.
    keep
        Which columns to read, by name; all if ``None``.

    Returns
    -------
    list of RawTable
        In alphabetical order of their names; empty if none matches.
    """
    found = [
        (file, member, keep)
        for file, member in _members(path)
        if re.fullmatch(pattern, Path(member or file.name).name.lower())
    ]
    if not found and path.is_file() and _members(path) == [(path, "")]:
        return [read_raw_table(path, keep=keep)]
    found.sort(key=lambda item: Path(item[1] or item[0].name).name.lower())
    return [
        read_raw_table(file, keep=keep, layout=Layout(sheet=member) if member else None)
        for file, member, keep in found
    ]


def table_in(
    path: Path, pattern: str, what: str, *, keep: Callable[[str], bool] | None = None
) -> RawTable:
    """Read the one table of a ZIP or folder whose name matches.

    Parameters
    ----------
    path, pattern, keep
        As in `tables_in`.
    what
        What the table is, for the sentence that it is not there: "household file".

    Raises
    ------
    FileProblemsError
        If none matches, or several do.
    """
    found = tables_in(path, pattern, keep=keep)
    if not found:
        raise problem(
            f"It holds no {what}", path.name, "Choose the release as it is published, or the file"
        )
    if len(found) > 1:
        names = " and ".join(table.parts[0].name for table in found[:2])
        raise problem(
            f"It holds {len(found)} {what}s: {names}",
            path.name,
            "Choose one of them by its own name",
        )
    return found[0]


def has_table(path: Path, pattern: str) -> bool:
    """Whether a ZIP or folder holds a table whose name matches."""
    return any(
        re.fullmatch(pattern, Path(member or file.name).name.lower())
        for file, member in _members(path)
        if member or path.is_dir()
    )


def _members(path: Path) -> list[Member]:
    if path.is_dir():
        return [
            item for file in sorted(path.iterdir()) if file.is_file() for item in _members(file)
        ]
    if path.suffix.lower() in {".xlsx", ".xlsm"} or not zipfile.is_zipfile(require_content(path)):
        return [(path, "")]
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
    except (zipfile.BadZipFile, EOFError, ValueError):
        return [(path, "")]  # who reads it as a table says what is wrong with it
    return [
        (path, name)
        for name in names
        if "__MACOSX" not in name and not Path(name).name.startswith(".")
    ]
