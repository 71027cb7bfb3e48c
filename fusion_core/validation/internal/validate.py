"""`validate`: implicates fused back onto the donor against what the donor really said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from fusion_core.arguments import column_names, is_real, whole_number
from fusion_core.errors import InputError
from fusion_core.estimates.statistics import (
    AS_TRAINED,
    checked_implicates,
    donor_weight,
    weight_matrix,
)
from fusion_core.frames import finite_numbers, level_text, numbers_of, read_frame
from fusion_core.fusion.implicates import order_of
from fusion_core.plotting import draw
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, listed
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
from fusion_core.validation.internal.score_parts import SCORE_PART_COLUMNS, score_parts
from fusion_core.validation.internal.scores import LOG, score_table
from fusion_core.validation.internal.subsets import build_subsets
from fusion_core.validation.internal.verdicts import verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.statistics import DonorWeight
    from fusion_core.frames import Table
    from fusion_core.fusion.implicates import Implicates
    from fusion_core.validation.internal.subsets import Subsets

Progress = Callable[[float, str], None]
FigureName = Literal[
    "curves",
    "multiples",
    "distributions",
    "dependence",
    "calibration",
    "predictors",
    "implicates",
]
SHARES_IN_SUMMARY = 200
IMPORTANCE_COLUMNS = ("variable", "predictor", "share")
DONOR_COLUMNS = ("variable", "households", "unanswered", "share")
SUMMARY_COVERAGE = 0.8


def _no_importance() -> pd.DataFrame:
    return pd.DataFrame(columns=list(IMPORTANCE_COLUMNS))


def _no_reliability() -> pd.DataFrame:
    return pd.DataFrame(columns=list(RELIABILITY_COLUMNS))


def _no_donors() -> pd.DataFrame:
    return pd.DataFrame(columns=list(DONOR_COLUMNS))


def _no_score_parts() -> pd.DataFrame:
    return pd.DataFrame(columns=list(SCORE_PART_COLUMNS))


@dataclass(frozen=True, repr=False)
class Validation(Checked, Summarized):
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
    donors
        Whom the figures of each variable speak of: ``variable``, ``households`` (that answered it),
        ``unanswered`` (left out of its figures) and ``share`` (of the weight, that answered).
    score_parts
        Fair scores by random parts of the households (see `score_parts`).
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
    donors: pd.DataFrame = field(default_factory=_no_donors)
    score_parts: pd.DataFrame = field(default_factory=_no_score_parts)

    def plot(self, what: FigureName = "curves", variable: str = "", **options: Any) -> Any:
        """Draw the validation with HoloViews, as the Validate page does.

        Parameters
        ----------
        what
            ``"curves"`` of errors by subset size, ``"multiples"``: the same in a frame per variable,
            ``"distributions"``, ``"dependence"``, ``"calibration"`` of draws, ``"predictors"``, or
            ``"implicates"``: how estimates settle with their number.
        variable
            Only this variable, or the one in detail; all when left out.
        options
            ``theme`` (``"light"`` or ``"dark"``) and ``backend`` (``"bokeh"`` or
            ``"matplotlib"``).

        Returns
        -------
        holoviews.Layout
            Panels that a notebook shows, and that can be combined with others.

        Raises
        ------
        InputError
            If there is no such figure or variable, or nothing that draws is installed.
        """
        return draw("validation", self, what=what, variable=variable, **options)

    def _facts(self) -> dict[str, object]:
        names = [str(name) for name in self.summary["variable"]]
        skills = zip(names, self.summary["skill"], strict=True)
        return {
            "variables": listed(names),
            "subsets": self.metrics["subset"].nunique(),
            "skill": listed([f"{name} {skill:.2f}" for name, skill in skills], most=4),
        }


def validate(
    observed: Table,
    implicates: Implicates,
    subset_variables: Sequence[str],
    *,
    weight: DonorWeight = AS_TRAINED,
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
        The donor with the fused and the subset variables; rows are matched by their index where the
        implicates have one, else by position. A fused variable is compared in the households that
        answered it.
    implicates
        At least two implicates of the same households.
    subset_variables
        Columns of `observed` that are no fused variables.
    weight
        Weight column; the one the model was trained with when left out, ``"weight"`` where that is
        not known. ``None`` counts every row once.
    minimum_rows
        Smaller subsets are left out.
    span
        Share of subsets a local fit of the curves uses.
    progress
        Called with the share done and a sentence; raises to cancel.

    Raises
    ------
    InputError
        If a column is missing, nobody answered a fused variable, rows differ in number, there is
        only one implicate, or a subset variable is a fused variable.
    """
    report = progress or _silent
    if not is_real(span) or not 0 < span <= 1:
        raise InputError(
            f"'span' must be above 0 and at most 1; got {span!r:.60}", fix="Use a share"
        )
    minimum_rows = whole_number(minimum_rows, "minimum_rows", least=1)
    subset_variables = column_names(subset_variables, "subset_variables")
    implicates = checked_implicates(implicates)
    weight = donor_weight(weight, implicates.weight)
    weighted = [] if weight is None else [weight]
    wanted = [*implicates.names, *subset_variables, *weighted]
    observed = read_frame(observed, "the observed data", answers=wanted)
    order = order_of(implicates.index, observed, what="donor")
    observed = observed if order is None else observed.iloc[order]
    weights = _check(observed, implicates, subset_variables, weight)
    report(0.0, "Forming subsets")
    subsets = build_subsets(observed, subset_variables, minimum_rows=minimum_rows)
    groups = _answered_alike(observed, implicates.names)
    parts = [
        _compared(
            observed,
            implicates,
            weights,
            subsets,
            names=names,
            rows=rows,
            minimum_rows=minimum_rows,
            span=span,
            progress=_within(report, place, len(groups)),
        )
        for place, (rows, names) in enumerate(groups)
    ]
    tables = {
        name: _in_order([part[name] for part in parts], implicates.names) for name in parts[0]
    }
    whole_columns = [name for name in subset_variables if not observed[name].isna().any()]
    correlations = compare_dependence(observed, implicates, weights, whole_columns)
    by_variable = dict(iter(tables["curves"].groupby("variable", sort=False)))
    report(1.0, "Validation is ready")
    return Validation(
        **tables,
        correlations=correlations,
        verdicts=tuple(verdict(name, by_variable[name]) for name in implicates.names),
        donors=_donors(observed, implicates.names, weights),
    )


