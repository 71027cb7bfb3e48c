"""How much of what donors answer differs between the places a donor publishes, beyond the predictors.

Of ten places or more each is predicted by the households of all others. π is the variance between
places of what that leaves, over that of households within; `area_rule` carries it to areas.

A few large regions cannot be predicted from each other, but what they differ by shows that areas of
different regions do. The regression on the predictors is made inside the places; of what it leaves, the
place means are compared with what predictors that are the same for all of a place – climate, prices –
can explain, and the likelihood of the variance between places is restricted to what these leave
(Patterson and Thompson 1971). Where they explain every difference there could be, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.records import Checked

Floats = NDArray[np.float64]

_FEWEST_PLACES: Final = 10
_FEWEST_IN_PLACE: Final = 10
# π of an ordinary variable, for the worth of places that are known unequally well.
_TYPICAL: Final = 0.02
# Of few places: so many, of so many donors each, with so many differences that are free.
_FEWEST_FEW: Final = 3
_FEWEST_IN_FEW: Final = 30
_FEWEST_DIFFERENCES: Final = 2
_CONSTANT: Final = 1e-4
# Donors used for screening; more would cost time and tell the same.
_MOST_DONORS: Final = 20_000


@dataclass(frozen=True)
class DonorPlaces(Checked):
    """Where the donor's households live, as far as it is published.

    Attributes
    ----------
    predictors
        Matrix of the households with a constant, of predictors of households alone.
    weights
        Weight of each household.
    places
        Code of each household's place, −1 for none.
    """

    predictors: Floats
    weights: Floats
    places: NDArray[np.intp]

    def excess(self, values: Floats) -> float:
        """Return π of an answer: see `place_excess`.

        Parameters
        ----------
        values
            One number per household, NaN for no answer.
        """
        rows = slice(None, None, max(len(values) // _MOST_DONORS, 1))
        return place_excess(
            values[rows], self.predictors[rows], self.weights[rows], self.places[rows]
        )


@dataclass(frozen=True)
class FewPlaces(Checked):
    """A few large places a donor publishes, with the predictors the fusion used.

    Attributes
    ----------
    predictors
        Matrix of the households with a constant, all predictors.
    weights
        Weight of each household.
    places
        Code of each household's place, counted from 0; −1 for none.
    """

    predictors: Floats
    weights: Floats
    places: NDArray[np.intp]

    def likelihood(self, values: Floats, kappas: Floats) -> Floats | None:
        """Return the logarithm of the likelihood of the variance between places, over that within.

        Parameters
        ----------
        values
            One number per household, NaN for no answer.
        kappas
            Where it is evaluated.

        Returns
        -------
        numpy.ndarray or None
            Its largest value 0; ``None`` where fewer than two differences between places are left
            that no predictor of places could explain.
        """
        found = self._left(values)
        if found is None:
            return None
        means, sampling, within, shared = found
        result = np.empty(len(kappas))
        for place, kappa in enumerate(kappas):
            variance = sampling + within * kappa
            moments = shared.T @ (shared / variance[:, None])
            left = means - shared @ np.linalg.solve(moments, shared.T @ (means / variance))
            determinant = np.linalg.slogdet(moments)[1] + np.log(variance).sum()
            result[place] = -0.5 * (determinant + np.square(left) @ (1.0 / variance))
        return np.asarray(result - result.max())

    def _left(self, values: Floats) -> tuple[Floats, Floats, float, Floats] | None:
        """Return place means of what is left, their sampling variance, that within, and Z.

        Z spans what places have in common: the constant, and predictors the same for all of a place.
        """
        used = ~np.isnan(values) & (self.weights > 0) & (self.places >= 0)
        names, codes = np.unique(self.places[used], return_inverse=True)
        count = len(names)
        if count < _FEWEST_FEW or (np.bincount(codes) < _FEWEST_IN_FEW).any():
            return None
        matrix, weight, values = self.predictors[used], self.weights[used], values[used]
        mass = np.bincount(codes, weight)
        sums = [np.bincount(codes, weight * column) for column in matrix.T]
        centres = np.stack(sums, axis=1) / mass[:, None]
        inner = matrix - centres[codes]
        spread = np.sqrt(weight @ np.square(inner))
        whole = np.sqrt(weight @ np.square(matrix - matrix.mean(axis=0)))
        constant = spread <= _CONSTANT * whole
        shared = _basis(np.column_stack([np.ones(count), centres[:, constant]]))
        if count - shared.shape[1] < _FEWEST_DIFFERENCES:
            return None
        inner, away = inner[:, ~constant], centres[:, ~constant]
        inverse = np.linalg.pinv(inner.T @ (inner * weight[:, None]), rcond=1e-9, hermitian=True)
        slopes = inverse @ (inner.T @ (weight * values))
        mean = np.bincount(codes, weight * values) / mass
        rest = values - mean[codes] - inner @ slopes
        within = float(weight @ np.square(rest) / weight.sum())
        if within <= 0:
            return None
        score = inner * (weight * rest)[:, None]
        cover = inverse @ (score.T @ score) @ inverse
        apart = away - away.mean(axis=0)
        sampling = np.bincount(codes, np.square(weight * rest)) / mass**2
        sampling += np.einsum("gi,ij,gj->g", apart, cover, apart)
        return mean - away @ slopes, sampling, within, shared


def _basis(matrix: Floats) -> Floats:
    """Return orthonormal columns that span those of a matrix."""
    scaled = matrix / np.maximum(np.abs(matrix).max(axis=0), 1e-300)
    left, size, _ = np.linalg.svd(scaled, full_matrices=False)
    return np.asarray(left[:, size > _CONSTANT * size[0]])


@dataclass(frozen=True)
class PlaceDifferences:
    """What places have beyond the predictors, each predicted by the households of all others.

    Attributes
    ----------
    places
        Codes of the places.
    mean, sampling
        Weighted mean of what the prediction leaves, and its sampling variance.
    within
        Variance of single households around that, of all places.
    """

    places: NDArray[np.intp]
    mean: Floats
    sampling: Floats
    within: float

    def excess(self) -> float:
        """Return π, the variance between places over that within; never negative.

        NaN where all households answer alike.
        """
        if self.within <= 0:
            return np.nan
        # Places of many donors are known better, but none may decide alone.
        worth = 1.0 / (self.sampling + _TYPICAL * self.within)
        excess = float(worth @ (np.square(self.mean) - self.sampling) / worth.sum())
        return max(excess / self.within, 0.0)

    def without(self, place: int) -> PlaceDifferences:
        """Return those of the other places, by position."""
        kept = np.arange(len(self.mean)) != place
        return PlaceDifferences(
            self.places[kept], self.mean[kept], self.sampling[kept], self.within
        )


def place_excess(
    values: Floats, predictors: Floats, weights: Floats, places: NDArray[np.intp]
) -> float:
    """Return π: the variance between places beyond the predictors, over that of households within.

    Parameters
    ----------
    values, predictors, weights, places
        As in `place_differences`.

    Returns
    -------
    float
        Never negative; NaN with fewer than ten places of at least ten households.
    """
    found = place_differences(values, predictors, weights, places)
    return np.nan if found is None else found.excess()


def place_differences(
    values: Floats, predictors: Floats, weights: Floats, places: NDArray[np.intp]
) -> PlaceDifferences | None:
    """Predict every place by the households of all others, and return what that leaves.

    Parameters
    ----------
    values
        One number per household, NaN for no answer.
    predictors
        Matrix of predictors with a constant.
    weights
        Weight of each household.
    places
        Code of each household's place, −1 for none.

    Returns
    -------
    PlaceDifferences or None
        ``None`` with fewer than ten places of at least ten households.
    """
    used = ~np.isnan(values) & (weights > 0) & (places >= 0)
    matrix, values, weights = predictors[used], values[used], weights[used]
    names, codes = np.unique(places[used], return_inverse=True)
    sizes = np.bincount(codes, minlength=len(names))
    enough = sizes >= _FEWEST_IN_PLACE
    if enough.sum() < _FEWEST_PLACES:
        return None
    order = np.argsort(codes, kind="stable")
    blocks = np.split(order, np.cumsum(sizes)[:-1])
    moments = np.stack([matrix[rows].T @ (matrix[rows] * weights[rows, None]) for rows in blocks])
    products = np.stack([matrix[rows].T @ (weights[rows] * values[rows]) for rows in blocks])
    found = []
    for place in np.flatnonzero(enough):
        rows = blocks[place]
        own = weights[rows]
        coefficients = _solved(moments.sum(axis=0) - moments[place], products, place)
        left = values[rows] - matrix[rows] @ coefficients
        mean = float(own @ left / own.sum())
        spread = float(own**2 @ np.square(left - mean) / own.sum() ** 2)
        squares = float(own @ np.square(left - mean))
        found.append((mean, spread * len(rows) / (len(rows) - 1.0), squares, own.sum()))
    means, sampling, squared, masses = np.array(found).T
    return PlaceDifferences(names[enough], means, sampling, float(squared.sum() / masses.sum()))


def _solved(moments: Floats, products: Floats, left_out: np.intp) -> Floats:
    wanted = products.sum(axis=0) - products[left_out]
    return np.asarray(np.linalg.lstsq(moments, wanted, rcond=1e-9)[0])
