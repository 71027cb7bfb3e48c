"""Whether draws are as sure as they should be: answers true against drawn, ranges that hold the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.figures.look import Look
from harmony_app.shell.look import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

MOST_LEVELS: Final = 8
"""Answers of a variable that have a panel each."""

_DOTS: Final = (4.0, 13.0)


def shown_levels(reliability: pd.DataFrame) -> list[str]:
    """Return the answers to draw: the most frequent ones; of two, whose charts mirror, the rarer."""
    weighted = reliability["observed"].astype(float) * reliability["share"].astype(float)
    frequency = weighted.groupby(reliability["level"], sort=False).sum()
    if len(frequency) == 2:  # noqa: PLR2004 - yes and no
        return [str(frequency.idxmin())]
    ordered = frequency.sort_values(ascending=False, kind="stable")
    kept = set(ordered.index[:MOST_LEVELS])
    return [str(level) for level in frequency.index if level in kept]


def answers_left_out(reliability: pd.DataFrame, variables: Sequence[str]) -> dict[str, int]:
    """Return how many rarer answers have no panel, by variable; those of which all have one are missing.

    Of two answers, whose charts mirror each other, none counts as left out.

    Parameters
    ----------
    reliability
        As in `fusion_core.validation.Validation`.
    variables
        The variables that are drawn.
    """
    found = {}
    for name in variables:
        own = reliability[reliability["variable"] == name]
        left = own["level"].nunique() - MOST_LEVELS
        if left > 0:
            found[name] = int(left)
    return found


def calibration_panels(
    reliability: pd.DataFrame, coverage: pd.DataFrame, variable: str, look: Look
) -> list[Any]:
    """Return the panels of a variable: of a number one of its ranges, of a category one per answer.

    Parameters
    ----------
    reliability, coverage
        As in `fusion_core.validation.Validation`.
    variable
        The variable.
    look
        Where it is drawn.
    """
    held = coverage[coverage["variable"] == variable]
    if len(held):
        return [_ranges(held, variable, look)]
    own = reliability[reliability["variable"] == variable]
    if own.empty:
        return []
    return [
        _answers(own[own["level"] == level], f"{variable}: {level}", look)
        for level in shown_levels(own)
    ]


def _ranges(held: pd.DataFrame, variable: str, look: Look) -> Any:
    hv, colours = look.hv, look.colours
    x, y = held["level"].to_numpy(dtype=float), held["held"].to_numpy(dtype=float)
    low = max(0.0, min(x.min(), y.min()) - 0.08)
    said = [
        f"hold {percent(row['held'])}: {percent(row['below'])} lie below, {percent(row['above'])} above"
        for row in held.to_dict("records")
    ]
    titles = [f"{percent(level, decimals=0)} ranges" for level in x]
    dots = hv.Scatter((x, y, titles, said), "x", ["y", "title", "said"])
    style = look.dots(colours["accent"], size=9, alpha=1.0)
    parts = [
        _ideal(low, 1.0, look),
        look.opts(hv.Curve((x, y)), look.line(colours["accent"], width=1.2, alpha=0.6)),
        look.opts(dots, style | look.told("title", ["said"])),
    ]
    return _square(
        parts, (low, 1.0), variable, ("range of the draws", "true values it holds"), look
    )


def _answers(answers: pd.DataFrame, title: str, look: Look) -> Any:
    hv, colours = look.hv, look.colours
    drawn, observed, lower, upper, share = (
        answers[name].to_numpy(dtype=float)
        for name in ("drawn", "observed", "lower", "upper", "share")
    )
    top = min(1.0, 1.05 * float(max(drawn.max(), upper.max(), 0.01)))
    bars = hv.Segments((drawn, lower, drawn, upper))
    parts = [
        _ideal(0.0, top, look),
        look.opts(bars, look.line(colours["accent"], width=2.0, alpha=0.55)),
    ]
    rows = answers.to_dict("records")
    titles = [f"drawn {percent(row['drawn'])}, true {percent(row['observed'])}" for row in rows]
    said = [
        f"90 % interval {percent(row['lower'])} to {percent(row['upper'])}; "
        f"{row['rows']:,.0f} households"
        for row in rows
    ]
    sizes = _sizes(share)
    dots = hv.Scatter((drawn, observed, titles, said, sizes), "x", ["y", "title", "said", "size"])
    style = look.dots(colours["accent"], alpha=0.9, sizes=("size", sizes))
    parts.append(look.opts(dots, style | look.told("title", ["said"])))
    return _square(
        parts, (-0.02 * top, top), title, ("share of draws", "share of true answers"), look
    )


def _sizes(share: Any) -> Any:
    """Return the diameters of dots whose areas grow with the households they stand for."""
    return np.clip(_DOTS[1] * np.sqrt(np.minimum(2.0 * share, 1.0)), *_DOTS)


def _ideal(low: float, high: float, look: Look) -> Any:
    ideal = look.hv.Curve(([low, high], [low, high]))
    return look.opts(ideal, look.line(look.colours["muted"], width=1.2, dash=(5, 4)))


def _square(
    parts: list[Any],
    ends: tuple[float, float],
    title: str,
    names: tuple[str, str],
    look: Look,
) -> Any:
    return look.opts(
        look.hv.Overlay(parts),
        look.frame(
            title=title,
            xlabel=names[0],
            ylabel=names[1],
            **look.scale("x", *ends, share=True),
            **look.scale("y", *ends, share=True),
        ),
    )
