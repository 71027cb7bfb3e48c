"""What figures for a report share: text that stays inside, and axes with round, distinct ticks.

An SVG does not wrap text, and nobody knows in which font it will be shown; so widths are estimated
for a wide one, and a line may end early but never leaves the figure.
"""

from __future__ import annotations

import math
import unicodedata
from typing import Final

from harmony_app.shell.look.parts import page_part

REPORT_FONT: Final = "Helvetica, Arial, 'DejaVu Sans', sans-serif"
# Widths per font size, of DejaVu Sans, which is wider than Helvetica and Arial.
_LETTER: Final = 0.6
_BOLD_LETTER: Final = 0.68
_WIDE_LETTER: Final = 1.0
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate the width of a line of text in the unit of its font size."""
    plain = _BOLD_LETTER if bold else _LETTER
    return size * sum(
        _WIDE_LETTER if unicodedata.east_asian_width(letter) in "WF" else plain for letter in text
    )


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Break a text into lines of at most a width; words longer than that are broken too."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and text_width(lines[-1] + letter, size, bold=bold) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def text_block(
    text: str,
    at: tuple[float, float],
    width: float,
    size: float,
    fill: str,
    *,
    bold: bool = False,
) -> tuple[str, float]:
    """Write a text in as many lines as it needs.

    Parameters
    ----------
    text
        The text.
    at
        Left end of the first baseline.
    width
        Room for a line.
    size
        Font size.
    fill
        Colour.
    bold
        Whether the text is bold.

    Returns
    -------
    tuple
        SVG elements, and the baseline below the last line.
    """
    x, y = at
    step = round(1.3 * size)
    lines = wrapped(text, width, size, bold=bold)
    heights = [f"{y + index * step:g}" for index in range(len(lines))]
    elements = page_part("svg_lines", f"{x:g}", heights, f"{size:g}", bold, fill, lines)
    return elements, y + len(lines) * step


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers between two ends, at most so many; at least one where there is any."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low] if math.isfinite(low) else []
    scale = 10.0 ** math.floor(math.log10(span / most))
    step = next(
        factor * scale for factor in _STEPS if math.floor(span / (factor * scale)) + 1 <= most
    )
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]
