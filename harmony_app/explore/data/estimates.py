"""What the Explore page asks of the engine, one function per question."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import panel as pn

from fusion_core.errors import InputError
from fusion_core.estimates.api import difference_of
from fusion_core.estimates.runs import (
    EstimateCache,
    area_draws,
    area_estimates,
    area_ranks,
    compare_each,
    compare_in_source,
    compare_sources,
    first_estimates,
    is_answered,
    survey_area_estimates,
)
from fusion_core.geography.definitions import without_boundaries
from harmony_app.explore.map import align

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.estimates.api import Difference
    from fusion_core.estimates.runs import Ranking
    from fusion_core.publishing import AnswerSheet
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.data.catalogue import Source
    from harmony_app.explore.view import EstimateRequest


# Products of weights and answers from which on estimates are shown before their margins.
_MANY = 1_000_000_000


@dataclass(frozen=True)
class Answer:
    """The numbers behind a map.

    Attributes
    ----------
    request
        What was asked.
    table
        One row per area of the map, in its order (`harmony_app.explore.map.layers.align`).
    overall
        The same statistic of all areas together, one record; empty without margins.
    margins
        Whether margins of error are there yet.
    undrawn
        Which areas with households have no boundaries, in a sentence; empty where all have.
    """

    request: EstimateRequest
    table: pd.DataFrame
    overall: dict[str, Any]
    margins: bool = True
    undrawn: str = ""


class Estimator:
    """Answers questions about one workspace; loaded data are shared by all sessions.

    Parameters
    ----------
    workspace
        The project.
    cache
        Where loaded data are kept; ``None`` shares one for the life of the server.
    """

    def __init__(self, workspace: Workspace, cache: EstimateCache | None = None) -> None:
        self.workspace = workspace
        self.cache = cache or pn.state.as_cached("estimate cache", EstimateCache)

    def takes_long(self, source: Source, request: EstimateRequest) -> bool:
        """Whether margins of error take so long that estimates should be shown before."""
        run, statistic, where = source.run, request.statistic, request.where
        if run is not None and all(
            is_answered(self.workspace, run, statistic, by, where, cache=self.cache)
            for by in ((request.area_kind,), ())
        ):
            return False
        loaded = self.cache.source(self.workspace, source.run or source.survey)
        return loaded.numbers > _MANY

    def first_answer(self, source: Source, request: EstimateRequest, areas: pd.DataFrame) -> Answer:
        """Estimate every area without margins of error."""
        found = first_estimates(
            self.workspace,
            source.run or source.survey,
            request.statistic,
            (request.area_kind,),
            request.where,
            cache=self.cache,
        )
        return Answer(
            request,
            align(found, areas, request.area_kind),
            {},
            margins=False,
            undrawn=_undrawn(found, request, areas),
        )

    def answer(self, source: Source, request: EstimateRequest, areas: pd.DataFrame) -> Answer:
        """Estimate every area and all areas together."""
        by_area = self._estimate(source, request, (request.area_kind,), request.where)
        overall = self._estimate(source, request, (), request.where)
        return Answer(
            request,
            align(by_area, areas, request.area_kind),
            {str(key): value for key, value in overall.iloc[0].items()} if len(overall) else {},
            undrawn=_undrawn(by_area, request, areas),
        )

    def breakdown(
        self, source: Source, request: EstimateRequest, area: str, column: str
    ) -> pd.DataFrame:
        """Estimate an area by the answers to another variable.

        Column ``differs`` is 1 or −1 where a group is higher or lower than the whole area by more
        than chance explains, allowing for the number of groups, else 0.
        """
        where = _here(request, area)
        found = self._estimate(source, request, (column,), where)
        found["differs"] = 0
        if source.replicates and len(found) > 1:
            contrasts = compare_each(
                self.workspace,
                source.run or source.survey,
                request.statistic,
                (column,),
                where=where,
                cache=self.cache,
            )
            signs = np.sign(contrasts["difference"]).where(contrasts["differs"], 0)
            signs.index = pd.Index(contrasts[column].astype(str))
            found["differs"] = signs[found[column].astype(str)].fillna(0).astype(int).to_numpy()
        return found

    def draws(self, source: Source, request: EstimateRequest, area: str) -> pd.DataFrame:
        """Return an area's estimate in every implicate; empty for a survey alone."""
        if source.run is None:
            return pd.DataFrame({"implicate": [], "estimate": []})
        return area_draws(
            self.workspace,
            source.run,
            request.statistic,
            area,
            by=request.area_kind,
            where=request.where,
            cache=self.cache,
        )

    def compare(
        self, source: Source, request: EstimateRequest, pair: tuple[str, str]
    ) -> Difference:
        """Test whether two areas differ, as a pair chosen among all pairs of the map.

        Parameters
        ----------
        source, request
            What is shown.
        pair
            The two areas.
        """
        loaded = self.cache.source(self.workspace, source.run or source.survey)
        kind = request.area_kind
        sets = self.ranking(source, request).sets
        found = compare_in_source(
            loaded, request.statistic, {kind: pair[0]}, {kind: pair[1]}, where=request.where
        )
        ranked = int((sets.rank > 0).sum())
        return found.chosen_among(max(ranked * (ranked - 1) // 2, 1), sets.adjusted(found.p_value))

    def ranking(self, source: Source, request: EstimateRequest) -> Ranking:
        """Rank all areas from the highest, with the ranks each may have."""
        return area_ranks(
            self.workspace,
            source.run or source.survey,
            request.statistic,
            (request.area_kind,),
            request.where,
            cache=self.cache,
        )

    def compare_with_all(self, source: Source, request: EstimateRequest, area: str) -> Difference:
        """Test whether an area, chosen among all, differs from all areas together."""
        found = compare_each(
            self.workspace,
            source.run or source.survey,
            request.statistic,
            (request.area_kind,),
            where=request.where,
            cache=self.cache,
        )
        return _of_area(found, request.area_kind, area)

    def compare_with_source(
        self, source: Source, other: Source, request: EstimateRequest, area: str
    ) -> Difference:
        """Test whether an area, chosen among all, differs between two runs or surveys.

        Raises
        ------
        InputError
            If the two write the area differently, or share nothing else the comparison needs.
        """
        column = self.cache.source(self.workspace, other.run or other.survey).table
        if (
            request.area_kind in column
            and not (column[request.area_kind].astype(str) == area).any()
        ):
            raise InputError(
                f"{other.title} has no {request.area_kind} written as '{area}'",
                fix="Import both surveys with the same labels to compare an area between them",
            )
        found = compare_sources(
            self.workspace,
            source.run or source.survey,
            other.run or other.survey,
            request.statistic,
            (request.area_kind,),
            where=request.where,
            cache=self.cache,
            # Whoever picks two runs is told where they share their random numbers.
            common_numbers=True,
        )
        return _of_area(found, request.area_kind, area)

    def sheet(
        self, source: Source, request: EstimateRequest, table: pd.DataFrame, area: str
    ) -> AnswerSheet:
        """Return the view's answer on one page: of a chosen area, or of all together."""
        from fusion_core.publishing import answer_sheet

        kind = request.area_kind
        stored = dict(zip(table["area_id"], table["stored"].astype(str), strict=True))
        names = dict(zip(table["stored"].astype(str), table["name"], strict=True))
        return answer_sheet(
            self.workspace,
            source.run or source.survey,
            request.statistic,
            area={kind: stored[area]} if area in stored else None,
            by=kind,
            where=request.where,
            names=names,
            cache=self.cache,
        )

    def _estimate(
        self, source: Source, request: EstimateRequest, by: Sequence[str], where: str
    ) -> pd.DataFrame:
        if source.run is None:
            return survey_area_estimates(
                self.workspace, source.survey, request.statistic, by, where, cache=self.cache
            )
        return area_estimates(
            self.workspace, source.run, request.statistic, by, where, cache=self.cache
        )


def _of_area(contrasts: pd.DataFrame, kind: str, area: str) -> Difference:
    """Return the contrast of one area as one chosen among those of all areas."""
    row = contrasts[contrasts[kind].astype(str) == area].iloc[0]
    tested = int(contrasts["p_value"].notna().sum())
    found = difference_of(row, confidence=0.90)
    return found.chosen_among(max(tested, 1), float(row["p_adjusted"]))


def _undrawn(found: pd.DataFrame, request: EstimateRequest, areas: pd.DataFrame) -> str:
    return without_boundaries(found[request.area_kind], areas, request.area_kind)


def _here(request: EstimateRequest, area: str) -> str:
    """Return a view's subgroup within one area, as an expression."""
    value = area.replace("'", "''")
    here = f"{request.area_kind} = '{value}'"
    return f"({request.where}) AND {here}" if request.where else here


def true_values(workspace: Workspace) -> Path:
    """Return where a workspace with a known population keeps its true values, existing or not."""
    return workspace.path / "truth" / "truth.parquet"


def true_value(workspace: Workspace, request: EstimateRequest, area: str) -> float | None:
    """Return the true value of an area, where the population is known and it was stored.

    Only for whole areas: the truth of a typed subgroup is not stored.
    """
    path = true_values(workspace)
    if not path.exists() or request.where:
        return None
    try:
        table = pd.read_parquet(
            path, filters=[("area_id", "==", area), ("area_kind", "==", request.area_kind)]
        )
    except (OSError, ValueError) as error:
        raise InputError("The true values cannot be read", where=str(path)) from error
    statistic = request.statistic
    rows = table[
        (table["variable"] == statistic.variable)
        & (table["statistic"] == statistic.kind)
        & (table["level"].fillna("") == (statistic.level or ""))
    ]
    if "subgroup" in rows:
        rows = rows[rows["subgroup"].fillna("").isin(["", "all"])]
    return float(rows["value"].iloc[0]) if len(rows) == 1 else None
