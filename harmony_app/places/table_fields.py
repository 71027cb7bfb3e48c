"""The part of the form that adds a spatial table: what its rows are about, and which columns count."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.geography.aggregation import AreaColumn, AreaStatistic
from fusion_core.geography.levels import LEVELS
from fusion_core.places.files import inspect_area_table
from fusion_core.places.recipes import find_recipe, recipe_names
from fusion_core.places.tables import TableRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fusion_core.places.files import InspectedTable

_OWN: Final = "none: choose the columns below"
_BY_FILE: Final = "what the file, or the recipe, says"
_CHOSEN_BY_ITSELF: Final = 8
"""So many columns are chosen as they seem to be meant; of more, people choose."""
_LABELS: Final[dict[AreaStatistic, str]] = {
    "mean": "Columns to average (prices, medians, densities)",
    "total": "Columns to add up (persons, jobs, homes)",
    "mode": "Columns to take the most frequent category of",
}


class TableFields:
    """Fields beside those that local contexts have too.

    Parameters
    ----------
    wide
        How fields look.
    """

    def __init__(self, wide: dict[str, Any]) -> None:
        self._seen: Path | None = None
        recipes = {find_recipe(name).title: name for name in recipe_names()}
        self._recipe = pn.widgets.Select(label="Recipe", options={_OWN: "", **recipes}, **wide)
        levels = {level.words[1]: level.name for level in LEVELS.values()}
        self._level = pn.widgets.Select(
            label="Rows are about", options={_BY_FILE: "", **levels}, **wide
        )
        self._columns = {
            statistic: pn.widgets.MultiChoice(
                label=label, options=[], placeholder="choose among those of the file", **wide
            )
            for statistic, label in _LABELS.items()
        }
        self._recipe.param.watch(lambda _: self._clear(), "value")

    @property
    def shown(self) -> Sequence[pn.widgets.Widget]:
        """The fields in the order to fill them in."""
        return (self._recipe, self._level, *self._columns.values())

    async def look(self, path: Path | None) -> None:
        """Offer what a file holds; what cannot be read is said when it is checked."""
        if path is None or path == self._seen:
            return
        self._seen = path
        try:
            found = await asyncio.to_thread(inspect_area_table, path)
        except HarmonyError:
            return
        if path == self._seen:
            self._offer(found)

    def _offer(self, found: InspectedTable) -> None:
        by_itself = len(found.columns) <= _CHOSEN_BY_ITSELF and not self._recipe.value
        for statistic, field in self._columns.items():
            meant = [name for name, how in found.columns.items() if how == statistic]
            field.param.update(options=list(found.columns), value=meant if by_itself else [])
        self._level.value = found.level or ""

    def _clear(self) -> None:
        """Let a recipe speak for itself."""
        if self._recipe.value:
            self._level.value = ""
            for field in self._columns.values():
                field.value = []

    def request(
        self,
        path: Path | None,
        *,
        census: str,
        vintage: str,
        crosswalks: tuple[Path, ...],
        name: str,
    ) -> TableRequest:
        """Return what is asked for."""
        return TableRequest(
            path=path,
            recipe=self._recipe.value,
            name=name,
            level=self._level.value,
            census=census,
            columns=tuple(
                AreaColumn(column, column, statistic)
                for statistic, field in self._columns.items()
                for column in field.value
            ),
            vintage=vintage,
            crosswalks=crosswalks,
        )


__all__ = ["TableFields"]
