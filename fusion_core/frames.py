"""Tables at the edge: whatever a caller has becomes a pandas frame the engine can rely on.

pandas frames are taken as they are; polars, Arrow, DuckDB and what else narwhals knows are converted.
Of the columns that will be used, every value is a number, a yes/no value, a text or a category – one
of these per column – and anything else is refused in a sentence that names the column.
"""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from fusion_core.arguments import require_text, type_name
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

    import pyarrow as pa
    from numpy.typing import NDArray

Table: TypeAlias = Any
"""A table of any library narwhals reads: pandas, polars, Arrow, DuckDB and more."""

LARGEST_NUMBER: Final = 1e30
"""Beyond it, squares and the single precision of tree models lose the number altogether."""
# The first that fits says what values of a Python type are; Python's yes/no values are whole numbers.
_KINDS: Final[tuple[tuple[tuple[type, ...], str], ...]] = (
    ((bool, np.bool_), "yes/no values"),
    ((numbers.Integral, np.integer), "whole numbers"),
    ((numbers.Real, Decimal, np.floating), "numbers"),
    ((str,), "text"),
    (
        (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64, pd.Period),
        "dates",
    ),
    ((bytes, bytearray), "bytes"),
    ((Mapping, Sequence, set, frozenset, np.ndarray, pd.Series), "lists"),
)
_REMEDIES: Final = {
    "dates": "Derive a number from them, such as a year or an age, or a category",
    "lists": "Derive one value per row, or leave the column out",
    "bytes": "Decode them to text, or leave the column out",
}
_CONVERT: Final = "Convert it to numbers, text or a category"


def read_frame(
    table: Table,
    what: str,
    *,
    answers: Collection[str] = (),
    keys: Collection[str] = (),
    exact: Collection[str] = (),
) -> pd.DataFrame:
    """Return a table as a pandas frame whose used columns are of plain types.

    Columns of an object type become what their values are: integers, numbers (decimals too, in
    double precision), yes/no values or text. Nullable and Arrow-backed columns become numpy ones
    where no value is missing. Columns that are not used are not looked at. The frame is never the
    caller's own, so that columns may be replaced in it.

    Parameters
    ----------
    table
        One row per household or person: a pandas frame, or a table of polars, Arrow or DuckDB.
    what
        What the table is, for messages: ``"the donor"``.
    answers
        Columns whose values are estimated, modelled or used as weights. Names that do not exist are
        left to the caller, who knows what they stand for.
    keys
        Columns that only form groups; dates may do so too.
    exact
        Those of the answers whose values are copied as they are: decimals of more digits than a
        double holds are refused.

    Raises
    ------
    InputError
        If it is no table, a used name is no string or names several columns, or a used column holds
        something else than numbers, yes/no values, text or categories, or several of these.
    """
    used = list(dict.fromkeys([*answers, *keys]))
    for name in used:
        require_text(name, what)
    frame = table if isinstance(table, pd.DataFrame) else _converted(table, what, used)
    frame = _with_plain_names(frame, what, used)
    answered, changed = set(answers), {}
    for name in used:
        if name in frame.columns:
            given = frame[name]
            if name in exact:
                _refuse_long_decimals(given, what)
            column = plain_column(given, where=what, dates=name not in answered)
            if column is not given:
                changed[name] = column
    return frame.assign(**changed) if changed else frame.copy(deep=False)


def whole_frame(table: Table, what: str) -> pd.DataFrame:
    """Return a table as a pandas frame with all its columns, of whatever types they are.

    Parameters
    ----------
    table, what
        As for `read_frame`.

    Raises
    ------
    InputError
        If it is no table, or a column has no name of its own that is a string.
    """
    frame = table if isinstance(table, pd.DataFrame) else _converted(table, what, [])
    for name in frame.columns:
        require_text(name, what)
    return _with_plain_names(frame, what, list(frame.columns)).copy(deep=False)


