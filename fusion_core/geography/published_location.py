"""What is known of a donor household's location: the spatial predictors expected where it may live.

A donor household gets the spatial predictors X* of one PUMA drawn within the place it publishes
(`fusion_core.geography.location`). Within that place X* says nothing of where the household really
lives, so a regression on X* meets classical errors in variables: its slopes are too flat, and so are
those of trees. The mean of X over the PUMAs of the published place has Berkson's error instead,
which leaves the slopes of a linear regression unbiased (regression calibration: Carroll, Ruppert,
Stefanski and Crainiceanu 2006, *Measurement Error in Nonlinear Models*, 2nd ed., chapter 4; means of
groups for this purpose: Wald 1940). The recipient keeps its own X, which is known.

Several places show the effects of only so many predictors, and those of some combinations hardly.
X is therefore turned into components – uncorrelated in the recipient, sorted by the share ρ of their
variance that lies between the donor's places – and those with ρ < 0.1 are left out: not knowing the
PUMA multiplies the variance of their slope by 1/ρ, and ten is the usual limit of such a variance
inflation factor (Marquardt 1970).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.geography.location import PUMA, by_place, share_by_puma
from fusion_core.surveys.model import WEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LARGEST_INFLATION: Final = 10.0
"""Components whose slope is less certain than this many times are left out."""
FEWEST_MANY: Final = 10
"""From so many places on each can be told from the others; fewer are large regions."""
_FEWEST_REGIONS: Final = 3
_COLLINEAR: Final = 1e-8


@dataclass(frozen=True, eq=False)
class PublishedLocation:
    """Components of location, and what is unseen of it.

    Slopes β of components are sums of those of the predictors, β = T b, with T the covariances of
    components and predictors.

    Attributes
    ----------
    donor, recipient
        Components that the donor's places tell apart, ``location 1``, …: of the donor's households, expected
        in the place they publish, and of the recipient's, in their PUMA. In units of the recipient's
        standard deviation. No column where the donor publishes no place. Missing where a household has
        no PUMA or a place no recipient household.
    unseen
        Components that places do not tell apart, of the recipient's households, 0 where there is no
        PUMA; none where no component is seen.
    ties, unseen_ties
        T of the components that are seen and of those that are not, shape (components, predictors); the
        predictors have variance 1.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    unseen: NDArray[np.float32]
    ties: Floats
    unseen_ties: Floats


def published_location(
    donor: pd.DataFrame,
    recipient: pd.DataFrame,
    intersections: Sequence[pd.DataFrame],
    predictors: Sequence[str],
) -> PublishedLocation:
    """Turn spatial predictors into components that are known alike on both sides.

    Parameters
    ----------
    donor
        `weight` and the geography columns the intersections speak of.
    recipient
        `weight`, `puma` and the predictors, which are the same for all households of a PUMA.
    intersections
        How the places the donor publishes overlap PUMAs, as `location.read_intersections` returns
        them.
    predictors
        Spatial predictors: numbers, or categories, which count as one indicator per level.
    """
    codes, areas = pd.factorize(recipient[PUMA])
    placed = codes >= 0
    weight = recipient[WEIGHT].to_numpy(float)[placed]
    mass: Floats = np.bincount(codes[placed], weight, minlength=len(areas)).astype(np.float64)
    raw = _scaled(_by_area(recipient, codes, predictors), mass)
    scores = _uncorrelated(raw, mass)
    expected = _expected(donor, intersections, pd.Index(areas), mass, scores)
    seen, unseen = _between_places(expected, donor[WEIGHT].to_numpy(float))
    share = (mass / mass.sum())[:, None]
    own, other = scores @ seen, scores @ unseen
    names = [f"location {number}" for number in range(1, seen.shape[1] + 1)]
    return PublishedLocation(
        pd.DataFrame(expected @ seen, columns=names, index=donor.index),
        pd.DataFrame(
            np.vstack([own, np.full((1, len(names)), np.nan)])[codes].astype(np.float32),
            columns=names,
            index=recipient.index,
        ),
        np.vstack([other, np.zeros((1, other.shape[1]))])[codes].astype(np.float32),
        (share * own).T @ raw,
        (share * other).T @ raw,
    )


