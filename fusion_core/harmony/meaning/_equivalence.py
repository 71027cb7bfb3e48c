"""What two sides make of the same numbers: bins and expressions compared by what they do.

``agep <= 17`` and bins at 18 say the same about whole years of age. Rather than comparing texts,
both are tried on the numbers around every constant either of them names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil, floor, isnan
from typing import Final

import numpy as np
import pandas as pd

from fusion_core.errors import ExpressionError
from fusion_core.harmony.expressions import evaluate_expression, mentioned_columns
from fusion_core.harmony.model import GroupCode, Side, bin_index, format_number

_CONSTANT: Final = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive numbers that each of two sides treats alike.

    Attributes
    ----------
    label
        The numbers, for people.
    here, there
        What the two sides make of them: a group, or the number itself.
    """

    label: str
    here: GroupCode
    there: GroupCode


def same_input(here: Side, there: Side, *, is_number: bool) -> bool:
    """Whether the bins of two sides start from the same number.

    Parameters
    ----------
    here, there
        The sides.
    is_number
        Whether the variable itself is a number.
    """
    if _plain(here.adjustment) == _plain(there.adjustment):
        return bool(here.breakpoints or there.breakpoints) or is_number
    return is_number and all(_reads_only_itself(side) for side in (here, there))


def compare_on_numbers(here: Side, there: Side, *, whole: bool) -> list[Stretch]:
    """Return what two sides make of every stretch of numbers, in increasing order.

    Both must start from the same number (see `same_input`), and at least one must bin or adjust it;
    two plain numbers are equal everywhere and yield nothing.

    Parameters
    ----------
    here, there
        The sides.
    whole
        Whether the numbers are whole.

    Raises
    ------
    ExpressionError
        If an adjustment cannot be evaluated on numbers alone.
    """
    adjusted = _plain(here.adjustment) != _plain(there.adjustment)
    if not adjusted and not here.breakpoints and not there.breakpoints:
        return []
    numbers = _probes((here, there), whole=whole, expressions=adjusted)
    if not numbers:
        return []
    results = [_results(side, numbers, adjusted=adjusted) for side in (here, there)]
    pairs = list(zip(numbers, *results, strict=True))
    found = [list(items) for _, items in groupby(pairs, key=lambda item: (item[1], item[2]))]
    edges = [items[0][0] for items in found]
    labels = [_label(low, high, whole=whole) for low, high in pairwise([None, *edges[1:], None])]
    return [
        Stretch(label, items[0][1], items[0][2]) for label, items in zip(labels, found, strict=True)
    ]


def _reads_only_itself(side: Side) -> bool:
    try:
        return not side.adjustment or mentioned_columns(side.adjustment) == (side.variable,)
    except ExpressionError:
        return False


def _probes(sides: Iterable[Side], *, whole: bool, expressions: bool) -> list[float]:
    """Return numbers on, just beside and between every constant."""
    constants: set[float] = set()
    for side in sides:
        constants.update(side.breakpoints)
        if expressions:
            constants.update(float(item) for item in _CONSTANT.findall(side.adjustment))
    ordered = sorted(constants)
    near = [
        shifted
        for item in ordered
        for shifted in (item - 1, item - 0.5, item, item + 0.5, item + 1)
    ]
    near += [(low + high) / 2 for low, high in pairwise(ordered)]
    if whole:
        near = [rounded for item in near for rounded in (floor(item), ceil(item))]
    return sorted({float(item) for item in near})


def _results(side: Side, numbers: Sequence[float], *, adjusted: bool) -> list[GroupCode]:
    values = np.asarray(numbers)
    if adjusted and side.adjustment:
        table = pd.DataFrame({side.variable: values})
        values = pd.to_numeric(evaluate_expression(side.adjustment, table)).to_numpy(
            dtype=np.float64, na_value=np.nan
        )
    if not side.levels:
        return [None if isnan(value) else float(value) for value in values]
    if side.breakpoints:
        groups = [item.group for item in side.levels]
        found = bin_index(values, side.breakpoints)
        return [
            None if isnan(value) or position >= len(groups) else groups[position]
            for value, position in zip(values, found, strict=True)
        ]
    named = {item.level: item.group for item in side.levels}
    return [named.get(format_number(value)) if not isnan(value) else None for value in values]


def _label(low: float | None, high: float | None, *, whole: bool) -> str:
    if low is None:
        return "every number" if high is None else f"under {format_number(high)}"
    if high is None:
        return f"{format_number(low)} or more"
    if whole and high == low + 1:
        return format_number(low)
    return f"{format_number(low)} to under {format_number(high)}"


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


__all__ = ["Stretch", "compare_on_numbers", "same_input"]
