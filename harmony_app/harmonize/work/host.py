"""What a part of the page may ask of the page: parts know this protocol, not the page or each other."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, Protocol

from fusion_core.errors import InputError
from fusion_core.harmony.checks import Finding
from fusion_core.harmony.model import Harmony, SurveyPair
from harmony_app.harmonize.work.pair_session import PairSession
from harmony_app.harmonize.work.state import View, ViewState, VintageTask
from harmony_app.shell.session import Session

Shown = Literal["place", "statuses", "subject", "form"]
"""What follows from the state and the open pair: the top of the page and what there is to choose
from; how far every variable is; the chosen variables with their candidates; the open harmony with
what is suggested for it."""


class Browser(Protocol):
    """Where a part sends what only it knows."""

    def show(self, **parts: Any) -> None:
        """Replace parts of what is shown."""

    def tell(self, kind: str, **content: Any) -> None:
        """Send something that is shown once: an answer, a dialogue, a download."""


class Host(Protocol):
    """The page as its parts see it.

    Attributes
    ----------
    state
        What is shown; a part may set the next state.
    """

    state: ViewState

    @property
    def session(self) -> Session:
        """The visitor and the workspace."""

    @property
    def work(self) -> PairSession | None:
        """The open pair; ``None`` while there is none."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is known to be wrong with the current harmony; empty until it was computed."""

    @property
    def browser(self) -> Browser:
        """The browser half of the page."""

    def toast(
        self, text: str, *, severity: str = "note", undo: dict[str, Any] | None = None
    ) -> None:
        """Show a sentence that goes away by itself; `undo` is the message that takes it back."""

    def open(self, donor: str, recipient: str, *, remember: bool = True) -> None:
        """Open a match of the pair; `remember` names it in the address."""

    def edit(self, harmony: Harmony) -> None:
        """Make a harmony of the open variables the current one; undo brings back what was."""

    def show(self, *what: Shown) -> None:
        """Show anew what follows from the state and the open pair."""

    def schedule(self) -> None:
        """Compute in the next turn what the current harmony does."""


class OverviewHost(Host, Protocol):
    """The page as parts see it that deal with many harmonies, and lead from one pair to another."""

    def open_pair(self, pair: SurveyPair) -> None:
        """Open a pair, at the first variable that needs work."""

    def open_key(self, key: str) -> None:
        """Open a harmony of the pair in the view of one match."""

    def show_view(self, view: View, task: VintageTask | None = None) -> None:
        """Show another view of the open pair, and name it in the address."""

    def refresh(self, changed: Collection[tuple[SurveyPair, str]]) -> None:
        """Read again what is saved, after several harmonies changed at once."""


def require_work(host: Host) -> PairSession:
    """Return the open pair.

    Raises
    ------
    InputError
        If no pair is open.
    """
    if host.work is None:
        raise InputError("No pair of surveys is open", fix="Choose one on the left")
    return host.work


def require_harmony(host: Host) -> Harmony:
    """Return the harmony being edited.

    Raises
    ------
    InputError
        If no match is open.
    """
    if host.state.current is None:
        raise InputError("No harmony is open", fix="Choose a variable on the left")
    return host.state.current


__all__ = [
    "Browser",
    "Host",
    "OverviewHost",
    "Shown",
    "require_harmony",
    "require_work",
]
