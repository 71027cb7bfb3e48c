"""The Validate page: whether fused variables can be trusted, and down to which subset size."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn
from panel.viewable import Viewer

from fusion_core.spreadsheets import csv_text
from fusion_core.validation.internal import verdict
from fusion_core.validation.report import TABLES, sentences
from harmony_app.figures.calibration import MOST_LEVELS, answers_left_out
from harmony_app.figures.dependence import dependence_classes
from harmony_app.figures.validation import (
    has_figure,
    telling_variables,
    validation_panels,
    validation_sheet,
)
from harmony_app.shell.look import page_part, segmented
from harmony_app.shell.session import set_query
from harmony_app.shell.work import at_once
from harmony_app.validate.checks import CheckWatch, RepeatBar
from harmony_app.validate.tabs import (
    CompareTab,
    FigureCard,
    FigureFiles,
    KnownTab,
    PlacesCard,
    SubsetsTab,
    TableTab,
    UnseenTab,
    VerdictList,
    key_html,
    sections,
    size_marks,
    verdict_items,
)
from harmony_app.validate.view import (
    EVERY_SUBSET,
    SUBSETS,
    TABS,
    ValidateState,
    families,
    repair,
    shared_record,
    to_query,
    toggle_variable,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fusion_core.validation import Validation
    from fusion_core.validation.internal import FigureName
    from harmony_app.figures.printing import Sheet
    from harmony_app.shell.session import Session
    from harmony_app.validate.view import ValidatedRun

ASSETS: Final = Path(__file__).parent / "assets"
_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
# Variables drawn while none is chosen.
_MOST_PANELS: Final = 4
# What the figures of a tab are called, and which they are.
_FIGURES: Final[dict[str, dict[str, FigureName]]] = {
    SUBSETS: {"all in one frame": "curves", "variable by variable": "multiples"},
    "distributions": {"distributions": "distributions", "dependence": "dependence"},
    "draws": {"draws against the truth": "calibration"},
    "predictors": {"predictors": "predictors"},
    "implicates": {"implicates": "implicates"},
}


class ValidatePage(Viewer):
    """The page of one visitor.

    Parameters
    ----------
    session
        Who looks.
    state
        What to show first.
    record
        The run and its validations.
    runs
        Finished runs, identifier by title.
    choose_run
        Called with the identifier of another run.
    """

    def __init__(
        self,
        session: Session,
        state: ValidateState,
        record: ValidatedRun,
        runs: Mapping[str, str],
        *,
        choose_run: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._session = session
        self._record = record
        self._names = tuple(str(name) for name in record.inside.summary["variable"])
        self._families = families(record.inside.metrics)
        self.state = repair(state, self._names, list(self._families.values()))
        styles = [(ASSETS / "validate.css").read_text(encoding="utf-8")]
        self._html = {"stylesheets": styles, "margin": 0, **_WIDE}
        self.subsets = SubsetsTab(
            self._names,
            session,
            self._html,
            on_fitted=self._show_verdicts,
            on_choose=self._choose_variable,
        )
        self.check = CheckWatch(session, record.run, self._check_finished)
        self.files = FigureFiles(self._html)
        self.repeat = RepeatBar(self.check, self._html)
        self.unseen = UnseenTab(session.workspace, self.check, self._html)
        self.known = KnownTab(self.check, self._html, session.theme, self._show_files)
        self.other = TableTab(session, record, self._html)
        self.compare = CompareTab(session, record, runs, self._html, self._show_files)
        self.verdicts = VerdictList(self._choose_variable, self._narrow, margin=0, **_WIDE)
        self.run = pn.widgets.Select(
            label="Run", options=dict(runs), value=self.state.run, margin=(0, 0, 8, 0), **_WIDE
        )
        self.family = pn.widgets.Select(
            label="Subsets",
            options=self._families,
            value=self.state.family,
            margin=(0, 0, 8, 0),
            **_WIDE,
        )
        self.households = segmented(
            {words.INSIDE: False, words.OUTSIDE: True},
            value=self.state.unseen,
            margin=(2, 0, 8, 0),
            **_WIDE,
        )
        self._which = pn.pane.HTML("", **self._html)
        self.tabs = segmented(TABS, value=self.state.tab, css_classes=["tabs"])
        self.distribution = FigureCard(session.theme, self._html, panel=300)
        self.dependence = FigureCard(session.theme, self._html, panel=420)
        self.places = PlacesCard(session, record, self._html, self._show_files)
        self.draws = FigureCard(session.theme, self._html, widest=440)
        self.predictors = FigureCard(session.theme, self._html, panel=330, widest=620)
        self.implicates = FigureCard(session.theme, self._html, panel=330, widest=620)
        self._content = pn.Column(margin=0, **_WIDE)
        self.run.param.watch(lambda event: choose_run(event.new), "value")
        self._on(self.family, "family")
        self._on(self.households, "unseen")
        self._on(self.tabs, "tab")
        self._layout = self._build()
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the page."""
        return self._layout

    @property
    def validation(self) -> Validation:
        """The validation that is shown: the usual one, or that of unseen households."""
        return self._record.shown(self.state.unseen)

    def dispatch(self, state: ValidateState) -> None:
        """Show another state."""
        self.state = state
        with at_once():
            set_query(**to_query(state))
            self._show()

    def _on(self, widget: Any, field: str) -> None:
        widget.param.watch(
            lambda event: self.dispatch(dataclasses.replace(self.state, **{field: event.new})),
            "value",
        )

    def _choose_variable(self, variable: str) -> None:
        self.dispatch(toggle_variable(self.state, variable))

    def _narrow(self, names: list[str]) -> None:
        """Draw the lines of what is searched for."""
        self.subsets.pick([name for name in self._names if name in names])
        self._show_verdicts()

    def _check_finished(self) -> None:
        self._record = shared_record(
            self._session.workspace, self._record.run, self._record.variables
        )
        self._show()

    def _show(self) -> None:
        self._show_which()
        self.repeat.show(self._record.warnings, needed=self._record.repeat)
        # The curves' verdicts are those of the list, so they are fitted for every tab.
        self.subsets.show(self._record, self.validation, self.state.family, self.state.variable)
        self._show_verdicts()
        view = self._tab_view()
        if list(self._content) != [view]:
            self._content[:] = [view]
        self._show_files()

    def _show_which(self) -> None:
        """Say which households the figures are of, and let them be switched where both exist."""
        both = self._record.outside is not None
        self.households.visible = both
        text = "" if self._record.weighted else f"{words.UNWEIGHTED} "
        text += "Households, to the models" if both else words.ONLY_INSIDE
        formed = self._record.subsets
        self._which.object = page_part("line", "p", "which", text) + (
            sections.more_html("How subsets are formed", f"{formed}.") if formed else ""
        )

    def _show_verdicts(self) -> None:
        self.verdicts.items = verdict_items(
            self._sentences(),
            self.validation.summary,
            self.subsets.styles,
            self._record.variables,
        )
        self.verdicts.chosen = self.state.variable

    def _sentences(self) -> dict[str, str]:
        curves = self.subsets.curves
        if self.state.family == EVERY_SUBSET or curves is None:
            return dict(zip(self._names, self.validation.verdicts, strict=True))
        return {name: verdict(name, curves) for name in self._names}

    def _tab_view(self) -> pn.viewable.Viewable:
        views: dict[str, Callable[[], pn.viewable.Viewable]] = {
            SUBSETS: lambda: self.subsets.view,
            "distributions": self._show_distributions,
            "draws": self._show_draws,
            "predictors": self._show_predictors,
            "implicates": self._show_implicates,
            "unseen": lambda: self.unseen.show(self._record, self.state.variable),
            "known": lambda: self.known.show(self._record),
            "table": lambda: self.other.view,
            "run": lambda: self.compare.show(self.state.variable),
        }
        return views[self.state.tab]()

    def _shown(self, what: str, most: int) -> list[str]:
        """Return the variable in detail, or those a figure tells most of."""
        chosen = self.state.variable
        return [chosen] if chosen else telling_variables(self.validation, what)[:most]

    def _draw(self, card: FigureCard, what: str, names: list[str], above: str, below: str) -> None:
        found = self.validation
        shown = (id(found), what, tuple(names))
        card.show(above, below, shown, lambda look: validation_panels(found, what, look, names))

    def _show_distributions(self) -> pn.viewable.Viewable:
        found, chosen = self.validation, self.state.variable
        names = self._shown("distributions", _MOST_PANELS)
        said = {item.variable: item for item in sentences.distribution_findings(found)}
        findings = [said[name] for name in names]
        title = f"Distribution of {chosen}" if chosen else "Distributions that differ most"
        self._draw(
            self.distribution,
            "distributions",
            names,
            sections.panel_html(title, words.DISTRIBUTION_HELP, sections.findings_html(findings)),
            sections.distribution_html(found.marginals, names),
        )
        kept = sections.findings_html([sentences.dependence_finding(found, chosen)])
        key = key_html([item[:2] for item in dependence_classes(self._session.theme)])
        heading = f"Dependence of {chosen}" if chosen else "Dependence between variables"
        self._draw(
            self.dependence,
            "dependence",
            [chosen] if chosen else [],
            sections.panel_html(heading, words.DEPENDENCE_HELP, kept + key),
            sections.dependence_html(found.correlations, chosen),
        )
        self.places.show(names[0])
        return self._distributions

    def _show_draws(self) -> pn.viewable.Viewable:
        found, chosen = self.validation, self.state.variable
        unseen = found is self._record.outside
        findings = [
            *sentences.skill_findings(found),
            *sentences.calibration_findings(found),
            *sentences.reliability_findings(found, unseen=unseen),
        ]
        names = self._shown("calibration", _MOST_PANELS)
        drawn = found.reliability["variable"].isin(names).any()
        ranged = found.coverage["variable"].isin(names).any()
        told = [words.RANGES_TOLD] if ranged else []
        if drawn:
            told.append(words.RELIABILITY_HELP + ("" if unseen else words.RELIABILITY_KNOWN))
        missing = answers_left_out(found.reliability, names)
        if missing:
            told.append(words.left_out(missing, MOST_LEVELS))
        if len(names) < len(self._names) and not chosen:
            told.append(words.LEAST_SURE)
        above = sections.findings_html(sections.about(findings, chosen)) + sections.helps_html(told)
        below = (
            sections.scores_html(found.scores, chosen)
            + sections.coverage_html(found.coverage, chosen)
            + sections.reliability_html(found.reliability, chosen)
        )
        heading = sections.panel_html("Draws of single households", words.DRAWS_HELP, above)
        self._draw(self.draws, "calibration", names, heading, below)
        return self.draws.view

    def _show_implicates(self) -> pn.viewable.Viewable:
        found = self.validation
        names = self._shown("implicates", 1)
        above = sections.findings_html([sentences.convergence_finding(found)])
        heading = sections.panel_html("Are there enough implicates?", words.CONVERGENCE_HELP, above)
        below = sections.convergence_html(found.convergence, names[0] if names else self._names[0])
        self._draw(self.implicates, "implicates", names, heading, below)
        return self.implicates.view

    def _show_predictors(self) -> pn.viewable.Viewable:
        # Folds have models of their own; what the run's model used is the same for both.
        found, names = self._record.inside, self._shown("predictors", _MOST_PANELS)
        findings = sections.about(sentences.importance_findings(found), self.state.variable)
        heading = sections.panel_html(
            "What variables were predicted from",
            words.PREDICTORS_HELP,
            sections.findings_html(findings),
        )
        known = found.importance["variable"].isin(names).any()
        below = "" if known else sections.helps_html([words.NO_IMPORTANCE])
        self.predictors.show(
            heading,
            below,
            tuple(names),
            lambda look: validation_panels(found, "predictors", look, names),
        )
        return self.predictors.view

    def _build(self) -> pn.viewable.Viewable:
        halves = {"flex": "1 1 420px"}
        for card in (self.distribution, self.dependence):
            card.view.styles = {**card.view.styles, **halves}
        self._distributions = pn.FlexBox(
            self.distribution.view,
            self.dependence.view,
            self.places.view,
            gap="10px",
            margin=0,
            align_items="flex-start",
            **_WIDE,
        )
        right = pn.Column(
            self.tabs,
            self.repeat.view,
            pn.Spacer(height=8),
            self._content,
            margin=0,
            scroll="y-auto",
            sizing_mode="stretch_both",
            styles={"height": "100%", "min-width": "0"},
        )
        return pn.Row(
            self._side(),
            right,
            margin=0,
            sizing_mode="stretch_both",
            styles={"height": "calc(100vh - 70px)", "min-height": "520px"},
        )

    def _side(self) -> pn.viewable.Viewable:
        files = [
            _file_button("Analyses CSV", "analyses.csv", lambda: _csv(self.subsets.metrics)),
            _file_button("Curves CSV", "curves.csv", lambda: _csv(self.subsets.curves)),
            _file_button("All tables", "tables.zip", self._archive),
        ]
        trusted = sections.panel_html(
            "Can they be trusted?", "Choose a variable to see more of it.", ""
        )
        return pn.Column(
            self.run,
            self.family,
            self._which,
            self.households,
            pn.pane.HTML(trusted, **self._html),
            self.verdicts,
            self.files.view,
            pn.FlexBox(*files, gap="4px", margin=(10, 0, 0, 0), **_WIDE),
            css_classes=["card"],
            margin=(0, 10, 0, 0),
            scroll="y-auto",
            styles={"flex": "0 0 clamp(236px, 24vw, 340px)", "height": "100%", "padding": "12px"},
        )

    def _archive(self) -> bytes:
        """Return every table of both validations as CSV files in an archive."""
        both = {"": self._record.inside, "unseen-": self._record.outside}
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for prefix, validation in both.items():
                for name in TABLES if validation is not None else ():
                    archive.writestr(f"{prefix}{name}.csv", _csv(getattr(validation, name)))
        return content.getvalue()

    def _show_files(self) -> None:
        """Offer what the tab shows as files."""
        tab = self.state.tab
        sheets: dict[str, Callable[[], Sheet]] = {
            said: partial(self._sheet, what)
            for said, what in _FIGURES.get(tab, {}).items()
            if has_figure(self.validation, what)
        }
        if tab == SUBSETS and len(self._names) == 1:
            sheets.pop("variable by variable")
        own = {
            "distributions": ("places", self.places.sheet),
            "known": ("known answers", self.known.sheet),
            "run": ("differences", self.compare.sheet),
        }
        said, sheet = own.get(tab, ("", None))
        if sheet is not None:
            sheets[said] = partial(sheet, self._title, self._note())
        self.files.show(sheets)

    @property
    def _title(self) -> str:
        return next(
            (name for name, run in self.run.options.items() if run == self.state.run), "Validation"
        )

    def _note(self) -> str:
        parts = ["SYNTHETIC DATA."] if self._session.workspace.synthetic else []
        if self.state.unseen and self.state.tab not in {"known", "run"}:
            parts.append("Households the models have not seen.")
        return " ".join(parts)

    def _sheet(self, what: FigureName) -> Sheet:
        """Return a figure of a tab for a file."""
        found, chosen, note = self.validation, self.state.variable, self._note()
        whole = what in {"curves", "multiples"}
        if whole and self.subsets.curves is not None and self.subsets.metrics is not None:
            family = next(
                name for name, value in self._families.items() if value == self.state.family
            )
            note = f"{note} Subsets: {family}.".strip()
            found = dataclasses.replace(
                found, metrics=self.subsets.metrics, curves=self.subsets.curves
            )
        if whole:
            names = []
        elif what == "dependence":
            names = [chosen] if chosen else []
        else:
            names = self._shown(what, _MOST_PANELS)
        return validation_sheet(
            found,
            what,
            title=self._title,
            note=note,
            names=names,
            chosen=chosen if what == "curves" else "",
            marks=size_marks(self._record),
            metric=self.subsets.multiples.metric.value,
        )


def _file_button(
    label: str, filename: str, content: Callable[[], bytes]
) -> pn.widgets.FileDownload:
    return pn.widgets.FileDownload(
        callback=lambda: io.BytesIO(content()),
        filename=f"validation-{filename}",
        label=label,
        icon=None,
        margin=0,
    )


def _csv(frame: Any) -> bytes:
    return b"" if frame is None else csv_text(frame).encode()
