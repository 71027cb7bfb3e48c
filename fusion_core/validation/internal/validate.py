"""`validate`: implicates fused back onto the donor against what the donor really said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.validation.internal._metrics import (
    METRICS,
    SubsetWeights,
    compare_subsets,
    estimate_subsets,
    observed_codes,
)
from fusion_core.validation.internal._smoothing import POINTS, SPAN, curve_shares, local_median
from fusion_core.validation.internal.calibration import (
    RELIABILITY_COLUMNS,
    coverage_table,
    reliability_table,
)
from fusion_core.validation.internal.convergence import convergence_table
from fusion_core.validation.internal.dependence import compare_dependence
from fusion_core.validation.internal.distributions import compare_marginals, summarize_distributions
from fusion_core.validation.internal.scores import LOG, score_table
from fusion_core.validation.internal.subsets import build_subsets
from fusion_core.validation.internal.verdicts import verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import Implicates

Progress = Callable[[float, str], None]
SHARES_IN_SUMMARY = 200
IMPORTANCE_COLUMNS = ("variable", "predictor", "share")
SUMMARY_COVERAGE = 0.8


def _no_importance() -> pd.DataFrame:
    return pd.DataFrame(columns=list(IMPORTANCE_COLUMNS))


def _no_reliability() -> pd.DataFrame:
    return pd.DataFrame(columns=list(RELIABILITY_COLUMNS))


@dataclass(frozen=True)
class Validation:
    """How well implicates reproduce the observed data.

    Attributes
    ----------
    metrics
        One row per subset, variable and level (see `compare_subsets`).
    curves
        Smoothed metrics against subset share: ``variable``, ``metric``, ``share``, ``value``.
    summary
        One row per variable: the mean of each curve, and its proper score, skill and coverage.
    marginals
        Observed and simulated distributions (see `compare_marginals`).
    distances
        How far these are apart (see `summarize_distributions`).
    correlations
        Dependence between fused variables, and with the subset variables (see
        `compare_dependence`).
    scores
        Proper scores beside a baseline (see `score_table`).
    coverage
        How often ranges of the draws hold the true value (see `coverage_table`).
    convergence
        How estimates and margins settle with M (see `convergence_table`).
    verdicts
        One sentence per variable.
    importance
        What each variable was predicted from (`fusion_core.fusion.FusionModel.importance`); empty
        where no model is at hand, as after out-of-fold fusion.
    reliability
        How often drawn answers are true (see `reliability_table`); empty without categories.
    """

    metrics: pd.DataFrame
    curves: pd.DataFrame
    summary: pd.DataFrame
    marginals: pd.DataFrame
    distances: pd.DataFrame
    correlations: pd.DataFrame
    scores: pd.DataFrame
    coverage: pd.DataFrame
    convergence: pd.DataFrame
    verdicts: tuple[str, ...]
    importance: pd.DataFrame = field(default_factory=_no_importance)
    reliability: pd.DataFrame = field(default_factory=_no_reliability)


def validate(
    observed: pd.DataFrame,
    implicates: Implicates,
    subset_variables: Sequence[str],
    *,
    weight: str | None = None,
    minimum_rows: int = 30,
    span: float = SPAN,
    progress: Progress | None = None,
) -> Validation:
    """Compare implicates with observed data over many population subsets.

    Subsets are every level and every pair of levels of the subset variables, numbers and ordered
    categories clustered into at most five groups. In each, the mean of every fused number and the
    share of every level is estimated from the observed data and from the implicates, with margins
    of error; three metrics compare them (Ummel et al. 2024) and curves show the typical metric
    against the size of the subset.

    Parameters
    ----------
    observed
        The donor, rows in the order of the implicates, with the fused and the subset variables.
    implicates
        At least two implicates of the same households.
    subset_variables
        Columns of `observed` that are no fused variables.
    weight
        Weight column; ``None`` weights every row 1.
    minimum_rows
        Smaller subsets are left out.
    span
        Share of subsets a local fit of the curves uses.
    progress
        Called with the share done and a sentence; raises to cancel.

    Raises
    ------
    InputError
        If a column is missing or has missing values, rows differ in number, there is only one
        implicate, or a subset variable is a fused variable.
    """
    report = progress or _silent
    weights = _check(observed, implicates, subset_variables, weight)
    report(0.0, "Forming subsets")
    subsets = build_subsets(observed, subset_variables, minimum_rows=minimum_rows)
    report(0.1, f"Comparing {len(subsets)} subsets")
    sums = SubsetWeights.of(subsets, weights)
    estimates = estimate_subsets(observed, implicates, sums)
    metrics = compare_subsets(estimates, subsets, sums)
    report(0.5, "Drawing the curves")
    curves = smooth_metrics(metrics, span=span)
    report(0.7, "Comparing distributions")
    marginals = compare_marginals(observed, implicates, weights)
    distances = summarize_distributions(observed, implicates, weights)
    whole_columns = [name for name in subset_variables if not observed[name].isna().any()]
    correlations = compare_dependence(observed, implicates, weights, whole_columns)
    report(0.85, "Scoring the draws")
    scores = score_table(observed, implicates, weights)
    coverage = coverage_table(observed, implicates, weights)
    reliability = reliability_table(observed, implicates, weights)
    whole = estimate_subsets(observed, implicates, SubsetWeights.of_everyone(weights))
    convergence = convergence_table(estimates, whole, sums)
    summary = _summary(curves, scores, coverage)
    by_variable = dict(iter(curves.groupby("variable", sort=False)))
    report(1.0, "Validation is ready")
    return Validation(
        metrics=metrics,
        curves=curves,
        summary=summary,
        marginals=marginals,
        distances=distances,
        correlations=correlations,
        scores=scores,
        coverage=coverage,
        convergence=convergence,
        reliability=reliability,
        verdicts=tuple(verdict(name, by_variable[name]) for name in implicates.names),
    )


def smooth_metrics(metrics: pd.DataFrame, *, span: float = SPAN) -> pd.DataFrame:
    """Smooth each metric of each variable against subset share.

    Parameters
    ----------
    metrics
        As in `Validation`; may be filtered, e.g. to one family of subsets.
    span
        Share of subsets a local fit uses.

    Returns
    -------
    DataFrame
        ``variable``, ``metric``, ``share``, ``value`` at 100 shares even on a square-root axis.
    """
    found = []
    for variable, own in metrics.groupby("variable", sort=False):
        position = own["share"].to_numpy(dtype=np.float64)
        at = curve_shares(position)
        for metric in METRICS:
            value = local_median(position, own[metric].to_numpy(np.float64), at, span=span)
            found.append((str(variable), metric, at, value))
    return pd.DataFrame(
        {
            "variable": np.repeat([item[0] for item in found], POINTS),
            "metric": np.repeat([item[1] for item in found], POINTS),
            "share": np.concatenate([item[2] for item in found]),
            "value": np.concatenate([item[3] for item in found]),
        }
    )


def _summary(curves: pd.DataFrame, scores: pd.DataFrame, coverage: pd.DataFrame) -> pd.DataFrame:
    """Return each curve's mean over shares evenly spaced between its ends, beside the fair scores."""
    rows: dict[str, dict[str, Any]] = {}
    for (variable, metric), curve in curves.groupby(["variable", "metric"], sort=False):
        share = curve["share"].to_numpy(dtype=np.float64)
        even = np.linspace(share[0], share[-1], SHARES_IN_SUMMARY)
        row = rows.setdefault(str(variable), {"variable": variable})
        row[str(metric)] = float(np.interp(even, share, curve["value"]).mean())
    fair = scores[scores["score"] != LOG]
    held = coverage[coverage["level"] == SUMMARY_COVERAGE].set_index("variable")["held"]
    summary = pd.DataFrame(rows.values()).merge(fair, on="variable")
    return summary.assign(coverage=summary["variable"].map(held).astype(float))


