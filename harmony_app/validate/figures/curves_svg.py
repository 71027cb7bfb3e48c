"""The three panels as a figure for a report: one SVG on white, with a legend."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from harmony_app.shell.look import (
    REPORT_FONT,
    axis_numbers,
    figure_colours,
    round_ticks,
    text_block,
    text_width,
)
from harmony_app.validate.figures.panels import TICK_SHARES, value_range
from harmony_app.validate.view import METRICS, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

PANEL_WIDTH: Final = 400
PANEL_HEIGHT: Final = 280
_LEFT: Final = 62
_MARGIN: Final = 24
_LEGEND_LINE: Final = 22
_GAP: Final = 40
_TICKS: Final = 6


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
    shades = figure_colours("light")
    inside = width - 2 * _MARGIN
    heading, below = text_block(title, (_MARGIN, 40), inside, 24, shades["text"], bold=True)
    top = below + 40
    panels = "".join(
        f'<g transform="translate({_LEFT + index * (PANEL_WIDTH + _LEFT)} {top:g})">'
        f"{_panel(metric, curves, colours)}</g>"
        for index, metric in enumerate(METRICS)
    )
    legend_top = top + PANEL_HEIGHT + 62
    legend, rows = _legend(colours, width)
    foot, height = text_block(
        note, (_MARGIN, legend_top + _LEGEND_LINE * rows + 18), inside, 13, shades["muted"]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}"'
        f' viewBox="0 0 {width} {height:g}" font-family="{REPORT_FONT}" font-size="13">'
        f'<rect width="{width}" height="{height:g}" fill="#ffffff"/>{heading}'
        f'{panels}<g transform="translate({_MARGIN} {legend_top:g})">{legend}</g>{foot}</svg>'
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
        f'<text y="-32" font-size="16" font-weight="bold" fill="{shades["text"]}">'
        f'{escape(metric.title)}</text><text y="-14" fill="{shades["muted"]}">'
        f"{escape(metric.axis)}</text>"
    )
    values = round_ticks(low, high, _TICKS)
    lines = [
        f'<line x2="{PANEL_WIDTH}" y1="{down(value):.1f}" y2="{down(value):.1f}"'
        f' stroke="{shades["grid"]}"/><text x="-8" y="{down(value) + 4:.1f}" text-anchor="end"'
        f' fill="{shades["muted"]}">{text}</text>'
        for value, text in zip(values, axis_numbers(values, share=metric.percent), strict=True)
    ]
    if metric.reference is not None and low <= metric.reference <= high:
        lines.append(
            f'<line x2="{PANEL_WIDTH}" y1="{down(metric.reference):.1f}"'
            f' y2="{down(metric.reference):.1f}" stroke="{shades["muted"]}" stroke-dasharray="5 4"/>'
        )
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
        size = 24 + text_width(name, 13) + 18
        if x + size > width - 2 * _MARGIN and x > 0:
            x, row = 0.0, row + 1
        parts.append(
            f'<rect x="{x:.0f}" y="{row * _LEGEND_LINE}" width="18" height="4" fill="{colour}"/>'
            f'<text x="{x + 24:.0f}" y="{row * _LEGEND_LINE + 7}">{escape(name)}</text>'
        )
        x += size
    return "".join(parts), row + 1
