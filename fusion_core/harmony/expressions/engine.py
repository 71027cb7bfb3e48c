"""Run checked expressions: DuckDB in memory, on one frame, with everything else switched off.

DuckDB is loaded by the first engine: most of what imports this room never evaluates an expression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions.grammar import Kind, shown
from fusion_core.records import Checked

FINITE: Final = "finite"
"""The function the written SQL calls (`_finite_trees`)."""

FINITE_MACRO: Final = (
    f"CREATE MACRO {FINITE}(value) AS list_filter([value], lambda item: isfinite(item))[1]"
)
"""Defines it. The argument stands in it once: nested calls do not grow when they are expanded."""
_RESULT_TYPES = {"number": "DOUBLE", "boolean": "BOOLEAN", "text": "VARCHAR"}


@dataclass(frozen=True)
class CheckedExpression(Checked):
    """An expression that is safe to run.

    Attributes
    ----------
    text
        What the user typed.
    sql
        The checked tree as DuckDB SQL, every column quoted.
    finite_sql
        What runs: the same with every result that is no finite number missing.
    columns
        The columns it reads, in alphabetical order.
    kind
        What it yields, as far as the columns' types are known.
    remarks
        Sentences about parts that are allowed but probably not meant, such as a label that the
        dictionary does not know.
    """

    text: str
    sql: str
    finite_sql: str
    columns: tuple[str, ...]
    kind: Kind
    remarks: tuple[str, ...] = ()


class ExpressionEngine:
    """A DuckDB database in memory that can read nothing but the frame it is given.

    Keep one to evaluate many expressions; several threads may use it at the same time.
    """

    def __init__(self) -> None:
        import duckdb

        self._connection = duckdb.connect(
            ":memory:",
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "ieee_floating_point_ops": "true",
                "threads": "1",
                "lock_configuration": "true",
            },
        )
        self._connection.execute(FINITE_MACRO)

    def evaluate(self, expression: CheckedExpression, table: pd.DataFrame) -> pd.Series[Any]:
        """Evaluate a checked expression; see `evaluate_expression`."""
        import duckdb

        rows = _arrow_table(table, expression)
        columns = ", ".join(
            _column_sql(name, rows.schema.field(name).type) for name in rows.schema.names
        )
        value = f"({expression.finite_sql})"
        if expression.kind != "any":
            value = f"CAST({value} AS {_RESULT_TYPES[expression.kind]})"
        query = f"SELECT {value} AS value FROM (SELECT {columns} FROM harmony_rows)"  # noqa: S608 - written from the checked tree
        try:
            # What a cursor has registered is its own, so threads do not meet.
            with self._connection.cursor() as cursor:
                cursor.register("harmony_rows", rows)
                result = cursor.sql(query).to_arrow_table()
        except duckdb.Error as error:
            raise ExpressionError(
                f"The expression fails on the data: {_first_line(error)}",
                where=shown(expression.text),
                fix="Guard the failing rows with CASE WHEN",
            ) from error
        return _series(result.column("value"), table.index)


def _arrow_table(table: pd.DataFrame, expression: CheckedExpression) -> pa.Table:
    """Take the columns the expression reads; a constant still needs the number of rows."""
    missing = [name for name in expression.columns if name not in table.columns]
    if missing:
        unknown = ExpressionError.unknown("column", missing[0], map(str, table.columns))
        raise ExpressionError(unknown.what, where=shown(expression.text), fix=unknown.fix)
    if not expression.columns:
        return pa.table({"": pa.nulls(len(table), pa.bool_())}).rename_columns(["no column"])
    arrays = [pa.Array.from_pandas(table[name]) for name in expression.columns]
    return pa.table(arrays, names=list(expression.columns))


def _column_sql(name: str, kind: pa.DataType) -> str:
    """Read a column as text, truth or finite double-precision number, whatever the frame holds."""
    quoted = '"' + name.replace('"', '""') + '"'
    if pa.types.is_boolean(kind):
        return quoted
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return f"CAST({quoted} AS VARCHAR) AS {quoted}"
    return f"CASE WHEN isfinite(CAST({quoted} AS DOUBLE)) THEN CAST({quoted} AS DOUBLE) END AS {quoted}"


def _series(column: pa.ChunkedArray, index: pd.Index[Any]) -> pd.Series[Any]:
    kind = column.type
    if pa.types.is_boolean(kind):
        return pd.Series(column.to_pandas().astype("boolean").array, index=index)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.Series(column.to_pandas().to_numpy(dtype=object), index=index, dtype=object)
    numbers = column.cast(pa.float64(), safe=False).to_numpy()
    return pd.Series(numbers, index=index, dtype="float64")


def _first_line(error: Exception) -> str:
    return shown(str(error).split("\n", 1)[0].removesuffix("!"), 200)


__all__ = ["CheckedExpression", "ExpressionEngine"]
