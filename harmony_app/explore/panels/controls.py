"""The left column: what to estimate, of whom, and how to colour it."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import ExpressionError, HarmonyError, InputError
from fusion_core.estimates.statistics import SHARES, THRESHOLD_SHARES, Statistic
from harmony_app.explore.panels._filtering import Filtering
from harmony_app.explore.panels._parts import grouped, panel
from harmony_app.explore.panels._second import SecondVariable
from harmony_app.explore.panels._smoothing import Smoothing
from harmony_app.explore.view import (
    CATEGORY_KINDS,
    CLASS_METHOD_TITLES,
    FEWEST_CLASSES,
    MOST_CLASSES,
    NUMBER_KINDS,
    SMALL_KINDS,
    ExploreState,
    HatchRule,
    choose_kind,
    choose_table,
    choose_totals,
    choose_variable,
    estimate_request,
    parse_breaks,
    show_statistic,
    words,
)
from harmony_app.shell.look import page_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fusion_core.surveys.model import Variable
    from harmony_app.explore.data import Catalogue, Source
    from harmony_app.explore.panels.kept_tables import KeptTables

_NO_TABLES: Final = "none yet: keep one on Validate"
EVERYONE: Final = "all households"
HATCH_RULES: Final = {
    "CV over 12 % (strict)": "cv:0.12",
    "CV over 20 %": "cv:0.2",
    "CV over 30 %": "cv:0.3",
    "CV over 40 %": "cv:0.4",
    "margin over 5 points": "moe:0.05",
    "margin over 10 points": "moe:0.1",
    "never": "never",
}
_QUANTILES: Final = {"10 %": 0.1, "25 %": 0.25, "75 %": 0.75, "90 %": 0.9}
_TIGHT: Final = (0, 0, 7, 0)


class Controls:
    """The widgets of the left column; every edit becomes a new state.

    Parameters
    ----------
    catalogue
        What can be shown.
    change
        Called with the new state after an edit.
    choose_source
        Called with the identifier of another source.
    kept_tables
        What can be done to the table that is chosen.
    styles
        Style sheet of the HTML panes.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        change: Callable[[ExploreState], None],
        choose_source: Callable[[str], None],
        kept_tables: KeptTables,
        styles: list[str],
    ) -> None:
        self._change = change
        self._choose_source = choose_source
        self._state = ExploreState()
        self._source: Source | None = None
        self._showing = False
        self._tables = {table.name: table for table in catalogue.tables}
        self._totals = {totals.name: totals for totals in catalogue.totals}
        self.source = _select("Estimates from", catalogue.titles)
        self.variable = pn.widgets.Select(label="Variable", margin=_TIGHT, **_WIDE)
        self.kind = _select("Show")
        self.level = _select("Level")
        self.threshold = pn.widgets.FloatInput(label="Above", margin=_TIGHT, **_WIDE)
        self.probability = _select("Share below", _QUANTILES)
        self.denominator = _select("Divided by")
        self.group = _select("Among")
        self.levels = pn.widgets.CheckBoxGroup(
            margin=_TIGHT, styles={"max-height": "132px", "overflow": "auto"}, **_WIDE
        )
        self.where = pn.widgets.TextInput(
            label="and for whom (expression)",
            placeholder="np >= 2 AND hincp < 40000",
            margin=_TIGHT,
            **_WIDE,
        )
        self.where_error = pn.pane.HTML(
            "", visible=False, margin=_TIGHT, stylesheets=styles, **_WIDE
        )
        self.filtering = Filtering(lambda text: self._change(self._with(where=text)), styles)
        self.second = SecondVariable(lambda found: self._change(self._with(second=found)))
        self.within = pn.widgets.AutocompleteInput(
            label="Only in",
            placeholder="a state, county or city",
            restrict=False,
            case_sensitive=False,
            search_strategy="includes",
            min_characters=2,
            margin=_TIGHT,
            **_WIDE,
        )
        self.area_kind = _select("By")
        self.merge = pn.widgets.Checkbox(
            label="Merge neighbours until none is hatched", margin=_TIGHT, **_WIDE
        )
        self.smoothing = Smoothing(lambda ticked: self._change(self._with(smooth=ticked)), styles)
        self.table = _select("Against a table")
        self.totals = _select("Calibrated to")
        self.kept_tables = kept_tables
        self.method = _select("Classes by", {t: m for m, t in CLASS_METHOD_TITLES.items()})
        self.count = pn.widgets.IntInput(
            label="Classes", start=FEWEST_CLASSES, end=MOST_CLASSES, width=62, margin=(0, 8, 7, 0)
        )
        self.breaks = pn.widgets.TextInput(
            label="Breaks", placeholder="5, 10, 20", margin=_TIGHT, **_WIDE
        )
        self.breaks_error = pn.pane.HTML(
            "", visible=False, margin=_TIGHT, stylesheets=styles, **_WIDE
        )
        self.hatch = _select("Hatch areas when", HATCH_RULES)
        self._watch()
        self.panel = pn.Column(
            self.source,
            self.variable,
            self.kind,
            self.level,
            self.threshold,
            self.probability,
            self.denominator,
            self.second.panel,
            self.group,
            self.levels,
            self.where,
            self.where_error,
            self.filtering.panel,
            self.within,
            self.area_kind,
            self.merge,
            self.smoothing.panel,
            self.table,
            self.kept_tables.panel,
            self.totals,
            pn.pane.HTML(page_part("rule", 4), margin=(2, 0, 6, 0), **_WIDE),
            self.method,
            self.breaks,
            self.breaks_error,
            pn.Row(self.count, self.hatch, **_WIDE),
            **_WIDE,
        )

    def offer(self, catalogue: Catalogue) -> None:
        """Offer the runs, combinations and surveys there are now."""
        self._tables = {table.name: table for table in catalogue.tables}
        self._totals = {totals.name: totals for totals in catalogue.totals}
        with self._quietly():
            _options(self.source, catalogue.titles)

    def offer_places(self, titles: list[str]) -> None:
        """Offer the places whose areas are on the map."""
        with self._quietly():
            _options(self.within, titles)

    def show(self, state: ExploreState, source: Source) -> None:
        """Set every widget to a state without reporting it as an edit."""
        self._state, self._source = state, source
        variable = source.variables[state.variable]
        kinds = CATEGORY_KINDS if variable.is_categorical else NUMBER_KINDS
        with self._quietly():
            self.source.value = source.id
            offered = grouped(source.variables, source)
            if self.variable.groups != offered:
                self.variable.groups = offered
            self.variable.value = state.variable
            _options(self.kind, dict(kinds))
            self.kind.value = state.kind
            _options(self.level, list(variable.levels))
            self.level.visible = variable.is_categorical
            if variable.is_categorical:
                self.level.value = state.level
            self.threshold.value = state.threshold
            side = "Below" if state.kind == "share_below" else "Above"
            self.threshold.label = f"{side} ({variable.unit})" if variable.unit else side
            self.threshold.visible = state.kind in THRESHOLD_SHARES
            self.probability.visible = state.kind == "quantile"
            if state.kind == "quantile":
                self.probability.value = state.probability
            _options(self.denominator, {"choose …": "", **_denominators(source, state.variable)})
            self.denominator.value = state.denominator or ""
            self.denominator.visible = state.kind == "ratio"
            _options(self.group, {EVERYONE: "", **_groups(source)})
            self.group.value = state.group_variable
            among = source.columns.get(state.group_variable)
            _options(self.levels, list(among.levels) if among else [])
            self.levels.value = list(state.group_levels)
            self.levels.visible = among is not None
            self.where.value = state.where
            self.filtering.show(dict(source.columns), state.where)
            self.within.value = state.within
            self.second.show(state.second, source, state.variable)
            _options(
                self.area_kind,
                {words.kind_words(kind): kind for kind in source.area_kinds},
            )
            self.area_kind.value = state.area_kind
            self.area_kind.visible = len(source.area_kinds) > 1
            self.merge.value = state.merge
            self.merge.visible = state.area_kind in SMALL_KINDS
            self.smoothing.show(state, source)
            known = [item for item in self._tables.values() if item.by in source.area_kinds]
            nothing = "no table" if known else _NO_TABLES
            _options(self.table, {nothing: "", **{item.title: item.name for item in known}})
            self.table.value = state.table
            self._show_totals(state, source)
            self.kept_tables.show(self._tables.get(state.table))
            self._show_classes(state)

    def _show_totals(self, state: ExploreState, source: Source) -> None:
        """Offer the known totals that a source has variables of; none where nothing is fused."""
        offered = {
            item.title: item.name
            for item in self._totals.values()
            if any(total.variable in source.fused for total in item.totals)
        }
        self.totals.visible = bool(offered) and source.is_fused
        _options(self.totals, {"not calibrated": "", **offered})
        self.totals.value = state.totals

    def _show_classes(self, state: ExploreState) -> None:
        self.method.value = state.class_method
        manual = state.class_method == "manual" and state.second is None
        self.count.value = state.classes
        # A map of two variables has three classes of each.
        self.count.visible = not manual and state.second is None
        self.hatch.visible = state.second is None
        self.breaks.visible = manual
        percent = self._in_percent(state)
        self.breaks.label = "Breaks (percent)" if percent else "Breaks"
        scale = 100.0 if percent else 1.0
        self.breaks.value = ", ".join(f"{value * scale:.6g}" for value in state.breaks)
        rules = dict(HATCH_RULES)
        if str(state.hatch) not in rules.values():
            rules[words.hatch_phrase(state.hatch)] = str(state.hatch)
        if state.kind not in SHARES:
            rules = {title: rule for title, rule in rules.items() if not rule.startswith("moe")}
        _options(self.hatch, rules)
        self.hatch.value = str(state.hatch) if str(state.hatch) in rules.values() else "cv:0.4"

    def show_error(self, error: HarmonyError | None) -> None:
        """Show what is wrong with the subgroup beside its field, or take the message away."""
        self.where_error.visible = error is not None
        if error is None:
            self.where_error.object = ""
            return
        self.where_error.object = error_html(error, self._state.where)

    def _watch(self) -> None:
        watched: dict[Any, Callable[[Any], ExploreState]] = {
            self.variable: lambda value: choose_variable(self._state, self._variables[value]),
            self.kind: lambda value: choose_kind(
                self._state, value, self._variables[self._state.variable]
            ),
            self.level: lambda value: self._with_part("level", value),
            self.threshold: lambda value: self._with_part("threshold", value),
            self.probability: lambda value: self._with_part("probability", value),
            self.denominator: lambda value: self._with_part("denominator", value or None),
            self.group: lambda value: self._with(group_variable=value, group_levels=()),
            self.levels: lambda value: self._with(group_levels=tuple(value)),
            self.where: lambda value: self._with(where=value),
            self.within: lambda value: self._with(within=value.strip(), areas=()),
            self.merge: lambda value: self._with(merge=value, areas=()),
            self.area_kind: self._choose_areas,
            self.table: self._choose_table,
            self.totals: self.calibrated,
            self.method: lambda value: self._with(class_method=value),
            self.count: lambda value: self._with(classes=value),
            self.hatch: lambda value: self._with(hatch=HatchRule.parse(value)),
        }
        for widget, edit in watched.items():
            widget.param.watch(self._reporter(edit), "value")
        self.source.param.watch(self._source_changed, "value")
        self.breaks.param.watch(self._breaks_changed, "value")

    def _reporter(self, edit: Callable[[Any], ExploreState]) -> Callable[[Any], None]:
        def report(event: Any) -> None:
            if not self._showing and event.new is not None:
                self._change(edit(event.new))

        return report

    def _source_changed(self, event: Any) -> None:
        if not self._showing and event.new:
            self._choose_source(event.new)

    def _breaks_changed(self, event: Any) -> None:
        if self._showing:
            return
        try:
            breaks = parse_breaks(event.new, scale=0.01 if self._in_percent(self._state) else 1.0)
        except InputError as error:
            self.breaks_error.object = page_part("error", error.message)
            self.breaks_error.visible = True
            return
        self.breaks_error.visible = False
        self._change(self._with(breaks=breaks))

    def _choose_areas(self, kind: str) -> ExploreState:
        """Show areas of another kind, without a table of the kind before."""
        state = self._with(area_kind=kind, areas=())
        table = self._tables.get(state.table)
        return state if table is None or table.by == kind else choose_table(state, "", kind)

    def _choose_table(self, name: str) -> ExploreState:
        table = self._tables.get(name)
        if table is None:
            return choose_table(self._state, "", self._state.area_kind)
        state = choose_table(self._state, name, table.by)
        # What the table holds is what it is compared with, as far as it can be mapped here.
        asked = Statistic.parse(table.statistic) if table.statistic else None
        known = asked is not None and asked.variable in self._variables
        return show_statistic(state, asked) if known and asked is not None else state

    def calibrated(self, name: str) -> ExploreState:
        """Return the view calibrated to known totals: of what is shown, or the first figure they are of."""
        known = self._totals.get(name)
        if known is None:
            return choose_totals(self._state, "")
        everybody = self._with(group_variable="", group_levels=(), where="")
        state = choose_totals(everybody, name)
        if known.of(estimate_request(state).statistic):
            return state
        first = next(item for item in known.totals if item.variable in self._variables)
        return show_statistic(state, first.asked)

    def _in_percent(self, state: ExploreState) -> bool:
        return state.measure == "cv" or state.kind in SHARES

    def _with(self, **changes: Any) -> ExploreState:
        return dataclasses.replace(self._state, **changes)

    def _with_part(self, part: str, value: Any) -> ExploreState:
        """Change a part of the statistic; a hidden field may report, but changes nothing."""
        widget = getattr(self, part)
        return self._with(**{part: value}) if widget.visible else self._state

    @property
    def _variables(self) -> dict[str, Variable]:
        return dict(self._source.variables) if self._source else {}

    @contextlib.contextmanager
    def _quietly(self) -> Iterator[None]:
        self._showing = True
        try:
            yield
        finally:
            self._showing = False


_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}


def error_html(error: HarmonyError, text: str) -> str:
    """Return what is wrong with a typed expression, the place marked, the help folded away."""
    position = error.position if isinstance(error, ExpressionError) else None
    marked = ""
    if position is not None and 0 <= position <= len(text):
        marked = f"{text}\n{' ' * position}^"
    return panel("expression_error", marked, error.what, error.fix)


def _select(name: str, options: dict[str, Any] | None = None) -> pn.widgets.Select:
    return pn.widgets.Select(label=name, options=options or {}, margin=_TIGHT, **_WIDE)


def _options(widget: Any, options: Any) -> None:
    """Set options only when they differ, so that an open list is not rebuilt."""
    if widget.options != options:
        widget.options = options


def _groups(source: Source) -> dict[str, str]:
    return {
        words.variable_title(variable): name
        for name, variable in source.columns.items()
        if variable.is_categorical and variable.levels
    }


def _denominators(source: Source, variable: str) -> dict[str, str]:
    return {
        words.variable_title(item): name
        for name, item in source.columns.items()
        if not item.is_categorical and name != variable
    }


__all__ = ["HATCH_RULES", "Controls"]
