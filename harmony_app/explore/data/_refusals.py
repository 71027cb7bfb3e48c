"""Questions that are not asked of areas whose errors have parts in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.errors import InputError
from harmony_app.explore.view import SMALL_KINDS

if TYPE_CHECKING:
    from harmony_app.explore.view import EstimateRequest


def refuse_common_errors(request: EstimateRequest) -> None:
    """Say that ranks, differences and breakdowns are those of areas with errors of their own.

    Raises
    ------
    InputError
        If a question is about a tract or block group, or about areas that borrowed strength.
    """
    if request.area_kind in SMALL_KINDS:
        raise InputError(
            "Ranks, differences and breakdowns of tracts and block groups are not computed: their errors"
            " have parts in common",
            fix="Ask by PUMA, or for a subgroup",
        )
    if request.smooth:
        raise InputError(
            "Differences and breakdowns of smoothed areas are not computed: their errors share the model's",
            fix="Let areas not borrow strength to compare them",
        )


__all__ = ["refuse_common_errors"]
