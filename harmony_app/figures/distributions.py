"""Distributions, observed and fused: densities of numbers and shares of answers, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.figures.look import Look
from harmony_app.shell.look import number

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MOST_LEVELS: Final = 24
"""Answers that have a row each."""

_APART: Final = 0.17
_ROW: Final = 30
_EDGES: Final = 80


def distribution_panel(marginals: pd.DataFrame, variable: str, look: Look) -> Any:
    """Return the distribution of a variable on both sides.

    Parameters
    ----------
    marginals
        `fusion_core.validation.Validation.marginals`.
    variable
        The variable.
    look
        Where it is drawn.
    """
    own = marginals[marginals["variable"] == variable]
    if own["lower"].isna().all():
        return _answers(own, variable, look)
    return _density(own, variable, look)


def _density(own: pd.DataFrame, variable: str, look: Look) -> Any:
    """Return two outlines of shares per bin; the fused one is filled, both have bands."""
    hv = look.hv
    lower, upper = own["lower"].to_numpy(dtype=float), own["upper"].to_numpy(dtype=float)
    width = upper - lower
    # The outermost bins hold the tails: they are as high as their households are dense.
    step = float(np.median(width[1:-1] if len(width) > 2 else width))  # noqa: PLR2004 - two tails
    scale = step / np.maximum(width, 1e-300)
    low, high = max(lower[0], upper[0] - step), min(upper[-1], lower[-1] + step)
    x = np.ravel([lower, upper], order="F")

    def outline(values: Floats) -> Floats:
        return np.repeat(values * scale, 2)

    parts, top = [], 0.0
    for side, colour in _sides(look):
        share, moe = _with_margin(own, side)
        top = max(top, float(np.nanmax((share + np.nan_to_num(moe)) * scale)))
        if side == "simulated":
            area = hv.Area((x, outline(share)), "x", "y")
            parts.append(look.opts(area, look.band(colour, alpha=0.16)))
        if np.isfinite(moe).any():
            ends = outline(np.maximum(share - moe, 0.0)), outline(share + moe)
            band = hv.Area((x, *ends), "x", ["low", "high"])
            parts.append(look.opts(band, look.band(colour, alpha=0.28)))
        dash = (5, 3) if side == "observed" else ()
        parts.append(look.opts(hv.Curve((x, outline(share))), look.line(colour, dash=dash)))
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            title=variable,
            xlabel=variable,
            ylabel=f"share per {number(step)}",
            **look.scale("x", float(low), float(high)),
            **look.scale("y", 0.0, 1.08 * top or 1.0, share=True),
        ),
    )


def _answers(own: pd.DataFrame, variable: str, look: Look) -> Any:
    """Return a row per answer with two dots and their intervals."""
    hv, shown = look.hv, own.head(MOST_LEVELS)
    rows = np.arange(len(shown), 0, -1, dtype=float)
    parts, top = [], 0.0
    for side, colour in _sides(look):
        share, moe = _with_margin(shown, side)
        at = rows + (_APART if side == "observed" else -_APART)
        known = np.isfinite(moe)
        ends = np.maximum(share - moe, 0.0)[known], (share + moe)[known]
        bars = hv.Segments((ends[0], at[known], ends[1], at[known]))
        parts.append(look.opts(bars, look.line(colour, width=2.0, alpha=0.6)))
        dots = hv.Scatter((share, at), "x", "y")
        parts.append(look.opts(dots, look.dots(colour, size=7, hollow=side == "observed", alpha=1)))
        top = max(top, float(np.nanmax(share + np.nan_to_num(moe))))
    height: dict[str, Any] = (
        {} if look.on_paper else {"height": max(look.height, _ROW * len(shown) + _EDGES)}
    )
    return look.opts(
        hv.Overlay(parts),
        look.frame(
            title=variable,
            xlabel="share of households",
            ylabel="",
            ylim=(0.4, len(shown) + 0.6),
            yticks=list(zip(rows.tolist(), shown["level"].astype(str), strict=True)),
            **height,
            **look.scale("x", -0.02 * top, 1.05 * top or 1.0, share=True),
        ),
    )


def _sides(look: Look) -> tuple[tuple[str, str], ...]:
    return ("simulated", look.colours["accent"]), ("observed", look.colours["text"])


def _with_margin(own: pd.DataFrame, side: str) -> tuple[Floats, Floats]:
    """Return shares and their margins of error, NaN where the validation is of an earlier version."""
    share = own[side].to_numpy(dtype=float)
    if f"{side}_moe" not in own.columns:
        return share, np.full(len(share), np.nan)
    return share, own[f"{side}_moe"].to_numpy(dtype=float)
