"""What the Harmonize page is showing: one frozen value, and pure functions to the next one.

Harmonies are frozen too, so undo and redo are nothing but two tuples of earlier and later ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from fusion_core.harmony.model import Harmony, SurveyPair, harmony_key
from fusion_core.harmony.store import Draft

View = Literal["match", "all", "transfer", "compare", "coverage", "target", "recode", "findings"]
Direction = Literal["from", "to"]

VIEWS: Final[tuple[View, ...]] = get_args(View)
VINTAGE_VIEWS: Final[frozenset[View]] = frozenset(
    {"transfer", "compare", "coverage", "target", "recode"}
)
"""Views beside the table of all harmonies that look at other vintages and pairs."""

HISTORY_LIMIT: Final = 200
"""Edits that can be undone; enough for a day's work on one harmony."""


@dataclass(frozen=True)
class VintageTask:
    """What is transferred or compared.

    Attributes
    ----------
    direction
        Whether harmonies are brought to the open pair or taken from it.
    other
        The other pair, as in its file's name; empty for the nearest. Where one recipient variable is
        seen in all surveys, that variable; where a recode is edited, its name.
    keys
        The harmonies, by key; empty for all.
    """

    direction: Direction = "from"
    other: str = ""
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class ViewState:
    """Everything the page shows that is not read from disk.

    Attributes
    ----------
    pair
        The donor and recipient survey, or ``None`` while the workspace has no two surveys.
    view
        The match of two variables, the table of all harmonies, what is transferred to or compared with
        another vintage, how far the work is, one recipient variable in all surveys, a recode, or
        the list of all findings.
    task
        What is transferred or compared, in these views.
    donor, recipient
        The chosen variables; empty when none is chosen.
    saved
        The harmony as it is on disk, as far as this session knows; ``None`` when there is none.
    origin
        What `current` was before the first edit: the saved harmony, else an empty start.
    base_revision
        Revision the edits are based on, which a save expects to find on disk; 0 for a new harmony.
    current
        The harmony being edited; ``None`` while no recipient variable is chosen.
    past, future
        Harmonies before and after `current` in the order they were made; redo takes the first of
        `future`.
    draft_token
        Which version of the draft on disk this session wrote or read last; empty for none.
    rival
        What another window of the same person made of the harmony meanwhile, until one is chosen.
    """

    pair: SurveyPair | None = None
    view: View = "match"
    task: VintageTask = VintageTask()
    donor: str = ""
    recipient: str = ""
    saved: Harmony | None = None
    origin: Harmony | None = None
    base_revision: int = 0
    current: Harmony | None = None
    past: tuple[Harmony, ...] = ()
    future: tuple[Harmony, ...] = ()
    draft_token: str = ""
    rival: Harmony | None = None

    @property
    def key(self) -> str:
        """Key of the harmony of the two chosen variables; empty unless both are chosen."""
        return harmony_key(self.donor, self.recipient) if self.donor and self.recipient else ""

    @property
    def is_draft(self) -> bool:
        """Whether the current harmony says something else than the saved one or the empty start."""
        if self.current is None or self.origin is None:
            return False
        return content(self.current) != content(self.origin)


def content(harmony: Harmony) -> Harmony:
    """Return the harmony without its bookkeeping, to tell whether two say the same."""
    return replace(harmony, author="", modified="", revision=0)


def choose_pair(state: ViewState, pair: SurveyPair | None) -> ViewState:
    """Show another pair of surveys, nothing chosen yet."""
    return ViewState(pair=pair, view=state.view, task=state.task)


def choose_view(state: ViewState, view: View, task: VintageTask | None = None) -> ViewState:
    """Show another view, with what it transfers or compares."""
    return replace(state, view=view, task=task or VintageTask())


def leave_task(state: ViewState) -> ViewState:
    """Return from transferring or comparing to the table it was opened from."""
    return choose_view(state, "all") if state.view in VINTAGE_VIEWS else state


def read_view(value: object) -> View:
    """Return the view a message or an address names; the match for anything unknown."""
    return next((view for view in VIEWS if view == value), "match")


