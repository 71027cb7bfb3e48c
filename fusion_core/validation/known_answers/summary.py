"""What known answers show, variable by variable, and the sentences that say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.estimates.variance import margin_multiplier
from fusion_core.validation.internal import percent_words
from fusion_core.validation.known_answers._measures import (
    CONFIDENCE,
    correlation,
    interval_score,
    slope,
    variance_beyond,
)
from fusion_core.validation.known_answers.learning import parts_of
from fusion_core.validation.report import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.variance import AreaRule, AreaScale
    from fusion_core.validation.known_answers.known_answers import KnownAnswers
    from fusion_core.validation.report import Tone

    Floats = NDArray[np.float64]

SUMMARY_COLUMNS: Final = (
    "variable",
    "level",
    "areas",
    "mean",
    "shift",
    "slope",
    "correlation",
    "error",
    "spread",
    "beyond",
    "coverage",
    "coverage_before",
    "margin",
    "interval_score",
    "interval_score_constant",
    "own",
)
"""Columns of `summarise`: hidden variable and level; areas compared; mean answer; mean difference of all
areas, which is one of the surveys; slope of fused on answer; their correlation; root mean square
difference; standard deviation of the truth between areas; that of the differences beyond sampling
error; share of answers inside the 90 % margin, and inside one without the part for areas; median
margin; interval score, and that with one constant variance between areas, see `_measures`; whether only the recipient asked, so
that a part of it was the donor."""

# Coverage of a 90 % interval that nobody need worry about, and that misleads.
_HONEST: Final = (0.85, 0.97)
_MISLEADING: Final = 0.75
_FLAT: Final = 0.7
CARRIES: Final = (
    "Known answers are for questions the recipient asked too. They carry over to other variables as far as "
    "these depend on the same predictors and differ between areas for similar reasons; what depends on the "
    "place itself, such as public transport or energy prices, may differ more."
)
"""How far known answers carry over."""


def with_margins(answers: KnownAnswers, rule: AreaRule) -> pd.DataFrame:
    """Add the margins of the differences, whose part for areas is learned from the other variables.

    The rule is that of estimates (`AreaRule.foretell`, `area_error`).

    Parameters
    ----------
    answers
        What was hidden and what came out.
    rule
        Learned from them. Each variable's own evidence is left out of its margins.

    Returns
    -------
    DataFrame
        `KnownAnswers.areas` with ``beyond`` (variance of the area beyond the predictors), ``margin`` (90 %, of
        fused minus answer), ``margin_before`` (without that part) and ``inside``. Levels in which no
        donor differs from another are left out: nothing says how far areas may.
    """
    parts = []
    varied = answers.areas[answers.areas["overall"] > 0]
    for (variable, level), own in varied.groupby(["variable", "level"], sort=False):
        foretold = rule.without(str(variable)).foretell(
            float(own["places"].iloc[0]), answers.seen_of(str(variable), str(level))
        )
        parts.append(_with_margins(own, foretold))
    if parts:
        return pd.concat(parts, ignore_index=True)
    return varied.assign(beyond=0.0, margin=0.0, margin_before=0.0, inside=False)


def _with_margins(own: pd.DataFrame, foretold: AreaScale) -> pd.DataFrame:
    difference, known, scale = parts_of(own)
    # As far as variance is between regions, an area moves with its own.
    apart = 1.0 + foretold.above * (
        np.nan_to_num(own["apart"].to_numpy(dtype=float), nan=1.0) - 1.0
    )
    beyond = foretold.kappa * scale * apart
    total = known + beyond
    freedom = np.square(total) / (np.square(beyond) / foretold.degrees_of_freedom + 1e-300)
    margin = margin_multiplier(freedom, CONFIDENCE) * np.sqrt(total)
    before = margin_multiplier(np.full(len(own), np.inf), CONFIDENCE) * np.sqrt(known)
    return own.assign(
        beyond=beyond, margin=margin, margin_before=before, inside=np.abs(difference) <= margin
    )


def summarise(areas: pd.DataFrame) -> pd.DataFrame:
    """Return one row per hidden variable and level, with `SUMMARY_COLUMNS`.

    Parameters
    ----------
    areas
        As `with_margins` returns it.
    """
    rows = [
        _summary(str(key[0]), str(key[1]), own)
        for key, own in areas.groupby(["variable", "level"], sort=False)
    ]
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def _summary(variable: str, level: str, own: pd.DataFrame) -> dict[str, Any]:
    difference, known, _ = parts_of(own)
    fused, answer = (own[name].to_numpy(dtype=np.float64) for name in ("fused", "answer"))
    sampling = own["answer_sampling"].to_numpy(dtype=np.float64)
    margin, before = (own[name].to_numpy(dtype=float) for name in ("margin", "margin_before"))
    constant = variance_beyond(difference, known)
    alike = before / np.sqrt(known) * np.sqrt(known + constant)
    return {
        "variable": variable,
        "level": level,
        "areas": len(own),
        "mean": float(answer.mean()),
        "shift": float(difference.mean()),
        "slope": slope(fused, answer, sampling),
        "correlation": correlation(fused, answer),
        "error": float(np.sqrt(np.mean(np.square(difference)))),
        "spread": float(np.sqrt(max(answer.var(ddof=1) - sampling.mean(), 0.0))),
        "beyond": float(np.sqrt(constant)),
        "coverage": float(np.mean(np.abs(difference) <= margin)),
        "coverage_before": float(np.mean(np.abs(difference) <= before)),
        "margin": float(np.median(margin)),
        "interval_score": interval_score(difference, margin),
        "interval_score_constant": interval_score(difference, alike),
        "own": bool(own["own"].iloc[0]),
    }


def known_findings(summary: pd.DataFrame) -> list[Finding]:
    """Say in a sentence each what known answers show of a variable, its levels taken together.

    Parameters
    ----------
    summary
        Of `summarise`.
    """
    return [_finding(str(name), own) for name, own in summary.groupby("variable", sort=False)]


def _finding(name: str, own: pd.DataFrame) -> Finding:
    held, before = float(own["coverage"].mean()), float(own["coverage_before"].mean())
    levels = f" ({len(own)} levels)" if len(own) > 1 else ""
    text = (
        f"{name}{levels}: the answers of {percent_words(held)} of {int(own['areas'].max()):,} areas lie"
        f" inside the 90 % margins, of {percent_words(before)} without the part for how areas differ"
        f" beyond the predictors. {_slope_words(own['slope'].dropna().to_numpy(dtype=float))}"
    )
    return Finding(name, _tone(held), text)


def _slope_words(found: Floats) -> str:
    if not len(found):
        return "The areas' answers differ by hardly more than sampling error."
    low, high = found.min(), found.max()
    rise = f"{low:.2f}" if len(found) == 1 else f"{low:.2f} to {high:.2f}"
    if low >= _FLAT:
        return f"Where the truth rises by 1, the map rises by {rise}."
    return (
        f"Where the truth rises by 1, the map rises by only {rise}: it flattens differences between"
        " areas."
    )


def _tone(coverage: float) -> Tone:
    if _HONEST[0] <= coverage <= _HONEST[1]:
        return "good"
    return "poor" if coverage < _MISLEADING else "fair"
