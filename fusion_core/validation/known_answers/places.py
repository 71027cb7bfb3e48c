"""Where donors and areas of a pair lie, as far as the donor publishes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.estimates.variance import DonorPlaces, DonorSample, apart_from_all
from fusion_core.validation.known_answers._hiding import AREA_SHARE, between_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fusion_core.validation.known_answers.pair import KnownPair

    Floats = NDArray[np.float64]

_LOOKED_AT: Final = 20_000


def donor_places(
    pair: KnownPair,
    donor: pd.DataFrame,
    recipient: pd.DataFrame,
    predictors: Sequence[str],
    areas: NDArray[np.intp],
) -> DonorPlaces | NDArray[np.intp] | None:
    """Return where the donors live, as `DonorSample.places` has it."""
    if pair.place:
        own = household_predictors(recipient, predictors, areas)
        sample = DonorSample.build(
            donor, recipient.head(1), predictors=own, variables=[], weight=pair.weight
        )
        codes, _ = pd.factorize(donor[pair.place])
        return DonorPlaces(
            sample.own.matrix, sample.weights[:, 0], np.asarray(codes, dtype=np.intp)
        )
    return donor[pair.regions].to_numpy(dtype=np.intp) if pair.regions else None


def regions_of(
    pair: KnownPair,
    recipient: pd.DataFrame,
    weights: Floats,
    areas: NDArray[np.intp],
    count: int,
) -> tuple[NDArray[np.intp], Floats]:
    """Return the region of each area, −1 for none, and how far it moves with it."""
    region, apart = np.full(count, -1, dtype=np.intp), np.full(count, np.nan)
    if not pair.regions:
        return region, apart
    region[areas] = recipient[pair.regions].to_numpy(dtype=np.intp)
    held = region >= 0
    mass = np.bincount(areas, weights, count).astype(np.float64)
    apart[held] = apart_from_all(region[held], mass[held])
    return region, apart


def household_predictors(
    recipient: pd.DataFrame, predictors: Sequence[str], areas: NDArray[np.intp]
) -> list[str]:
    """Return the predictors that say something of single households, not of whole areas only.

    Parameters
    ----------
    recipient
        The recipient's households.
    predictors
        Names of columns.
    areas
        Area of each household, counted from 0.
    """
    rows = slice(None, None, max(len(recipient) // _LOOKED_AT, 1))
    table, (_, codes) = recipient.iloc[rows], np.unique(areas[rows], return_inverse=True)
    return [name for name in predictors if between_share(table[name], codes) < AREA_SHARE]
