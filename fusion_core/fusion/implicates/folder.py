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

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.arguments import PathLike, column_names, path_of
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import Stream, common_seed
from fusion_core.fusion.implicates.files import FORMAT_VERSION, NUMBERED, implicate_columns
from fusion_core.fusion.implicates.implicates import FusedVariable, Implicates, implicate_facts
from fusion_core.fusion.implicates.work_files import MANIFEST
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted
from fusion_core.workspace.files import checksum_of, read_json
from fusion_core.workspace.tables import quoted

if TYPE_CHECKING:
    import duckdb
    from numpy.typing import NDArray

HOUSEHOLD_COLUMNS: Final = ("household_id",)


def read_implicates(folder: PathLike, variables: Sequence[str] | None = None) -> Implicates:
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


def open_implicates(folder: PathLike, *, seed: int | None = None) -> ImplicateFolder:
    """Open the implicates in a folder; reads their description only.

    Parameters
    ----------
    folder
        Folder that `fuse_to_folder` or `write_implicates` wrote.
    seed
        Their seed, if it is known, for implicates of earlier versions, which do not tell it.

    Raises
    ------
    CorruptFileError
        If the implicates are not complete or of an unknown format. Files are checked when their
        variable is read, so that a damaged one concerns that variable only.
    """
    folder = path_of(folder, "folder")
    manifest = read_json(folder / MANIFEST)
    if manifest.get("format") != FORMAT_VERSION:
        raise CorruptFileError(
            f"The implicates are of format {manifest.get('format')!r}, not {FORMAT_VERSION}",
            where=str(folder / MANIFEST),
            fix="Fuse again with this version",
        )
    households = manifest.get("households")
    try:
        return ImplicateFolder(
            folder,
            int(manifest["rows"]),
            int(manifest["implicates"]),
            tuple(manifest["notes"]),
            {entry["name"]: entry for entry in manifest["variables"]},
            None if households == NUMBERED else households,
            households == NUMBERED,
            seed,
            manifest.get("donor", ""),
            manifest.get("weight"),
        )
    except (KeyError, TypeError) as error:
        raise CorruptFileError(
            f"The description lacks {error}", where=str(folder / MANIFEST), fix="Fuse again"
        ) from error


