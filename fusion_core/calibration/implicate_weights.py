"""Household weights that meet known totals in every implicate, for analyses of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.calibration.areas import shares_of_pumas
from fusion_core.calibration.known_totals import KnownTotal
from fusion_core.calibration.weights import calibrated_weights
from fusion_core.errors import InputError
from fusion_core.estimates.runs import EstimateCache
from fusion_core.estimates.statistics import RatioTarget, TotalTarget
from fusion_core.surveys.model import HOUSEHOLD_KEY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

    Floats = NDArray[np.float64]


def implicate_weights(
    workspace: Workspace,
    source: Run | Combination,
    totals: Sequence[KnownTotal],
    rng: np.random.Generator,
    *,
    bounds: tuple[float, float] = (0.3, 3.0),
    cache: EstimateCache | None = None,
) -> pd.DataFrame:
    """Calibrate the household weights of every implicate to totals drawn from their errors.

    One total for all implicates would erase what is not known of it: each implicate gets a total of
    its own, drawn from estimate and standard error, so that Rubin's rules count its error.

    Parameters
    ----------
    workspace
        The project.
    source
        A finished run, or several together.
    totals
        What is known; all are met together.
    rng
        Source of randomness.
    bounds
        Smallest and largest factor of a weight.
    cache
        Keeps data between calls.

    Returns
    -------
    DataFrame
        The key of each household and ``weight_1`` … ``weight_M``.

    Raises
    ------
    InputError
        If a variable or area is unknown, or the totals cannot be met within the bounds.
    """
    loaded = (EstimateCache() if cache is None else cache).source(workspace, source)
    if loaded.implicates is None:
        raise InputError("The run has no fused variables", fix="Calibrate a finished run")
    weights = loaded.weights.full
    rows = np.flatnonzero(weights > 0)
    pumas = loaded.table["puma"].astype(str).iloc[rows].tolist()
    count = loaded.implicates.count
    amounts, wanted, errors = [], [], []
    for item in totals:
        share = shares_of_pumas(workspace, item.area, pumas)
        scale = float(weights[rows] @ share) if item.statistic in {"mean", "share"} else 1.0
        values = _amounts(loaded, item, rows) * share[:, None]
        amounts.append(np.broadcast_to(values, (len(rows), count)))
        wanted.append(item.value * scale)
        errors.append(item.standard_error * scale)
    names = tuple(item.title for item in totals)
    found = {HOUSEHOLD_KEY: loaded.table[HOUSEHOLD_KEY].to_numpy()[rows]}
    for place in range(count):
        drawn = rng.normal(wanted, errors)
        own = np.column_stack([amount[:, place] for amount in amounts])
        found[f"weight_{place + 1}"] = calibrated_weights(
            weights[rows], own, drawn, bounds=bounds, names=names
        )
    return pd.DataFrame(found)


def _amounts(loaded: Any, total: KnownTotal, rows: NDArray[np.intp]) -> Floats:
    """Return what each household adds to a total, in every implicate."""
    target = loaded.targets([total.asked])[0].target
    if isinstance(target, RatioTarget):
        return target.numerator(rows)
    if isinstance(target, TotalTarget):
        return target.measure(rows)
    raise InputError(
        f"A {total.statistic} cannot be met by weights", fix="Give means, shares, totals or counts"
    )


__all__ = ["implicate_weights"]
