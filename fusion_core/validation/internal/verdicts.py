"""What the curves say, in a sentence a non-statistician can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

GOOD_ERROR = 0.05
FAIR_ERROR = 0.10
UNUSABLE_ERROR = 0.25
LITTLE_VALUE = 0.25


def verdict(variable: str, curves: pd.DataFrame) -> str:
    """Say down to which subset size a variable can be trusted.

    Parameters
    ----------
    variable
        Name of the variable.
    curves
        Curves of this and possibly other variables: ``variable``, ``metric``, ``share``, ``value``.
    """
    own = curves[curves["variable"] == variable]
    shares, errors = error_curve(curves, variable)
    if not len(shares):
        return f"{variable}: no subset could be compared, so nothing is known of its errors"
    parts = [_reach(shares, errors)]
    limit = smallest_share(shares, errors, UNUSABLE_ERROR)
    if limit is None:
        parts = ["do not use for subsets: typical error above 25 % in those of every size"]
    elif limit > shares[0]:
        parts.append(f"do not use for subsets below {percent_words(limit)} of households")
    _, added = _curve(own, "value_added")
    if len(added) and float(np.median(added)) < LITTLE_VALUE:
        parts.append("subset estimates add little to the overall figure")
    return f"{variable}: {'; '.join(parts)}"


def error_curve(curves: pd.DataFrame, variable: str) -> tuple[Floats, Floats]:
    """Return shares of households, ascending, and the typical error of subsets so large.

    Parameters
    ----------
    variable, curves
        As in `verdict`.
    """
    return _curve(curves[curves["variable"] == variable], "absolute_percent_error")


def smallest_share(shares: Floats, errors: Floats, limit: float) -> float | None:
    """Return the smallest share from which on the error stays within a limit, or ``None``."""
    above = np.flatnonzero(~(errors <= limit))
    if not len(above):
        return float(shares[0])
    first = int(above[-1]) + 1
    return float(shares[first]) if first < len(shares) else None


def _reach(shares: Floats, errors: Floats) -> str:
    for limit in (GOOD_ERROR, FAIR_ERROR, UNUSABLE_ERROR):
        reach = smallest_share(shares, errors, limit)
        if reach is not None:
            words = f"typical error under {percent_words(limit)}"
            if reach <= shares[0]:
                return f"{words} down to the smallest subsets tested ({percent_words(reach)} of households)"
            return f"{words} down to subsets of {percent_words(reach)} of households"
    return "typical error above 25 %"


def _curve(curves: pd.DataFrame, metric: str) -> tuple[Floats, Floats]:
    """Return the shares and values of a curve where it has a value."""
    one = curves[curves["metric"] == metric].sort_values("share")
    shares = one["share"].to_numpy(dtype=np.float64)
    values = one["value"].to_numpy(dtype=np.float64)
    known = np.isfinite(values) & np.isfinite(shares)
    return shares[known], values[known]


def percent_words(share: float) -> str:
    """Write a share in per cent, with as many decimals as it takes not to call it nothing."""
    percent = 100.0 * share
    if 0 < percent < 0.001:  # noqa: PLR2004 - a household in 100,000
        return "less than 0.001 %"
    if 0 < percent < 0.1:  # noqa: PLR2004 - a decimal would say 0.0 or 0.1
        return f"{percent:.1g} %"
    return f"{percent:.1f} %" if 0 < percent < 2 else f"{percent:.0f} %"  # noqa: PLR2004 - digits people read
