"""Block groups of the demo: who lives in which, what is published of them, and what is true.

Households sort themselves into the block groups of their PUMA by what they earn, own and heat with –
which published tables show – and by how much electricity they use beyond all that, and whether they
cannot pay for it, which no table shows. So what is estimated of a block group can be wrong although all
its published counts are met, and the truth says how wrong.
"""

# The literal numbers are the model: sizes, rates and strengths of an invented state.
# ruff: noqa: PLR2004

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.demo.samples._block_group_shapes import divided
from fusion_core.demo.samples.codebook import FUSION_QUESTIONS, HOUSEHOLD_QUESTIONS
from fusion_core.demo.samples.recipient import drawn_recipients
from fusion_core.demo.world import STATE_CODE, stream
from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.demo.world import Population

    Array = NDArray[Any]

SIZE: Final = 650
"""Households of a block group, about."""
STRENGTH: Final = 0.22
"""Standard deviation of a block group's pull on households that differ by one standard deviation."""
HIDDEN_STRENGTH: Final = 0.15
"""The same for what no table shows, by which people can sort less: it does not show from the street."""
MORE_SAMPLE: Final = 0.5
"""Interviews behind the tables that are not in the microdata, as a share of those that are."""
_LEAST_MARGIN: Final = 12.0
_Z90: Final = 1.645
_TRACT: Final = 3
_HIDDEN: Final = 2


@dataclass(frozen=True)
class _Counted(Checked):
    """A published count: the households it is of, as a condition and as an array."""

    name: str
    table: str
    condition: str
    values: np.ndarray


@dataclass(frozen=True)
class BlockGroups(Checked):
    """The block groups of the state.

    Attributes
    ----------
    area
        Block group of every household of the population.
    tables
        Published counts with 90 % margins, by level (``block_group``, ``tract``): columns ``GEOID``,
        ``puma``, and each count beside its ``_moe``.
    constraints
        Which households each count is of: ``name``, ``counts``, ``households``, ``table``.
    truth
        ``area_id``, ``variable``, ``level``, ``statistic``, ``value``, ``households``.
    shapes
        ``area_id``, ``name`` and ``geometry`` of every block group.
    """

    area: np.ndarray
    tables: dict[str, pd.DataFrame]
    constraints: pd.DataFrame
    truth: pd.DataFrame
    shapes: pd.DataFrame


def make_block_groups(population: Population, recipients: int, seed: int) -> BlockGroups:
    """Divide the PUMAs into block groups, sample and publish them.

    Parameters
    ----------
    population
        Everybody.
    recipients
        Households of the recipient survey, of which the tables' sample consists in part.
    seed
        Seed of the demo.
    """
    rng = stream(seed, "block groups")
    area = _assigned(population, rng)
    drawn = drawn_recipients(population, recipients, stream(seed, "recipient"))
    sample = _sample(population, drawn.row[drawn.responded], rng)
    counted = _counted(population.households)
    puma = population.places.table["puma"].to_numpy()[population.households["place"].to_numpy()]
    tables = {
        level: _published(counted, area.astype(f"U{digits}"), puma, *sample)
        for level, digits in (("block_group", 12), ("tract", 11))
    }
    constraints = pd.DataFrame(
        {
            "name": [item.name for item in counted],
            "counts": [item.name for item in counted],
            "households": [item.condition for item in counted],
            "table": [item.table for item in counted],
        }
    )
    shapes = _shapes(population, stream(seed, "block group boundaries"))
    return BlockGroups(area, tables, constraints, _truth(population.households, area), shapes)


def _assigned(population: Population, rng: np.random.Generator) -> Array:
    """Let every household choose a block group of its PUMA, drawn by what it is like."""
    households = population.households
    features = _features(households)
    strength = np.full(features.shape[1], STRENGTH)
    strength[-_HIDDEN:] = HIDDEN_STRENGTH
    place = households["place"].to_numpy()
    result = np.empty(len(households), dtype="U12")
    for puma in range(int(place.max()) + 1):
        rows = np.flatnonzero(place == puma)
        codes = _codes(puma, len(rows))
        count = len(codes)
        pull = rng.normal(0, 1, (count, features.shape[1])) * strength
        score = np.log(rng.uniform(0.6, 1.4, count)) + features[rows] @ pull.T
        chosen = np.argmax(score + rng.gumbel(size=score.shape), axis=1)
        result[rows] = np.array(codes)[chosen]
    return result


def _codes(puma: int, households: int) -> list[str]:
    """Return the codes of a PUMA's block groups."""
    return [
        f"{STATE_CODE}{2 * puma + 1:03d}{number // _TRACT + 1:04d}00{number % _TRACT + 1}"
        for number in range(max(_TRACT, round(households / SIZE)))
    ]


def _shapes(population: Population, rng: np.random.Generator) -> pd.DataFrame:
    """Divide every PUMA into its block groups."""
    places = population.places
    frames = []
    for puma, count in enumerate(np.bincount(population.households["place"].to_numpy())):
        codes, where = _codes(puma, int(count)), places.table["name"][puma]
        names = [f"Block Group {c[-1]}, Tract {int(c[5:9])}, {where}" for c in codes]
        pieces = divided(places.map.pumas[puma], len(codes), _TRACT, rng)
        frames.append(pd.DataFrame({"area_id": codes, "name": names, "geometry": pieces}))
    return pd.concat(frames, ignore_index=True)


