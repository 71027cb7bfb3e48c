"""ZIP archives whose members are the parts of one table."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import psutil

from fusion_core.ingest.tables.problems import problem
from fusion_core.ingest.tables.raw_table import RawTable, text_table
from fusion_core.workspace.files import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fusion_core.ingest.tables.layout import Layout

_TABLES: Final = (".csv", ".tsv", ".tab")
_UNSUSPICIOUS: Final = 50_000_000
_DENSEST: Final = 200
"""How many times larger than packed a table may be, once it is not small."""
_PIECE: Final = 1 << 24
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
            members = [archive.getinfo(name) for name in wanted]
            _refuse_bombs(path.name, path.stat().st_size, members)
            parts = [
                text_table(path, f"{path.name}/{Path(name).name}", archive.read(name), keep, layout)
                for name in wanted
            ]
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise problem(
            "The file is not a ZIP archive, or it is cut off", path.name, "Download it again"
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


def unpack_gzip(path: Path) -> bytes:
    """Unpack a gzip file, unless it was made to take all memory.

    Raises
    ------
    FileProblemsError
        If it is no gzip file, is cut off, or unpacks to far more than a table would or memory holds.
    """
    packed, pieces, size = path.stat().st_size, [], 0
    try:
        with gzip.open(path, "rb") as stream:
            while piece := stream.read(_PIECE):
                pieces.append(piece)
                size += len(piece)
                _refuse_size(path.name, path.name, packed, size)
    except (OSError, EOFError, zlib.error) as error:
        raise problem(
            "The file is not a gzip archive, or it is cut off", path.name, "Download it again"
        ) from error
    return b"".join(pieces)


def _refuse_bombs(name: str, path_size: int, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse, before anything is unpacked, what would take all memory; tables pack ten- to thirtyfold."""
    for member in members:
        own = Path(member.filename).name
        _refuse_size(name, own, member.compress_size, member.file_size)
    _refuse_size(name, name, path_size, sum(member.file_size for member in members))


def _refuse_size(file: str, name: str, packed: int, unpacked: int) -> None:
    if unpacked > _UNSUSPICIOUS and unpacked > _DENSEST * max(packed, 1):
        raise problem(
            f"{name} would unpack from {size_text(packed)} to {size_text(unpacked)} or more, as no "
            "table of a survey does",
            file,
            "Download it again from where it was published, or unpack it yourself",
        )
    free = psutil.virtual_memory().available
    if unpacked > free:
        raise problem(
            f"The file unpacks to {size_text(unpacked)}, and {size_text(free)} of memory are free",
            file,
            "Choose a file of fewer states or years, or import it where there is more memory",
        )


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
