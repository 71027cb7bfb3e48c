"""From conditional expectations to donors: scaled expectation space, variable k, fixed k.

Source: Ummel et al. (2024), "variable-k" sampling. Donors are placed by their predicted mean and
quantiles; around each centre (a donor, or a k-means centre when there are many) the nearest donors
are listed, as many as describe the predicted distribution best. A recipient draws from the list of
the centre nearest to its own predictions, so every drawn value is an observed one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.spatial import cKDTree
from scipy.stats import norm
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from fusion_core.fusion.base import (
    OUT_OF_FOLD_METHODS,
    Method,
    TrainSettings,
    no_cancel,
    one_blas_thread,
)
from fusion_core.records import Checked
from fusion_core.summaries import Summarized

SCALE_TAIL = float(norm.ppf(0.001))
NORMAL_MAD = float(1 / norm.ppf(0.75))
SMOOTHING_WIDTH = 5
NEAR_BEST = 1.05
CENTRE_ITERATIONS = 20
ITERATIONS_AT_ONCE = 5
ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class ExpectationScale:
    """The map from expectations to the space in which neighbours are searched.

    Attributes
    ----------
    centre, spread
        Median and median absolute deviation of each column on the donor; for probabilities, which
        keep their own scale, such values that the map leaves them as they are.
    weight
        Factor of each column, so that every variable of a block counts alike.
    """

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    weight: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        expectations: NDArray[np.float64],
        *,
        is_probability: NDArray[np.bool_],
        weight: NDArray[np.float64],
    ) -> ExpectationScale:
        """Measure the scale on the donor's expectations, of shape (donors, columns)."""
        centre = np.median(expectations, axis=0)
        spread = NORMAL_MAD * np.median(np.abs(expectations - centre), axis=0)
        deviation = expectations.std(axis=0)
        spread = np.where(spread > 0, spread, np.where(deviation > 0, deviation, 1.0))
        identity = -1 / (2 * SCALE_TAIL)
        centre = np.where(is_probability, 0.5, centre)
        return cls(centre, np.where(is_probability, identity, spread), weight)

    def apply(self, expectations: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale columns: ((x − median)/MAD − q)/(−2q), q = Φ⁻¹(0.001), times the weight.

        The median becomes 0.5 and almost all values fall between 0 and 1.
        """
        standard = (expectations - self.centre) / self.spread
        return np.asarray((standard - SCALE_TAIL) / (-2 * SCALE_TAIL) * self.weight)

    def invert(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return expectations from scaled points."""
        standard = points / self.weight * (-2 * SCALE_TAIL) + SCALE_TAIL
        return np.asarray(standard * self.spread + self.centre)


@dataclass(frozen=True, repr=False)
class DonorPool(Checked, Summarized):
    """Lists of donors around centres in the scaled expectation space.

    Attributes
    ----------
    scale
        Map into that space.
    points
        Scaled centres, of shape (centres, columns).
    offsets
        Where each centre's list begins in `donors`, of length centres + 1.
    donors
        Positions of donors, nearest first within each list.
    cumulative
        Running sum of the donors' weights along `donors`.
    """

    scale: ExpectationScale
    points: NDArray[np.float64]
    offsets: NDArray[np.int64]
    donors: NDArray[np.int32]
    cumulative: NDArray[np.float64]

    def _facts(self) -> dict[str, object]:
        return {"centres": f"{len(self.points):,}", "expectations": self.points.shape[1]}

    @classmethod
    def build(
        cls,
        scale: ExpectationScale,
        points: NDArray[np.float64],
        lists: list[NDArray[np.int32]],
        weights: NDArray[np.float64],
    ) -> DonorPool:
        """Put ragged lists of donors side by side; `weights` are those of all donors."""
        sizes = np.fromiter((len(item) for item in lists), dtype=np.int64, count=len(lists))
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        donors = np.concatenate(lists).astype(np.int32)
        return cls(scale, points, offsets, donors, np.cumsum(weights[donors]))

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points)

    def sizes(self) -> NDArray[np.int64]:
        """Return k* of every centre."""
        return np.asarray(np.diff(self.offsets))

    def nearest(self, expectations: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the nearest centre of each row of expectations."""
        _, nearest = self._tree.query(self.scale.apply(expectations))
        return np.asarray(nearest, dtype=np.int64)

    def pick(
        self, expectations: NDArray[np.float64], uniforms: NDArray[np.float64]
    ) -> NDArray[np.int32]:
        """Pick a donor for every row and implicate.

        Parameters
        ----------
        expectations
            Of shape (rows, implicates or 1, columns); those shared by all implicates are searched
            once per row.
        uniforms
            The numbers that decide, of shape (rows, implicates).
        """
        flat = expectations.reshape(-1, expectations.shape[2])
        centres = self.nearest(flat).reshape(expectations.shape[:2])
        return self.draw(np.broadcast_to(centres, uniforms.shape), uniforms)

    def listed(
        self, expectations: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the donors on the list of each row's centre, as pairs of row and donor.

        Parameters
        ----------
        expectations
            Of shape (rows, columns).
        """
        centres = self.nearest(expectations)
        first, counts = self.offsets[centres], self.sizes()[centres]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(np.arange(len(centres)), counts), self.donors[
            np.repeat(first, counts) + within
        ]

    def draw(self, centres: NDArray[np.int64], uniforms: NDArray[np.float64]) -> NDArray[np.int32]:
        """Draw one donor from each centre's list with probability proportional to weight."""
        first, last = self.offsets[centres], self.offsets[centres + 1] - 1
        before = np.where(first > 0, self.cumulative[first - 1], 0.0)
        target = before + uniforms * (self.cumulative[last] - before)
        place = np.searchsorted(self.cumulative, target, side="right")
        return np.asarray(self.donors[np.clip(place, first, last)])


def variable_k_pool(
    expectations: NDArray[np.float64],
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    donors: NDArray[np.int32],
    settings: TrainSettings,
    *,
    dominant: NDArray[np.bool_] | None = None,
    seed: int,
    check: Callable[[], None] = no_cancel,
) -> DonorPool:
    """Find the donors each centre stands for (Ummel et al. 2024, variable k).

    Parameters
    ----------
    expectations
        Predicted mean and rising quantiles of the donors, of shape (donors, 1 + p).
    values, weights
        Their observed values and survey weights.
    donors
        Their positions in the model's donor table.
    settings
        Quantile probabilities, K, smallest k, number of centres and method.
    dominant
        Donors that are centres of their own, however many centres there are.
    seed
        Seed of the k-means centres.
    check
        Called several times while centres are searched; may raise to stop.
    """
    columns = expectations.shape[1]
    scale = ExpectationScale.fit(
        expectations, is_probability=np.zeros(columns, dtype=bool), weight=np.ones(columns)
    )
    points, neighbours = _centres_and_neighbours(
        scale, expectations, settings, dominant=dominant, seed=seed, check=check
    )
    predicted = scale.invert(points)
    smallest = enough_donors(settings.minimum_neighbours, weights, settings)
    chosen = np.concatenate(
        [
            choose_k(values[part], weights[part], predicted[rows], settings, smallest=smallest)
            for rows, part in _row_parts(neighbours)
        ]
    )
    lists = [donors[row[:k]] for row, k in zip(neighbours, chosen, strict=True)]
    table_weights = np.zeros(int(donors.max()) + 1)
    table_weights[donors] = weights
    return DonorPool.build(scale, points, lists, table_weights)


def choose_k(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    predicted: NDArray[np.float64],
    settings: TrainSettings,
    *,
    smallest: int = 0,
) -> NDArray[np.int64]:
    """Choose k* for each centre (Ummel et al. 2024).

    Δ(k) = Δ_u + Σ_p Δ_p over the first k neighbours, with
    Δ_u = 1 − φ((x̄_k − u)/σ)/φ(0), σ = (Q_last − Q_first)/(Φ⁻¹(P_last) − Φ⁻¹(P_first)) and
    Δ_p = |share(x ≤ Q_p) − P_p| / max(P_p, 1 − P_p).

    Parameters
    ----------
    values, weights
        Observed values and weights of the neighbours, nearest first, of shape (centres, K).
    predicted
        Predicted mean and quantiles of the centres, of shape (centres, 1 + p).
    settings
        Quantile probabilities, smallest k and method.
    smallest
        Smallest k where it is not that of the settings.

    Returns
    -------
    k* of each centre, between the smallest k and K.
    """
    probabilities = np.array(settings.quantiles)
    quantiles = predicted[:, 1:]
    total = np.cumsum(weights, axis=1)
    mean = np.cumsum(weights * values, axis=1) / total
    spread = _predicted_spread(quantiles, probabilities, values)
    error = 1 - np.exp(-0.5 * np.square((mean - predicted[:, :1]) / spread[:, None]))
    for place, probability in enumerate(probabilities):
        below = np.cumsum(weights * (values <= quantiles[:, place, None]), axis=1) / total
        error += np.abs(below - probability) / max(probability, 1 - probability)
    smallest = min(smallest or settings.minimum_neighbours, values.shape[1])
    best = _best_place(error[:, smallest - 1 :], settings.method)
    return np.asarray(best + smallest, dtype=np.int64)


def enough_donors(count: int, weights: NDArray[np.float64], settings: TrainSettings) -> int:
    """Return how many donors with such weights say as much as a number of donors with equal ones.

    The weighted mean of a few values with unequal weights is biased towards their unweighted mean (a
    ratio of two sums, Cochran 1977, *Sampling Techniques*, section 6.8), by a share of about 1/k of
    the relative variance of the weights: with that of a national travel survey, 4, the mean of draws
    from lists of 10 donors and more was 1 % too high. So methods that place donors out of fold multiply by Kish's design
    effect, 1 plus that variance, at most to the largest number of neighbours; the other methods
    count rows, as published. The number is the same for all lists: one that ended as soon as its own
    weights suffice would end before heavy donors.

    Parameters
    ----------
    count
        How many of equal weights are enough.
    weights
        Weights of all donors.
    settings
        The method, and the largest number of neighbours.
    """
    if settings.method not in OUT_OF_FOLD_METHODS:
        return count
    effect = 1.0 + float(weights.var() / weights.mean() ** 2)
    return max(count, min(settings.neighbours, round(count * effect)))


def fixed_k_pool(
    expectations: NDArray[np.float64],
    weights: NDArray[np.float64],
    donors: NDArray[np.int32],
    settings: TrainSettings,
    *,
    is_probability: NDArray[np.bool_],
    column_weight: NDArray[np.float64],
    dominant: NDArray[np.bool_] | None = None,
    seed: int,
    check: Callable[[], None] = no_cancel,
) -> DonorPool:
    """List the fixed number of nearest donors of each centre, for blocks of variables.

    Parameters
    ----------
    expectations
        Expectations of all variables of the block, of shape (donors, columns).
    weights, donors
        Survey weights of the donors and their positions in the model's donor table.
    settings
        Number of donors and of centres.
    is_probability
        Which columns are probabilities and keep their scale.
    column_weight
        Factor of each column in the distance.
    dominant
        Donors that are centres of their own, however many centres there are.
    seed
        Seed of the k-means centres.
    check
        Called several times while centres are searched; may raise to stop.
    """
    scale = ExpectationScale.fit(expectations, is_probability=is_probability, weight=column_weight)
    count = enough_donors(settings.block_neighbours, weights, settings)
    block = settings.replace(neighbours=count, minimum_neighbours=count)
    points, neighbours = _centres_and_neighbours(
        scale, expectations, block, dominant=dominant, seed=seed, check=check
    )
    table_weights = np.zeros(int(donors.max()) + 1)
    table_weights[donors] = weights
    return DonorPool.build(scale, points, [donors[row] for row in neighbours], table_weights)


def _centres_and_neighbours(
    scale: ExpectationScale,
    expectations: NDArray[np.float64],
    settings: TrainSettings,
    *,
    dominant: NDArray[np.bool_] | None,
    seed: int,
    check: Callable[[], None],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the centres and the positions of their K nearest donors, nearest first.

    Every distinct place of a donor is a centre while there are not too many of them.
    """
    scaled = scale.apply(expectations)
    points = np.unique(scaled, axis=0)
    if 0 < settings.centres < len(points):
        points = _centres(scaled, settings.centres, seed, check)
        if dominant is not None and dominant.any():
            points = np.unique(np.concatenate([points, scaled[dominant]]), axis=0)
    check()
    count = min(settings.neighbours, len(scaled))
    _, neighbours = cKDTree(scaled).query(points, k=np.arange(1, count + 1))
    return points, np.asarray(neighbours)


def _centres(
    scaled: NDArray[np.float64], count: int, seed: int, check: Callable[[], None]
) -> NDArray[np.float64]:
    """Return k-means centres, found a few iterations at a time so that the wish to stop is heard."""
    init: str | NDArray[np.float64] = "random"
    for _ in range(CENTRE_ITERATIONS // ITERATIONS_AT_ONCE):
        check()
        means = KMeans(
            count,
            init=init,
            n_init=1,
            max_iter=ITERATIONS_AT_ONCE,
            random_state=seed,
            algorithm="lloyd",
        )
        # One thread: sums in another order would move the centres by a rounding error.
        with one_blas_thread(), threadpool_limits(limits=1, user_api="openmp"):
            init = np.asarray(means.fit(scaled).cluster_centers_, dtype=np.float64)
        if means.n_iter_ < ITERATIONS_AT_ONCE:
            break
    return np.asarray(init)


def _predicted_spread(
    quantiles: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return σ of a normal distribution with the outer quantiles, or else the neighbours' own."""
    observed = values.std(axis=1)
    spread = np.zeros(len(values))
    if len(probabilities) > 1:
        distance = norm.ppf(probabilities[-1]) - norm.ppf(probabilities[0])
        spread = (quantiles[:, -1] - quantiles[:, 0]) / distance
    spread = np.where(spread > 0, spread, observed)
    return np.where(spread > 0, spread, 1.0)


def _best_place(error: NDArray[np.float64], method: Method) -> NDArray[np.int64]:
    """Return the place of the chosen k along each row of errors."""
    if method == "variable-k":
        return np.asarray(np.argmin(error, axis=1))
    smooth = uniform_filter1d(error, size=SMOOTHING_WIDTH, axis=1, mode="nearest")
    best = smooth.min(axis=1, keepdims=True)
    return np.asarray(np.argmax(smooth <= NEAR_BEST * best, axis=1))


def _row_parts(
    neighbours: NDArray[np.int64],
) -> list[tuple[slice, NDArray[np.int64]]]:
    """Cut the neighbour matrix into row blocks so that memory stays bounded."""
    starts = range(0, len(neighbours), ROWS_AT_ONCE)
    return [
        (slice(start, start + ROWS_AT_ONCE), neighbours[start : start + ROWS_AT_ONCE])
        for start in starts
    ]
