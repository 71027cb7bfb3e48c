"""The Validate page: whether fused variables can be trusted, and down to which subset size."""

from __future__ import annotations

import dataclasses
import io
import traceback
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd
import panel as pn
from panel.viewable import Viewer

from fusion_core.errors import HarmonyError
from fusion_core.validation import smooth_metrics
from fusion_core.validation.sentences import distribution_findings
from fusion_core.validation.verdicts import verdict
from harmony_app.shell.background import LatestWork
from harmony_app.shell.saver import FigureSaver
from harmony_app.shell.session import set_query
from harmony_app.shell.tables import data_table
from harmony_app.validate import words
from harmony_app.validate.curves_svg import curves_svg
from harmony_app.validate.detail import dependence_html, distribution_html
from harmony_app.validate.panels import CurvePanels
from harmony_app.validate.state import (
    EVERY_SUBSET,
    ValidateState,
    families,
    in_family,
    repair,
    to_query,
    toggle_variable,
)
from harmony_app.validate.verdict_list import VerdictList, verdict_items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fusion_core.surveys.model import Variable
    from fusion_core.validation import Validation
    from harmony_app.shell.session import Session

ASSETS: Final = Path(__file__).parent / "assets"
_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TABLE_COLUMNS: Final = {
    "variable": "Variable", "level": "Level", "subset": "Subset", "share": "Share", "n": "n",
    "observed": "Observed", "simulated": "Fused", "absolute_percent_error": "Error",
    "value_added": "Value-added", "uncertainty_ratio": "Uncertainty",
}  # fmt: skip


