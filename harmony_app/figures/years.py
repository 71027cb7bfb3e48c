"""A statistic over years: a line per area, with its margins of error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.figures.printing import Mark, Sheet
from harmony_app.shell.look import figure_colours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harmony_app.figures.look import Look

    Floats = NDArray[np.float64]

_DASHES: Final = ((), (7, 4), (2, 3))
_ROOM: Final = 0.08
_APART: Final = 0.06
"""How far lines are moved aside, in steps of a year, so that their margins do not cover each other."""


@dataclass(frozen=True)
class YearLine:
    """One line.

    Attributes
    ----------
    name
        Of what it is.
    estimate, lower, upper
        One value per year, not-a-number where there is none.
    everybody
        Whether it is the reference all areas make together.
    """

    name: str
    estimate: Floats
    lower: Floats
    upper: Floats
    everybody: bool = False


@dataclass(frozen=True)
class YearView:
    """What the figure shows.

    Attributes
    ----------
    years
        Names of the years, oldest first.
    lines
        At most three.
    axis
        What is estimated.
    share
        Whether values are shares, to be written in per cent.
    """

    years: tuple[str, ...]
    lines: tuple[YearLine, ...]
    axis: str
    share: bool = False

    @property
    def places(self) -> Floats:
        """Where the years are on the horizontal axis: as far apart as they are, where that is known."""
        if all(year.isdecimal() for year in self.years):
            return np.array([float(year) for year in self.years])
        return np.arange(len(self.years), dtype=float)


def year_panel(view: YearView, look: Look) -> Any:
    """Return the figure as a HoloViews overlay.

    Parameters
    ----------
    view
        What it shows.
    look
        Where it is drawn.
    """
    hv, places = look.hv, view.places
    step = float(np.diff(places).min()) if len(places) > 1 else 1.0
    parts = []
    for number, line in enumerate(view.lines):
        x = places + _APART * step * (number - (len(view.lines) - 1) / 2)
        colour, dash = _style(view, number, look.colours)
        known = np.isfinite(line.lower) & np.isfinite(line.upper)
        margins = hv.Segments(
            (x[known], line.lower[known], x[known], line.upper[known]), ["x", "low", "x2", "high"]
        )
        parts += [
            look.opts(margins, look.line(colour, width=2.0, alpha=0.55)),
            look.opts(
                hv.Curve((x, line.estimate), "x", "y", label=line.name),
                look.line(colour, width=2.2, dash=dash),
            ),
            look.opts(hv.Scatter((x, line.estimate), "x", "y"), look.dots(colour, size=8, alpha=1)),
        ]
    low, high = _range(view.lines)
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            xlabel="",
            ylabel=view.axis,
            xlim=(places[0] - 0.3 * step, places[-1] + 0.3 * step),
            xticks=list(zip(places.tolist(), view.years, strict=True)),
            **look.scale("y", low, high, share=view.share),
        ),
    )


def year_sheet(view: YearView, *, title: str, caption: str) -> Sheet:
    """Return the figure with its words, for a file."""
    return Sheet(
        title=title,
        caption=f"{caption} Upright lines: 90 % margins of error.",
        draw=lambda look: year_panel(view, look),
        legend=year_marks(view),
        columns=1,
        panel=0.5,
    )


def year_marks(view: YearView, theme: Any = "light") -> tuple[Mark, ...]:
    """Return the legend: the name, colour and dash of every line."""
    colours = figure_colours(theme)
    styles = [_style(view, number, colours) for number in range(len(view.lines))]
    return tuple(
        Mark(line.name, colour, dash=dash)
        for line, (colour, dash) in zip(view.lines, styles, strict=True)
    )


def _style(view: YearView, number: int, colours: dict[str, str]) -> tuple[str, tuple[int, ...]]:
    """Return colour and dash of a line: areas in the colours of the page, everybody in grey."""
    if view.lines[number].everybody:
        return colours["muted"], _DASHES[1]
    own = sum(not line.everybody for line in view.lines[:number])
    return (colours["accent"], colours["text"])[own], (_DASHES[0], _DASHES[2])[own]


def _range(lines: Sequence[YearLine]) -> tuple[float, float]:
    """Return the ends of the vertical axis: all margins, with a little room."""
    parts = [part for line in lines for part in (line.estimate, line.lower, line.upper)]
    values = np.concatenate(parts) if parts else np.zeros(0)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = _ROOM * ((high - low) or abs(high) or 1.0)
    return max(low - room, 0.0) if low >= 0 else low - room, high + room
