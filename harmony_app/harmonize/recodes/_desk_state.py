"""A recode being edited: one frozen value, and pure functions to the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from fusion_core.harmony.recodes import Recode

HISTORY_LIMIT: Final = 200


@dataclass(frozen=True)
class RecodeEdit:
    """A recode as it is being edited.

    Attributes
    ----------
    base
        What the edits are based on; ``None`` for a recode nobody saved yet.
    current
        What they made of it.
    past, future
        What was before and after, for undo and redo; redo takes the first of `future`.
    """

    base: Recode | None
    current: Recode
    past: tuple[Recode, ...] = ()
    future: tuple[Recode, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.base is None or content(self.base) != content(self.current)


def content(recode: Recode) -> Recode:
    """Return a recode without its bookkeeping, to tell whether two say the same."""
    return replace(recode, author="", modified="", revision=0)


def edited(state: RecodeEdit, recode: Recode) -> RecodeEdit:
    """Make `recode` the current one; undo leads back, through edits that had been undone too."""
    if recode == state.current:
        return state
    undone = (state.current, *state.future) if state.future else ()
    past = (*state.past, *undone, state.current)[-HISTORY_LIMIT:]
    return replace(state, current=recode, past=past, future=())


def undone(state: RecodeEdit) -> RecodeEdit:
    """Return to what was before the last edit."""
    if not state.past:
        return state
    return RecodeEdit(state.base, state.past[-1], state.past[:-1], (state.current, *state.future))


def redone(state: RecodeEdit) -> RecodeEdit:
    """Make the edit again that was undone last."""
    if not state.future:
        return state
    return RecodeEdit(state.base, state.future[0], (*state.past, state.current), state.future[1:])


def rebased(state: RecodeEdit, theirs: Recode) -> RecodeEdit:
    """Return the edits based on what somebody saved meanwhile."""
    current = replace(state.current, revision=theirs.revision)
    return replace(state, base=theirs, current=current)


__all__ = ["RecodeEdit", "content", "edited", "rebased", "redone", "undone"]
