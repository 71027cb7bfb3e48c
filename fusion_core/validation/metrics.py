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

from fusion_core.estimates.pooling import margin_multiplier, pool

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from fusion_core.fusion.implicates import FusedVariable, Implicates
    from fusion_core.validation.subsets import Subsets

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

    def means(self, values: Floats, centre: float) -> tuple[Floats, Floats]:
        """Return means and their variances, shape (subsets, M).

        Values are centred first so that sums of squares lose no digits.
        """
        shifted = values - centre
        weight = self.weight[:, None]
        # One product for all sums: the matrix is walked through once.
        columns = np.hstack([weight * shifted, weight**2 * shifted, weight**2 * shifted**2])
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


def compare_subsets(
    observed: pd.DataFrame, implicates: Implicates, subsets: Subsets, weight: Floats
) -> pd.DataFrame:
    """Compare observed and simulated estimates in every subset.

    Parameters
    ----------
    observed
        Observed data with the fused variables, rows in the order of the implicates.
    implicates
        Simulated values, at least two implicates.
    subsets
        Where to compare.
    weight
        One weight per row.

    Returns
    -------
    DataFrame
        One row per subset, variable and – for categories – level: ``subset``, ``subset_variables``,
        ``share`` (of the weighted households), ``n``, ``variable``, ``level``, ``observed``,
        ``observed_moe``, ``simulated``, ``simulated_moe``, ``overall`` and the three metrics.
    """
    sums = SubsetWeights.of(subsets, weight)
    frame = pd.DataFrame(
        {
            "subset": subsets.names,
            "subset_variables": [" × ".join(names) for names in subsets.variables],
            "share": sums.total[:, 0] / weight.sum(),
            "n": subsets.sizes,
        }
    )
    found = [
        (name, level, estimates)
        for name, variable in implicates.variables.items()
        for level, estimates in _estimates(observed[name], variable, sums)
    ]
    repeated = frame.take(np.tile(np.arange(len(frame)), len(found))).reset_index(drop=True)
    values: dict[str, Any] = {
        "variable": np.repeat([item[0] for item in found], len(frame)),
        "level": np.repeat([item[1] for item in found], len(frame)),
    }
    for key in ("observed", "observed_moe", "simulated", "simulated_moe", "overall"):
        values[key] = np.concatenate([item[2][key] for item in found])
    result = pd.DataFrame(values | _metrics(values))
    return pd.concat([repeated, result], axis=1)


def _estimates(
    observed: pd.Series[Any], variable: FusedVariable, sums: SubsetWeights
) -> list[tuple[str, dict[str, Floats]]]:
    weight = sums.weight
    if not variable.is_categorical:
        truth = observed.to_numpy(dtype=np.float64)
        overall = float(np.average(truth, weights=weight))
        draws = np.asarray(variable.values, dtype=np.float64)
        real, simulated = sums.means(truth[:, None], overall), sums.means(draws, overall)
        return [("", _with_margins(real, simulated, overall, sums))]
    codes = observed_codes(observed, variable)
    found = []
    for code, level in enumerate(variable.levels):
        real = sums.shares((codes == code)[:, None])
        simulated = sums.shares(variable.values == code)
        overall = float(np.average(codes == code, weights=weight))
        found.append((level, _with_margins(real, simulated, overall, sums)))
    return found


def observed_codes(observed: pd.Series[Any], variable: FusedVariable) -> NDArray[np.intp]:
    """Return observed answers as codes into a fused variable's levels, −1 for any other."""
    text = observed.astype("object").map(str)
    return pd.Index(variable.levels).get_indexer(pd.Index(text)).astype(np.intp)


def _with_margins(
    real: tuple[Floats, Floats],
    simulated: tuple[Floats, Floats],
    overall: float,
    sums: SubsetWeights,
) -> dict[str, Floats]:
    freedom = np.maximum(sums.rows[:, 0] - 1.0, 1.0)
    pooled = pool(*simulated, rule="rubin")
    # Without any variance between implicates Rubin's degrees of freedom are those of one sample.
    limited = np.where(np.isinf(pooled.degrees_of_freedom), freedom, pooled.degrees_of_freedom)
    return {
        "observed": real[0][:, 0],
        "observed_moe": margin_multiplier(freedom, 0.90) * np.sqrt(real[1][:, 0]),
        "simulated": pooled.estimate,
        "simulated_moe": margin_multiplier(limited, 0.90) * pooled.standard_error,
        "overall": np.full(len(freedom), overall),
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
