"""Published counts of small areas with their standard errors, as summary tables hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.arguments import refuse_repeats
from fusion_core.errors import InputError
from fusion_core.records import Checked

Z90 = 1.645
"""Standard errors in a published 90 % margin of error, as the Census Bureau divides by."""


@dataclass(frozen=True)
class PublishedCounts(Checked):
    """Counts of households or persons in the areas of one level, with their standard errors.

    Attributes
    ----------
    areas
        Code of each area.
    names
        What is counted, one name a column.
    counts
        Published counts, shape (areas, names); NaN where nothing is published.
    errors
        Their standard errors, same shape: published 90 % margins divided by 1.645.

    Raises
    ------
    InputError
        If an area or a name occurs twice, shapes differ, a count is negative or lacks an error.
    """

    areas: tuple[str, ...]
    names: tuple[str, ...]
    counts: NDArray[np.float64]
    errors: NDArray[np.float64]

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        refuse_repeats(self.areas, "area", "published counts")
        refuse_repeats(self.names, "constraint", "published counts")
        shape = (len(self.areas), len(self.names))
        for part, given in (("counts", self.counts), ("errors", self.errors)):
            if given.shape != shape:
                raise InputError(
                    f"The {part} have shape {given.shape} for {shape[0]} areas and {shape[1]} names",
                    where="published counts",
                    fix="Give one row per area and one column per name",
                )
        known = ~np.isnan(self.counts)
        self._refuse(known & (self.counts < 0), "is negative", "Read codes for missing as missing")
        bare = known & ~(np.isfinite(self.errors) & (self.errors > 0))
        self._refuse(bare, "has no margin of error", "Add its margin, or leave the count out")

    def _refuse(self, wrong: NDArray[np.bool_], what: str, fix: str) -> None:
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            more = int(wrong.sum()) - 1
            others = f", as do {more:,} more" if more else ""
            raise InputError(
                f"The count of '{self.names[column]}' {what}{others}",
                where=f"area {self.areas[row]}",
                fix=fix,
            )

    @classmethod
    def of(cls, counts: pd.DataFrame, errors: pd.DataFrame) -> PublishedCounts:
        """Return counts and errors given as frames: one row per area, labelled by its code.

        Raises
        ------
        InputError
            If the two frames differ in areas or columns, or as for the class.
        """
        lacking = [str(name) for name in counts.columns if name not in errors.columns]
        if lacking or not counts.index.equals(errors.index):
            what = f"'{lacking[0]}'" if lacking else "some areas"
            raise InputError(
                f"There are counts of {what} without errors", fix="Give errors of the same table"
            )
        return cls(
            tuple(map(str, counts.index)),
            tuple(map(str, counts.columns)),
            counts.to_numpy(float),
            errors[counts.columns].to_numpy(float),
        )

    def select(self, names: tuple[str, ...]) -> PublishedCounts:
        """Return some of the columns, in the order given; unknown ones are not published."""
        place = {name: position for position, name in enumerate(self.names)}
        counts, errors = (np.full((len(self.areas), len(names)), np.nan) for _ in range(2))
        for column, name in enumerate(names):
            if name in place:
                counts[:, column] = self.counts[:, place[name]]
                errors[:, column] = self.errors[:, place[name]]
        return PublishedCounts(self.areas, names, counts, errors)

    def within(self, areas: tuple[str, ...]) -> PublishedCounts:
        """Return the rows of some areas, in the order given.

        Raises
        ------
        InputError
            If an area is unknown.
        """
        place = {area: position for position, area in enumerate(self.areas)}
        for area in areas:
            if area not in place:
                raise InputError.unknown("area", area, self.areas, where="published counts")
        rows = [place[area] for area in areas]
        return PublishedCounts(areas, self.names, self.counts[rows], self.errors[rows])

    def frame(self) -> pd.DataFrame:
        """Return one row per area and name: ``area``, ``name``, ``count``, ``standard_error``."""
        index: Any = pd.MultiIndex.from_product([self.areas, self.names], names=["area", "name"])
        values = {"count": self.counts.ravel(), "standard_error": self.errors.ravel()}
        return pd.DataFrame(values, index=index).dropna().reset_index()


__all__ = ["Z90", "PublishedCounts"]
