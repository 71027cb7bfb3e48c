"""Observed against fused: distribution of a variable, and dependence between variables, as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.shell.look import percent
from harmony_app.validate.view import DEPENDENCE_HELP, DISTRIBUTION_HELP

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_PAIRS: Final = 12
_SHOWN_LEVELS: Final = 24
_LARGE_DIFFERENCE: Final = 0.1


def distribution_html(marginals: pd.DataFrame, findings: str, variable: str) -> str:
    """Return paired bars of one variable's observed and fused shares.

    Parameters
    ----------
    marginals
        `fusion_core.validation.Validation.marginals`.
    findings
        What they say, as HTML.
    variable
        The variable.
    """
    rows = marginals[marginals["variable"] == variable]
    largest = float(np.nanmax(rows[["observed", "simulated"]].to_numpy(dtype=float), initial=1e-9))
    bars = "".join(
        f'<div class="label">{escape(str(row["level"]))}</div><div class="pair">'
        f"{_bar('observed', float(row['observed']), largest)}"
        f"{_bar('fused', float(row['simulated']), largest)}</div>"
        for row in rows.head(_SHOWN_LEVELS).to_dict("records")
    )
    more = len(rows) - _SHOWN_LEVELS
    rest = f'<p class="help">… and {more} more levels in the download.</p>' if more > 0 else ""
    return (
        f'<h2 class="panel-title">Distribution of {escape(variable)}</h2>'
        f'{findings}<p class="help">{DISTRIBUTION_HELP}</p>'
        '<div class="key"><span><i class="observed"></i>observed</span>'
        f'<span><i class="fused"></i>fused</span></div><div class="bars">{bars}</div>{rest}'
    )


def dependence_html(correlations: pd.DataFrame, findings: str, variable: str) -> str:
    """Return the pairs of variables whose dependence differs most, one variable's if given.

    Parameters
    ----------
    correlations
        `fusion_core.validation.Validation.correlations`.
    findings
        What they say, as HTML.
    variable
        The variable; empty for all.
    """
    rows = correlations
    if variable:
        rows = rows[(rows["first"] == variable) | (rows["second"] == variable)]
    order = rows["difference"].abs().sort_values(ascending=False, kind="stable").index
    rows = rows.loc[order].head(_SHOWN_PAIRS)
    title = f"Dependence of {escape(variable)}" if variable else "Dependence between variables"
    if rows.empty:
        body = '<p class="help">Only one variable was fused.</p>'
    else:
        lines = "".join(_dependence_row(row) for row in rows.to_dict("records"))
        body = (
            '<table><thead><tr><th>pair</th><th>measure</th><th class="right">observed</th>'
            '<th class="right">fused</th><th class="right">difference</th></tr></thead>'
            f"<tbody>{lines}</tbody></table>"
        )
    return (
        f'<h2 class="panel-title">{title}</h2>{findings}<p class="help">{DEPENDENCE_HELP}</p>{body}'
    )


def _dependence_row(row: dict[Any, Any]) -> str:
    difference = float(str(row["difference"]))
    large = " large" if abs(difference) > _LARGE_DIFFERENCE else ""
    return (
        f'<tr title="{escape(str(row["measure"]))}">'
        f"<td>{escape(str(row['first']))} – {escape(str(row['second']))}</td>"
        f"<td>{escape(str(row['measure']))}</td>"
        f'<td class="right">{_signed(row["observed"])}</td>'
        f'<td class="right">{_signed(row["simulated"])}</td>'
        f'<td class="right{large}">{_signed(difference)}</td></tr>'
    )


def _bar(kind: str, share: float, largest: float) -> str:
    width = 82.0 * share / largest
    return (
        f'<div class="line"><div class="bar {kind}" style="width:{width:.1f}%"></div>'
        f"{escape(percent(share))}</div>"
    )


def _signed(value: object) -> str:
    return f"{float(str(value)):+.2f}".replace("-", "−")