def choose_donor(state: ViewState, donor: str) -> ViewState:
    """Choose a donor variable whose recipient is still to be chosen."""
    return ViewState(pair=state.pair, view=state.view, task=state.task, donor=donor)


def open_harmony(
    state: ViewState, start: Harmony, *, saved: Harmony | None, draft: Draft | None
) -> ViewState:
    """Open the harmony of two variables.

    Parameters
    ----------
    state
        The state before.
    start
        What is shown when neither a saved harmony nor a draft exists.
    saved
        The harmony on disk.
    draft
        This user's unsaved version, which is shown in preference, with the way that led to it.
    """
    origin = saved or start
    opened = ViewState(
        pair=state.pair,
        view=state.view,
        task=state.task,
        donor=start.donor.variable,
        recipient=start.recipient.variable,
        saved=saved,
        origin=origin,
        base_revision=origin.revision,
        current=origin,
    )
    if draft is None:
        return opened
    return replace(
        opened,
        current=draft.harmony,
        base_revision=draft.harmony.revision,
        past=draft.past,
        future=draft.future,
        draft_token=draft.token,
        rival=draft.other,
    )


def edit(state: ViewState, harmony: Harmony) -> ViewState:
    """Make `harmony` the current one; whatever was there before can be returned to.

    Edits that were undone and could have been made again are not lost: undo leads through them.
    """
    if state.current is None or harmony == state.current:
        return state
    undone = (state.current, *state.future) if state.future else ()
    past = (*state.past, *undone, state.current)[-HISTORY_LIMIT:]
    return replace(state, current=harmony, past=past, future=())


def follow_window(state: ViewState, draft: Draft) -> ViewState:
    """Show what another window of the same person made; undo returns to what was shown here."""
    is_same = state.current is not None and content(state.current) == content(draft.harmony)
    followed = state if is_same else edit(state, draft.harmony)
    return replace(
        followed, base_revision=draft.harmony.revision, draft_token=draft.token, rival=None
    )


def choose_rival(state: ViewState) -> ViewState:
    """Show the version of the other window instead; undo returns to this window's."""
    if state.rival is None:
        return state
    return replace(edit(state, state.rival), base_revision=state.rival.revision, rival=None)


def keep_this(state: ViewState) -> ViewState:
    """Decide for this window's version."""
    return replace(state, rival=None)


def undo(state: ViewState) -> ViewState:
    """Return to the harmony before the last edit."""
    if not state.past or state.current is None:
        return state
    return replace(
        state, current=state.past[-1], past=state.past[:-1], future=(state.current, *state.future)
    )


def redo(state: ViewState) -> ViewState:
    """Make the edit again that was undone last."""
    if not state.future or state.current is None:
        return state
    return replace(
        state, current=state.future[0], past=(*state.past, state.current), future=state.future[1:]
    )


def mark_saved(state: ViewState, saved: Harmony) -> ViewState:
    """Take the harmony as it is on disk for the current one; edits can still be undone and made again."""
    return replace(
        state,
        saved=saved,
        origin=saved,
        current=saved,
        base_revision=saved.revision,
        draft_token="",
        rival=None,
    )


def mark_deleted(state: ViewState, start: Harmony) -> ViewState:
    """Show the two variables without a harmony, as before the first edit."""
    return replace(
        state,
        saved=None,
        origin=start,
        current=start,
        base_revision=0,
        past=(),
        future=(),
        draft_token="",
        rival=None,
    )


def discard(state: ViewState) -> ViewState:
    """Return to the saved harmony or the empty start; the draft can be brought back by undo."""
    if state.origin is None:
        return state
    return replace(edit(state, state.origin), base_revision=state.origin.revision)


def rebase(state: ViewState, theirs: Harmony | None) -> ViewState:
    """Keep the current harmony but base it on what someone else did to it meanwhile."""
    origin = theirs or state.origin
    return replace(
        state, saved=theirs, origin=origin, base_revision=theirs.revision if theirs else 0
    )
