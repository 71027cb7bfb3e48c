"""The true value of every fusion variable in every area, computed from the whole population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.ingest.demo.codebook import FUSION_QUESTIONS, HOUSEHOLD_QUESTIONS, Question
from fusion_core.ingest.demo.places import REGIONS
from fusion_core.ingest.demo.settings import STATE_CODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.ingest.demo.population import Population

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


def subgroups(population: Population) -> list[tuple[Subgroup, Array]]:
    """Return the subgroups with the mask of their households; the first is everybody."""
    income = population.households["hincp"].to_numpy()
    # Whole thousands read well in a filter and still split the state in about equal thirds.
    low, high = (int(round(edge, -3)) for edge in np.quantile(income, (1 / 3, 2 / 3)))
    owner = population.households["ten"].to_numpy() <= 1
    tenure = next(item for item in HOUSEHOLD_QUESTIONS if item.name == "ten").labels
    owned = ", ".join(f"'{label}'" for label in tenure[:2])
    return [
        (Subgroup(EVERYBODY, ""), np.ones(len(income), dtype=bool)),
        (Subgroup("income: lowest third", f"hincp < {low}"), income < low),
        (
            Subgroup("income: middle third", f"hincp >= {low} AND hincp < {high}"),
            (income >= low) & (income < high),
        ),
        (Subgroup("income: highest third", f"hincp >= {high}"), income >= high),
        (Subgroup("owners", f"ten IN ({owned})"), owner),
        (Subgroup("renters", f"ten NOT IN ({owned})"), ~owner),
    ]


def true_values(population: Population) -> pd.DataFrame:
    """Return the truth in long form.

    Returns
    -------
    pandas.DataFrame
        One row per area, subgroup, variable, level and statistic: `area_kind` (state, region,
        puma), `area_id`, `subgroup`, `variable`, `level` (empty for numbers), `statistic` (mean
        and total of a number, share and count of a level), `value`, and `households`, the number of households it describes.
    """
    households = population.households
    areas = {
        "state": (np.zeros(len(households), dtype=np.int64), [STATE_CODE]),
        "region": (households["region"].to_numpy().astype(np.int64), list(REGIONS)),
        "puma": (households["place"].to_numpy(), population.places.table["puma"].tolist()),
    }
    questions = [item for item in HOUSEHOLD_QUESTIONS if item.name in _DIRECT]
    parts = []
    for kind, (area, names) in areas.items():
        for subgroup, mask in subgroups(population):
            part = _values(households, [*questions, *FUSION_QUESTIONS], area, mask, names)
            part.insert(0, "subgroup", subgroup.name)
            part.insert(0, "area_kind", kind)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _values(
    households: pd.DataFrame, questions: list[Question], area: Array, mask: Array, names: list[str]
) -> pd.DataFrame:
    count = np.bincount(area[mask], minlength=len(names))
    parts = []
    for question in questions:
        values = households[question.name].to_numpy()
        columns: dict[str, Array] = {"": values}
        statistics = ("mean", "total")
        if question.answers:
            statistics = ("share", "count")
            labels = question.labels
            columns = {label: values == code for code, label in enumerate(labels)}
        for level, column in columns.items():
            total = np.bincount(area[mask], column[mask].astype(float), len(names))
            share = total / np.maximum(count, 1)
            for statistic, value in zip(statistics, (share, total), strict=True):
                parts.append(pd.DataFrame({
                    "area_id": names, "variable": question.name, "level": level,
                    "statistic": statistic, "value": value, "households": count,
                }))  # fmt: skip
    result = pd.concat(parts, ignore_index=True)
    return result[result["households"] > 0]
