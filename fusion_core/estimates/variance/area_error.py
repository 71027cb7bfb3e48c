"""What areas have beyond the predictors, as a part of the error of estimates.

`area_rule` says how large the effect u_a of an area is. A group's estimate moves by Σ_a s_a u_a, with
s_a the share of its weight in area a: in full for one area – and for every subgroup of it, whose
households live there too –, hardly for a subgroup spread over many. Where areas nest, a part of u_a is
common to all areas of a state, and of a division (Elbers, Lanjouw and Lanjouw 2003; Das and Chambers
2017, *Robust mean-squared error estimation for poverty estimates based on the method of Elbers, Lanjouw
and Lanjouw*, JRSS A 180), so that it does not average out inside it. Two groups of one area move
together, and a difference between them hardly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fusion_core.estimates.statistics import (
    THRESHOLD_SHARES,
    Measure,
    RatioTarget,
    TotalTarget,
    effective_answers,
)
from fusion_core.estimates.variance.area_rule import (
    LEAST_SCALE,
    AreaRule,
    AreaScale,
)
from fusion_core.records import Checked

if TYPE_CHECKING:
    from scipy import sparse

    from fusion_core.estimates.statistics import Groups, NamedTarget

    Matrix: TypeAlias = sparse.csr_array
else:
    Matrix = Any  # records read their annotations; whoever has no matrix does without its library

Floats = NDArray[np.float64]

_TWO: Final = 2


@dataclass(frozen=True)
class Locality(Checked):
    """Where the recipient's households live, and what is known of how areas differ.

    Attributes
    ----------
    rule
        Learned from known answers; ``None`` where none were asked for, so that how much areas differ
        beyond the predictors is not known.
    areas
        Area of each of the recipient's households, counted from 0; −1 for none.
    nested
        Larger area of each area, by level of `AreaRule.shares`; the smallest level itself is left out.
    regions
        Which of the few places the donor publishes each area lies in; ``None`` where that is not known.
    """

    rule: AreaRule | None
    areas: NDArray[np.intp]
    nested: Mapping[str, NDArray[np.intp]]
    regions: NDArray[np.intp] | None = None
    _foretold: dict[tuple[Any, ...], AreaScale] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def take(self, order: NDArray[np.intp]) -> Locality:
        """Return it for the recipient's households in another order."""
        return replace(self, areas=self.areas[order])

    def foretell(
        self, rule: AreaRule, key: tuple[Any, ...], seen: Callable[[], SeenPlaces]
    ) -> AreaScale:
        """Return what is foretold of a variable.

        Parameters
        ----------
        rule
            That of the locality.
        key
            What tells it from others.
        seen
            Gives what the donor's places say of it; asked once.
        """
        if key not in self._foretold:
            found = seen()
            self._foretold[key] = rule.foretell(found.excess, found.likelihood)
        return self._foretold[key]

    def behind(self, groups: Groups, weight: Floats) -> Floats:
        """Return the effective number of areas behind each group, 1 over the sum of squared shares.

        Parameters
        ----------
        groups, weight
            As in `loadings`.
        """
        shares = self._shares(groups, weight)
        squares = np.asarray(shares.multiply(shares).sum(axis=1), dtype=np.float64).ravel()
        return 1.0 / np.where(squares > 0, squares, 1.0)

    def loadings(self, rule: AreaRule, groups: Groups, weight: Floats) -> Loadings:
        """Return how much each group moves with each area, level by level.

        Parameters
        ----------
        rule
            That of the locality.
        groups
            Groups of the recipient's households.
        weight
            Full-sample weight of all households.
        """
        from scipy import sparse

        shares, count = self._shares(groups, weight), self._count
        parts = {}
        for level in rule.shares:
            codes = self.nested.get(level, np.arange(count))
            joined = sparse.coo_array((np.ones(count), (np.arange(count), codes))).tocsr()
            parts[level] = sparse.csr_array(shares @ joined)
        between = None
        if self.regions is not None:
            joined = sparse.coo_array((np.ones(count), (np.arange(count), self.regions))).tocsr()
            every = np.bincount(self.areas[self.areas >= 0], weight[self.areas >= 0], count)
            # The donor has all places: what they have in common is no difference between them.
            common = (every / every.sum()) @ joined
            between = sparse.csr_array((shares @ joined).toarray() - common)
        return Loadings(rule.shares, parts, between)

    @property
    def _count(self) -> int:
        return int(self.areas.max(initial=-1)) + 1

    def _shares(self, groups: Groups, weight: Floats) -> sparse.csr_array:
        """Return the share of each group's weight in each area."""
        from scipy import sparse

        member = np.repeat(np.arange(len(groups)), groups.sizes)
        rows = slice(None) if groups.order is None else groups.order
        own, areas = weight[rows], self.areas[rows]
        placed = areas >= 0
        sums = sparse.coo_array(
            (own[placed], (member[placed], areas[placed])), shape=(len(groups), self._count)
        ).tocsr()
        total = np.bincount(member, own, minlength=len(groups))
        inverse = sparse.diags_array(1.0 / np.where(total > 0, total, 1.0))
        return sparse.csr_array(inverse @ sums)


