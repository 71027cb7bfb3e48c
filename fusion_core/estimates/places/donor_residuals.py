"""By how much fused estimates differ from the donor's own, at the finest places it publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.estimates.places.by_shares import allocated_areas
from fusion_core.estimates.places.donor_resolution import DonorResolution, donor_resolution
from fusion_core.estimates.runs import EstimateCache
from fusion_core.records import Checked

if TYPE_CHECKING:
    from fusion_core.estimates.statistics import Statistic
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


@dataclass(frozen=True)
class DonorResiduals(Checked):
    """Fused estimates of a donor's places beside its own.

    Attributes
    ----------
    own
        The donor's estimates, and the place of every PUMA.
    table
        One row per place: ``place``, ``n`` (donor households), ``external`` and ``external_moe`` (the donor's own),
        ``estimate`` and ``moe`` (fused), ``difference``, ``difference_moe`` and ``within_moe``.
    """

    own: DonorResolution
    table: pd.DataFrame

    def of_areas(self, areas: pd.Series[str]) -> pd.DataFrame:
        """Return the row of the place of each PUMA, in their order; empty where it lies in none."""
        places = areas.astype(str).map(self.own.place_of)
        found = self.table.set_index("place").reindex(places)
        return found.rename_axis("place").reset_index()


def donor_residuals(
    workspace: Workspace,
    run: Run,
    statistic: Statistic,
    *,
    cache: EstimateCache | None = None,
) -> DonorResiduals:
    """Compare fused estimates with the donor's own at its places.

    Margins are of 90 %, and that of a difference takes both as independent. They are not quite: what is fused comes
    from the donor's households, so it is rather too wide. A difference may also be one of years or of how the surveys ask.

    Parameters
    ----------
    workspace, run
        A finished run.
    statistic
        A mean, share, total or count of a fused variable; a category must name its level.
    cache
        As in `fusion_core.estimates.runs.area_estimates`.

    Raises
    ------
    InputError
        If the donor publishes no places, or the statistic cannot be put together from PUMAs.
    """
    store = EstimateCache() if cache is None else cache
    own = donor_resolution(workspace, run, statistic, cache=store)
    shares = own.shares.astype({own.column: str})
    areas = allocated_areas(workspace, run, statistic, own.column, shares=shares, cache=store)
    fused = areas.estimates().set_index(own.column)
    direct = own.table.set_index(own.table[own.column].astype(str))
    places = [place for place in direct.index if place in fused.index]
    one, other = fused.loc[places], direct.loc[places]
    table = pd.DataFrame(
        {
            "place": places,
            "n": other["n"].to_numpy(),
            "external": other["estimate"].to_numpy(dtype=float),
            "external_moe": other["moe"].to_numpy(dtype=float),
            "estimate": one["estimate"].to_numpy(dtype=float),
            "moe": one["moe"].to_numpy(dtype=float),
        }
    )
    table["difference"] = table["estimate"] - table["external"]
    table["difference_moe"] = np.hypot(table["moe"], table["external_moe"])
    table["within_moe"] = table["difference"].abs() <= table["difference_moe"]
    return DonorResiduals(own, table)
