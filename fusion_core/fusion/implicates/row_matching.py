"""Tables of households brought into the order of others, by their labels.

Implicates are matrices, so what they are put beside has to stand in the same order. Where both sides
say which households their rows are, the order follows from that; where they disagree, nothing is
guessed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from fusion_core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rows: TypeAlias = "NDArray[np.intp]"


def order_of(index: pd.Index[Any] | None, table: pd.DataFrame, *, what: str) -> Rows | None:
    """Return the rows of a table in the order of an index.

    Parameters
    ----------
    index
        Labels of the households; ``None`` where they are not known, and rows are taken as they are.
    table
        The same households, labelled by its own index or by columns named like the index's levels.
    what
        What the table is called in messages, such as ``"recipient"``.

    Returns
    -------
    Positions in the table; ``None`` where its rows are in order.

    Raises
    ------
    InputError
        If the table has other households, or the labels do not tell them apart.
    """
    if index is None or table.index.equals(index):
        return None
    if len(table) != len(index):
        raise InputError(
            f"The {what} has {len(table):,} households and the implicates have {len(index):,}",
            fix=f"Give the {what} the variables were fused for",
        )
    labels = _labels(table, index)
    if labels.equals(index):
        return None
    if not index.is_unique or not labels.is_unique:
        raise InputError(
            f"The index of the {what} repeats labels and is in another order than the implicates'",
            fix=f"Give the {what} in the order it was fused in, or fuse it with a unique index",
        )
    order = np.asarray(labels.get_indexer(index), dtype=np.intp)
    if (order < 0).any():
        lacking = index[order < 0]
        raise InputError(
            f"The {what} lacks {len(lacking):,} of the households the implicates are of, such as "
            f"{lacking[0]!r}",
            where=f"the index of the {what}",
            fix=f"Give the {what} with the index it was fused with",
        )
    return order


def mask_in_order(
    mask: NDArray[np.bool_] | pd.Series[bool], table: pd.DataFrame, order: Rows | None
) -> NDArray[np.bool_]:
    """Return one truth value per household, given for the rows of a table, in another order.

    Parameters
    ----------
    mask
        One value per row of the table; a labelled one belongs to the row with its label.
    table
        The table as it was given.
    order
        What `order_of` returned for it.

    Raises
    ------
    InputError
        If the mask is labelled and labels other households than the table.
    """
    if isinstance(mask, pd.Series):
        own = order_of(table.index, mask.to_frame(), what="condition")
        mask = mask.to_numpy(dtype=bool) if own is None else mask.to_numpy(dtype=bool)[own]
    values = np.asarray(mask, dtype=bool)
    return values if order is None else values[order]


def _labels(table: pd.DataFrame, index: pd.Index[Any]) -> pd.Index[Any]:
    """Return a table's labels: columns named like the index where there are such, else its own."""
    names = list(index.names)
    if list(table.index.names) != names and all(name in table.columns for name in names):
        return (
            pd.MultiIndex.from_frame(table[names]) if len(names) > 1 else pd.Index(table[names[0]])
        )
    return table.index