def apart_from_all(regions: NDArray[np.intp], weight: Floats) -> Floats:
    """Return how far each area moves from everybody with a unit of variance between regions.

    An area moves with its region, Σ_q (δ_q − c_q)² with c_q the share of all households in region q: the
    donor has all regions, and what they have in common is no difference between them.

    Parameters
    ----------
    regions
        Code of each area's region, counted from 0.
    weight
        Weight of each area's households.
    """
    common = np.bincount(regions, weight) / weight.sum()
    return np.asarray(1.0 - 2.0 * common[regions] + np.square(common).sum())


@dataclass(frozen=True)
class SeenPlaces(Checked):
    """What the places a donor publishes say of a variable.

    Attributes
    ----------
    excess
        π (`donor_places.place_excess`), NaN where it is not known.
    likelihood
        Of few places (`donor_places.FewPlaces`); ``None`` where they say nothing.
    """

    excess: float = np.nan
    likelihood: Floats | None = None


@dataclass(frozen=True)
class Loadings(Checked):
    """How much each group moves with each area.

    Attributes
    ----------
    shares
        How variance divides among levels of areas, `AreaRule.shares`.
    levels
        By level, the share of each group's weight in each area.
    between
        The same for the few places the donor publishes, less that of everybody; ``None`` for none.
    """

    shares: Mapping[str, float]
    levels: Mapping[str, Matrix]
    between: Matrix | None

    def of(self, above: float) -> Matrix:
        """Return the movement with a unit of each area's effect, levels side by side.

        Parameters
        ----------
        above
            Share of the variance between the few places the donor publishes.
        """
        from scipy import sparse

        inside = 1.0 if self.between is None else 1.0 - above
        parts = [
            np.sqrt(max(inside * share, 0.0)) * self.levels[level]
            for level, share in self.shares.items()
        ]
        if self.between is not None and above > 0:
            parts.append(np.sqrt(above) * self.between)
        return sparse.csr_array(sparse.hstack(parts))


@dataclass(frozen=True)
class AreaEffect(Checked):
    """How far areas move estimates beyond what predictors show.

    Attributes
    ----------
    moved
        Movement of each group with a unit of each area's effect, shape (groups, areas of all levels).
    degrees_of_freedom
        Of the variance of these effects, by how much is known of it.
    """

    moved: Matrix
    degrees_of_freedom: float

    @property
    def variance(self) -> Floats:
        """Expected squared movement of each group."""
        return np.asarray(self.moved.multiply(self.moved).sum(axis=1), dtype=np.float64).ravel()

    def scaled(self, by: Floats | float) -> AreaEffect:
        """Return the effect on a multiple of the estimate, by one factor or one per group."""
        count = self.moved.shape[0]
        factors = np.nan_to_num(np.broadcast_to(np.asarray(by, dtype=np.float64), (count,)))
        return replace(self, moved=_row_scaled(self.moved, factors))

    def __sub__(self, other: AreaEffect) -> AreaEffect:
        """Return the effect on a difference; what moves both estimates alike cancels."""
        freedom = min(self.degrees_of_freedom, other.degrees_of_freedom)
        return AreaEffect(self.moved - other.moved, freedom)