@dataclass(frozen=True, repr=False)
class ImplicateFolder(Checked, Summarized):
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
    households
        What it says of the file of the recipient's identifiers, where they are known.
    numbered
        Whether the recipient's index counts its rows from 0.
    earlier_seed
        Seed of implicates of an earlier version, which does not tell it, where it is known.
    donor, weight
        As in `Implicates`.
    """

    path: Path
    rows: int
    count: int
    notes: tuple[str, ...]
    entries: Mapping[str, Mapping[str, Any]]
    households: Mapping[str, Any] | None = None
    numbered: bool = False
    earlier_seed: int | None = None
    donor: str = ""
    weight: str | None = None

    def _title(self) -> str:
        return f"of {counted(len(self.names), 'fused variable')}"

    def _facts(self) -> dict[str, object]:
        return {**implicate_facts(self), "folder": self.path}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fused variables in fusion order."""
        return tuple(self.entries)

    def variable(self, name: str) -> FusedVariable:
        """Read all rows of one variable, and nothing else.

        Raises
        ------
        InputError
            If it is not among the fused ones.
        CorruptFileError
            If a file is missing or altered.
        """
        return self._read(*self.chosen([name]))

    @property
    def streams(self) -> dict[str, tuple[Stream, ...]]:
        """Which random numbers decided each variable (see `fusion_core.fusion.shared_streams`)."""
        return {name: self._streams(name) for name in self.names}

    @property
    def seed(self) -> int | None:
        """The seed of the fusion; ``None`` where it is not known, or there are several."""
        return common_seed(self.streams)

    def index(self) -> pd.Index[Any] | None:
        """Read the recipient's index or identifiers; ``None`` where they are not known.

        Raises
        ------
        CorruptFileError
            If the file is missing or altered.
        """
        if self.households is None:
            return pd.RangeIndex(self.rows) if self.numbered else None
        frame: pd.DataFrame = self._household_table(self.households).to_pandas()
        # A frame's own index comes back as it was; identifiers of a file are columns.
        if len(frame.columns):
            frame = frame.set_index(list(frame.columns))
            plain = [None if _shown(str(name)) != name else name for name in frame.index.names]
            frame.index.names = plain
        if len(frame) != self.rows:
            raise _damaged(self.path / self.households["file"], "has other rows than written")
        return frame.index

    def household_table(self) -> pa.Table | None:
        """Read the recipient's identifiers as columns; ``None`` where there are none.

        Raises
        ------
        CorruptFileError
            If the file is missing or altered.
        """
        if self.households is None:
            return None
        table = self._household_table(self.households).replace_schema_metadata(None)
        return table.rename_columns([_shown(name) for name in table.column_names])

    def refuse_other_households(self, recipient: PathLike) -> None:
        """Refuse a recipient whose households are others, or in another order.

        Implicates join the recipient by position; identifiers both know say whether that is right.

        Parameters
        ----------
        recipient
            Parquet file of a recipient with as many rows.

        Raises
        ------
        InputError
            If identifiers differ.
        CorruptFileError
            If the identifiers are missing or altered.
        """
        known = self.household_table()
        if known is None:
            return
        there = pq.read_schema(recipient).names
        names = [name for name in known.column_names if name in HOUSEHOLD_COLUMNS and name in there]
        for name in names:
            own, other = known.column(name), pq.read_table(recipient, columns=[name]).column(name)
            if own.cast(pa.string()).combine_chunks() != other.cast(pa.string()).combine_chunks():
                raise InputError(
                    "The implicates are of other households than the recipient, or in another order: "
                    f"'{name}' differs",
                    where=str(recipient),
                    fix="Use the recipient they were fused for, or fuse again",
                )

    def read(self, variables: Sequence[str] | None = None) -> Implicates:
        """Read all rows of some variables, or of all; see `read_implicates`."""
        found = {name: self._read(name) for name in self.chosen(variables)}
        index = self.index() if found else None
        return Implicates(found, self.notes, index, self.donor, self.weight)

    def blocks(self, variables: Sequence[str] | None = None) -> Iterator[Implicates]:
        """Read consecutive rows of some variables, or of all, a bounded number at a time.

        Raises
        ------
        InputError
            If a variable is not among the fused ones.
        CorruptFileError
            If a file is missing or altered.
        """
        names, index, first = self.chosen(variables), self.index(), 0
        parts = zip(*(self._pieces(name) for name in names), strict=True)
        for pieces in parts:
            last = first + len(pieces[0])
            own = None if index is None else index[first:last]
            found = zip(names, pieces, strict=True)
            yield Implicates(
                {name: self._variable(name, values) for name, values in found},
                self.notes,
                own,
                self.donor,
                self.weight,
            )
            first = last

    def long_query(
        self,
        variables: Sequence[str] | None = None,
        *,
        recipient: PathLike | None = None,
        columns: Sequence[str] = HOUSEHOLD_COLUMNS,
    ) -> str:
        """Return a DuckDB query of the long form: one row per household and implicate.

        Its columns are ``row`` (from 0), those of the recipient or else the identifiers that were
        known when fusing, ``implicate`` (from 1) and the variables.

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
        for name in self.chosen(variables):
            for item in self.entries[name]["files"]:
                _check_size(self.path / item["file"], item["bytes"])
        names = [quoted(name) for name in self.chosen(variables)]
        lists = ", ".join(implicate_columns(self.count))
        tables = [
            f"(FROM read_parquet({self._file_list(name)}) SELECT [{lists}] AS {quoted(name)})"
            for name in self.chosen(variables)
        ]
        kept: list[str] = []
        if recipient is not None:
            kept = [quoted(name) for name in columns]
            tables.append(f"(FROM read_parquet({_text(str(recipient))}) SELECT {', '.join(kept)})")
        elif self.households is not None:
            path = self.path / self.households["file"]
            _check_size(path, self.households["bytes"])
            names_there = pq.read_schema(path).names
            kept = [quoted(_shown(name)) for name in names_there]
            shown = [f"{quoted(name)} AS {quoted(_shown(name))}" for name in names_there]
            tables.append(f"(FROM read_parquet({_text(str(path))}) SELECT {', '.join(shown)})")
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
        recipient: PathLike | None = None,
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
        if variables is None:
            return self.names
        names = column_names(variables, "variables", kind="fused variable")
        for name in names:
            if name not in self.entries:
                raise InputError.unknown("fused variable", name, self.entries, where=str(self.path))
        return tuple(names)

    def _variable(self, name: str, values: NDArray[Any]) -> FusedVariable:
        entry = self.entries[name]
        return FusedVariable(
            name, values, tuple(entry["levels"]), bool(entry["ordered"]), self._streams(name)
        )

    def _streams(self, name: str) -> tuple[Stream, ...]:
        """Return what decided a variable; earlier versions named random numbers by seed and step."""
        recorded = self.entries[name].get("streams")
        if recorded is None:
            return (Stream(self.earlier_seed, "", self.names),)
        return tuple(Stream.from_record(item) for item in recorded)

    def _household_table(self, item: Mapping[str, Any]) -> pa.Table:
        path = self.path / item["file"]
        _check_content(path, item)
        try:
            return pq.read_table(path)
        except (OSError, pa.ArrowInvalid) as error:
            raise _damaged(path, f"cannot be read: {error}") from error

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


def _shown(name: str) -> str:
    """Return the name of a column of identifiers; pandas has one of its own for a nameless index."""
    return re.sub(r"^__index_level_(\d+)__$", r"index_\1", name)


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
    try:
        is_altered = "sha256" in item and checksum_of(path) != item["sha256"]
    except OSError as error:
        raise _damaged(path, f"cannot be read: {error.strerror or error}") from error
    if is_altered:
        raise _damaged(path, "was altered")


def _damaged(path: Path, what: str) -> CorruptFileError:
    return CorruptFileError(
        f"A file of the implicates {what}", where=str(path), fix="Fuse again or restore a backup"
    )


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
