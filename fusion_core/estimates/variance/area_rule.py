"""How much areas differ in ways no predictor shows: learned from known answers, carried to others.

A fused mean of area a errs by u_a, what is particular to the area beyond its households' predictors and
the places they share with donors. Its variance cannot be seen where the recipient did not ask – that
is the failure of predictions for areas shown by Tarozzi and Deaton (2009, Review of Economics and
Statistics 91), and why Elbers, Lanjouw and Lanjouw (2003, Econometrica 71) gave clusters an error of
their own. Here it is carried over from variables whose answers in every area are known.

**Scale.** Var(u_a) = κ · v_a²/v, with v_a the mean variance of single households around their prediction
in the area, and v that of everybody. κ has no unit: it is the variance between areas over that within,
as an intraclass correlation is. Effects in proportion to v_a are those of log odds for shares, whose
v_a is p(1 − p), and of logarithms for counts; of numbers with equal variances they are all alike.

**Rule.** Where the donor publishes places, each variable's π is known: the variance between places
beyond the predictors over that within, from predictions by the donors of all other places
(`place_excess`). Variables that differ between places differ between areas: log κ is normal around
α + β·log(π + δ) with standard deviation σ, without places around α.

A few large regions, such as the five of a state, are no such places: each variable's differences between
them are seen as they are (`FewPlaces`), beyond *all* predictors of the fusion, and what they show is
added to what is foretold inside them, from how areas of one region differ by the known variables. It is
common to the areas of a region, and nothing for everybody. Four or five regions say little of how large
that variance is. Beforehand its root is half-Cauchy with the standard deviation inside regions as its scale
(Gelman 2006, *Prior distributions for variance parameters in hierarchical models*, Bayesian Analysis 1): regions
that differ by ten times as much as areas inside them are seen for what they are, and such differences
are not feared where nothing shows them.

**Uncertainty.** A variance estimated as zero is none that is known to be zero (Li and Lahiri 2010, *An
adjusted maximum likelihood method for solving small area estimation problems*, Journal of Multivariate
Analysis 101). So nothing is maximised: each known variable enters with its whole likelihood of κ, and α
and σ are averaged over their posterior. What is foretold for another variable is a distribution of κ;
`AreaScale` is the t distribution that gives nearly the same margins beside the errors that are known.

β, δ and the prior of σ were chosen on 10 variables of NHTS 2017 and the ACS, see assets/measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.errors import CorruptFileError
from fusion_core.records import Checked

Floats = NDArray[np.float64]

KAPPAS: Final = np.exp(np.linspace(np.log(1e-5), 0.0, 93))
"""Where likelihoods of κ are evaluated."""
LEAST_SCALE: Final = 0.1
"""Areas whose households seem to vary less than this share of all count as if they varied so much."""
_SLOPE: Final = 1.25
_LEAST_PLACE: Final = 1e-3
_LEVELS: Final = np.linspace(np.log(1e-6), np.log(10.0), 80)
_SPREADS: Final = np.array([0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5])
_SPREAD_PRIOR: Final = (0.8, 0.35)
_FREEDOMS: Final = np.array([2.0, 2.5, 3.0, 4.0, 6.0, 10.0, 20.0, 50.0])
# Known variances over that of single households: of samples of a thousand, to thirty.
_BESIDE: Final = np.array([0.001, 0.003, 0.01, 0.03])
_COVERED: Final = 0.90


@dataclass(frozen=True)
class AreaScale(Checked):
    """What is foretold of κ for one variable.

    Attributes
    ----------
    kappa
        The squared scale of a t distribution of u_a/√(v_a²/v).
    degrees_of_freedom
        Of that distribution: the fewer, the less is known of κ.
    above
        The share of κ that is between the few places the donor publishes, and common to the areas of
        one; 0 where they say nothing.
    """

    kappa: float
    degrees_of_freedom: float
    above: float = 0.0


@dataclass(frozen=True)
class AreaEvidence(Checked):
    """What one known variable, or level of one, tells of κ.

    Attributes
    ----------
    variable, level
        What was known.
    likelihood
        Logarithm of the likelihood at `KAPPAS`, its largest value 0.
    places
        π of the variable, NaN where the donor publishes no places.
    weight
        How much it counts: 1 over the number of levels, so that a variable counts once.
    inside
        As `likelihood`, of κ between areas of one of the few places the donor publishes; ``None`` where
        it publishes no few.
    """

    variable: str
    level: str
    likelihood: Floats
    places: float
    weight: float
    inside: Floats | None = None

    @property
    def kappa(self) -> float:
        """Where the likelihood is largest."""
        return float(KAPPAS[int(np.argmax(self.likelihood))])

    def within_places(self) -> AreaEvidence:
        """Return what it tells of κ between areas of one of the few places the donor publishes."""
        return self if self.inside is None else replace(self, likelihood=self.inside)


@dataclass(frozen=True)
class AreaRule(Checked):
    """What known answers say of how much areas differ beyond the predictors.

    Attributes
    ----------
    evidence
        What is known.
    shares
        How that variance divides among nested levels of areas, from the smallest to the largest, by the
        column that names them; they sum to 1.
    predictors
        Predictors of households, which π is beyond of.
    place
        Column of the donor that names the places π is between; empty for none.
    """

    evidence: tuple[AreaEvidence, ...]
    shares: Mapping[str, float]
    predictors: tuple[str, ...] = ()
    place: str = ""

    def without(self, variable: str) -> AreaRule:
        """Return what is known without one variable."""
        kept = tuple(item for item in self.evidence if item.variable != variable)
        return AreaRule(kept, self.shares, self.predictors, self.place)

    def foretell(self, places: float = np.nan, seen: Floats | None = None) -> AreaScale:
        """Return what is foretold of κ.

        Parameters
        ----------
        places
            π of the variable asked for, NaN where it is not known.
        seen
            Logarithm of the likelihood, at `KAPPAS`, of the variance between the few places the donor
            publishes, which is added to what is foretold inside them.
        """
        used = [item for item in self.evidence if np.isfinite(item.places) or np.isnan(places)]
        if seen is not None:
            used = [item.within_places() for item in used]
        slope = 0.0 if np.isnan(places) else _SLOPE
        posterior = _posterior(used, slope)
        expected = _LEVELS + (0.0 if np.isnan(places) else slope * _log_places(places))
        mass = np.einsum("as,ask->k", posterior, _around(expected))
        mass /= mass.sum()
        return _as_t(mass) if seen is None else _with_seen(mass, seen)

    def to_record(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "evidence": [
                {
                    "variable": item.variable,
                    "level": item.level,
                    "likelihood": _rounded(item.likelihood),
                    "places": None if np.isnan(item.places) else item.places,
                    "weight": item.weight,
                    "inside": None if item.inside is None else _rounded(item.inside),
                }
                for item in self.evidence
            ],
            "shares": dict(self.shares),
            "predictors": list(self.predictors),
            "place": self.place,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any], *, where: str = "") -> AreaRule:
        """Read the JSON form.

        Raises
        ------
        CorruptFileError
            If something is missing, or of another kind than was written.
        """
        try:
            evidence = tuple(_evidence(item) for item in record["evidence"])
            predictors = tuple(record["predictors"])
            return cls(evidence, dict(record["shares"]), predictors, record["place"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CorruptFileError(
                "What known answers say of areas is damaged",
                where=where,
                fix="Check the run against known answers again on the Validate page",
            ) from error


def _evidence(item: Mapping[str, Any]) -> AreaEvidence:
    # Of a run made before regions had a part in what is learned, nothing is known inside them.
    inside = item.get("inside")
    return AreaEvidence(
        item["variable"],
        item["level"],
        np.array(item["likelihood"], dtype=np.float64),
        np.nan if item["places"] is None else float(item["places"]),
        float(item["weight"]),
        None if inside is None else np.array(inside, dtype=np.float64),
    )


def area_scale(unexplained: Floats, overall: float) -> Floats:
    """Return v_a²/v of each area.

    Parameters
    ----------
    unexplained
        v_a, the mean variance of households around their prediction.
    overall
        v, that of everybody.
    """
    return np.maximum(unexplained, LEAST_SCALE * overall) ** 2 / overall


def area_likelihood(
    difference: Floats, known: Floats, scale: Floats, common: NDArray[np.intp] | None = None
) -> Floats:
    """Return the logarithm of the likelihood of κ at `KAPPAS`, its largest value 0.

    A difference common to all areas, as where two questionnaires differ, is none between areas: it is
    taken out at each κ, and the likelihood is that of the rest (restricted likelihood, Patterson and
    Thompson 1971).

    Parameters
    ----------
    difference
        Estimate minus truth of each area.
    known
        Variance of that from what is known: both samples.
    scale
        `area_scale` of each.
    common
        Code of the region of each area, counted from 0, whose common difference is taken out; ``None``
        for one of all areas.
    """
    codes = np.zeros(len(difference), dtype=np.intp) if common is None else common
    regions = (np.unique(codes)[:, None] == codes).astype(np.float64)
    variance = known[:, None] + scale[:, None] * KAPPAS
    weight = 1.0 / variance
    total = regions @ weight
    mean = regions @ (weight * difference[:, None]) / total
    squares = (weight * np.square(difference[:, None] - regions.T @ mean)).sum(axis=0)
    logarithms = np.log(variance).sum(axis=0) + np.log(total).sum(axis=0)
    likelihood = -0.5 * (logarithms + squares)
    return np.asarray(likelihood - likelihood.max())


def _rounded(logarithms: Floats) -> list[float]:
    return [round(float(value), 4) for value in logarithms]


def _log_places(places: float) -> float:
    return float(np.log(places + _LEAST_PLACE))


def _with_seen(inside: Floats, seen: Floats) -> AreaScale:
    """Add the variance between places, given that between the areas of one, to what is seen of it."""
    joint = inside[:, None] * _beside() * np.exp(seen)
    joint /= joint.sum()
    sums = KAPPAS[:, None] + KAPPAS
    step = np.log(KAPPAS[1] / KAPPAS[0])
    place = np.clip(np.rint(np.log(sums / KAPPAS[0]) / step), 0, len(KAPPAS) - 1)
    mass = np.bincount(place.astype(np.intp).ravel(), joint.ravel(), minlength=len(KAPPAS))
    found = _as_t(np.asarray(mass, dtype=np.float64))
    above = float((joint * (KAPPAS / sums)).sum())
    return AreaScale(found.kappa, found.degrees_of_freedom, above)


@lru_cache(maxsize=1)
def _beside() -> Floats:
    """Return the prior of the variance between places by that inside them, shape (inside, between).

    The standard deviation is half-Cauchy with that inside as its scale.
    """
    ratio = np.sqrt(KAPPAS / KAPPAS[:, None])
    density = ratio / (1.0 + ratio**2)
    return np.asarray(density / density.sum(axis=1, keepdims=True))


@lru_cache(maxsize=64)
def _table(shift: float) -> Floats:
    return _normal(_LEVELS + shift)


def _around(expected: Floats) -> Floats:
    """Return the distribution of κ by α and σ, shape (α, σ, κ)."""
    return _table(round(float(expected[0] - _LEVELS[0]), 6))


def _normal(expected: Floats) -> Floats:
    distance = np.log(KAPPAS)[None, None, :] - expected[:, None, None]
    density = np.exp(-0.5 * np.square(distance / _SPREADS[None, :, None]))
    return np.asarray(density / np.maximum(density.sum(axis=2, keepdims=True), 1e-300))


def _posterior(evidence: list[AreaEvidence], slope: float) -> Floats:
    """Return the posterior of α and σ, shape (α, σ)."""
    centre, width = _SPREAD_PRIOR
    logarithm = np.broadcast_to(
        -0.5 * np.square((_SPREADS - centre) / width), (len(_LEVELS), len(_SPREADS))
    ).copy()
    for item in evidence:
        shift = slope * _log_places(item.places) if slope else 0.0
        chance = _around(_LEVELS + shift) @ np.exp(item.likelihood)
        logarithm += item.weight * np.log(np.maximum(chance, 1e-300))
    posterior = np.exp(logarithm - logarithm.max())
    return np.asarray(posterior / posterior.sum())


def _as_t(mass: Floats) -> AreaScale:
    """Return the t distribution that gives the margins of normal effects with variances κ.

    Beside a known variance r the 90 % quantile of the sum is looked for, for values of r from that of a
    thousand households to that of thirty, and the t distribution whose sum with r – degrees of freedom
    after Satterthwaite (1946) – comes nearest to it.
    """
    from scipy import special

    wanted = _quantiles(mass)
    kappas = KAPPAS[:, None, None]
    total = _BESIDE + kappas
    degrees = total**2 / (kappas**2 / _FREEDOMS[:, None])
    found = special.stdtrit(degrees, 0.5 + _COVERED / 2.0) * np.sqrt(total)
    distance = np.square(np.log(found / wanted)).sum(axis=2)
    place, freedom = np.unravel_index(int(np.argmin(distance)), distance.shape)
    return AreaScale(float(KAPPAS[place]), float(_FREEDOMS[freedom]))


def _quantiles(mass: Floats) -> Floats:
    """Return the quantile of a normal error with each variance beside κ, κ of a distribution."""
    from scipy import special

    deviations = np.sqrt(_BESIDE[:, None] + KAPPAS)
    low, high = np.zeros(len(_BESIDE)), np.full(len(_BESIDE), 4.0)
    for _ in range(40):
        middle = (low + high) / 2.0
        held = (2.0 * special.ndtr(middle[:, None] / deviations) - 1.0) @ mass
        low, high = np.where(held < _COVERED, middle, low), np.where(held < _COVERED, high, middle)
    return np.asarray(high)
