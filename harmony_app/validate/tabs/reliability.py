"""Whether drawn answers are true as often as they are drawn: one small chart per answer, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.shell.look import count, percent
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.view import words

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_LEVELS: Final = 8
_SIDE: Final = 300
_MARGIN: Final = (56, 12, 12, 50)  # left, right, top, bottom
_SMALLEST_DOT: Final = 2.5
_LARGEST_DOT: Final = 8.0
_TICK_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2)
_MOST_TICKS: Final = 5


def reliability_html(reliability: pd.DataFrame, variable: str, *, unseen: bool = False) -> str:
    """Return a chart per answer of a variable, with what it shows and the numbers to be opened.

    Parameters
    ----------
    reliability
        `fusion_core.validation.Validation.reliability`.
    variable
        A category; another or none gives nothing.
    unseen
        Whether the models never saw the households.
    """
    own = reliability[reliability["variable"] == variable]
    if own.empty:
        return ""
    shown = shown_levels(own)
    charts = [
        (level, _chart(own[own["level"] == level], f"{variable}: {level}")) for level in shown
    ]
    left_out = own["level"].nunique() - len(shown)
    note = _left_out(left_out, len(shown)) if left_out else ""
    help_text = words.RELIABILITY_HELP + ("" if unseen else words.RELIABILITY_KNOWN)
    rows = [
        (
            row["level"],
            percent(row["drawn"]),
            percent(row["observed"]),
            f"{percent(row['lower'])} to {percent(row['upper'])}",
            f"{row['rows']:,.0f}",
        )
        for row in own.to_dict("records")
    ]
    head = ("answer", "drawn", "true", "90 % interval", "households")
    return part("reliability", variable, help_text, charts, note, head, rows)


def shown_levels(reliability: pd.DataFrame) -> list[str]:
    """Return the answers to draw: the most frequent ones; of two, whose charts mirror, the rarer."""
    weighted = reliability["observed"].astype(float) * reliability["share"].astype(float)
    frequency = weighted.groupby(reliability["level"], sort=False).sum()
    if len(frequency) == 2:  # noqa: PLR2004 - yes and no
        return [str(frequency.idxmin())]
    ordered = frequency.sort_values(ascending=False, kind="stable")
    kept = set(ordered.index[:_SHOWN_LEVELS])
    return [str(level) for level in frequency.index if level in kept]


def _left_out(levels: int, shown: int) -> str:
    if shown == 1:
        return "The chart of the other answer is its mirror image."
    return f"{count(levels, 'rarer answer')} in the numbers and the download."


def _chart(answers: pd.DataFrame, title: str) -> dict[str, Any]:
    """Place true against drawn shares with their intervals and the diagonal they should lie on."""
    left, right, top, bottom = _MARGIN
    drawn, observed, lower, upper, share = (
        answers[name].to_numpy(dtype=float)
        for name in ("drawn", "observed", "lower", "upper", "share")
    )
    limit = min(1.0, 1.05 * float(max(drawn.max(), upper.max(), 0.01)))
    length = _SIDE - left - right

    def x(value: float) -> float:
        return left + length * value / limit

    def y(value: float) -> float:
        return _SIDE - bottom - (_SIDE - top - bottom) * value / limit

    return {
        "title": title,
        "side": _SIDE,
        "foot": _SIDE - bottom + 19,
        "x0": x(0),
        "x1": x(limit),
        "y0": y(0),
        "y1": y(limit),
        "ticks": [(x(at), y(at), f"{100 * at:.0f}") for at in _ticks(limit)],
        "dots": [
            {
                "spoken": _spoken(*values[:4]),
                "x": x(values[0]),
                "y": y(values[1]),
                "low": y(values[2]),
                "high": y(values[3]),
                "radius": _radius(values[4]),
            }
            for values in zip(drawn, observed, lower, upper, share, strict=True)
        ],
    }


def _ticks(limit: float) -> Any:
    step = next((step for step in _TICK_STEPS if limit / step <= _MOST_TICKS), _TICK_STEPS[-1])
    return np.arange(0.0, limit + 1e-9, step)


def _radius(share: float) -> float:
    """Return a dot whose area grows with the households it stands for."""
    return max(_SMALLEST_DOT, _LARGEST_DOT * float(np.sqrt(min(2.0 * share, 1.0))))


def _spoken(drawn: float, observed: float, lower: float, upper: float) -> str:
    return (
        f"drawn {percent(drawn)}, true {percent(observed)}"
        f" (90 % interval {percent(lower)} to {percent(upper)})"
    )
