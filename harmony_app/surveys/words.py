"""Numbers and names as people read them on the Surveys page."""

from __future__ import annotations

from math import isfinite

from fusion_core.surveys import Variable, WeightDesign

_UNITS = ((1e9, "billion"), (1e6, "million"))
_YEARS = (1500, 2200)
_KIND = {
    "nominal": "category",
    "ordered": "ordered category",
    "integer": "whole number",
    "continuous": "number",
}


def count(value: int | None) -> str:
    """Write a count with thousands separators, or a dash."""
    return "–" if value is None else f"{value:,}"


def share(value: float) -> str:
    """Write a share as a percentage that keeps its meaning when it is small."""
    percent = 100 * value
    if percent == 0:
        return "0 %"
    if percent < 0.1:  # noqa: PLR2004 - smaller than the last digit shown
        return "< 0.1 %"
    return f"{percent:.1f} %"


def number(value: float | None) -> str:
    """Write a number with as many digits as its size needs."""
    if value is None or not isfinite(value):
        return "–"
    for unit, name in _UNITS:
        if abs(value) >= unit:
            return f"{value / unit:,.2f} {name}"
    if value == round(value):
        return f"{value:,.0f}"
    if abs(value) >= 1000:  # noqa: PLR2004 - cents of thousands say nothing
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 1 else f"{value:,.1f}"


def kind(variable: Variable) -> str:
    """Say what kind of variable it is."""
    return _KIND[variable.type]


def size_of_answers(variable: Variable) -> str:
    """Say how many levels a category has, or the range of a number."""
    if variable.is_categorical:
        return f"{len(variable.levels):,} levels" if variable.levels else "–"
    if variable.minimum is None:
        return "–"
    low, high = variable.minimum, variable.maximum or variable.minimum
    if variable.type == "integer" and _YEARS[0] <= low <= high <= _YEARS[1]:
        return f"{low:.0f} – {high:.0f}"  # years take no thousands separator
    return f"{number(low)} – {number(high)}"


def design(weights: WeightDesign) -> str:
    """Say how variances are computed."""
    if weights.method == "none" or not weights.replicates:
        return "no replicate weights"
    return f"{weights.replicates} replicates, {weights.method}"
