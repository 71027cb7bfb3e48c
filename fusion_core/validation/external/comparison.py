"""External validation: fused estimates against an independent table of the same areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fusion_core.arguments import require_text
from fusion_core.errors import InputError
from fusion_core.frames import level_text, numbers_of, read_frame
from fusion_core.records import Checked
from fusion_core.summaries import Summarized
from fusion_core.validation.internal import FAIR_ERROR, GOOD_ERROR, percent_words
from fusion_core.validation.report import Finding, Tone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.frames import Table


GOOD_RANKS, FAIR_RANKS = 0.9, 0.6
GOOD_TOTAL, FAIR_TOTAL = 0.02, 0.10
GOOD_HELD, FAIR_HELD = 0.85, 0.70


@dataclass(frozen=True, repr=False)
class ExternalComparison(Checked, Summarized):
    """Estimates beside independent values.

    Attributes
    ----------
    points
        One row per common area: ``area``, ``estimate``, ``moe``, ``external``, ``external_moe``
        (NaN where unknown), ``difference``, ``rank`` and ``external_rank`` (1 the highest, equal
        values share the mean of their places) and ``within_moe`` (whether the difference lies within
        the margin of error of both sides together, √(moe² + external_moe²)).
    rank_correlation, correlation
        Spearman's and Pearson's correlation over areas.
    ratio_of_totals
        Sum of estimates over sum of external values; 1 is perfect for totals and counts.
    median_absolute_percent_error
        Of the estimates, relative to the external values that are not zero.
    share_within_moe
        Share of areas whose difference lies within the margin of error.
    only_estimated, only_external
        Areas that one side lacks.
    """

    points: pd.DataFrame
    rank_correlation: float
    correlation: float
    ratio_of_totals: float
    median_absolute_percent_error: float
    share_within_moe: float
    only_estimated: tuple[str, ...]
    only_external: tuple[str, ...]

    def _facts(self) -> dict[str, object]:
        return {
            "areas": f"{len(self.points):,}",
            "correlation": f"{self.correlation:.3f}",
            "rank correlation": f"{self.rank_correlation:.3f}",
            "ratio of totals": f"{self.ratio_of_totals:.3f}",
            "within margins": f"{100 * self.share_within_moe:.0f} %",
            "only estimated": len(self.only_estimated) or "",
            "only external": len(self.only_external) or "",
        }


def compare_external(
    estimates: Table,
    table: Table,
    *,
    area: str = "puma",
    table_area: str | None = None,
    value: str = "value",
    moe: str | None = None,
) -> ExternalComparison:
    """Compare estimates by area with an independent table.

    Parameters
    ----------
    estimates
        Result of `fusion_core.estimates.analyze` for one statistic: `area`, ``estimate``, ``moe``.
    table
        The independent table, one row per area.
    area, table_area
        Area column of the estimates and of the table (by default the same).
    value
        Column of the table that holds the independent values.
    moe
        Column of their margins of error, at the same confidence; ``None`` takes them as exact.

    Raises
    ------
    InputError
        If a column is missing, an area appears twice or fewer than three areas are common.
    """
    key = table_area or area
    margin = () if moe is None else (moe,)
    for name in (area, key, value, *margin):
        require_text(name, "the columns to compare")
    left = _keyed(estimates, area, ("estimate", "moe"), "estimates")
    right = _keyed(table, key, (value, *margin), "table")
    margins = np.nan if moe is None else right[moe]
    right = pd.DataFrame({"external": right[value], "external_moe": margins}, index=right.index)
    points = left.join(right, how="inner").dropna(subset=["estimate", "external"])
    if len(points) < 3:  # noqa: PLR2004 - two points always lie on a line
        raise InputError(
            f"Fewer than three areas are in both tables: {len(points)}",
            where=f"columns '{area}' and '{key}'",
            fix="Check that both write area codes alike, with leading zeros",
        )
    points["difference"] = points["estimate"] - points["external"]
    points["rank"] = points["estimate"].rank(ascending=False)
    points["external_rank"] = points["external"].rank(ascending=False)
    both = np.hypot(points["moe"], points["external_moe"].fillna(0.0))
    points["within_moe"] = points["difference"].abs() <= both
    estimate = points["estimate"].to_numpy(dtype=np.float64)
    external = points["external"].to_numpy(dtype=np.float64)
    nonzero = external != 0
    percent = np.abs(estimate[nonzero] / external[nonzero] - 1.0)
    total = external.sum()
    return ExternalComparison(
        points=points.rename_axis("area").reset_index(),
        rank_correlation=_correlation(_ranks(points["estimate"]), _ranks(points["external"])),
        correlation=_correlation(estimate, external),
        ratio_of_totals=float(estimate.sum() / total) if total else float("nan"),
        median_absolute_percent_error=float(np.median(percent)) if len(percent) else float("nan"),
        share_within_moe=float(points["within_moe"].mean()),
        only_estimated=tuple(sorted(left.index.difference(right.index))),
        only_external=tuple(sorted(right.index.difference(left.index))),
    )


def external_findings(
    found: ExternalComparison, *, totals: bool, same: bool = True
) -> list[Finding]:
    """Say in sentences how estimates compare with the independent values.

    Parameters
    ----------
    found
        The comparison.
    totals
        Whether totals or counts were compared, which may be added up.
    same
        Whether the table holds the same quantity; of a related one, such as calls to a hotline, only
        the order of areas can be compared.
    """
    sentences = []
    if np.isfinite(found.rank_correlation):
        rank = found.rank_correlation
        tone = _above(rank, GOOD_RANKS, FAIR_RANKS)
        words = {"good": "nearly the same", "fair": "a similar", "poor": "a different"}[tone]
        sentences.append(
            Finding("", tone, f"Areas come in {words} order: rank correlation {rank:.2f}.")
        )
    if not same:
        return [*sentences, *_linear(found)]
    if totals and np.isfinite(found.ratio_of_totals):
        off = found.ratio_of_totals - 1.0
        tone = _above(-abs(off), -GOOD_TOTAL, -FAIR_TOTAL)
        side = "more" if off >= 0 else "less"
        sentences.append(
            Finding(
                "",
                tone,
                f"Altogether the estimates are {percent_words(abs(off))} {side} than the table "
                f"(ratio of totals {found.ratio_of_totals:.3f}).",
            )
        )
    held = found.share_within_moe
    count = len(found.points)
    sentences.append(
        Finding(
            "",
            _above(held, GOOD_HELD, FAIR_HELD),
            f"In {percent_words(held)} of {count:,} areas the difference lies within the 90 % margin"
            " of error; 90 % would be so if chance alone were at work.",
        )
    )
    if np.isfinite(found.median_absolute_percent_error):
        error = found.median_absolute_percent_error
        tone = _above(-error, -GOOD_ERROR, -FAIR_ERROR)
        sentences.append(
            Finding("", tone, f"A typical area differs by {percent_words(error)} from the table.")
        )
    return sentences


def _linear(found: ExternalComparison) -> list[Finding]:
    """Say how far a related quantity rises with the estimates."""
    if not np.isfinite(found.correlation):
        return []
    explained = percent_words(found.correlation**2)
    told = f"The estimates go with {explained} of what differs between areas of the table."
    return [Finding("", _above(found.correlation, GOOD_RANKS, FAIR_RANKS), told)]


def _above(value: float, good: float, fair: float) -> Tone:
    return "good" if value >= good else "fair" if value >= fair else "poor"


def _ranks(values: pd.Series[float]) -> NDArray[np.float64]:
    return np.asarray(values.rank(), dtype=np.float64)


def _keyed(table: Table, key: str, values: tuple[str, ...], where: str) -> pd.DataFrame:
    table = read_frame(table, where, answers=values, keys=[key])
    for name in (key, *values):
        if name not in table.columns:
            raise InputError.unknown("column", name, map(str, table.columns), where=where)
    numbers = {name: numbers_of(table[name], where=where) for name in values}
    keyed = pd.DataFrame(numbers, index=pd.Index(table[key].map(level_text), name=key))
    if keyed.index.has_duplicates:
        twice = keyed.index[keyed.index.duplicated()][0]
        raise InputError(
            f"Area '{twice}' appears more than once",
            where=where,
            fix="Give one row per area: one statistic, one level",
        )
    return keyed


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
