"""What the tabs of the Validate page say: sentences first, numbers on demand, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.shell.look import count, number, percent
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.view import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from fusion_core.validation.report import Finding

_SHOWN_PAIRS: Final = 12
_MOST_ROWS: Final = 200
_MOST_FINDINGS: Final = 8
_TONES: Final = ("poor", "fair", "good")


def findings_html(findings: Sequence[Finding]) -> str:
    """Return sentences with a mark that says whether they speak for the fused variables.

    Of many those that warn come first, and the rest can be opened.
    """
    if len(findings) <= _MOST_FINDINGS:
        return part("findings", findings)
    ordered = sorted(findings, key=lambda item: _TONES.index(item.tone))
    rest = ordered[_MOST_FINDINGS:]
    return part("findings", ordered[:_MOST_FINDINGS]) + part(
        "more_findings", count(len(rest), "more finding"), rest
    )


def about(findings: Sequence[Finding], variable: str) -> list[Finding]:
    """Return the findings about a variable, or all of them if none is chosen."""
    return [item for item in findings if not variable or item.variable in {"", variable}]


def panel_html(title: str, help_text: str, body: str) -> str:
    """Return a titled panel."""
    return part("panel", title, help_text, body)


def helps_html(texts: Sequence[str]) -> str:
    """Return explanations, a paragraph each."""
    return part("helps", texts)


def more_html(title: str, text: str) -> str:
    """Return an explanation to be opened."""
    return part("more", title, text)


def coverage_html(coverage: pd.DataFrame, variable: str) -> str:
    """Return how often ranges of draws hold the truth, to be opened."""
    rows = [
        (
            row["variable"],
            percent(row["level"], decimals=0),
            percent(row["held"], decimals=0),
            percent(row["below"], decimals=0),
            percent(row["above"], decimals=0),
            percent(row["width"], decimals=0),
        )
        for row in _own(coverage, variable).to_dict("records")
    ]
    head = ("variable", "range", "holds", "below", "above", "width")
    return part("numbers", "The ranges", words.RANGES_HELP, head, rows, 1) if rows else ""


def reliability_html(reliability: pd.DataFrame, variable: str) -> str:
    """Return how often drawn answers are true, to be opened."""
    rows = [
        (
            row["variable"],
            row["level"],
            percent(row["drawn"]),
            percent(row["observed"]),
            f"{percent(row['lower'])} to {percent(row['upper'])}",
            f"{row['rows']:,.0f}",
        )
        for row in _own(reliability, variable).head(_MOST_ROWS).to_dict("records")
    ]
    head = ("variable", "answer", "drawn", "true", "90 % interval", "households")
    return part("numbers", "Drawn and true answers", "", head, rows, 2) if rows else ""


def distribution_html(marginals: pd.DataFrame, variables: Sequence[str]) -> str:
    """Return observed and fused shares with their margins of error, to be opened."""
    own = marginals[marginals["variable"].isin(variables)]
    rows = [
        (
            row["variable"],
            row["level"],
            _with_margin(row, "observed"),
            _with_margin(row, "simulated"),
        )
        for row in own.head(_MOST_ROWS).to_dict("records")
    ]
    head = ("variable", "answer or range", "observed", "fused")
    return part("numbers", "The shares", "", head, rows, 2)


def dependence_html(correlations: pd.DataFrame, variable: str) -> str:
    """Return the pairs whose dependence differs most, one variable's if given, to be opened."""
    own = correlations
    if variable:
        own = own[(own["first"] == variable) | (own["second"] == variable)]
    order = own["difference"].abs().sort_values(ascending=False, kind="stable").index
    rows = [
        (
            f"{row['first']} – {row['second']}",
            row["measure"],
            *(_signed(row[name]) for name in ("observed", "simulated", "difference")),
        )
        for row in own.loc[order].head(_SHOWN_PAIRS).to_dict("records")
    ]
    head = ("pair", "measure", "observed", "fused", "difference")
    return part("numbers", "Pairs that differ most", "", head, rows, 2) if rows else ""


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


def convergence_html(convergence: pd.DataFrame, variable: str) -> str:
    """Return how the estimates of a variable settle as implicates are added, to be opened."""
    own = convergence[convergence["variable"] == variable]
    if own.empty:
        return part("help", words.NO_CONVERGENCE)
    rows = [
        (
            f"{variable}: {row['level']}" if row["level"] else variable,
            int(row["implicates"]),
            number(row["estimate"]),
            f"± {number(row['moe'])}",
            f"{row['margin']:.2f}",
            percent(row["noise"], decimals=0),
        )
        for row in own.to_dict("records")
    ]
    head = ("", "implicates", "estimate", "margin", "margin in subsets", "moved by a redraw")
    return part("numbers", "The numbers", words.CONVERGENCE_NUMBERS, head, rows, 1)


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
    return part("help", words.UNSEEN_TABLE) + part(
        "table", "Seen and unseen households", head, rows, 1
    )


def numbers_html(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a plain table to be opened by whoever wants it; all but its first column are numbers."""
    return part("numbers", title, "", head, rows, 1)


_SCORE_TITLES: Final = {"CRPS": "CRPS", "Brier": "Brier", "log": "log score"}


def _own(frame: pd.DataFrame, variable: str) -> pd.DataFrame:
    return frame[frame["variable"] == variable] if variable else frame


def _with_margin(row: Mapping[Any, Any], side: str) -> str:
    margin = float(row.get(f"{side}_moe", np.nan))
    return (
        f"{percent(row[side])} ± {percent(margin)}" if np.isfinite(margin) else percent(row[side])
    )


def _signed(value: object) -> str:
    return f"{float(str(value)):+.2f}".replace("-", "−")
