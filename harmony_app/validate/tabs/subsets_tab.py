"""The paper's panels: errors, value-added and uncertainty against the size of subsets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import panel as pn

from fusion_core.validation import smooth_metrics
from harmony_app.figures.subsets.curves import SizeMark, curve_view, drawn_styles
from harmony_app.figures.subsets.metrics import METRICS, Metric, value_text
from harmony_app.shell.look import data_table, number, page_part, percent
from harmony_app.shell.work import SlowWork, failure_text
from harmony_app.validate.tabs._multiples import MultiplesCard
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.tabs.sections import findings_html
from harmony_app.validate.view import EVERY_SUBSET, area_sentences, in_family, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from fusion_core.validation import Validation
    from fusion_core.validation.report import Finding
    from harmony_app.figures.subsets.curves import CurveView
    from harmony_app.figures.subsets.linked import LinkedCurves
    from harmony_app.shell.session import Session
    from harmony_app.validate.view import ValidatedRun

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TABLE_COLUMNS: Final = {
    "variable": "Variable",
    "level": "Level",
    "subset": "Subset",
    "share": "Share",
    "n": "n",
    "observed": "Observed",
    "simulated": "Fused",
    "absolute_percent_error": "Error",
    "value_added": "Value-added",
    "uncertainty_ratio": "Uncertainty",
}


_LISTED: Final = 10
_LISTED_COLUMNS: Final = (
    "Variable",
    "Subset",
    "Share",
    "Observed",
    "Fused",
    "Error",
    "Value-added",
    "Uncertainty",
)
_KINDS: Final = ("puma", "county", "state")


def size_marks(record: ValidatedRun) -> tuple[SizeMark, ...]:
    """Return the middle size of the recipient's PUMAs, counties and states, as shares of its households."""
    if record.sizes is None or not record.sizes.households:
        return ()
    found = []
    for kind in _KINDS:
        sizes = record.sizes.every.get(kind)
        if sizes is not None and len(sizes) > 1:
            share = float(np.median(sizes)) / record.sizes.households
            found.append(SizeMark("PUMA" if kind == "puma" else kind, share))
    return tuple(found)


def _value(value: float, *, is_share: bool) -> str:
    """Write a mean, or the share of a level."""
    return percent(value) if is_share else number(value)


