"""Weighted distributions drawn as small SVG and HTML bars in the page's own colours.

Colours are the CSS variables of the frame, so that a chart is right in light and dark.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from fusion_core.html_templates import html_templates
from fusion_core.surveys import Variable
from fusion_core.surveys.summary import Distribution
from harmony_app.shell.look import axis_numbers
from harmony_app.surveys import words

_WIDTH, _HEIGHT, _FOOT = 400, 150, 22
_GAP = 0.12


class _Bar(NamedTuple):
    """A bar of a histogram, standing on its foot."""

    x: float
    width: float
    height: float
    title: str


def _draw(macro: str, *values: Any) -> Markup:
    """Return what a macro of the template makes of some values."""
    folder = Path(__file__).parent / "templates"
    module = html_templates(folder).get_template("chart.html").module
    drawn: Markup = getattr(module, macro)(*values)
    return drawn


def level_bars(variable: Variable, found: Distribution | None) -> Markup:
    """Draw one row per level: label, bar and weighted share; without microdata only the labels."""
    if found is None or not found.levels:
        return _draw("level_names", variable.levels)
    largest = max(item.share for item in found.levels) or 1.0
    return _draw("level_bars", found.levels, largest, words.share)


def histogram(found: Distribution) -> Markup:
    """Draw the weighted histogram of a number with its range below."""
    count = len(found.shares)
    if not count:
        return Markup()
    top = max(found.shares) or 1.0
    step = _WIDTH / count
    bars = [
        _Bar(
            index * step + step * _GAP / 2,
            step * (1 - _GAP),
            _HEIGHT * value / top,
            f"{_bin_text(found, index)}: {words.share(value)}",
        )
        for index, value in enumerate(found.shares)
    ]
    summary = f"Histogram from {words.number(found.minimum)} to {words.number(found.maximum)}"
    return _draw("histogram", bars, _ticks(found), _WIDTH, _HEIGHT, _FOOT, summary)


def answer_range(variable: Variable) -> Markup:
    """List what the dictionary says of a number's range; nothing where it does not."""
    if variable.minimum is None:
        return Markup()
    items = [
        ("minimum", variable.minimum),
        ("median", variable.median),
        ("mean", variable.mean),
        ("maximum", variable.maximum),
    ]
    return _draw("figures", [(name, words.number(value)) for name, value in items])


def figures(variable: Variable, found: Distribution) -> Markup:
    """List mean, quantiles and zeros of a number."""
    low, first, median, third, high = found.quantiles
    items = [
        ("mean", words.number(found.mean)),
        ("median", words.number(median)),
        ("middle half", f"{words.number(first)} – {words.number(third)}"),
        ("5 % – 95 %", f"{words.number(low)} – {words.number(high)}"),
        ("range", f"{words.number(found.minimum)} – {words.number(found.maximum)}"),
    ]
    if found.zero_share:
        items.append(("zero", words.share(found.zero_share)))
    return _draw("figures", items, variable.unit)


def _bin_text(found: Distribution, index: int) -> str:
    low, high = found.edges[index], found.edges[index + 1]
    if found.single_values:
        return words.number((low + high) / 2)
    prefix = "up to " if index == 0 and (found.minimum or 0) < low else ""
    suffix = " and more" if index == len(found.shares) - 1 and (found.maximum or 0) > high else ""
    if prefix:
        return f"{prefix}{words.number(high)}"
    return (
        f"{words.number(low)}{suffix}" if suffix else f"{words.number(low)} – {words.number(high)}"
    )


def _ticks(found: Distribution) -> list[tuple[float, str, str]]:
    """Label the outer edges and the middle of the axis."""
    shift = 0.5 if found.single_values else 0.0
    low, high = found.edges[0] + shift, found.edges[-1] - shift
    places = [
        (0.0, "start", low),
        (_WIDTH / 2, "middle", (low + high) / 2),
        (float(_WIDTH), "end", high),
    ]
    if found.single_values:
        places = places[:1] if low == high else [places[0], places[-1]]
    texts = [words.number(value) for _, _, value in places]
    if len(set(texts)) < len(places):
        texts = axis_numbers([value for _, _, value in places])
    return [(x, anchor, text) for (x, anchor, _), text in zip(places, texts, strict=True)]
