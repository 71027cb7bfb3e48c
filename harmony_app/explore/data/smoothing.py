"""Direct estimates that borrow strength from each other: where they are offered, and what they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from fusion_core.estimates.smoothing import (
    SMOOTHED_KINDS,
    fewest_areas,
    smooth_donor,
    smooth_survey,
)
from fusion_core.workspace.runs import Run
from harmony_app.explore.view import is_small

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.estimates.places import DonorResolution
    from fusion_core.estimates.runs import EstimateCache
    from fusion_core.estimates.smoothing import Smoothed
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.data.catalogue import Source
    from harmony_app.explore.view import EstimateRequest, ExploreState

PUMA: Final = "puma"
NOT_FUSED: Final = "Fused areas as such are not smoothed: nobody was asked there, and they share the donor's error."
_COVARIATES: Final = 1  # the fused estimate of the place
_NAMES: Final = {"rank": "smooth_rank"}


@dataclass(frozen=True)
class Offer:
    """Whether and how a view can be smoothed.

    Attributes
    ----------
    how
        ``survey`` of a survey's own answers, ``donor`` of what a donor says at its places, or nothing.
    reason
        What is to be said of it.
    """

    how: Literal["survey", "donor", ""]
    reason: str = ""


def smoothing_offer(state: ExploreState, source: Source) -> Offer:
    """Say whether a view can be smoothed: averages of areas where somebody was asked.

    Parameters
    ----------
    state, source
        What is looked at.
    """
    single = state.kind in SMOOTHED_KINDS and state.second is None and not state.table
    apart = is_small(state.area_kind) or source.is_by_shares(state.area_kind)
    if not single or state.totals or apart:
        return Offer("")
    if source.run is None:
        return Offer("survey")
    subgroup = state.where.strip() or state.group_variable or state.within.strip()
    if isinstance(source.run, Run) and state.area_kind == PUMA and not subgroup:
        needed, places = fewest_areas(_COVARIATES), source.donor_places
        if places is not None and places < needed:
            donor = source.specs[0].pair.donor.title
            return Offer(
                "",
                f"{NOT_FUSED} {donor} tells {places} places apart, where a model needs {needed}.",
            )
        return Offer("donor", NOT_FUSED)
    return Offer("", NOT_FUSED)


def smoothed(
    workspace: Workspace, source: Source, request: EstimateRequest, cache: EstimateCache
) -> Smoothed:
    """Smooth a survey's own estimates, or a donor's at its places.

    Raises
    ------
    InputError
        If there are too few areas, or the donor publishes no places.
    """
    if isinstance(source.run, Run):
        return smooth_donor(workspace, source.run, request.statistic, cache=cache)
    kind, where = request.area_kind, request.where
    return smooth_survey(workspace, source.survey, request.statistic, kind, where, cache=cache)


def smoothed_areas(found: Smoothed) -> pd.DataFrame:
    """Return the areas of a map: the smoothed ones, or the PUMAs that agree with their place."""
    return (found.table if found.pumas is None else found.pumas).rename(columns=_NAMES)


def smoothed_places(found: Smoothed, alone: DonorResolution) -> DonorResolution:
    """Return a donor's places as the model has them."""
    return replace(alone, table=found.table.rename(columns=_NAMES))


__all__ = ["NOT_FUSED", "Offer", "smoothed", "smoothed_areas", "smoothed_places", "smoothing_offer"]
