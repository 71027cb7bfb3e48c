"""The Harmonize page: it hears what a person does, changes the state, and shows the new one.

Every message is answered at once with the changed harmony, which is kept as a draft by then; what
takes longer – preview, findings – follows in the next turn of the server's loop, once for any
number of quick edits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import panel as pn

from fusion_core.errors import HarmonyError
from fusion_core.harmony.checks import Finding
from fusion_core.harmony.model import Harmony, SurveyPair, split_key
from harmony_app.harmonize.checks import Checks
from harmony_app.harmonize.exchange import Exchange
from harmony_app.harmonize.match import Building, Editing, LevelWork
from harmony_app.harmonize.page._following import Following, NextTurn
from harmony_app.harmonize.page._hearing import Hearing
from harmony_app.harmonize.page._opening import Opening
from harmony_app.harmonize.recodes import RecodeChanges, RecodeDesk, Recoding
from harmony_app.harmonize.screen import Screen
from harmony_app.harmonize.suggest import Queueing, Ranking, Suggesting
from harmony_app.harmonize.table import Tabling, Targeting
from harmony_app.harmonize.team import Teamwork
from harmony_app.harmonize.vintages import ComparingVintages, CoverageView, Transferring
from harmony_app.harmonize.work import (
    HarmonizeComponent,
    Message,
    PairSession,
    Shown,
    Steps,
    ViewState,
    VintageTask,
    require_work,
)
from harmony_app.harmonize.work import state as states
from harmony_app.shell.session import Session
from harmony_app.shell.work import shared_worker


class HarmonizePage:
    """One session's Harmonize page: the host of its parts, see `harmony_app.harmonize.work.Host`.

    Parameters
    ----------
    session
        The visitor, with the pair, variables and view the address asks for.
    """

    def __init__(self, session: Session) -> None:
        shared_worker().stir()
        self.session = session
        self.state = ViewState()
        self.browser = HarmonizeComponent(self.receive)
        self._sequence = 0
        self._is_loaded = False
        steps = Steps(session.workspace, session.user, session.visitor)
        tabling = Tabling(self, steps)
        self._screen = Screen(session, self.browser, tabling.show)
        self._opening = Opening(self, self._screen, pair_opened=self._look_ahead)
        self.teamwork = Teamwork(self)
        self._suggesting = Suggesting(self)
        self._queueing = Queueing(
            self,
            take_whole=self._suggesting.take_whole,
            keep=self.teamwork.keep,
            save=self.teamwork.save,
        )
        self._ranking = Ranking(self)
        self._checks = Checks(self)
        self._following = Following(self, self._screen, self._suggesting.foreseen)
        self._next_turn = NextTurn(self._follow_up)
        editing, levels = Editing(self), LevelWork(self)
        changes = RecodeChanges(self, steps)
        recoding = Recoding(self, changes)
        self._hearing = Hearing(
            self,
            [editing.questions, levels.questions, recoding.questions],
            [
                self._opening.actions,
                editing.actions,
                levels.actions,
                Building(self).actions,
                recoding.actions,
                RecodeDesk(self, changes).actions,
                self.teamwork.actions,
                self._suggesting.actions,
                self._queueing.actions,
                self._checks.actions,
                tabling.actions,
                Targeting(self, steps).actions,
                Exchange(self).actions,
                Transferring(self, steps).actions,
                ComparingVintages(self).actions,
                CoverageView(self).actions,
            ],
        )
        if self._opening.follow_address():
            self._show_form()
        pn.state.onload(self._begin)

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the component to show."""
        return self.browser

    # What the person does --------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """Act on a message of the browser; whatever goes wrong is told in one sentence."""
        shared_worker().stir()
        if self._hearing.is_question(message):
            self._hearing.answer(message)
            return
        with self._hearing.telling_problems(message):
            self.session.require("harmonizer", "Changing harmonies")
            self._hearing.act(message)  # the next state
            self.session.record(
                f"harmonize: {message.get('kind')}",
                pair=self.state.pair or "",
                harmony=self.state.key,
            )
            self.teamwork.keep()  # on disk, before anything the page is told names the edit
        sequence = message.get("sequence")
        self._sequence = sequence if isinstance(sequence, int) else self._sequence
        self._show_edit()  # the answer
        self.schedule()  # what the harmony does now, in the next turn

    def edit(self, harmony: Harmony) -> None:
        """Make a harmony of the open variables the current one; undo brings back what was."""
        self.state = states.edit(self.state, harmony)

    # What is open ----------------------------------------------------------------------------

    @property
    def work(self) -> PairSession | None:
        """The open pair; ``None`` while there is none."""
        return self._opening.work

    def open(self, donor: str, recipient: str, *, remember: bool = True) -> None:
        """Show a donor variable with a recipient variable, or with the one it is matched to."""
        self._opening.open(donor, recipient, remember=remember)
        self.teamwork.opened()
        self.show("subject")
        self._compare_candidates()

    def open_pair(self, pair: SurveyPair) -> None:
        """Show another donor and recipient, at the first variable that needs work."""
        self._opening.open_pair(pair)

    def open_key(self, key: str) -> None:
        """Show a harmony of the open pair beside its surveys."""
        require_work(self).refuse_broken(key)  # before the table that names it is left
        donor, recipient = split_key(key)
        self._opening.show_match()
        self.open(donor, recipient)
        self.show("form")
        self.schedule()

    def show_view(self, view: states.View, task: VintageTask | None = None) -> None:
        """Show another view of the open pair, and name it in the address."""
        self._opening.show_view(view, task)
        self._checks.show()

    def refresh(self, changed: Collection[tuple[SurveyPair, str]]) -> None:
        """Read again what is saved, after several harmonies changed at once."""
        self._opening.refresh(changed)

    # What is shown ---------------------------------------------------------------------------

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is known to be wrong with the current harmony; empty until it was computed."""
        return self._screen.findings(self.state.current)

    def show(self, *what: Shown) -> None:
        """Show anew what follows from the state and the open pair."""
        screen, work, state = self._screen, self.work, self.state
        ways: dict[Shown, Callable[[], None]] = {
            "place": lambda: screen.show_place(work, state),
            "statuses": lambda: screen.show_statuses(work, state),
            "subject": lambda: screen.show_subject(work, state),
            "form": self._show_form,
        }
        for item in what:
            ways[item]()

    def toast(
        self, text: str, *, severity: str = "note", undo: dict[str, Any] | None = None
    ) -> None:
        """Show a message that goes away by itself."""
        self.browser.tell("toast", message=text, severity=severity, undo=undo)

    def _show_form(self) -> None:
        """Show the current harmony, who else works on it, and what is suggested."""
        self._show_edit()
        self._show_suggestions()

    def _show_edit(self) -> None:
        self._screen.show_form(self.work, self.state, self._sequence)
        self.teamwork.show()

    def _show_suggestions(self) -> None:
        self._suggesting.show()
        if self.work is not None:
            self._queueing.show()

    # What follows ----------------------------------------------------------------------------

    def schedule(self) -> None:
        """Compute in the next turn what the current harmony does."""
        self._next_turn.schedule()

    def _follow_up(self) -> None:
        try:
            self.teamwork.keep()
            self._show_suggestions()
            self._following.follow()
            self._checks.refresh()
            self.show("statuses")
        except HarmonyError as error:
            self.browser.tell("problem", side=None, field=None, message=error.message)

    def _begin(self) -> None:
        """Begin what is computed beside the page: what it found sooner would reach no browser."""
        self._is_loaded = True
        if self.work is not None:
            self._look_ahead()
            self._compare_candidates()
            self._suggesting.show()
            self._next_turn.take()

    def _look_ahead(self) -> None:
        if self._is_loaded and self.work is not None:
            self._queueing.search()
            self._suggesting.warm()  # begun last, so done first

    def _compare_candidates(self) -> None:
        if self._is_loaded and not self.state.recipient:
            self._ranking.refine()


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page for a visitor."""
    page = HarmonizePage(session)
    page.teamwork.watch()
    return page.browser


__all__ = ["HarmonizePage", "build"]
