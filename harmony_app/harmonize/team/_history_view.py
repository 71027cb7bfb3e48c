"""What was: the history of a harmony, differences between any two revisions, deleted harmonies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from fusion_core.harmony.editing import harmony_changes
from fusion_core.harmony.model import Harmony
from fusion_core.harmony.store import HistoryEntry
from harmony_app.harmonize.work import Actions, Host, Message, messages, require_work

ACTION_WORDS: Final = {
    "save": "Saved",
    "delete": "Deleted",
    "restore": "Restored",
    "import": "Imported",
    "recover": "Recovered",
    "review": "Remark",
}
ENTRIES_SHOWN: Final = 50


class HistoryView:
    """The part of the page that looks back."""

    def __init__(self, host: Host) -> None:
        self._host = host

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
        state = self._host.state
        key, open_now = state.key, 0 if state.is_draft else state.base_revision
        entries = require_work(self._host).store.history(key)[::-1]
        self._host.browser.tell(
            "history",
            key=key,
            entries=[entry_record(entry, open_now) for entry in entries[:ENTRIES_SHOWN]],
            older=max(len(entries) - ENTRIES_SHOWN, 0),
            revisions=sorted({entry.revision for entry in entries if entry.after}, reverse=True),
        )

    def _compare(self, message: Message) -> None:
        store, key = require_work(self._host).store, self._host.state.key
        first, second = (messages.whole(message.get(name), "The revision") for name in ("a", "b"))
        before, after = store.version(key, first), store.version(key, second)
        self._host.browser.tell("comparison", a=first, b=second, changes=change_rows(before, after))

    def _restore(self, message: Message) -> None:
        host = self._host
        revision = messages.whole(message.get("entry"), "The revision")
        found = require_work(host).store.version(host.state.key, revision)
        host.edit(replace(found, revision=host.state.base_revision))
        host.toast(f"Revision {revision} is back as your draft; save it to keep it.")

    def _deleted(self, message: Message) -> None:
        del message
        found = require_work(self._host).store.deletions()
        self._host.browser.tell(
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
        host = self._host
        restored = require_work(host).store.restore(
            messages.text(message, "key"), author=host.session.user
        )
        host.open(restored.donor.variable, restored.recipient.variable)
        host.show("place", "statuses")
        host.toast(f"{restored.key} is back.")


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
