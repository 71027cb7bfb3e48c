"""The right column: the chosen area, its comparison and breakdown, and the ranked list."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import panel as pn

from fusion_core.errors import HarmonyError
from harmony_app.explore.data import true_value
from harmony_app.explore.panels import _detail as detail
from harmony_app.explore.panels._parts import panel
from harmony_app.explore.panels._ranking import (
    RankBounds,
    RankedAreas,
    ranking_items,
    ranking_note,
)
from harmony_app.explore.view import ALL_AREAS, is_small, words
from harmony_app.log import LOG
from harmony_app.shell.look import page_part
from harmony_app.shell.work import SlowWork, failure_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from fusion_core.estimates.api import Difference
    from harmony_app.explore.data import Answer, Catalogue, Estimator, Source
    from harmony_app.explore.view import ExploreState
    from harmony_app.shell.look import Quantity

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_RANKINGS: Final = {"Highest": False, "Lowest": True}


@dataclasses.dataclass(frozen=True)
class AreaFacts:
    """What is computed of a chosen area beyond its estimate.

    Attributes
    ----------
    draws
        Its estimate in every implicate.
    truth
        Its true value where the population is known.
    breakdown
        Its estimates by another variable; ``None`` when none is chosen.
    difference
        Its difference from what it is compared with; ``None`` without that.
    """

    draws: NDArray[np.float64]
    truth: float | None
    breakdown: pd.DataFrame | None
    difference: Difference | None


class Side:
    """The right column.

    Parameters
    ----------
    estimator
        Answers questions about an area.
    change
        Called with the new state after an edit.
    choose
        Called with an area and whether it is to be compared.
    catalogue
        The other runs and surveys an area can be compared in.
    styles
        Style sheets of the HTML panes.
    visitor
        Whose questions they are.
    """

    def __init__(
        self,
        estimator: Estimator,
        change: Callable[[ExploreState], None],
        choose: Callable[[str, bool], None],
        catalogue: Catalogue,
        styles: list[str],
        *,
        visitor: str,
    ) -> None:
        self._estimator = estimator
        self._sources = catalogue.sources
        self._titles = catalogue.titles
        self._change = change
        self._choose = choose
        self._work = SlowWork(visitor)
        self._ranking_work = SlowWork(visitor)
        self._bounds: RankBounds | None = None
        self._without_ranks = False
        self._showing = False
        self._state: ExploreState | None = None
        self._names: dict[str, str] = {}
        html = {"stylesheets": styles, "margin": 0, **_WIDE}
        self.card = pn.pane.HTML("", **html)
        self.comparison = pn.pane.HTML("", visible=False, **html)
        self.breakdown = pn.widgets.Select(label="Break down by", margin=(8, 0, 4, 0), **_WIDE)
        self.table = pn.pane.HTML("", **html)
        self.compare_with = _area_search(
            "Compare with", margin=(8, 0, 0, 0), placeholder="another area: type a name …"
        )
        self.against = pn.widgets.Select(
            label="In", css_classes=["unseen-label"], margin=(4, 0, 0, 0), **_WIDE
        )
        self.clear = pn.widgets.Button(
            label="✕",
            width=26,
            height=26,
            margin=0,
            styles={"position": "absolute", "right": "12px", "top": "8px", "z-index": "2"},
            stylesheets=[".bk-btn { padding: 0 }"],
        )
        self.clear.description = "Close the area"
        self.find = _area_search("", margin=(6, 0, 6, 0), placeholder="Find an area …")
        self.order = pn.widgets.Select(
            label="First in the list",
            css_classes=["unseen-label"],
            options=_RANKINGS,
            width=92,
            margin=0,
            align="center",
        )
        self.ranked = RankedAreas(
            choose, margin=0, styles={"flex": "1 1 0", "min-height": "0"}, **_WIDE
        )
        self.note = pn.pane.HTML("", **html)
        self._answer: Answer | None = None
        self.breakdown.param.watch(self._breakdown_changed, "value")
        self.against.param.watch(self._against_changed, "value")
        self.find.param.watch(lambda event: self._found(event, compare=False), "value")
        self.compare_with.param.watch(lambda event: self._found(event, compare=True), "value")
        self.order.param.watch(lambda _: self._show_ranking(), "value")
        self.clear.on_click(lambda _: self._change_areas(()))
        self._detail = pn.Column(
            self.clear,
            self.comparison,
            self.card,
            self.compare_with,
            self.against,
            self.breakdown,
            self.table,
            css_classes=["card"],
            visible=False,
            margin=(0, 0, 10, 0),
            scroll="y-auto",
            styles={
                "flex": "0 1 auto",
                "max-height": "62%",
                "padding": "12px",
                "position": "relative",
            },
            **_WIDE,
        )
        ranking = pn.Column(
            pn.Row(
                pn.pane.HTML(
                    page_part("line", "div", "card-title", "Areas"), align="center", **html
                ),
                self.order,
                **_WIDE,
            ),
            self.find,
            self.ranked,
            self.note,
            css_classes=["card"],
            margin=0,
            styles={"flex": "1 1 200px", "min-height": "170px", "padding": "12px"},
            **_WIDE,
        )
        self.panel = pn.Column(
            self._detail,
            ranking,
            margin=0,
            css_classes=["side"],
            styles={"height": "100%", "display": "flex", "min-height": "0"},
        )

    def show_answer(
        self, state: ExploreState, source: Source, answer: Answer, quantity: Quantity
    ) -> None:
        """Show new numbers: the ranking, and the chosen areas again."""
        self._answer, self._source, self._quantity = answer, source, quantity
        names = _labels(answer.rows)
        if list(names) != self.find.options:
            self._names = names
            self.find.options = list(names)
            self.compare_with.options = list(names)
        self._state, self._bounds, self._without_ranks = state, None, False
        self._show_ranking()
        self.show_areas(state)
        if answer.margins and len(names) > 1 and not answer.request.smooth:
            request, ask = answer.request, self._estimator

            def rank() -> RankBounds:
                return RankBounds.of(ask.ranking(source, request), request.area_kind)

            self._ranking_work.start(rank, self._show_bounds, self._ranks_failed)

    def _show_bounds(self, bounds: RankBounds) -> None:
        self._bounds = bounds
        self._show_ranking()

    def _ranks_failed(self, error: Exception) -> None:
        if not isinstance(error, HarmonyError):
            LOG.error("The ranks could not be computed", exc_info=error)
        self._without_ranks = True
        self._show_ranking()

    def _local(self) -> str:
        """Say what the run knows of location; nothing for a survey alone."""
        local = None if self._answer is None else self._source.local
        return "" if local is None else local.in_short

    def forget(self) -> None:
        """Take away the figures of an earlier question."""
        self._work.cancel()
        self._ranking_work.cancel()
        self._answer = self._bounds = None
        self.ranked.items = []
        self.note.object = ""
        self._detail.visible = False

    def show_rule(self, state: ExploreState) -> None:
        """Draw the ranking again under another rule of what is too uncertain."""
        self._state = state
        self._show_ranking()

    def _show_ranking(self) -> None:
        if self._answer is not None and self._state is not None:
            bounds = self._bounds
            if bounds is not None and self.order.value:
                bounds = bounds.from_the_lowest()
            self.ranked.items = ranking_items(
                self._answer.table,
                self._quantity,
                self._state.hatch,
                lowest=self.order.value,
                bounds=bounds,
            )
            self.note.object = ranking_note(
                bounds,
                lowest=self.order.value,
                failed=self._without_ranks,
                smoothed=self._answer.request.smooth,
            )

    def show_areas(self, state: ExploreState) -> None:
        """Show the chosen areas: what is known at once, the rest when it is computed."""
        self._state = state
        self.ranked.chosen = list(state.areas)
        known = set() if self._answer is None else set(self._answer.table["area_id"])
        areas = tuple(area for area in state.areas if area in known)
        self._detail.visible = bool(areas)
        self._work.cancel()
        if not areas or self._answer is None:
            return
        answer, source = self._answer, self._source
        self._showing = True
        shared = _answers_for_itself(source, answer)
        columns = {} if shared else _breakdowns(source, answer.request.statistic.variable)
        options = {"nothing": "", **columns}
        self.breakdown.visible = not shared
        if self.breakdown.options != options:
            self.breakdown.options = options
        breakdown = state.breakdown if state.breakdown in options.values() else ""
        self.breakdown.value = breakdown
        others = self._others(source, answer)
        if self.against.options != others:
            self.against.options = others
        against = state.against if state.against in others.values() else ""
        self.against.value = against
        self._showing = False
        single = len(areas) == 1
        self.compare_with.visible = self.against.visible = single and not answer.request.smooth
        self.comparison.visible = not single or bool(against)
        self.comparison.object = page_part("status", "comparing …", busy=True)
        self.table.object = page_part("status", "breaking down …", busy=True) if breakdown else ""
        self._show_card(areas, None)

        def compute() -> AreaFacts:
            compared = areas[1] if len(areas) > 1 else against
            return self._facts(source, answer, areas[0], compared, breakdown)

        self._work.start(compute, lambda facts: self._show_facts(areas, facts), self._failed)

    def _facts(
        self, source: Source, answer: Answer, area: str, compared: str, breakdown: str
    ) -> AreaFacts:
        request, ask = answer.request, self._estimator
        row = _row(answer.table, area)
        if not np.isfinite(row["estimate"]):
            return AreaFacts(np.empty(0), None, None, None)
        stored = str(row["stored"])
        return AreaFacts(
            draws=ask.draws(source, request, stored)["estimate"].to_numpy(dtype=float),
            truth=true_value(ask.workspace, request, area),
            breakdown=ask.breakdown(source, request, stored, breakdown) if breakdown else None,
            difference=self._difference(source, answer, area, compared) if compared else None,
        )

    def _difference(
        self, source: Source, answer: Answer, area: str, compared: str
    ) -> Difference | None:
        request = answer.request
        stored = str(_row(answer.table, area)["stored"])
        if compared == ALL_AREAS:
            return self._estimator.compare_with_all(source, request, stored)
        if compared in self._sources:
            other = self._sources[compared]
            return self._estimator.compare_with_source(source, other, request, stored)
        second = _row(answer.table, compared)
        if not np.isfinite(second["estimate"]):
            return None
        areas = (stored, str(second["stored"]))
        return self._estimator.compare(source, request, areas)

    def _others(self, source: Source, answer: Answer) -> dict[str, str]:
        """Return what an area can be compared with besides another area, by title."""
        asked = answer.request.statistic
        names = [name for name in (asked.variable, asked.denominator) if name]
        kind = answer.request.area_kind
        if answer.request.smooth:
            return {"… or with nothing else": ""}
        if _answers_for_itself(source, answer):
            return {"… or with nothing else": "", "all areas together": ALL_AREAS}
        others = {
            f"the same area in {title}": identifier
            for title, identifier in self._titles.items()
            if identifier != source.id
            and kind in self._sources[identifier].area_kinds
            and all(name in self._sources[identifier].columns for name in names)
        }
        everybody = {"all areas together": ALL_AREAS} if source.replicates else {}
        return {"… or with nothing else": "", **everybody, **others}

    def _show_facts(self, areas: tuple[str, ...], facts: AreaFacts) -> None:
        self._show_card(areas, facts)
        if self._answer is None or self._state is None:
            return
        if facts.difference is not None:
            first = str(_row(self._answer.table, areas[0])["name"])
            pair = len(areas) > 1
            second = (
                str(_row(self._answer.table, areas[1])["name"]) if pair else self._against_title()
            )
            self.comparison.object = detail.comparison_card(
                (first, second), facts.difference, self._quantity, pins="AB" if pair else "A "
            )
        elif len(areas) > 1:
            sentence = "One of the two has no estimate."
            self.comparison.object = page_part("line", "div", "verdict", sentence)
        if facts.breakdown is not None:
            column = self._state.breakdown
            title = self._source.columns[column].description or column
            self.table.object = detail.breakdown_table(
                facts.breakdown, column, self._quantity, title
            )
        else:
            self.table.object = ""

    def _show_card(self, areas: tuple[str, ...], facts: AreaFacts | None) -> None:
        if self._answer is None:
            return
        statistic = self._answer.request.statistic
        card = detail.area_card(
            _row(self._answer.table, areas[0]),
            self._quantity,
            words.statistic_phrase(statistic, self._quantity),
            draws=None if facts is None else facts.draws,
            truth=None if facts is None else facts.truth,
            local=self._local(),
        )
        if apart := self._source.apart(self._answer.request):
            card += panel("apart", apart)
        self.card.object = page_part("rule", 10) + card if self.comparison.visible else card

    def _failed(self, error: Exception) -> None:
        text = failure_text(error, "The detail could not be computed")
        self.table.object = page_part("error", text)
        self.comparison.object = ""

    def _breakdown_changed(self, event: Any) -> None:
        if not self._showing and self._state is not None:
            self._change(dataclasses.replace(self._state, breakdown=event.new or ""))

    def _against_changed(self, event: Any) -> None:
        if not self._showing and self._state is not None:
            self._change(dataclasses.replace(self._state, against=event.new or ""))

    def _against_title(self) -> str:
        titles = {value: title for title, value in self.against.options.items()}
        return str(titles.get(self.against.value, ""))

    def _change_areas(self, areas: tuple[str, ...]) -> None:
        if self._state is not None:
            self._change(dataclasses.replace(self._state, areas=areas))

    def _found(self, event: Any, *, compare: bool) -> None:
        area = self._names.get(event.new or "")
        if area is None:
            return
        event.obj.value = ""
        if self._state is not None and area not in self._state.areas:
            self._choose(area, compare)


def _answers_for_itself(source: Source, answer: Answer) -> bool:
    """Whether areas are not groups of households: small, calibrated, or put together of PUMAs."""
    kind = answer.request.area_kind
    whole = answer.request.smooth or bool(answer.request.totals)
    return whole or is_small(kind) or source.is_by_shares(kind)


def _area_search(name: str, *, margin: tuple[int, ...], placeholder: str = "type a name …") -> Any:
    return pn.widgets.AutocompleteInput(
        label=name,
        placeholder=placeholder,
        case_sensitive=False,
        min_characters=1,
        search_strategy="includes",
        margin=margin,
        **_WIDE,
    )


def _labels(table: pd.DataFrame) -> dict[str, str]:
    """Return area identifiers by a name that is unique."""
    twice = table["name"].duplicated(keep=False)
    return {
        (f"{name} ({area})" if again else name): area
        for area, name, again in zip(table["area_id"], table["name"], twice, strict=True)
    }


def _breakdowns(source: Source, shown: str) -> dict[str, str]:
    """Return what an area can be broken down by: the survey's own answers first, then fused ones."""
    names = sorted(source.columns, key=lambda name: name not in source.own)
    return {
        words.variable_title(source.columns[name]): name
        for name in names
        if source.columns[name].is_categorical and name != shown
    }


def _row(table: pd.DataFrame, area: str) -> dict[str, Any]:
    records: list[dict[Any, Any]] = table[table["area_id"] == area].to_dict("records")
    return records[0]
