"""Imputation of the PUMA a donor household lives in.

Donor surveys publish a coarse place (state, division, climate zone, …). Within it, the household
is placed where similar recipient households live (Ummel et al. 2024, "Spatial predictors"): its
candidates are the recipient's households in the PUMAs that overlap the published place, and one is
drawn with probability proportional to weight × share of the PUMA's housing units in that place ÷
Gower distance over the harmonized predictors.

Each household draws from a stream of its own, derived from the seed and its identifier, so the order
of the rows of either survey changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.surveys.model import HOUSEHOLD_KEY, WEIGHT
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.workspace.layout import Workspace

PUMA: Final = "puma"
SHARE: Final = "share"
MAXIMUM_CANDIDATES: Final = 1000
_FEWEST_COMPARED: Final = 20
# What an intersection table may say besides place, PUMA and share.
_EXTRA_COLUMNS: Final = frozenset({"housing_units"})

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class LocationImputation:
    """Where donor households were placed.

    Attributes
    ----------
    puma
        PUMA per donor household, indexed like the donor; missing where there was no candidate.
    matched
        Identifier of the recipient household each donor household was placed with.
    notes
        What a user should know, one sentence each.
    """

    puma: pd.Series[str]
    matched: pd.Series[str]
    notes: tuple[str, ...] = ()


def write_intersections(workspace: Workspace, name: str, table: pd.DataFrame) -> None:
    """Store how the places a donor publishes overlap PUMAs.

    Parameters
    ----------
    workspace
        Where to.
    name
        File name without ending, e.g. the donor's geography column.
    table
        One or more columns named like the donor's geography columns and holding its labels, `puma`
        (seven digits), and `share`: the share of the PUMA's housing units inside that place.

    Raises
    ------
    InputError
        If a column is missing or a share is outside (0, 1].
    """
    check_intersections(table, where=name)
    path = workspace.geography_folder / "intersections" / f"{name}.parquet"
    write_table(table, path)


def read_intersections(workspace: Workspace, geography: Sequence[str]) -> list[pd.DataFrame]:
    """Read the intersection tables that speak of some of the given donor geography columns."""
    tables = []
    for path in sorted((workspace.geography_folder / "intersections").glob("*.parquet")):
        table = read_table(path, what="The intersection table", fix="Store it again")
        check_intersections(table, where=str(path))
        if set(place_columns(table)) <= set(geography):
            tables.append(table)
    return tables


def place_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns of an intersection table that name the donor's place."""
    return [str(name) for name in table.columns if name not in {PUMA, SHARE, *_EXTRA_COLUMNS}]


def check_intersections(table: pd.DataFrame, *, where: str) -> None:
    """Refuse an intersection table that lacks a column or has impossible shares.

    Raises
    ------
    InputError
        With the first thing wrong.
    """
    for name in (PUMA, SHARE):
        if name not in table.columns:
            raise InputError.unknown("column", name, map(str, table.columns), where=where)
    if not place_columns(table):
        raise InputError(
            "The intersection table has no column of the donor's geography",
            where=where,
            fix="Add one named like the donor's column, e.g. region",
        )
    share = table[SHARE].astype(float)
    # Shares are sums of rounded housing counts, so a whole PUMA may come out a hair above one.
    if not ((share > 0) & (share <= 1 + 1e-6)).all():
        raise InputError(
            "A share of housing units is not between 0 and 1",
            where=where,
            fix="Give the share of each PUMA's housing units that lie in the place",
        )


