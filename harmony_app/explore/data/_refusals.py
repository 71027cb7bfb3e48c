"""Questions that are not asked of areas that are no groups of households, or share a model's error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from harmony_app.explore.view import is_small

if TYPE_CHECKING:
    from harmony_app.explore.view import EstimateRequest


def refuse_smoothed(request: EstimateRequest) -> None:
    """Say that ranks and differences are those of areas that did not borrow strength.

    Raises
    ------
    InputError
        If areas borrowed strength.
    """
    if request.smooth:
        raise InputError(
            "Differences and breakdowns of smoothed areas are not computed: their errors share the model's",
            fix="Let areas not borrow strength to compare them",
        )


def refuse_groups(request: EstimateRequest) -> None:
    """Say that breakdowns, and other runs' estimates, are those of areas the recipient names.

    Raises
    ------
    InputError
        If a question is about a tract or block group, or areas that were calibrated or smoothed.
    """
    refuse_smoothed(request)
    if is_small(request.area_kind):
        raise InputError(
            "Breakdowns and other runs' estimates of tracts and block groups are not computed",
            fix="Ask by PUMA, or for a subgroup",
        )
    if request.totals:
        raise InputError(
            "Totals are known of all households, so that no breakdown is calibrated",
            fix="Choose “not calibrated” under “Calibrated to”",
        )


__all__ = ["refuse_groups", "refuse_smoothed"]
