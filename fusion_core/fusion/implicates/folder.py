"""Read implicates from their folder: one variable, some rows, or as a long table.

Nothing is read before it is asked for, and nothing is taken for whole that is not as it was
written. `fusion_core.fusion.implicates.files` describes the files.

Without this project, variable ``fuel`` of a folder ``implicates`` is read like this. Rows are those
of the recipient (``input/recipient.parquet`` of a run), in its order.

DuckDB, long form::

    UNPIVOT 'implicates/00_fuel/*.parquet' ON COLUMNS('implicate_.*')
        INTO NAME implicate VALUE fuel;

pandas, long form::

    pandas.read_parquet("implicates/00_fuel").melt(var_name="implicate", value_name="fuel")

R, one column per implicate::

    fuel <- arrow::open_dataset("implicates/00_fuel") |> dplyr::collect()
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.implicates.files import FORMAT_VERSION, MANIFEST, implicate_columns
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates
from fusion_core.workspace.files import checksum_of, read_json
from fusion_core.workspace.tables import quoted

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

HOUSEHOLD_COLUMNS: Final = ("household_id",)


def read_implicates(folder: Path | str, variables: Sequence[str] | None = None) -> Implicates:
    """Read implicates from a folder.

    Parameters
    ----------
    folder
        Folder that `fuse_to_folder` or `write_implicates` wrote.
    variables
        Fused variables to read; all when left out.

    Raises
    ------
    InputError
        If a variable is not among the fused ones.
    CorruptFileError
        If the implicates are not complete, or a file is missing, altered or of an unknown format.
    """
    return open_implicates(folder).read(variables)


def open_implicates(folder: Path | str) -> ImplicateFolder:
    """Open the implicates in a folder; reads their description only.

    Raises
    ------
    CorruptFileError
        If the implicates are not complete, or a file is missing, of another length or of an unknown
        format.
    """
    folder = Path(folder)
    manifest = read_json(folder / MANIFEST)
    if manifest.get("format") != FORMAT_VERSION:
        raise CorruptFileError(
            f"The implicates are of format {manifest.get('format')!r}, not {FORMAT_VERSION}",
            where=str(folder / MANIFEST),
            fix="Fuse again with this version",
        )
    try:
        opened = ImplicateFolder(
            folder,
            int(manifest["rows"]),
            int(manifest["implicates"]),
            tuple(manifest["notes"]),
            {entry["name"]: entry for entry in manifest["variables"]},
        )
        for entry in opened.entries.values():
            for item in entry["files"]:
                _check_size(folder / item["file"], item["bytes"])
    except (KeyError, TypeError) as error:
        raise CorruptFileError(
            f"The description lacks {error}", where=str(folder / MANIFEST), fix="Fuse again"
        ) from error
    return opened


@dataclass(frozen=True)
class ImplicateFolder:
    """Implicates on disk.

    Attributes
    ----------
    path
        Their folder.
    rows, count
        Number of households and number M of implicates.
    notes
        What a user should know of the fusion, in sentences.
    entries
        Per variable what `implicates.json` says of it.
    """

    path: Path
    rows: int
    count: int
    notes: tuple[str, ...]
    entries: Mapping[str, Mapping[str, Any]]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fused variables in fusion order."""
        return tuple(self.entries)

    def read(self, variables: Sequence[str] | None = None) -> Implicates:
        """Read all rows of some variables, or of all; see `read_implicates`."""
        return Implicates({name: self._read(name) for name in self.chosen(variables)}, self.notes)

    def blocks(self, variables: Sequence[str] | None = None) -> Iterator[Implicates]:
        """Read consecutive rows of some variables, or of all, a bounded number at a time.

        Raises
        ------
        InputError
            If a variable is not among the fused ones.
        CorruptFileError
            If a file is missing or altered.
        """
        names = self.chosen(variables)
        parts = zip(*(self._pieces(name) for name in names), strict=True)
        for pieces in parts:
            found = zip(names, pieces, strict=True)
            yield Implicates({name: self._variable(name, values) for name, values in found})

    def long_query(
        self,
        variables: Sequence[str] | None = None,
        *,
        recipient: Path | None = None,
        columns: Sequence[str] = HOUSEHOLD_COLUMNS,
    ) -> str:
        """Return a DuckDB query of the long form: one row per household and implicate.

        Its columns are ``row`` (from 0), those of the recipient, ``implicate`` (from 1) and the
        variables.

        Parameters
        ----------
        variables
            Fused variables; all when left out. DuckDB holds all but the first in memory.
        recipient
            Parquet file of the recipient, to add columns of.
        columns
            Columns of the recipient.

        Raises
        ------
        InputError
            If a variable is not among the fused ones.
        """
        names = [quoted(name) for name in self.chosen(variables)]
        lists = ", ".join(implicate_columns(self.count))
        tables = [
            f"(FROM read_parquet({self._file_list(name)}) SELECT [{lists}] AS {quoted(name)})"
            for name in self.chosen(variables)
        ]
        kept = [] if recipient is None else [quoted(name) for name in columns]
        if recipient is not None:
            tables.append(f"(FROM read_parquet({_text(str(recipient))}) SELECT {', '.join(kept)})")
        head = ["number - 1 AS row", *kept, f"unnest(range(1, {self.count + 1})) AS implicate"]
        drawn = [f"unnest({name}) AS {name}" for name in names]
        joined = " POSITIONAL JOIN ".join(tables)
        numbered = f"(FROM {joined} SELECT *, row_number() OVER () AS number)"
        return f"FROM {numbered} SELECT {', '.join([*head, *drawn])}"

    def long_view(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str = "implicates",
        variables: Sequence[str] | None = None,
        *,
        recipient: Path | None = None,
        columns: Sequence[str] = HOUSEHOLD_COLUMNS,
    ) -> None:
        """Create a view of the long form in a DuckDB connection; see `long_query`."""
        query = self.long_query(variables, recipient=recipient, columns=columns)
        connection.execute(f"CREATE OR REPLACE VIEW {quoted(name)} AS {query}")

    def chosen(self, variables: Sequence[str] | None) -> tuple[str, ...]:
        """Return the variables asked for, all when none are named.

        Raises
        ------
        InputError
            If a variable is not among the fused ones.
        """
        for name in variables or ():
            if name not in self.entries:
                raise InputError.unknown("fused variable", name, self.entries, where=str(self.path))
        return self.names if variables is None else tuple(variables)

    def _variable(self, name: str, values: NDArray[Any]) -> FusedVariable:
        entry = self.entries[name]
        return FusedVariable(name, values, tuple(entry["levels"]), bool(entry["ordered"]))

    def _read(self, name: str) -> FusedVariable:
        """Read all rows of a variable; besides them, one piece at a time is held."""
        values: NDArray[Any] | None = None
        first = 0
        for piece in self._pieces(name):
            if values is None:
                values = np.empty((self.rows, self.count), dtype=piece.dtype)
            last = first + len(piece)
            if last > self.rows or piece.shape[1] != self.count:
                raise self._misshapen(name)
            values[first:last] = piece
            first = last
        if values is None or first != self.rows:
            raise self._misshapen(name)
        return self._variable(name, values)

    def _pieces(self, name: str) -> Iterator[NDArray[Any]]:
        """Read a variable row group by row group, in arrays of shape (rows, implicates)."""
        entry = self.entries[name]
        levels = tuple(str(level) for level in entry["levels"])
        for item in entry["files"]:
            path = self.path / item["file"]
            _check_content(path, item)
            try:
                with pq.ParquetFile(path, page_checksum_verification=True) as file:
                    for group in range(file.num_row_groups):
                        table = file.read_row_group(group)
                        yield np.column_stack([_column(column, levels) for column in table.columns])
            except (OSError, pa.ArrowInvalid) as error:
                raise _damaged(path, f"cannot be read: {error}") from error

    def _misshapen(self, name: str) -> CorruptFileError:
        path = self.path / self.entries[name]["files"][0]["file"]
        return _damaged(path, "has other rows or columns than written")

    def _file_list(self, name: str) -> str:
        files = [_text(str(self.path / item["file"])) for item in self.entries[name]["files"]]
        return f"[{', '.join(files)}]"


def _column(column: pa.ChunkedArray, levels: tuple[str, ...]) -> NDArray[Any]:
    if not levels:
        return np.asarray(column.to_numpy())
    joined = column.unify_dictionaries().combine_chunks()
    found = joined.dictionary.to_pylist()
    position = {level: place for place, level in enumerate(levels)}
    dtype = np.int8 if len(levels) < 128 else np.int16  # noqa: PLR2004 - the range of int8
    table = np.array([position[level] for level in found], dtype=dtype)
    return np.asarray(table[joined.indices.to_numpy()])


def _check_size(path: Path, size: int) -> None:
    if not path.is_file():
        raise _damaged(path, "is missing")
    if path.stat().st_size != size:
        raise _damaged(path, "is not as long as it was written")


def _check_content(path: Path, item: Mapping[str, Any]) -> None:
    """Check a file against its description; the first runs wrote no checksum."""
    _check_size(path, item["bytes"])
    if "sha256" in item and checksum_of(path) != item["sha256"]:
        raise _damaged(path, "was altered")


def _damaged(path: Path, what: str) -> CorruptFileError:
    return CorruptFileError(
        f"A file of the implicates {what}", where=str(path), fix="Fuse again or restore a backup"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
