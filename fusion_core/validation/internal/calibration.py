"""How honest draws are: how often ranges of numbers hold the truth, how often drawn answers are true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.validation.internal._metrics import observed_codes
from fusion_core.validation.internal._samples import WeightedSample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.fusion.implicates import Implicates

    Floats = NDArray[np.float64]

LEVELS: Final = (0.5, 0.8, 0.9)
MOST_GROUPS: Final = 12
FEWEST_ROWS: Final = 30
RELIABILITY_COLUMNS: Final = (
    "variable",
    "level",
    "drawn",
    "observed",
    "lower",
    "upper",
    "standard_error",
    "share",
    "rows",
)
# The normal quantile of a 90 % interval.
_NORMAL: Final = 1.6448536269514722
COVERAGE_COLUMNS: Final = ("variable", "level", "held", "below", "above", "width")


def coverage_table(
    observed: pd.DataFrame,
    implicates: Implicates,
    weight: Floats,
    levels: tuple[float, ...] = LEVELS,
) -> pd.DataFrame:
    """Say how often the central range of a household's draws holds its true value.

    A true value's place among the draws is its randomised probability integral transform: with l
    draws below it and t equal to it, u is uniform between l / (M + 1) and (l + t + 1) / (M + 1)
    (Czado, Gneiting and Held 2009, *Predictive model assessment for count data*, Biometrics 65).
    Of a perfect model u is uniform whatever M is and however many values are equal – zeros,
    rounded numbers – so that the central range of probability `level` holds exactly `level`.

    Parameters
    ----------
    observed, implicates, weight
        As for `fusion_core.validation.validate`.
    levels
        Probabilities of the ranges.

    Returns
    -------
    DataFrame
        One row per number and level: ``variable``, ``level``, ``held``, ``below`` and ``above``
        (shares of true values in, under and over the range; they add up to 1), and ``width``: the
        mean width of the ranges divided by that of the same range of all observed values, so that
        less than 1 says what knowing the household is worth; NaN where M draws are too few to have
        that range, below 2 / (1 − level) − 1, such as 19 for 90 %.
    """
    rows: list[tuple[str | float, ...]] = []
    for name, variable in implicates.variables.items():
        if variable.is_categorical:
            continue
        truth = observed[name].to_numpy(dtype=np.float64)
        draws = np.sort(np.asarray(variable.values, dtype=np.float64), axis=1)
        low, high = transform_bounds(truth, draws)
        everyone = WeightedSample.of(truth, weight)
        for level in levels:
            tail = (1.0 - level) / 2.0
            below = float(np.average(_share_below(low, high, tail), weights=weight))
            above = float(np.average(1.0 - _share_below(low, high, 1.0 - tail), weights=weight))
            width = _width(draws, weight, tail, everyone)
            rows.append((name, level, 1.0 - below - above, below, above, width))
    return pd.DataFrame(rows, columns=list(COVERAGE_COLUMNS))


def transform_bounds(truth: Floats, draws: NDArray[Any]) -> tuple[Floats, Floats]:
    """Return the ends between which each row's probability integral transform is uniform.

    Parameters
    ----------
    truth
        Observed numbers, one per row.
    draws
        Array of shape (rows, M).
    """
    count = draws.shape[1] + 1.0
    lower = (draws < truth[:, None]).sum(axis=1)
    upto = (draws <= truth[:, None]).sum(axis=1)
    return lower / count, (upto + 1.0) / count


def reliability_table(
    observed: pd.DataFrame, implicates: Implicates, weight: Floats
) -> pd.DataFrame:
    """Compare how often answers are drawn with how often they are true (a reliability diagram).

    The share of M draws is a noisy chance: among households with many draws of an answer are those
    whose draws hit it by luck, so that truth set against that share would call a perfect model too
    sure. Each draw in turn is therefore set aside. Households are grouped by how many of their
    other M − 1 draws give the answer, and the groups' share of the draws set aside is compared with
    their share of true answers. Under a perfect model truth and draws of a household are
    exchangeable, so that both shares agree but for chance, whatever M is. (For reliability diagrams
    see Murphy and Winkler 1977, *Reliability of subjective probability forecasts*, Applied
    Statistics 26.)

    Parameters
    ----------
    observed, implicates, weight
        As for `fusion_core.validation.validate`.

    Returns
    -------
    DataFrame
        One row per category, level and group of households, at most `MOST_GROUPS` of at least
        `FEWEST_ROWS` households each: ``variable``, ``level``, ``drawn`` and ``observed`` (shares of
        draws set aside and of true answers), ``standard_error`` (of their difference, as of a ratio
        over households), ``lower`` and ``upper`` (a 90 % interval around ``observed`` after Wilson
        1927, as wide as that error asks for: it should hold ``drawn``), ``share`` (weighted, of all
        households) and ``rows`` (their number; a household whose draws differ counts partly in
        either of two neighbouring groups).
    """
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in RELIABILITY_COLUMNS}
    for name, variable in implicates.variables.items():
        if not variable.is_categorical:
            continue
        codes = observed_codes(observed[name], variable)
        counts = _level_counts(np.asarray(variable.values), len(variable.levels))
        for code, level in enumerate(variable.levels):
            found = _reliability(codes == code, counts[:, code], implicates.count, weight)
            groups = len(found["drawn"])
            found |= {
                "variable": np.full(groups, name, dtype=object),
                "level": np.full(groups, level, dtype=object),
            }
            for column, values in found.items():
                parts[column].append(values)
    # One frame built at once: one per level would take most of the time.
    return pd.DataFrame(
        {column: np.concatenate(values) if values else [] for column, values in parts.items()}
    )


def _level_counts(codes: NDArray[np.integer], levels: int) -> NDArray[np.intp]:
    """Return how many of each row's draws give each level, shape (rows, levels)."""
    rows = len(codes)
    place = codes.astype(np.intp) + levels * np.arange(rows)[:, None]
    return np.bincount(place.ravel(), minlength=rows * levels).reshape(rows, levels)


