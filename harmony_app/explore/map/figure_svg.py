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
from harmony_app.explore.map.shapes import outlines
from harmony_app.shell.look import REPORT_FONT, figure_colours, text_block, text_width, wrapped

if TYPE_CHECKING:
    from harmony_app.explore.map.layers import MapLayer
    from harmony_app.explore.map.shapes import AreaShapes, Extent, Lines
    from harmony_app.explore.map.two_way import TwoWayLegend

WIDTH: Final = 1200
MAP_HEIGHT: Final = 760
_MARGIN: Final = 36
_LINE: Final = 24
_SWATCH: Final = 26
# Between two maps side by side.
_GUTTER: Final = 24
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
        Source of the numbers.
    """

    title: str
    subtitle: str
    hatch: str
    note: str


@dataclass(frozen=True)
class Beside:
    """A second map of the same areas and classes, beside the first.

    Attributes
    ----------
    layer
        Its classes and colours.
    titles
        What stands above the first map and above this one.
    told
        What is to be said of it below.
    places
        The place of each area, whose borders are drawn in place of those of areas.
    """

    layer: MapLayer
    titles: tuple[str, str]
    told: str
    places: tuple[str, ...]


def figure_svg(
    shapes: AreaShapes, layer: MapLayer, texts: FigureTexts, beside: Beside | None = None
) -> str:
    """Draw the figure.

    Parameters
    ----------
    shapes
        The areas.
    layer
        Classes and colours, made for a light page.
    texts
        Its words.
    beside
        A map of the same classes to draw beside it.

    Returns
    -------
    str
        A stand-alone SVG document.
    """
    colours = figure_colours("light")
    inside = WIDTH - 2 * _MARGIN
    title, below = text_block(texts.title, (_MARGIN, 46), inside, 26, colours["text"], bold=True)
    subtitle, below = text_block(texts.subtitle, (_MARGIN, below - 6), inside, 16, colours["muted"])
    maps, bottom = _maps(shapes, layer, beside, below)
    entries, height = _legend(layer, texts.hatch)
    grid = ""
    top = bottom + 28
    if layer.two_way is not None:
        entries = [{**entry, "x": entry["x"] + _BESIDE} for entry in entries]
        grid, tall = _two_way(layer.two_way, top, height)
        height = max(height, tall)
    told = texts.note if beside is None else f"{beside.told} {texts.note}"
    note, total = text_block(told, (_MARGIN, top + height + 22), inside, 13, colours["muted"])
    return _MACROS(
        "figure",
        {"width": WIDTH, "height": f"{total:.0f}"},
        REPORT_FONT,
        colours,
        {"title": title, "subtitle": subtitle, "note": note},
        maps,
        f"{top:.1f}",
        entries,
        _SWATCH,
        grid,
    )


def _maps(
    shapes: AreaShapes, layer: MapLayer, beside: Beside | None, top: float
) -> tuple[list[dict[str, Any]], float]:
    """Return one map, or two side by side on one scale, and where they end."""
    inside = WIDTH - 2 * _MARGIN
    if beside is None:
        frame = _frame(shapes, layer, top, (_MARGIN, inside))
        return [_map(shapes, layer, frame, "")], frame.top + frame.height
    half = (inside - _GUTTER) / 2
    lefts = (_MARGIN, _MARGIN + half + _GUTTER)
    frames = [_frame(shapes, layer, top + 26, (left, half)) for left in lefts]
    drawn = [
        _map(shapes, item, frame, title)
        for item, frame, title in zip((layer, beside.layer), frames, beside.titles, strict=True)
    ]
    drawn[1]["outline"] = _lines(outlines(shapes, beside.places), frames[1])
    return drawn, frames[0].top + frames[0].height


def _map(shapes: AreaShapes, layer: MapLayer, frame: _Frame, title: str) -> dict[str, Any]:
    empty = figure_colours("light")["grid"]
    paths = _paths(shapes, frame)
    fills = [layer.palette[code] if code >= 0 else empty for code in layer.codes]
    return {
        "title": title,
        "x": f"{frame.left:g}",
        "y": f"{frame.top:g}",
        "width": f"{frame.width:g}",
        "height": f"{frame.height:.1f}",
        "areas": [(path, fill) for path, fill in zip(paths, fills, strict=True) if path],
        "outline": "",
        "hatched": [paths[position] for position in layer.unreliable if paths[position]],
    }


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
    """Where a map is: west, south, east, north in metres; its scale and its box in the figure."""

    extent: Extent
    scale: float
    left: float
    width: float
    top: float
    height: float


def _frame(shapes: AreaShapes, layer: MapLayer, top: float, box: tuple[float, float]) -> _Frame:
    """Fit the areas that have an estimate, as the page does, with equal scale on both axes.

    The box is the left end and the width there is.
    """
    rows = np.flatnonzero(layer.codes >= 0)
    extent = shapes.extent(rows if len(rows) else np.arange(len(layer.codes)))
    west, south, east, north = extent
    scale = min(box[1] / max(east - west, 1), MAP_HEIGHT / max(north - south, 1))
    return _Frame(extent, scale, *box, top, (north - south) * scale)


def _paths(shapes: AreaShapes, frame: _Frame) -> list[str]:
    """Return one SVG path per area, empty for one outside the frame."""
    west, south, east, north = frame.extent
    reach = frame.width / 2 / frame.scale
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
            parts.append(_lines(list(zip(polygon_x, polygon_y, strict=True)), frame))
        paths.append("".join(parts))
    return paths


def _lines(rings: Lines, frame: _Frame) -> str:
    """Return closed lines as one SVG path."""
    west, _, east, north = frame.extent
    shift_x = frame.left + frame.width / 2 - (west + east) / 2 * frame.scale
    shift_y = frame.top + north * frame.scale
    parts = []
    for ring_x, ring_y in rings:
        x = np.asarray(ring_x) * frame.scale + shift_x
        y = shift_y - np.asarray(ring_y) * frame.scale
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        parts.append(f"M{points}Z")
    return "".join(parts)


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
