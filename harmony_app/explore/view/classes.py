"""Class breaks of a map: which areas share a colour.

A class is closed on the left, `[break, next break)`; the last one holds the maximum too.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.margins import sure_breaks

ClassMethod = Literal["quantile", "equal", "natural", "sure", "manual"]
CLASS_METHODS: Final[tuple[ClassMethod, ...]] = get_args(ClassMethod)
CLASS_METHOD_TITLES: Final[dict[ClassMethod, str]] = {
    "quantile": "same number of areas",
    "equal": "equal steps",
    "natural": "natural gaps (Jenks)",
    "sure": "fewest areas in doubt",
    "manual": "my own breaks",
}
NO_CLASS: Final = -1
"""Class of an area without a value."""
_DISTINCT_LIMIT: Final = 600


def class_edges(
    values: NDArray[np.float64],
    method: ClassMethod,
    classes: int,
    manual: tuple[float, ...] = (),
    errors: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the edges of the classes, ascending and distinct, one more than there are classes.

    Fewer classes than asked for come back when the values have too few distinct ones.

    Parameters
    ----------
    values
        One value per area; not-a-number where there is none.
    method
        ``quantile`` (same number of areas in each), ``equal`` (same width), ``natural`` (smallest
        sum of squares within classes: Fisher 1958, as used by Jenks), ``sure`` (fewest areas
        expected in a wrong class, see `sure_breaks`) or ``manual``.
    classes
        Number of classes wanted, 1 or more.
    manual
        Breaks between classes, for ``manual``.
    errors
        Standard errors of the values, for ``sure``; without them it is ``quantile``.

    Returns
    -------
    numpy.ndarray
        Empty when no area has a value.
    """
    present = np.sort(values[np.isfinite(values)])
    if not len(present):
        return np.empty(0)
    low, high = float(present[0]), float(present[-1])
    if low == high:
        return np.array([low, high])
    if method == "manual":
        inner = [value for value in sorted(set(manual)) if low < value <= high]
    elif method == "equal":
        inner = list(np.linspace(low, high, classes + 1)[1:-1])
    elif method == "natural":
        inner = natural_breaks(present, classes)
    elif method == "sure" and errors is not None and np.isfinite(errors).any():
        known = np.isfinite(values)
        inner = sure_breaks(values[known], errors[known], classes)
    else:
        inner = list(np.quantile(present, np.linspace(0, 1, classes + 1)[1:-1]))
    edges = np.unique(np.array([low, *inner, high]))
    return edges if len(edges) > 1 else np.array([low, high])


def classify(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class of each value, from 0; `NO_CLASS` where there is no value."""
    if not len(edges):
        return np.full(len(values), NO_CLASS, dtype=np.int64)
    codes = np.searchsorted(edges[1:-1], values, side="right")
    return np.where(np.isfinite(values), codes, NO_CLASS).astype(np.int64)


def natural_breaks(ordered: NDArray[np.float64], classes: int) -> list[float]:
    """Return the inner breaks with the smallest sum of squares within classes.

    Exact dynamic programming over the distinct values (Fisher 1958); above 600 distinct values over
    as many quantiles of them, which moves a break by less than a map can show.

    Parameters
    ----------
    ordered
        Ascending finite values.
    classes
        Number of classes.
    """
    points, counts = np.unique(ordered, return_counts=True)
    if len(points) > _DISTINCT_LIMIT:
        points = np.quantile(ordered, np.linspace(0, 1, _DISTINCT_LIMIT))
        points, counts = np.unique(points, return_counts=True)
    classes = min(classes, len(points))
    weight = np.concatenate([[0.0], np.cumsum(counts, dtype=float)])
    centred = points - points.mean()
    first = np.concatenate([[0.0], np.cumsum(counts * centred)])
    second = np.concatenate([[0.0], np.cumsum(counts * centred**2)])
    size = len(points)
    # within[i, j]: sum of squares of points i … j−1 around their mean; infinite for an empty class.
    total = weight[None, :] - weight[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        within = (second[None, :] - second[:, None]) - (
            first[None, :] - first[:, None]
        ) ** 2 / total
    within = np.where(total > 0, within, np.inf)
    best = within[0]
    choices = []
    for _ in range(1, classes):
        candidates = best[:, None] + within
        choices.append(np.argmin(candidates, axis=0))
        best = np.min(candidates, axis=0)
    breaks, end = [], size
    for choice in reversed(choices):
        end = int(choice[end])
        breaks.append(float(points[end]))
    return breaks[::-1]


def parse_breaks(text: str, *, scale: float = 1.0) -> tuple[float, ...]:
    """Read breaks typed by a user, such as ``1, 3, 8.5``.

    Parameters
    ----------
    text
        Numbers separated by commas, semicolons or blanks; a percent sign is ignored.
    scale
        What one typed unit stands for: 0.01 when percentages are typed for shares.

    Raises
    ------
    InputError
        If a part is not a number or there are more breaks than colours.
    """
    parts = text.replace("%", " ").replace(";", " ").replace(",", " ").split()
    breaks = []
    for part in parts:
        try:
            value = float(part)
        except ValueError as error:
            raise InputError(
                f"'{part}' is not a number", fix="Write breaks like 5, 10, 20"
            ) from error
        if not np.isfinite(value):
            raise InputError(f"'{part}' is no place for a break", fix="Write breaks like 5, 10, 20")
        breaks.append(value * scale)
    most = 8
    if len(set(breaks)) > most:
        raise InputError(
            f"{len(set(breaks))} breaks are more than a map can show", fix=f"Give at most {most}"
        )
    return tuple(sorted(set(breaks)))
