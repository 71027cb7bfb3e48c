"""The map as a figure for a report: title, map, legend, note – one SVG, always on white.

The figure is drawn from the same classes as the page, but for paper: independent of zoom, window
and theme, so that everyone who makes the same view gets the same figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.html_templates import Macros
from harmony_app.shell.look import REPORT_FONT, figure_colours, text_block, text_width, wrapped

if TYPE_CHECKING:
    from harmony_app.explore.map.layers import MapLayer
    from harmony_app.explore.map.shapes import AreaShapes, Extent
    from harmony_app.explore.map.two_way import TwoWayLegend

WIDTH: Final = 1200
MAP_HEIGHT: Final = 760
_MARGIN: Final = 36
_LINE: Final = 24
_SWATCH: Final = 26
_CELL: Final = 118
_CELL_HEIGHT: Final = 34
_ABOVE: Final = 10
# Where the rest of a legend begins beside the nine colours of two variables.
_BESIDE: Final = 540
_MACROS: Final = Macros(Path(__file__).parent / "templates" / "figure.html")


@dataclass(frozen=True)
class FigureTexts:
    """The words of a figure.

    Attributes
    ----------
    title, subtitle
        What is shown.
    hatch
        When an area is hatched.
    note
        Where the numbers come from.
    """

    title: str
    subtitle: str
    hatch: str
    note: str


def figure_svg(shapes: AreaShapes, layer: MapLayer, texts: FigureTexts) -> str:
    """Draw the figure.

    Parameters
    ----------
    shapes
        The areas.
    layer
        Classes and colours, made for a light page.
    texts
        Its words.

    Returns
    -------
    str
        A stand-alone SVG document.
    """
    colours = figure_colours("light")
    inside = WIDTH - 2 * _MARGIN
    title, below = text_block(texts.title, (_MARGIN, 46), inside, 26, colours["text"], bold=True)
    subtitle, below = text_block(texts.subtitle, (_MARGIN, below - 6), inside, 16, colours["muted"])
    frame = _frame(shapes, layer, below)
    paths = _paths(shapes, frame)
    entries, height = _legend(layer, texts.hatch)
    grid = ""
    if layer.two_way is not None:
        entries = [{**entry, "x": entry["x"] + _BESIDE} for entry in entries]
        grid, tall = _two_way(layer.two_way, frame.top + frame.height + 28, height)
        height = max(height, tall)
    top = frame.top + frame.height + 28
    note, total = text_block(texts.note, (_MARGIN, top + height + 22), inside, 13, colours["muted"])
    fills = [layer.palette[code] if code >= 0 else colours["grid"] for code in layer.codes]
    return _MACROS(
        "figure",
        {"width": WIDTH, "height": f"{total:.0f}"},
        REPORT_FONT,
        colours,
        {"title": title, "subtitle": subtitle, "note": note},
        {
            "x": _MARGIN,
            "y": f"{frame.top:g}",
            "width": inside,
            "height": f"{frame.height:.1f}",
        },
        [(path, fill) for path, fill in zip(paths, fills, strict=True) if path],
        [paths[position] for position in layer.unreliable if paths[position]],
        f"{top:.1f}",
        entries,
        _SWATCH,
        grid,
    )


def _two_way(legend: TwoWayLegend, top: float, beside: int) -> tuple[str, int]:
    """Return the nine colours with their ranges and counts, and the height they take.

    The doubt stands beside them, below other entries of the given height.
    """
    colours = figure_colours("light")
    size = {"left": _MARGIN, "top": top + _ABOVE, "width": _CELL, "height": _CELL_HEIGHT}
    titles = [_shortened(title, _BESIDE - 60) for title in legend.titles]
    doubt, _ = text_block(
        f"{legend.doubt}.",
        (_MARGIN + _BESIDE, top + beside + 20),
        WIDTH - 2 * _MARGIN - _BESIDE,
        14,
        colours["text"],
    )
    drawn = _MACROS("two_way", legend, size, titles, colours)
    return drawn + doubt, 3 * _CELL_HEIGHT + _ABOVE + 44


def _shortened(title: str, width: float) -> str:
    """Return the beginning of a title that fits on a line."""
    first, *rest = wrapped(title, width, 13)
    return f"{first} …" if rest else first


@dataclass(frozen=True)
class _Frame:
    """Where the map is: west, south, east, north in metres; scale, top and height in the figure."""

    extent: Extent
    scale: float
    top: float
    height: float


def _frame(shapes: AreaShapes, layer: MapLayer, top: float) -> _Frame:
    """Fit the areas that have an estimate, as the page does, with equal scale on both axes."""
    rows = np.flatnonzero(layer.codes >= 0)
    extent = shapes.extent(rows if len(rows) else np.arange(len(layer.codes)))
    west, south, east, north = extent
    scale = min((WIDTH - 2 * _MARGIN) / max(east - west, 1), MAP_HEIGHT / max(north - south, 1))
    return _Frame(extent, scale, top, (north - south) * scale)


def _paths(shapes: AreaShapes, frame: _Frame) -> list[str]:
    """Return one SVG path per area, empty for one outside the frame."""
    west, south, east, north = frame.extent
    shift_x = WIDTH / 2 - (west + east) / 2 * frame.scale
    shift_y = frame.top + north * frame.scale
    reach = (WIDTH / 2 - _MARGIN) / frame.scale
    bounds = shapes.frame.geometry.bounds.to_numpy()
    seen = (
        (bounds[:, 0] <= (west + east) / 2 + reach)
        & (bounds[:, 2] >= (west + east) / 2 - reach)
        & (bounds[:, 1] <= north)
        & (bounds[:, 3] >= south)
    )
    paths = []
    for visible, area_x, area_y in zip(seen, shapes.xs, shapes.ys, strict=True):
        parts = []
        for polygon_x, polygon_y in zip(area_x, area_y, strict=True) if visible else ():
            for ring_x, ring_y in zip(polygon_x, polygon_y, strict=True):
                x = np.asarray(ring_x) * frame.scale + shift_x
                y = shift_y - np.asarray(ring_y) * frame.scale
                points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
                parts.append(f"M{points}Z")
        paths.append("".join(parts))
    return paths


def _legend(layer: MapLayer, hatch: str) -> tuple[list[dict[str, Any]], int]:
    """Return the legend and its height; entries flow into as many rows as they need."""
    texts = [(entry.colour, f"{entry.label}  ({entry.areas:,})") for entry in layer.legend]
    if layer.unreliable:
        texts.append(("url(#hatch)", f"{hatch}  ({len(layer.unreliable):,})"))
    if layer.without_value:
        empty = figure_colours("light")["grid"]
        texts.append((empty, f"no estimate  ({layer.without_value:,})"))
    entries: list[dict[str, Any]] = []
    x, row = float(_MARGIN), 0
    for fill, label in texts:
        width = _SWATCH + 8 + text_width(label, 14) + 18
        if x + width > WIDTH - _MARGIN and x > _MARGIN:
            x, row = float(_MARGIN), row + 1
        entries.append({"x": x, "y": row * _LINE, "fill": fill, "label": label})
        x += width
    return entries, (row + 1) * _LINE
