"""A recipient, read and checked against a model, as the numbers its expectations follow from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fusion_core.arguments import refuse_repeats
from fusion_core.errors import InputError
from fusion_core.frames import numbers_of, read_frame
from fusion_core.fusion.base import POSITIONAL, encode, require_names

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.frames import Table
    from fusion_core.fusion.model import FusionModel


@dataclass(frozen=True)
class EncodedRows:
    """Recipient rows as numbers.

    Attributes
    ----------
    matrix
        Encoded predictors, followed by the given probabilities of the model, of shape (rows,
        columns). A lacking value that no donor lacks is replaced by the donor's typical one.
    lacking
        How many rows lack each predictor.
    """

    matrix: NDArray[np.float64]
    lacking: NDArray[np.int64]


def read_recipient(table: Table, model: FusionModel) -> pd.DataFrame:
    """Read a recipient, or a part of it, with the predictors of a model as columns.

    Raises
    ------
    InputError
        If it is no table, or a predictor holds what no predictor can.
    """
    return read_frame(table, "the recipient", answers=model.recipient_columns)


def encode_recipient(
    recipient: pd.DataFrame, model: FusionModel, *, first_row: int = 0
) -> EncodedRows:
    """Check a recipient against a model and write its predictors as numbers.

    Parameters
    ----------
    recipient
        The recipient or a part of it.
    model
        The model.
    first_row
        Where the part begins in the whole recipient, for messages.

    Raises
    ------
    InputError
        If there are no rows, a predictor is missing, or its type or levels differ from the donor's.
    """
    if not len(recipient):
        raise InputError("The recipient has no rows", fix="Pass at least one household")
    check_predictors(list(recipient.columns), model)
    matrix = np.empty((len(recipient), len(model.recipient_columns)))
    lacking = np.zeros(len(model.predictors), dtype=np.int64)
    rows = first_row + np.arange(len(recipient))
    for place, predictor in enumerate(model.predictors):
        values = encode(recipient[predictor.name], predictor, rows)
        missing = np.isnan(values)
        lacking[place] = missing.sum()
        fill = model.fill[place]
        matrix[:, place] = values if np.isnan(fill) else np.where(missing, fill, values)
    matrix[:, len(model.predictors) :] = _probabilities(recipient, model, first_row)
    return EncodedRows(matrix, lacking)


def check_predictors(columns: list[str], model: FusionModel) -> None:
    """Check that a recipient has every predictor once.

    Raises
    ------
    InputError
        If a predictor is missing or a column repeated.
    """
    refuse_repeats(
        [name for name in columns if name in set(model.recipient_columns)],
        "column",
        "the recipient",
    )
    require_names(model.predictor_names, columns, "predictor", "the recipient")
    require_names(model.shares, columns, "column of probabilities", "the recipient")


def _probabilities(
    recipient: pd.DataFrame, model: FusionModel, first_row: int
) -> NDArray[np.float64]:
    """Return the given probabilities of all variables, each variable's adding up to one.

    Raises
    ------
    InputError
        If one is not a number of at least 0, or all of a variable are zero.
    """
    result = np.empty((len(recipient), len(model.shares)))
    first = 0
    for variable in (variable for step in model.steps for variable in step.variables):
        if not variable.shares:
            continue
        last = first + len(variable.shares)
        for place, name in enumerate(variable.shares, start=first):
            result[:, place] = numbers_of(
                recipient[name], where="the recipient", kind="column of probabilities"
            )
        own = result[:, first:last]
        total = own.sum(axis=1)
        wrong = np.flatnonzero(~(np.isfinite(total) & (own >= 0).all(axis=1) & (total > 0)))
        if len(wrong):
            raise InputError(
                f"The given probabilities of '{variable.type.name}' are missing, negative or all zero "
                f"in {len(wrong):,} rows",
                where=f"first in row {first_row + int(wrong[0])}",
                fix="Give every household a probability of each level",
            )
        own /= total[:, None]
        first = last
    return result


def missing_notes(model: FusionModel, lacking: NDArray[np.int64]) -> tuple[str, ...]:
    """Say what becomes of recipient rows that lack a predictor.

    Parameters
    ----------
    model
        The model.
    lacking
        Number of rows that lack each predictor.
    """
    notes = []
    for predictor, fill, count in zip(model.predictors, model.fill, lacking, strict=True):
        if count and not np.isnan(fill):
            notes.append(
                f"{count:,} recipient rows have no value of '{predictor.name}', which "
                f"no donor lacks; the donor's typical value was used."
            )
        elif count:
            notes.append(
                f"{count:,} recipient rows have no value of '{predictor.name}'; the "
                "models treat them like donors without a value."
            )
    return tuple(notes)


def fusion_notes(model: FusionModel, lacking: NDArray[np.int64]) -> tuple[str, ...]:
    """Say what a user should know of a fusion.

    Parameters
    ----------
    model, lacking
        As for `missing_notes`.
    """
    old = not all(step.origin for step in model.steps)
    return (*missing_notes(model, lacking), *((POSITIONAL,) if old else ()))
