"""What the tabs of the Validate page say: sentences first, numbers on demand, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.harmony.model import split_key
from harmony_app.shell.look import MISSING, axis_numbers, number, percent
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.view import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from fusion_core.surveys.model import Variable
    from fusion_core.validation.report import Finding

_SHOWN_PREDICTORS: Final = 12
_CHART: Final = (520, 190)
_MARGIN: Final = (78, 18, 14, 32)  # left, right, top, bottom


def findings_html(findings: Sequence[Finding]) -> str:
    """Return sentences with a mark that says whether they speak for the fused variables."""
    return part("findings", findings)


def about(findings: Sequence[Finding], variable: str) -> list[Finding]:
    """Return the findings about a variable, or all of them if none is chosen."""
    return [item for item in findings if not variable or item.variable in {"", variable}]


def panel_html(title: str, help_text: str, body: str) -> str:
    """Return a titled panel."""
    return part("panel", title, help_text, body)


def coverage_html(coverage: pd.DataFrame, variable: str) -> str:
    """Return how often ranges of draws hold the truth: a bar per range, with a tick where it should end."""
    rows = _own(coverage, variable)
    if rows.empty:
        return part("help", words.NO_RANGES)
    variables = [
        (name, [_coverage_bar(row) for row in own.to_dict("records")])
        for name, own in rows.groupby("variable", sort=False)
    ]
    return part("coverage", variables)


def scores_html(scores: pd.DataFrame, variable: str) -> str:
    """Return the proper scores beside their baseline, to be opened."""
    rows = [
        (
            row["variable"],
            _SCORE_TITLES.get(str(row["score"]), row["score"]),
            number(row["value"]),
            number(row["baseline"]),
            percent(row["skill"], decimals=0),
        )
        for row in _own(scores, variable).to_dict("records")
    ]
    head = ("variable", "score", "fused", "draws from all", "skill")
    return part("numbers", "The scores", words.SCORES_HELP, head, rows, 2)


def importance_html(
    importance: pd.DataFrame, variable: str, dictionary: Mapping[str, Variable]
) -> str:
    """Return what one variable was predicted from, the strongest predictor first."""
    own = importance[importance["variable"] == variable]
    own = own.sort_values("share", ascending=False, kind="stable").head(_SHOWN_PREDICTORS)
    if own.empty:
        return part("help", words.NO_IMPORTANCE)
    largest = max(float(own["share"].max()), 1e-9)
    bars = [
        (
            row["predictor"],
            _described(str(row["predictor"]), dictionary),
            82.0 * float(row["share"]) / largest,
            percent(row["share"], decimals=0),
        )
        for row in own.to_dict("records")
    ]
    return part("importance", bars)


def convergence_html(convergence: pd.DataFrame, variable: str) -> str:
    """Return how the estimates of a variable settle as implicates are added."""
    own = convergence[convergence["variable"] == variable]
    if own.empty:
        return part("help", words.NO_CONVERGENCE)
    charts, tables = [], []
    for level, settling in own.groupby("level", sort=False):
        title = f"{variable}: {level!s}" if level else variable
        charts.append((title, _settling_chart(settling, title)))
        tables += [
            (
                title,
                int(row["implicates"]),
                number(row["estimate"]),
                f"± {number(row['moe'])}",
                f"{row['margin']:.2f}",
                percent(row["noise"], decimals=0),
            )
            for row in settling.to_dict("records")
        ]
    head = ("", "implicates", "estimate", "margin", "margin in subsets", "moved by a redraw")
    return part("settling", charts, "The numbers", words.CONVERGENCE_NUMBERS, head, tables)


def unseen_html(table: pd.DataFrame, variable: str) -> str:
    """Return the usual validation beside that of unseen households."""
    rows = [
        (
            row["variable"],
            *(
                f"{percent(row[f'{name}_inside'])} → {percent(row[f'{name}_outside'])}"
                for name in ("absolute_percent_error", "skill", "coverage")
            ),
            f"{row['uncertainty_ratio_inside']:.2f} → {row['uncertainty_ratio_outside']:.2f}",
        )
        for row in _own(table, variable).to_dict("records")
    ]
    head = ("variable", "typical error", "skill", "80 % ranges hold", "uncertainty ratio")
    return part("help", words.UNSEEN_TABLE) + part("table", head, rows, 1)


def numbers_html(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a plain table to be opened by whoever wants it; all but its first column are numbers."""
    return part("numbers", title, "", head, rows, 1)


_SCORE_TITLES: Final = {"CRPS": "CRPS", "Brier": "Brier", "log": "log score"}


def _own(frame: pd.DataFrame, variable: str) -> pd.DataFrame:
    return frame[frame["variable"] == variable] if variable else frame


def _described(name: str, dictionary: Mapping[str, Variable]) -> str:
    found = dictionary.get(split_key(name)[0])
    return found.description if found is not None else name


def _coverage_bar(row: Mapping[Any, Any]) -> dict[str, Any]:
    level, held = float(row["level"]), float(row["held"])
    text = (
        f"hold {percent(held, decimals=0)} · {percent(row['below'], decimals=0)} below,"
        f" {percent(row['above'], decimals=0)} above"
    )
    width = row["width"]
    if np.isfinite(width):
        text += f" · {percent(width, decimals=0)} as wide as for all households"
    return {
        "label": f"{percent(level, decimals=0)} ranges",
        "held": 100 * held,
        "level": 100 * level,
        "said": text,
    }


def _levels_text(levels: list[float]) -> list[str]:
    """Write the ticks of an axis; those that would read alike get as many digits as they need."""
    texts = [number(value) for value in levels]
    return texts if len(set(texts)) == len(levels) else axis_numbers(levels)


def _settling_chart(settling: pd.DataFrame, title: str) -> dict[str, Any] | str:
    """Place the estimate with its margin of error over the number of implicates."""
    width, height = _CHART
    left, right, top, bottom = _MARGIN
    counts = settling["implicates"].to_numpy(dtype=float)
    estimate, moe = (settling[name].to_numpy(dtype=float) for name in ("estimate", "moe"))
    usable = np.isfinite(moe)
    if not usable.any():
        return MISSING
    counts, estimate, moe = counts[usable], estimate[usable], moe[usable]
    # The margin of two implicates can be many times that of all: it may leave the frame.
    reach = 2.0 * float(moe[-1]) or max(abs(float(estimate[-1])) * 0.1, 1e-9)
    low, high = float(estimate[-1]) - reach, float(estimate[-1]) + reach
    span = max(float(np.log(counts[-1] / counts[0])), 1e-9)

    def x(value: float) -> float:
        return left + (width - left - right) * float(np.log(value / counts[0])) / span

    def y(value: float) -> float:
        inside = min(max(value, low), high)
        return top + (height - top - bottom) * (high - inside) / (high - low)

    places = list(zip(counts, estimate, moe, strict=True))
    band = [f"{x(m):.1f},{y(e + u):.1f}" for m, e, u in places]
    band += [f"{x(m):.1f},{y(e - u):.1f}" for m, e, u in reversed(places)]
    levels = np.linspace(low, high, 5)[1:-1].tolist()
    texts = _levels_text(levels)
    return {
        "title": title,
        "width": width,
        "height": height,
        "left": left,
        "right": width - right,
        "scale": [(y(value), text) for value, text in zip(levels, texts, strict=True)],
        "band": " ".join(band),
        "line": " ".join(f"{x(m):.1f},{y(e):.1f}" for m, e, _ in places),
        "dots": [(x(m), y(e)) for m, e, _ in places],
        "ticks": [(x(m), f"{m:.0f}") for m in counts],
    }
