"""The ranked list of areas with error bars: keyboard-reachable buttons, drawn in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import panel as pn
import param
from panel.custom import JSComponent

from harmony_app.explore.view import words

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from harmony_app.explore.view import HatchRule
    from harmony_app.shell.look import Quantity

ASSETS = Path(__file__).parents[1] / "assets"
SHOWN_AREAS = 25


class RankedAreas(JSComponent):
    """A list of areas from high to low; a click or the Enter key chooses one."""

    items = param.List(default=[], doc="One record per area, see `ranking_items`.")
    chosen = param.List(default=[], doc="Identifiers of the chosen areas.")

    _esm = ASSETS / "ranking.js"
    _stylesheets: ClassVar[list[str]] = [(ASSETS / "ranking.css").read_text(encoding="utf-8")]

    def __init__(self, on_choose: Callable[[str, bool], None], **params: Any) -> None:
        super().__init__(**params)
        self._on_choose = on_choose

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_choose(str(msg["area"]), bool(msg.get("compare")))


def ranking_items(
    table: pd.DataFrame,
    quantity: Quantity,
    rule: HatchRule,
    *,
    lowest: bool = False,
    limit: int = SHOWN_AREAS,
) -> list[dict[str, Any]]:
    """Return the highest (or lowest) areas with their interval on a common 0–1 scale.

    Parameters
    ----------
    table
        Aligned estimates.
    quantity
        What kind of number was estimated.
    rule
        When an estimate is too uncertain; such areas are drawn hollow.
    lowest
        Start from the lowest instead.
    limit
        Number of areas.
    """
    from harmony_app.explore.map import unreliable_positions

    unsure = set(unreliable_positions(table, rule))
    present = table[np.isfinite(table["estimate"].to_numpy(dtype=float))]
    ranked = present.sort_values("estimate", ascending=lowest, kind="stable").head(limit)
    if ranked.empty:
        return []
    low = float(np.nanmin([ranked["lower"].min(), ranked["estimate"].min()]))
    high = float(np.nanmax([ranked["upper"].max(), ranked["estimate"].max()]))
    span = (high - low) or 1.0
    items = []
    for position, row in zip(ranked.index, ranked.to_dict("records"), strict=True):
        known = bool(np.isfinite(row["moe"]))
        interval = words.interval_sentence(row, quantity)
        items.append(
            {
                "area": str(row["area_id"]),
                "name": str(row["name"]),
                "value": quantity.value(float(row["estimate"]), float(row["moe"]), unit=False),
                "at": (float(row["estimate"]) - low) / span,
                "low": (float(row["lower"]) - low) / span if known else None,
                "high": (float(row["upper"]) - low) / span if known else None,
                "unsure": position in unsure,
                "title": f"{interval}; {words.reliability_phrase(row)}",
            }
        )
    return items


def ranking_note() -> pn.pane.HTML:
    """Explain the bars."""
    return pn.pane.HTML(
        '<div style="color:var(--muted);font-size:12px">Bars: 90 % interval; hollow: too uncertain.'
        " Areas whose bars overlap may be in another order.</div>",
        sizing_mode="stretch_width",
        margin=0,
    )
