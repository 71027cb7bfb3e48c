"""Estimates against an independent table as a figure for a report: values, ranks, the 1:1 line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.html_templates import Macros
from harmony_app.shell.look import (
    REPORT_FONT,
    axis_numbers,
    figure_colours,
    round_ticks,
    text_block,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

_SIDE: Final = 440
_LEFT: Final = 104
# Room beyond the ends of a logarithmic axis, as a factor.
_LOG_ROOM: Final = 1.3
_MARGIN: Final = 36
_TICKS: Final = 6
# Margins of more areas than this would cover the dots.
_WHISKERS: Final = 250
_MACROS: Final = Macros(Path(__file__).parent / "templates" / "comparison.html")


@dataclass(frozen=True)
class ComparisonTexts:
    """The words of the figure.

    Attributes
    ----------
    title, subtitle
        What is compared.
    table, estimate
        What the two axes are.
    findings
        What the numbers say, one sentence each.
    note
        Where they come from.
    same
        Whether both sides are the same quantity, so that a 1:1 line means something.
    share
        Whether values are shares, written in percent.
    counts
        Whether they are totals or counts, whose sizes differ by orders of magnitude.
    """

    title: str
    subtitle: str
    table: str
    estimate: str
    findings: tuple[str, ...]
    note: str
    same: bool = True
    share: bool = False
    counts: bool = False


def comparison_svg(points: pd.DataFrame, texts: ComparisonTexts) -> str:
    """Draw values against values and ranks against ranks, a dot per area.

    Parameters
    ----------
    points
        Of a `fusion_core.validation.external.ExternalComparison`.
    texts
        The words.

    Returns
    -------
    str
        A stand-alone SVG document.
    """
    shades = figure_colours("light")
    width = 2 * (_SIDE + _LEFT) + _MARGIN
    inside = width - 2 * _MARGIN
    title, below = text_block(texts.title, (_MARGIN, 44), inside, 24, shades["text"], bold=True)
    subtitle, below = text_block(texts.subtitle, (_MARGIN, below - 4), inside, 15, shades["muted"])
    top = below + 22
    panels = [
        _panel("Values", points, ("external", "estimate"), texts, share=texts.share),
        _panel("Ranks, 1 the highest", points, ("external_rank", "rank"), texts, share=False),
    ]
    placed = [
        (_LEFT + place * (_SIDE + _LEFT), f"{top:g}", own) for place, own in enumerate(panels)
    ]
    lines, at = "", top + _SIDE + 88
    for sentence in texts.findings:
        drawn, at = text_block(sentence, (_MARGIN, at), inside, 14, shades["text"])
        lines += drawn
    note, height = text_block(texts.note, (_MARGIN, at + 8), inside, 13, shades["muted"])
    size = {"width": width, "height": f"{height:g}", "side": _SIDE}
    words = {"title": title, "subtitle": subtitle, "lines": lines, "note": note}
    inside_margin = float(points["within_moe"].mean()) if texts.same else None
    return _MACROS(
        "figure", size, REPORT_FONT, shades, words, placed, inside_margin, _legend_top(top)
    )


def _legend_top(top: float) -> str:
    return f"{top + _SIDE + 62:g}"


def _panel(
    title: str,
    points: pd.DataFrame,
    columns: tuple[str, str],
    texts: ComparisonTexts,
    *,
    share: bool,
) -> dict[str, Any]:
    across, up = (points[name].to_numpy(dtype=float) for name in columns)
    ranks = columns[1] == "rank"
    moe = np.full(len(points), np.nan) if ranks else points["moe"].to_numpy(dtype=float)
    whiskers = not ranks and len(points) <= _WHISKERS
    reach = np.nan_to_num(moe) if whiskers else 0.0
    spread = texts.counts and not ranks and min(float(across.min()), float(up.min())) > 0
    low_x, high_x = _ends(across, logged=spread)
    low_y, high_y = _ends(up if spread else np.concatenate([up - reach, up + reach]), logged=spread)
    together = ranks or texts.same
    if together:
        low_x = low_y = min(low_x, low_y)
        high_x = high_y = max(high_x, high_y)

    logged = not ranks and texts.counts and low_x > 0 and low_y > 0
    scale = np.log10 if logged else np.asarray

    def right(values: Any) -> Any:
        part = (scale(values) - scale(low_x)) / (scale(high_x) - scale(low_x))
        return _SIDE * ((1 - part) if ranks else part)

    def down(values: Any) -> Any:
        held = np.maximum(values, low_y) if logged else values
        part = (scale(held) - scale(low_y)) / (scale(high_y) - scale(low_y))
        return _SIDE * (part if ranks else (1 - part))

    within = points["within_moe"].to_numpy(dtype=bool) | (not texts.same)
    bars = list(zip(right(across), down(up - reach), down(up + reach), strict=True))
    return {
        "title": title,
        "across": f"rank in the {texts.table}" if ranks else texts.table,
        "up": f"rank of the {texts.estimate}" if ranks else texts.estimate,
        "x_ticks": _ticks(low_x, high_x, right, share=share, logged=logged),
        "y_ticks": _ticks(low_y, high_y, down, share=share, logged=logged),
        "line": together,
        "bars": [(f"{x:.1f}", f"{a:.1f}", f"{b:.1f}") for x, a, b in bars] if whiskers else [],
        "dots": [
            (f"{x:.1f}", f"{y:.1f}", bool(good))
            for x, y, good in zip(right(across), down(up), within, strict=True)
        ],
    }


def _ends(values: NDArray[np.float64], *, logged: bool = False) -> tuple[float, float]:
    """Return a range that holds all values with a little room."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if logged:
        return low / _LOG_ROOM, high * _LOG_ROOM
    room = 0.04 * (high - low) or 1.0
    return (max(0.0, low - room) if low >= 0 else low - room), high + room


def _ticks(
    low: float, high: float, place: Any, *, share: bool, logged: bool
) -> list[tuple[str, str]]:
    values = round_ticks(low, high, _TICKS)
    texts: Sequence[str] = axis_numbers(values, share=share)
    if logged:
        powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
        values = [10.0**power for power in powers]
        texts = [f"{value:,.0f}" if value >= 1 else f"{value:g}" for value in values]
    return [(f"{place(value):.1f}", text) for value, text in zip(values, texts, strict=True)]