def _check(
    observed: pd.DataFrame,
    implicates: Implicates,
    subset_variables: Sequence[str],
    weight: str | None,
) -> NDArray[np.float64]:
    if implicates.count < 2:  # noqa: PLR2004 - uncertainty between implicates needs two
        raise InputError("Validation needs at least two implicates", fix="Fuse with M of 2 or more")
    if len(observed) != implicates.rows:
        raise InputError(
            f"The observed data have {len(observed):,} rows and the implicates {implicates.rows:,}",
            fix="Fuse the model back onto the donor it was trained on",
        )
    for name in implicates.names:
        if name in subset_variables:
            raise InputError(
                f"'{name}' is a fused variable and cannot form the subsets",
                fix="Choose predictors as subset variables",
            )
        _check_observed(observed, implicates, name)
    if weight is None:
        return np.ones(len(observed))
    if weight not in observed.columns:
        raise InputError.unknown("weight column", weight, map(str, observed.columns))
    weights = observed[weight].to_numpy(dtype=np.float64)
    if not (np.isfinite(weights) & (weights >= 0)).all() or not weights.any():
        raise InputError(f"Weight column '{weight}' has missing or negative values")
    return weights


def _check_observed(observed: pd.DataFrame, implicates: Implicates, name: str) -> None:
    if name not in observed.columns:
        raise InputError.unknown("observed variable", name, map(str, observed.columns))
    if observed[name].isna().any():
        raise InputError(
            f"'{name}' has {int(observed[name].isna().sum()):,} missing observed values",
            fix="Leave these households out of the donor and fuse again",
        )
    variable = implicates[name]
    if variable.is_categorical and (observed_codes(observed[name], variable) < 0).any():
        unknown = set(observed[name].map(str)) - set(variable.levels)
        raise InputError(
            f"'{name}' has an observed level that was never fused: {min(unknown)!r}",
            fix="Validate with the donor the model was trained on",
        )


def _silent(share: float, sentence: str) -> None:
    """Report to nobody."""
