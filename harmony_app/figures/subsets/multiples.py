"""The curve of every variable in a small frame of its own, all on the same scales, the worst first.

One panel holds all frames: forty figures side by side would take a page seconds to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from harmony_app.figures.look import Look
from harmony_app.figures.printing import Sheet
from harmony_app.figures.strokes import Stroke, joined_strokes
from harmony_app.figures.subsets.curves import SizeMark, share_ticks, value_range
from harmony_app.figures.subsets.metrics import Metric, value_text
from harmony_app.shell.look import axis_numbers, joined, percent, round_ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COLUMNS: Final = 5
"""Frames side by side on a page; on paper there is one less."""

# Height of a row of frames on a page, and what is around all of them, in pixels.
_ROW_HEIGHT: Final = 88
_EDGES: Final = 46
# A frame inside its cell, whose sides are 1 long.
_LEFT, _RIGHT, _BOTTOM, _TOP = 0.05, 0.97, 0.06, 0.7
_NAME: Final = 0.84
_LETTERS: Final = 20
_TICKS: Final = 2


def worst_first(curves: pd.DataFrame, metric: Metric, names: Sequence[str]) -> list[str]:
    """Return variables in the order of what a metric says of their smallest subsets.

    Parameters
    ----------
    curves
        As `fusion_core.validation.Validation.curves`.
    metric
        Errors and uncertainty are worst where they are largest, value-added where it is smallest.
    names
        The variables; those without a curve are left out.
    """
    own = curves[(curves["metric"] == metric.name) & curves["variable"].isin(names)]
    own = own.dropna(subset=["value"])
    smallest = own.loc[own.groupby("variable", sort=False)["share"].idxmin()]
    ordered = smallest.sort_values("value", ascending=metric.name == "value_added", kind="stable")
    return [str(name) for name in ordered["variable"]]


def height_on_page(variables: int) -> int:
    """Return the height of the panel of so many variables on a page, in pixels."""
    return _ROW_HEIGHT * max(-(-variables // COLUMNS), 1) + _EDGES


def multiples_panel(
    curves: pd.DataFrame,
    names: Sequence[str],
    metric: Metric,
    look: Look,
    *,
    chosen: str = "",
    marks: Sequence[SizeMark] = (),
) -> Any:
    """Return the panel of all frames.

    Parameters
    ----------
    curves
        As `fusion_core.validation.Validation.curves`.
    names
        The variables.
    metric
        What is drawn of each.
    look
        Where it is drawn.
    chosen
        The variable whose frame is marked.
    marks
        Typical sizes of areas.
    """
    hv, colours = look.hv, look.colours
    of = {
        str(name): own.sort_values("share")
        for name, own in curves[curves["metric"] == metric.name].groupby("variable", sort=False)
    }
    order = worst_first(curves, metric, names)
    columns = _columns(look)
    grid = _Grid([of[name] for name in order], value_range(metric, curves), columns, marks)
    frames = hv.Rectangles(_frames(grid, order, of, metric), vdims=["name", "said"])
    parts = [look.opts(frames, {**look.tiles(colours["grid"]), **look.told("name", ["said"])})]
    if chosen in order:
        own = hv.Rectangles([grid.box(order.index(chosen))])
        parts.append(look.opts(own, look.band(colours["accent"], alpha=0.16)))
    parts += look.strokes(grid.strokes(metric, marks, look))
    said = [(*grid.name(place), _shortened(name)) for place, name in enumerate(order)]
    labels = hv.Labels(said, ["x", "y"], "label")
    parts.append(look.opts(labels, look.words(colours["text"], size=11.5, align="left")))
    height = {} if look.on_paper else {"height": height_on_page(len(order))}
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            grid=False,
            xlabel="share of households in the subset" if look.on_paper else "size of the subset",
            ylabel=metric.axis,
            xlim=(0.0, float(columns)),
            ylim=(-float(grid.rows), 0.0),
            xticks=grid.share_ticks(),
            yticks=grid.value_ticks(metric),
            **height,
        ),
    )


def multiples_sheet(
    curves: pd.DataFrame,
    names: Sequence[str],
    metric: Metric,
    *,
    title: str,
    note: str = "",
    marks: Sequence[SizeMark] = (),
) -> Sheet:
    """Return the panel of all frames with its words.

    Parameters
    ----------
    curves, names, metric, marks
        As in `multiples_panel`.
    title
        Of the run.
    note
        What the numbers are of, before the rest of the caption.
    """
    said = [
        note,
        "Every variable on the same scales, in the order of its smallest subsets; a line is the typical",
    ]
    said.append("result of subsets of that size.")
    if metric.reference is not None:
        said.append("Dashed: as sure as if the question had been asked.")
    if marks:
        kinds = joined([mark.label for mark in marks], last="or")
        said.append(f"Dotted: the median size of a {kinds} of the recipient.")
    return Sheet(
        title=f"{metric.title} {title}".strip(),
        caption=" ".join(part for part in said if part),
        draw=lambda look: multiples_panel(curves, names, metric, look, marks=marks),
        columns=1,
        panel=0.06 + 0.145 * -(-len(names) // (COLUMNS - 1)),
        grid=False,
    )


def _columns(look: Look) -> int:
    return COLUMNS - 1 if look.on_paper else COLUMNS


class _Grid:
    """Where shares and values of each variable lie in the panel of all frames."""

    def __init__(
        self,
        curves: Sequence[pd.DataFrame],
        up: tuple[float, float],
        columns: int,
        marks: Sequence[SizeMark],
    ) -> None:
        self._curves = curves
        self._columns = columns
        self.rows = max(-(-len(curves) // columns), 1)
        shares = [
            float(edge) for own in curves for edge in (own["share"].min(), own["share"].max())
        ]
        least = min([*shares, *(mark.share for mark in marks), 1.0])
        self._x = (max(float(np.sqrt(least)) - 0.02, 0.0), float(np.sqrt(max([*shares, least]))))
        self._y = up

    def box(self, place: int) -> tuple[float, float, float, float]:
        """Return left, bottom, right and top of a frame."""
        column, row = place % self._columns, place // self._columns
        return column + _LEFT, -row - 1 + _BOTTOM, column + _RIGHT, -row - 1 + _TOP

    def name(self, place: int) -> tuple[float, float]:
        """Return where a variable's name begins."""
        left, bottom, _, _ = self.box(place)
        return left, bottom - _BOTTOM + _NAME

    def strokes(self, metric: Metric, marks: Sequence[SizeMark], look: Look) -> list[Stroke]:
        """Return what is drawn in all frames, cut at them: the reference, sizes of areas, the curves."""
        colours, places = look.colours, range(len(self._curves))
        curves = [
            self._at(place, own["share"].to_numpy(float), own["value"].to_numpy(float))
            for place, own in enumerate(self._curves)
        ]
        found = [_as_one(curves, colours["accent"])]
        if marks:
            sizes = [self._upright(place, mark.share) for place in places for mark in marks]
            found.insert(0, _as_one(sizes, colours["muted"], width=1.0, dash=(2, 2)))
        if metric.reference is not None:
            levels = [self._across(place, metric.reference) for place in places]
            found.insert(0, _as_one(levels, colours["text"], width=1.0, dash=(5, 4)))
        return found

    def _across(self, place: int, value: float) -> tuple[Floats, Floats]:
        """Return the ends of a level line at a value."""
        left, _, right, _ = self.box(place)
        _, y = self._at(place, np.zeros(2), np.full(2, value))
        return np.array([left, right]), y

    def _upright(self, place: int, share: float) -> tuple[Floats, Floats]:
        """Return the ends of an upright line at a share of households."""
        return self._at(place, np.full(2, share), np.array(self._y))

    def share_ticks(self) -> list[tuple[float, str]]:
        """Return ticks of every column: two, apart from each other and from the next column."""
        found = share_ticks(self._x)
        ends = found if len(found) <= _TICKS else [found[0], found[-2]]
        width = self._x[1] - self._x[0]
        return [
            (column + _LEFT + (_RIGHT - _LEFT) * (place - self._x[0]) / width, text)
            for column in range(self._columns)
            for place, text in ends
        ]

    def value_ticks(self, metric: Metric) -> list[tuple[float, str]]:
        """Return ticks of every row."""
        low, high = self._y
        values = [value for value in round_ticks(low, high, 3) if low <= value <= high]
        texts = axis_numbers(values, share=metric.percent, exact=True)
        height = (_TOP - _BOTTOM) / (high - low)
        return [
            (-row - 1 + _BOTTOM + height * (value - low), text)
            for row in range(self.rows)
            for value, text in zip(values, texts, strict=True)
        ]

    def _at(self, place: int, shares: Floats, values: Floats) -> tuple[Floats, Floats]:
        left, bottom, right, top = self.box(place)
        x = (np.sqrt(shares) - self._x[0]) / (self._x[1] - self._x[0])
        y = (np.clip(values, *self._y) - self._y[0]) / (self._y[1] - self._y[0])
        return left + (right - left) * x, bottom + (top - bottom) * y


def _as_one(lines: Sequence[tuple[Floats, Floats]], colour: str, **look: Any) -> Stroke:
    """Return many lines as one with gaps."""
    points = joined_strokes([Stroke(x, y, colour) for x, y in lines])
    return Stroke(points[:, 0], points[:, 1], colour, **look)


def _frames(
    grid: _Grid, order: Sequence[str], of: Mapping[str, pd.DataFrame], metric: Metric
) -> list[tuple[Any, ...]]:
    """Return a frame per variable with what is told of it at the pointer."""
    found: list[tuple[Any, ...]] = []
    for place, name in enumerate(order):
        own = of[name].dropna(subset=["value"])
        ends = [
            f"{value_text(metric, float(row['value']))} in subsets of {percent(row['share'])}"
            for row in (own.iloc[0], own.iloc[-1])
        ]
        found.append((*grid.box(place), name, f"{metric.axis}: {' – '.join(ends)}"))
    return found


def _shortened(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
