"""Bins of a number: left-closed at every breakpoint, and the labels people read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fusion_core.errors import InputError


def format_number(value: float) -> str:
    """Write a number as people type it: no exponent, no superfluous zeros."""
    if value == int(value) and abs(value) < 1e15:  # noqa: PLR2004 - beyond, a float holds no units
        return str(int(value))
    return np.format_float_positional(value, trim="-")


def check_breakpoints(breakpoints: Sequence[float], *, where: str = "") -> None:
    """Check that breakpoints are finite and strictly increasing.

    Raises
    ------
    InputError
        Naming the first breakpoint that is not.
    """
    for value in breakpoints:
        if not np.isfinite(value):
            raise InputError(
                f"The breakpoint {value} is not a finite number", where=where, fix="Remove it"
            )
    for before, after in pairwise(breakpoints):
        if after <= before:
            raise InputError(
                f"The breakpoint {format_number(after)} does not lie above {format_number(before)}",
                where=where,
                fix="List breakpoints in increasing order, each once",
            )


def bin_labels(breakpoints: Sequence[float]) -> tuple[str, ...]:
    """Return the labels of the bins (−∞, b₁), [b₁, b₂), …, [b_k, ∞) in order.

    Examples
    --------
    >>> bin_labels([18, 65])
    ('under 18', '18 to under 65', '65 or more')
    """
    if not breakpoints:
        return ()
    shown = [format_number(value) for value in breakpoints]
    inner = [f"{low} to under {high}" for low, high in pairwise(shown)]
    return (f"under {shown[0]}", *inner, f"{shown[-1]} or more")


def bin_index(
    values: npt.NDArray[np.float64], breakpoints: Sequence[float]
) -> npt.NDArray[np.intp]:
    """Return the bin of every value: 0 below the first breakpoint, k at or above the k-th.

    Missing values (NaN) get the last bin; callers mask them.
    """
    return np.searchsorted(np.asarray(breakpoints, dtype=np.float64), values, side="right")


__all__ = ["bin_index", "bin_labels", "check_breakpoints", "format_number"]
