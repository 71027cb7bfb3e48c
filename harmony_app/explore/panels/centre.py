"""The middle of the page: title, toggles, the map with its legend, the table, and the method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn
from bokeh.models.widgets.tables import NumberFormatter

from harmony_app.explore.map import CLASS_WORDS, MapFigure, unreliable_positions
from harmony_app.explore.panels._parts import panel
from harmony_app.explore.view import words
from harmony_app.shell.look import count, data_table, page_part, segmented

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from fusion_core.execution.comparing import TableComparison
    from harmony_app.explore.data import DonorMap
    from harmony_app.explore.map import AreaShapes, MapLayer
    from harmony_app.explore.view import CentreView, ExploreState, HatchRule, Measure
    from harmony_app.shell.look import Quantity
    from harmony_app.shell.session import Theme

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_FILLING: Final = {
    "flex": "1 1 0",
    "min-height": "0",
    "overflow": "hidden",
    "transition": "opacity .12s",
}
MEASURE_TITLES: Final[dict[str, Measure]] = {"Estimate": "estimate", "± MOE": "moe", "CV": "cv"}
WITH_TABLE: Final[dict[str, Measure]] = {
    **MEASURE_TITLES,
    "Their value": "table",
    "Difference": "difference",
}
CALIBRATED: Final[dict[str, Measure]] = {
    **MEASURE_TITLES,
    "Uncalibrated": "uncalibrated",
    "Moved": "moved",
}
VIEW_TITLES: Final[dict[str, CentreView]] = {
    "Map": "map",
    "Donor": "donor",
    "Years": "years",
    "Table": "table",
    "Method": "about",
}
_TABLE_TITLES: Final = {
    "name": "Area",
    "estimate": "Estimate",
    "moe": "± MOE",
    "cv": "CV",
    "n": "n",
    "reliability": "Reliability",
    "uncalibrated": "Uncalibrated",
    "uncalibrated_moe": "± MOE before",
}

_BEFORE: Final = ("uncalibrated", "uncalibrated_moe")
_SHORT_RELIABILITY: Final = {
    "high": "reliable",
    "medium": "caution",
    "low": "unreliable",
    "undefined": "unknown",
    "incomplete": "incomplete",
}


class Centre:
    """The middle of the page.

    Parameters
    ----------
    theme
        Light or dark page.
    measure, view
        Called when a toggle is switched.
    choose
        Called with an area that was clicked, and whether Shift was held.
    styles
        Style sheets of the HTML panes.
    years
        What is shown of years.

    Attributes
    ----------
    again
        The button, shown with an error, that asks the same question once more.
    """

    def __init__(
        self,
        theme: Theme,
        measure: Callable[[Measure], None],
        view: Callable[[CentreView], None],
        choose: Callable[[str, bool], None],
        styles: list[str],
        *,
        years: pn.Column,
    ) -> None:
        self._theme = theme
        self._years_view = years
        self._choose = choose
        self._showing = False
        self._rows: pd.DataFrame | None = None
        self._quantity: Quantity | None = None
        html = {"stylesheets": styles, "margin": 0, **_WIDE}
        self.title = pn.pane.HTML("", **html)
        self.status = pn.pane.HTML("", **html)
        self.notes = pn.pane.HTML("", visible=False, **html)
        self.again = pn.widgets.Button(label="Try again", visible=False, margin=(4, 0, 0, 0))
        self.legend = pn.pane.HTML("", min_height=28, styles={"flex": "none"}, **html)
        self.findings = pn.pane.HTML("", visible=False, styles={"flex": "none"}, **html)
        self.about = pn.pane.HTML("", **html)
        self.measure = segmented(MEASURE_TITLES)
        self.view = segmented(VIEW_TITLES)
        self.measure.param.watch(self._reporter(measure), "value")
        self.view.param.watch(self._reporter(view), "value")
        self.map: MapFigure | None = None
        # A canvas keeps its size until it is drawn again; it must not show below the legend.
        self._map_pane = pn.pane.Bokeh(
            None,
            sizing_mode="stretch_both",
            margin=0,
            styles={"flex": "1 1 0", "min-height": "0", "overflow": "hidden"},
        )
        self._table: pn.widgets.Tabulator | None = None
        self._map_view = pn.Column(
            self._map_pane,
            self.legend,
            self.findings,
            margin=0,
            sizing_mode="stretch_both",
            styles=_FILLING,
        )
        self._table_view = pn.Column(
            margin=0, sizing_mode="stretch_both", styles=_FILLING, visible=False
        )
        self._about_view = pn.Column(
            self.about,
            margin=0,
            sizing_mode="stretch_both",
            styles=_FILLING,
            visible=False,
            scroll="y-auto",
        )
        self.panel = pn.Column(
            self.title,
            pn.FlexBox(
                self.measure,
                self.view,
                justify_content="space-between",
                margin=(8, 0, 2, 0),
                gap="6px",
                **_WIDE,
            ),
            self.status,
            self.again,
            self.notes,
            self._map_view,
            self._years_view,
            self._table_view,
            self._about_view,
            css_classes=["card"],
            margin=0,
            sizing_mode="stretch_both",
            min_width=380,
            styles={"height": "100%", "padding": "12px 14px"},
        )

    def show_areas(self, shapes: AreaShapes) -> None:
        """Draw other areas; the only time polygons are sent."""
        self.map = MapFigure(shapes, self._theme, self._choose)
        self._map_pane.object = self.map.layout

    def show_heading(self, title: str, subtitle: str) -> None:
        """Write what is shown above the map."""
        self.title.object = panel("heading", title, subtitle)

    def show_status(self, text: str = "", *, busy: bool = False, error: str = "") -> None:
        """Say what is going on, or what went wrong and can be tried again."""
        self.again.visible = bool(error)
        self.status.object = page_part("error", error) if error else page_part("status", text, busy)
        self._map_view.styles = {**_FILLING, "opacity": "0.45" if busy else "1"}

    def show_notes(self, notes: list[str]) -> None:
        """Say above the map what it does not show."""
        self.notes.object = page_part("lines", "div", "notice", notes, "status")
        self.notes.visible = bool(notes)

    def show_findings(self, compared: TableComparison | None, calibrated: str = "") -> None:
        """Say below the map how the estimates compare with a table, or with what they were."""
        told = calibrated
        if compared is not None:
            told = " ".join(item.text for item in compared.findings)
        self.findings.object = page_part("line", "div", "findings", told, "status") if told else ""
        self.findings.visible = bool(told)

    def forget(self) -> None:
        """Take away the figures of an earlier question; the heading already asks another one."""
        if self.map is not None:
            self.map.show_nothing()
        self.legend.object = self.about.object = ""
        self._rows = None
        if self._table is not None:
            self._table.value = self._table.value.iloc[:0]
        self.show_notes([])
        self.show_findings(None)

    def show_layer(self, layer: MapLayer, rule: HatchRule) -> None:
        """Colour the map and write its legend."""
        if self.map is not None:
            self.map.show_layer(layer)
        self.legend.object = legend_html(layer, rule)

    def show_donor(self, donor: DonorMap) -> None:
        """Show what the donor alone says below the fused map, zoomed and pointed at together."""
        if self.map is not None:
            self.map.show_donor(donor.layer, donor.texts, donor.title, donor.places)

    def show_toggles(self, state: ExploreState) -> None:
        """Set the toggles and what they show."""
        self._showing = True
        measures = WITH_TABLE if state.table else CALIBRATED if state.totals else MEASURE_TITLES
        if self.measure.options != measures:
            self.measure.options = measures
        self.measure.value, self.view.value = state.measure, state.view
        self._showing = False
        self._map_view.visible = state.view in {"map", "donor"}
        if self.map is not None and state.view != "donor":
            self.map.hide_donor()
        self._years_view.visible = state.view == "years"
        self._table_view.visible = state.view == "table"
        self._about_view.visible = state.view == "about"
        mapped = self._map_view.visible
        self.measure.disabled = not mapped or (state.second is not None and state.view == "map")
        if state.view == "table":
            self._fill_table(state.hatch)

    def show_rows(self, table: pd.DataFrame, quantity: Quantity, rule: HatchRule) -> None:
        """Keep the numbers for the table; it is filled when it is looked at."""
        self._rows, self._quantity = table, quantity
        if self._table_view.visible:
            self._fill_table(rule)

    def _fill_table(self, rule: HatchRule) -> None:
        if self._rows is None or self._quantity is None:
            return
        rows = self._rows[self._rows["inside"]] if "inside" in self._rows else self._rows
        frame = table_frame(rows, rule)
        formatters = table_formatters(self._quantity)
        if self._table is None:
            self._table = data_table(
                frame,
                titles=_TABLE_TITLES,
                formatters=formatters,
                hidden_columns=["area_id"],
                sizing_mode="stretch_both",
                sorters=[{"field": "estimate", "dir": "desc"}],
                widths={
                    "name": "35%",
                    "estimate": "16%",
                    "moe": "13%",
                    "cv": "11%",
                    "n": "9%",
                    "reliability": "16%",
                },
                text_align=dict.fromkeys(("estimate", "moe", "cv", "n"), "right"),
            )
            self._table.on_click(self._row_clicked)
            self._table_view.append(self._table)
        else:
            self._table.formatters = formatters
            self._table.value = frame

    def _row_clicked(self, event: Any) -> None:
        if self._table is not None:
            self._choose(str(self._table.value["area_id"].iloc[event.row]), False)

    def _reporter(self, report: Callable[[Any], None]) -> Callable[[Any], None]:
        def switched(event: Any) -> None:
            if not self._showing:
                report(event.new)

        return switched


def legend_html(layer: MapLayer, rule: HatchRule) -> str:
    """Return the legend: classes with their counts, then hatching and empty areas."""
    empty = count(layer.without_value, "area") if layer.without_value else ""
    if layer.two_way is not None:
        return panel("two_way", layer.two_way, empty, CLASS_WORDS)
    hatched = count(len(layer.unreliable), "area")
    when = layer.hatched_when or f"too uncertain to rely on, {words.hatch_phrase(rule)}"
    return panel(
        "legend",
        layer.legend,
        f"{when} ({hatched})" if layer.unreliable else "",
        empty,
        "" if layer.doubt is None else layer.doubt.sentence,
    )


def table_frame(table: pd.DataFrame, rule: HatchRule) -> pd.DataFrame:
    """Return the rows of the table behind the map."""
    columns = ["area_id", "name", "estimate", "moe", "cv", "n"]
    frame = table[[*columns, *(name for name in _BEFORE if name in table)]].copy()
    spoken = table["reliability"].map(_SHORT_RELIABILITY).fillna("no estimate")
    unsure = set(unreliable_positions(table, rule))
    frame["reliability"] = [
        f"{text} ▨" if position in unsure else text for position, text in enumerate(spoken)
    ]
    return frame


def table_formatters(quantity: Quantity) -> dict[str, NumberFormatter]:
    """Return how the numbers of the table are written; sorting still compares the numbers."""
    share = "0.0 %"
    plain = share if quantity.share else "0,0.[00]"
    columns = dict.fromkeys(("estimate", "moe", *_BEFORE), plain)
    return {
        name: NumberFormatter(format=text, nan_format="–")
        for name, text in {**columns, "cv": share, "n": "0,0"}.items()
    }
