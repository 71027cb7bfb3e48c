"""A donor and a recipient whose common answers can be hidden."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd

from fusion_core.records import Checked


@dataclass(frozen=True)
class KnownPair(Checked):
    """A donor and a recipient that share predictors.

    Attributes
    ----------
    donor, recipient
        One row per household with `weight` and the predictors; the recipient with its areas too.
    predictors
        Names of the predictors.
    area
        Column of the recipient that names its areas.
    sources
        The columns of either survey that each predictor follows from.
    weight
        Column of full-sample weights in both.
    given
        Variables of the donor whose distribution in the recipient's areas is known: the columns with the
        share of each level (see `fusion_core.fusion.train`), in both tables.
    others
        Variables to hide instead of predictors, where there are any.
    place
        Column of the donor that names the place a household lives in, of ten places or more; empty for
        none.
    regions
        Column of both with the code of the few places the donor publishes, as
        `geography.published_location.published_regions` returns them; empty for none.
    """

    donor: pd.DataFrame
    recipient: pd.DataFrame
    predictors: tuple[str, ...]
    area: str
    sources: Mapping[str, Collection[str]]
    place: str = ""
    regions: str = ""
    weight: str = "weight"
    others: tuple[str, ...] = ()
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def known(self) -> tuple[str, ...]:
        """Variables that can be hidden."""
        return self.others or self.predictors
