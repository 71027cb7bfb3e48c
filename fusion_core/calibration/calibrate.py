"""Estimates of a run brought into agreement with known totals, beside what they were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import share
from fusion_core.calibration.areas import shares_of_pumas
from fusion_core.calibration.benchmarking import Benchmarked, Method, benchmark
from fusion_core.calibration.known_totals import KnownTotal
from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.runs import EstimateCache, area_estimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

    Floats = NDArray[np.float64]

COMMON: Final = 0.5
"""Correlation between PUMAs of the donor's part in the error: half of it is of the model, which all
share, half of places the predictors do not tell. A total can only take the common half away."""
_NORMAL_90: Final = 1.645


def calibrate(
    workspace: Workspace,
    source: Run | Combination,
    totals: Sequence[KnownTotal],
    *,
    method: Method = "precision",
    factor: float = 2.0,
    common: float = COMMON,
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Benchmark the PUMA estimates of a run to known totals of whole states, regions or everybody.

    The totals' own errors enter the margins as if they had been drawn anew for every implicate.

    Parameters
    ----------
    workspace
        The project.
    source
        A finished run, or several together.
    totals
        What is known; nested and overlapping areas are met together.
    method, factor
        As in `fusion_core.calibration.benchmarking.benchmark`.
    common
        See `COMMON`.
    cache
        Keeps data between calls.

    Returns
    -------
    DataFrame
        One row per PUMA and figure: ``puma``, ``variable``, ``level``, ``statistic``, ``estimate`` and
        ``moe`` as they were, ``calibrated`` and ``calibrated_moe`` (90 %), ``factor`` by which the
        estimate moved, ``moved`` (in its own standard errors) and ``held`` where it reached the limit.

    Raises
    ------
    InputError
        If a variable or an area is unknown, or totals contradict each other or cannot be met.
    """
    if not totals:
        raise InputError("No total is given", fix="Give at least one")
    common = share(common, "common")
    store = EstimateCache() if cache is None else cache
    households = _households(workspace, source, store)
    asked: dict[tuple[str, str, str], list[KnownTotal]] = {}
    for item in totals:
        asked.setdefault((item.variable, item.level, item.statistic), []).append(item)
    frames = []
    for (variable, level, kind), own in asked.items():
        statistic = Statistic(kind, variable, level=level or None)  # type: ignore[arg-type]  # checked as it was read
        found = area_estimates(workspace, source, statistic, ("puma",), cache=store)
        pumas = found["puma"].astype(str).tolist()
        shares = np.array([shares_of_pumas(workspace, item.area, pumas) for item in own])
        move = partial(
            benchmark,
            found["estimate"].to_numpy(float),
            _covariance(found, common),
            _design(own, shares, households.reindex(pumas).to_numpy(float)),
            method=method,
            factor=factor,
            shares=shares,
        )
        frames.append(_benchmarked(found, own, move))
    return pd.concat(frames, ignore_index=True)


def _benchmarked(
    found: pd.DataFrame, totals: Sequence[KnownTotal], move: Callable[..., Benchmarked]
) -> pd.DataFrame:
    known = move(
        totals=np.array([item.value for item in totals]),
        errors=np.array([item.standard_error for item in totals]),
        names=tuple(item.title for item in totals),
    )
    estimate = found["estimate"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return found[["puma", "variable", "level", "statistic", "estimate", "moe"]].assign(
            calibrated=known.estimate,
            calibrated_moe=_NORMAL_90 * known.standard_error,
            factor=known.estimate / estimate,
            moved=(known.estimate - estimate) / found["standard_error"].to_numpy(float),
            held=known.held,
        )


def _design(totals: Sequence[KnownTotal], shares: Floats, households: Floats) -> Floats:
    """Return how the estimates of PUMAs add up to each total."""
    if totals[0].statistic not in {"mean", "share"}:
        return shares
    weighed = shares * households
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


def _covariance(found: pd.DataFrame, common: float) -> Floats:
    """Return the covariance of errors: sampling is independent, the donor's part partly common."""
    squared = found["standard_error"].to_numpy(float) ** 2
    if not np.isfinite(squared).all():
        raise InputError(
            "Some PUMAs have no margin of error",
            where=str(found["variable"].iloc[0]),
            fix="Ask for a statistic that has one",
        )
    donor = squared * np.clip(found["fusion_share"].to_numpy(float), 0.0, 1.0)
    together = common * np.sqrt(np.outer(donor, donor))
    return np.asarray(np.diag(squared - common * donor) + together, dtype=np.float64)


def _households(
    workspace: Workspace, source: Run | Combination, cache: EstimateCache
) -> pd.Series[Any]:
    loaded = cache.source(workspace, source)
    puma = loaded.table["puma"].astype(str).to_numpy()
    return pd.Series(loaded.weights.full).groupby(puma).sum()


__all__ = ["COMMON", "calibrate"]
