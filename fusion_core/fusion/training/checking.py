"""What is asked of a training and of its donor, checked before anything expensive starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from fusion_core.arguments import (
    by_either_name,
    column_names,
    items_of,
    missing_weight,
    refuse_repeats,
    require_text,
)
from fusion_core.errors import InputError
from fusion_core.frames import LARGEST_NUMBER, finite_numbers, is_number, numbers_of, read_frame
from fusion_core.fusion.base import (
    TrainSettings,
    check_lists,
    checked_settings,
    normalise_predictors,
    require_names,
)
from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.frames import Table

Variables: TypeAlias = Sequence[str | Sequence[str]]
"""Fusion variables in fusion order; an inner list is a block."""
Predictors: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]]
"""Predictors of all fusion variables, or a list per fusion variable."""
Given: TypeAlias = Mapping[str, Sequence[str]]
"""Columns of the recipient with the probability of each level, by variable."""
FEWEST_DONORS = 20
FEWEST_IN_CLASS = 2


@dataclass(frozen=True)
class Asked(Checked):
    """What is to be trained, whatever the donor's values are.

    Attributes
    ----------
    steps
        Names of the fusion variables in fusion order; several in a step are a block.
    predictors
        Names of the predictors.
    settings
        Training settings, with the predictors listed per variable.
    weight
        The weight column; ``None`` for equal weights.
    given
        Columns of the recipient with the probability of each level, by variable whose distribution
        there is given; such variables are the first steps.
    """

    steps: tuple[tuple[str, ...], ...]
    predictors: tuple[str, ...]
    settings: TrainSettings
    weight: str | None
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the fusion variables in fusion order."""
        return tuple(name for step in self.steps for name in step)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of the donor that are read."""
        return (*self.variables, *self.predictors, *(() if self.weight is None else (self.weight,)))


@dataclass(frozen=True)
class CheckedDonor:
    """The donor's rows that count, and what is to be trained on them.

    Attributes
    ----------
    donor
        The rows with a positive weight.
    rows
        Where they stand in the table that was given.
    weights
        Survey weights with mean 1.
    asked
        What is to be trained.
    where
        Which donors these are, for messages; empty for all.
    notes
        What a user should know, in sentences.
    """

    donor: pd.DataFrame
    rows: NDArray[np.intp]
    weights: NDArray[np.float64]
    asked: Asked
    where: str
    notes: tuple[str, ...]


def check_asked(
    variables: Variables | None,
    predictors: Predictors | None,
    settings: TrainSettings | None,
    weight: str | None,
    *,
    given: Given | None = None,
    y: Variables | None = None,
    x: Predictors | None = None,
) -> Asked:
    """Check what is asked of a training, before the donor is looked at.

    Parameters
    ----------
    variables, predictors, settings, weight, given, y, x
        As for `fusion_core.fusion.train`.

    Raises
    ------
    InputError
        If nothing is to be fused or nothing to predict it from, or something is said twice.
    """
    settings = checked_settings(settings)
    if weight is not None:
        require_text(weight, "weight")
    named = by_either_name(variables, y, "variables", "y")
    listed = by_either_name(predictors, x, "predictors", "x")
    steps = normalise_steps(named)
    names, settings = normalise_predictors(listed, steps, settings)
    shares = {
        name: tuple(column_names(columns, "given", kind="column"))
        for name, columns in (given or {}).items()
    }
    first = tuple((name,) for name in shares)
    refuse_repeats([name for step in (*first, *steps) for name in step], "fusion variable", "given")
    return Asked((*first, *steps), names, settings, weight, shares)


def check_donor(table: Table, asked: Asked) -> CheckedDonor:
    """Read a donor and check its names, rows and weights.

    Parameters
    ----------
    table
        The donor survey.
    asked
        What is to be trained on it.

    Raises
    ------
    InputError
        If a column is missing, repeated or used twice, a weight is none, or there are too few rows.
    """
    donor = read_frame(table, "the donor", answers=asked.columns, exact=asked.variables)
    check_names(donor, asked)
    check_rows(len(donor), "rows")
    weights = check_weights(donor, asked.weight)
    unweighted = () if asked.weight is not None else ("Unweighted: every donor counts once.",)
    keep = weights > 0
    check_rows(int(keep.sum()), "rows with a positive weight")
    rows, weights = np.flatnonzero(keep), _relative_weights(weights[keep])
    if keep.all():
        return CheckedDonor(donor, rows, weights, asked, "", unweighted)
    note = f"{int((~keep).sum()):,} donors have weight zero and were left out."
    where = "donors with a positive weight"
    return CheckedDonor(donor.loc[keep], rows, weights, asked, where, (note,))


def normalise_steps(
    variables: Variables | None,
) -> tuple[tuple[str, ...], ...]:
    """Return the steps of a fusion as tuples of names; an inner sequence is a block.

    Raises
    ------
    InputError
        If nothing is to be fused, a block is empty or a name occurs twice.
    """
    steps = tuple(
        tuple(column_names(item, "variables", kind="fusion variable"))
        if isinstance(item, Iterable)
        else tuple(column_names([item], "variables"))
        for item in ([] if variables is None else items_of(variables, "variables"))
    )
    if not steps:
        raise InputError("No fusion variable is chosen", fix="Name at least one donor variable")
    if not all(steps):
        raise InputError("A block of fusion variables is empty", fix="Name its variables")
    refuse_repeats([name for step in steps for name in step], "fusion variable", "variables")
    return steps


def check_names(donor: pd.DataFrame, asked: Asked) -> None:
    """Check that every name exists once and has one role.

    Raises
    ------
    InputError
        If a column is missing, repeated or used twice.
    """
    fused, predictors, settings = asked.variables, asked.predictors, asked.settings
    columns = list(donor.columns)
    require_names(fused, columns, "fusion variable", "the donor")
    require_names(predictors, columns, "predictor", "the donor")
    if asked.weight is not None and asked.weight not in columns:
        raise missing_weight(asked.weight, columns, where="the donor")
    require_names(settings.force, predictors, "predictor", "the setting 'force'")
    require_names(
        [name for name, _ in settings.types],
        [*predictors, *fused],
        "variable",
        "the setting 'types'",
    )
    check_lists(fused, predictors, settings)
    both = [name for name in fused if name in set(predictors)]
    if both:
        raise InputError(
            f"The variable '{both[0]}' is both a fusion variable and a predictor",
            fix="Take it out of the predictors or of the fusion variables",
        )
    if asked.weight in {*fused, *predictors}:
        raise InputError(
            f"The weight column '{asked.weight}' is also a predictor or fusion variable",
            fix="Take it out of the predictors and fusion variables",
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


def check_name(name: str) -> str:
    """Return the name of a donor survey, if it is a text.

    Raises
    ------
    InputError
        If it is no text.
    """
    if not isinstance(name, str):
        raise InputError(f"The donor's name is {name!r}", fix="Give a text, such as 'RECS 2020'")
    return name


def _relative_weights(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights of mean one."""
    with np.errstate(over="ignore"):
        if not np.isfinite(weights.sum()):
            weights = weights / weights.max()
    # float32 is what the trees see; rounding here makes the result blind to the weights' unit.
    relative = (weights / weights.mean()).astype(np.float32)
    return np.asarray(relative, dtype=np.float64)