def plain_column(column: pd.Series[Any], *, where: str, dates: bool = False) -> pd.Series[Any]:
    """Return a column with the plain type its values have; the column itself where it has it.

    Parameters
    ----------
    column
        A column of any type.
    where
        The table it belongs to, for messages.
    dates
        Whether dates and times are allowed, unchanged.

    Raises
    ------
    InputError
        If its values are of no plain type, or of several.
    """
    dtype = column.dtype
    if _is_plain(dtype) or (dates and _is_dated(dtype)):
        return column
    if isinstance(dtype, pd.CategoricalDtype):
        return _distinct_levels(column, where)
    if isinstance(dtype, pd.ArrowDtype):
        return _from_arrow(column, dtype.pyarrow_dtype, where, dates)
    if isinstance(dtype, pd.SparseDtype):
        return plain_column(_series(np.asarray(column), column), where=where, dates=dates)
    if pd.api.types.is_object_dtype(dtype):
        return _from_objects(column, where, dates)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return _from_masked(column)
    raise _refused(column, where, "dates" if _is_dated(dtype) else f"values of type '{dtype}'")


def _refuse_long_decimals(column: pd.Series[Any], where: str) -> None:
    """Refuse decimals that a double would round."""
    if not isinstance(next(iter(column.dropna()), None), Decimal):
        return
    for value in column.dropna().unique():
        if isinstance(value, Decimal) and Decimal(repr(float(value))) != value:
            raise InputError(
                f"The variable '{column.name}' has values of more digits than a number holds, such "
                f"as {value}",
                where=where,
                fix="Give it as whole numbers of a smaller unit, such as cents",
            )


def unusable(column: pd.Series[Any]) -> str:
    """Say why a column cannot be used, such as ``"holds dates"``; empty where it can."""
    try:
        plain_column(column, where="")
    except InputError as error:
        return error.what.removeprefix(f"The column '{column.name}' ")
    return ""


