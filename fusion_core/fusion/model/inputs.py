"""Check what the user asks for before anything expensive starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.arguments import (
    column_names,
    items_of,
    missing_weight,
    refuse_repeats,
    require_type,
)
from fusion_core.errors import InputError
from fusion_core.frames import LARGEST_NUMBER, finite_numbers, is_number, numbers_of
from fusion_core.fusion.base import (
    POSITIONAL,
    TrainSettings,
    VariableType,
    check_lists,
    encode,
    random_seed,
    require_names,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.model.fusion_model import FusionModel

FEWEST_DONORS = 20
FEWEST_IN_CLASS = 2


def normalise_steps(y: Sequence[str | Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the steps of a fusion as tuples of names; an inner sequence is a block.

    Raises
    ------
    InputError
        If nothing is to be fused, a block is empty or a name occurs twice.
    """
    steps = tuple(
        tuple(column_names(item, "y", kind="fusion variable"))
        if isinstance(item, Iterable)
        else tuple(column_names([item], "y"))
        for item in ([] if y is None else items_of(y, "y"))
    )
    if not steps:
        raise InputError(
            "No fusion variable is chosen", fix="Name at least one donor variable in y"
        )
    if not all(steps):
        raise InputError("A block of fusion variables is empty", fix="Name its variables")
    refuse_repeats([name for step in steps for name in step], "fusion variable", "y")
    return steps


def check_names(
    donor: pd.DataFrame,
    steps: tuple[tuple[str, ...], ...],
    x: Sequence[str],
    weight: str | None,
    settings: TrainSettings,
) -> None:
    """Check that every name exists once and has one role.

    Raises
    ------
    InputError
        If a column is missing, repeated or used twice.
    """
    fused = [name for step in steps for name in step]
    columns = list(donor.columns)
    require_names(fused, columns, "fusion variable", "the donor")
    require_names(x, columns, "predictor", "the donor")
    if weight is not None and weight not in columns:
        raise missing_weight(weight, columns, where="the donor")
    require_names(settings.force, x, "predictor", "the setting 'force'")
    require_names(
        [name for name, _ in settings.types], [*x, *fused], "variable", "the setting 'types'"
    )
    check_lists(fused, x, settings)
    both = [name for name in fused if name in set(x)]
    if both:
        raise InputError(
            f"The variable '{both[0]}' is both a fusion variable and a predictor",
            fix="Take it out of x or out of y",
        )
    if weight in {*fused, *x}:
        raise InputError(
            f"The weight column '{weight}' is also a predictor or fusion variable",
            fix="Take it out of x and y",
        )


def check_weights(donor: pd.DataFrame, weight: str | None) -> NDArray[np.float64]:
    """Return the donor's weights, 1 where there is no weight column.

    Raises
    ------
    InputError
        If a weight is text, missing, infinite or negative, or all are zero.
    """
    if weight is None:
        return np.ones(len(donor))
    values = numbers_of(donor[weight], where="the donor", kind="weight column")
    wrong = ~np.isfinite(values) | (values < 0) | (values > LARGEST_NUMBER)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"The weight column '{weight}' has {int(wrong.sum())} missing, infinite or negative values",
            where=f"first in row {row}: {values[row]}",
            fix="Correct or remove these rows",
        )
    if not (values > 0).any():
        raise InputError(
            f"All values of the weight column '{weight}' are zero", fix="Choose another column"
        )
    return values


def checked_settings(settings: TrainSettings | None) -> TrainSettings:
    """Return the settings given, or the defaults.

    Raises
    ------
    InputError
        If something else was given.
    """
    if settings is None:
        return TrainSettings()
    fix = "Use TrainSettings(…), or TrainSettings.preset('quick')"
    return require_type(settings, TrainSettings, "settings", fix=fix)


