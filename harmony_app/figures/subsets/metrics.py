"""What subsets are compared by: three metrics, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harmony_app.shell.look import percent

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
        "absolute_percent_error",
        "How far off?",
        "absolute percent error",
        "How much fused estimates of a subset typically differ from what its donor households"
        " really said. Lower is better. Small subsets (left) are harder.",
        True,
        None,
    ),
    Metric(
        "value_added",
        "Better than the average?",
        "value-added",
        "1: the subset's own value is found exactly. 0: no better than giving every subset the"
        " overall average. Higher is better.",
        False,
        None,
    ),
    Metric(
        "uncertainty_ratio",
        "How much less sure?",
        "uncertainty, fused / observed",
        "Relative margin of error of the fused estimate divided by that of the observed one. 1: as"
        " sure as if the question had been asked. Just above 1 is honest; below 1 is too sure.",
        False,
        1.0,
    ),
)


def value_text(metric: Metric, value: float) -> str:
    """Write a value of a metric."""
    return percent(value) if metric.percent else f"{value:.2f}"


def subset_titles(metrics: pd.DataFrame) -> list[str]:
    """Name subsets and their levels for hover cards."""
    return [
        f"{subset} · {level}" if level else str(subset)
        for subset, level in zip(metrics["subset"], metrics["level"], strict=True)
    ]
