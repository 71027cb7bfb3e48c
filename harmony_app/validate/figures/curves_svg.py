"""The three panels as a figure for a report: one SVG on white, with a legend."""

from __future__ import annotations

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
    text_width,
)
from harmony_app.validate.figures.panels import TICK_SHARES, line_dashes, value_range
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
_MACROS: Final = Macros(Path(__file__).parent / "templates" / "curves.html")


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
    panels = [
        (_LEFT + index * (PANEL_WIDTH + _LEFT), f"{top:g}", _panel(metric, curves, colours))
        for index, metric in enumerate(METRICS)
    ]
    legend_top = top + PANEL_HEIGHT + 62
    entries, rows = _legend(colours, width)
    foot, height = text_block(
        note, (_MARGIN, legend_top + _LEGEND_LINE * rows + 18), inside, 13, shades["muted"]
    )
    legend = {"left": _MARGIN, "top": f"{legend_top:g}", "entries": entries}
    size = (width, f"{height:g}")
    return _MACROS("figure", *size, REPORT_FONT, shades, heading, panels, legend, foot)


def _panel(metric: Metric, curves: pd.DataFrame, colours: Mapping[str, str]) -> dict[str, Any]:
    low, high = value_range(metric, curves)
    shares = curves["share"].to_numpy(dtype=float)
    left, right = np.sqrt(shares.min()), np.sqrt(shares.max())

    def across(share: float) -> float:
        return float((np.sqrt(share) - left) / max(right - left, 1e-9) * PANEL_WIDTH)

    def down(value: float) -> float:
        return float(PANEL_HEIGHT * (1 - (value - low) / (high - low)))

    values = round_ticks(low, high, _TICKS)
    texts = axis_numbers(values, share=metric.percent)
    reference = metric.reference
    own = curves[curves["metric"] == metric.name]
    lines = []
    dashes = _dash_texts(colours)
    for name, colour in colours.items():
        line = own[own["variable"] == name].sort_values("share")
        points = " ".join(
            f"{across(share):.1f},{min(max(down(value), 0), PANEL_HEIGHT):.1f}"
            for share, value in zip(line["share"], line["value"], strict=True)
            if np.isfinite(value)
        )
        lines.append((points, colour, dashes[name]))
    return {
        "title": metric.title,
        "axis": metric.axis,
        "width": PANEL_WIDTH,
        "height": PANEL_HEIGHT,
        "scale": [(down(value), text) for value, text in zip(values, texts, strict=True)],
        "reference": down(reference)
        if reference is not None and low <= reference <= high
        else None,
        "ticks": [
            (across(share), f"{share * 100:g} %")
            for share in TICK_SHARES
            if left <= np.sqrt(share) <= right
        ],
        "curves": lines,
    }


def _legend(
    colours: Mapping[str, str], width: float
) -> tuple[list[tuple[float, int, str, str, str]], int]:
    """Return place, colour, dashes and name of each entry, and the number of rows."""
    entries, x, row = [], 0.0, 0
    dashes = _dash_texts(colours)
    for name, colour in colours.items():
        size = 40 + text_width(name, 13) + 18
        if x + size > width - 2 * _MARGIN and x > 0:
            x, row = 0.0, row + 1
        entries.append((x, row * _LEGEND_LINE, colour, dashes[name], name))
        x += size
    return entries, row + 1


def _dash_texts(colours: Mapping[str, str]) -> dict[str, str]:
    """Return the dashes of each line as SVG writes them."""
    return {name: " ".join(map(str, dash)) for name, dash in line_dashes(list(colours)).items()}
