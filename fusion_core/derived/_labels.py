"""What a derived variable holds: the numbers of its expression, or levels made of them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from fusion_core.derived.definition import DerivedVariable, number_named
from fusion_core.errors import InputError
from fusion_core.harmony.model import bin_index, bin_labels, format_number

_YES_NO: Final = ("No", "Yes")


def labelled(
    variable: DerivedVariable,
    values: pd.Series[Any],
    labels: tuple[str, ...],
    *,
    ordered: bool,
    is_condition: bool,
) -> pd.Series[Any]:
    """Turn numbers into what the variable holds: numbers, bins or levels."""
    numbers = values.to_numpy(dtype=np.float64)
    missing = np.isnan(numbers)
    if variable.breakpoints:
        named = tuple(label for _, label in variable.levels) or bin_labels(variable.breakpoints)
        positions = bin_index(np.where(missing, 0.0, numbers), variable.breakpoints)
        return _categorical(positions, missing, named, ordered=True)
    if labels:
        return _texts(variable, numbers, missing, labels, ordered=ordered)
    if variable.levels:
        return _numbered(variable, numbers, missing, is_condition=is_condition)
    if is_condition:
        return _categorical(np.where(missing, 0, numbers), missing, _YES_NO, ordered=False)
    return pd.Series(numbers)


def _texts(
    variable: DerivedVariable,
    numbers: np.ndarray[Any, np.dtype[np.float64]],
    missing: np.ndarray[Any, np.dtype[np.bool_]],
    labels: tuple[str, ...],
    *,
    ordered: bool,
) -> pd.Series[Any]:
    positions = np.where(missing, 0, numbers).astype(np.intp)
    if not variable.levels:
        return _categorical(positions, missing, labels, ordered=ordered)
    place = {value: index for index, (value, _) in enumerate(variable.levels)}
    for index in np.unique(positions[~missing]):
        if labels[index] not in place:
            raise _no_label(variable, labels[index])
    turned = np.array([place.get(label, 0) for label in labels], dtype=np.intp)
    named = tuple(label for _, label in variable.levels)
    return _categorical(turned[positions], missing, named, ordered=ordered)


def _numbered(
    variable: DerivedVariable,
    numbers: np.ndarray[Any, np.dtype[np.float64]],
    missing: np.ndarray[Any, np.dtype[np.bool_]],
    *,
    is_condition: bool,
) -> pd.Series[Any]:
    """Label numbers, in the order of the numbers; of a condition 1 and 0 in the order given."""
    pairs = [(number_named(value), label) for value, label in variable.levels]
    listed = [(value, label) for value, label in pairs if value is not None]
    if len(listed) < len(pairs):
        raise InputError(
            "The levels' values are not numbers, but the expression yields numbers",
            where=variable.name,
            fix="Write levels such as 1=Yes,0=No",
        )
    if not is_condition:
        listed.sort()
    values = np.array([value for value, _ in listed])
    order = np.argsort(values)
    place = np.clip(np.searchsorted(values[order], numbers), 0, len(values) - 1)
    positions = order[np.where(missing, 0, place)]
    unlabelled = ~missing & (values[positions] != numbers)
    if unlabelled.any():
        raise _no_label(variable, format_number(float(numbers[unlabelled][0])))
    is_ordered = not is_condition and len(listed) > 2  # noqa: PLR2004 - of two none lies between
    return _categorical(positions, missing, tuple(label for _, label in listed), ordered=is_ordered)


def _no_label(variable: DerivedVariable, value: str) -> InputError:
    return InputError(
        f"The expression yields '{value}', which has no label among the levels",
        where=variable.name,
        fix=f"Add a level {value}=…, or leave the levels out",
    )


def _categorical(
    positions: np.ndarray[Any, Any],
    missing: np.ndarray[Any, np.dtype[np.bool_]],
    labels: tuple[str, ...],
    *,
    ordered: bool,
) -> pd.Series[Any]:
    codes = np.where(missing, -1, positions).astype(np.int64)
    dtype = pd.CategoricalDtype(list(labels), ordered=ordered)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype))