class SubsetsTab:
    """Curves of a family of subsets, and the analyses behind them on demand.

    Parameters
    ----------
    variables
        Fused variables in the order of their colours.
    session
        Whose questions about them these are, and how the page looks.
    html
        Settings of every piece of text.
    on_fitted
        Called when other curves are shown.
    on_choose
        Called with a variable that is clicked.
    """

    def __init__(
        self,
        variables: Sequence[str],
        session: Session,
        html: dict[str, Any],
        on_fitted: Callable[[], None],
        on_choose: Callable[[str], None],
    ) -> None:
        self._html = html
        self._on_fitted = on_fitted
        self._work = SlowWork(session.visitor)
        self._chosen = ""
        self._record: ValidatedRun | None = None
        self._seen: tuple[int, str] | None = None
        self._theme = theme = session.theme
        self._names = tuple(variables)
        self._picked: tuple[str, ...] = ()
        self.styles = drawn_styles(variables, variables, theme)
        self.linked: LinkedCurves | None = None
        self._places = {
            metric.name: pn.Column(height=266, margin=(6, 0, 0, 0), **_WIDE) for metric in METRICS
        }
        self.brushed = pn.pane.HTML("", **html)
        self.status = pn.pane.HTML("", **html)
        self.areas = pn.pane.HTML("", **html)
        self.metrics: pd.DataFrame | None = None
        self.curves: pd.DataFrame | None = None
        self.table: pn.widgets.Tabulator | None = None
        self.multiples = MultiplesCard(theme, html, on_choose)
        self._notes = {metric.name: pn.pane.HTML("", **html) for metric in METRICS}
        self._reveal = pn.widgets.Button(label="Show all analyses", margin=(0, 0, 8, 0))
        self._reveal.on_click(lambda _: self._show_table())
        self._analyses = pn.Column(self._reveal, margin=0, **_WIDE)
        self.view = self._build()

    def show(self, record: ValidatedRun, validation: Validation, family: str, chosen: str) -> None:
        """Show a validation's curves; they are fitted again only for a family of subsets."""
        self._chosen, self._record = chosen, record
        seen = (id(validation), family)
        if self._seen == seen:
            self._draw()
            return
        self._seen = seen
        if family == EVERY_SUBSET:
            self._work.cancel()
            self._fitted((validation.metrics, validation.curves))
            return
        self.status.object = page_part("status", "Drawing the curves …", busy=True)

        def compute() -> tuple[pd.DataFrame, pd.DataFrame]:
            metrics = in_family(validation.metrics, family)
            return metrics, smooth_metrics(metrics)

        self._work.start(compute, self._fitted, self._failed)

    def pick(self, names: Sequence[str]) -> None:
        """Give these variables the lines of their own; the page chooses where there are none."""
        self._picked = tuple(names)
        self._draw()

    def _fitted(self, found: tuple[pd.DataFrame, pd.DataFrame]) -> None:
        self.metrics, self.curves = found
        self.status.object = ""
        self._draw()
        self._on_fitted()

    def _failed(self, error: Exception) -> None:
        text = failure_text(error, "The curves could not be drawn")
        self.status.object = page_part("error", text)

    def _draw(self) -> None:
        if self.metrics is None or self.curves is None:
            return
        self._say_areas()
        marks = () if self._record is None else size_marks(self._record)
        view = curve_view(
            self.metrics,
            self.curves,
            self._names,
            chosen=self._chosen,
            shown=self._picked,
            marks=marks,
        )
        self.styles = drawn_styles(self._names, view.named, self._theme)
        if self.linked is None:
            self._lay_out(view)
        else:
            self.linked.show(view)
        for name, pane in self._notes.items():
            pane.object = page_part("line", "div", "outside", words.scale_note(view.outside(name)))
        self.multiples.show(self.curves, self._names, self._chosen, marks)
        self._list(self.linked.brushed if self.linked is not None else [])
        if self.table is not None:
            self.table.value = self._rows()

    def _lay_out(self, view: CurveView) -> None:
        """Draw the panels when their numbers are there; the library that draws comes with them."""
        from harmony_app.figures.subsets.linked import LinkedCurves

        self.linked = LinkedCurves(view, self._theme, self._list)
        for name, plot in self.linked.plots.items():
            self._places[name][:] = [pn.pane.Bokeh(plot, margin=0, **_WIDE)]

    def _list(self, rows: Sequence[int]) -> None:
        """List the analyses that are brushed; while none is, those furthest off."""
        if self.metrics is None:
            return
        own = self._seen_of(self.metrics)
        found = own.iloc[list(rows)] if rows else own
        found = found.sort_values("absolute_percent_error", ascending=False, kind="stable")
        title = f"{len(rows):,} selected" if rows else "Furthest off"
        about = words.BRUSHED if rows else words.FURTHEST
        lines = [
            (
                f"{row['variable']}: {row['level']}" if row["level"] else row["variable"],
                row["subset"],
                percent(row["share"]),
                *(
                    _value(row[name], is_share=bool(row["level"]))
                    for name in ("observed", "simulated")
                ),
                *(value_text(metric, row[metric.name]) for metric in METRICS),
            )
            for row in found.head(_LISTED).to_dict("records")
        ]
        self.brushed.object = part("analyses", title, about, _LISTED_COLUMNS, lines, 2)

    def _seen_of(self, metrics: pd.DataFrame) -> pd.DataFrame:
        """Return the analyses that are drawn: of the chosen variable, or those searched for."""
        names = [self._chosen] if self._chosen else self._picked or self._names
        return metrics[metrics["variable"].isin(names)]

    def _say_areas(self) -> None:
        """Say above the curves what they mean for areas."""
        said: list[Finding] = []
        if self._record is not None and self.curves is not None:
            said = area_sentences(self._record, self.curves, self._chosen)
        body = findings_html(said)
        if said and not self._chosen and len(self._names) > 1:
            body = part("help", words.LEAST_CERTAIN) + body
        self.areas.object = body

    def _show_table(self) -> None:
        """Build the table when it is wanted: it is the heaviest thing of the page."""
        self.table = data_table(
            self._rows(),
            titles=_TABLE_COLUMNS,
            height=360,
            formatters=_formatters(),
            widths={"subset": "26%"},
            **_WIDE,
        )
        self._analyses[:] = [
            pn.pane.HTML(part("title", "All analyses"), **self._html),
            self.table,
        ]

    def _rows(self) -> pd.DataFrame:
        rows = self.metrics
        assert rows is not None  # noqa: S101 - the button appears with the curves
        rows = self._seen_of(rows)
        return rows[list(_TABLE_COLUMNS)].reset_index(drop=True)

    def _build(self) -> pn.viewable.Viewable:
        introduction = pn.pane.HTML(part("help", words.INTRODUCTION), **self._html)
        panels = pn.FlexBox(
            *[self._card(metric) for metric in METRICS],
            gap="10px",
            margin=(8, 0, 10, 0),
            align_items="stretch",
            **_WIDE,
        )
        return pn.Column(
            introduction,
            self.areas,
            self.status,
            panels,
            self.brushed,
            pn.Spacer(height=10),
            self.multiples.view,
            self._analyses,
            margin=0,
            **_WIDE,
        )

    def _card(self, metric: Metric) -> pn.viewable.Viewable:
        heading = part("panel_head", metric.title, metric.help)
        return pn.Column(
            pn.pane.HTML(heading, **self._html),
            self._places[metric.name],
            self._notes[metric.name],
            css_classes=["card"],
            margin=0,
            styles={"flex": "1 1 215px", "padding": "12px", "min-width": "0"},
        )


def _formatters() -> dict[str, Any]:
    from bokeh.models.widgets.tables import NumberFormatter

    formats = {
        "share": "0.0 %",
        "observed": "0,0.[00]",
        "simulated": "0,0.[00]",
        "absolute_percent_error": "0.0 %",
        "value_added": "0.00",
        "uncertainty_ratio": "0.00",
        "n": "0,0",
    }
    return {name: NumberFormatter(format=text, nan_format="–") for name, text in formats.items()}
