"""What is asked of a table, checked before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.arguments import column_names, items_of, require_type, share, type_name
from fusion_core.errors import InputError
from fusion_core.estimates.statistics.statistic import Statistic
from fusion_core.frames import is_number, read_frame
from fusion_core.fusion.implicates import Implicates, Rows, mask_in_order
from fusion_core.records import Checked
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from fusion_core.frames import Table


@dataclass(frozen=True)
class Question(Checked):
    """Statistics to estimate by groups of a table.

    Attributes
    ----------
    statistics
        What to estimate.
    by
        Columns whose combinations form the groups.
    weight
        Column of the full-sample weight, ``None`` for weight 1.
    design
        Replication design of the weights.
    confidence
        Of the margins of error.
    """

    statistics: tuple[Statistic, ...]
    by: tuple[str, ...]
    weight: str | None
    design: WeightDesign | None
    confidence: float

    @classmethod
    def asked(
        cls,
        statistics: Statistic | Sequence[Statistic],
        *,
        by: Sequence[str] | str | None = None,
        weight: str | None,
        design: WeightDesign | None,
        confidence: float,
    ) -> Question:
        """Check a question as a caller puts it.

        Raises
        ------
        InputError
            If an argument is of another type, or `confidence` is not between 0 and 1.
        """
        fix = "Write Statistic('mean', 'income'), or Statistic.parse('mean:income')"
        single = isinstance(statistics, Statistic)
        listed = [statistics] if single else items_of(statistics, "statistics")
        if not listed:
            raise InputError("No statistic is asked for", fix=fix)
        if weight is not None:
            column_names([weight], "weight")
        if design is not None:
            require_type(
                design, WeightDesign, "design", fix="Take that of the survey's description"
            )
        return cls(
            tuple(require_type(item, Statistic, "statistics", fix=fix) for item in listed),
            tuple(column_names(by, "by")),
            weight,
            design,
            share(confidence, "confidence"),
        )

    def read(
        self,
        table: Table,
        what: str,
        *,
        fused: Collection[str] = (),
        answers: Collection[str] = (),
        keys: Collection[str] = (),
    ) -> pd.DataFrame:
        """Read the columns of a table that the question needs.

        Parameters
        ----------
        table, what
            As for `fusion_core.frames.read_frame`.
        fused
            Variables that are not taken from the table.
        answers, keys
            Further columns, of values and of groups.
        """
        design = WeightDesign() if self.design is None else self.design
        asked = [name for item in self.statistics for name in (item.variable, item.denominator)]
        own = [name for name in asked if name and name not in fused]
        weights = [] if self.weight is None else [self.weight, *design.columns]
        return read_frame(table, what, answers=[*own, *answers, *weights], keys=[*self.by, *keys])


def checked_implicates(implicates: Any) -> Implicates:
    """Return implicates if they are some.

    Raises
    ------
    InputError
        If they are something else.
    """
    fix = "Draw them with fuse, or read them with read_implicates"
    return require_type(implicates, Implicates, "implicates", fix=fix)


def ordered_mask(
    mask: Any, table: pd.DataFrame, order: Rows | None, what: str
) -> NDArray[np.bool_]:
    """Return which rows are meant, checked, in the order of the implicates.

    Parameters
    ----------
    mask, what
        As for `row_mask`; a labelled one belongs to the rows with its labels.
    table, order
        The table as it was given, and its rows in the order of the implicates.

    Raises
    ------
    InputError
        As `row_mask` does, or if it is labelled and labels other households than the table.
    """
    values: Any = row_mask(mask, len(table), what)
    if isinstance(mask, pd.Series):
        values = pd.Series(values, index=mask.index)
    return mask_in_order(values, table, order)


def row_mask(mask: Any, rows: int, what: str) -> NDArray[np.bool_]:
    """Return which rows are meant, given as one truth value per row.

    Parameters
    ----------
    mask
        Truth values, or 0 and 1; missing ones are refused.
    rows
        Number of rows of the table.
    what
        What the rows are, for messages.

    Raises
    ------
    InputError
        If there are more or fewer of them, or one is no truth value.
    """
    values = pd.Series(mask).to_numpy() if isinstance(mask, pd.Series) else np.asarray(mask)
    if values.shape != (rows,):
        raise InputError(
            f"{what} needs one truth value per row, {rows:,} in all; got {type_name(mask)} of shape "
            f"{values.shape}",
            fix="Compare a column with a value, such as table['tenure'] == 'rent'",
        )
    column = pd.Series(values)
    plain = pd.api.types.is_bool_dtype(column) or is_number(column.dtype)
    if column.isna().any() or not (plain or column.isin([True, False]).all()):
        raise InputError(
            f"{what} has a value that is neither true nor false",
            fix="Compare a column with a value, such as table['tenure'] == 'rent'",
        )
    return column.to_numpy(dtype=bool)
