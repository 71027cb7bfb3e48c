"""Estimates with their margins of error, one panel per statistic and one row per group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import InputError
from fusion_core.estimates.statistics import SHARES
from harmony_app.figures.intervals import IntervalRows, interval_panel

if TYPE_CHECKING:
    import pandas as pd

    from harmony_app.figures.look import Look

_NEEDED: Final = ("variable", "level", "statistic", "estimate", "lower", "upper")


def estimate_panels(table: pd.DataFrame, look: Look) -> list[Any]:
    """Return a panel for each statistic of a table of estimates.

    Parameters
    ----------
    table
        As `fusion_core.estimates.analyze` gives it: the columns before ``variable`` name the groups.
    look
        Where it is drawn.

    Raises
    ------
    InputError
        If the table is none of estimates.
    """
    missing = [name for name in _NEEDED if name not in table.columns]
    if missing or table.empty:
        raise InputError(
            f"The table holds no estimates: it lacks the columns {', '.join(missing)}"
            if missing
            else "The table of estimates is empty",
            fix="Give a table of analyze or survey_estimates",
        )
    groups = list(table.columns[: table.columns.get_loc("variable")])
    levels = table["level"].fillna("").astype(str)
    asked = [table["variable"].astype(str), levels, table["statistic"].astype(str)]
    return [
        interval_panel(_rows(own, groups, *map(str, key)), look)
        for key, own in table.groupby(asked, sort=False, observed=True)
    ]


def _rows(
    own: pd.DataFrame, groups: list[str], variable: str, level: str, statistic: str
) -> IntervalRows:
    ordered = own.sort_values("estimate", ascending=False, kind="stable")
    names = ordered[groups].astype(str).agg(", ".join, axis=1) if groups else ["all households"]
    middle, low, high = (
        ordered[name].to_numpy(dtype=float) for name in ("estimate", "lower", "upper")
    )
    return IntervalRows(
        names=list(names) if groups else ["all households"] * len(ordered),
        middle=middle,
        low=low,
        high=high,
        title=f"{variable}: {level}" if level else variable,
        across=f"{statistic.replace('_', ' ')}, with its interval",
        share=statistic in SHARES,
    )
