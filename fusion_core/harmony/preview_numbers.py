"""Distributions of numbers for a preview: histograms on bins both sides share, quantiles, means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from fusion_core.harmony.aggregation import FloatArray
from fusion_core.harmony.model import SideName
from fusion_core.harmony.preview_model import Histogram, NumericPreview
from fusion_core.harmony.similarity import code_shares, sorted_quantiles

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
HISTOGRAM_BINS: Final = 30
_COUNTABLE: Final = 1e12  # beyond, a half is lost beside the number


def sorted_present(values: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Return the values that are not missing, and their weights, in increasing order."""
    order = np.argsort(values, kind="stable")  # NaN sorts last
    count = len(order) - int(np.isnan(values).sum())
    return None if count == 0 else (values[order[:count]], weight[order[:count]])


def numeric_preview(sides: Mapping[SideName, tuple[FloatArray, FloatArray]]) -> NumericPreview:
    """Return the distribution of a numeric outcome.

    Parameters
    ----------
    sides
        Values in increasing order and their weights, for one side or both.
    """
    edges = _edges([values for values, _ in sides.values()])
    at = np.array(QUANTILES)
    shares = {name: _shares_in_bins(*item, edges) for name, item in sides.items()}
    quantiles = {name: sorted_quantiles(*item, at) for name, item in sides.items()}
    means = {name: float(np.average(item[0], weights=item[1])) for name, item in sides.items()}
    return NumericPreview(
        edges, shares.get("donor"), shares.get("recipient"), QUANTILES,
        quantiles.get("donor"), quantiles.get("recipient"), means.get("donor"),
        means.get("recipient"),
    )  # fmt: skip


def histogram(numbers: FloatArray, weight: FloatArray) -> Histogram | None:
    """Return the distribution of a side's number before binning; ``None`` without any value."""
    keep = ~np.isnan(numbers)
    if not keep.any():
        return None
    values = numbers[keep]
    edges = _edges([values])
    shares = _shares_in_bins(values, weight[keep], edges)
    return Histogram(edges, shares, float(values.min()), float(values.max()))


def _shares_in_bins(values: FloatArray, weight: FloatArray, edges: FloatArray) -> FloatArray:
    """Return weighted shares of equally wide bins; values beyond the edges count in the outer ones."""
    bins = len(edges) - 1
    position = (values - edges[0]) * (bins / (edges[-1] - edges[0]))
    return code_shares(np.clip(position, 0, bins - 1).astype(np.intp), weight, bins)


def _edges(columns: list[FloatArray]) -> FloatArray:
    """Choose equally wide bins: one per whole number for counts, else over the middle 98 %."""
    smallest = min(float(values.min()) for values in columns)
    largest = max(float(values.max()) for values in columns)
    countable = largest - smallest < HISTOGRAM_BINS and max(-smallest, largest) < _COUNTABLE
    if countable and all(_is_whole(values) for values in columns):
        return np.arange(smallest - 0.5, largest + 1.0)
    bounds = [np.quantile(values, [0.01, 0.99]) for values in columns]
    low, high = min(float(pair[0]) for pair in bounds), max(float(pair[1]) for pair in bounds)
    if high <= low:
        margin = max(0.5, abs(low) * 1e-6)
        return np.array([low - margin, low + margin])
    return np.linspace(low, high, HISTOGRAM_BINS + 1)


def _is_whole(values: FloatArray) -> bool:
    return bool((values == np.round(values)).all())


__all__ = ["HISTOGRAM_BINS", "QUANTILES", "histogram", "numeric_preview", "sorted_present"]
