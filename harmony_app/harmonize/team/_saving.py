"""Save, delete and discard: what reaches the harmonies other people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fusion_core.errors import ConflictError, InputError
from fusion_core.harmony.model import Harmony
from harmony_app.harmonize.work import Actions, Message
from harmony_app.harmonize.work import state as states

if TYPE_CHECKING:
    from harmony_app.harmonize.page import HarmonizePage
    from harmony_app.harmonize.team._conflicts import Conflicts


class Saving:
    """The part of the page that writes harmonies.

    Parameters
    ----------
    page
        The page.
    conflicts
        Asked when somebody else saved first.
    """

    def __init__(self, page: HarmonizePage, conflicts: Conflicts) -> None:
        self._page = page
        self._conflicts = conflicts

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"save": self._save, "delete": self._delete, "discard": self._discard}

    def _save(self, message: Message) -> None:
        del message
        self.write()

    def write(self) -> None:
        """Save the current harmony, or show what somebody else saved first."""
        page, work, current = self._page, self._page.require_work(), self._current()
        errors = page.screen.errors(current)
        try:
            saved = work.store.save(
                current, author=page.session.user, expected_revision=page.state.base_revision
            )
        except ConflictError:
            self._conflicts.show()
            return
        work.drop_draft(current.key, page.state.draft_token)
        work.reload()
        page.state = states.mark_saved(page.state, saved)
        page.teamwork.opened()
        page.screen.show_place(page.work, page.state)
        page.screen.show_subject(page.work, page.state)
        said = f"Saved {current.key}, revision {saved.revision}"
        if errors:
            mistakes = "mistake" if errors == 1 else "mistakes"
            page.toast(f"{said} – with {errors} {mistakes}, see Findings.", severity="warning")
        else:
            page.toast(f"{said}.")

    def _delete(self, message: Message) -> None:
        del message
        page, work, current = self._page, self._page.require_work(), self._current()
        work.store.delete(
            current.key, author=page.session.user, expected_revision=page.state.base_revision
        )
        work.drop_draft(current.key, page.state.draft_token)
        work.reload()
        page.state = states.mark_deleted(
            page.state, work.start(page.state.donor, page.state.recipient)
        )
        page.teamwork.opened()
        page.screen.show_place(page.work, page.state)
        page.screen.show_subject(page.work, page.state)
        page.toast(f"Deleted {current.key}.", undo={"kind": "undelete", "key": current.key})

    def _discard(self, message: Message) -> None:
        del message
        page = self._page
        page.state = states.discard(page.state)
        page.toast("Your draft is dropped. Undo brings it back.")

    def _current(self) -> Harmony:
        current = self._page.state.current
        if current is None:
            raise InputError("No harmony is open", fix="Choose a variable on the left")
        return current
