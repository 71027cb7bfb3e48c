"""Estimates of a run brought into agreement with known totals, beside what they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.calibration.benchmarking import Method
from fusion_core.calibration.calibrated_areas import COMMON, CalibratedAreas, calibrated_areas
from fusion_core.errors import InputError
from fusion_core.estimates.runs import EstimateCache

if TYPE_CHECKING:
    from fusion_core.calibration.known_totals import KnownTotal
    from fusion_core.estimates import Statistic
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


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
    method, factor, common
        As in `fusion_core.calibration.calibrated_areas`.
    cache
        Keeps data between calls.

    Returns
    -------
    DataFrame
        One row per PUMA and figure: ``puma``, ``variable``, ``level``, ``statistic``, ``estimate`` and
        ``moe`` as they were, ``calibrated`` and ``calibrated_moe`` (90 %), ``factor`` by which the
        estimate moved, ``moved`` (in its own standard errors) and ``held`` where it reached the limit.
        ``attrs["conflicts"]`` are sentences on totals far from what was estimated.

    Raises
    ------
    InputError
        If a variable or an area is unknown, or totals contradict each other or cannot be met.
    """
    if not totals:
        raise InputError("No total is given", fix="Give at least one")
    store = EstimateCache() if cache is None else cache
    asked: dict[Statistic, list[KnownTotal]] = {}
    for item in totals:
        asked.setdefault(item.asked, []).append(item)
    found = [
        calibrated_areas(
            workspace,
            source,
            statistic,
            own,
            method=method,
            factor=factor,
            common=common,
            cache=store,
        )
        for statistic, own in asked.items()
    ]
    result = pd.concat(map(_beside, found), ignore_index=True)
    result.attrs["conflicts"] = [item.conflict for item in found if item.conflict]
    return result


def _beside(found: CalibratedAreas) -> pd.DataFrame:
    own = found.estimates()
    before = found.before[["puma", "variable", "level", "statistic", "estimate", "moe"]]
    return before.assign(
        calibrated=own["estimate"],
        calibrated_moe=own["moe"],
        factor=found.factor,
        moved=own["moved_errors"],
        held=own["held"],
    )


__all__ = ["calibrate"]
