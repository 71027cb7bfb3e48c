"""Distributions of numbers for a preview: histograms on bins both sides share, quantiles, means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from fusion_core.harmony.apply import WeightedCounts, code_shares
from fusion_core.harmony.model import FloatArray, SideName
from fusion_core.harmony.previews._model import Histogram, NumericPreview

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
HISTOGRAM_BINS: Final = 30
_COUNTABLE: Final = 1e12  # beyond, a half is lost beside the number


def numeric_preview(sides: Mapping[SideName, WeightedCounts]) -> NumericPreview:
    """Return the distribution of a numeric outcome.

    Parameters
    ----------
    sides
        What one side or both yield; not empty.
    """
    edges = _edges(list(sides.values()))
    at = np.array(QUANTILES)
    shares = {name: _shares_in_bins(item, edges) for name, item in sides.items()}
    quantiles = {name: item.quantiles(at) for name, item in sides.items()}
    means = {name: item.mean for name, item in sides.items()}
    return NumericPreview(
        edges,
        shares.get("donor"),
        shares.get("recipient"),
        QUANTILES,
        quantiles.get("donor"),
        quantiles.get("recipient"),
        means.get("donor"),
        means.get("recipient"),
    )


def histogram(numbers: WeightedCounts | None) -> Histogram | None:
    """Return the distribution of a side's number before binning; ``None`` without any value."""
    if numbers is None or numbers.is_empty:
        return None
    edges = _edges([numbers])
    low, high = float(numbers.values[0]), float(numbers.values[-1])
    return Histogram(edges, _shares_in_bins(numbers, edges), low, high)


def _shares_in_bins(numbers: WeightedCounts, edges: FloatArray) -> FloatArray:
    """Return weighted shares of equally wide bins; values beyond the edges count in the outer ones."""
    bins = len(edges) - 1
    position = (numbers.values - edges[0]) * (bins / (edges[-1] - edges[0]))
    return code_shares(np.clip(position, 0, bins - 1).astype(np.intp), numbers.weight, bins)


def _edges(sides: list[WeightedCounts]) -> FloatArray:
    """Choose equally wide bins: one per whole number for counts, else over the middle 98 %."""
    smallest = min(float(item.values[0]) for item in sides)
    largest = max(float(item.values[-1]) for item in sides)
    countable = largest - smallest < HISTOGRAM_BINS and max(-smallest, largest) < _COUNTABLE
    if countable and all(_is_whole(item.values) for item in sides):
        return np.arange(smallest - 0.5, largest + 1.0)
    low = min(item.row_quantile(0.01) for item in sides)
    high = max(item.row_quantile(0.99) for item in sides)
    if high <= low:
        margin = max(0.5, abs(low) * 1e-6)
        return np.array([low - margin, low + margin])
    return np.linspace(low, high, HISTOGRAM_BINS + 1)


def _is_whole(values: FloatArray) -> bool:
    return bool((values == np.round(values)).all())


__all__ = ["HISTOGRAM_BINS", "QUANTILES", "histogram", "numeric_preview"]
