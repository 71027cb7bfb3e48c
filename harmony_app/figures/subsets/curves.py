"""How well subsets of the donor are met, against their size: three metrics, one line per variable.

The horizontal axis is the square root of a subset's share of households, as in the paper. Up to ten
variables have a line of their own; of more the others are one grey web, from which any can be picked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.harmony.model import GROUP_COLOURS
from harmony_app.figures.look import Look
from harmony_app.figures.strokes import Stroke
from harmony_app.figures.subsets.metrics import METRICS, Metric, subset_titles, value_text
from harmony_app.shell.look import figure_colours, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harmony_app.shell.session import Theme

    Floats = NDArray[np.float64]

LINES: Final = 10
"""Variables with a line of their own."""

TICK_SHARES: Final = (0.0001, 0.001, 0.01, 0.05, 0.15, 0.35, 0.65, 1.0)
# Ticks nearer to each other than this part of the axis would touch on a small screen.
_TICK_ROOM: Final = 0.19
_DASHES: Final = ((), (7, 4), (2, 3), (10, 3, 2, 3), (15, 4))
_THICK, _THIN, _WEB = 2.4, 1.6, 0.9
_FAINT: Final = 0.35
# Subsets hardly smaller than the smallest that was compared are as well known.
_EDGE: Final = 0.02
# Upright names of marks need so much of a frame's width and height.
_NAME_ROOM, _NAME_LENGTH = 0.07, 0.26
# What crosses a whole frame ends so far outside it.
_BEYOND: Final = 9.0


@dataclass(frozen=True)
class LineStyle:
    """Colour, dash and width of a variable's line: together they are its own."""

    colour: str
    dash: tuple[int, ...]
    width: float


@dataclass(frozen=True)
class SizeMark:
    """The typical size of a kind of area.

    Attributes
    ----------
    label
        What the areas are called.
    share
        Share of the recipient's households in one of middling size.
    """

    label: str
    share: float


@dataclass(frozen=True)
class Line:
    """A curve of one metric as it is drawn."""

    name: str
    x: Floats
    y: Floats
    style: LineStyle
    alpha: float = 1.0


@dataclass(frozen=True)
class CurveView:
    """What the three panels show.

    Attributes
    ----------
    points
        One row per analysis: ``x``, a column per metric, ``variable``, ``title``, ``detail``, and
        what each value reads like in ``said_`` and the metric.
    lines
        By metric, the lines with colours of their own.
    web
        By metric, all other lines.
    across
        Ends of the horizontal axis.
    up
        By metric, ends of the vertical axis.
    tested
        Where on the horizontal axis the smallest subset is.
    marks
        Typical sizes of areas.
    """

    points: pd.DataFrame
    lines: Mapping[str, tuple[Line, ...]]
    web: Mapping[str, tuple[Line, ...]]
    across: tuple[float, float]
    up: Mapping[str, tuple[float, float]]
    tested: float
    marks: tuple[SizeMark, ...] = ()

    @property
    def untested(self) -> bool:
        """Whether a kind of area is smaller than every subset that was compared."""
        return any(np.sqrt(mark.share) < self.tested for mark in self.marks)

    @property
    def named(self) -> tuple[str, ...]:
        """Variables with lines of their own."""
        return tuple(line.name for line in self.lines[METRICS[0].name])

    def outside(self, metric: str) -> int:
        """Return how many analyses lie outside a panel."""
        low, high = self.up[metric]
        values = self.points[metric].to_numpy(dtype=float)
        return int(((values < low) | (values > high)).sum())


