"""Estimates calibrated to known totals: the areas of a view, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_core.calibration import calibrated_areas, open_totals
from fusion_core.errors import InputError
from harmony_app.explore.view import words
from harmony_app.shell.look import count

if TYPE_CHECKING:
    from fusion_core.calibration import CalibratedAreas, StoredTotals
    from fusion_core.estimates.runs import EstimateCache
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.data.catalogue import Source
    from harmony_app.explore.view import EstimateRequest


def calibration_of(
    workspace: Workspace, source: Source, request: EstimateRequest, cache: EstimateCache
) -> CalibratedAreas:
    """Return the PUMAs of a view calibrated to its known totals; kept with the source's data.

    Raises
    ------
    InputError
        If there are no such totals, none of what is shown, or they cannot be met.
    """
    known, run = open_totals(workspace, request.totals), source.run
    if run is None:
        raise InputError(
            f"{source.title} is not calibrated", fix="Choose a run under “Estimates from”"
        )

    def compute() -> CalibratedAreas:
        return calibrated_areas(
            workspace,
            run,
            request.statistic,
            known.of(request.statistic),
            method=known.method,
            factor=known.factor,
            cache=cache,
        )

    key = ("calibrated", known, request.statistic)
    return cache.source(workspace, run).kept(key, compute)


def calibration_sentence(
    found: CalibratedAreas, known: StoredTotals, request: EstimateRequest, source: Source
) -> str:
    """Say what estimates were calibrated to, how far they moved, and what that did to their margins."""
    quantity = words.quantity_of(request.statistic, source.columns)
    factor = found.factor[np.isfinite(found.factor)]
    together = found.together()
    was, now = float(together["uncalibrated"]), float(together["estimate"])
    before = f"{quantity.value(was, together['uncalibrated_moe'])} {quantity.short_moe(together['uncalibrated_moe'])}"
    after = f"{quantity.value(now, together['moe'])} {quantity.short_moe(together['moe'])}"
    limit = f" ({count(int(found.held.sum()), 'PUMA')} at the limit)" if found.held.any() else ""
    known_totals = count(len(found.totals), "known total")
    sentences = [
        f"Calibrated to {known_totals} of {known.title}, method {known.method}",
        f"all PUMAs together moved from {before} to {after}",
        f"single PUMAs by factors of {factor.min():.2f} to {factor.max():.2f}{limit}",
    ]
    ratio = found.standard_error / found.before["standard_error"].to_numpy(float)
    margins = f"margins are {np.nanmedian(ratio):.2f} times as wide as before (median)"
    told = f"{'; '.join([*sentences, margins])}, the totals' own errors included."
    return f"{told} {found.conflict}".strip()


__all__ = ["calibration_of", "calibration_sentence"]