def _reliability(
    truth: NDArray[np.bool_], counts: NDArray[np.intp], draws: int, weight: Floats
) -> dict[str, NDArray[Any]]:
    """Return the groups of one level; `counts` says how many of a household's draws give it."""
    hit = counts / draws
    # A draw set aside that gives the answer leaves one fewer among the others.
    others = np.maximum(counts - 1, 0), np.minimum(counts, draws - 1)
    mass = np.zeros(draws)
    mass += np.bincount(others[0], hit * (weight > 0), minlength=draws)
    mass += np.bincount(others[1], (1.0 - hit) * (weight > 0), minlength=draws)
    group = _groups_of(mass)
    first, second = group[others[0]], group[others[1]]
    whole = first == second
    # Every household appears twice, with the part of it that belongs to either group.
    groups = np.concatenate([first, second])
    amount = np.concatenate([np.where(whole, 1.0, hit), np.where(whole, 0.0, 1.0 - hit)])
    aside = np.concatenate([hit, np.zeros(len(hit))])
    weights, answers = np.tile(weight, 2), np.tile(truth, 2)

    def summed(values: Floats) -> Floats:
        return np.asarray(np.bincount(groups, values), dtype=np.float64)

    weighted = weights * amount
    total = summed(weighted)
    observed, expected = summed(weighted * answers) / total, summed(weights * aside) / total
    residual = (answers - (observed - expected)[groups]) * amount - aside
    variance = summed((weights * residual) ** 2) / total**2
    size = _size(observed, expected, variance, total**2 / summed(weighted**2))
    lower, upper = wilson_interval(observed, size)
    return {
        "drawn": expected,
        "observed": observed,
        "lower": lower,
        "upper": upper,
        "standard_error": np.sqrt(variance),
        "share": total / weight.sum(),
        "rows": summed(amount),
    }


