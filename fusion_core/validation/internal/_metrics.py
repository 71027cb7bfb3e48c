"""How near simulated estimates come to observed ones, subset by subset.

Formulas of Ummel et al. (2024) as fusionModel 2.4 computes them: the sampling variance of a mean is
Cochran's ratio variance, of a share p(1−p)Σw²/(Σw)²; implicates are pooled by Rubin's (1987) rules;
margins of error are those of a 90 % confidence interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.estimates.variance import margin_multiplier, pool
from fusion_core.frames import level_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    from fusion_core.fusion.implicates import FusedVariable, Implicates
    from fusion_core.validation.internal.subsets import Subsets

    Floats = NDArray[np.float64]

METRICS = ("absolute_percent_error", "value_added", "uncertainty_ratio")


@dataclass(frozen=True)
class SubsetWeights:
    """Sums of weights in every subset.

    Attributes
    ----------
    membership
        Sparse matrix (subsets × rows).
    weight
        One weight per row.
    total, squares, rows
        Σw, Σw² and number of rows per subset, as columns.
    """

    membership: sparse.csr_matrix
    weight: Floats
    total: Floats
    squares: Floats
    rows: Floats

    @classmethod
    def of(cls, subsets: Subsets, weight: Floats) -> SubsetWeights:
        """Sum the weights of some subsets."""
        matrix = subsets.membership
        return cls(
            matrix,
            weight,
            (matrix @ weight)[:, None],
            (matrix @ weight**2)[:, None],
            subsets.sizes.astype(np.float64)[:, None],
        )

    @classmethod
    def of_everyone(cls, weight: Floats) -> SubsetWeights:
        """Sum the weights of all rows, as the only subset."""
        from scipy import sparse

        ones = sparse.csr_matrix(np.ones((1, len(weight))))
        sums = np.array([[weight.sum()]]), np.array([[(weight**2).sum()]])
        return cls(ones, weight, *sums, np.array([[float(len(weight))]]))

    @property
    def degrees_of_freedom(self) -> Floats:
        """Of an estimate from each subset's observed rows."""
        return np.maximum(self.rows[:, 0] - 1.0, 1.0)

    def means(self, values: Floats, centre: float) -> tuple[Floats, Floats]:
        """Return means and their variances, shape (subsets, M).

        Values are centred first so that sums of squares lose no digits.
        """
        shifted = values - centre
        weight = self.weight[:, None]
        # One product for all sums: the matrix is walked through once.
        columns = np.empty((len(shifted), 3 * shifted.shape[1]))
        parts = np.split(columns, 3, axis=1)
        np.multiply(weight, shifted, out=parts[0])
        np.multiply(weight, parts[0], out=parts[1])
        np.multiply(parts[1], shifted, out=parts[2])
        first, linear, square = np.split(np.asarray(self.membership @ columns), 3, axis=1)
        mean = first / self.total
        spread = square - 2.0 * mean * linear + mean**2 * self.squares
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = self.rows / (self.rows - 1.0) * spread / self.total**2
        return mean + centre, np.maximum(variance, 0.0)

    def shares(self, holds: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Return weighted shares and their variances, shape (subsets, M)."""
        share = np.asarray(self.membership @ (self.weight[:, None] * holds)) / self.total
        share = np.minimum(share, 1.0)
        return share, share * (1.0 - share) * self.squares / self.total**2


@dataclass(frozen=True)
class SubsetEstimate:
    """Estimates of one variable, or of one level of a category, in every subset.

    Attributes
    ----------
    variable, level
        What is estimated: the mean of a number (no level) or the share of a level.
    observed, simulated
        Estimates and their sampling variances, of shape (subsets, 1) and (subsets, M).
    overall
        The observed estimate of all rows.
    """

    variable: str
    level: str
    observed: tuple[Floats, Floats]
    simulated: tuple[Floats, Floats]
    overall: float


def estimate_subsets(
    observed: pd.DataFrame, implicates: Implicates, sums: SubsetWeights
) -> list[SubsetEstimate]:
    """Estimate every fused variable in every subset, from the observed data and every implicate.

    Parameters
    ----------
    observed
        Observed data with the fused variables, rows in the order of the implicates.
    implicates
        Simulated values.
    sums
        The subsets.
    """
    return [
        estimate
        for name, variable in implicates.variables.items()
        for estimate in _estimates(observed[name], variable, sums)
    ]


def compare_subsets(
    estimates: Sequence[SubsetEstimate], subsets: Subsets, sums: SubsetWeights
) -> pd.DataFrame:
    """Compare observed and simulated estimates in every subset.

    Parameters
    ----------
    estimates
        From at least two implicates, see `estimate_subsets`.
    subsets, sums
        Where they come from.

    Returns
    -------
    DataFrame
        One row per subset, variable and – for categories – level: ``subset``, ``subset_variables``,
        ``share`` (of the weighted households), ``n``, ``variable``, ``level``, ``observed``,
        ``observed_moe``, ``simulated``, ``simulated_moe``, ``overall`` and the three metrics.
    """
    frame = pd.DataFrame(
        {
            "subset": subsets.names,
            "subset_variables": [" × ".join(names) for names in subsets.variables],
            "share": sums.total[:, 0] / sums.weight.sum(),
            "n": subsets.sizes,
        }
    )
    found = [_with_margins(estimate, sums) for estimate in estimates]
    repeated = frame.take(np.tile(np.arange(len(frame)), len(found))).reset_index(drop=True)
    values: dict[str, Any] = {
        "variable": np.repeat([item.variable for item in estimates], len(frame)),
        "level": np.repeat([item.level for item in estimates], len(frame)),
    }
    for key in ("observed", "observed_moe", "simulated", "simulated_moe", "overall"):
        values[key] = np.concatenate([item[key] for item in found])
    result = pd.DataFrame(values | _metrics(values))
    return pd.concat([repeated, result], axis=1)


def pooled_margin(simulated: tuple[Floats, Floats], sampled: Floats) -> tuple[Floats, Floats]:
    """Return pooled estimates and their 90 % margins of error.

    Rubin's (1987) rules with his degrees of freedom, as the R package; without any variance
    between implicates the degrees of freedom are those of one sample.

    Parameters
    ----------
    simulated
        Estimates and their sampling variances, of shape (estimates, M).
    sampled
        Degrees of freedom of one sample, one per estimate.
    """
    pooled = pool(*simulated, rule="rubin")
    freedom = pooled.degrees_of_freedom
    limited = np.where(np.isinf(freedom), sampled, freedom)
    return pooled.estimate, margin_multiplier(limited, 0.90) * pooled.standard_error


def _estimates(
    observed: pd.Series[Any], variable: FusedVariable, sums: SubsetWeights
) -> list[SubsetEstimate]:
    weight, name = sums.weight, variable.name
    if not variable.is_categorical:
        truth = observed.to_numpy(dtype=np.float64)
        overall = float(np.average(truth, weights=weight))
        draws = np.asarray(variable.values, dtype=np.float64)
        real, simulated = sums.means(truth[:, None], overall), sums.means(draws, overall)
        return [SubsetEstimate(name, "", real, simulated, overall)]
    codes = observed_codes(observed, variable)
    found = []
    for code, level in enumerate(variable.levels):
        real = sums.shares((codes == code)[:, None])
        simulated = sums.shares(variable.values == code)
        overall = float(np.average(codes == code, weights=weight))
        found.append(SubsetEstimate(name, level, real, simulated, overall))
    return found


def observed_codes(observed: pd.Series[Any], variable: FusedVariable) -> NDArray[np.intp]:
    """Return observed answers as codes into a fused variable's levels, −1 for any other."""
    # Each distinct answer is looked up once: surveys have many rows and few levels.
    codes, answers = pd.factorize(observed)
    places = pd.Index(variable.levels).get_indexer(
        pd.Index([level_text(answer) for answer in answers])
    )
    # Code −1 of a missing answer looks behind the last.
    return np.append(places, -1)[codes].astype(np.intp)


def _with_margins(estimate: SubsetEstimate, sums: SubsetWeights) -> dict[str, Floats]:
    mean, variance = (part[:, 0] for part in estimate.observed)
    simulated, margin = pooled_margin(estimate.simulated, sums.degrees_of_freedom)
    return {
        "observed": mean,
        "observed_moe": margin_multiplier(sums.degrees_of_freedom, 0.90) * np.sqrt(variance),
        "simulated": simulated,
        "simulated_moe": margin,
        "overall": np.full(len(mean), estimate.overall),
    }


def _metrics(values: dict[str, Floats]) -> dict[str, Floats]:
    """Return the three metrics of Ummel et al. (2024); NaN where a denominator is zero.

    Absolute percent error |y_s − y_o|/|y_o|; value-added max(0, 1 − |y_s − y_o|/|E(y_o) − y_o|)
    with E the full-sample mean; uncertainty ratio (MOE_s/y_s)/(MOE_o/y_o).
    """
    observed, simulated = values["observed"], values["simulated"]
    error = np.abs(simulated - observed)
    with np.errstate(invalid="ignore", divide="ignore"):
        percent = np.where(observed != 0, error / np.abs(observed), np.nan)
        naive = np.abs(values["overall"] - observed)
        added = np.where(naive > 0, np.maximum(0.0, 1.0 - error / naive), np.nan)
        ratio = (values["simulated_moe"] / simulated) / (values["observed_moe"] / observed)
    return dict(
        zip(METRICS, (percent, added, np.where(np.isfinite(ratio), ratio, np.nan)), strict=True)
    )
