"""Which rows are held out of which fit: folds, or one fraction, spread over the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.base import TrainSettings

STRATA = 10


def strata_of(outcome: NDArray[np.float64], *, continuous: bool) -> NDArray[np.int64]:
    """Return the stratum of each row: deciles of a continuous outcome, or its classes."""
    if not continuous:
        return np.unique(outcome, return_inverse=True)[1].astype(np.int64)
    edges = np.quantile(outcome, np.linspace(0, 1, STRATA + 1)[1:-1])
    return np.searchsorted(edges, outcome, side="right").astype(np.int64)


def assign_folds(
    strata: NDArray[np.int64], settings: TrainSettings, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Deal rows into folds so that every stratum is spread evenly.

    Parameters
    ----------
    strata
        Stratum of each row.
    settings
        Number of folds, or the fraction held out when there are none.
    generator
        Source of randomness.

    Returns
    -------
    Fold of each row; with a held-out fraction 0 for held-out rows and −1 for the others.
    """
    shuffled = generator.permutation(len(strata))
    order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    place = np.empty(len(strata), dtype=np.int64)
    place[order] = np.arange(len(strata))
    if settings.folds:
        return place % min(settings.folds, len(strata))
    fraction = settings.held_out_fraction
    held = np.floor((place + 1.5) * fraction) > np.floor((place + 0.5) * fraction)
    return np.where(held, 0, -1)
