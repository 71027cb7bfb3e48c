"""What the Explore page asks of the engine, one function per question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.calibration import open_totals
from fusion_core.errors import InputError
from fusion_core.estimates.api import difference_of
from fusion_core.estimates.places import allocated_areas, donor_resolution, where_within
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
from fusion_core.execution.comparing import compare_with_stored
from fusion_core.geography.codes import match_areas
from fusion_core.geography.definitions import without_boundaries
from harmony_app.explore.data._calibrated import calibration_of, calibration_sentence
from harmony_app.explore.data._refusals import refuse_groups, refuse_smoothed
from harmony_app.explore.data._small_areas import SmallAreaMaps
from harmony_app.explore.data.answer import Answer
from harmony_app.explore.data.smoothing import smoothed, smoothed_areas, smoothed_places
from harmony_app.explore.data.years import Followed, follow
from harmony_app.explore.map import align, area_shapes, with_second
from harmony_app.explore.view import is_small
from harmony_app.shell.work import shared_estimates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fusion_core.estimates.api import Difference
    from fusion_core.estimates.places import (
        AllocatedAreas,
        DonorResolution,
        JointAreas,
        Within,
    )
    from fusion_core.estimates.runs import Ranking
    from fusion_core.estimates.statistics import Statistic
    from fusion_core.publishing import AnswerSheet
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.data.catalogue import Source
    from harmony_app.explore.view import EstimateRequest


PUMA: Final = "puma"
# Products of weights and answers from which on estimates are shown before their margins.
_MANY = 1_000_000_000


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
        self.cache = cache or shared_estimates()
        self._places: dict[tuple[str, ...], Within] = {}
        self._small = SmallAreaMaps(workspace, self.cache)

    def takes_long(self, source: Source, request: EstimateRequest) -> bool:
        """Whether margins of error take so long that estimates should be shown before."""
        if is_small(request.area_kind):
            return False  # estimates and margins follow from the same draws
        alone = request.table or request.totals or request.smooth
        if source.is_by_shares(request.area_kind) or alone:
            return False
        run, statistic, where = source.run, request.statistic, self._where(source, request)
        asked = [(statistic, (request.area_kind,)), (statistic, ())]
        if request.second is not None:
            asked.append((request.second, (request.area_kind,)))
        if run is not None and all(
            is_answered(self.workspace, run, item, by, where, cache=self.cache)
            for item, by in asked
        ):
            return False
        loaded = self.cache.source(self.workspace, source.run or source.survey)
        return loaded.numbers > _MANY

    def first_answer(self, source: Source, request: EstimateRequest, areas: pd.DataFrame) -> Answer:
        """Estimate every area without margins of error."""

        def first(statistic: Statistic) -> pd.DataFrame:
            return first_estimates(
                self.workspace,
                source.run or source.survey,
                statistic,
                (request.area_kind,),
                self._where(source, request),
                cache=self.cache,
            )

        return self._aligned(source, request, areas, first, {}, margins=False)

    def answer(self, source: Source, request: EstimateRequest, areas: pd.DataFrame) -> Answer:
        """Estimate every area and all areas together."""
        if is_small(request.area_kind):
            return self._small_answer(source, request)
        if request.totals:
            return self._calibrated_answer(source, request, areas)
        where = self._where(source, request)
        model = smoothed(self.workspace, source, request, self.cache) if request.smooth else None

        def by_area(statistic: Statistic) -> pd.DataFrame:
            if model is not None:
                return smoothed_areas(model)
            if source.is_by_shares(request.area_kind):
                return self._allocated(source, request, statistic).estimates()
            return self._estimate(source, statistic, (request.area_kind,), where)

        if source.is_by_shares(request.area_kind) and request.within:
            overall = self._allocated(source, request).together()
        else:
            overall = self._estimate(source, request.statistic, (), where)
        together = (
            {str(key): value for key, value in overall.iloc[0].items()} if len(overall) else {}
        )
        found = self._aligned(source, request, areas, by_area, together, margins=True)
        if model is not None:
            return replace(found, smoothed=model.sentence)
        return self._with_table(source, request, found) if request.table else found

    def _calibrated_answer(
        self, source: Source, request: EstimateRequest, areas: pd.DataFrame
    ) -> Answer:
        """Return estimates calibrated to known totals, beside what they were."""
        found = calibration_of(self.workspace, source, request, self.cache)
        within = self._within(source, request)
        overall = found.together(() if within is None else within.areas)
        answer = self._aligned(
            source, request, areas, lambda _: found.estimates(), overall, margins=True
        )
        known = open_totals(self.workspace, request.totals)
        return replace(answer, calibrated=calibration_sentence(found, known, request, source))

    def _own_areas(
        self, source: Source, request: EstimateRequest
    ) -> AllocatedAreas | JointAreas | None:
        """Return areas that answer for themselves: small, calibrated, or of parts of PUMAs."""
        if request.totals:
            return calibration_of(self.workspace, source, request, self.cache).compared
        if is_small(request.area_kind):
            within = self._within(source, request)
            pumas = () if within is None else within.areas
            origin = source.run or source.survey

            def compared() -> JointAreas:
                return self._small.compared(origin, source.survey, request, pumas)

            key = ("small areas compared", request)
            return self.cache.source(self.workspace, origin).kept(key, compared)
        if source.is_by_shares(request.area_kind):
            return self._allocated(source, request)
        return None

    def _with_table(self, source: Source, request: EstimateRequest, answer: Answer) -> Answer:
        """Put the values of an independent table beside the estimates."""
        stored, compared = compare_with_stored(
            self.workspace,
            source.run or source.survey,
            request.statistic,
            request.table,
            where=self._where(source, request),
            cache=self.cache,
        )
        columns = ["external", "external_moe", "difference", "within_moe", "rank", "external_rank"]
        points = compared.comparison.points.set_index("area")[columns]
        points["related"] = not compared.same
        beside = points.reindex(answer.table["stored"]).reset_index(drop=True)
        table = answer.table.join(beside)
        return replace(answer, table=table, against=compared, table_title=stored.title)

    def _allocated(
        self, source: Source, request: EstimateRequest, statistic: Statistic | None = None
    ) -> AllocatedAreas:
        """Return areas that cut through PUMAs, those of a place where one is chosen."""
        kind = request.area_kind
        found = allocated_areas(
            self.workspace,
            source.run or source.survey,
            statistic or request.statistic,
            kind,
            request.where,
            cache=self.cache,
        )
        within = self._within(source, request)
        if within is None:
            return found
        codes = match_areas(found.names, area_shapes(self.workspace, kind).areas)
        inside = set(within.areas)
        return found.only([name for name in found.names if codes.get(name) in inside])

    def _small_answer(self, source: Source, request: EstimateRequest) -> Answer:
        """Estimate tracts or block groups, and all households of the place together."""
        within = self._within(source, request)
        overall = self._estimate(source, request.statistic, (), self._where(source, request))
        found = self._small.answer(
            source.run or source.survey,
            source.survey,
            request,
            () if within is None else within.areas,
        )
        together = {str(key): value for key, value in overall.iloc[0].items()}
        return Answer(
            request,
            found.table,
            together,
            shapes=found.shapes,
            notes=found.notes,
            method=found.method,
        )

    def _aligned(
        self,
        source: Source,
        request: EstimateRequest,
        areas: pd.DataFrame,
        estimate: Callable[[Statistic], pd.DataFrame],
        overall: dict[str, Any],
        *,
        margins: bool,
    ) -> Answer:
        """Put the estimates of one variable, or of two, in the order of the map."""
        found = estimate(request.statistic)
        table = align(found, areas, request.area_kind)
        if request.second is not None:
            other = align(estimate(request.second), areas, request.area_kind)
            table = with_second(table, other)
        within = self._within(source, request)
        if within is not None:
            table["inside"] = table["area_id"].isin(within.areas)
        undrawn = _undrawn(found, request, areas)
        return Answer(request, table, overall, margins=margins, undrawn=undrawn)

    def _within(self, source: Source, request: EstimateRequest) -> Within | None:
        """Return the place a view looks at; ``None`` for everywhere."""
        if not request.within:
            return None
        kind = "puma" if is_small(request.area_kind) else request.area_kind
        key = (source.id, kind, request.within, request.where)
        if key not in self._places:
            self._places[key] = where_within(
                self.workspace,
                source.run or source.survey,
                request.within,
                kind=kind,
                where=request.where,
                cache=self.cache,
            )
        return self._places[key]

    def _where(self, source: Source, request: EstimateRequest) -> str:
        """Return the condition on households: of the subgroup, within the place."""
        within = self._within(source, request)
        return request.where if within is None else within.where

    def breakdown(
        self, source: Source, request: EstimateRequest, area: str, column: str
    ) -> pd.DataFrame:
        """Estimate an area by the answers to another variable.

        Column ``differs`` is 1 or −1 where a group is higher or lower than the whole area by more
        than chance explains, allowing for the number of groups, else 0.
        """
        refuse_groups(request)
        where = _here(request, area)
        found = self._estimate(source, request.statistic, (column,), where)
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
        whole = request.smooth or request.totals or is_small(request.area_kind)
        if source.run is None or whole:
            return pd.DataFrame({"implicate": [], "estimate": []})
        if source.is_by_shares(request.area_kind):
            draws = self._allocated(source, request).draws(area)
            return pd.DataFrame({"implicate": np.arange(1, len(draws) + 1), "estimate": draws})
        return area_draws(
            self.workspace,
            source.run,
            request.statistic,
            area,
            by=request.area_kind,
            where=self._where(source, request),
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
        refuse_smoothed(request)
        loaded = self.cache.source(self.workspace, source.run or source.survey)
        kind = request.area_kind
        sets = self.ranking(source, request).sets
        own = self._own_areas(source, request)
        if own is not None:
            found = own.difference(*pair)
        else:
            where = self._where(source, request)
            found = compare_in_source(
                loaded, request.statistic, {kind: pair[0]}, {kind: pair[1]}, where=where
            )
        ranked = int((sets.rank > 0).sum())
        return found.chosen_among(max(ranked * (ranked - 1) // 2, 1), sets.adjusted(found.p_value))

    def ranking(self, source: Source, request: EstimateRequest) -> Ranking:
        """Rank all areas from the highest, with the ranks each may have."""
        refuse_smoothed(request)
        own = self._own_areas(source, request)
        if own is not None:
            loaded = self.cache.source(self.workspace, source.run or source.survey)
            return loaded.kept(("ranking of own areas", request), own.ranking)
        return area_ranks(
            self.workspace,
            source.run or source.survey,
            request.statistic,
            (request.area_kind,),
            self._where(source, request),
            cache=self.cache,
        )

    def donor_alone(self, source: Source, request: EstimateRequest) -> DonorResolution:
        """Estimate what the donor alone says of the variable, at the places it publishes.

        Raises
        ------
        InputError
            If there is no donor, it was not asked the variable, or its places are not known.
        """
        if source.run is None:
            raise InputError(
                f"{source.title} has no donor to show beside it",
                fix="Choose a run under “Estimates from”",
            )
        if request.statistic.variable in source.own:
            raise InputError(
                f"{request.statistic.variable} is an answer of {source.survey.title}, not of a donor",
                fix="Choose a fused variable",
            )
        found = donor_resolution(self.workspace, source.run, request.statistic, cache=self.cache)
        if request.smooth:
            model = smoothed(self.workspace, source, request, self.cache)
            return smoothed_places(model, found)
        if request.area_kind == PUMA:
            return found
        pumas = self._puma_of(source, request).items()
        places = {area: found.place_of[puma] for area, puma in pumas if puma in found.place_of}
        return replace(found, place_of=places)

    def over_years(self, source: Source, request: EstimateRequest) -> Followed:
        """Follow a view's statistic over the years of its recipient; see `follow`."""
        where = self._where(source, request)
        return follow(self.workspace, source, request, where, self.cache)

    def _puma_of(self, source: Source, request: EstimateRequest) -> dict[str, str]:
        """Return a PUMA of each area, as the survey writes both: of several the one with most people."""
        kind = request.area_kind
        if source.is_by_shares(kind):
            people = self._allocated(source, request)
            largest = np.asarray(people.people.argmax(axis=1)).ravel()
            return dict(zip(people.names, people.codes[largest], strict=True))
        table = self.cache.source(self.workspace, source.run or source.survey).table
        pairs = table[[kind, PUMA]].dropna().astype(str).drop_duplicates(kind)
        return dict(zip(pairs[kind], pairs[PUMA], strict=True))

    def compare_with_all(self, source: Source, request: EstimateRequest, area: str) -> Difference:
        """Test whether an area, chosen among all, differs from all areas together."""
        refuse_smoothed(request)
        areas = self._own_areas(source, request)
        if areas is not None:
            one = areas.difference(area)
            return one.chosen_among(len(areas.names), min(1.0, one.p_value * len(areas.names)))
        found = compare_each(
            self.workspace,
            source.run or source.survey,
            request.statistic,
            (request.area_kind,),
            where=self._where(source, request),
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
        refuse_groups(request)
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
            where=self._where(source, request),
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
            within=request.within,
            names=names,
            cache=self.cache,
        )

    def _estimate(
        self, source: Source, statistic: Statistic, by: Sequence[str], where: str
    ) -> pd.DataFrame:
        if source.run is None:
            return survey_area_estimates(
                self.workspace, source.survey, statistic, by, where, cache=self.cache
            )
        return area_estimates(self.workspace, source.run, statistic, by, where, cache=self.cache)


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
