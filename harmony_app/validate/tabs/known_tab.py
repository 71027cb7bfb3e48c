"""Known answers: what comes out where the recipient knows the answer, area by area."""

from __future__ import annotations

import io
from functools import partial
from typing import TYPE_CHECKING, Any

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.execution.checking import USUAL
from fusion_core.spreadsheets import csv_text
from fusion_core.validation.known_answers import CARRIES, known_findings
from harmony_app.figures.areas import area_marks, area_panel, known_dots
from harmony_app.figures.printing import Sheet
from harmony_app.shell.look import number, page_part, percent
from harmony_app.validate.checks import ended_html, is_running, progress_html
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.tabs.figure_card import bokeh_pane, dots_key
from harmony_app.validate.tabs.sections import findings_html, panel_html
from harmony_app.validate.view import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from fusion_core.workspace.runs import RunState
    from harmony_app.figures.areas import AreaDots
    from harmony_app.shell.session import Theme
    from harmony_app.validate.checks import CheckWatch
    from harmony_app.validate.view import ValidatedRun


class KnownTab:
    """Known answers of one run, or how to ask for them.

    Parameters
    ----------
    watch
        The check of the run.
    html
        Settings of every piece of text.
    theme
        Light or dark page.
    on_drawn
        Called when a figure is shown.

    Attributes
    ----------
    sheet
        Makes a file of the figure that is shown, from the title of the run and what stands before its caption;
        ``None`` while there is none.
    """

    def __init__(
        self,
        watch: CheckWatch,
        html: dict[str, Any],
        theme: Theme,
        on_drawn: Callable[[], None],
    ) -> None:
        self._watch = watch
        self._on_drawn = on_drawn
        self.sheet: Callable[[str, str], Sheet] | None = None
        self._theme = theme
        self._record: ValidatedRun | None = None
        self.text = pn.pane.HTML("", **html)
        self.choice = pn.widgets.Select(
            label="Hidden variable", options=[], width=260, margin=(8, 0, 0, 0)
        )
        self.figure = pn.Column(margin=0, sizing_mode="stretch_width")
        self.numbers = pn.pane.HTML("", **html)
        self.state = pn.pane.HTML("", **html)
        self.start = pn.widgets.Button(label="Ask for known answers", color="primary", margin=0)
        self.download = pn.widgets.FileDownload(
            callback=self._csv,
            filename="known-answers.csv",
            label="Areas CSV",
            icon=None,
            margin=(6, 0, 0, 0),
        )
        self.start.on_click(lambda _: self._begin())
        self.choice.param.watch(lambda _: self._show_figure(), "value")
        self.view = pn.Column(
            self.text,
            self.choice,
            self.figure,
            self.numbers,
            self.state,
            self.start,
            self.download,
            css_classes=["card"],
            margin=0,
            styles={"padding": "14px"},
            sizing_mode="stretch_width",
        )
        self._listens = False

    def show(self, record: ValidatedRun) -> pn.viewable.Viewable:
        """Show and return what the run's known answers say."""
        self._record = record
        known = record.known
        body = ""
        if known is None:
            body = part("help", words.NO_KNOWN)
        else:
            shared = known.summary[~known.summary["own"]]
            body = findings_html(known_findings(shared))
            body += part("help", CARRIES) + dots_key(area_marks(same=True, theme=self._theme))
            options = {_title(row): place for place, row in enumerate(_rows(known.summary))}
            if self.choice.options != options:
                self.choice.options = options
                self.choice.value = 0
        for widget in (self.choice, self.figure, self.numbers, self.download):
            widget.visible = known is not None
        self.text.object = panel_html("What the recipient knows", words.KNOWN_HELP, body)
        self._show_figure()
        self._show_numbers()
        if self._listens:
            self._show_state(self._watch.state)
        else:
            self._watch.listen(self._show_state)
            self._listens = True
        return self.view

    def _show_figure(self) -> None:
        known = None if self._record is None else self._record.known
        if known is None or self.choice.value is None:
            self.figure[:], self.sheet = [], None
            return
        row = _rows(known.summary)[int(self.choice.value)]
        own = known.areas
        own = own[(own["variable"] == row["variable"]) & (own["level"] == row["level"])]
        dots = known_dots(own, level=str(row["level"]), slope=float(row["slope"]))
        self.sheet = partial(_sheet, dots, _title(row))
        self.figure[:] = [bokeh_pane(lambda look: area_panel(dots, look), self._theme)]
        self._on_drawn()

    def _show_numbers(self) -> None:
        known = None if self._record is None else self._record.known
        if known is None:
            return
        rows = [
            (
                _title(row),
                number(row["slope"]),
                number(row["correlation"]),
                number(row["error"]),
                number(row["spread"]),
                number(row["beyond"]),
                number(row["shift"]),
                percent(row["coverage"], decimals=0),
                number(row["interval_score"]),
                number(row["interval_score_constant"]),
            )
            for row in _rows(known.summary)
        ]
        head = (
            "hidden",
            "slope",
            "correlation",
            "error",
            "truth varies by",
            "beyond sampling",
            "surveys differ by",
            "inside margin",
            "interval score",
            "with one variance",
        )
        numbers = part("numbers", "The numbers", words.KNOWN_NUMBERS, head, rows, 1)
        hidden = [
            (row["variable"], row["predictor"], row["reason"])
            for row in known.hidden.to_dict("records")
        ]
        beside = part(
            "numbers",
            "What was hidden with them",
            words.HIDDEN_HELP,
            ("hidden", "with it", "because it is"),
            hidden,
            3,
        )
        self.numbers.object = numbers + (beside if hidden else "")

    def _begin(self) -> None:
        try:
            self._watch.start(USUAL)
        except HarmonyError as error:
            self.state.object = page_part("error", error.message)

    def _show_state(self, state: RunState | None) -> None:
        own = self._watch.repeats_usual
        known = None if self._record is None else self._record.known
        self.start.visible = known is None and not is_running(state) and self._watch.may_start
        if own and is_running(state) and state is not None:
            self.state.object = progress_html(state)
        else:
            self.state.object = ended_html(state) if own and known is None else ""

    def _csv(self) -> io.BytesIO:
        known = None if self._record is None else self._record.known
        return io.BytesIO(b"" if known is None else csv_text(known.areas).encode())


def _sheet(dots: AreaDots, hidden: str, title: str, note: str) -> Sheet:
    """Return the figure of a hidden variable with its words, to be written to a file."""
    return Sheet(
        title=f"Known answers, {hidden}: {title}",
        caption=f"{note} {words.KNOWN_HELP}".strip(),
        draw=lambda look: area_panel(dots, look),
        legend=area_marks(same=True),
        columns=1,
        panel=0.62,
    )


def _rows(summary: Any) -> list[dict[str, Any]]:
    return list(summary.to_dict("records"))


def _title(row: dict[str, Any]) -> str:
    name = f"{row['variable']}: {row['level']}" if row["level"] else str(row["variable"])
    return f"{name} (only the recipient asked)" if row["own"] else name
