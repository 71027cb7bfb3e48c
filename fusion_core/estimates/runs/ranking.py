"""Areas of a finished run or a stored survey, ranked, with the ranks each may have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from fusion_core.estimates.api import (
    TOP,
    Difference,
    Side,
    estimate_side,
    only_target,
    rank_frame,
    ranks_of,
    refuse_fused,
)
from fusion_core.estimates.runs.estimate_cache import EstimateCache, Source
from fusion_core.estimates.runs.estimate_data import EstimateData
from fusion_core.estimates.statistics import Statistic
from fusion_core.estimates.variance import RankSets
from fusion_core.records import Checked
from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class Ranking(Checked):
    """Ranked groups.

    Attributes
    ----------
    table
        One row per group in the order of ranks, see `fusion_core.estimates.rank`.
    sets
        The ranks each may have, in the order of the source's groups.
    """

    table: pd.DataFrame
    sets: RankSets

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return self.sets.nbytes + int(self.table.memory_usage(deep=True).sum())

    def first_against(
        self, by: str, place: int, compare: Callable[[str, str], Difference]
    ) -> Difference | None:
        """Test whether the first of the groups differs from that at a place further down.

        Both were picked by their rank, so the difference is that of a pair chosen among all pairs.

        Parameters
        ----------
        by
            Column of the table that names the groups.
        place
            The place compared with, from 2.
        compare
            Returns the first of two groups less the other.

        Returns
        -------
        Difference or None
            ``None`` where fewer groups have a rank.
        """
        ranked = self.table[self.table["rank"] > 0]
        if not 1 < place <= len(ranked):
            return None
        found = compare(str(ranked[by].iloc[0]), str(ranked[by].iloc[place - 1]))
        pairs = len(ranked) * (len(ranked) - 1) // 2
        return found.chosen_among(pairs, self.sets.adjusted(found.p_value))


def area_ranks(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    by: Sequence[str] | str = ("puma",),
    where: str = "",
    *,
    lowest: bool = False,
    top: int = TOP,
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> Ranking:
    """Rank the areas of a run or survey by a statistic.

    Parameters
    ----------
    workspace
        The project.
    source
        A finished run, a combination of runs, or a survey alone.
    statistic
        One statistic; a share or count must name its level.
    by
        Columns of the recipient that form the groups.
    where, confidence, cache
        As in `fusion_core.estimates.runs.estimate_run.area_estimates`.
    lowest, top
        As in `fusion_core.estimates.rank`.

    Raises
    ------
    InputError
        As `fusion_core.estimates.rank`.
    """
    loaded = (EstimateCache() if cache is None else cache).source(workspace, source)
    columns = (by,) if isinstance(by, str) else tuple(by)
    key = ("ranking", where.strip(), columns, statistic, lowest, top, confidence)

    def compute() -> Ranking:
        return _ranked(
            loaded, statistic, columns, where, lowest=lowest, top=top, confidence=confidence
        )

    return loaded.kept(key, compute)


def _ranked(
    source: EstimateData,
    statistic: Statistic,
    by: Sequence[str],
    where: str,
    *,
    lowest: bool,
    top: int,
    confidence: float,
) -> Ranking:
    side, keys = estimated_side(source, statistic, by, where)
    sets = ranks_of(side, lowest=lowest, confidence=confidence)
    return Ranking(rank_frame(keys, side, sets, top=top), sets)


def estimated_side(
    source: EstimateData, statistic: Statistic, by: Sequence[str], where: str
) -> tuple[Side, pd.DataFrame]:
    """Return groups of loaded households as one side of comparisons, and what they are.

    Parameters
    ----------
    source
        The households.
    statistic, by, where
        As in `area_ranks`.
    """
    refuse_fused(by, () if source.implicates is None else source.implicates.names)
    parts = source.breakdown(by, where)
    item = only_target(source.targets([statistic], where), statistic)
    side = estimate_side(
        item, parts.groups, source.weights, donor=source.donor, sums=source.sums(by, where)
    )
    return side, parts.keys
