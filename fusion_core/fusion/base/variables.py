"""What kind of variable a column is, and the numbers it becomes inside a model.

Numbers stay numbers; a categorical variable becomes the position of its level (missing: NaN). The
zero-inflation test is that of Ummel et al. (2024): at least 1 % zeros, and an estimated density at
zero that falls below 90 % of its value when the zeros are removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.frames import finite_numbers, is_number, level_text, plain_column, values_in_words
from fusion_core.fusion.base.settings import VariableKind
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ZERO_SHARE = 0.01
FEWEST_OF_EACH = 2
ZERO_DENSITY_RATIO = 0.9
MOST_LEVELS = 1000
LARGEST_EXACT = 2**53
"""Floating-point numbers hold every whole number up to this one."""


@dataclass(frozen=True, slots=True)
class VariableType(Checked):
    """The kind of a variable and how its values are written as numbers.

    Attributes
    ----------
    name
        Variable name.
    kind
        Continuous, zero-inflated, ordered or nominal; predictors are never zero-inflated.
    levels
        Level labels of a categorical variable in order; codes are positions in it.
    dtype
        Name of the numpy dtype of observed numbers, also where they were declared to be levels;
        empty when the values are labels.
    """

    name: str
    kind: VariableKind
    levels: tuple[str, ...] = ()
    dtype: str = ""

    @property
    def is_categorical(self) -> bool:
        """Whether the values are levels."""
        return self.kind in ("ordered", "nominal")

    @property
    def is_unordered_in_trees(self) -> bool:
        """Whether trees must split on sets of levels; two levels are in order either way."""
        return self.kind == "nominal" and len(self.levels) > 2  # noqa: PLR2004 - two levels

    @property
    def description(self) -> str:
        """The type in words, for messages."""
        if not self.is_categorical:
            return "a number"
        shown = ", ".join(f"'{level}'" for level in self.levels[:6])
        more = f" and {len(self.levels) - 6} more" if len(self.levels) > 6 else ""  # noqa: PLR2004 - how many are shown
        kind = "an ordered" if self.kind == "ordered" else "an unordered"
        return f"{kind} categorical variable with the levels {shown}{more}"


def detect_type(
    column: pd.Series[Any], *, override: VariableKind | None = None, fused: bool = False
) -> VariableType:
    """Find a column's type.

    Parameters
    ----------
    column
        Values of the donor.
    override
        Kind stated by the user instead of the detected one.
    fused
        Whether the variable is fused, so that zero inflation matters.

    Raises
    ------
    InputError
        If the values are neither numbers nor levels, or cannot be of the stated kind.
    """
    name = str(column.name)
    column = plain_column(column, where="the donor")
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        _refuse_number(name, override)
        detected: VariableKind = "ordered" if dtype.ordered else "nominal"
        levels = tuple(level_text(level) for level in dtype.categories)
        return VariableType(name, override or detected, levels)
    if pd.api.types.is_bool_dtype(dtype):
        _refuse_number(name, override)
        return VariableType(name, override or "nominal", ("False", "True"))
    if is_number(dtype):
        if override in ("ordered", "nominal"):
            present = pd.Series(column.dropna().unique()).sort_values()
            levels = tuple(level_text(value) for value in present if np.isfinite(float(value)))
            return VariableType(name, override, _few(name, levels), _storage_dtype(column))
        kind: VariableKind = override or "continuous"
        if override is None and fused and is_zero_inflated(_numbers(column)):
            kind = "zero_inflated"
        return VariableType(name, kind, dtype=_storage_dtype(column))
    _refuse_number(name, override)
    levels = tuple(sorted(column.dropna().unique()))
    return VariableType(name, override or "nominal", _few(name, levels))


def detect_types(
    frame: pd.DataFrame,
    names: tuple[str, ...],
    overrides: Mapping[str, VariableKind],
    *,
    fused: bool = False,
) -> tuple[VariableType, ...]:
    """Find the types of several columns (see `detect_type`)."""
    return tuple(
        detect_type(frame[name], override=overrides.get(name), fused=fused) for name in names
    )


def exact_values(
    frame: pd.DataFrame, variables: tuple[VariableType, ...]
) -> dict[str, NDArray[Any]]:
    """Return the columns of whole numbers that floating-point numbers do not hold exactly.

    Parameters
    ----------
    frame
        The donor.
    variables
        Types of the columns to look at.

    Returns
    -------
    Whole numbers by name, 0 where there is none.
    """
    found: dict[str, NDArray[Any]] = {}
    for variable in variables:
        column = frame[variable.name]
        if not variable.is_categorical and variable.dtype.lstrip("u").startswith("int"):
            whole = column.to_numpy(dtype=variable.dtype, na_value=0)
            if len(whole) and (whole.max() > LARGEST_EXACT or int(whole.min()) < -LARGEST_EXACT):
                found[variable.name] = whole
    return found


def is_zero_inflated(values: NDArray[np.float64]) -> bool:
    """Tell whether a number has a spike at zero (Ummel et al. 2024, zero-inflation test).

    Parameters
    ----------
    values
        Observed values, missing ones as NaN.
    """
    present = values[np.isfinite(values)]
    zero = present == 0
    # A single zero, or a single other value, is nothing to model.
    if min(zero.sum(), (~zero).sum()) < FEWEST_OF_EACH or zero.mean() < ZERO_SHARE:
        return False
    # Numbers too large to be modelled are refused when they are encoded, in words.
    with np.errstate(over="ignore", invalid="ignore"):
        kernel = np.exp(-0.5 * np.square(present / _silverman_bandwidth(present)))
    return bool(kernel[~zero].mean() / kernel.mean() < ZERO_DENSITY_RATIO)


def encode(
    column: pd.Series[Any], variable: VariableType, rows: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Write a column as numbers: values, or positions of levels; missing values become NaN.

    Parameters
    ----------
    column, rows
        Where they stand in the table they come from; ``None`` for all of it.
    variable
        Its type.

    Raises
    ------
    InputError
        If a value is not of the variable's type, naming variable, expected and found.
    """
    if column.isna().all():  # whatever the type of a column that holds nothing
        return np.full(len(column), np.nan)
    if not variable.is_categorical:
        if not is_number(column.dtype):
            raise _type_mismatch(column, variable)
        return finite_numbers(_numbers(column), variable.name, rows)
    return _encode_levels(column, variable)