def _answered_alike(
    observed: pd.DataFrame, names: Sequence[str]
) -> list[tuple[NDArray[np.bool_], list[str]]]:
    """Gather the variables that the same households answered, with those households."""
    groups: dict[bytes, tuple[NDArray[np.bool_], list[str]]] = {}
    for name in names:
        rows = observed[name].notna().to_numpy()
        groups.setdefault(rows.tobytes(), (rows, []))[1].append(name)
    return list(groups.values())


def _compared(
    observed: pd.DataFrame,
    implicates: Implicates,
    weights: NDArray[np.float64],
    subsets: Subsets,
    *,
    names: Sequence[str],
    rows: NDArray[np.bool_],
    minimum_rows: int,
    span: float,
    progress: Progress,
) -> dict[str, pd.DataFrame]:
    """Compare some variables among the households that answered them; return tables by name."""
    progress(0.0, f"Comparing {len(subsets)} subsets")
    if not rows.all():
        subsets = subsets.among(rows, minimum_rows=minimum_rows)
        observed, weights = observed[rows], weights[rows]
    implicates = _among(implicates, names, rows)
    sums = SubsetWeights.of(subsets, weights)
    estimates = estimate_subsets(observed, implicates, sums)
    metrics = compare_subsets(estimates, subsets, sums)
    progress(0.5, "Drawing the curves")
    curves = smooth_metrics(metrics, span=span)
    progress(0.7, "Comparing distributions")
    marginals = compare_marginals(observed, implicates, weights)
    distances = summarize_distributions(observed, implicates, weights)
    progress(0.85, "Scoring the draws")
    scores = score_table(observed, implicates, weights)
    coverage = coverage_table(observed, implicates, weights)
    whole = estimate_subsets(observed, implicates, SubsetWeights.of_everyone(weights))
    return {
        "metrics": metrics,
        "curves": curves,
        "summary": _summary(curves, scores, coverage),
        "marginals": marginals,
        "distances": distances,
        "scores": scores,
        "score_parts": score_parts(observed, implicates, weights, _keys(implicates, rows)),
        "coverage": coverage,
        "convergence": convergence_table(estimates, whole, sums),
        "reliability": reliability_table(observed, implicates, weights),
    }


def _keys(implicates: Implicates, rows: NDArray[np.bool_]) -> Any:
    """Return what names the households of some implicates: their index, else their places."""
    return np.flatnonzero(rows) if implicates.index is None else implicates.index


def _among(implicates: Implicates, names: Sequence[str], rows: NDArray[np.bool_]) -> Implicates:
    """Return some variables of some households."""
    chosen = {name: implicates[name] for name in names}
    if not rows.all():
        chosen = {name: replace(item, values=item.values[rows]) for name, item in chosen.items()}
    index = None if implicates.index is None else implicates.index[rows]
    return replace(implicates, variables=chosen, index=index)


def _in_order(parts: Sequence[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """Put tables below each other, in the order of the variables."""
    if len(parts) == 1:
        return parts[0]
    filled = [part for part in parts if len(part)] or [parts[0]]
    places = {name: place for place, name in enumerate(names)}
    return pd.concat(filled, ignore_index=True).sort_values(
        "variable", key=lambda column: column.map(places), kind="stable", ignore_index=True
    )


def _donors(
    observed: pd.DataFrame, names: Sequence[str], weights: NDArray[np.float64]
) -> pd.DataFrame:
    known = observed[list(names)].notna().to_numpy()
    counts = known.sum(axis=0)
    return pd.DataFrame(
        {
            "variable": list(names),
            "households": counts,
            "unanswered": len(observed) - counts,
            "share": weights @ known / weights.sum(),
        }
    )


def _within(report: Progress, place: int, count: int) -> Progress:
    """Report the progress of one of several comparisons as progress of all."""
    return lambda share, words: report((place + share) / count, words)


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
    return weight_matrix(observed, len(observed), weight=weight).full


def _check_observed(observed: pd.DataFrame, implicates: Implicates, name: str) -> None:
    if name not in observed.columns:
        raise InputError.unknown("observed variable", name, map(str, observed.columns))
    answers = observed[name].dropna()
    if answers.empty:
        raise InputError(f"'{name}' has no observed value", fix="Leave the variable out")
    variable = implicates[name]
    if not variable.is_categorical:
        finite_numbers(numbers_of(answers, where="the observed data", kind="fused variable"), name)
    if variable.is_categorical and (observed_codes(answers, variable) < 0).any():
        unknown = set(answers.map(level_text)) - set(variable.levels)
        raise InputError(
            f"'{name}' has an observed level that was never fused: {min(unknown)!r}",
            fix="Validate with the donor the model was trained on",
        )


def _silent(share: float, sentence: str) -> None:
    """Report to nobody."""
