"""The full synthetic population, from which samples are drawn and truth is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.demo.world._boundaries import draw_state
from fusion_core.demo.world._energy import make_energy
from fusion_core.demo.world._homes import make_homes
from fusion_core.demo.world.people import make_households, make_persons, summarise_members
from fusion_core.demo.world.places import REGIONS, Places, make_places
from fusion_core.demo.world.settings import DemoSize, stream
from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Population(Checked):
    """Everybody who lives in the fictional state.

    Attributes
    ----------
    places
        The geography.
    households
        One row per household in the order of the streets: `place` (row of the places table),
        `region` (position in `REGIONS`) and every simulated variable, categorical ones as positions
        in the codebook's answer lists.
    persons
        One row per person; `household` is the row number in `households`.
    """

    places: Places
    households: pd.DataFrame
    persons: pd.DataFrame


def make_population(size: DemoSize, seed: int) -> Population:
    """Simulate the whole state.

    Parameters
    ----------
    size
        Number of PUMAs and households.
    seed
        Seed of the demo; each part has a stream of its own.
    """
    return populate(make_places(size, draw_state(size, stream(seed, "boundaries")), seed), seed)


def populate(places: Places, seed: int) -> Population:
    """Simulate everybody who lives in some places.

    Parameters
    ----------
    places
        The geography, with the character of every PUMA.
    seed
        Seed of the demo; each part has a stream of its own.
    """
    households = make_households(places.table, stream(seed, "households"))
    persons = make_persons(households, places.table, stream(seed, "persons"))
    households = summarise_members(households, persons)
    homes = make_homes(households, places.table, stream(seed, "homes"))
    homes["region"] = _region(homes, places)
    return Population(places, make_energy(homes, places.table, stream(seed, "energy")), persons)


def _region(homes: pd.DataFrame, places: Places) -> NDArray[np.int8]:
    """Region of each household: where a PUMA is cut, the first share of it lies in the first."""
    first = places.intersections.drop_duplicates("puma").set_index("puma")
    last = places.intersections.drop_duplicates("puma", keep="last").set_index("puma")
    pumas = places.table["puma"]
    number = {name: position for position, name in enumerate(REGIONS)}
    one = first.loc[pumas, "region"].map(number).to_numpy()
    other = last.loc[pumas, "region"].map(number).to_numpy()
    share = first.loc[pumas, "share"].to_numpy()
    place = homes["place"].to_numpy()
    ahead = homes["position"].to_numpy() < share[place]
    return np.asarray(np.where(ahead, one[place], other[place]), dtype=np.int8)
