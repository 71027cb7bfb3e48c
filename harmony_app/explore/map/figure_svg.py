"""The map as a figure for a report: title, map, legend, note – one SVG, always on white.

The figure is drawn from the same classes as the page, but for paper: independent of zoom, window
and theme, so that everyone who makes the same view gets the same figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from harmony_app.shell.look import figure_colours

if TYPE_CHECKING:
    from harmony_app.explore.map.layers import MapLayer
    from harmony_app.explore.map.shapes import AreaShapes

WIDTH: Final = 1200
MAP_HEIGHT: Final = 760
_TOP: Final = 92
_MARGIN: Final = 36
_LINE: Final = 24
_SWATCH: Final = 26
_FONT: Final = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
_NOTE_CHARACTERS: Final = 165


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
    paths = _paths(shapes)
    areas = "".join(
        f'<path d="{path}" fill="{layer.palette[code] if code >= 0 else colours["grid"]}"/>'
        for path, code in zip(paths, layer.codes, strict=True)
    )
    hatched = "".join(f'<path d="{paths[position]}"/>' for position in layer.unreliable)
    legend, height = _legend(layer, texts.hatch)
    notes = _wrapped(texts.note, _NOTE_CHARACTERS)
    top = _TOP + MAP_HEIGHT + 28
    note_lines = "".join(
        f'<text x="{_MARGIN}" y="{top + height + 22 + index * 18}" font-size="13"'
        f' fill="{colours["muted"]}">{escape(line)}</text>'
        for index, line in enumerate(notes)
    )
    total = top + height + 22 + len(notes) * 18 + 14
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{total}"'
        f' viewBox="0 0 {WIDTH} {total}" font-family="{_FONT}">'
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6"'
        f' stroke="{colours["text"]}" stroke-width="1" stroke-opacity=".55"/></pattern></defs>'
        f'<rect width="{WIDTH}" height="{total}" fill="#ffffff"/>'
        f'<text x="{_MARGIN}" y="46" font-size="26" font-weight="bold" fill="{colours["text"]}">'
        f"{escape(texts.title)}</text>"
        f'<text x="{_MARGIN}" y="74" font-size="16" fill="{colours["muted"]}">'
        f"{escape(texts.subtitle)}</text>"
        f'<g stroke="#ffffff" stroke-width="0.4" fill-rule="evenodd">{areas}</g>'
        f'<g fill="url(#hatch)" fill-rule="evenodd">{hatched}</g>'
        f'<g transform="translate(0 {top})">{legend}</g>{note_lines}</svg>'
    )


def _paths(shapes: AreaShapes) -> list[str]:
    """Return one SVG path per area, fitted into the map's frame with equal scale on both axes."""
    left, bottom, right, top = shapes.frame.total_bounds
    scale = min((WIDTH - 2 * _MARGIN) / max(right - left, 1), MAP_HEIGHT / max(top - bottom, 1))
    shift_x = (WIDTH - (right - left) * scale) / 2 - left * scale
    shift_y = _TOP + (MAP_HEIGHT - (top - bottom) * scale) / 2 + top * scale
    paths = []
    for area_x, area_y in zip(shapes.xs, shapes.ys, strict=True):
        parts = []
        for polygon_x, polygon_y in zip(area_x, area_y, strict=True):
            for ring_x, ring_y in zip(polygon_x, polygon_y, strict=True):
                x = np.asarray(ring_x) * scale + shift_x
                y = shift_y - np.asarray(ring_y) * scale
                points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
                parts.append(f"M{points}Z")
        paths.append("".join(parts))
    return paths


def _legend(layer: MapLayer, hatch: str) -> tuple[str, int]:
    """Return the legend and its height; entries flow into as many rows as they need."""
    colours = figure_colours("light")
    entries = [
        (f'fill="{entry.colour}"', f"{entry.label}  ({entry.areas:,})") for entry in layer.legend
    ]
    if layer.unreliable:
        entries.append(('fill="url(#hatch)"', f"{hatch}  ({len(layer.unreliable):,})"))
    if layer.without_value:
        entries.append((f'fill="{colours["grid"]}"', f"no estimate  ({layer.without_value:,})"))
    parts, x, row = [], float(_MARGIN), 0
    for fill, label in entries:
        width = _SWATCH + 8 + 7.6 * len(label) + 22
        if x + width > WIDTH - _MARGIN and x > _MARGIN:
            x, row = float(_MARGIN), row + 1
        y = row * _LINE
        parts.append(
            f'<rect x="{x:.0f}" y="{y}" width="{_SWATCH}" height="14" {fill}'
            f' stroke="{colours["border"]}"/><text x="{x + _SWATCH + 8:.0f}" y="{y + 12}"'
            f' font-size="14" fill="{colours["text"]}">{escape(label)}</text>'
        )
        x += width
    return "".join(parts), (row + 1) * _LINE


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width) or [""]
