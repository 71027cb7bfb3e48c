"""Where the person is: the pair, the match and the view that are open, and the address that says so."""

from __future__ import annotations

from collections.abc import Callable, Collection

from fusion_core.errors import CorruptFileError, HarmonyError, InputError
from fusion_core.harmony.model import SurveyPair, harmony_key, split_key
from fusion_core.harmony.store import HarmonyStore, list_pairs
from harmony_app.harmonize.screen import Screen
from harmony_app.harmonize.work import (
    Actions,
    Message,
    OverviewHost,
    PairSession,
    VintageTask,
    address,
    messages,
    pair_choice,
    parse_pair,
    read_task,
    require_work,
)
from harmony_app.harmonize.work import state as states
from harmony_app.shell.session import set_query


class Opening:
    """Opens what the address or a message names.

    Parameters
    ----------
    host
        The page, told of every match and view that is opened.
    screen
        Shows what is open.
    pair_opened
        Called as soon as there is another pair.

    Attributes
    ----------
    work
        The open pair; ``None`` while there is none.
    """

    def __init__(
        self, host: OverviewHost, screen: Screen, *, pair_opened: Callable[[], None]
    ) -> None:
        self._host = host
        self._screen = screen
        self._pair_opened = pair_opened
        self.work: PairSession | None = None
        self.actions: Actions = {
            "open": self._open,
            "pair": self._choose_pair,
            "view": self._choose_view,
            "recover": self._recover,
        }

    # What an address or a message names ------------------------------------------------------

    def follow_address(self) -> bool:
        """Open what the address names, else what needs work; return whether something is open."""
        host = self._host
        pairs = pair_choice(host.session.workspace, list_pairs(host.session.workspace.path)).pairs
        query = host.session.query
        wanted = query.get("pair")
        if not pairs:
            host.show("place")
            return False
        host.state = states.choose_view(
            host.state, states.read_view(query.get("view")), read_task(query)
        )
        notice = ""
        try:
            self.open_pair(parse_pair(wanted) if wanted else pairs[0], remember=False)
            if self.work is None:
                return False
            if query.get("donor"):
                host.open(query["donor"], query.get("recipient", ""), remember=False)
        except HarmonyError as error:
            if self.work is None:
                self._show_problem(error, wanted or str(pairs[0]))
                return False
            notice = error.message
        self._screen.show_place(self.work, host.state, notice=notice)
        return True

    def _open(self, message: Message) -> None:
        self.show_match()
        self._host.open(messages.text(message, "donor"), messages.text(message, "recipient"))

    def _choose_pair(self, message: Message) -> None:
        self._host.state = states.leave_task(self._host.state)
        self.open_pair(parse_pair(messages.text(message, "pair")))

    def _choose_view(self, message: Message) -> None:
        self._host.show_view(states.read_view(message.get("view")))

    def _recover(self, message: Message) -> None:
        session, pair = self._host.session, parse_pair(messages.text(message, "pair"))
        HarmonyStore(session.workspace.path, pair).recover(author=session.user)
        self.open_pair(pair)
        self._host.toast(f"The harmonies of {pair.title} are back from their history.")

    # What is open ----------------------------------------------------------------------------

    def open_pair(self, pair: SurveyPair, *, remember: bool = True) -> None:
        """Show another donor and recipient, at the first variable that needs work."""
        host = self._host
        try:
            work = PairSession(
                host.session.workspace, pair, host.session.visitor, host.session.user
            )
        except CorruptFileError as error:
            self._show_problem(error, str(pair))
            return
        self.work = work
        self._pair_opened()
        host.state = states.choose_pair(host.state, pair)
        self._screen.show_pair(work)
        host.show("place", "statuses")
        first = next((key for key in (*work.drafts, *work.saved) if not work.broken(key)), "")
        donor, recipient = split_key(first) if first else (_first_variable(work), "")
        host.open(donor, recipient, remember=remember)

    def open(self, donor: str, recipient: str, *, remember: bool) -> None:
        """Choose a donor variable with a recipient variable, or with the one it is matched to."""
        host, work = self._host, require_work(self._host)
        work.reload()
        if recipient:
            work.refuse_broken(harmony_key(donor, recipient))
        work.surveys.donor.dictionary.require(donor, where=work.pair.donor.title)
        recipient = recipient or work.usable_partner(donor)
        if recipient:
            start = work.start(donor, recipient)
            host.state = states.open_harmony(
                host.state, start, saved=work.saved.get(start.key), draft=work.kept.get(start.key)
            )
        else:
            host.state = states.choose_donor(host.state, donor)
        if remember:
            self._remember()

    def show_match(self) -> None:
        """Show the view of one match."""
        if self._host.state.view != "match":
            self._host.state = states.choose_view(self._host.state, "match")
            self._host.show("place")

    def show_view(self, view: states.View, task: VintageTask | None) -> None:
        """Show another view of the open pair, and name it in the address."""
        self._host.state = states.choose_view(self._host.state, view, task)
        self._remember()
        self._host.show("place", "statuses")

    def refresh(self, changed: Collection[tuple[SurveyPair, str]]) -> None:
        """Read again what is saved, after several harmonies changed at once."""
        host, work = self._host, self.work
        if work is None:
            return
        work.reload()
        host.show("place")
        if (work.pair, host.state.key) in changed:
            host.open(host.state.donor, host.state.recipient, remember=False)

    def _remember(self) -> None:
        set_query(**address(self._host.state))

    def _show_problem(self, error: HarmonyError, pair: str) -> None:
        """Show why a pair cannot be opened; another one can still be chosen."""
        self.work = None
        self._host.state = states.ViewState()
        self._screen.show_pair(None)
        damaged = isinstance(error, CorruptFileError)
        self._screen.show_place(
            self.work,
            self._host.state,
            message=[
                f"{error.what}.",
                f"{error.fix}." if error.fix else "",
                error.where if damaged else "",
            ],
            recover=pair if damaged else "",
        )


def _first_variable(work: PairSession) -> str:
    variables = work.surveys.donor.dictionary.harmonizable()
    if not variables:
        raise InputError(
            f"{work.pair.donor.title} has no variable that could be harmonized",
            fix="Import its dictionary on the Surveys page",
        )
    return variables[0].name
