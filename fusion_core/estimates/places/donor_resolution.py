"""What a donor alone says of a fused variable, at the finest places it publishes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.runs import EstimateCache, recipient_of, survey_area_estimates
from fusion_core.geography.known_places import donor_intersections, place_kind
from fusion_core.geography.location import PUMA, SHARE
from fusion_core.records import Checked
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.combinations import Combination

if TYPE_CHECKING:
    from fusion_core.estimates.statistics import Statistic
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


@dataclass(frozen=True)
class DonorResolution(Checked):
    """A donor's own estimates by place, and the place of every area of the recipient.

    Attributes
    ----------
    donor
        The donor.
    column
        Its column of places.
    place_of
        The place of each PUMA that lies in one; of a PUMA that lies in several, the one that holds
        most of it.
    cut
        Number of PUMAs that lie in several places.
    table
        One row per place, as `fusion_core.estimates.runs.survey_area_estimates`.
    shares
        How places cut through PUMAs: ``puma``, `column` and ``share``, the part of the PUMA in the place.
    """

    donor: SurveyId
    column: str
    place_of: dict[str, str]
    cut: int
    table: pd.DataFrame
    shares: pd.DataFrame

    def of_areas(self, areas: pd.Series[str]) -> pd.DataFrame:
        """Return the estimate of the place of each area, a row per area in their order.

        Parameters
        ----------
        areas
            PUMAs, as the recipient writes them.
        """
        places = areas.astype(str).map(self.place_of)
        by_place = self.table.assign(place=self.table[self.column].astype(str)).set_index("place")
        found = by_place.reindex(places).drop(columns=self.column)
        return found.rename_axis("place").reset_index()

    @property
    def kind(self) -> str:
        """What the places are, for people."""
        return place_kind(self.column, set(self.place_of.values()))

    @property
    def sentence(self) -> str:
        """What the estimates are, in a sentence."""
        told = (
            f"{self.donor.title} alone, by {self.kind}: {len(self.table):,} places, all households"
        )
        if not self.cut:
            return f"{told}."
        if self.cut == 1:
            return f"{told}. 1 PUMA lies in several places; it shows the one with most of it."
        return (
            f"{told}. {self.cut:,} PUMAs lie in several places; each shows the one with most of it."
        )


def donor_resolution(
    workspace: Workspace,
    run: Run | Combination,
    statistic: Statistic,
    *,
    cache: EstimateCache | None = None,
) -> DonorResolution:
    """Estimate what a donor says of a variable by the finest place it publishes.

    No subgroup can be asked for: the donor knows its own answers, not the recipient's.

    Parameters
    ----------
    workspace, run
        A finished run, or several together, of which the one whose donor was asked counts.
    statistic
        Of a fused variable.
    cache
        Keeps data between calls.

    Raises
    ------
    InputError
        If no donor was asked the variable, or it publishes no place that is related to PUMAs.
    """
    store = EstimateCache() if cache is None else cache
    asked = [name for name in (statistic.variable, statistic.denominator) if name]
    runs = run.runs(workspace) if isinstance(run, Combination) else [run]
    donors = [item.spec().pair.donor for item in runs]
    known = [
        donor for donor in donors if all(name in workspace.dictionary(donor) for name in asked)
    ]
    if not known:
        raise InputError(
            f"No donor was asked '{' and '.join(asked)}', so none has an estimate of its own",
            fix="Choose a fused variable",
        )
    donor = known[0]
    pumas = store.source(workspace, run).table[PUMA].dropna().astype(str).unique()
    households = store.source(workspace, donor).table
    best = _finest(workspace, donor, households, list(pumas))
    if best is None:
        recipient = recipient_of(workspace, run).title
        raise InputError(
            f"{donor.title} publishes no place that is related to the PUMAs of {recipient}",
            fix="Add a table that says which PUMAs its places overlap",
        )
    column, shares = best
    table = survey_area_estimates(workspace, donor, statistic, (column,), cache=store)
    largest = shares.sort_values([PUMA, SHARE], kind="stable").drop_duplicates(PUMA, keep="last")
    place_of = dict(zip(largest[PUMA].astype(str), largest[column].astype(str), strict=True))
    cut = int((shares.groupby(PUMA)[column].nunique() > 1).sum())
    return DonorResolution(donor, column, place_of, cut, table, shares)


def _finest(
    workspace: Workspace, donor: SurveyId, households: pd.DataFrame, pumas: list[str]
) -> tuple[str, pd.DataFrame] | None:
    """Return the column that tells most places apart, and how these overlap PUMAs."""
    found: dict[str, pd.DataFrame] = {}
    for column in workspace.describe(donor).geography:
        if column not in households:
            continue
        if column == PUMA:
            found[column] = pd.DataFrame({PUMA: pumas, SHARE: 1.0})
            continue
        for shares in donor_intersections(workspace, households[[column]], [column], pumas):
            if column in shares:
                inside = shares[shares[PUMA].astype(str).isin(pumas) & (shares[SHARE] > 0)]
                if len(inside):
                    found[column] = inside
    if not found:
        return None
    column = max(found, key=lambda name: found[name][name].nunique())
    return column, found[column]
