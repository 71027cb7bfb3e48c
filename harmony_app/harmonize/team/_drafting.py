"""Keep what a person edits before the edit is answered: whatever the page shows is on disk."""

from __future__ import annotations

from dataclasses import replace

from fusion_core.errors import HarmonyError
from fusion_core.harmony.model import Harmony
from harmony_app.harmonize.work import Host
from harmony_app.harmonize.work import state as states


class Drafting:
    """The part of the page that keeps unsaved edits.

    Attributes
    ----------
    problem
        Why the last edit could not be kept; empty when it was.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.problem = ""

    def keep(self) -> None:
        """Write the current harmony as a draft, or forget the draft where nothing is unsaved.

        Where that fails – the disk is full – the edit is shown all the same, and `problem` says why
        it would be lost with the page; the next edit tries again.
        """
        try:
            self._keep()
        except HarmonyError as error:
            self.problem = error.message
        else:
            self.problem = ""

    def _keep(self) -> None:
        work, state = self._host.work, self._host.state
        current = state.current
        if work is None or current is None:
            return
        if not state.is_draft:
            work.drop_draft(current.key, state.draft_token)
            self._host.state = replace(state, draft_token="")
            return
        kept = work.kept.get(current.key)
        if kept is not None and _is_kept(kept.token, state) and _same(kept.harmony, state):
            return
        draft = work.keep_draft(current, state.base_revision, state)
        self._host.state = replace(state, draft_token=draft.token, rival=draft.other)


def _is_kept(token: str, state: states.ViewState) -> bool:
    return bool(token) and token == state.draft_token


def _same(kept: Harmony, state: states.ViewState) -> bool:
    return (
        state.current is not None
        and states.content(kept) == states.content(state.current)
        and kept.revision == state.base_revision
    )