def encode_frame(
    frame: pd.DataFrame, variables: tuple[VariableType, ...], rows: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Write several columns as a matrix of shape (rows, variables); see `encode`."""
    matrix = np.empty((len(frame), len(variables)), order="F")
    for place, variable in enumerate(variables):
        matrix[:, place] = encode(frame[variable.name], variable, rows)
    return matrix


def _encode_levels(column: pd.Series[Any], variable: VariableType) -> NDArray[np.float64]:
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        found = [level_text(level) for level in dtype.categories]
        codes = column.cat.codes.to_numpy()
        _check_order(bool(dtype.ordered), found, variable)
    elif is_number(dtype) and not variable.dtype:
        raise _type_mismatch(column, variable)
    else:
        codes, uniques = pd.factorize(column)
        found = [level_text(level) for level in uniques]
    position = {level: float(place) for place, level in enumerate(variable.levels)}
    unknown = [level for level in found if level not in position]
    if unknown:
        shown = ", ".join(f"'{level}'" for level in unknown[:5])
        raise InputError(
            f"The variable '{variable.name}' has levels the donor does not have: {shown}",
            where=f"expected {variable.description}",
            fix="Harmonize both surveys to the same levels",
        )
    table = np.array([*(position[level] for level in found), np.nan])
    return np.asarray(table[codes], dtype=np.float64)


def _check_order(ordered: bool, found: list[str], variable: VariableType) -> None:
    if variable.kind != "ordered" or not ordered:
        return
    known = [level for level in variable.levels if level in set(found)]
    if [level for level in found if level in set(known)] != known:
        raise InputError(
            f"The levels of '{variable.name}' are in another order than in the donor",
            where=f"expected {variable.description}",
            fix="Give both surveys the same category order",
        )


def _type_mismatch(column: pd.Series[Any], variable: VariableType) -> InputError:
    return InputError(
        f"The variable '{variable.name}' holds {values_in_words(column)}",
        where=f"expected {variable.description}",
        fix="Give it the same type in both surveys",
    )


def _refuse_number(name: str, override: VariableKind | None) -> None:
    if override in ("continuous", "zero_inflated"):
        raise InputError(
            f"The variable '{name}' holds levels but is declared {override.replace('_', '-')}",
            fix="Convert it to numbers first, or declare it ordered or nominal",
        )


def _few(name: str, levels: tuple[str, ...]) -> tuple[str, ...]:
    if len(levels) > MOST_LEVELS:
        raise InputError(
            f"The variable '{name}' has {len(levels):,} different values, more than {MOST_LEVELS:,}",
            fix="Leave out identifiers, or group the levels",
        )
    return levels


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _storage_dtype(column: pd.Series[Any]) -> str:
    """Return the numpy dtype that holds the observed values exactly."""
    if pd.api.types.is_integer_dtype(column.dtype):
        unsigned = pd.api.types.is_unsigned_integer_dtype(column.dtype)
        size = getattr(column.dtype, "itemsize", 8)
        return f"{'u' if unsigned else ''}int{8 * size}"
    return "float64"


def _silverman_bandwidth(values: NDArray[np.float64]) -> float:
    """Return the rule-of-thumb kernel bandwidth 0.9 min(sd, IQR/1.34) n^(-1/5)."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    low, high = np.quantile(values, [0.25, 0.75])
    spread = min(deviation, float(high - low) / 1.34) or deviation or 1.0
    return float(0.9 * spread * len(values) ** -0.2)
