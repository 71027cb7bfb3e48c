"""Two runs side by side: what was asked differently, and which results differ beyond chance."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.execution.validating import compare_runs
from fusion_core.validation.report import difference_findings
from fusion_core.workspace.runs import open_run
from harmony_app.figures.intervals import IntervalRows, interval_panel
from harmony_app.figures.printing import Sheet
from harmony_app.shell.look import page_part, percent
from harmony_app.validate.tabs._parts import part
from harmony_app.validate.tabs.figure_card import FigureCard
from harmony_app.validate.tabs.sections import about, findings_html, panel_html
from harmony_app.validate.view import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from fusion_core.execution.validating import RunDifferences
    from harmony_app.figures.look import Look
    from harmony_app.shell.session import Session
    from harmony_app.validate.view import ValidatedRun

_MEASURES = (
    ("absolute_percent_error", percent),
    ("skill", percent),
    ("coverage", percent),
)


class CompareTab:
    """The comparison of a run with another on the same donor.

    Parameters
    ----------
    session
        Who looks.
    record
        The run.
    runs
        Finished runs, identifier by title.
    html
        Settings of every piece of text.
    on_drawn
        Called when another comparison is shown, or none.

    Attributes
    ----------
    sheet
        Makes a file of the figure that is shown, from the title of the run and what stands before its caption;
        ``None`` while there is none.
    """

    def __init__(
        self,
        session: Session,
        record: ValidatedRun,
        runs: Mapping[str, str],
        html: dict[str, Any],
        on_drawn: Callable[[], None],
    ) -> None:
        self._on_drawn = on_drawn
        self.sheet: Callable[[str, str], Sheet] | None = None
        self._workspace = session.workspace
        self._record = record
        self._variable = ""
        donor = record.run.spec().pair.donor
        others = {
            title: name
            for title, name in runs.items()
            if name != record.run.id and open_run(self._workspace, name).spec().pair.donor == donor
        }
        self.other = pn.widgets.Select(
            label="Other run",
            options={"choose …": "", **others},
            value="",
            width=420,
            margin=(0, 0, 8, 0),
            visible=bool(others),
        )
        self._has_others = bool(others)
        self.card = FigureCard(session.theme, html, panel=420)
        self.other.param.watch(lambda _: self._show(), "value")
        self.view = pn.Column(self.other, self.card.view, margin=0, sizing_mode="stretch_width")

    def show(self, variable: str) -> pn.viewable.Viewable:
        """Show and return the comparison, of one variable or of all."""
        self._variable = variable
        self._show()
        return self.view

    @property
    def _other_title(self) -> str:
        return next(
            str(name) for name, run in self.other.options.items() if run == self.other.value
        )

    def _show(self) -> None:
        """Show the comparison that is asked for, and say whether there is a figure."""
        self.sheet = None
        self._compare()
        self._on_drawn()

    def _compare(self) -> None:
        body = part("help", "" if self._has_others else words.NO_OTHER_RUN)
        if not self.other.value:
            self._say(body)
            return
        try:
            found = compare_runs(self._record.run, open_run(self._workspace, self.other.value))
        except HarmonyError as error:
            self._say(page_part("error", error.message))
            return
        scores = self._own(found.scores)
        if np.isfinite(scores["difference"].to_numpy(dtype=float)).any():
            self.sheet = partial(_sheet, scores, self._other_title)
        if found.unseen:
            body = findings_html(about(difference_findings(scores), self._variable))
        else:
            body = part("help", words.COMPARED_INSIDE)
        self.card.show(
            panel_html(words.COMPARE_TITLE, words.COMPARE_HELP, body),
            self._numbers(found),
            (self.other.value, self._variable, found.unseen),
            lambda look: difference_panels(scores, look),
        )

    def _say(self, body: str) -> None:
        heading = panel_html(words.COMPARE_TITLE, words.COMPARE_HELP, body)
        self.card.show(heading, "", "", lambda _: [])

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["variable"] == self._variable] if self._variable else table

    def _numbers(self, found: RunDifferences) -> str:
        """Return results, settings and predictors of both runs, to be opened."""
        results = [
            (
                row["variable"],
                *(
                    f"{write(row[f'{name}_first'])} | {write(row[f'{name}_second'])}"
                    for name, write in _MEASURES
                ),
            )
            for row in self._own(found.results).to_dict("records")
        ]
        head = ("variable", "typical error", "skill", "80 % ranges hold")
        text = part("numbers", "Results: this run | the other", "", head, results, 1)
        settings = [tuple(row.values()) for row in found.settings.to_dict("records")]
        if settings:
            text += part(
                "numbers",
                "Asked differently",
                "",
                ("setting", "this run", "the other"),
                settings,
                3,
            )
        predictors = [
            (row["predictor"], "this run" if row["run"] == "first" else "the other")
            for row in found.predictors.to_dict("records")
        ]
        if predictors:
            title = "Predictors only one of them used"
            text += part("numbers", title, "", ("predictor", "used by"), predictors, 2)
        return text if settings or predictors else text + part("help", words.ASKED_ALIKE)


def _sheet(scores: pd.DataFrame, other: str, title: str, note: str) -> Sheet:
    """Return the differences with their words, to be written to a file."""
    return Sheet(
        title=f"{title} against {other}",
        caption=f"{note} {words.COMPARE_HELP}".strip(),
        draw=lambda look: look.layout(difference_panels(scores, look)),
        columns=1,
        panel=0.12 + 0.03 * len(scores),
    )


def difference_panels(scores: pd.DataFrame, look: Look) -> list[Any]:
    """Return differences of scores with their margins, those beyond chance in colour.

    Parameters
    ----------
    scores
        Of `fusion_core.validation.report.score_differences`.
    look
        Where they are drawn.
    """
    known = scores[np.isfinite(scores["difference"].to_numpy(dtype=float))]
    if known.empty:
        return []
    ordered = known.sort_values("difference", kind="stable")
    middle, margin = (ordered[name].to_numpy(dtype=float) for name in ("difference", "margin"))
    tones = [
        ("good" if row["difference"] < 0 else "bad") if row["differ"] else "muted"
        for row in ordered.to_dict("records")
    ]
    return [
        interval_panel(
            IntervalRows(
                names=[str(name) for name in ordered["variable"]],
                middle=middle,
                low=middle - margin,
                high=middle + margin,
                title="",
                across="score of this run less the other's, 90 % margin; left of 0 this run is better",
                share=True,
                reference=0.0,
                colours=[look.colours[tone] for tone in tones],
            ),
            look,
        )
    ]
