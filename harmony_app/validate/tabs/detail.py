"""Observed against fused: distribution of a variable, and dependence between variables, as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from harmony_app.shell.look import percent
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.view import DEPENDENCE_HELP, DISTRIBUTION_HELP

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from fusion_core.validation.report import Finding

_SHOWN_PAIRS: Final = 12
_SHOWN_LEVELS: Final = 24
_LARGE_DIFFERENCE: Final = 0.1
_LONGEST_BAR: Final = 82.0
"""Width of the longest bar, percent: its number stands beside it."""


def distribution_html(marginals: pd.DataFrame, findings: Sequence[Finding], variable: str) -> str:
    """Return paired bars of one variable's observed and fused shares.

    Parameters
    ----------
    marginals
        `fusion_core.validation.Validation.marginals`.
    findings
        What they say.
    variable
        The variable.
    """
    rows = marginals[marginals["variable"] == variable]
    largest = float(np.nanmax(rows[["observed", "simulated"]].to_numpy(dtype=float), initial=1e-9))

    def bar(share: float) -> tuple[float, str]:
        return _LONGEST_BAR * share / largest, percent(share)

    pairs = [
        (row["level"], bar(float(row["observed"])), bar(float(row["simulated"])))
        for row in rows.head(_SHOWN_LEVELS).to_dict("records")
    ]
    more = len(rows) - _SHOWN_LEVELS
    return part("distribution", variable, findings, DISTRIBUTION_HELP, pairs, more)


def dependence_html(correlations: pd.DataFrame, findings: Sequence[Finding], variable: str) -> str:
    """Return the pairs of variables whose dependence differs most, one variable's if given.

    Parameters
    ----------
    correlations
        `fusion_core.validation.Validation.correlations`.
    findings
        What they say.
    variable
        The variable; empty for all.
    """
    rows = correlations
    if variable:
        rows = rows[(rows["first"] == variable) | (rows["second"] == variable)]
    order = rows["difference"].abs().sort_values(ascending=False, kind="stable").index
    shown = [_dependence_row(row) for row in rows.loc[order].head(_SHOWN_PAIRS).to_dict("records")]
    return part("dependence", variable, findings, DEPENDENCE_HELP, shown)


def _dependence_row(row: dict[Any, Any]) -> dict[str, Any]:
    is_large = abs(float(row["difference"])) > _LARGE_DIFFERENCE
    numbers = {name: _signed(row[name]) for name in ("observed", "simulated", "difference")}
    return {**row, **numbers, "is_large": is_large}


def _signed(value: object) -> str:
    return f"{float(str(value)):+.2f}".replace("-", "−")
