"""What `harmony small-areas` prints of ranks and differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.cli.output import number, percent, table
from fusion_core.estimates.statistics import SHARES

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.estimates.api import Difference
    from fusion_core.estimates.places import JointAreas

_SHOWN = 25


def show_ranked(console: Console, found: pd.DataFrame, top: int, areas: JointAreas) -> None:
    """Print ranked areas, and how many are surely among the first.

    Parameters
    ----------
    console
        Where to.
    found
        The areas in the order of ranks.
    top
        How many first places were asked for.
    areas
        Their joint error.
    """
    rows = []
    for row in found.head(_SHOWN).to_dict("records"):
        say = percent if row["statistic"] in SHARES else number
        rows.append(
            (
                row["rank"],
                row["area"],
                say(row["estimate"]),
                f"± {say(row['moe'])}",
                f"{row['best_rank']:,}–{row['worst_rank']:,}",
                "yes" if row["surely_among"] else "",
            )
        )
    console.print(table(("rank", "area", "estimate", "margin", "may be", f"surely of {top}"), rows))
    surely, leading = int(found["surely_among"].sum()), int(found["may_lead"].sum())
    console.print(
        f"{surely:,} of {len(found):,} areas are surely among the first {top:,}; {leading:,} may be first. "
        f"All ranks hold at once with 90 % confidence. {areas.assumption}",
        markup=False,
    )


def show_difference(console: Console, found: Difference) -> None:
    """Print a difference and whether it is more than chance.

    Parameters
    ----------
    console
        Where to.
    found
        The difference.
    """
    verdict = "is more than chance explains" if found.is_significant else "could be chance"
    console.print(
        f"{number(found.first)} ± {number(found.first_moe)} and {number(found.second)} ± "
        f"{number(found.second_moe)}: the difference of {number(found.difference)} ± "
        f"{number(found.moe)} {verdict} (p = {found.p_value:.2g}, 90 % level). {found.assumption}",
        markup=False,
    )


__all__ = ["show_difference", "show_ranked"]
