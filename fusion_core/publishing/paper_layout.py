"""Data in the layout of Ummel et al. (2024): one ``csv.gz`` per survey.

Columns are the implicate (``M`` or ``implicate``), the household (``hid``, ``acs_2015_hid``,
``household_id`` or ``serialno``), and the fused variables; rows may be in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import TrainSettings
from fusion_core.fusion.implicates import FusedVariable
from fusion_core.harmony.model import SurveyPair
from fusion_core.spreadsheets import unguarded
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.runs import RunSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_IMPLICATE: Final = re.compile(r"m|\.?imp(licate)?", re.IGNORECASE)
_HOUSEHOLD: Final = re.compile(r"household_id|hid|acs_\d{4}(_\d{4})?_hid|serialno", re.IGNORECASE)
_OTHER: Final = re.compile(r"year|weight|pid|acs_\d{4}(_\d{4})?_pid", re.IGNORECASE)
_SURVEY: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*)[_-]((?:19|20)\d\d(?:-(?:19|20)\d\d)?)")
_FIX: Final = "Columns are the implicate, the household and the fused variables"
_MOST_LEVELS: Final = 32_000


@dataclass(frozen=True)
class PaperData:
    """Fused variables read from a file in the paper's layout.

    Attributes
    ----------
    variables
        The variables, rows in the order of `places`.
    count
        Number of implicates.
    places
        Row of each household in the recipient.
    notes
        What a user should know, one sentence each.
    """

    variables: tuple[FusedVariable, ...]
    count: int
    places: NDArray[np.intp]
    notes: tuple[str, ...]


def has_paper_layout(path: Path) -> bool:
    """Whether a path is a file in the paper's layout, by its name."""
    return path.is_file() and path.name.lower().endswith((".csv.gz", ".csv"))


def read_paper_layout(path: Path, households: pd.Series[Any]) -> PaperData:
    """Read a file in the paper's layout.

    Parameters
    ----------
    path
        The file.
    households
        Identifiers of the recipient's households.

    Raises
    ------
    InputError
        If a column is missing, or the households are those of another survey.
    CorruptFileError
        If the file is cut off, or lacks an implicate of a household.
    """
    names = _header(path)
    implicate = _one(names, _IMPLICATE, "implicate", path)
    household = _one(names, _HOUSEHOLD, "household", path)
    fused = [
        name for name in names if name not in {implicate, household} and not _OTHER.fullmatch(name)
    ]
    if not fused:
        raise InputError("The file has no fused variable", where=str(path), fix=_FIX)
    index = pd.Index(households.astype(str))
    if not index.is_unique:
        index = pd.Index(households.astype(str).drop_duplicates())
    rows, numbers, columns = _columns(path, implicate, household, fused, index)
    count, known = int(numbers.max(initial=0)), np.unique(rows)
    if not count or numbers.min(initial=1) < 1:
        raise CorruptFileError(
            "The file has no implicate, or one that is not numbered from 1",
            where=str(path),
            fix=_FIX,
        )
    place = np.searchsorted(known, rows)
    cells = place * count + numbers - 1
    if len(cells) != len(known) * count or len(np.unique(cells)) != len(cells):
        raise CorruptFileError(
            f"The file has {len(cells):,} rows, where {len(known):,} households in {count} "
            f"implicates make {len(known) * count:,}",
            where=str(path),
            fix="Fetch the file again: rows are missing or repeated",
        )
    order = np.argsort(cells, kind="stable")
    variables = tuple(
        _variable(name, column, order, (len(known), count)) for name, column in columns.items()
    )
    notes = [
        "The file says nothing about the donor: margins follow from the implicates alone (Rubin's rules)."
    ]
    if len(known) < len(index):
        notes.append(
            f"{len(index) - len(known):,} of the recipient's {len(index):,} households are not in it."
        )
    return PaperData(variables, count, known, tuple(notes))