def numbers_of(column: pd.Series[Any], *, where: str, kind: str = "column") -> NDArray[np.float64]:
    """Return the values of a column of numbers, missing ones as NaN.

    Parameters
    ----------
    column
        Of a plain type.
    where, kind
        The table it belongs to, and what it is used as, for messages.

    Raises
    ------
    InputError
        If it holds something else than numbers.
    """
    if not is_number(column.dtype) and not column.isna().all():
        raise InputError(
            f"The {kind} '{column.name}' holds {values_in_words(column)}",
            where=where,
            fix="Choose a column of numbers",
        )
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def finite_numbers(
    values: NDArray[np.float64], name: str, rows: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Return the values of a variable if none is infinite or beyond `LARGEST_NUMBER`.

    Parameters
    ----------
    values, name
        The values and the variable's name.
    rows
        Where they stand in the table they come from; ``None`` for all of it.

    Raises
    ------
    InputError
        Saying in how many rows, and the first of them.
    """
    for limit, what in ((np.inf, "is infinite"), (LARGEST_NUMBER, f"exceeds {LARGEST_NUMBER:g}")):
        beyond = np.abs(values) >= limit
        if beyond.any():
            count, first = int(beyond.sum()), int(np.flatnonzero(beyond)[0])
            raise InputError(
                f"The variable '{name}' {what} in {count:,} {'row' if count == 1 else 'rows'}",
                where=f"first in row {int(first if rows is None else rows[first])}",
                fix="Replace these values by plausible numbers or by missing values",
            )
    return values


def is_number(dtype: Any) -> bool:
    """Whether a type is of real numbers; yes/no values are none."""
    numeric = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    return bool(numeric and not pd.api.types.is_bool_dtype(dtype))


def values_in_words(column: pd.Series[Any]) -> str:
    """Say what the values of a plain column are, for messages."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        levels = [level_text(level) for level in dtype.categories[:4]]
        shown = ", ".join(f"'{level}'" for level in levels)
        more = ", …" if len(dtype.categories) > len(levels) else ""
        return f"categories ({shown}{more})"
    if pd.api.types.is_bool_dtype(dtype):
        return "yes/no values"
    if pd.api.types.is_integer_dtype(dtype):
        return "whole numbers"
    if is_number(dtype):
        return "numbers"
    return "dates" if _is_dated(dtype) else "text"


def level_text(value: Any) -> str:
    """Return the label of a level; whole numbers are written without a decimal point."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _converted(table: Table, what: str, used: list[str]) -> pd.DataFrame:
    """Convert a table of another library, only the used columns unless one is missing."""
    import narwhals as nw
    import pyarrow as pa

    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    name = what[:1].upper() + what[1:]
    try:
        frame = nw.from_native(table, pass_through=True)
        if isinstance(frame, nw.DataFrame | nw.LazyFrame):
            # What was left out could not be suggested for a name that does not exist.
            complete = bool(used) and set(used) <= set(frame.collect_schema().names())
            frame = frame.select(used) if complete else frame
            collected = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
            return pd.DataFrame(collected.to_arrow().to_pandas(types_mapper=pd.ArrowDtype))
    except nw.exceptions.DuplicateError as error:
        repeated = str(error).partition("- ")[2].partition("\n")[0]
        raise InputError(
            f"Column names must be unique; got {repeated}",
            where=what,
            fix="Rename or drop all but one of them",
        ) from error
    except Exception as error:  # the caller's query fails in as many ways as there are libraries
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InputError(f"{name} cannot be read: {reason}") from error
    raise InputError(
        f"{name} must be a table with named columns; got {type_name(table)}",
        fix="Give a pandas or polars data frame, or an Arrow or DuckDB table",
    )


def _with_plain_names(frame: pd.DataFrame, what: str, used: list[str]) -> pd.DataFrame:
    """Leave out columns whose names are no strings, or repeated, where they are not used."""
    names = list(frame.columns)
    texts = [isinstance(name, str) for name in names]
    for name in used:
        if names.count(name) > 1:
            raise InputError(
                f"The column '{name}' occurs {names.count(name)} times",
                where=what,
                fix="Rename or drop all but one of them",
            )
        if name in names:
            continue
        same = [other for other, text in zip(names, texts, strict=True) if not text]
        if name in [str(other) for other in same]:
            require_text(next(other for other in same if str(other) == name), what)
    kept = np.array(texts, dtype=bool) & ~frame.columns.duplicated(keep=False)
    if kept.all() and not isinstance(frame.columns, pd.MultiIndex):
        return frame
    if names and not any(texts):
        require_text(names[0], what)
    return frame.loc[:, kept]


def _is_plain(dtype: Any) -> bool:
    """Whether columns of a type stay as they are."""
    if isinstance(dtype, np.dtype):
        # Few libraries compute with numbers of half or extended precision.
        return dtype.kind in "biu" or (dtype.kind == "f" and dtype.itemsize in {4, 8})
    return isinstance(dtype, pd.StringDtype)


def _distinct_levels(column: pd.Series[Any], where: str) -> pd.Series[Any]:
    """Check that no two categories are written alike, such as 1 and '1'."""
    categories = column.cat.categories
    if categories.dtype == object:
        texts = pd.Index([level_text(level) for level in categories])
        if texts.has_duplicates:
            twice = texts[texts.duplicated()][0]
            raise InputError(
                f"The column '{column.name}' has two categories written '{twice}'",
                where=where,
                fix="Make all of its categories text",
            )
    return column


def _from_masked(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a nullable column as a numpy one, but integers and yes/no values with gaps as they are."""
    if pd.api.types.is_float_dtype(column.dtype):
        return _series(column.to_numpy(dtype=np.float64, na_value=np.nan), column)
    if column.isna().any():
        return column
    dtype = column.dtype.numpy_dtype if hasattr(column.dtype, "numpy_dtype") else np.float64
    return column.astype(dtype)


def _from_objects(column: pd.Series[Any], where: str, dates: bool) -> pd.Series[Any]:
    """Return a column of Python objects as what they all are."""
    present = column[column.notna().to_numpy(dtype=bool)]
    kinds = {_kind(kind) for kind in set(map(type, present))}
    if kinds <= {"whole numbers", "numbers"}:
        return _object_numbers(column, present, kinds, where)
    if len(kinds) > 1:
        raise _mixed(column, present, where)
    (kind,) = kinds
    if kind == "text":
        return column
    if kind == "yes/no values":
        return column.astype("bool" if len(present) == len(column) else "boolean")
    if kind == "dates" and dates:
        return column
    raise _refused(column, where, kind)


def _object_numbers(
    column: pd.Series[Any], present: pd.Series[Any], kinds: set[str], where: str
) -> pd.Series[Any]:
    if kinds == {"whole numbers"}:
        low, high = min(map(int, present)), max(map(int, present))
        if low < np.iinfo(np.int64).min or high > np.iinfo(np.int64).max:
            raise InputError(
                f"The column '{column.name}' holds whole numbers beyond 64 bits",
                where=where,
                fix="Make it text if they are identifiers, or numbers of double precision",
            )
        return column.astype(np.int64 if len(present) == len(column) else "Int64")
    values = np.full(len(column), np.nan)
    values[column.notna().to_numpy(dtype=bool)] = [_double(value) for value in present]
    return _series(values, column)


def _double(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number too large to be written as one
        return np.inf if value > 0 else -np.inf


def _from_arrow(
    column: pd.Series[Any], kind: pa.DataType, where: str, dates: bool
) -> pd.Series[Any]:
    """Return an Arrow-backed column as a pandas one."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _from_dictionary(column, where, dates)
    if pa.types.is_null(kind) or pa.types.is_floating(kind):
        return _series(column.to_numpy(dtype=np.float64, na_value=np.nan), column)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return _from_masked(_series(pd.array(column.array, dtype=_nullable(kind)), column))
    if pa.types.is_decimal(kind):
        decimals = _chunks(column).cast(pa.float64())
        return _series(decimals.to_numpy(zero_copy_only=False), column)
    if str(kind) in {"string", "large_string", "string_view"}:
        return column.astype("string")
    if pa.types.is_temporal(kind) and dates:
        return column
    raise _refused(column, where, _arrow_kind(kind))


def _nullable(kind: pa.DataType) -> Any:
    """Return the nullable pandas type of Arrow's integers and yes/no values."""
    name = str(kind)
    return "boolean" if name == "bool" else name.replace("int", "Int").replace("u", "U")


def _arrow_kind(kind: pa.DataType) -> str:
    """Return in words what values of an Arrow type are that is no plain one."""
    import pyarrow as pa

    if pa.types.is_temporal(kind):
        return "dates"
    if pa.types.is_nested(kind):
        return "lists"
    return "bytes" if "binary" in str(kind) else f"values of type '{kind}'"


def _from_dictionary(column: pd.Series[Any], where: str, dates: bool) -> pd.Series[Any]:
    """Return a dictionary-encoded column as categories; its labels must be plain themselves."""
    import pyarrow as pa

    chunks = _chunks(column).unify_dictionaries()
    kind = chunks.type
    first = chunks.chunk(0).dictionary if chunks.num_chunks else pa.array([], kind.value_type)
    labels = plain_column(
        pd.Series(first, dtype=pd.ArrowDtype(kind.value_type), name=column.name),
        where=where,
        dates=dates,
    )
    indices = pa.chunked_array([chunk.indices for chunk in chunks.chunks], kind.index_type)
    codes = indices.cast(pa.int64()).fill_null(-1).to_numpy()
    # Labels that repeat or are missing cannot be categories as they stand.
    categories = labels.dropna().drop_duplicates()
    places = pd.Index(categories).get_indexer(pd.Index(labels))
    dtype = pd.CategoricalDtype(categories.to_list(), ordered=kind.ordered)
    cells = np.append(np.where(labels.isna(), -1, places), -1)[codes]
    return _series(pd.Categorical.from_codes(cells, dtype=dtype), column)


def _chunks(column: pd.Series[Any]) -> pa.ChunkedArray:
    import pyarrow as pa

    found: Any = pa.array(column.array)
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])


def _series(values: Any, like: pd.Series[Any]) -> pd.Series[Any]:
    return pd.Series(values, index=like.index, name=like.name)


def _is_dated(dtype: Any) -> bool:
    return bool(
        pd.api.types.is_datetime64_any_dtype(dtype)
        or pd.api.types.is_timedelta64_dtype(dtype)
        or isinstance(dtype, pd.PeriodDtype)
    )


def _kind(kind: type) -> str:
    """Return in words what values of a Python type are."""
    found = (words for types, words in _KINDS if issubclass(kind, types))
    return next(found, f"values of type '{kind.__name__}'")


def _mixed(column: pd.Series[Any], present: pd.Series[Any], where: str) -> InputError:
    examples: dict[str, object] = {}
    for value in present:
        examples.setdefault(_kind(type(value)), value)
    shown = " and ".join(f"{kind} (such as {value!r:.40})" for kind, value in examples.items())
    return InputError(
        f"The column '{column.name}' mixes {shown}", where=where, fix="Give all values one type"
    )


def _refused(column: pd.Series[Any], where: str, kind: str) -> InputError:
    return InputError(
        f"The column '{column.name}' holds {kind}", where=where, fix=_REMEDIES.get(kind, _CONVERT)
    )
