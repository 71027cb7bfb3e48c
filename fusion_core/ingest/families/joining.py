"""Join the tables of a release by the identifier of the household."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.ingest.families.summing import numbers_or_nan
from fusion_core.ingest.tables import ProblemLog, RawTable, key_texts


def joined(
    base: RawTable, other: RawTable, keys: Sequence[str], columns: Sequence[str], log: ProblemLog
) -> RawTable:
    """Return a table with columns of another one beside its own, row by row.

    Parameters
    ----------
    base
        The table whose rows stay as they are.
    other
        A table with one row for each key.
    keys
        Columns that both have and that identify a row of `other`.
    columns
        Columns of `other` to take over.
    log
        Where rows of `base` that `other` lacks, and repeated rows of `other`, are reported.
    """
    for table in (base, other):
        for key in keys:
            if key not in table.frame.columns:
                log.add(
                    f"The column {key} is missing",
                    file=table.path.name,
                    fix="Use the file as it is published",
                )
    if log.errors:
        return base
    wanted, offered = _keys(base, keys), _keys(other, keys)
    repeated = np.flatnonzero(offered.duplicated().to_numpy())
    if len(repeated):
        other.report(
            log,
            f"The row of '{offered.iloc[repeated[0]]}' occurs more than once",
            column=keys[0],
            positions=repeated,
            fix="Keep one of them: two files may have been put together",
        )
        return base
    places = pd.Index(offered).get_indexer(pd.Index(wanted))
    lost = np.flatnonzero(places < 0)
    if len(lost):
        base.report(
            log,
            f"{'The household' if len(keys) == 1 else 'The row of'} '{wanted.iloc[lost[0]]}' is not"
            f" in {other.parts[0].name}",
            column=keys[0],
            positions=lost,
            fix="Use the two files of the same edition, both whole",
        )
        return base
    taken = other.frame[list(columns)].iloc[places].set_axis(base.frame.index, axis=0)
    own = base.frame.drop(columns=[name for name in columns if name in base.frame.columns])
    return dataclasses.replace(base, frame=pd.concat([own, taken], axis=1))


def check_same_households(
    base: RawTable, other: RawTable, key: str, column: str, log: ProblemLog
) -> None:
    """Report it where two files give the same household another value: two editions are mixed.

    Parameters
    ----------
    base, other
        The tables, of which `other` has one row for each household.
    key, column
        The identifier, and a number both tables publish, such as the weight.
    log
        Where it is reported.
    """
    if column not in base.frame.columns or column not in other.frame.columns:
        return
    theirs = pd.Series(numbers_or_nan(other.frame[column]), index=_keys(other, [key]))
    own = numbers_or_nan(base.frame[column])
    found = theirs.reindex(_keys(base, [key])).to_numpy(dtype="float64")
    both = np.isfinite(own) & np.isfinite(found)  # households one lacks are said when joined
    different = np.flatnonzero(both & ~np.isclose(own, found, rtol=1e-6))
    if len(different):
        base.report(
            log,
            f"{column} is {own[different[0]]:,.4f} here and {found[different[0]]:,.4f} in"
            f" {other.parts[0].name}: the two files are of different editions",
            column=column,
            positions=different,
            fix="Use the files of one release",
        )


def raw_column(values: NDArray[Any] | pd.Series[Any], index: pd.Index[Any]) -> pd.Series[Any]:
    """Return computed values as a column of a raw table: numbers as they are, texts as codes."""
    series = pd.Series(np.asarray(values), index=index)
    return series if pd.api.types.is_float_dtype(series) else series.astype("category")


def with_columns(table: RawTable, columns: Mapping[str, Any]) -> RawTable:
    """Return a raw table with computed columns."""
    index = table.frame.index
    new = {name: raw_column(values, index) for name, values in columns.items()}
    kept = table.frame.drop(columns=[name for name in new if name in table.frame.columns])
    return dataclasses.replace(table, frame=pd.concat([kept, pd.DataFrame(new)], axis=1))


def _keys(table: RawTable, keys: Sequence[str]) -> pd.Series[Any]:
    texts = [key_texts(table.frame[key]).astype(object) for key in keys]
    first = texts[0]
    for text in texts[1:]:
        first = first.str.cat(text.map(_plain), sep=", ")
    return first.reset_index(drop=True)


def _plain(text: str) -> str:
    """Return a person number without leading zeros, as some files write them and some do not."""
    return text.lstrip("0") or text
