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
    shares, errors = _curve(own, "absolute_percent_error")
    parts = [_reach(shares, errors)]
    limit = smallest_share(shares, errors, UNUSABLE_ERROR)
    if limit is None:
        parts = ["do not use for subsets: typical error above 25 % throughout"]
    elif limit > shares[0]:
        parts.append(f"do not use below {percent_words(limit)}")
    _, added = _curve(own, "value_added")
    if np.isfinite(added).any() and float(np.nanmedian(added)) < LITTLE_VALUE:
        parts.append("subset estimates add little to the overall figure")
    return f"{variable}: {'; '.join(parts)}"


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
    one = curves[curves["metric"] == metric].sort_values("share")
    return one["share"].to_numpy(dtype=np.float64), one["value"].to_numpy(dtype=np.float64)


def percent_words(share: float) -> str:
    """Write a share in per cent, with a decimal where it is small."""
    percent = 100.0 * share
    return f"{percent:.1f} %" if percent < 2 else f"{percent:.0f} %"  # noqa: PLR2004 - digits people read