def paper_request(path: Path, recipient: SurveyId, found: PaperData, *, name: str = "") -> RunSpec:
    """Return a request that says of a file in the paper's layout what is known of it.

    Parameters
    ----------
    path
        The file; its name says the donor, such as ``RECS_2015.csv.gz``.
    recipient
        The recipient.
    found
        What was read.
    name
        Name of the run; that of the file when empty.
    """
    stem = path.name.partition(".")[0]
    donor = next(
        (
            SurveyId(match[1], match[2])
            for match in _SURVEY.finditer(stem)
            if (match[1], match[2]) != (recipient.name, recipient.vintage)
        ),
        None,
    )
    if donor is None:
        raise InputError(
            f"The name of the file does not say which survey was fused: {path.name}",
            fix="Name it after the donor, such as RECS_2015.csv.gz",
        )
    return RunSpec(
        name=name or stem,
        pair=SurveyPair(donor, recipient),
        fusion_variables=tuple(item.name for item in found.variables),
        implicates=found.count,
        seed=0,
        train=TrainSettings.preset("paper"),
        preset="published",
    )


def _header(path: Path) -> list[str]:
    try:
        with csv.open_csv(path) as reader:
            return list(reader.schema.names)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def _one(names: list[str], pattern: re.Pattern[str], what: str, path: Path) -> str:
    found = [name for name in names if pattern.fullmatch(name)]
    if len(found) != 1:
        number = "no column" if not found else f"{len(found)} columns"
        raise InputError(f"The file has {number} of the {what}", where=str(path), fix=_FIX)
    return found[0]


def _columns(
    path: Path, implicate: str, household: str, fused: list[str], index: pd.Index[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp], dict[str, pa.ChunkedArray]]:
    """Return the recipient's row and the implicate of every row of the file, and the variables."""
    options = csv.ConvertOptions(
        include_columns=[implicate, household, *fused],
        column_types={household: pa.string(), implicate: pa.int32()},
        auto_dict_encode=True,
        auto_dict_max_cardinality=_MOST_LEVELS,
        strings_can_be_null=True,
    )
    rows, numbers, batches = [], [], []
    try:
        with csv.open_csv(path, convert_options=options) as reader:
            for batch in _batches(reader):
                keys = batch.column(household)
                found = index.get_indexer(pd.Index(keys.to_pandas()))
                if (found < 0).any():
                    lacking = keys[int(np.argmax(found < 0))].as_py()
                    raise InputError(
                        f"The household '{lacking}' is not in the recipient survey",
                        where=str(path),
                        fix="Open the file with the survey it was fused onto",
                    )
                rows.append(found.astype(np.intp))
                numbers.append(batch.column(implicate).to_numpy(zero_copy_only=False))
                batches.append(batch.select(fused))
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    if not batches:
        raise CorruptFileError("The file has no rows", where=str(path), fix=_FIX)
    table = pa.Table.from_batches(batches).unify_dictionaries()
    return (
        np.concatenate(rows),
        np.concatenate(numbers).astype(np.intp),
        {name: table.column(name) for name in fused},
    )


def _batches(reader: csv.CSVStreamingReader) -> Iterator[pa.RecordBatch]:
    yield from reader


def _variable(
    name: str, column: pa.ChunkedArray, order: NDArray[np.intp], shape: tuple[int, int]
) -> FusedVariable:
    if pa.types.is_dictionary(column.type):
        joined = column.combine_chunks()
        levels = [unguarded(str(item)) for item in joined.dictionary.to_pylist()]
        codes = joined.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        ordered = sorted(range(len(levels)), key=lambda code: levels[code])
        rank = np.empty(len(levels) + 1, dtype=np.int16)
        rank[ordered] = np.arange(len(levels), dtype=np.int16)
        rank[-1] = -1
        values = rank[codes]
        return FusedVariable(
            name, values[order].reshape(shape), tuple(levels[code] for code in ordered)
        )
    if pa.types.is_boolean(column.type):
        codes = column.to_numpy(zero_copy_only=False).astype(np.int8)
        return FusedVariable(name, codes[order].reshape(shape), ("False", "True"))
    values = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return FusedVariable(name, values[order].reshape(shape))


def _unreadable(path: Path, error: Exception) -> CorruptFileError:
    return CorruptFileError(
        f"The file cannot be read as CSV: {error}",
        where=str(path),
        fix="Fetch the file again, or name a csv.gz with a header",
    )
