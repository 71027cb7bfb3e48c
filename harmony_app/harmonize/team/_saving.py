"""Save, delete and discard: what reaches the harmonies other people see."""

from __future__ import annotations

from collections.abc import Callable

from fusion_core.errors import ConflictError
from harmony_app.harmonize.match import STILL_TO_DO
from harmony_app.harmonize.work import Actions, Host, Message, require_harmony, require_work
from harmony_app.harmonize.work import state as states


class Saving:
    """The part of the page that writes harmonies.

    Parameters
    ----------
    host
        The page.
    show_conflict
        Shows what somebody else saved first.
    opened
        Takes notice of what is on disk now.
    """

    def __init__(
        self, host: Host, *, show_conflict: Callable[[], None], opened: Callable[[], None]
    ) -> None:
        self._host = host
        self._show_conflict = show_conflict
        self._opened = opened

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"save": self._save, "delete": self._delete, "discard": self._discard}

    def _save(self, message: Message) -> None:
        del message
        if self._host.state.saved is None or self._host.state.is_draft:
            self.write()  # else pressed once more than there was to save

    def write(self) -> None:
        """Save the current harmony, or show what somebody else saved first."""
        host, work, current = self._host, require_work(self._host), require_harmony(self._host)
        wrong = [item for item in host.findings if item.severity == "error" and not item.accepted]
        try:
            saved = work.store.save(
                current, author=host.session.user, expected_revision=host.state.base_revision
            )
        except ConflictError:
            self._show_conflict()
            return
        work.drop_draft(current.key, host.state.draft_token)
        work.reload()
        host.state = states.mark_saved(host.state, saved)
        self._opened()
        host.show("place", "subject")
        said = f"Saved {current.key}, revision {saved.revision}"
        left = [item.sentence for item in wrong if item.rule in STILL_TO_DO]
        if left:
            host.toast(f"{said} – it cannot be applied yet: {left[0]}.", severity="warning")
        elif wrong:
            mistakes = "mistake" if len(wrong) == 1 else "mistakes"
            host.toast(f"{said} – with {len(wrong)} {mistakes}, see Findings.", severity="warning")
        else:
            host.toast(f"{said}.")

    def _delete(self, message: Message) -> None:
        del message
        host, work, current = self._host, require_work(self._host), require_harmony(self._host)
        work.store.delete(
            current.key, author=host.session.user, expected_revision=host.state.base_revision
        )
        work.drop_draft(current.key, host.state.draft_token)
        work.reload()
        host.state = states.mark_deleted(
            host.state, work.start(host.state.donor, host.state.recipient)
        )
        self._opened()
        host.show("place", "subject")
        host.toast(f"Deleted {current.key}.", undo={"kind": "undelete", "key": current.key})

    def _discard(self, message: Message) -> None:
        del message
        host = self._host
        host.state = states.discard(host.state)
        host.toast("Your draft is dropped. Undo brings it back.")
