"""From values of other areas to values of PUMAs, and how much of the population they cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from fusion_core.geography.crosswalks import SOURCE, TARGET, Crosswalk, normalized, require_measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

AreaStatistic = Literal["mean", "total", "ratio", "mode"]
STATISTICS: Final = ("mean", "total", "ratio", "mode")


@dataclass(frozen=True)
class AreaColumn:
    """How a column of a table becomes a predictor of PUMAs.

    Attributes
    ----------
    name
        Name of the predictor.
    source
        Column of the table.
    statistic
        ``"mean"`` of what is a level (intensive: a price, a median, a density), weighed by the
        people or homes of each piece; ``"total"`` of what adds up (extensive: persons, jobs), parted
        among PUMAs as those; ``"ratio"`` of two totals; ``"mode"``, the most frequent category.
    weight
        What a mean or mode is weighed by: ``"population"``, ``"housing"``, a column of the table, or
        empty for the best the crosswalk has.
    per
        Column of the denominator of a ratio.
    scale
        Factor of the result.
    """

    name: str
    source: str
    statistic: AreaStatistic = "mean"
    weight: str = ""
    per: str = ""
    scale: float = 1.0


@dataclass(frozen=True)
class Coverage:
    """How much of the country a predictor says something about.

    Attributes
    ----------
    pumas, of
        Number of PUMAs with a value, and of all PUMAs.
    share
        Share of the people, homes or areas (whatever the crosswalk weighs by) that live in areas of
        the table with a value, 0–1.
    """

    pumas: int
    of: int
    share: float


def to_pumas(
    table: pd.DataFrame, crosswalk: Crosswalk, columns: Sequence[AreaColumn]
) -> tuple[pd.DataFrame, dict[str, Coverage]]:
    """Turn a table of areas into one of PUMAs.

    Parameters
    ----------
    table
        One row per area, indexed by its code; numbers, or texts for modes.
    crosswalk
        From these areas to PUMAs. PUMAs it names and the table says nothing about stay empty.
    columns
        What becomes of the columns.

    Returns
    -------
    frame, coverage
        `puma` and a column per predictor, one row per PUMA of the crosswalk; coverage by predictor.

    Notes
    -----
    A mean of PUMA p is ``sum_s w_sp x_s / sum_s w_sp`` over the pieces of areas s with a value; a
    total is ``sum_s x_s w_sp / sum_p w_sp``, which keeps the sum over all areas.
    """
    pumas = np.sort(crosswalk.pieces[TARGET].unique())
    frame = pd.DataFrame({"puma": pumas.astype(str)})
    coverage = {}
    met = crosswalk.pieces.reset_index(drop=True)
    rows = table.index.get_indexer(pd.Index(met[SOURCE]))
    for column in columns:
        values = _taken(table[column.source], rows)
        known = values.notna().to_numpy()
        size = met[_measure(crosswalk, column)].to_numpy(float)
        if column.statistic in ("total", "ratio"):
            result = _totals(values, known, size, met, pumas) * column.scale
            if column.statistic == "ratio":
                below = _taken(table[column.per], rows)
                known = known & below.notna().to_numpy() & (below.to_numpy(float) != 0)
                above = _totals(values, known, size, met, pumas)
                result = column.scale * above / _totals(below, known, size, met, pumas)
        else:
            weight = _weights(table, column, rows, size, met)
            use = known & np.isfinite(weight) & (weight > 0)
            known = use
            if column.statistic == "mean":
                result = _means(values, use, weight, met, pumas) * column.scale
            else:
                result = _modes(values, use, weight, met, pumas)
        frame[column.name] = result.to_numpy() if column.statistic != "mode" else result.array
        whole = float(size.sum())
        share = float(size[known].sum()) / whole if whole > 0 else 0.0
        coverage[column.name] = Coverage(int(frame[column.name].notna().sum()), len(pumas), share)
    return frame, coverage


def _measure(crosswalk: Crosswalk, column: AreaColumn) -> str:
    asked = column.weight if column.weight in ("population", "housing") else ""
    return require_measure(crosswalk, asked)


def _weights(
    table: pd.DataFrame,
    column: AreaColumn,
    rows: NDArray[np.intp],
    size: NDArray[np.float64],
    met: pd.DataFrame,
) -> NDArray[np.float64]:
    if column.weight in ("", "population", "housing"):
        return size
    # A weight the table itself gives for its areas goes to their pieces as people do.
    own = _taken(table[column.weight], rows).to_numpy(float)
    return own * normalized(size, met[SOURCE])


def _taken(column: pd.Series[Any], rows: NDArray[np.intp]) -> pd.Series[Any]:
    return pd.Series(column.array.take(rows, allow_fill=True))


def _means(
    values: pd.Series[Any],
    use: NDArray[np.bool_],
    weight: NDArray[np.float64],
    met: pd.DataFrame,
    pumas: Any,
) -> pd.Series[Any]:
    # Relative to the largest weight of its PUMA: very small weights would lose their digits.
    target = met[TARGET][use]
    relative = normalized(weight[use], target)
    sums = (
        pd.DataFrame({"wx": relative * values[use].to_numpy(float), "w": relative})
        .groupby(target.to_numpy())
        .sum()
    )
    return (sums["wx"] / sums["w"]).where(sums["w"] > 0).reindex(pumas)


def _totals(
    values: pd.Series[Any],
    use: NDArray[np.bool_],
    size: NDArray[np.float64],
    met: pd.DataFrame,
    pumas: Any,
) -> pd.Series[Any]:
    part = normalized(_never_without(size, met), met[SOURCE])
    sums = pd.Series(part[use] * values[use].to_numpy(float)).groupby(met[TARGET][use].to_numpy())
    return sums.sum().reindex(pumas)


def _never_without(size: NDArray[np.float64], met: pd.DataFrame) -> NDArray[np.float64]:
    """Let an area in which nobody lives be parted equally: what is counted there must not be lost."""
    alone = pd.Series(size).groupby(met[SOURCE].to_numpy()).transform("sum").to_numpy() <= 0
    return np.where(alone, 1.0, size)


def _modes(
    values: pd.Series[Any],
    use: NDArray[np.bool_],
    weight: NDArray[np.float64],
    met: pd.DataFrame,
    pumas: Any,
) -> pd.Series[Any]:
    texts = values[use].astype(str)
    pieces = pd.DataFrame({"puma": met[TARGET][use], "level": texts, "weight": weight[use]})
    sums = pieces.groupby(["puma", "level"])["weight"].sum().reset_index()
    # Of two equally frequent categories the alphabetically first, so that order never decides.
    sums = sums.sort_values(["puma", "weight", "level"], ascending=[True, False, True])
    sums = sums.drop_duplicates("puma")
    levels = sorted(texts.unique())
    found = sums.set_index("puma")["level"].reindex(pumas)
    return pd.Series(pd.Categorical(found, categories=levels), index=found.index)


def coverage_sentence(coverage: Mapping[str, Coverage], measure: str) -> str:
    """Say how many PUMAs have a value and for how much of the population, over all predictors."""
    if not coverage:
        return ""
    worst = min(coverage.values(), key=lambda item: (item.share, item.pumas))
    best = max(coverage.values(), key=lambda item: (item.share, item.pumas))
    words = {"population": "the population", "housing": "the homes"}.get(measure, "the areas")

    def said(item: Coverage) -> str:
        return f"{item.pumas:,} of {item.of:,} PUMAs with {100 * item.share:.1f} % of {words}"

    if worst == best:
        return f"Values for {said(best)}."
    return f"Values for {said(best)}; the sparsest column for {said(worst)}."


__all__ = [
    "STATISTICS",
    "AreaColumn",
    "AreaStatistic",
    "Coverage",
    "coverage_sentence",
    "to_pumas",
]
