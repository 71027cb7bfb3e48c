"""Columns of numbers or levels, the same for fused variables and variables of the recipient."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.statistics.groups import Rows
from fusion_core.frames import finite_numbers, is_number, level_text, plain_column
from fusion_core.fusion.implicates import Implicates
from fusion_core.records import Checked
from fusion_core.summaries import counted

Block = NDArray[np.float64]


@dataclass(frozen=True)
class Column(Checked):
    """The draws of one variable, or its one observed value per household.

    Attributes
    ----------
    name
        Variable name.
    values
        Array of shape (rows, M), M = 1 for an observed variable: numbers (NaN = no answer) or codes
        into `levels` (negative = no answer).
    levels
        Labels of a categorical variable; empty for numbers.
    observed
        Whether the survey itself asked, so that there is no fusion error.
    pattern
        Of what donors would contribute to a derived variable: which column of `values` belongs to
        each household of the recipient (see `DonorAnswers.pattern`).
    """

    name: str
    values: NDArray[Any]
    levels: tuple[str, ...] = ()
    observed: bool = False
    pattern: NDArray[np.integer] | None = None

    @cached_property
    def complete(self) -> bool:
        """Whether every row has an answer in every implicate."""
        if self.levels:
            return bool(self.values.min(initial=0) >= 0)
        return self.values.dtype.kind != "f" or self.complete_block(self.values)

    def numbers(self, rows: Rows) -> Block:
        """Return the numbers of some rows, no answer as 0."""
        block = np.asarray(self.values[rows], dtype=np.float64)
        return block if self.complete_block(block) else np.nan_to_num(block, nan=0.0)

    def present(self, rows: Rows) -> Block:
        """Return 1 where there is an answer and 0 elsewhere."""
        block = self.values[rows]
        if self.levels:
            return np.asarray(block >= 0, dtype=np.float64)
        if block.dtype.kind != "f":
            return np.ones(block.shape)
        return np.asarray(~np.isnan(block), dtype=np.float64)

    @staticmethod
    def complete_block(block: NDArray[Any]) -> bool:
        """Whether a block of numbers has no NaN; one pass, cheaper than replacing them."""
        return not bool(np.isnan(block.sum()))


def column_from_series(series: pd.Series[Any], name: str) -> Column:
    """Turn a column of a survey into a `Column` with one value per household.

    Raises
    ------
    InputError
        If its values are no plain ones (see `fusion_core.frames.plain_column`), or not finite.
    """
    series = plain_column(series, where="the table")
    if isinstance(series.dtype, pd.CategoricalDtype):
        levels = tuple(level_text(level) for level in series.cat.categories)
        return Column(name, series.cat.codes.to_numpy()[:, None], levels, observed=True)
    if pd.api.types.is_bool_dtype(series):
        codes = series.astype("boolean").astype("Int8").fillna(-1).to_numpy(dtype=np.int8)
        return Column(name, codes[:, None], ("False", "True"), observed=True)
    if is_number(series.dtype):
        values = finite_numbers(series.to_numpy(dtype=np.float64, na_value=np.nan), name)
        return Column(name, values[:, None], observed=True)
    codes, uniques = pd.factorize(series, sort=True)
    return Column(
        name, codes[:, None], tuple(level_text(level) for level in uniques), observed=True
    )


def find_column(name: str, implicates: Implicates | None, table: pd.DataFrame | None) -> Column:
    """Return a fused variable or, if there is none of that name, a column of the recipient.

    Raises
    ------
    InputError
        If neither has it, naming the nearest that exists, or if it holds infinite values.
    """
    if implicates is not None and name in implicates.variables:
        fused = implicates[name]
        return _finite(Column(name, fused.values, fused.levels))
    if table is not None and name in table.columns:
        return _finite(column_from_series(table[name], name))
    known: Collection[str] = [
        *(implicates.names if implicates is not None else ()),
        *(map(str, table.columns) if table is not None else ()),
    ]
    raise InputError.unknown("variable", name, known)


def _finite(column: Column) -> Column:
    """Refuse infinite values, which leave no sum and no order to estimate from."""
    if column.values.dtype.kind == "f":
        infinite = np.isinf(column.values)
        if infinite.any():
            count = int(infinite.any(axis=1).sum())
            raise InputError(
                f"'{column.name}' is infinite for {counted(count, 'household')}, which leaves nothing to add up",
                fix="Replace infinite values by numbers, or leave them missing",
            )
    return column