def line_styles(variables: Sequence[str]) -> dict[str, LineStyle]:
    """Return the look of each variable's line; fifty can be told apart, and five without colour."""
    size = len(GROUP_COLOURS)
    return {
        name: LineStyle(
            GROUP_COLOURS[place % size],
            _DASHES[(place + place // size) % len(_DASHES)],
            _THICK if place % size < size // 2 else _THIN,
        )
        for place, name in enumerate(variables)
    }


def drawn_styles(
    variables: Sequence[str], named: Sequence[str], theme: Theme
) -> dict[str, LineStyle]:
    """Return how each variable is drawn: by a line of its own, or as part of the grey web.

    Parameters
    ----------
    variables
        All, in the order of their colours.
    named
        Those with lines of their own.
    theme
        Light or dark page.
    """
    grey = LineStyle(figure_colours(theme)["muted"], (), _WEB)
    own = line_styles(variables)
    return {name: own[name] if name in named else grey for name in variables}


def picked(curves: pd.DataFrame, names: Sequence[str], most: int = LINES) -> list[str]:
    """Return the variables that get a line of their own: all, or those furthest off in small subsets.

    Parameters
    ----------
    curves
        As `fusion_core.validation.Validation.curves`.
    names
        The variables.
    most
        How many there may be.
    """
    if len(names) <= most:
        return list(names)
    errors = curves[curves["metric"] == METRICS[0].name]
    smallest = errors.loc[errors.groupby("variable", sort=False)["share"].idxmin()]
    order = smallest.set_index("variable")["value"].sort_values(ascending=False, kind="stable")
    return [str(name) for name in order.index if name in set(names)][:most]


def curve_view(
    metrics: pd.DataFrame,
    curves: pd.DataFrame,
    names: Sequence[str],
    *,
    chosen: str = "",
    shown: Sequence[str] = (),
    marks: Sequence[SizeMark] = (),
) -> CurveView:
    """Gather what the panels show.

    Parameters
    ----------
    metrics, curves
        As in `fusion_core.validation.Validation`.
    names
        All variables, in the order of their colours.
    chosen
        The variable in detail, with its cloud of analyses; empty shows all alike.
    shown
        Variables to give lines of their own, of which `picked` decides where they are too many; empty means all.
    marks
        Typical sizes of areas.
    """
    own = picked(curves, shown or names)
    if chosen and chosen not in own:
        own = [*own[: LINES - 1], chosen]
    styles = line_styles(names)
    seen = [chosen] if chosen else list(shown or names)
    cloud, visible = (table[table["variable"].isin(seen)] for table in (metrics, curves))
    shares = metrics["share"].to_numpy(dtype=float)
    smallest, largest = (shares.min(), shares.max()) if len(shares) else (0.0, 1.0)
    left = min([smallest, *(mark.share for mark in marks)])
    lines: dict[str, tuple[Line, ...]] = {}
    web: dict[str, tuple[Line, ...]] = {}
    grey = LineStyle("", (), _WEB)
    for metric in METRICS:
        of = {
            str(name): _line(item)
            for name, item in curves[curves["metric"] == metric.name].groupby(
                "variable", sort=False
            )
        }
        lines[metric.name] = tuple(
            Line(name, *of[name], styles[name], 1.0 if chosen in {"", name} else 0.25)
            for name in names
            if name in own and name in of
        )
        web[metric.name] = tuple(
            Line(name, *of[name], grey, _FAINT) for name in names if name in of and name not in own
        )
    return CurveView(
        points=_points(cloud),
        lines=lines,
        web=web,
        across=(
            float(max(0.0, np.sqrt(left) - _EDGE)),
            float(min(1.0 + _EDGE, np.sqrt(largest) + 0.03)),
        ),
        up={metric.name: value_range(metric, visible) for metric in METRICS},
        tested=float(np.sqrt(smallest)),
        marks=tuple(marks),
    )


def value_range(metric: Metric, curves: pd.DataFrame) -> tuple[float, float]:
    """Return the vertical range of a panel: all curves and most points, not the wildest ones."""
    if metric.name == "value_added":
        return 0.0, 1.02
    values = curves.loc[curves["metric"] == metric.name, "value"].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    top = float(values.max()) if len(values) else 1.0
    if metric.reference is None:
        return 0.0, max(top * 1.25, 0.02)
    low = min(float(values.min()) if len(values) else 1.0, metric.reference)
    return max(0.0, low - 0.15), max(top * 1.1, metric.reference + 0.3)


def share_ticks(across: tuple[float, float]) -> list[tuple[float, str]]:
    """Return ticks of the horizontal axis that never touch, the largest share first to be kept."""
    low, high = across
    kept: list[tuple[float, str]] = []
    for share in reversed(TICK_SHARES):
        place = float(np.sqrt(share))
        if low <= place <= high and (not kept or kept[-1][0] - place >= _TICK_ROOM * (high - low)):
            kept.append((place, f"{share * 100:g} %"))
    return kept[::-1]


def curve_panels(view: CurveView, look: Look) -> Any:
    """Return the three panels as a HoloViews layout.

    Parameters
    ----------
    view
        What they show.
    look
        Where they are drawn.
    """
    return look.hv.Layout([curve_panel(view, metric, look) for metric in METRICS])


def curve_panel(view: CurveView, metric: Metric, look: Look) -> Any:
    """Return one panel, from back to front: what was not tested, analyses, lines, marks."""
    hv, colours = look.hv, look.colours
    low, high = view.up[metric.name]
    parts = []
    if view.untested:
        edges = (view.across[0] - _BEYOND, low - _BEYOND, view.tested, high + _BEYOND)
        beyond = hv.Rectangles([edges])
        parts.append(look.opts(beyond, look.band(colours["grid"], alpha=0.75)))
    parts.append(_cloud(view, metric, look))
    parts += look.strokes(strokes(view, metric, look.theme))
    parts += _mark_names(view, (low, high), look)
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            title=metric.title,
            xlabel="share of households in the subset" if look.on_paper else "size of the subset",
            ylabel=metric.axis,
            xlim=view.across,
            xticks=share_ticks(view.across),
            **look.scale("y", low, high, share=metric.percent),
        ),
    )


