"""Weighted distributions drawn as small SVG and HTML bars in the page's own colours.

Colours are the CSS variables of the frame, so that a chart is right in light and dark. All texts
that come from survey files are escaped.
"""

from __future__ import annotations

from html import escape

from fusion_core.surveys import Variable
from fusion_core.surveys.summary import Distribution
from harmony_app.shell.look import axis_numbers
from harmony_app.surveys import words

_WIDTH, _HEIGHT, _FOOT = 400, 150, 22
_GAP = 0.12


def level_bars(variable: Variable, found: Distribution | None) -> str:
    """Draw one row per level: label, bar and weighted share; without microdata only the labels."""
    if found is None or not found.levels:
        rows = "".join(
            f'<li><span class="level">{escape(level)}</span></li>' for level in variable.levels
        )
        return f'<ol class="levels plain">{rows}</ol>'
    largest = max(item.share for item in found.levels) or 1.0
    rows = "".join(
        f'<li title="{escape(item.level)}: {item.rows:,} rows">'
        f'<span class="level">{escape(item.level)}</span>'
        f'<span class="track"><span class="bar" style="width:{100 * item.share / largest:.1f}%">'
        f"</span></span>"
        f'<span class="share">{words.share(item.share)}</span></li>'
        for item in found.levels
    )
    return f'<ol class="levels">{rows}</ol>'


def histogram(found: Distribution) -> str:
    """Draw the weighted histogram of a number with its range below."""
    count = len(found.shares)
    if not count:
        return ""
    top = max(found.shares) or 1.0
    step = _WIDTH / count
    bars = "".join(
        f'<rect x="{index * step + step * _GAP / 2:.1f}" y="{_HEIGHT - _HEIGHT * value / top:.1f}"'
        f' width="{step * (1 - _GAP):.1f}" height="{_HEIGHT * value / top:.1f}">'
        f"<title>{_bin_text(found, index)}: {words.share(value)}</title></rect>"
        for index, value in enumerate(found.shares)
    )
    ticks = "".join(
        f'<text x="{x:.0f}" y="{_HEIGHT + 16}" text-anchor="{anchor}">{escape(text)}</text>'
        for x, anchor, text in _ticks(found)
    )
    summary = f"Histogram from {words.number(found.minimum)} to {words.number(found.maximum)}"
    return (
        f'<svg class="histogram" viewBox="0 0 {_WIDTH} {_HEIGHT + _FOOT}" role="img"'
        f' aria-label="{escape(summary)}">'
        f'<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT}" y2="{_HEIGHT}"/>{bars}{ticks}</svg>'
    )


def figures(variable: Variable, found: Distribution) -> str:
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
    rows = "".join(f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in items)
    unit = f'<p class="unit">in {escape(variable.unit)}</p>' if variable.unit else ""
    return f'{unit}<dl class="figures">{rows}</dl>'


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
