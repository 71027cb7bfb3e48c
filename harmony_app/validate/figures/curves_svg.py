"""The three panels as a figure for a report: one SVG on white, with a legend."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from harmony_app.shell.look import figure_colours
from harmony_app.validate.figures.panels import TICK_SHARES, value_range
from harmony_app.validate.view import METRICS, Metric, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

PANEL_WIDTH: Final = 400
PANEL_HEIGHT: Final = 280
_LEFT: Final = 62
_TOP: Final = 96
_GAP: Final = 40
_FONT: Final = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
_TICKS: Final = 5


def curves_svg(curves: pd.DataFrame, colours: Mapping[str, str], title: str, note: str) -> str:
    """Draw the figure.

    Parameters
    ----------
    curves
        ``variable``, ``metric``, ``share``, ``value``.
    colours
        Colour of each variable.
    title, note
        Heading, and the line under the figure.
    """
    width = 3 * (PANEL_WIDTH + _LEFT) + _GAP
    legend, rows = _legend(colours, width)
    height = _TOP + PANEL_HEIGHT + 62 + 22 * rows + 34
    panels = "".join(
        f'<g transform="translate({_LEFT + index * (PANEL_WIDTH + _LEFT)} {_TOP})">'
        f"{_panel(metric, curves, colours)}</g>"
        for index, metric in enumerate(METRICS)
    )
    text = figure_colours("light")["text"]
    muted = figure_colours("light")["muted"]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="{_FONT}" font-size="13">'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
        f'<text x="24" y="40" font-size="24" font-weight="bold" fill="{text}">{escape(title)}</text>'
        f'{panels}<g transform="translate(24 {_TOP + PANEL_HEIGHT + 62})">{legend}</g>'
        f'<text x="24" y="{height - 14}" fill="{muted}">{escape(note)}</text></svg>'
    )


def _panel(metric: Metric, curves: pd.DataFrame, colours: Mapping[str, str]) -> str:
    shades = figure_colours("light")
    low, high = value_range(metric, curves)
    shares = curves["share"].to_numpy(dtype=float)
    left, right = np.sqrt(shares.min()), np.sqrt(shares.max())

    def across(share: float) -> float:
        return float((np.sqrt(share) - left) / max(right - left, 1e-9) * PANEL_WIDTH)

    def down(value: float) -> float:
        return float(PANEL_HEIGHT * (1 - (value - low) / (high - low)))

    heading = (
        f'<text y="-14" font-size="16" font-weight="bold" fill="{shades["text"]}">'
        f"{escape(metric.title)}</text>"
    )
    lines = [
        f'<line x2="{PANEL_WIDTH}" y1="{down(value):.1f}" y2="{down(value):.1f}"'
        f' stroke="{shades["grid"]}"/><text x="-8" y="{down(value) + 4:.1f}" text-anchor="end"'
        f' fill="{shades["muted"]}">{value_text(metric, float(value))}</text>'
        for value in np.linspace(low, high, _TICKS)
    ]
    ticks = [
        f'<text x="{across(share):.1f}" y="{PANEL_HEIGHT + 20}" text-anchor="middle"'
        f' fill="{shades["muted"]}">{share * 100:g} %</text>'
        for share in TICK_SHARES
        if left <= np.sqrt(share) <= right
    ]
    parts = [heading, *lines, *ticks]
    parts.append(
        f'<text x="{PANEL_WIDTH / 2}" y="{PANEL_HEIGHT + 42}" text-anchor="middle"'
        f' fill="{shades["muted"]}">share of households in the subset</text>'
    )
    own = curves[curves["metric"] == metric.name]
    for name, colour in colours.items():
        line = own[own["variable"] == name].sort_values("share")
        points = " ".join(
            f"{across(share):.1f},{min(max(down(value), 0), PANEL_HEIGHT):.1f}"
            for share, value in zip(line["share"], line["value"], strict=True)
            if np.isfinite(value)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"/>'
        )
    return "".join(parts)


def _legend(colours: Mapping[str, str], width: float) -> tuple[str, int]:
    parts, x, row = [], 0.0, 0
    for name, colour in colours.items():
        size = 40 + 8 * len(name)
        if x + size > width - 48 and x > 0:
            x, row = 0.0, row + 1
        parts.append(
            f'<rect x="{x:.0f}" y="{row * 22}" width="18" height="4" fill="{colour}"/>'
            f'<text x="{x + 24:.0f}" y="{row * 22 + 7}">{escape(name)}</text>'
        )
        x += size
    return "".join(parts), row + 1
