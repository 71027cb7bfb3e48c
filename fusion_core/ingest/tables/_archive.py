"""ZIP archives whose members are the parts of one table."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from fusion_core.ingest.tables.problems import problem
from fusion_core.ingest.tables.raw_table import RawTable, text_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fusion_core.ingest.tables.layout import Layout

_TABLES: Final = (".csv", ".tsv", ".tab")
_PERHAPS: Final = (".txt",)  # a table where there is none of the others, else a remark


def read_archive(
    path: Path,
    keep: Callable[[str], bool] | None,
    member: Callable[[str], bool] | None,
    layout: Layout,
) -> RawTable:
    """Read the wanted members and stack them in alphabetical order."""
    try:
        with zipfile.ZipFile(path) as archive:
            wanted = _wanted(path, archive.namelist(), member, layout.sheet)
            parts = [
                text_table(path, f"{path.name}/{Path(name).name}", archive.read(name), keep, layout)
                for name in wanted
            ]
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise problem(
            "The file is no ZIP archive, or it is cut off", path.name, "Download it again"
        ) from error
    except (RuntimeError, NotImplementedError) as error:
        raise problem(
            f"The ZIP cannot be unpacked: {error}", path.name, "Unpack it and choose the table"
        ) from error
    return _stacked(parts)


def _wanted(
    path: Path, names: Sequence[str], member: Callable[[str], bool] | None, sheet: str
) -> list[str]:
    """Return the members to read; what the Mac adds to its archives is no data."""
    files = [name for name in names if not _is_extra(name)]
    if sheet:
        found = [name for name in files if sheet in {name, Path(name).name}]
    else:
        tables = [name for name in files if name.lower().endswith(_TABLES)]
        tables = tables or [name for name in files if name.lower().endswith(_PERHAPS)]
        found = [name for name in tables if member is None or member(Path(name).name)]
    if not found:
        inside = ", ".join(files[:5]) or "nothing"
        raise problem(
            f"The ZIP holds no matching CSV file but {inside}",
            path.name,
            "Choose the ZIP as the statistical office publishes it",
        )
    return sorted(found)


def _is_extra(name: str) -> bool:
    place = Path(name)
    return name.endswith("/") or place.name.startswith(".") or "__MACOSX" in place.parts


def _stacked(tables: Sequence[RawTable]) -> RawTable:
    first = tables[0]
    for table in tables[1:]:
        different = sorted(set(first.frame.columns) ^ set(table.frame.columns))
        if different:
            raise problem(
                f"The part has other columns than {first.parts[0].name}: "
                + ", ".join(different[:5]),
                table.parts[0].name,
                "Use parts of the same release, or choose one file of the ZIP (--sheet)",
            )
    if len(tables) == 1:
        return first
    frame = pd.DataFrame(
        {
            column: pd.api.types.union_categoricals([table.frame[column] for table in tables])
            for column in first.frame.columns
        }
    )
    return replace(first, frame=frame, parts=tuple(part for item in tables for part in item.parts))