def strokes(view: CurveView, metric: Metric, theme: Theme) -> list[Stroke]:
    """Return all lines of a panel, from back to front: a reference, the grey web, curves, marks."""
    colours = figure_colours(theme)
    across = np.array([view.across[0] - _BEYOND, view.across[1] + _BEYOND])
    low, high = view.up[metric.name]
    up = np.array([low - _BEYOND, high + _BEYOND])
    found = []
    if metric.reference is not None:
        level = np.full(2, metric.reference)
        found.append(Stroke(across, level, colours["text"], 1.2, (5, 4)))
    for line in (*view.web[metric.name], *view.lines[metric.name]):
        style = line.style
        colour = style.colour or colours["muted"]
        found.append(Stroke(line.x, line.y, colour, style.width, style.dash, line.alpha))
    for mark in view.marks:
        place = np.full(2, np.sqrt(mark.share))
        found.append(Stroke(place, up, colours["accent"], 1.3, (2, 2)))
    return found


def _cloud(view: CurveView, metric: Metric, look: Look) -> Any:
    """Return the analyses as dots, in the colour of their variable."""
    names = list(dict.fromkeys(line.name for line in view.lines[metric.name]))
    ramp = {line.name: line.style.colour for line in view.lines[metric.name]}
    others = view.points["variable"].unique().tolist() if len(view.points) else []
    ramp |= {name: look.colours["muted"] for name in others if name not in names}
    alpha = cloud_alpha(view)
    table = view.points
    if look.on_paper:
        # Only what is inside the frame is printed, under the lines.
        low, high = view.up[metric.name]
        table = table[table[metric.name].between(low, high)]
        shade = [ramp[name] for name in table["variable"]]
        dots = look.hv.Scatter((table["x"], table[metric.name]), "x", "y")
        return look.opts(dots, look.dots(shade or "black", size=3.5, alpha=alpha))
    # A page replaces the columns by those of all panels, with the words told at the pointer.
    dots = look.hv.Scatter(table, "x", [metric.name, "variable"], label="analyses")
    style = look.dots("variable", size=5, alpha=alpha)
    return look.opts(dots, {**style, "cmap": ramp, "nonselection_alpha": 0.04})


def cloud_alpha(view: CurveView) -> float:
    """Return how faint dots are: a cloud of one variable is looked at, that of many is a ground."""
    return 0.5 if view.points["variable"].nunique() <= 1 else 0.16


def _mark_names(view: CurveView, up: tuple[float, float], look: Look) -> list[Any]:
    """Return the names of kinds of areas beside the lines at their typical sizes."""
    if not view.marks:
        return []
    width, height = view.across[1] - view.across[0], up[1] - up[0]
    names: list[tuple[float, float, str]] = []
    for mark in sorted(view.marks, key=lambda mark: mark.share):
        x, y = float(np.sqrt(mark.share)) + 0.03 * width, up[1] - 0.02 * height
        if names and x - names[-1][0] < _NAME_ROOM * width:
            y = names[-1][1] - _NAME_LENGTH * height  # below the name it would cover
        names.append((x, y, mark.label))
    labels = look.hv.Labels(names, ["x", "y"], "label")
    style = look.words(look.colours["accent"], size=11, align="right", turned=True)
    if look.on_paper:
        style |= {"verticalalignment": "top", "horizontalalignment": "center"}
    return [look.opts(labels, style)]


def _points(metrics: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "x": np.sqrt(metrics["share"].to_numpy(dtype=float)),
            **{metric.name: metrics[metric.name].to_numpy(dtype=float) for metric in METRICS},
            "variable": metrics["variable"].astype(str).to_numpy(),
            "title": subset_titles(metrics),
            "detail": [
                f"{percent(share)} of households · {n:,} in the donor"
                for share, n in zip(metrics["share"], metrics["n"], strict=True)
            ],
        }
    )
    for metric in METRICS:
        table[f"said_{metric.name}"] = [
            value_text(metric, float(value)) if np.isfinite(value) else "–"
            for value in table[metric.name]
        ]
    return table


def _line(curve: pd.DataFrame) -> tuple[Floats, Floats]:
    ordered = curve.sort_values("share")
    return np.sqrt(ordered["share"].to_numpy(dtype=float)), ordered["value"].to_numpy(dtype=float)