@dataclass(frozen=True)
class Partition:
    """Groups of the recipient's households, and how much each moves with each area.

    Attributes
    ----------
    groups
        The groups.
    weight
        Full-sample weight of all households.
    loadings
        See `Locality.loadings`.
    """

    groups: Groups
    weight: Floats
    loadings: Loadings

    @cached_property
    def mass(self) -> Floats:
        """Weight of each group."""
        return np.array([float(self.weight[rows].sum()) for rows in self.groups])

    @cached_property
    def effective(self) -> Floats:
        """Kish's effective number of households of each group."""
        squares = np.array([float(np.square(self.weight[rows]).sum()) for rows in self.groups])
        return np.asarray(self.mass**2 / np.where(squares > 0, squares, 1.0))


def effect_of_areas(
    locality: Locality,
    rule: AreaRule,
    partition: Partition,
    item: NamedTarget,
    estimates: Floats,
    *,
    seen: Callable[[], SeenPlaces],
    unexplained: float,
    spread: Callable[[Measure], Floats],
) -> AreaEffect:
    """Return how far areas move the estimates of a target.

    The variance of single households is read off their draws. Of what is no mean, share, total or count of
    all households it is that between implicates, whose draws are independent between households, times
    the effective number of households: known for every statistic, in its own unit, but from as few
    numbers as there are implicates.

    Parameters
    ----------
    locality, rule
        Where the recipient's households live, and its rule.
    partition
        The groups.
    item
        What is estimated.
    estimates
        Its estimates, shape (groups, M).
    seen
        Gives what the donor's places say of the variable.
    unexplained
        Variance of the donor's answers around their regression on the predictors; NaN where it is not known.
    spread
        Gives the mean variance of single households' draws of a measure in each group.
    """
    foretold = locality.foretell(rule, _key(item), seen)
    count, target = estimates.shape[1], item.target
    unit = partition.mass if isinstance(target, TotalTarget) else np.ones(len(estimates))
    measure = _summed(item)
    known = measure is not None and np.isfinite(unexplained) and unexplained > 0
    surplus = 1.0
    if count < _TWO:
        variance = np.full(len(estimates), unexplained if known else np.nan)
    elif measure is not None and all(column.complete for column in item.columns):
        variance = spread(measure)
    else:
        with np.errstate(invalid="ignore"):
            noise = estimates.var(axis=1, ddof=1) / np.where(unit > 0, unit, 1.0) ** 2
        variance = noise * _effective(item, partition)
        # Squares of estimated variances are too large on average.
        surplus += _TWO / (count - 1.0)
    if known:
        relative = np.maximum(variance / unexplained / np.sqrt(surplus), LEAST_SCALE)
        variance = unexplained * np.square(relative)
    scale = np.sqrt(foretold.kappa * np.nan_to_num(variance)) * unit
    loadings = partition.loadings.of(foretold.above)
    return AreaEffect(_row_scaled(loadings, scale), foretold.degrees_of_freedom)


def _summed(item: NamedTarget) -> Measure | None:
    """Return what a mean, share, total or count of all households sums; ``None`` of anything else."""
    if item.divisor is not None or item.within is not None:
        return None
    if isinstance(item.target, TotalTarget):
        return item.target.measure
    return item.target.numerator if isinstance(item.target, RatioTarget) else None


def _row_scaled(matrix: sparse.csr_array, by: Floats) -> sparse.csr_array:
    from scipy import sparse

    return sparse.csr_array(sparse.diags_array(by) @ matrix)


def _key(item: NamedTarget) -> tuple[Any, ...]:
    name, asked = "" if item.column is None else item.column.name, item.statistic
    side = asked.kind if asked.kind in THRESHOLD_SHARES else ""
    return (name, item.level, side, asked.threshold)


def _effective(item: NamedTarget, partition: Partition) -> Floats:
    """Return the effective number of households behind the estimate of each group."""
    if item.within is None and all(column.complete for column in item.columns):
        return partition.effective
    weight = partition.weight
    return np.array([effective_answers(item, rows, weight[rows]) for rows in partition.groups])
