"""What is built from runs: combinations of them, and outcomes over their variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.derived.definition import DerivedVariable
from fusion_core.errors import HarmonyError, InputError
from fusion_core.estimates.runs import save_outcome
from fusion_core.workspace.combinations import combination_of, save_combination
from fusion_core.workspace.runs import Run
from harmony_app.explore.data import fused_names
from harmony_app.explore.panels._condition_rows import ConditionRow
from harmony_app.explore.panels._parts import Drawer
from harmony_app.explore.view import HOW_MANY, joined
from harmony_app.shell.look import page_part
from harmony_app.shell.work import SlowWork

if TYPE_CHECKING:
    from collections.abc import Callable

    from harmony_app.explore.data import Catalogue, Estimator, Source
    from harmony_app.shell.session import Session

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TIGHT: Final = (0, 0, 7, 0)
_CONDITIONS: Final = 3
_TITLE: Final = "Build an outcome"


class Combining:
    """The card in which runs are combined and outcomes are built.

    Parameters
    ----------
    session
        Who looks.
    catalogue
        What there is.
    estimator
        Loads what outcomes are tried on.
    reload
        Called with the identifier of a source and the name of a variable that are new.
    styles
        Style sheets of the HTML panes.
    """

    def __init__(
        self,
        session: Session,
        catalogue: Catalogue,
        estimator: Estimator,
        reload: Callable[[str, str], None],
        styles: list[str],
    ) -> None:
        self._session = session
        self._catalogue = catalogue
        self._source: Source | None = None
        self._parts = (estimator, reload, styles)
        self.drawer = Drawer(_TITLE, self._build)
        self.panel = self.drawer.panel

    def show(self, source: Source, catalogue: Catalogue) -> None:
        """Offer what can be built from a source."""
        self._source, self._catalogue = source, catalogue
        self.panel.visible = source.run is not None and self._session.may("runner")
        if self.drawer.form is not None:
            self.drawer.form.show(source, catalogue)

    def _build(self) -> OutcomeForm:
        form = OutcomeForm(self._session, *self._parts)
        if self._source is not None:
            form.show(self._source, self._catalogue)
        return form


class OutcomeForm:
    """What is inside the card: see `Combining`."""

    def __init__(
        self,
        session: Session,
        estimator: Estimator,
        reload: Callable[[str, str], None],
        styles: list[str],
    ) -> None:
        self._session = session
        self._estimator = estimator
        self._reload = reload
        self._source: Source | None = None
        self._partners: dict[str, Source] = {}
        self._work = SlowWork(session.visitor)
        self.other = pn.widgets.Select(label="Combine with the run", margin=_TIGHT, **_WIDE)
        self.combination = pn.widgets.TextInput(
            label="Name of the combination", placeholder="burdens", margin=_TIGHT, **_WIDE
        )
        self.combine = pn.widgets.Button(label="Combine", margin=_TIGHT, **_WIDE)
        self.conditions = [ConditionRow(number) for number in range(1, _CONDITIONS + 1)]
        self.how_many = pn.widgets.Select(
            label="Households that meet", options=HOW_MANY, margin=_TIGHT, **_WIDE
        )
        self.expression = pn.widgets.TextInput(
            label="or any expression",
            placeholder="cost / hincp",
            margin=_TIGHT,
            **_WIDE,
        )
        self.name = pn.widgets.TextInput(
            label="Name of the outcome", placeholder="both_burdens", margin=_TIGHT, **_WIDE
        )
        self.title = pn.widgets.TextInput(
            label="In words", placeholder="Both burdens", margin=_TIGHT, **_WIDE
        )
        self.keep = pn.widgets.Button(label="Keep the outcome", margin=_TIGHT, **_WIDE)
        self.message = pn.pane.HTML("", visible=False, margin=_TIGHT, stylesheets=styles, **_WIDE)
        self.combine.on_click(lambda _: self._combine())
        self.keep.on_click(lambda _: self._keep())
        self._joining = pn.Column(self.other, self.combination, self.combine, margin=0, **_WIDE)
        outcome = pn.Column(
            *(item.panel for item in self.conditions),
            self.how_many,
            self.expression,
            self.name,
            self.title,
            self.keep,
            margin=0,
            **_WIDE,
        )
        self.panel = pn.Column(self._joining, outcome, self.message, margin=0, **_WIDE)

    def show(self, source: Source, catalogue: Catalogue) -> None:
        """Offer what can be built from a source."""
        if self._source is source:
            return
        self._source = source
        self._partners = {
            item.id: item
            for item in catalogue.sources.values()
            if isinstance(item.run, Run)
            and item.survey == source.survey
            and item.donors != source.donors
        }
        self._joining.visible = isinstance(source.run, Run) and bool(self._partners)
        self.other.options = {item.title: key for key, item in self._partners.items()}
        self.other.value = next(iter(self._partners), None)
        for condition in self.conditions:
            condition.offer(dict(source.columns))

    def _combine(self) -> None:
        source = self._source
        other = self._partners.get(self.other.value or "")
        if source is None or other is None:
            return

        def work() -> str:
            self._session.require("runner", "Combining runs")
            parts = _without_overlap(source, other)
            workspace = self._estimator.workspace
            name = self.combination.value.strip()
            combination = combination_of(workspace, name, parts)
            self._estimator.cache.source(workspace, combination)
            save_combination(workspace, combination)
            self._session.record("runs combined", combination=name)
            return f"combination:{name}"

        self._start(work, lambda identifier: self._reload(identifier, ""))

    def _keep(self) -> None:
        source = self._source
        if source is None or source.run is None:
            return
        run, identifier = source.run, source.id

        def work() -> str:
            self._session.require("runner", "Keeping an outcome")
            text = self.expression.value.strip()
            text = text or joined([item.test for item in self.conditions], self.how_many.value)
            outcome = DerivedVariable(self.name.value.strip(), text, label=self.title.value.strip())
            save_outcome(self._estimator.workspace, run, outcome, cache=self._estimator.cache)
            self._session.record("outcome kept", run=identifier, outcome=outcome.name)
            return outcome.name

        self._start(work, lambda name: self._reload(identifier, name))

    def _start(self, work: Callable[[], str], done: Callable[[str], None]) -> None:
        self._tell("Looking at the data …")

        def finished(found: str) -> None:
            self._source = None
            self._tell("")
            done(found)

        self._work.start(work, finished, self._failed)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, HarmonyError):
            raise error
        self._tell(error.message, is_error=True)

    def _tell(self, text: str, *, is_error: bool = False) -> None:
        kind = ("error", "alert") if is_error else ("told", "status")
        self.message.object = page_part("line", "div", kind[0], text, kind[1]) if text else ""
        self.message.visible = bool(text)


def _without_overlap(first: Source, second: Source) -> list[tuple[Run, tuple[str, ...]]]:
    """Return two runs and which of their variables are used: one that both fused is the first's."""
    own = fused_names(first.specs[0])
    theirs = fused_names(second.specs[0])
    left = tuple(name for name in theirs if name not in own)
    if not left:
        raise InputError(
            f"{second.title} has no fused variable that {first.title} lacks",
            fix="Combine it with a run of other variables",
        )
    runs = [item.run for item in (first, second) if isinstance(item.run, Run)]
    return [(runs[0], ()), (runs[1], left if len(left) < len(theirs) else ())]


__all__ = ["Combining"]
