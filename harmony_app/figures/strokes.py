"""Many lines as one table: a page draws them as one element, and changes them by its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Stroke:
    """A line and how it is drawn.

    Attributes
    ----------
    x, y
        Its points.
    colour
        As a style sheet writes it.
    width
        In pixels.
    dash
        Lengths of strokes and gaps; none for a whole line.
    alpha
        1 for a line that hides what is below it.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    colour: str
    width: float = 2.0
    dash: tuple[float, ...] = ()
    alpha: float = 1.0


STROKE_STYLES: Final = ("line_color", "line_width", "line_dash", "line_alpha")
"""Columns of how lines look."""


def stroke_columns(lines: Sequence[Stroke]) -> dict[str, list[Any]]:
    """Return lines as the columns that Bokeh draws them by: points first, then how they look."""
    return {
        "xs": [line.x for line in lines],
        "ys": [line.y for line in lines],
        "line_color": [line.colour for line in lines],
        "line_width": [line.width for line in lines],
        "line_dash": [dashed(line.dash) for line in lines],
        "line_alpha": [line.alpha for line in lines],
    }


def dashed(dash: Sequence[float]) -> str:
    """Write the lengths of strokes and gaps as Bokeh reads them."""
    return " ".join(map(str, dash)) or "solid"


def joined_strokes(lines: Sequence[Stroke]) -> NDArray[np.float64]:
    """Return the points of all lines, one a row, with a gap after each line."""
    gap = np.full((1, 2), np.nan)
    return np.concatenate(
        [part for line in lines for part in (np.column_stack((line.x, line.y)), gap)] or [gap]
    )
