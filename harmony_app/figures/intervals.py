"""Dots with intervals in rows: estimates of groups, or differences between runs, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates.statistics import SHARES
from harmony_app.figures.look import Look

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_NAMED: Final = 60
"""Rows that can have their names beside them."""

_NEEDED: Final = ("variable", "level", "statistic", "estimate", "lower", "upper")
_ROW: Final = 17
_EDGES: Final = 74


@dataclass(frozen=True)
class IntervalRows:
    """What a panel of rows shows.

    Attributes
    ----------
    names
        What each row is, the first at the top.
    middle, low, high
        Dots and the ends of their intervals; an interval that is not known is NaN.
    title
        Of the panel.
    across
        Name of the horizontal axis.
    share
        Whether values are shares.
    reference
        Value of an upright line; ``None`` for none.
    colours
        Colour of every row; that of the look when empty.
    """

    names: Sequence[str]
    middle: Floats
    low: Floats
    high: Floats
    title: str
    across: str
    share: bool = False
    reference: float | None = None
    colours: Sequence[str] = ()


def interval_panel(rows: IntervalRows, look: Look) -> Any:
    """Return a panel with a row per name: an interval, and a dot in it."""
    hv, colours = look.hv, look.colours
    count = len(rows.names)
    up = np.arange(count, 0, -1, dtype=float)
    low, high = _ends(rows)
    shades = list(rows.colours) or [colours["accent"]] * count
    parts = []
    if rows.reference is not None:
        line = look.line(colours["text"], width=1.2, dash=(5, 4))
        parts.append(look.opts(hv.VLine(rows.reference), line))
    for shade in dict.fromkeys(shades):
        own = np.array([item == shade for item in shades])
        known = own & np.isfinite(rows.low) & np.isfinite(rows.high)
        bars = hv.Segments((rows.low[known], up[known], rows.high[known], up[known]))
        parts.append(look.opts(bars, look.line(shade, width=2.0, alpha=0.6)))
        said = [f"{name}" for name, is_own in zip(rows.names, own, strict=True) if is_own]
        dots = hv.Scatter((rows.middle[own], up[own], said), "x", ["y", "name"])
        parts.append(look.opts(dots, look.dots(shade, size=6, alpha=1.0)))
    named = count <= MOST_NAMED
    height: dict[str, Any] = (
        {} if look.on_paper else {"height": max(look.height, _ROW * count + _EDGES)}
    )
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            title=rows.title,
            xlabel=rows.across,
            ylabel="" if named else f"{count:,} rows, in order",
            ylim=(0.3, count + 0.7),
            yticks=list(zip(up.tolist(), rows.names, strict=True)) if named else [],
            **height if named else {},
            **look.scale("x", low, high, share=rows.share),
        ),
    )


def _ends(rows: IntervalRows) -> tuple[float, float]:
    """Return ends of the horizontal axis that hold every interval and the reference."""
    values = [rows.middle, rows.low, rows.high]
    if rows.reference is not None:
        values.append(np.array([rows.reference]))
    every = np.concatenate(values)
    every = every[np.isfinite(every)]
    if not len(every):
        return 0.0, 1.0
    room = 0.05 * float(np.ptp(every)) or 0.05 * abs(float(every[0])) or 1.0
    return float(every.min()) - room, float(every.max()) + room


def estimate_panels(table: pd.DataFrame, look: Look) -> list[Any]:
    """Return a panel for each statistic of a table of estimates.

    Parameters
    ----------
    table
        As `fusion_core.estimates.analyze` gives it: the columns before ``variable`` name the groups.
    look
        Where it is drawn.

    Raises
    ------
    InputError
        If the table is none of estimates.
    """
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing or table.empty:
        raise InputError(
            f"The table holds no estimates: it lacks the columns {', '.join(missing)}"
            if missing
            else "The table of estimates is empty",
            fix="Give a table of analyze or survey_estimates",
        )
    groups = list(table.columns[: table.columns.get_loc("variable")])
    levels = table["level"].fillna("").astype(str)
    asked = [table["variable"].astype(str), levels, table["statistic"].astype(str)]
    return [
        interval_panel(_rows(own, groups, *map(str, key)), look)
        for key, own in table.groupby(asked, sort=False, observed=True)
    ]


def _rows(
    own: pd.DataFrame, groups: list[str], variable: str, level: str, statistic: str
) -> IntervalRows:
    ordered = own.sort_values("estimate", ascending=False, kind="stable")
    names = ordered[groups].astype(str).agg(", ".join, axis=1) if groups else ["all households"]
    middle, low, high = (
        ordered[name].to_numpy(dtype=float) for name in ("estimate", "lower", "upper")
    )
    return IntervalRows(
        names=list(names) if groups else ["all households"] * len(ordered),
        middle=middle,
        low=low,
        high=high,
        title=f"{variable}: {level}" if level else variable,
        across=f"{statistic.replace('_', ' ')}, with its interval",
        share=statistic in SHARES,
    )