def impute_location(
    donor: pd.DataFrame,
    recipient: pd.DataFrame,
    intersections: Sequence[pd.DataFrame],
    *,
    predictors: Sequence[str],
    generator: np.random.Generator,
    narrowing: Sequence[pd.DataFrame] = (),
    maximum_candidates: int = MAXIMUM_CANDIDATES,
    most_compared: int | None = None,
    progress: Progress | None = None,
) -> LocationImputation:
    """Draw a PUMA for every donor household.

    Parameters
    ----------
    donor
        `household_id`, the geography columns the intersections speak of, and the predictors.
    recipient
        `household_id`, `weight`, `puma` and the same predictors with the same categories.
    intersections
        Tables as `write_intersections` stores. Shares of several tables are multiplied, i.e.
        places are taken as independent within a PUMA. None: every recipient household is a
        candidate.
    predictors
        Harmonized predictors to compare: numbers by |a − b| ÷ range, ordered categories as numeric
        ranks, nominal ones by 0/1; a pair with a missing answer is left out of the mean (Gower
        1971). Distances of zero count as half the smallest positive one.
    generator
        Source of the seed; exactly one number is drawn from it.
    narrowing
        Tables of the same form that narrow the place further, unless that would leave no candidate:
        what is known of areas less surely, such as the classes of a local context.
    maximum_candidates
        A random subset of this size stands for more candidates.
    most_compared
        About how many donor households are compared with their candidates, a random part of every
        place, each for the chances of all its areas; the households of the place (with their
        `weight`) are then spread over its areas by those chances. That shows how areas are distributed over the
        donor, in a fraction of the time and with less noise than drawing, but says nothing of a
        single household. None: every household is compared, and drawn.
    progress
        Called with the share done and a sentence; raises to cancel.

    Returns
    -------
    LocationImputation
        PUMAs, and a note when some households have no candidate.

    Raises
    ------
    InputError
        If a column is missing or no donor household has a candidate.
    """
    every = [*intersections, *narrowing]
    _check(donor, recipient, every, predictors)
    root = int(generator.integers(2**63))
    order = np.argsort(recipient[HOUSEHOLD_KEY].astype(str).to_numpy(), kind="stable")
    pool = recipient.iloc[order]
    donor_values, pool_values, nominal = _comparable(donor, pool, predictors)
    # Areas are looked up once each, not once per household of the recipient.
    area_of, areas = pd.factorize(pool[PUMA].to_numpy(dtype=object))
    pool_weight = pool[WEIGHT].to_numpy(dtype=float)
    chosen = np.full(len(donor), -1, dtype=np.int64)
    identifiers = donor[HOUSEHOLD_KEY].astype(str).to_numpy()
    groups = by_place(donor, every)
    is_overview = most_compared is not None and len(donor) > most_compared
    weights = donor[WEIGHT].to_numpy(dtype=float) if is_overview else np.ones(len(donor))
    done = 0
    for place, rows in groups:
        factor = _factor(place, every, areas)
        if narrowing and not factor[area_of].any():
            factor = _factor(place, intersections, areas)
        # The last stands for households without an area, whose position is -1.
        candidates = np.flatnonzero((factor > 0)[area_of])
        if len(candidates):
            mass = pool_weight[candidates] * factor[area_of[candidates]]
            if is_overview:
                spread = _Spread(candidates, area_of, mass)
                for row in _compared(rows, identifiers, weights, most_compared or 0, root):
                    stream = _stream(root, identifiers[row])
                    picked = _subset(len(candidates), maximum_candidates, stream)
                    others = pool_values[candidates[picked]]
                    spread.add(
                        picked, gower_distance(donor_values[row], others, nominal), weights[row]
                    )
                chosen[rows] = spread.over(rows, identifiers, weights)
            for row in () if is_overview else rows:
                stream = _stream(root, identifiers[row])
                picked = _subset(len(candidates), maximum_candidates, stream)
                distance = gower_distance(
                    donor_values[row], pool_values[candidates[picked]], nominal
                )
                draw = _draw(mass[picked] / _positive(distance), stream)
                chosen[row] = candidates[picked[draw]]
        done += len(rows)
        if progress is not None:
            progress(done / len(donor), f"Placed {done:,} of {len(donor):,} donor households")
    return _result(donor, pool, chosen, groups)