class ValidatePage(Viewer):
    """The page of one visitor.

    Parameters
    ----------
    session
        Who looks.
    state
        What to show first.
    validation
        The run's validation.
    runs
        Finished runs, identifier by title.
    variables
        The donor's dictionary.
    choose_run
        Called with the identifier of another run.
    """

    def __init__(
        self,
        session: Session,
        state: ValidateState,
        validation: Validation,
        runs: Mapping[str, str],
        variables: Mapping[str, Variable],
        *,
        choose_run: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._session = session
        self._validation = validation
        self._dictionary = variables
        self._names = tuple(str(name) for name in validation.summary["variable"])
        self._families = families(validation.metrics)
        self._work = LatestWork()
        self.state = repair(state, self._names, list(self._families.values()))
        self._metrics, self._curves = validation.metrics, validation.curves
        styles = [(ASSETS / "validate.css").read_text(encoding="utf-8")]
        self._html = {"stylesheets": styles, "margin": 0, **_WIDE}
        self.panels = CurvePanels(self._names, session.theme)
        self.verdicts = VerdictList(self._choose_variable, margin=0, **_WIDE)
        self.run = pn.widgets.Select(
            label="Run", options=dict(runs), value=self.state.run, margin=(0, 0, 8, 0), **_WIDE
        )
        self.family = pn.widgets.Select(
            label="Subsets", options=self._families, value=self.state.family, margin=(0, 0, 8, 0),
            **_WIDE,
        )  # fmt: skip
        self.status = pn.pane.HTML("", **self._html)
        self.distribution = pn.pane.HTML("", **self._html)
        self.dependence = pn.pane.HTML("", **self._html)
        self._notes = {metric.name: pn.pane.HTML("", **self._html) for metric in words.METRICS}
        self.table = data_table(
            self._table_rows(), titles=_TABLE_COLUMNS, height=360, formatters=_formatters(), **_WIDE
        )
        self._saver = FigureSaver(width=0, height=0, margin=0)
        self.run.param.watch(lambda event: choose_run(event.new), "value")
        self.family.param.watch(
            lambda event: self.dispatch(dataclasses.replace(self.state, family=event.new)), "value"
        )
        self._layout = self._build()
        self._show()
        if self.state.family != EVERY_SUBSET:
            self._filter()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the page."""
        return self._layout

    def dispatch(self, state: ValidateState) -> None:
        """Show another state; curves are fitted again only when the subsets change."""
        before, self.state = self.state, state
        set_query(**to_query(state))
        if before.family != state.family:
            self._filter()
        else:
            self._show()

    def _choose_variable(self, variable: str) -> None:
        self.dispatch(toggle_variable(self.state, variable))

    def _filter(self) -> None:
        """Fit the curves to one family of subsets, beside the session."""
        family, validation = self.state.family, self._validation
        if family == EVERY_SUBSET:
            self._work.cancel()
            self._filtered((validation.metrics, validation.curves))
            return
        self.status.object = '<div class="status" role="status"><span class="spinner"></span>Drawing the curves …</div>'

        def compute() -> tuple[pd.DataFrame, pd.DataFrame]:
            metrics = in_family(validation.metrics, family)
            return metrics, smooth_metrics(metrics)

        self._work.start(compute, self._filtered, self._failed)

    def _filtered(self, found: tuple[pd.DataFrame, pd.DataFrame]) -> None:
        self._metrics, self._curves = found
        self.status.object = ""
        self._show()

    def _failed(self, error: Exception) -> None:
        text = "The curves could not be drawn; the server's log says why."
        if isinstance(error, HarmonyError):
            text = error.message
        else:
            traceback.print_exception(error)
        self.status.object = f'<div class="error" role="alert">{escape(text)}</div>'

    def _show(self) -> None:
        chosen = self.state.variable
        outside = self.panels.show(self._metrics, self._curves, chosen)
        for name, pane in self._notes.items():
            pane.object = f'<div class="outside">{escape(words.scale_note(outside[name]))}</div>'
        self.verdicts.items = verdict_items(
            self._sentences(), self._validation.summary, self.panels.colours, self._dictionary
        )
        self.verdicts.chosen = chosen
        detailed = chosen or self._names[0]
        found = [
            item for item in distribution_findings(self._validation) if item.variable == detailed
        ]
        self.distribution.object = distribution_html(
            self._validation.marginals, " ".join(item.text for item in found), detailed
        )
        self.dependence.object = dependence_html(self._validation.correlations, chosen)
        self.table.value = self._table_rows()

    def _sentences(self) -> dict[str, str]:
        if self.state.family == EVERY_SUBSET:
            return dict(zip(self._names, self._validation.verdicts, strict=True))
        return {name: verdict(name, self._curves) for name in self._names}

    def _table_rows(self) -> pd.DataFrame:
        rows = self._metrics
        if self.state.variable:
            rows = rows[rows["variable"] == self.state.variable]
        return rows[list(_TABLE_COLUMNS)].reset_index(drop=True)

    def _build(self) -> pn.viewable.Viewable:
        files = [
            _file_button("Analyses CSV", "analyses.csv", lambda: self._metrics),
            _file_button("Curves CSV", "curves.csv", lambda: self._curves),
            self._figure_button("png"), self._figure_button("svg"),
        ]  # fmt: skip
        hint = '<p class="help">Choose a variable to see its subsets and its distribution.</p>'
        left = pn.Column(
            self.run, self.family, self.status,
            pn.pane.HTML(f'<h2 class="panel-title">Can they be trusted?</h2>{hint}', **self._html),
            self.verdicts, pn.FlexBox(*files, gap="4px", margin=(10, 0, 0, 0), **_WIDE),
            self._saver, css_classes=["card"], margin=(0, 10, 0, 0), scroll="y-auto",
            styles={"flex": "0 0 clamp(236px, 24vw, 340px)", "height": "100%", "padding": "12px"},
        )  # fmt: skip
        introduction = pn.pane.HTML(f'<p class="help">{words.INTRODUCTION}</p>', **self._html)
        panels = pn.FlexBox(
            *[self._panel_card(metric) for metric in words.METRICS], gap="10px",
            margin=(8, 0, 10, 0), align_items="stretch", **_WIDE,
        )  # fmt: skip
        halves = {"flex": "1 1 300px", "padding": "12px", "min-width": "0"}
        below = pn.FlexBox(
            pn.Column(self.distribution, css_classes=["card"], margin=0, styles=halves, **_WIDE),
            pn.Column(self.dependence, css_classes=["card"], margin=0, styles=halves, **_WIDE),
            gap="10px", margin=(0, 0, 10, 0), align_items="stretch", **_WIDE,
        )  # fmt: skip
        table = pn.Column(
            pn.pane.HTML('<h2 class="panel-title">All analyses</h2>', **self._html), self.table,
            css_classes=["card"], margin=0, styles={"padding": "12px"}, **_WIDE,
        )  # fmt: skip
        right = pn.Column(
            introduction, panels, below, table, margin=0, scroll="y-auto",
            sizing_mode="stretch_both", styles={"height": "100%", "min-width": "0"},
        )  # fmt: skip
        return pn.Row(
            left, right, margin=0, sizing_mode="stretch_both",
            styles={"height": "calc(100vh - 70px)", "min-height": "520px"},
        )  # fmt: skip

    def _panel_card(self, metric: words.Metric) -> pn.viewable.Viewable:
        heading = (
            f'<div class="panel-head"><h2 class="panel-title">{escape(metric.title)}</h2>'
            f'<p class="help">{escape(metric.help)}</p></div>'
        )
        return pn.Column(
            pn.pane.HTML(heading, **self._html),
            pn.pane.Bokeh(self.panels.plots[metric.name], margin=(6, 0, 0, 0), **_WIDE),
            self._notes[metric.name],
            css_classes=["card"], margin=0,
            styles={"flex": "1 1 215px", "padding": "12px", "min-width": "0"},
        )  # fmt: skip

    def _figure_button(self, kind: Literal["svg", "png"]) -> pn.widgets.Button:
        button = pn.widgets.Button(label=kind.upper(), margin=0)
        button.description = f"The three panels as a figure for a report, {kind.upper()}"
        button.on_click(lambda _: self._save_figure(kind))
        return button

    def _save_figure(self, kind: Literal["svg", "png"]) -> None:
        title = next(
            (name for name, run in self.run.options.items() if run == self.state.run), "Validation"
        )
        family = next(name for name, value in self._families.items() if value == self.state.family)
        note = f"Subsets: {family}. {words.INTRODUCTION}"
        if self._session.workspace.synthetic:
            note = f"SYNTHETIC DATA. {note}"
        svg = curves_svg(self._curves, self.panels.colours, title, note)
        self._saver.save(svg, "validation", kind)


def _file_button(
    label: str, filename: str, rows: Callable[[], pd.DataFrame]
) -> pn.widgets.FileDownload:
    def content() -> io.BytesIO:
        return io.BytesIO(rows().to_csv(index=False).encode())

    return pn.widgets.FileDownload(
        callback=content, filename=f"validation-{filename}", label=label, icon=None, margin=0
    )


def _formatters() -> dict[str, Any]:
    from bokeh.models.widgets.tables import NumberFormatter

    formats = {
        "share": "0.0 %", "observed": "0,0.[00]", "simulated": "0,0.[00]",
        "absolute_percent_error": "0.0 %", "value_added": "0.00", "uncertainty_ratio": "0.00",
        "n": "0,0",
    }  # fmt: skip
    return {name: NumberFormatter(format=text, nan_format="–") for name, text in formats.items()}
