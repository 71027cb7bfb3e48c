"""The Harmonize page: it hears what a person does, changes the state, and shows the new one.

Every message is answered at once with the changed harmony, which is kept as a draft by then; what
takes longer – preview, findings – follows in the next turn of the server's loop, once for any
number of quick edits.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection
from typing import Any, Final

import panel as pn

from fusion_core.errors import CorruptFileError, ExpressionError, HarmonyError, InputError
from fusion_core.harmony.model import Harmony, SurveyPair, harmony_key, split_key
from fusion_core.harmony.store import HarmonyStore, list_pairs
from harmony_app.harmonize.checks import Checks
from harmony_app.harmonize.exchange import Exchange
from harmony_app.harmonize.match import EDITS, Building, LevelWork, apply_edit, note
from harmony_app.harmonize.screen import Consequence, Screen, consequence
from harmony_app.harmonize.suggest import Queueing, Ranking, Suggesting
from harmony_app.harmonize.table import Steps, Tabling
from harmony_app.harmonize.team import Teamwork
from harmony_app.harmonize.vintages import ComparingVintages, Conveying, CoverageView
from harmony_app.harmonize.work import (
    HarmonizeDesk,
    Message,
    PairWork,
    address,
    messages,
    pair_choice,
    parse_pair,
    read_task,
)
from harmony_app.harmonize.work import state as states
from harmony_app.shell.session import Session, set_query
from harmony_app.shell.work import LatestWork, shared_worker


class HarmonizePage:
    """One session's Harmonize page.

    Parameters
    ----------
    session
        The visitor, with the pair, variables and view the address asks for.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.state = states.ViewState()
        self.work: PairWork | None = None
        self._sequence = 0
        shared_worker().stir()
        self._late_work_waits = False
        self._following = LatestWork(head_start=0.0)
        self.desk = HarmonizeDesk(self.receive)
        self.steps = Steps(session.workspace, session.user)
        self.tabling = Tabling(self)
        self.screen = Screen(session.workspace, self.desk, self.tabling.show)
        self.is_loaded = False
        self.suggesting = Suggesting(self)
        self.queueing = Queueing(self)
        self.ranking = Ranking(self)
        self.checks = Checks(self)
        self.teamwork = Teamwork(self)
        own = {
            "open": self._open,
            "pair": self._choose_pair,
            "view": self._choose_view,
            "undo": self._undo,
            "redo": self._redo,
            "fix": self._fix,
            "recover": self._recover,
        }
        levels = LevelWork(self)
        self._questions = messages.by_kind({"check": self._check}, levels.questions)
        self._actions = messages.by_kind(
            own,
            dict.fromkeys(EDITS, self._edit),
            self.teamwork.actions,
            Building(self).actions,
            levels.actions,
            Exchange(self).actions,
            self.suggesting.actions,
            self.queueing.actions,
            self.checks.actions,
            self.tabling.actions,
            Conveying(self).actions,
            ComparingVintages(self).actions,
            CoverageView(self).actions,
        )
        messages.by_kind(
            self._questions, self._actions
        )  # a kind is a question or changes something
        self._follow_address()
        pn.state.onload(self._begin)

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the component to show."""
        return self.desk

    # What the person does --------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """Act on a message of the browser; whatever goes wrong is told in one sentence."""
        shared_worker().stir()
        question = self._questions.get(str(message.get("kind")))
        if question is not None:
            self._answer(question, message)
            return
        sequence = message.get("sequence")
        self._sequence = sequence if isinstance(sequence, int) else self._sequence
        try:
            self.act(message)
            self.teamwork.keep()
        except HarmonyError as error:
            self.report(error, message)
        except Exception:  # noqa: BLE001 - the page must go on; the log keeps the whole story
            traceback.print_exc()
            self.toast(
                "That did not work. The details are in the server's log; nothing saved is affected.",
                severity="error",
            )
        self._show_edit()
        self.schedule()

    def _answer(self, question: Callable[[Message], None], message: Message) -> None:
        """Answer what changes nothing, so that nothing is kept, shown or computed again."""
        try:
            question(message)
        except HarmonyError as error:
            self.report(error, message)

    def act(self, message: Message) -> None:
        """Do what a message asks for; errors are the caller's to tell."""
        kind = message.get("kind")
        if not isinstance(kind, str) or kind not in self._actions:
            raise InputError(
                "The page sent a message this server does not know", fix="Reload the page"
            )
        self._actions[kind](message)

    def _open(self, message: Message) -> None:
        self._show_match()
        self.open(messages.text(message, "donor"), messages.text(message, "recipient"))

    def _choose_pair(self, message: Message) -> None:
        self.state = states.leave_task(self.state)
        self.open_pair(parse_pair(messages.text(message, "pair")))

    def _choose_view(self, message: Message) -> None:
        self.show_view(states.read_view(message.get("view")))

    def show_view(self, view: states.View, task: states.VintageTask | None = None) -> None:
        """Show another view of the open pair, and name it in the address."""
        self.state = states.choose_view(self.state, view, task)
        self._remember()
        self.screen.show_place(self.work, self.state)
        self.screen.show_statuses(self.work, self.state)
        self.checks.show()

    def _undo(self, message: Message) -> None:
        del message
        self.state = states.undo(self.state)

    def _redo(self, message: Message) -> None:
        del message
        self.state = states.redo(self.state)

    def _edit(self, message: Message) -> None:
        work, current = self.work, self.state.current
        if work is None or current is None:
            raise InputError("No harmony is open", fix="Choose a variable on the left")
        if message.get("of", current.key) != current.key:
            # Made on the lists of another match, while this one was already on its way.
            raise InputError(
                "Other variables were being opened while you changed this, so nothing was changed",
                fix="Look at what is open now and change it again",
            )
        edited = apply_edit(current, message, work.surveys)
        self.state = states.edit(self.state, edited)
        if "side" in message:
            said = note(current, edited, message)
            self.desk.tell(
                "problem", side=message["side"], field=_field(message), message=None, note=said
            )

    def _fix(self, message: Message) -> None:
        index = messages.whole(message.get("index"), "The finding")
        finding = self.screen.finding(self.state.current, index)
        if finding is None or finding.fix is None:
            raise InputError(
                "The harmony has changed since this was found", fix="Choose the fix again"
            )
        self.state = states.edit(self.state, finding.fix.harmony)

    def _check(self, message: Message) -> None:
        """Answer an expression being typed: what it yields, or the mistake and where it is."""
        if self.work is None or self.state.current is None:
            return
        answer = {name: message.get(name) for name in ("side", "field", "sequence")}
        try:
            result = self.work.try_expression(
                self.state.current, messages.side(message), messages.text(message, "text")
            )
        except HarmonyError as error:
            position = error.position if isinstance(error, ExpressionError) else None
            self.desk.tell(
                "checked", **answer, message=f"{error.what}.", hint=error.fix, position=position
            )
        else:
            self.desk.tell("checked", **answer, result=result)

    def report(self, error: HarmonyError, message: Message) -> None:
        """Show an error at the field it belongs to."""
        position = error.position if isinstance(error, ExpressionError) else None
        field = _field(message)
        if message.get("side") in {"donor", "recipient"} and field:
            self.desk.tell(
                "problem",
                side=message["side"],
                field=field,
                message=f"{error.what}.",
                hint=error.fix,
                position=position,
                text=message.get("text"),
            )
        elif self.state.view != "match":
            self.toast(error.message, severity="error")
        else:
            self.desk.tell("problem", side=None, field=None, message=error.message)

    def toast(
        self, text: str, *, severity: str = "note", undo: dict[str, Any] | None = None
    ) -> None:
        """Show a message that goes away by itself."""
        self.desk.tell("toast", message=text, severity=severity, undo=undo)

    # Where the person is ---------------------------------------------------------------------

    def _follow_address(self) -> None:
        options = pair_choice(self.session.workspace, list_pairs(self.session.workspace.path)).pairs
        query = self.session.query
        wanted = query.get("pair")
        if not options:
            self.screen.show_place(self.work, self.state)
            return
        view = states.read_view(query.get("view"))
        self.state = states.choose_view(self.state, view, read_task(query))
        notice = ""
        try:
            self.open_pair(parse_pair(wanted) if wanted else options[0], remember=False)
            if self.work is None:
                return
            if query.get("donor"):
                self.open(query["donor"], query.get("recipient", ""), remember=False)
        except HarmonyError as error:
            if self.work is None:
                self._show_problem(error, wanted or str(options[0]))
                return
            notice = error.message
        self.screen.show_place(self.work, self.state, notice=notice)
        self.show_form()

    def _begin(self) -> None:
        """Begin what is computed beside the page: what it found sooner would reach no browser."""
        self.is_loaded = True
        if self.work is not None:
            self._seek()
            self.suggesting.show()
            self._late_work()

    def _seek(self) -> None:
        if self.is_loaded and self.work is not None:
            self.queueing.search()
            self.suggesting.warm()  # begun last, so done first
            if not self.state.recipient:
                self.ranking.refine()

    def _show_problem(self, error: HarmonyError, pair: str) -> None:
        """Show why a pair cannot be opened; another one can still be chosen."""
        self.work = None
        self.state = states.ViewState()
        self.screen.show_pair(None)
        damaged = isinstance(error, CorruptFileError)
        self.screen.show_place(
            self.work,
            self.state,
            message=[
                f"{error.what}.",
                f"{error.fix}." if error.fix else "",
                error.where if damaged else "",
            ],
            recover=pair if damaged else "",
        )

    def _recover(self, message: Message) -> None:
        pair = parse_pair(messages.text(message, "pair"))
        HarmonyStore(self.session.workspace.path, pair).recover(author=self.session.user)
        self.open_pair(pair)
        self.toast(f"The harmonies of {pair.title} are back from their history.")

    def open_pair(self, pair: SurveyPair, *, remember: bool = True) -> None:
        """Show another donor and recipient, at the first variable that needs work."""
        try:
            work = PairWork(self.session.workspace, pair, self.session.user)
        except CorruptFileError as error:
            self._show_problem(error, str(pair))
            return
        self.work = work
        self._seek()
        self.state = states.choose_pair(self.state, pair)
        self.screen.show_pair(work)
        self.screen.show_place(self.work, self.state)
        self.screen.show_statuses(self.work, self.state)
        first = next((key for key in (*work.drafts, *work.saved) if not work.broken(key)), "")
        self.open(*(split_key(first) if first else (_first_answer(work), "")), remember=remember)

    def open(self, donor: str, recipient: str, *, remember: bool = True) -> None:
        """Show a donor variable with a recipient variable, or with the one it is matched to."""
        work = self.require_work()
        work.reload()
        if recipient:
            work.refuse_broken(harmony_key(donor, recipient))
        work.surveys.donor.dictionary.require(donor, where=work.pair.donor.title)
        recipient = recipient or work.usable_partner(donor)
        if recipient:
            start = work.start(donor, recipient)
            self.state = states.open_harmony(
                self.state, start, saved=work.saved.get(start.key), draft=work.kept.get(start.key)
            )
        else:
            self.state = states.choose_donor(self.state, donor)
        if remember:
            self._remember()
        self.teamwork.opened()
        self.screen.show_subject(self.work, self.state)
        if not recipient:
            self.ranking.refine()

    def show_form(self) -> None:
        """Show the current harmony, who else works on it, and what is suggested."""
        self._show_edit()
        self._show_suggestions()

    def _show_edit(self) -> None:
        self.screen.show_form(self.work, self.state, self._sequence)
        self.teamwork.show()

    def _show_suggestions(self) -> None:
        self.suggesting.show()
        if self.work is not None:
            self.queueing.show()

    def _show_match(self) -> None:
        if self.state.view != "match":
            self.state = states.choose_view(self.state, "match")
            self.screen.show_place(self.work, self.state)

    def open_key(self, key: str) -> None:
        """Show a harmony of the open pair beside its surveys."""
        self.require_work().refuse_broken(key)  # before the table that names it is left
        donor, recipient = split_key(key)
        self._show_match()
        self.open(donor, recipient)
        self.show_form()
        self.schedule()

    def edit(self, harmony: Harmony) -> None:
        """Make a harmony of the open variables the current one; undo brings back what was."""
        self.state = states.edit(self.state, harmony)

    def refresh(self, changed: Collection[tuple[SurveyPair, str]]) -> None:
        """Read again what is saved, after several harmonies changed at once."""
        work = self.work
        if work is None:
            return
        work.reload()
        self.screen.show_place(work, self.state)
        if (work.pair, self.state.key) in changed:
            self.open(self.state.donor, self.state.recipient, remember=False)

    def _remember(self) -> None:
        set_query(**address(self.state))

    def require_work(self) -> PairWork:
        """Return the open pair.

        Raises
        ------
        InputError
            If the workspace has no two surveys.
        """
        if self.work is None:
            raise InputError("No pair of surveys is open", fix="Choose one on the left")
        return self.work

    # What follows in the next turn -----------------------------------------------------------

    def schedule(self) -> None:
        """Compute in the next turn what the current harmony does."""
        if self._late_work_waits:
            return
        self._late_work_waits = True
        pn.state.execute(self._late_work, schedule=True)

    def _late_work(self) -> None:
        self._late_work_waits = False
        try:
            self.teamwork.keep()
            self._show_suggestions()
            self._follow()
            self.checks.refresh()
            self.screen.show_statuses(self.work, self.state)
        except HarmonyError as error:
            self.desk.tell("problem", side=None, field=None, message=error.message)

    def _follow(self) -> None:
        """Compute in a thread what the current harmony does; other sessions go on meanwhile."""
        work, current, foreseen = self.work, self.state.current, self.suggesting.foreseen()
        if work is None or current is None or self.screen.shows(work, current, foreseen):
            self._following.cancel()
            self.desk.show(computing=False)
            return
        self.desk.show(computing=True)

        def done(found: Consequence) -> None:
            if found.harmony == self.state.current:
                self.screen.show_consequence(found)

        def failed(error: Exception) -> None:
            self.desk.show(computing=False)
            if not isinstance(error, HarmonyError):
                raise error
            self.desk.tell("problem", side=None, field=None, message=error.message)

        self._following.start(lambda: consequence(work, current, foreseen), done, failed)


FIELDS: Final = {
    "adjustment": "adjustment",
    "recipe": "adjustment",
    "universe": "universe",
    "universe_rows": "universe",
    "breakpoints": "breakpoints",
    "label_bins": "breakpoints",
    "split_bins": "breakpoints",
    "deflate": "deflate",
    "price_year": "deflate",
    "aggregator": "aggregator",
    "count": "aggregator",
}
"""The field of a side that an error in a message of each kind is shown at."""


def _field(message: Message) -> str | None:
    kind = message.get("kind")
    return FIELDS.get(kind) if isinstance(kind, str) else None


def _first_answer(work: PairWork) -> str:
    answers = work.surveys.donor.dictionary.answers()
    if not answers:
        raise InputError(
            f"{work.pair.donor.title} has no variable that could be harmonized",
            fix="Import its dictionary on the Surveys page",
        )
    return answers[0].name


def build(session: Session) -> pn.viewable.Viewable:
    """Build the page for a visitor."""
    page = HarmonizePage(session)
    page.teamwork.watch()
    return page.desk


__all__ = ["HarmonizePage", "build"]
