"""The numbers behind a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.execution.comparing import TableComparison
    from harmony_app.explore.map import AreaShapes
    from harmony_app.explore.view import EstimateRequest


@dataclass(frozen=True)
class Answer:
    """The numbers behind a map.

    Attributes
    ----------
    request
        What was asked.
    table
        One row per area of the map, in its order (`harmony_app.explore.map.layers.align`).
    overall
        The same statistic of all areas together, one record; empty without margins.
    margins
        Whether margins of error are there yet.
    undrawn
        Which areas with households have no boundaries, in a sentence; empty where all have.
    shapes
        Outlines of its areas where these follow from the numbers, as those of merged areas do.
    notes
        What to know of the areas, in sentences.
    against
        How the estimates compare with an independent table, where one is chosen.
    table_title
        What that table is called.
    calibrated
        What the estimates were calibrated to and how far they moved, in a sentence; empty where not.
    smoothed
        How direct estimates borrowed strength, in a sentence; empty where they did not.
    method
        How areas come about, for the method note.
    """

    request: EstimateRequest
    table: pd.DataFrame
    overall: dict[str, Any]
    margins: bool = True
    undrawn: str = ""
    shapes: AreaShapes | None = None
    notes: tuple[str, ...] = ()
    against: TableComparison | None = None
    table_title: str = ""
    calibrated: str = ""
    smoothed: str = ""
    method: str = ""

    @property
    def rows(self) -> pd.DataFrame:
        """The areas that are asked for: all of them, or those of the place."""
        return self.table[self.table["inside"]] if "inside" in self.table else self.table


__all__ = ["Answer"]
