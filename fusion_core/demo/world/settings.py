"""How large the demo is, and its random streams."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from fusion_core.records import Checked
from fusion_core.surveys.model import SurveyId

DEMO_VERSION: Final = 5
"""Raised whenever the same seed yields other data, so that cached demos are rebuilt."""

DEFAULT_SEED: Final = 20240601
RECIPIENT: Final = SurveyId("DEMOACS", "2022")
DONOR: Final = SurveyId("DEMOENERGY", "2020")
STATE_CODE: Final = "99"
STATE_NAME: Final = "Solmere"
RECIPIENT_YEAR: Final = 2022
DONOR_YEAR: Final = 2020


@dataclass(frozen=True, slots=True)
class DemoSize(Checked):
    """How many areas and households the demo has.

    Attributes
    ----------
    city_areas
        Number of PUMAs in each city, largest city first.
    rural_areas
        Number of PUMAs outside the cities.
    population
        Households of the whole state.
    recipient_households, donor_households
        Responding households of the two surveys, approximately.
    """

    city_areas: tuple[int, ...]
    rural_areas: int
    population: int
    recipient_households: int
    donor_households: int

    @classmethod
    def full(cls) -> Self:
        """Return the size people look at: 60 PUMAs, 25,000 and 5,000 households."""
        return cls((14, 8, 6), 32, 480_000, 25_000, 5_000)

    @classmethod
    def quick(cls) -> Self:
        """Return a size for tests: 20 PUMAs, 6,000 and 2,000 households."""
        return cls((5, 3), 12, 96_000, 6_000, 2_000)

    @property
    def areas(self) -> int:
        """The number of PUMAs."""
        return sum(self.city_areas) + self.rural_areas


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Return the random stream of one purpose.

    Every part of the demo draws from its own stream, so a change to one part leaves the others as
    they were.

    Parameters
    ----------
    seed
        Seed of the whole demo.
    purpose
        Name of the part, e.g. ``"boundaries"``.
    """
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(purpose.encode())]))