def _features(households: pd.DataFrame) -> Array:
    """Standardized traits households sort by; the last two are in no table."""
    income = households["log_income"].to_numpy()
    owner = (households["ten"].to_numpy() <= 1).astype(float)
    house = np.isin(households["bld"].to_numpy(), (0, 1, 2)).astype(float)
    gas = (households["hfl"].to_numpy() == 0).astype(float)
    persons = households["np"].to_numpy(float)
    cars = households["veh"].to_numpy(float)
    seen = np.column_stack([income, owner, house, gas, persons, cars, np.ones(len(income))])
    use = np.log(np.maximum(households["elec_kwh"].to_numpy(float), 100.0))
    hidden = use - seen @ np.linalg.lstsq(seen, use, rcond=None)[0]
    insecure = (households["insecure"].to_numpy() == 0).astype(float)
    traits = np.column_stack([seen[:, :-1], hidden, insecure])
    return np.asarray((traits - traits.mean(axis=0)) / traits.std(axis=0))


def _sample(
    population: Population, interviewed: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return the households behind the tables, and their weights by PUMA and tenure."""
    households = population.households
    others = np.setdiff1d(np.arange(len(households)), interviewed)
    more = rng.choice(others, int(MORE_SAMPLE * len(interviewed)), replace=False)
    rows = np.sort(np.concatenate([interviewed, more]))
    cell = households["place"].to_numpy() * 2 + (households["ten"].to_numpy() > 1)
    known = np.bincount(cell)
    sampled = np.bincount(cell[rows], minlength=len(known))
    return rows, (known / np.maximum(sampled, 1))[cell[rows]]


def _published(
    counted: list[_Counted], area: Array, puma: Array, rows: Array, weights: Array
) -> pd.DataFrame:
    """Estimate every count of every area, with the margin a with-replacement sample gives."""
    codes, first, place = np.unique(area, return_index=True, return_inverse=True)
    mine = place[rows]
    table = {"GEOID": codes, "puma": puma[first]}
    for item in counted:
        x = item.values[rows]
        count = np.bincount(mine, weights * x, minlength=len(codes))
        variance = np.bincount(mine, (weights * x) ** 2 * (1 - 1 / weights), minlength=len(codes))
        margin = np.maximum(np.round(_Z90 * np.sqrt(variance)), _LEAST_MARGIN)
        table[item.name] = np.round(count).astype(np.int64)
        table[f"{item.name}_moe"] = margin.astype(np.int64)
    return pd.DataFrame(table)


def _counted(households: pd.DataFrame) -> list[_Counted]:
    """Return what is published, each with the same condition on the microdata."""
    found = [_Counted("households", "households", "np >= 1", np.ones(len(households)))]

    def add(table: str, name: str, condition: str, holds: Array) -> None:
        found.append(_Counted(name, table, condition, holds.astype(float)))

    found.append(_Counted("persons", "persons", "np", households["np"].to_numpy(float)))
    persons = households["np"].to_numpy()
    for size in (1, 2, 3):
        add("size", f"persons_{size}", f"np = {size}", persons == size)
    add("size", "persons_4_or_more", "np >= 4", persons >= 4)
    income = households["hincp"].to_numpy()
    edges = (-np.inf, 30_000, 60_000, 100_000, 150_000, np.inf)
    for low, high in pairwise(edges):
        limits = [f"hincp >= {low:.0f}"] if np.isfinite(low) else []
        limits += [f"hincp < {high:.0f}"] if np.isfinite(high) else []
        name = f"income_from_{low:.0f}" if np.isfinite(low) else f"income_below_{high:.0f}"
        add("income", name, " AND ".join(limits), (income >= low) & (income < high))
    for variable, table, groups in _GROUPS:
        labels = next(item for item in HOUSEHOLD_QUESTIONS if item.name == variable).labels
        for name, codes in groups.items():
            listed = ", ".join("'" + labels[code].replace("'", "''") + "'" for code in codes)
            holds = np.isin(households[variable].to_numpy(), codes)
            add(table, name, f"{variable} IN ({listed})", holds)
    return found


_GROUPS: Final[tuple[tuple[str, str, dict[str, tuple[int, ...]]], ...]] = (
    ("ten", "tenure", {"owners": (0, 1), "renters": (2, 3)}),
    (
        "bld",
        "building",
        {"houses": (0, 1, 9), "row_houses": (2, 3, 4), "flats": (5, 6, 7, 8)},
    ),
    (
        "hfl",
        "fuel",
        {"utility_gas": (0,), "electric_heat": (2,), "other_heat": (1, 3, 4, 5, 6, 7, 8)},
    ),
    (
        "veh",
        "vehicles",
        {"no_vehicle": (0,), "one_vehicle": (1,), "more_vehicles": (2, 3, 4, 5, 6)},
    ),
)


def _truth(households: pd.DataFrame, area: Array) -> pd.DataFrame:
    codes, place = np.unique(area, return_inverse=True)
    count = np.bincount(place)
    parts = []
    asked = [item for item in HOUSEHOLD_QUESTIONS if item.name in {"hincp", "ten", "hfl"}]
    for question in [*asked, *FUSION_QUESTIONS]:
        values = households[question.name].to_numpy()
        columns = {"": values}
        if question.answers:
            columns = {label: values == code for code, label in enumerate(question.labels)}
        for level, column in columns.items():
            total = np.bincount(place, column.astype(float))
            for statistic, value in (
                ("mean" if level == "" else "share", total / count),
                ("total" if level == "" else "count", total),
            ):
                parts.append(
                    pd.DataFrame(
                        {
                            "area_id": codes,
                            "variable": question.name,
                            "level": level,
                            "statistic": statistic,
                            "value": value,
                            "households": count,
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)
