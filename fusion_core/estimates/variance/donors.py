"""Several donors of one analysis: independent samples, each with variables of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fusion_core.estimates.variance.donor_sample import DonorSample
from fusion_core.records import Checked

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Donors(Checked):
    """Donors that were sampled independently of one another.

    Attributes
    ----------
    samples
        One per donor; no variable is of two of them.
    """

    samples: tuple[DonorSample, ...]

    def in_order_of(self, recipient: pd.DataFrame) -> Donors:
        """Return them with the recipient's households in the order of a table."""
        return Donors(tuple(sample.in_order_of(recipient) for sample in self.samples))


Donor: TypeAlias = DonorSample | Donors
"""The donor of an analysis, or several."""


def samples_of(donor: Donor | None) -> tuple[DonorSample, ...]:
    """Return the samples behind a donor: one, several, or none where it is not known."""
    if donor is None:
        return ()
    return donor.samples if isinstance(donor, Donors) else (donor,)
