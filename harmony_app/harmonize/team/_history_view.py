"""What was: the history of a harmony, differences between any two revisions, deleted harmonies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from fusion_core.harmony.editing import harmony_changes
from fusion_core.harmony.model import Harmony
from fusion_core.harmony.store import HistoryEntry
from harmony_app.harmonize.work import Actions, Message, messages
from harmony_app.harmonize.work import state as states

if TYPE_CHECKING:
    from harmony_app.harmonize.page import HarmonizePage

ACTION_WORDS: Final = {
    "save": "Saved",
    "delete": "Deleted",
    "restore": "Restored",
    "import": "Imported",
    "recover": "Recovered",
    "review": "Remark",
}
ENTRIES_SHOWN: Final = 50


class Past:
    """The part of the page that looks back."""

    def __init__(self, page: HarmonizePage) -> None:
        self._page = page

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {
            "history": self._history,
            "compare": self._compare,
            "restore": self._restore,
            "deleted": self._deleted,
            "undelete": self._undelete,
        }

    def _history(self, message: Message) -> None:
        del message
        state = self._page.state
        key, open_now = state.key, 0 if state.is_draft else state.base_revision
        entries = self._page.require_work().store.history(key)[::-1]
        self._page.desk.tell(
            "history",
            key=key,
            entries=[entry_record(entry, open_now) for entry in entries[:ENTRIES_SHOWN]],
            older=max(len(entries) - ENTRIES_SHOWN, 0),
            revisions=sorted({entry.revision for entry in entries if entry.after}, reverse=True),
        )

    def _compare(self, message: Message) -> None:
        store, key = self._page.require_work().store, self._page.state.key
        first, second = (messages.whole(message.get(name), "The revision") for name in ("a", "b"))
        before, after = store.version(key, first), store.version(key, second)
        self._page.desk.tell("comparison", a=first, b=second, changes=change_rows(before, after))

    def _restore(self, message: Message) -> None:
        page = self._page
        revision = messages.whole(message.get("entry"), "The revision")
        found = page.require_work().store.version(page.state.key, revision)
        page.state = states.edit(page.state, replace(found, revision=page.state.base_revision))
        page.toast(f"Revision {revision} is back as your draft; save it to keep it.")

    def _deleted(self, message: Message) -> None:
        del message
        found = self._page.require_work().store.deletions()
        self._page.desk.tell(
            "deleted",
            entries=[
                {
                    "key": entry.key,
                    "who": entry.who,
                    "time": entry.when,
                    "comment": entry.before.comment if entry.before else "",
                }
                for entry in found
            ],
        )

    def _undelete(self, message: Message) -> None:
        page = self._page
        restored = page.require_work().store.restore(
            messages.text(message, "key"), author=page.session.user
        )
        page.open(restored.donor.variable, restored.recipient.variable)
        page.screen.show_place(page.work, page.state)
        page.screen.show_statuses(page.work, page.state)
        page.toast(f"{restored.key} is back.")


def entry_record(entry: HistoryEntry, open_now: int = 0) -> dict[str, Any]:
    """Describe a change for the browser; the revision that is open unchanged needs no restoring."""
    remark = entry.remark
    return {
        "id": entry.revision,
        "action": ACTION_WORDS[entry.action] if remark is None else _verdict_word(remark.verdict),
        "time": entry.when,
        "author": entry.who,
        "revision": entry.revision if entry.after or remark else 0,
        "restorable": entry.after is not None and entry.revision != open_now,
        "text": remark.text if remark else "",
        "changes": change_rows(entry.before, entry.after),
    }


def change_rows(before: Harmony | None, after: Harmony | None) -> list[list[Any]]:
    """Return the differences of two versions as rows: what, before, after, levels summed up."""
    if before is None or after is None:
        return []
    return [[*change.cells, list(change.levels)] for change in harmony_changes(before, after)]


def _verdict_word(verdict: str) -> str:
    return {"reviewed": "Reviewed", "needs work": "Needs work"}.get(verdict, "Remark")