def gower_distance(
    row: NDArray[np.float64], others: NDArray[np.float64], nominal: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Gower distance between one household and many.

    Parameters
    ----------
    row
        Values of one household, shape (predictors,); numbers already divided by their range.
    others
        Values of the others, shape (households, predictors).
    nominal
        Which predictors are nominal codes, compared by 0/1.

    Returns
    -------
    numpy.ndarray
        Mean difference over the predictors both answered, shape (households,), 0–1; 1 where no
        predictor can be compared.
    """
    difference = np.abs(others - row)
    difference[:, nominal] = np.sign(difference[:, nominal])
    total: NDArray[np.float64] = difference.sum(axis=1)
    if not np.isnan(total).any():
        total /= len(row)
        return total
    known = ~np.isnan(difference)
    count = known.sum(axis=1)
    mean: NDArray[np.float64] = np.ones(len(others))
    np.divide(np.nansum(difference, axis=1), count, out=mean, where=count > 0)
    return mean


def _check(
    donor: pd.DataFrame,
    recipient: pd.DataFrame,
    intersections: Sequence[pd.DataFrame],
    predictors: Sequence[str],
) -> None:
    places = [name for table in intersections for name in place_columns(table)]
    for table, needed, where in (
        (donor, [HOUSEHOLD_KEY, *places, *predictors], "the donor"),
        (recipient, [HOUSEHOLD_KEY, WEIGHT, PUMA, *predictors], "the recipient"),
    ):
        for name in needed:
            if name not in table.columns:
                raise InputError.unknown("column", name, map(str, table.columns), where=where)
    if not predictors:
        raise InputError(
            "Donor households cannot be placed without a predictor to compare them by",
            fix="Harmonize at least one variable of the pair",
        )


def _comparable(
    donor: pd.DataFrame, recipient: pd.DataFrame, predictors: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Turn predictors into numbers whose absolute difference is the Gower difference."""
    left = np.empty((len(donor), len(predictors)))
    right = np.empty((len(recipient), len(predictors)))
    nominal = np.zeros(len(predictors), dtype=bool)
    for position, name in enumerate(predictors):
        dtype = donor[name].dtype
        if isinstance(dtype, pd.CategoricalDtype):
            left[:, position] = _codes(donor[name], dtype)
            right[:, position] = _codes(recipient[name], dtype)
            nominal[position] = not dtype.ordered
        else:
            left[:, position] = donor[name].to_numpy(dtype=float, na_value=np.nan)
            right[:, position] = recipient[name].to_numpy(dtype=float, na_value=np.nan)
        if not nominal[position]:
            both = np.concatenate([left[:, position], right[:, position]])
            spread = np.nanmax(both) - np.nanmin(both) if not np.isnan(both).all() else 0.0
            scale = spread if spread > 0 else 1.0
            left[:, position] /= scale
            right[:, position] /= scale
    return left, right, nominal


def _codes(column: pd.Series[str], dtype: pd.CategoricalDtype) -> NDArray[np.float64]:
    codes = column.astype(dtype).cat.codes.to_numpy().astype(float)
    codes[codes < 0] = np.nan
    return codes


def by_place(
    donor: pd.DataFrame, intersections: Sequence[pd.DataFrame]
) -> list[tuple[dict[str, str], NDArray[np.int64]]]:
    """Group donor rows by the place they publish.

    Parameters
    ----------
    donor
        Donor households with the columns the intersections speak of.
    intersections
        Tables as `write_intersections` stores; none: one place for everybody.

    Returns
    -------
    list
        The labels of each place by column, and the positions of its households.
    """
    names = list(dict.fromkeys(name for table in intersections for name in place_columns(table)))
    if not names:
        return [({}, np.arange(len(donor)))]
    labels = donor[names].astype(object).where(donor[names].notna(), "").astype(str)
    grouped = labels.groupby(names, sort=True, observed=True).indices
    return [
        (dict(zip(names, key if isinstance(key, tuple) else (key,), strict=True)), np.asarray(rows))
        for key, rows in grouped.items()
    ]


def share_by_puma(
    place: dict[str, str], intersections: Sequence[pd.DataFrame]
) -> pd.Series[float] | None:
    """Return the share of each PUMA's housing units inside a place; ``None`` means everywhere."""
    total: pd.Series[float] | None = None
    for table in intersections:
        keep = np.ones(len(table), dtype=bool)
        for name in place_columns(table):
            keep &= (table[name].astype(str) == place[name]).to_numpy()
        share = table[keep].groupby(PUMA)[SHARE].sum()
        total = share if total is None else total.mul(share).dropna()
    return total


def _factor(
    place: dict[str, str], tables: Sequence[pd.DataFrame], puma: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Return the share of each PUMA inside a place, and last that of an unknown PUMA."""
    share = share_by_puma(place, tables)
    if share is None:
        return np.ones(len(puma) + 1)
    return np.append(_lookup(share, puma), 0.0)


def _lookup(share: pd.Series[float], puma: NDArray[np.object_]) -> NDArray[np.float64]:
    positions = share.index.get_indexer(pd.Index(puma))
    values = np.append(share.to_numpy(dtype=float), 0.0)
    return np.asarray(values[positions], dtype=float)


def _compared(
    rows: NDArray[np.int64],
    identifiers: NDArray[np.object_],
    weights: NDArray[np.float64],
    most: int,
    root: int,
) -> NDArray[np.int64]:
    """Return the households of a place that stand for it, about its share of `most` by weight."""
    size = max(_FEWEST_COMPARED, round(most * weights[rows].sum() / weights.sum()))
    ordered = rows[np.argsort(identifiers[rows], kind="stable")]
    if size >= len(rows):
        return ordered
    return np.asarray(_stream(root, str(len(rows))).choice(ordered, size, replace=False))


class _Spread:
    """Chances of the areas of a place, added up over households that stand for all of it.

    Parameters
    ----------
    candidates
        The place's candidates, as positions in the recipient.
    area_of
        Area of each recipient household.
    mass
        What each candidate counts before its distance does.
    """

    def __init__(
        self, candidates: NDArray[np.int64], area_of: NDArray[np.int64], mass: NDArray[np.float64]
    ) -> None:
        areas, first, codes = np.unique(area_of[candidates], return_index=True, return_inverse=True)
        self._mass, self._codes = mass, codes
        self._in_area = candidates[first]
        self._chances = np.zeros(len(areas))

    def add(self, picked: NDArray[np.int64], distance: NDArray[np.float64], weight: float) -> None:
        """Add the chances of one household among some of the candidates."""
        chances = self._mass[picked] / _positive(distance)
        chances *= weight / chances.sum()
        self._chances += np.bincount(self._codes[picked], chances, minlength=len(self._chances))

    def over(
        self,
        rows: NDArray[np.int64],
        identifiers: NDArray[np.object_],
        weights: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        """Spread households over the areas; returns a candidate in the area of each.

        Laid end to end by weight, households fall into areas laid end to end by chance.
        """
        order = np.argsort(identifiers[rows], kind="stable")
        weight = weights[rows][order]
        middle = (np.cumsum(weight) - weight / 2) / weight.sum()
        ends = np.cumsum(self._chances) / self._chances.sum()
        area = np.minimum(np.searchsorted(ends, middle), len(ends) - 1)
        found = np.empty(len(rows), dtype=np.int64)
        found[order] = self._in_area[area]
        return found


def _stream(root: int, identifier: str) -> np.random.Generator:
    digest = hashlib.blake2b(identifier.encode(), digest_size=8).digest()
    return np.random.default_rng([root, int.from_bytes(digest, "little")])


def _subset(size: int, limit: int, stream: np.random.Generator) -> NDArray[np.int64]:
    if size <= limit:
        return np.arange(size)
    return np.sort(stream.choice(size, limit, replace=False, shuffle=False))


def _positive(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    positive = distance[distance > 0]
    if not len(positive):
        return np.ones_like(distance)
    return np.where(distance > 0, distance, positive.min() / 2)


def _draw(mass: NDArray[np.float64], stream: np.random.Generator) -> int:
    cumulative = np.cumsum(mass)
    position = np.searchsorted(cumulative, stream.random() * cumulative[-1], side="right")
    return min(int(position), len(mass) - 1)


def _result(
    donor: pd.DataFrame,
    pool: pd.DataFrame,
    chosen: NDArray[np.int64],
    groups: list[tuple[dict[str, str], NDArray[np.int64]]],
) -> LocationImputation:
    placed = chosen >= 0
    if not placed.any():
        raise InputError(
            "No donor household lives in a place where the recipient has households",
            fix="Check that the labels in the intersection tables equal the donor's",
        )
    where = pool.iloc[chosen].reset_index(drop=True)
    puma = where[PUMA].where(placed)
    matched = where[HOUSEHOLD_KEY].where(placed)
    notes: tuple[str, ...] = ()
    if not placed.all():
        empty = [" / ".join(place.values()) for place, rows in groups if not placed[rows].any()]
        others = f" and {len(empty) - 4:,} more" if len(empty) > 4 else ""  # noqa: PLR2004 - a few
        count = f"{int((~placed).sum()):,} of {len(donor):,} donor households"
        shown = f"{', '.join(empty[:4])}{others}"
        notes = (f"{count} could not be placed: the recipient has no household in {shown}.",)
    return LocationImputation(
        puma.set_axis(donor.index),
        matched.rename("matched_household").set_axis(donor.index),
        notes,
    )
