"""What the panels of the Validate page mean, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harmony_app.shell.formats import NO_BREAK, count, percent

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Metric:
    """One panel.

    Attributes
    ----------
    name
        Column of the metrics.
    title
        Heading.
    axis
        Label of the vertical axis.
    help
        What it shows and what is good, for someone who never saw it.
    percent
        Whether values are written in percent.
    reference
        Value of a line to compare with; ``None`` for none.
    """

    name: str
    title: str
    axis: str
    help: str
    percent: bool
    reference: float | None


METRICS: Final = (
    Metric(
        "absolute_percent_error", "How far off?", "absolute percent error",
        "How much fused estimates of a subset typically differ from what its donor households"
        " really said. Lower is better. Small subsets (left) are harder.", True, None,
    ),
    Metric(
        "value_added", "Better than the average?", "value-added",
        "1: the subset's own value is found exactly. 0: no better than giving every subset the"
        " overall average. Higher is better.", False, None,
    ),
    Metric(
        "uncertainty_ratio", "How much less sure?", "uncertainty, fused / observed",
        "Relative margin of error of the fused estimate divided by that of the observed one. 1: as"
        " sure as if the question had been asked. Just above 1 is honest; below 1 is too sure.",
        False, 1.0,
    ),
)  # fmt: skip

INTRODUCTION: Final = (
    "Each variable was fused back onto the donor, whose true answers are known, and compared in many"
    " subsets of households. Each dot is one subset; a line is the typical result at that size."
)
DISTRIBUTION_HELP: Final = (
    "Share of donor households with each answer: observed, and fused. The bars should be alike."
)
DEPENDENCE_HELP: Final = (
    "How strongly two variables go together (0: not at all, 1 or −1: completely). Fusing should keep"
    " that; large differences warn against analysing the two together."
)


def value_text(metric: Metric, value: float) -> str:
    """Write a value of a metric."""
    return percent(value) if metric.percent else f"{value:.2f}"


def subset_title(row: pd.Series[Any]) -> str:
    """Name a subset and its level for a hover card."""
    level = f" · {row['level']}" if row["level"] else ""
    return f"{row['subset']}{level}"


def scale_note(outside: int) -> str:
    """Say how many analyses lie outside a panel."""
    return (
        f"{count(outside, 'analysis', 'analyses')} outside the frame" if outside else f"{NO_BREAK}"
    )


def score_phrase(row: pd.Series[Any]) -> str:
    """Return skill and coverage of a variable in words."""
    parts = []
    skill = row.get("skill")
    if isinstance(skill, float) and skill == skill:  # noqa: PLR0124 - not-a-number differs from itself
        parts.append(f"explains {percent(skill, decimals=0)} of what can differ between households")
    coverage = row.get("coverage")
    if isinstance(coverage, float) and coverage == coverage:  # noqa: PLR0124 - as above
        parts.append(f"80{NO_BREAK}% ranges hold {percent(coverage, decimals=0)} of true answers")
    return "; ".join(parts)
