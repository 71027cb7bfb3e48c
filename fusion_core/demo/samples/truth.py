"""The true value of every fusion variable in every area, computed from the whole population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.demo.samples.codebook import FUSION_QUESTIONS, HOUSEHOLD_QUESTIONS
from fusion_core.demo.world import REGIONS, STATE_CODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.demo.world import Population

    Array = NDArray[Any]

EVERYBODY = "all"
# Recipient variables beside the fused ones, so that direct estimates can be checked too.
_DIRECT = ("np", "hincp", "ten", "hfl", "rmsp")


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Households whose truth is kept separately.

    Attributes
    ----------
    name
        Name for people.
    condition
        The same households as an expression over the recipient's household table.
    """

    name: str
    condition: str


@dataclass(frozen=True)
class _Cells:
    """Sums over the finest groups of households that areas and subgroups are made of.

    Attributes
    ----------
    place, region, third, renter
        What each group has in common: PUMA, region, third of the income distribution, tenure.
    households
        Number of households per group.
    columns
        Variable and level (empty for a number) of each column of `sums`.
    sums
        Sum of each column over the households of a group, shape (groups, columns).
    """

    place: Array
    region: Array
    third: Array
    renter: Array
    households: Array
    columns: list[tuple[str, str]]
    sums: Array


def subgroups(population: Population) -> list[Subgroup]:
    """Return the subgroups whose truth is kept; the first is everybody."""
    low, high = _income_thirds(population)
    tenure = next(item for item in HOUSEHOLD_QUESTIONS if item.name == "ten").labels
    owned = ", ".join(f"'{label}'" for label in tenure[:2])
    return [
        Subgroup(EVERYBODY, ""),
        Subgroup("income: lowest third", f"hincp < {low}"),
        Subgroup("income: middle third", f"hincp >= {low} AND hincp < {high}"),
        Subgroup("income: highest third", f"hincp >= {high}"),
        Subgroup("owners", f"ten IN ({owned})"),
        Subgroup("renters", f"ten NOT IN ({owned})"),
    ]


def true_values(population: Population) -> pd.DataFrame:
    """Return the truth in long form.

    Returns
    -------
    pandas.DataFrame
        One row per area, subgroup, variable, level and statistic: `area_kind` (state, region,
        puma), `area_id`, `subgroup`, `variable`, `level` (empty for numbers), `statistic` (mean
        and total of a number, share and count of a level), `value`, and `households`, the number
        of households it describes.
    """
    cells = _cells(population)
    areas = {
        "state": (np.zeros_like(cells.place), [STATE_CODE]),
        "region": (cells.region, list(REGIONS)),
        "puma": (cells.place, population.places.table["puma"].tolist()),
    }
    every = np.ones(len(cells.place), dtype=bool)
    masks = [
        every,
        *(cells.third == third for third in range(3)),
        ~cells.renter,
        cells.renter,
    ]
    parts = []
    for kind, (area, names) in areas.items():
        for subgroup, mask in zip(subgroups(population), masks, strict=True):
            part = _values(cells, area, mask, names)
            part.insert(0, "subgroup", subgroup.name)
            part.insert(0, "area_kind", kind)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _income_thirds(population: Population) -> tuple[int, int]:
    """Return whole thousands that split the state in about equal thirds; they read well."""
    income = population.households["hincp"].to_numpy()
    low, high = np.quantile(income, (1 / 3, 2 / 3))
    return int(round(low, -3)), int(round(high, -3))


def _cells(population: Population) -> _Cells:
    households = population.households
    place = households["place"].to_numpy()
    region = households["region"].to_numpy().astype(np.int64)
    third = np.digitize(households["hincp"].to_numpy(), _income_thirds(population))
    renter = households["ten"].to_numpy() > 1
    shape = (int(place.max()) + 1, len(REGIONS), 3, 2)
    code = np.ravel_multi_index((place, region, third, renter.astype(np.int64)), shape)
    used, group = np.unique(code, return_inverse=True)
    of_cell = np.unravel_index(used, shape)
    names: list[tuple[str, str]] = []
    sums = []
    direct = [item for item in HOUSEHOLD_QUESTIONS if item.name in _DIRECT]
    for question in [*direct, *FUSION_QUESTIONS]:
        values = households[question.name].to_numpy()
        levels = [("", values)]
        if question.answers:
            levels = [(label, values == code) for code, label in enumerate(question.labels)]
        for level, column in levels:
            names.append((question.name, level))
            sums.append(np.bincount(group, column.astype(np.float64)))
    return _Cells(
        place=of_cell[0],
        region=of_cell[1],
        third=of_cell[2],
        renter=of_cell[3] == 1,
        households=np.bincount(group),
        columns=names,
        sums=np.column_stack(sums),
    )


def _values(cells: _Cells, area: Array, mask: Array, names: list[str]) -> pd.DataFrame:
    """Return average and total of every column for the areas that have such households."""
    member = (area[mask][None, :] == np.arange(len(names))[:, None]).astype(np.float64)
    count = (member @ cells.households[mask]).astype(np.int64)
    total = (member @ cells.sums[mask]).T
    average = total / np.maximum(count, 1)
    variables = np.array([variable for variable, _ in cells.columns])
    levels = np.array([level for _, level in cells.columns])
    is_number = levels == ""
    kinds = np.where(is_number, "mean", "share"), np.where(is_number, "total", "count")
    # One row per column, statistic and area, in this order.
    repeated = 2 * len(names)
    result = pd.DataFrame(
        {
            "area_id": np.tile(np.array(names), 2 * len(levels)),
            "variable": np.repeat(variables, repeated),
            "level": np.repeat(levels, repeated),
            "statistic": np.repeat(np.column_stack(kinds).ravel(), len(names)),
            "value": np.stack([average, total], axis=1).ravel(),
            "households": np.tile(count, 2 * len(levels)),
        }
    )
    return result[result["households"] > 0]
