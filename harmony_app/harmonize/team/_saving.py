"""Save, delete and discard: what reaches the harmonies other people see."""

from __future__ import annotations

from collections.abc import Callable

from fusion_core.errors import ConflictError
from fusion_core.harmony.previews import HarmonyPreview
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
        Shows what someone else saved first.
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
        """Save the current harmony, or show what someone else saved first."""
        host, work, current = self._host, require_work(self._host), require_harmony(self._host)
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
        warning = _shortcomings(work.preview(saved))
        if warning:
            host.toast(f"{said} – {warning}.", severity="warning")
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


def _shortcomings(seen: HarmonyPreview) -> str:
    """Say why a harmony that was just saved cannot be applied, or that it has mistakes."""
    wrong = [item for item in seen.findings if item.severity == "error" and not item.accepted]
    left = [item.sentence for item in wrong if item.rule in STILL_TO_DO]
    if left or (seen.problems and not wrong):
        return f"it cannot be applied yet: {(left or seen.problems)[0].rstrip('.')}"
    if not wrong:
        return ""
    return f"with {len(wrong)} {'mistake' if len(wrong) == 1 else 'mistakes'}, see Findings"