def check_numbers(table: pd.DataFrame, names: Iterable[str], weight: str | None) -> None:
    """Check the numbers of a whole table, before a model learns from some of its rows.

    Parameters
    ----------
    table
        All rows.
    names
        Columns that models will read; unknown ones are left to others.
    weight
        The weight column.

    Raises
    ------
    InputError
        If a number is infinite, or a weight is no weight; rows are those of the table.
    """
    known = set(table.columns)
    if weight in known:
        check_weights(table, weight)
    for name in names:
        if name in known and is_number(table[name].dtype):
            finite_numbers(numbers_of(table[name], where="the table"), name)


def check_rows(count: int, holds: str) -> None:
    """Check that there are enough donors to learn from.

    Parameters
    ----------
    count
        Number of donors.
    holds
        Which donors they are, for the message, such as ``"rows"``.

    Raises
    ------
    InputError
        If there are too few.
    """
    if count < FEWEST_DONORS:
        raise InputError(
            f"The donor has {count} {holds}, fewer than {FEWEST_DONORS}",
            fix="Use a larger donor survey, or leave the variable out",
        )


def check_outcome(
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
            fix="Leave it out of y",
        )
    levels, counts = np.unique(present, return_counts=True)
    if len(levels) == 1:
        shown = variable.levels[int(levels[0])] if variable.is_categorical else f"{levels[0]:g}"
        raise InputError(
            f"The fusion variable '{name}' has the same value '{shown}' in every row",
            where=where,
            fix="Leave it out of y: there is nothing to model",
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


def refuse_copy(
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


def encode_recipient(
    recipient: pd.DataFrame, model: FusionModel, *, first_row: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Check a recipient against a model and write its predictors as numbers.

    Parameters
    ----------
    recipient
        The recipient or a part of it.
    model
        The model.
    first_row
        Where the part begins in the whole recipient, for messages.

    Returns
    -------
    Matrix of shape (rows, predictors), and how many rows lack each predictor. A lacking value that
    no donor lacks is replaced by the donor's typical one.

    Raises
    ------
    InputError
        If there are no rows, a predictor is missing, or its type or levels differ from the donor's.
    """
    if not len(recipient):
        raise InputError("The recipient has no rows", fix="Pass at least one household")
    check_predictors(list(recipient.columns), model)
    matrix = np.empty((len(recipient), len(model.predictors)))
    lacking = np.zeros(len(model.predictors), dtype=np.int64)
    rows = first_row + np.arange(len(recipient))
    for place, predictor in enumerate(model.predictors):
        values = encode(recipient[predictor.name], predictor, rows)
        missing = np.isnan(values)
        lacking[place] = missing.sum()
        fill = model.fill[place]
        matrix[:, place] = values if np.isnan(fill) else np.where(missing, fill, values)
    return matrix, lacking


def check_predictors(columns: list[str], model: FusionModel) -> None:
    """Check that a recipient has every predictor once.

    Raises
    ------
    InputError
        If a predictor is missing or a column repeated.
    """
    refuse_repeats([name for name in columns if name in set(model.x)], "column", "the recipient")
    require_names(model.x, columns, "predictor", "the recipient")


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


def check_implicates(m: int) -> None:
    """Check the number of implicates asked for.

    Raises
    ------
    InputError
        If there would be none, or it is no whole number.
    """
    if isinstance(m, bool) or not isinstance(m, int | np.integer) or m < 1:
        raise InputError(f"{m} implicates were asked for", fix="Ask for at least one implicate")


def check_name(name: str) -> None:
    """Check the name of a donor survey.

    Raises
    ------
    InputError
        If it is no text.
    """
    if not isinstance(name, str):
        raise InputError(f"The donor's name is {name!r}", fix="Give a text, such as 'RECS 2020'")


def check_seed(seed: int | None) -> int:
    """Return the seed if it can be one, a random one for ``None``.

    Raises
    ------
    InputError
        If it is negative or not a whole number.
    """
    if seed is None:
        return random_seed()
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"The seed is {seed!r}", fix="Use a whole number of at least 0")
    return int(seed)
