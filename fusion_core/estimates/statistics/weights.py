"""Weights of the rows to estimate from, as one matrix."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.arguments import column_names, missing_weight
from fusion_core.errors import InputError
from fusion_core.frames import LARGEST_NUMBER, is_number, values_in_words
from fusion_core.records import Checked
from fusion_core.surveys.model import WEIGHT
from fusion_core.surveys.weight_design import WeightDesign


class Remembered(Enum):
    """A weight column that need not be named again."""

    AS_TRAINED = "as trained"


AS_TRAINED: Final = Remembered.AS_TRAINED
"""The donor's weight column the model was trained with."""
DonorWeight: TypeAlias = str | Remembered | None
"""A donor's weight column, that of the training, or ``None`` to count every row once."""
UNWEIGHTED: Final = "Unweighted: every household counts once."


@dataclass(frozen=True)
class WeightMatrix(Checked):
    """Full-sample and replicate weights.

    Attributes
    ----------
    values
        Array of shape (rows, 1+R), the full-sample weight first.
    design
        How variances follow from the replicates.
    note
        A sentence where no weight was given and every household counts once.
    """

    values: NDArray[np.floating]
    design: WeightDesign
    note: str = ""

    @cached_property
    def full(self) -> NDArray[np.float64]:
        """The full-sample weight."""
        return np.asarray(self.values[:, 0], dtype=np.float64)

    @property
    def has_replicates(self) -> bool:
        """Whether there are replicate weights to use."""
        return bool(self.values.shape[1] > 1)


def weight_matrix(
    table: pd.DataFrame | None,
    rows: int,
    *,
    weight: str | None = "weight",
    design: WeightDesign | None = None,
    trained: str | None = None,
) -> WeightMatrix:
    """Collect the weights of a table.

    Replicate weights may be negative, as some of the Census Bureau's are; full-sample weights may
    not.

    Parameters
    ----------
    table
        One row per household; ``None`` gives every household weight 1.
    rows
        Number of households.
    weight
        Column of the full-sample weight; ``None`` gives weight 1.
    design
        Names the replicate weight columns; ``None`` uses none.
    trained
        The donor's weight column the model was trained with, where there is one.

    Raises
    ------
    InputError
        If a column is missing, or a weight is no finite number or negative.
    """
    if table is not None and len(table) != rows:
        raise InputError(
            f"The recipient has {len(table):,} households and the implicates have {rows:,}",
            fix="Give the recipient the variables were fused for, in its order",
        )
    used = WeightDesign() if design is None else design
    if table is None or weight is None:
        if used.replicates:
            raise InputError(
                "Replicate weights need a table that holds them", fix="Give `recipient`"
            )
        return WeightMatrix(np.ones((rows, 1)), WeightDesign(), unweighted(trained))
    columns = [weight, *used.columns]
    for name in columns:
        if name not in table.columns:
            raise missing_weight(name, map(str, table.columns))
        if not is_number(table[name].dtype):
            raise InputError(
                f"The weight column '{name}' holds {values_in_words(table[name])}",
                fix="Choose a column of numbers",
            )
    # One column alone would be a view that keeps all columns of its kind in memory.
    alone = len(columns) == 1
    values = table[columns].to_numpy(dtype=np.float64, na_value=np.nan, copy=alone)
    _check_values(values, columns)
    return WeightMatrix(values, used)


def donor_weight(weight: DonorWeight, trained: str | None, *, depth: int = 3) -> str | None:
    """Return the weight column of a donor: the one given, else the one the model was trained with.

    Where that is not known, it is called ``"weight"``. To go unweighted where the model did not is
    answered with a warning.

    Parameters
    ----------
    weight
        As given.
    trained
        As `fusion_core.fusion.FusionModel.weight`.
    depth
        Calls from here to the user's own, whose line the warning names.
    """
    if isinstance(weight, Remembered):
        return WEIGHT if trained is None else trained or None
    if weight is None and trained:
        warnings.warn(unweighted(trained), stacklevel=depth)
    elif weight is not None:
        column_names([weight], "weight")
    return weight


def unweighted(trained: str | None) -> str:
    """Say that every household counts once, and that the model was trained otherwise.

    Parameters
    ----------
    trained
        As `fusion_core.fusion.FusionModel.weight`.
    """
    if not trained:
        return UNWEIGHTED
    return f"{UNWEIGHTED[:-1]}, although the model was trained with the weight '{trained}'."


def _check_values(values: NDArray[np.float64], columns: list[str]) -> None:
    """Check the weights in columns, the full-sample weight first."""
    weight = columns[0]
    if not np.isfinite(values).all():
        name = columns[int(np.argmin(np.isfinite(values).all(axis=0)))]
        missing = np.isnan(values).any()
        raise InputError(
            f"Weight column '{name}' has {'missing' if missing else 'infinite'} values",
            fix="Complete the weights" if missing else "Correct the weights",
        )
    if (values[:, 0] < 0).any():
        raise InputError(f"Weight column '{weight}' has negative values", fix="Correct the weights")
    if np.abs(values).max(initial=0.0) > LARGEST_NUMBER:
        raise InputError(
            f"Weight column '{weight}' or a replicate has values larger than {LARGEST_NUMBER:g}",
            fix="Correct the weights",
        )
    if len(values) and not values[:, 0].any():
        raise InputError(
            f"All values of the weight column '{weight}' are zero", fix="Choose another column"
        )
    if len(values) and values[:, 0].max() < 1 / LARGEST_NUMBER:
        raise InputError(
            f"All values of the weight column '{weight}' are smaller than {1 / LARGEST_NUMBER:g}",
            fix="Correct the weights",
        )
