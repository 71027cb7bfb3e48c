"""Estimates of areas against other values of the same areas: a dot each, and the line of no difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.figures.look import Look
from harmony_app.figures.printing import Mark
from harmony_app.shell.look import figure_colours, number

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from harmony_app.shell.session import Theme

    Floats = NDArray[np.float64]

_MANY: Final = 300
# Margins of more areas than this would cover the dots.
_WHISKERS: Final = 250
# Room beyond the ends of a logarithmic axis, as a factor.
_LOG_ROOM: Final = 1.3


@dataclass(frozen=True)
class AreaDots:
    """What a panel of areas shows.

    Attributes
    ----------
    x, y
        The two values of every area.
    moe
        Margins of error of `y`; NaN where there are none.
    inside
        Whether the two are within their margins of error.
    names, said
        What each area is called, and what is told of it.
    title, across, up
        Of the panel and its axes.
    share
        Whether values are shares.
    counts
        Whether they are totals whose sizes differ by orders of magnitude.
    same
        Whether both are one quantity, so that a line of no difference means something.
    ranks
        Whether they are ranks, 1 the highest, at the right and above.
    slope
        Slope and intercept of a further line; ``None`` for none.
    """

    x: Floats
    y: Floats
    moe: Floats
    inside: NDArray[np.bool_]
    names: Sequence[str]
    said: Sequence[str]
    title: str
    across: str
    up: str
    share: bool = False
    counts: bool = False
    same: bool = True
    ranks: bool = False
    slope: tuple[float, float] | None = None


def table_dots(
    points: pd.DataFrame, *, ranks: bool, same: bool, share: bool, counts: bool
) -> AreaDots:
    """Return the areas of a comparison with an independent table.

    Parameters
    ----------
    points
        Of a `fusion_core.validation.external.ExternalComparison`.
    ranks
        Show ranks in place of values.
    same, share, counts
        As in `AreaDots`.
    """
    columns = ("external_rank", "rank") if ranks else ("external", "estimate")
    x, y = (points[name].to_numpy(dtype=float) for name in columns)
    moe = points["moe"].to_numpy(dtype=float)
    codes = points["area"].astype(str)
    named = points["name"].fillna("").astype(str) if "name" in points else codes
    return AreaDots(
        x=x,
        y=y,
        moe=np.full(len(points), np.nan) if ranks else moe,
        inside=points["within_moe"].to_numpy(dtype=bool) | (not same),
        names=[name or code for name, code in zip(named, codes, strict=True)],
        said=[
            f"{number(row['estimate'])} ± {number(row['moe'])}, table {number(row['external'])}"
            for row in points.to_dict("records")
        ],
        title="Ranks, 1 the highest" if ranks else "Values",
        across="rank in the table" if ranks else "table",
        up="rank of the estimate" if ranks else "estimate",
        share=share and not ranks,
        counts=counts and not ranks,
        same=same,
        ranks=ranks,
    )


def known_dots(areas: pd.DataFrame, *, level: str, slope: float) -> AreaDots:
    """Return the areas of a hidden variable, fused and as the recipient says.

    Parameters
    ----------
    areas
        Areas of one hidden variable and level, with margins.
    level
        The level; empty for a number.
    slope
        By how much the map rises where the truth rises by 1.
    """
    x, y = (areas[name].to_numpy(dtype=float) for name in ("answer", "fused"))
    line = (slope, float(y.mean() - slope * x.mean())) if np.isfinite(slope) else None
    return AreaDots(
        x=x,
        y=y,
        moe=np.full(len(areas), np.nan),
        inside=areas["inside"].to_numpy(dtype=bool),
        names=areas["area"].astype(str).tolist(),
        said=[
            f"fused {number(fused)}, recipient {number(answer)} ± {number(margin)}"
            for fused, answer, margin in zip(y, x, areas["margin"], strict=True)
        ],
        title="",
        across="what the recipient says",
        up="fused",
        share=bool(level),
        slope=line,
    )


def area_marks(*, same: bool, theme: Theme = "light") -> tuple[Mark, ...]:
    """Return what the dots and the dashed line stand for; nothing where a line of no difference means nothing."""
    colours = figure_colours(theme)
    return (
        (
            Mark("within the margins of error of both", colours["accent"], "dot"),
            Mark("beyond them", colours["bad"], "dot"),
            Mark("the same on both sides", colours["muted"], dash=(5, 4)),
        )
        if same
        else ()
    )


def area_panel(dots: AreaDots, look: Look) -> Any:
    """Return the panel: the line of no difference, margins of error, and a dot per area."""
    hv, colours = look.hv, look.colours
    across, up = _ranges(dots)
    logged = dots.counts and min(*across, *up) > 0
    parts = []
    if dots.same or dots.ranks:
        ends = [min(across), max(across)]
        ideal = look.line(colours["muted"], width=1.2, dash=(5, 4))
        parts.append(look.opts(hv.Curve((ends, ends)), ideal))
    if dots.slope is not None:
        slope, start = dots.slope
        far = np.array([min(across), max(across)])
        parts.append(look.opts(hv.Curve((far, start + slope * far)), look.line(colours["text"])))
    if len(dots.x) <= _WHISKERS and np.isfinite(dots.moe).any():
        low = np.maximum(dots.y - dots.moe, up[0]) if logged else dots.y - dots.moe
        bars = hv.Segments((dots.x, low, dots.x, dots.y + dots.moe))
        parts.append(look.opts(bars, look.line(colours["muted"], width=1.4, alpha=0.5)))
    small = len(dots.x) > _MANY
    names, said = np.asarray(dots.names, dtype=object), np.asarray(dots.said, dtype=object)
    for own, tone in ((dots.inside, "accent"), (~dots.inside, "bad")):
        table = (dots.x[own], dots.y[own], names[own], said[own])
        style = look.dots(colours[tone], size=4 if small else 7, alpha=0.5 if small else 0.75)
        points = hv.Scatter(table, "x", ["y", "name", "said"])
        parts.append(look.opts(points, style | look.told("name", ["said"])))
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            title=dots.title,
            xlabel=dots.across,
            ylabel=dots.up,
            **_axis("x", across, dots, look, logged=logged),
            **_axis("y", up, dots, look, logged=logged),
        ),
    )


def _axis(
    axis: Any, ends: tuple[float, float], dots: AreaDots, look: Look, *, logged: bool
) -> dict[str, Any]:
    if not logged:
        return look.scale(axis, *ends, share=dots.share)
    low, high = ends
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    ticks = [
        (10.0**power, f"{10.0**power:,.0f}" if power >= 0 else f"{10.0**power:g}")
        for power in powers
    ]
    return {f"{axis}lim": ends, f"log{axis}": True, f"{axis}ticks": ticks or [(low, number(low))]}


def _ranges(dots: AreaDots) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the ends of both axes, which two sides of one quantity share; those of ranks fall."""
    if dots.ranks:
        last = float(max(len(dots.x), 1)) + 0.5
        return (last, 0.5), (last, 0.5)
    positive = dots.counts and min(float(dots.x.min()), float(dots.y.min())) > 0
    reach = np.zeros(len(dots.y)) if positive else np.nan_to_num(dots.moe)
    across = _ends(dots.x, logged=positive)
    up = _ends(np.concatenate([dots.y - reach, dots.y + reach]), logged=positive)
    if dots.same:
        across = up = (min(across[0], up[0]), max(across[1], up[1]))
    return across, up


def _ends(values: Floats, *, logged: bool) -> tuple[float, float]:
    """Return a range that holds all values with a little room."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if logged:
        return low / _LOG_ROOM, high * _LOG_ROOM
    room = 0.04 * (high - low) or 1.0
    return (max(0.0, low - room) if low >= 0 else low - room), high + room
