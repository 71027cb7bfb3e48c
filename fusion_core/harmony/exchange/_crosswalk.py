"""The whole crosswalk of a pair as one table: a row per level of every harmony."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from fusion_core.harmony.editing import group_word
from fusion_core.harmony.model import SIDES, Harmony, format_number

COLUMNS: Final = (
    "harmony",
    "survey",
    "variable",
    "level",
    "group",
    "group name",
    "adjustment",
    "bins",
    "aggregator",
    "universe",
    "prices of",
    "ordered",
    "comment",
    "author",
    "modified",
    "revision",
)


def crosswalk_table(harmonies: Iterable[Harmony]) -> pd.DataFrame:
    """Return one row per level (or bin) of every harmony.

    A number that is used as it is has one row with an empty level. Rows outside a universe and rows
    without an answer have a row of their own where they are put into a group.
    """
    rows = [row for harmony in harmonies for row in _rows(harmony)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(harmony: Harmony) -> Iterable[dict[str, object]]:
    names = dict(harmony.group_names)
    for survey in SIDES:
        side = harmony.side(survey)
        shared = {
            "harmony": harmony.key,
            "survey": survey,
            "variable": side.variable,
            "adjustment": side.adjustment,
            "bins": ", ".join(format_number(point) for point in side.breakpoints),
            "aggregator": side.aggregator,
            "universe": side.universe,
            "prices of": side.deflate_to_year or "",
            "ordered": harmony.ordered,
            "comment": harmony.comment,
            "author": harmony.author,
            "modified": harmony.modified,
            "revision": harmony.revision,
        }
        if not side.levels:
            yield {**shared, "level": "", "group": "", "group name": ""}
        placed = [(item.level, item.group) for item in side.levels]
        placed += [
            (what, group)
            for what, group in (
                ("(not in universe)", side.outside_universe),
                ("(no answer)", side.missing),
            )
            if group is not None
        ]
        for level, group in placed:
            name = names.get(group, "") if isinstance(group, int | float) else ""
            yield {**shared, "level": level, "group": group_word(group), "group name": name}


__all__ = ["COLUMNS", "crosswalk_table"]
