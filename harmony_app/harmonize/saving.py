"""Save, delete, discard, history and conflicts: what reaches the harmonies other people see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fusion_core.errors import ConflictError, InputError
from fusion_core.harmony.changes import harmony_changes
from fusion_core.harmony.history import HistoryEntry
from fusion_core.harmony.model import Harmony
from harmony_app.harmonize import messages
from harmony_app.harmonize import state as states
from harmony_app.harmonize.messages import Message

if TYPE_CHECKING:
    from harmony_app.harmonize.page import HarmonizePage
    from harmony_app.harmonize.pairwork import PairWork

ACTION_WORDS = {
    "save": "Saved", "delete": "Deleted", "restore": "Restored", "import": "Imported",
    "recover": "Recovered",
}  # fmt: skip
ENTRIES_SHOWN = 50


class Saving:
    """The part of the page that writes harmonies."""

    def __init__(self, page: HarmonizePage) -> None:
        self._page = page

    @property
    def actions(self) -> dict[str, Callable[[Message], None]]:
        """What a message of each kind starts."""
        return {
            "save": self._save, "resolve": self._resolve, "delete": self._delete,
            "undelete": self._undelete, "discard": self._discard, "history": self._history,
            "restore": self._restore,
        }  # fmt: skip

    @property
    def _work(self) -> PairWork:
        return self._page.require_work()

    def _current(self) -> Harmony:
        current = self._page.state.current
        if current is None:
            raise InputError("No harmony is open", fix="Choose a variable on the left")
        return current

    def _save(self, message: Message) -> None:
        del message
        self._write(self._page.state.base_revision)

    def _write(self, expected_revision: int) -> None:
        page, work, current = self._page, self._work, self._current()
        try:
            saved = work.store.save(
                current, author=page.session.user, expected_revision=expected_revision
            )
        except ConflictError as error:
            work.reload()
            theirs = work.saved.get(current.key)
            changes = harmony_changes(current, theirs) if theirs else []
            page.desk.tell(
                "conflict",
                message=error.message,
                deleted=theirs is None,
                changes=[change.cells for change in changes],
            )
            return
        work.drop_draft(current.key)
        work.reload()
        page.state = states.mark_saved(page.state, saved)
        page.screen.show_place(page.work, page.state)
        page.screen.show_subject(page.work, page.state)
        page.toast(f"Saved {current.key}, revision {saved.revision}.")

    def _resolve(self, message: Message) -> None:
        page, work, current = self._page, self._work, self._current()
        work.reload()
        theirs = work.saved.get(current.key)
        if message.get("keep") == "mine":
            page.state = states.rebase(page.state, theirs)
            self._write(theirs.revision if theirs else 0)
        elif theirs is not None:
            page.state = states.mark_saved(states.edit(page.state, theirs), theirs)
            work.drop_draft(current.key)
            page.toast("Their version is shown. Undo brings your version back as a draft.")
        else:
            page.state = states.mark_deleted(
                page.state, work.start(page.state.donor, page.state.recipient)
            )
            work.drop_draft(current.key)
        page.screen.show_subject(page.work, page.state)

    def _delete(self, message: Message) -> None:
        del message
        page, work, current = self._page, self._work, self._current()
        work.store.delete(
            current.key, author=page.session.user, expected_revision=page.state.base_revision
        )
        work.drop_draft(current.key)
        work.reload()
        page.state = states.mark_deleted(
            page.state, work.start(page.state.donor, page.state.recipient)
        )
        page.screen.show_place(page.work, page.state)
        page.screen.show_subject(page.work, page.state)
        page.toast(f"Deleted {current.key}.", undo={"kind": "undelete", "key": current.key})

    def _undelete(self, message: Message) -> None:
        page, work = self._page, self._work
        restored = work.store.restore(messages.text(message, "key"), author=page.session.user)
        page.open(restored.donor.variable, restored.recipient.variable)
        page.screen.show_place(page.work, page.state)
        page.toast(f"{restored.key} is back.")

    def _discard(self, message: Message) -> None:
        del message
        page = self._page
        page.state = states.discard(page.state)
        page.toast("Your draft is dropped. Undo brings it back.")

    def _history(self, message: Message) -> None:
        del message
        key = self._page.state.key
        entries = self._work.store.history(key)[::-1][:ENTRIES_SHOWN]
        self._page.desk.tell(
            "history", key=key, entries=[_entry_record(entry) for entry in entries]
        )

    def _restore(self, message: Message) -> None:
        page, key = self._page, self._page.state.key
        revision = messages.whole(message.get("entry"), "The revision")
        found = next(
            (
                entry.after
                for entry in self._work.store.history(key)
                if entry.revision == revision and entry.after
            ),
            None,
        )
        if found is None:
            raise InputError(
                f"The history holds no revision {revision}", fix="Choose one from the list"
            )
        page.state = states.edit(page.state, replace(found, revision=page.state.base_revision))
        page.toast(f"Revision {revision} is back as your draft; save it to keep it.")


def _entry_record(entry: HistoryEntry) -> dict[str, Any]:
    changes = harmony_changes(entry.before, entry.after) if entry.before and entry.after else []
    return {
        "id": entry.revision,
        "action": ACTION_WORDS[entry.action],
        "time": entry.when,
        "author": entry.who,
        "revision": entry.revision if entry.after else 0,
        "restorable": entry.after is not None,
        "changes": [change.cells for change in changes],
    }
