"""The ranked list of areas with error bars: keyboard-reachable buttons, drawn in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import param
from panel.custom import JSComponent

from harmony_app.explore.panels._parts import panel
from harmony_app.explore.view import words

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from fusion_core.estimates.runs import Ranking
    from harmony_app.explore.view import HatchRule
    from harmony_app.shell.look import Quantity

ASSETS = Path(__file__).parents[1] / "assets"
TOP = 10
_MOSTLY = 0.9


@dataclass(frozen=True)
class RankBounds:
    """The ranks areas may have, all at once with 90 % confidence.

    Attributes
    ----------
    ranks
        Best and worst rank by the area as the survey writes it.
    count
        Number of areas with a rank.
    """

    ranks: Mapping[str, tuple[int, int]]
    count: int

    @classmethod
    def of(cls, ranking: Ranking, column: str) -> RankBounds:
        """Read the bounds of a ranking by one column."""
        table = ranking.table[ranking.table["rank"] > 0]
        pairs = zip(table["best_rank"].astype(int), table["worst_rank"].astype(int), strict=True)
        return cls(dict(zip(table[column].astype(str), pairs, strict=True)), len(table))

    def from_the_lowest(self) -> RankBounds:
        """Count ranks from the other end."""
        end = self.count + 1
        ranks = {area: (end - worst, end - best) for area, (best, worst) in self.ranks.items()}
        return RankBounds(ranks, self.count)

    @property
    def surely(self) -> int:
        """Number of areas surely among the first."""
        return sum(worst <= TOP for _, worst in self.ranks.values())

    @property
    def anywhere(self) -> int:
        """Number of areas that may hold any rank."""
        return sum(ranks == (1, self.count) for ranks in self.ranks.values())

    @property
    def says_nothing(self) -> bool:
        """Whether nearly all areas may hold any rank, so that their order says nothing."""
        return self.count > 1 and self.anywhere > _MOSTLY * self.count

    @property
    def leading(self) -> int:
        """Number of areas that nobody is surely before."""
        return sum(best == 1 for best, _ in self.ranks.values())


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
    bounds: RankBounds | None = None,
) -> list[dict[str, Any]]:
    """Return the areas from the highest (or lowest) with their interval on a common 0–1 scale.

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
    bounds
        The ranks they may have, from the same end; ``None`` while these are computed.
    """
    from harmony_app.explore.map import unreliable_positions

    unsure = set(unreliable_positions(table, rule))
    present = table[np.isfinite(table["estimate"].to_numpy(dtype=float))]
    key = "for_maps" if "for_maps" in present else "estimate"
    ranked = present.sort_values(key, ascending=lowest, kind="stable")
    if ranked.empty:
        return []
    low = float(np.nanmin([ranked["lower"].min(), ranked["estimate"].min()]))
    high = float(np.nanmax([ranked["upper"].max(), ranked["estimate"].max()]))
    span = (high - low) or 1.0
    items = []
    for position, row in zip(ranked.index, ranked.to_dict("records"), strict=True):
        known = bool(np.isfinite(row["moe"]))
        interval = words.interval_sentence(row, quantity)
        ranks = None if bounds is None else bounds.ranks.get(str(row["stored"]))
        mark, told = _mark(ranks, lowest=lowest)
        items.append(
            {
                "area": str(row["area_id"]),
                "name": str(row["name"]),
                "value": words.value_with_margin(row, quantity),
                "ranks": ""
                if ranks is None
                else _span(ranks, None if bounds is None else bounds.count),
                "mark": mark,
                "at": (float(row["estimate"]) - low) / span,
                "low": (float(row["lower"]) - low) / span if known else None,
                "high": (float(row["upper"]) - low) / span if known else None,
                "unsure": position in unsure,
                "title": f"{interval}; {words.reliability_phrase(row)}{told}",
            }
        )
    return items


def _span(ranks: tuple[int, int], count: int | None = None) -> str:
    """Return the ranks an area may have; in a word where that is any of so many."""
    if count is not None and count > 1 and ranks == (1, count):
        return "any rank"
    return str(ranks[0]) if ranks[0] == ranks[1] else f"{ranks[0]:,}–{ranks[1]:,}"


def _mark(ranks: tuple[int, int] | None, *, lowest: bool) -> tuple[str, str]:
    """Return how an area is marked, and what that means."""
    if ranks is None:
        return "", ""
    extreme = "lowest" if lowest else "highest"
    told = f"; rank {_span(ranks)}"
    if ranks == (1, 1):
        return "surely", f"{told}: surely the {extreme}"
    if ranks[1] <= TOP:
        told += f": surely among the {TOP} {extreme}"
        mark = "surely"
    else:
        mark = ""
    if ranks[0] == 1:
        return mark or "leading", f"{told}; not distinguishable from the first"
    return mark, told


def ranking_note(
    bounds: RankBounds | None, *, lowest: bool = False, failed: bool = False, smoothed: bool = False
) -> str:
    """Explain bars, ranks and marks, as HTML.

    Parameters
    ----------
    bounds
        The ranks that are shown; ``None`` while there are none.
    lowest
        Whether they count from the lowest.
    failed
        Whether there will be none.
    smoothed
        Whether areas borrowed strength, and stand in the order of their expected ranks.
    """
    if smoothed:
        return panel("smoothed_note")
    return panel("ranking_note", bounds, TOP, "lowest" if lowest else "highest", failed)
