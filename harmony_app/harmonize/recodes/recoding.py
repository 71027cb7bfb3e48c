"""Groupings with a name: what a side uses, what others use it too, and changes of all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from fusion_core.errors import InputError
from fusion_core.harmony.model import SIDES, Harmony, SideName, SurveyPair
from fusion_core.harmony.recodes import (
    TITLE_LIMIT,
    Consequence,
    Recode,
    RecodeShelf,
    detach,
    detachments,
    follow,
    name_from,
    recode_of_side,
    standard_recodes,
    updated,
)
from fusion_core.workspace.layout import Workspace
from harmony_app.harmonize.recodes._records import (
    brief_record,
    choice_record,
    consequence_record,
    side_record,
)
from harmony_app.harmonize.recodes.changes import RecodeChanges
from harmony_app.harmonize.vintages import readable_sets
from harmony_app.harmonize.work import (
    Actions,
    Message,
    OverviewHost,
    messages,
    require_harmony,
    require_work,
)

NOTE_LIMIT: Final = 2_000


class Recoding:
    """The part of the page that uses, saves and changes recodes.

    Parameters
    ----------
    host
        The page.
    changes
        How a change of a recode reaches the harmonies that use it.
    """

    def __init__(self, host: OverviewHost, changes: RecodeChanges) -> None:
        self._host = host
        self._changes = changes
        self.questions: Actions = {"recodes": self._list, "recode_preview": self._preview}
        self.actions: Actions = {
            "recode_use": self._use,
            "recode_detach": self._detach,
            "recode_save": self._save,
            "recode_remove": self._remove,
            "recode_undo": changes.undo,
        }

    @property
    def _shelf(self) -> RecodeShelf:
        return self._changes.shelf

    def _list(self, message: Message) -> None:
        """Answer which recodes there are, best fitting first, and what the side's own one does."""
        harmony, side = require_harmony(self._host), messages.side(message)
        sets = readable_sets(self._host.session.workspace)
        all_ = self._shelf.all()
        choices = [choice_record(item, harmony, side, sets) for item in all_]
        choices.sort(key=lambda item: (-item["share"], -item["uses"], item["title"]))
        current = next((item for item in all_ if item.name == harmony.side(side).recode), None)
        self._host.browser.tell(
            "recodes",
            side=side,
            key=harmony.key,
            choices=choices,
            current=None
            if current is None
            else side_record(current, harmony, side, sets, self._open_place()),
        )

    def _use(self, message: Message) -> None:
        """Let a side, and the other one where it is wished, take its groups from a recode."""
        harmony = require_harmony(self._host)
        recode = self._shelf.get(messages.text(message, "name", limit=TITLE_LIMIT))
        side = messages.side(message)
        sides: tuple[SideName, ...] = (
            (side, *(name for name in SIDES if name != side)) if message.get("both") else (side,)
        )
        surveys = require_work(self._host).surveys
        for name in sides:
            harmony = follow(harmony, name, recode, variable=surveys.variable(name, harmony))
        self._host.edit(harmony)

    def _detach(self, message: Message) -> None:
        self._host.edit(detach(require_harmony(self._host), messages.side(message)))

    def _preview(self, message: Message) -> None:
        """Answer what saving this side's grouping under a name would change elsewhere."""
        before, after = self._meant(message)
        found = self._elsewhere(before, after)
        self._host.browser.tell(
            "recode_changes",
            side=messages.side(message),
            name=after.name,
            title=after.title,
            exists=before is not None,
            standard=before is not None and before.is_standard,
            changes=[consequence_record(item) for item in found],
        )

    def _save(self, message: Message) -> None:
        """Save this side's grouping under a name, and change every harmony that uses it."""
        host = self._host
        before, after = self._meant(message)
        side = messages.side(message)
        found = self._elsewhere(before, after)
        saved = self._shelf.save(
            after, author=host.session.user, expected_revision=before.revision if before else 0
        )
        steps = self._changes.carry_out(found)
        linked = require_harmony(host)
        host.edit(linked.with_side(side, replace(linked.side(side), recode=saved.name)))
        self._changes.tell(f"Saved the recode “{saved.title}”.", steps, saved.name, before)

    def _remove(self, message: Message) -> None:
        """Remove a recode of the workspace; harmonies that use it keep their groups."""
        host = self._host
        name = messages.text(message, "name", limit=TITLE_LIMIT)
        removed = self._shelf.remove(name)
        sets = readable_sets(host.session.workspace)
        found = [] if name in standard_recodes() else detachments(name, sets)
        steps = self._changes.carry_out([item for item in found if not self._is_open(item)])
        harmony = host.state.current
        if name not in standard_recodes() and harmony is not None:
            for side in SIDES:
                if harmony.side(side).recode == name:
                    harmony = detach(harmony, side)
            host.edit(harmony)
        self._changes.tell(f"Removed the recode “{removed.title}”.", steps, name, removed)

    def _meant(self, message: Message) -> tuple[Recode | None, Recode]:
        """Return the recode a message names as it is, and as this side's grouping makes it."""
        title = messages.text(message, "title", limit=TITLE_LIMIT).strip()
        name = name_from(str(message.get("name") or title))
        if not name:
            raise InputError(
                "The recode has no name", fix="Give it one, such as Education, 5 classes"
            )
        note = messages.text(message, "note", limit=NOTE_LIMIT) if "note" in message else ""
        harmony = require_harmony(self._host)
        before = self._shelf.find(name)
        title = title or (before.title if before else name)
        own = recode_of_side(harmony, messages.side(message), name=name, title=title, note=note)
        return before, own if before is None else updated(before, own)

    def _elsewhere(self, before: Recode | None, after: Recode) -> list[Consequence]:
        """Return what a change does to saved harmonies other than the open one."""
        return [item for item in self._changes.foreseen(before, after) if not self._is_open(item)]

    def _open_place(self) -> tuple[SurveyPair | None, str]:
        state = self._host.state
        return state.pair, state.key

    def _is_open(self, item: Consequence) -> bool:
        return (item.pair, item.before.key) == self._open_place()


def side_recode(workspace: Workspace, harmony: Harmony, side: SideName) -> dict[str, Any] | None:
    """Describe the recode a side takes its groups from in a few words; ``None`` for its own groups."""
    name = harmony.side(side).recode
    if not name:
        return None
    return brief_record(RecodeShelf(workspace.path).find(name), name, harmony.side(side))


__all__ = ["NOTE_LIMIT", "Recoding", "side_recode"]
