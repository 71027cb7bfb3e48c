"""Whether what is asked for can be learned from the donors there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_core.errors import InputError
from fusion_core.fusion.base import VariableType
from fusion_core.fusion.training._donors import Donors
from fusion_core.fusion.training.checking import FEWEST_IN_CLASS, check_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray


def check_variables(donors: Donors, *, where: str) -> None:
    """Check that every fusion variable can be learned, or drawn from what is given.

    Parameters
    ----------
    donors
        The donors.
    where
        Which donors they are, for messages; empty for all.

    Raises
    ------
    InputError
        If all values are missing or equal, too few for the folds, a class has a single donor, or
        given probabilities do not suit the variable's levels.
    """
    for variable, values in zip(donors.fused_types, donors.fused.T, strict=True):
        if variable.name in donors.given:
            _check_given(variable, values, len(donors.given[variable.name]), where=where)
        else:
            _check_outcome(variable, values, donors.settings.folds, where=where)


def check_steps(donors: Donors, *, where: str) -> None:
    """Check that blocks can be learned, and that no predictor says what a fusion variable says.

    Parameters
    ----------
    donors, where
        As in `check_variables`, in blocks and order.

    Raises
    ------
    InputError
        As `check_variables`, of the donors that have a value of all variables of a block; or if a
        predictor and a fusion variable have the same value in every row.
    """
    _check_blocks(donors)
    _refuse_copies(donors, where=where)


def _check_blocks(donors: Donors) -> None:
    """Check that blocks can be learned from the donors that have a value of all their variables."""
    for step, names in enumerate(donors.steps):
        if len(names) == 1:
            continue
        rows = donors.step_rows(step)
        for column in donors.step_columns(step):
            _check_outcome(
                donors.fused_types[column],
                donors.fused[rows, column],
                donors.settings.folds,
                where=f"donors with a value of {' and '.join(names)}",
            )


def _refuse_copies(donors: Donors, *, where: str) -> None:
    """Refuse predictors that say exactly what a fusion variable says."""
    for place, variable in enumerate(donors.fused_types):
        if variable.name in donors.given:
            continue
        for known in donors.candidates(place):
            if known < len(donors.predictors):
                _refuse_copy(
                    variable,
                    donors.fused[:, place],
                    donors.predictors[known],
                    donors.matrix[:, known],
                    where=where,
                )


def _check_given(
    variable: VariableType, values: NDArray[np.float64], shares: int, *, where: str = ""
) -> None:
    """Check that a variable can be drawn from given probabilities.

    Raises
    ------
    InputError
        If it has no levels or no value, or not one column of probabilities per level.
    """
    name = variable.name
    if not variable.is_categorical:
        raise InputError(
            f"The variable '{name}' has no levels, so no probabilities of them can be given",
            fix="Group its values into classes",
        )
    if shares != len(variable.levels):
        raise InputError(
            f"'{name}' has {len(variable.levels)} levels and {shares} columns of probabilities",
            where="given",
            fix="Give one column per level, in the order of the levels",
        )
    if np.isnan(values).all():
        raise InputError(
            f"The variable '{name}' has no value in any row", where=where, fix="Leave it out"
        )


def _check_outcome(
    variable: VariableType, values: NDArray[np.float64], folds: int, *, where: str = ""
) -> None:
    """Check that a fusion variable can be learned.

    Parameters
    ----------
    variable, values
        The variable and its encoded values, missing ones as NaN.
    folds
        Number of cross-validation folds.
    where
        Which donors the values are of, where not of all.

    Raises
    ------
    InputError
        If all values are missing or equal, too few for the folds, or a class has a single donor.
    """
    name = variable.name
    present = values[np.isfinite(values)]
    if not len(present):
        raise InputError(
            f"The fusion variable '{name}' has no value in any row",
            where=where,
            fix="Leave it out",
        )
    levels, counts = np.unique(present, return_counts=True)
    if len(levels) == 1:
        shown = variable.levels[int(levels[0])] if variable.is_categorical else f"{levels[0]:g}"
        raise InputError(
            f"The fusion variable '{name}' has the same value '{shown}' in every row",
            where=where,
            fix="Leave it out: there is nothing to model",
        )
    check_rows(len(present), f"rows with a value of '{name}'")
    if len(present) < folds:
        raise InputError(
            f"The fusion variable '{name}' has {len(present)} values, fewer than the {folds} folds",
            where=where,
            fix="Ask for fewer folds",
        )
    if variable.is_categorical and counts.min() < FEWEST_IN_CLASS:
        level = variable.levels[int(levels[np.argmin(counts)])]
        raise InputError(
            f"The level '{level}' of the fusion variable '{name}' has a single donor",
            where=where,
            fix="Merge it with another level",
        )
    zeros = int((present == 0).sum())
    if variable.kind == "zero_inflated" and min(zeros, len(present) - zeros) < FEWEST_IN_CLASS:
        raise InputError(
            f"The fusion variable '{name}' has {zeros} zeros among {len(present)} values",
            where=where,
            fix="Declare it continuous",
        )


def _refuse_copy(
    fused: VariableType,
    values: NDArray[np.float64],
    predictor: VariableType,
    known: NDArray[np.float64],
    *,
    where: str = "",
) -> None:
    """Check that a predictor is not the fusion variable under another name.

    Parameters
    ----------
    fused, values
        The fusion variable and its encoded values.
    predictor, known
        A predictor and its encoded values of the same donors.
    where
        Which donors the values are of, where not of all.

    Raises
    ------
    InputError
        If both have the same value in every row.
    """
    if fused.is_categorical != predictor.is_categorical:
        return
    if fused.is_categorical and fused.levels != predictor.levels:
        places = {level: float(place) for place, level in enumerate(fused.levels)}
        table = np.array([*(places.get(level, -1.0) for level in predictor.levels), np.nan])
        known = table[np.where(np.isnan(known), len(predictor.levels), known).astype(np.int64)]
    if np.array_equal(values, known, equal_nan=True):
        raise InputError(
            f"The fusion variable '{fused.name}' and the predictor '{predictor.name}' have the same "
            "value in every row",
            where=where,
            fix="Take one of them out: the recipient has the answer already",
        )
