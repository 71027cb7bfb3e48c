"""The groups of households that are compared: chosen by values of columns, or by a mask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.arguments import type_name
from fusion_core.errors import InputError
from fusion_core.estimates.statistics import (
    Groups,
    row_mask,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Floats = NDArray[np.float64]


def group_mask(table: pd.DataFrame, group: Mapping[str, Any] | Mask) -> Mask:
    """Return which rows belong to a group.

    Raises
    ------
    InputError
        If a column or value does not exist or no row belongs to the group.
    """
    if isinstance(group, Mapping):
        mask = np.ones(len(table), dtype=bool)
        for name, value in group.items():
            if name not in table.columns:
                raise InputError.unknown("column", name, map(str, table.columns))
            if not pd.api.types.is_scalar(value):
                raise InputError(
                    f"'{name}' is compared with {type_name(value)}",
                    where="group",
                    fix="Give one value, or one truth value per row for the whole group",
                )
            mask &= _equals(table[name], value).to_numpy(dtype=bool, na_value=False)
        described = ", ".join(f"{name} = {value}" for name, value in group.items())
    else:
        mask, described = row_mask(group, len(table), "A group"), "the group"
    if not mask.any():
        raise InputError(f"No household has {described}", fix="Choose another group")
    return mask


def _equals(column: pd.Series[Any], value: object) -> pd.Series[bool]:
    """Compare a column with a value that may have been typed as text."""
    if isinstance(column.dtype, pd.CategoricalDtype) and value not in column.cat.categories:
        raise InputError.unknown(
            "level", str(value), map(str, column.cat.categories), where=str(column.name)
        )
    if isinstance(value, str) and pd.api.types.is_numeric_dtype(column):
        try:
            return column == float(value)
        except ValueError as error:
            raise InputError(
                f"'{column.name}' is a number and cannot be '{value}'", fix="Write a number"
            ) from error
    return column == value


def single_group(mask: Mask) -> Groups:
    """Return the rows of a mask as one group."""
    return Groups.from_codes(np.where(mask, 0, -1).astype(np.intp), 1)
