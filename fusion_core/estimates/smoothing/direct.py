"""Smooth what was asked: a survey's own variables by area, and a donor's at the places it publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.errors import InputError
from fusion_core.estimates.margins import reliability
from fusion_core.estimates.places import donor_resolution
from fusion_core.estimates.runs import EstimateCache, area_estimates, survey_area_estimates
from fusion_core.estimates.smoothing.area_model import AreaModel, fit_area_model
from fusion_core.estimates.smoothing.ensembles import triple_goal
from fusion_core.estimates.statistics import SHARES, Statistic
from fusion_core.estimates.variance import margin_multiplier
from fusion_core.geography.spatial import PUMA, read_spatial_table, spatial_names
from fusion_core.records import Checked
from fusion_core.surveys.model import SurveyId

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

Floats = NDArray[np.float64]

SMOOTHED_COLUMNS: Final = (
    "n",
    "direct",
    "direct_moe",
    "estimate",
    "standard_error",
    "moe",
    "lower",
    "upper",
    "cv",
    "reliability",
    "weight_of_direct",
    "for_maps",
    "rank",
)
SMOOTHED_KINDS: Final = frozenset({"mean", "share", "share_above", "share_below", "ratio"})
"""Statistics that are averages, which areas of different size have in common."""
_HALVINGS: Final = 80


@dataclass(frozen=True)
class Smoothed(Checked):
    """Direct estimates that borrowed strength.

    Attributes
    ----------
    table
        One row per area: its column, and `SMOOTHED_COLUMNS`. `for_maps` are triple-goal estimates, to be coloured
        and put in order (`rank`, 1 the highest); single areas are best told by `estimate`.
    model
        The fitted model.
    pumas
        What a donor's smoothed places make of the fused PUMAs in them – `puma`, `place`, `fused`, `n`, `estimate`,
        `standard_error`, `moe`, `lower`, `upper`, `cv`, `reliability` – of `smooth_donor` only.
    sentence
        What was done, for whoever shows the figures.
    """

    table: pd.DataFrame
    model: AreaModel
    sentence: str
    pumas: pd.DataFrame | None = None


def smooth_survey(
    workspace: Workspace,
    survey: SurveyId,
    statistic: Statistic,
    by: str = PUMA,
    where: str = "",
    *,
    covariates: Sequence[str] = (),
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> Smoothed:
    """Smooth a survey's own estimates by area with a Fay–Herriot model.

    Parameters
    ----------
    workspace
        The project.
    survey
        The survey whose households answered.
    statistic
        A mean, share or ratio; of a category its level must be named.
    by
        Column of areas.
    where, confidence, cache
        As in `fusion_core.estimates.runs.area_estimates`.
    covariates
        Columns of spatial tables, such as ``climate.hdd``; by PUMA only.

    Raises
    ------
    InputError
        If the statistic is no average, a covariate is unknown, lacks areas or is not a number, or there are too few
        areas.
    """
    _check_statistic(statistic)
    direct = survey_area_estimates(
        workspace, survey, statistic, (by,), where, confidence=confidence, cache=cache
    )
    known = _covariates(workspace, direct[by].astype(str), by, covariates)
    model = _fitted(direct, known)
    word = "covariate" if len(covariates) == 1 else "covariates"
    beside = f", with {' and '.join(covariates)} as {word}" if covariates else ""
    sentence = (
        f"{survey.title} by {by}, smoothed by a Fay–Herriot model of {len(direct):,} areas{beside}. "
        f"{_weight_words(model)}"
    )
    return Smoothed(_table(direct, by, model, statistic, confidence), model, sentence)


def smooth_donor(
    workspace: Workspace,
    run: Run,
    statistic: Statistic,
    *,
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> Smoothed:
    """Smooth a donor's own estimates at its places, with the fused ones there as covariate.

    The fused PUMAs of a place are then brought into agreement with it: numbers in proportion, shares by one shift of
    their log odds. Their margins stay what they were, or become those of their place where these are wider.

    Parameters
    ----------
    workspace, run
        A finished run.
    statistic
        A mean, share or ratio of a fused variable.
    confidence, cache
        As in `fusion_core.estimates.runs.area_estimates`.

    Raises
    ------
    InputError
        If the donor publishes no places, or too few, or the statistic is no average.
    """
    _check_statistic(statistic)
    store = EstimateCache() if cache is None else cache
    own = donor_resolution(workspace, run, statistic, cache=store)
    fused = area_estimates(workspace, run, statistic, PUMA, confidence=confidence, cache=store)
    households = area_estimates(workspace, run, Statistic("count"), PUMA, cache=store)
    pumas = pd.DataFrame(
        {
            PUMA: fused[PUMA].astype(str),
            "place": fused[PUMA].astype(str).map(own.place_of),
            "fused": fused["estimate"],
            "n": fused["n"],
            "standard_error": fused["standard_error"],
            "moe": fused["moe"],
        }
    )
    size = households.set_index(households[PUMA].astype(str))["estimate"]
    pumas["households"] = size.reindex(pumas[PUMA]).to_numpy()
    pumas = pumas.dropna(subset=["place", "fused"]).reset_index(drop=True)
    total = pumas.assign(product=pumas["fused"] * pumas["households"]).groupby("place")
    average = total["product"].sum() / total["households"].sum()

    direct = own.table.copy()
    places = direct[own.column].astype(str)
    direct = direct[places.isin(average.index)].reset_index(drop=True)
    known = average.reindex(direct[own.column].astype(str)).to_numpy()[:, None]
    model = _fitted(direct, known)
    table = _table(direct, own.column, model, statistic, confidence)
    pumas = _benchmarked(pumas, table, own.column, statistic)
    sentence = (
        f"{own.donor.title} by {own.column}, smoothed by a Fay–Herriot model of {len(direct):,} places with the "
        f"fused estimates there as covariate; PUMAs agree with their place. {_weight_words(model)}"
    )
    return Smoothed(table, model, sentence, pumas)


def _check_statistic(statistic: Statistic) -> None:
    if statistic.kind not in SMOOTHED_KINDS:
        raise InputError(
            f"A {statistic.kind} of areas of different size cannot be smoothed",
            fix="Ask for a mean, share or ratio",
        )
    if statistic.kind == "share" and statistic.level is None:
        raise InputError(
            "Each level of a variable has a model of its own", fix="Name one level, with --level"
        )


def _covariates(
    workspace: Workspace, areas: pd.Series[str], by: str, names: Sequence[str]
) -> Floats | None:
    """Return what is known of areas, a column per name."""
    if not names:
        return None
    if by != PUMA:
        raise InputError(
            f"Spatial tables know PUMAs, not {by}", fix="Smooth by puma, or without covariates"
        )
    tables = {name: read_spatial_table(workspace, name) for name in spatial_names(workspace)}
    columns = {
        f"{name}.{each}": name for name, table in tables.items() for each in table.predictors
    }
    found = []
    for name in names:
        if name not in columns:
            raise InputError.unknown("covariate", name, columns)
        data = tables[columns[name]].data.set_index(PUMA)
        values = data[name.partition(".")[2]].reindex(areas)
        if not pd.api.types.is_numeric_dtype(values):
            raise InputError(f"The covariate {name} is not a number", fix="Choose a numeric one")
        if values.isna().any():
            missing = int(values.isna().sum())
            raise InputError(
                f"The covariate {name} is unknown for {missing:,} of {len(areas):,} PUMAs",
                fix="Choose one that covers all areas",
            )
        found.append(values.to_numpy(dtype=float))
    return np.column_stack(found)


def _fitted(direct: pd.DataFrame, covariates: Floats | None) -> AreaModel:
    return fit_area_model(
        direct["estimate"].to_numpy(dtype=float),
        direct["standard_error"].to_numpy(dtype=float) ** 2,
        covariates,
    )


def _table(
    direct: pd.DataFrame, by: str, model: AreaModel, statistic: Statistic, confidence: float
) -> pd.DataFrame:
    error = np.sqrt(model.mean_squared_error)
    freedom = np.full(len(direct), float(model.degrees_of_freedom))
    moe = margin_multiplier(freedom, confidence) * error
    low, high = _limits(statistic)
    estimate = np.clip(model.estimate, low, high)
    for_maps, ranks = triple_goal(model.estimate, model.posterior_variance)
    values = {
        "n": direct["n"].to_numpy(),
        "direct": direct["estimate"].to_numpy(),
        "direct_moe": direct["moe"].to_numpy(),
        "estimate": estimate,
        "standard_error": error,
        "moe": moe,
        **_certainty(estimate, error, moe, (low, high)),
        "weight_of_direct": model.weight_of_direct,
        "for_maps": np.clip(for_maps, low, high),
        "rank": ranks,
    }
    table = pd.DataFrame({by: direct[by].to_numpy()} | values)
    return table[[by, *SMOOTHED_COLUMNS]]


def _limits(statistic: Statistic) -> tuple[float, float]:
    return (0.0, 1.0) if statistic.kind in SHARES else (-np.inf, np.inf)


def _certainty(
    estimate: Floats, error: Floats, moe: Floats, limits: tuple[float, float]
) -> dict[str, Any]:
    """Return interval, coefficient of variation and reliability."""
    with np.errstate(invalid="ignore", divide="ignore"):
        cv = np.where(estimate != 0, error / np.abs(estimate), np.nan)
    return {
        "lower": np.maximum(estimate - moe, limits[0]),
        "upper": np.minimum(estimate + moe, limits[1]),
        "cv": cv,
        "reliability": reliability(cv),
    }


def _weight_words(model: AreaModel) -> str:
    weights = model.weight_of_direct[model.weight_of_direct > 0]
    low, high = 100 * weights.min(), 100 * weights.max()
    return f"An area's own answers have {low:.0f} to {high:.0f} % of the weight in its estimate."


def _benchmarked(
    pumas: pd.DataFrame, places: pd.DataFrame, column: str, statistic: Statistic
) -> pd.DataFrame:
    """Bring fused PUMAs into agreement with the estimate of their place."""
    by_place = places.set_index(places[column].astype(str))
    wanted = by_place["estimate"].to_dict()
    pumas = pumas[pumas["place"].isin(by_place.index)].reset_index(drop=True)
    estimate = np.empty(len(pumas))
    agree = _shifted if statistic.kind in SHARES else _scaled_to
    for place, rows in pumas.groupby("place").indices.items():
        part = pumas.iloc[rows]
        mean = float(wanted[place])
        estimate[rows] = agree(part["fused"].to_numpy(), part["households"].to_numpy(), mean)
    error, moe = (
        np.maximum(pumas[name].to_numpy(), by_place[name].reindex(pumas["place"]).to_numpy())
        for name in ("standard_error", "moe")
    )
    made = pumas.assign(estimate=estimate, standard_error=error, moe=moe)
    made = made.assign(**_certainty(estimate, error, moe, _limits(statistic)))
    first = [PUMA, "place", "fused", "n", "estimate", "standard_error", "moe"]
    return made[[*first, "lower", "upper", "cv", "reliability"]]


def _scaled_to(values: Floats, weights: Floats, wanted: float) -> Floats:
    """Return values in proportion to what they were, with this mean; moved alike where that is 0."""
    mean = float(np.average(values, weights=weights))
    return values * (wanted / mean) if mean else values + wanted


def _shifted(shares: Floats, weights: Floats, wanted: float) -> Floats:
    """Return shares whose log odds are all moved alike, with this mean."""
    from scipy.special import expit, logit

    if wanted <= 0 or wanted >= 1:
        return np.full(len(shares), wanted)
    odds = logit(np.clip(shares, 1e-6, 1 - 1e-6))
    low, high = -60.0, 60.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = np.average(expit(odds + middle), weights=weights) < wanted
        low, high = (middle, high) if below else (low, middle)
    return np.asarray(expit(odds + (low + high) / 2))


__all__ = ["SMOOTHED_COLUMNS", "SMOOTHED_KINDS", "Smoothed", "smooth_donor", "smooth_survey"]