def _size(observed: Floats, expected: Floats, variance: Floats, households: Floats) -> Floats:
    """Return how many households would make a share as uncertain as the difference is."""
    middle = (observed + expected) / 2.0
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(variance > 0, middle * (1.0 - middle) / variance, np.inf)
    return np.minimum(size, households)


def _groups_of(mass: Floats) -> NDArray[np.intp]:
    """Join neighbouring counts to groups that are large enough; return the group of every count."""
    enough = max(FEWEST_ROWS, mass.sum() / MOST_GROUPS)
    group = np.zeros(len(mass), dtype=np.intp)
    current, filled = 0, 0.0
    for place, amount in enumerate(mass):
        group[place] = current
        filled += amount
        if filled >= enough and mass[place + 1 :].sum() >= enough:
            current, filled = current + 1, 0.0
    return group


def wilson_interval(share: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the 90 % interval of shares (Wilson 1927).

    Parameters
    ----------
    share
        Observed shares.
    size
        Effective number of observations of each.
    """
    square = _NORMAL**2
    middle = (share + square / (2.0 * size)) / (1.0 + square / size)
    half = np.sqrt(share * (1.0 - share) / size + square / (4.0 * size**2))
    half *= _NORMAL / (1.0 + square / size)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def reliability_gaps(reliability: pd.DataFrame) -> pd.DataFrame:
    """Say of every level how far drawn and true shares typically are apart, chance taken off.

    Parameters
    ----------
    reliability
        See `reliability_table`.

    Returns
    -------
    DataFrame
        ``variable``, ``level``, ``gap`` – the root of the mean squared difference less what sampling
        alone would give (as Ferro and Fricker 2012 correct Brier's reliability), 0 at least –,
        ``tilt`` – the slope of the difference over the drawn share, negative where draws are too
        sure – and ``p_value``: how often chance alone would make differences so large in groups so
        small (χ² over the groups, as in the test of Hosmer and Lemeshow 1980).
    """
    from scipy import special

    rows = []
    for (variable, level), own in reliability.groupby(["variable", "level"], sort=False):
        share = own["share"].to_numpy(dtype=np.float64)
        drawn = own["drawn"].to_numpy(dtype=np.float64)
        error = own["standard_error"].to_numpy(dtype=np.float64)
        difference = own["observed"].to_numpy(dtype=np.float64) - drawn
        excess = difference**2 - error**2
        centred = drawn - np.average(drawn, weights=share)
        spread = float(share @ centred**2)
        tilt = float(share @ (centred * difference)) / spread if spread > 0 else 0.0
        gap = float(np.sqrt(max(float(np.average(excess, weights=share)), 0.0)))
        known = error > 0
        distance = float(((difference[known] / error[known]) ** 2).sum())
        chance = float(special.chdtrc(known.sum(), distance)) if known.any() else 1.0
        rows.append((variable, level, gap, tilt, chance))
    return pd.DataFrame(rows, columns=["variable", "level", "gap", "tilt", "p_value"])


def _share_below(low: Floats, high: Floats, point: float) -> Floats:
    """Return the probability that a number uniform between `low` and `high` is below a point."""
    return np.clip((point - low) / (high - low), 0.0, 1.0)


def _width(ordered: Floats, weight: Floats, tail: float, everyone: WeightedSample) -> float:
    """Return the mean range of ordered draws against that of everyone's values.

    The ends are the order statistics at p(M + 1) (Hyndman and Fan 1996, type 6).
    """
    # Rounded, because 0.05 × 20 is a little less than one.
    place = round(tail * (ordered.shape[1] + 1.0) - 1.0, 9)
    whole = everyone.quantile(1.0 - tail) - everyone.quantile(tail)
    if place < 0 or whole <= 0:
        return float("nan")
    first = min(int(place), ordered.shape[1] - 2)
    part = place - first
    low = ordered[:, first] + part * (ordered[:, first + 1] - ordered[:, first])
    high = ordered[:, -1 - first] - part * (ordered[:, -1 - first] - ordered[:, -2 - first])
    return float(np.average(high - low, weights=weight)) / whole