def _by_area(
    recipient: pd.DataFrame, codes: NDArray[np.intp], predictors: Sequence[str]
) -> list[Floats]:
    """Return each predictor of every PUMA as a matrix, missing values as NaN."""
    known, first = np.unique(codes, return_index=True)
    rows = recipient[list(predictors)].iloc[first[known >= 0]]
    columns = []
    for name in predictors:
        column = rows[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            own = column.cat.codes.to_numpy()[:, None]
            levels = np.arange(len(column.cat.categories))
            columns.append(np.where(own < 0, np.nan, own == levels))
        else:
            columns.append(column.to_numpy(dtype=float, na_value=np.nan)[:, None])
    return columns


def _scaled(columns: list[Floats], mass: Floats) -> Floats:
    """Return predictors with mean 0 and variance 1 over the recipient's households, side by side."""
    scaled = [np.empty((len(mass), 0))]
    for column in columns:
        known = np.isfinite(column[:, 0]) & (mass > 0)
        if not known.any():
            continue
        centred = column - np.average(column[known], axis=0, weights=mass[known])
        # A missing value says nothing, as the mean does.
        centred[~np.isfinite(centred[:, 0])] = 0.0
        spread = np.sqrt(np.average(centred**2, axis=0, weights=mass))
        scaled.append(centred[:, spread > 0] / spread[spread > 0])
    return np.hstack(scaled)


def _uncorrelated(matrix: Floats, mass: Floats) -> Floats:
    """Return combinations of such predictors that are uncorrelated and have variance 1."""
    if not matrix.shape[1]:
        return matrix
    values, vectors = np.linalg.eigh(matrix.T @ (matrix * (mass / mass.sum())[:, None]))
    kept = values > _COLLINEAR * values[-1]
    return np.asarray(matrix @ (vectors[:, kept] / np.sqrt(values[kept])))


def _expected(
    donor: pd.DataFrame,
    intersections: Sequence[pd.DataFrame],
    areas: pd.Index,
    mass: Floats,
    scores: Floats,
) -> Floats:
    """Return the mean scores of the place each donor household publishes, NaN where unknown."""
    result = np.full((len(donor), scores.shape[1]), np.nan)
    for place, rows in by_place(donor, intersections):
        share = share_by_puma(place, intersections)
        inside = mass if share is None else mass * share.reindex(areas).fillna(0.0).to_numpy(float)
        if inside.sum() > 0:
            result[rows] = inside @ scores / inside.sum()
    return result


def _between_places(expected: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the combinations of scores that the donor's places tell apart, the clearest first, and the others."""
    known = np.isfinite(expected).all(axis=1) & (weight > 0)
    if not known.any() or not expected.shape[1]:
        return np.empty((expected.shape[1], 0)), np.empty((expected.shape[1], 0))
    share = weight[known] / weight[known].sum()
    centred = expected[known] - share @ expected[known]
    between, vectors = np.linalg.eigh(centred.T @ (centred * share[:, None]))
    kept = between >= 1.0 / LARGEST_INFLATION
    return np.asarray(vectors[:, kept][:, ::-1]), np.asarray(vectors[:, ~kept][:, ::-1])


def published_regions(
    donor: pd.DataFrame, areas: Sequence[str], intersections: Sequence[pd.DataFrame]
) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """Return which published place each donor lives in, and which holds most of each PUMA.

    Parameters
    ----------
    donor
        Donor households with the columns the intersections speak of.
    areas
        PUMAs.
    intersections
        How the places the donor publishes overlap PUMAs.

    Returns
    -------
    tuple or None
        Codes of the donors' places and of the PUMAs', counted from 0; ``None`` where there are fewer
        than three places or `FEWEST_MANY` and more, or one has none of the PUMAs.
    """
    places = by_place(donor, intersections)
    if not _FEWEST_REGIONS <= len(places) < FEWEST_MANY:
        return None
    codes, held = np.empty(len(donor), dtype=np.intp), []
    for code, (labels, rows) in enumerate(places):
        codes[rows] = code
        share = share_by_puma(labels, intersections)
        if share is None:
            return None
        held.append(share.reindex(list(areas)).fillna(0.0).to_numpy(dtype=np.float64))
    most = np.stack(held)
    if (most.sum(axis=1) == 0).any() or (most.sum(axis=0) == 0).any():
        return None
    return codes, np.asarray(most.argmax(axis=0), dtype=np.intp)
