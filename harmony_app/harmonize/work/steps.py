"""Changes of several harmonies at once, each undone in one step while the page is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fusion_core.errors import InputError
from fusion_core.harmony.model import Harmony, SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True, slots=True)
class Step:
    """What one step changed.

    Attributes
    ----------
    pair
        The pair of surveys.
    before, after
        The harmonies by key before and after; ``None`` where there was none.
    drafts
        Keys of the drafts the step made.
    """

    pair: SurveyPair
    before: dict[str, Harmony | None]
    after: dict[str, Harmony | None]
    drafts: tuple[str, ...] = ()


class Steps:
    """The steps of one session.

    Parameters
    ----------
    workspace
        The project folder.
    user
        Who changes harmonies.
    drafts_of
        The name under which the same person's unsaved edits are kept, where it is another one.
    """

    def __init__(self, workspace: Workspace, user: str, drafts_of: str = "") -> None:
        self._workspace = workspace
        self._user = user
        self._drafts_of = drafts_of or user
        self._done: list[list[Step]] = []

    def change(
        self,
        pair: SurveyPair,
        changes: Mapping[str, Harmony | None],
        expected: Mapping[str, int],
        drafts: tuple[Harmony, ...] = (),
    ) -> Step:
        """Save, replace or delete harmonies of a pair in one step, and keep others as drafts.

        What someone else changed since `expected` was read stays as it is.
        """
        store = HarmonyStore(self._workspace.path, pair)
        saved = store.load()
        before = {key: saved.get(key) for key in changes}
        after = store.change_all(changes, author=self._user, expected=expected)
        for draft in drafts:
            store.save_draft(draft, user=self._drafts_of)
        return Step(
            pair, {key: before[key] for key in after}, after, tuple(item.key for item in drafts)
        )

    def remember(self, steps: list[Step]) -> dict[str, Any]:
        """Return the message that undoes steps made together."""
        self._done.append(steps)
        return {"kind": "undo_step", "step": len(self._done) - 1}

    def undo(self, number: int) -> set[tuple[SurveyPair, str]]:
        """Take steps back and return the harmonies and drafts that are as they were.

        Raises
        ------
        InputError
            If the session knows no such step.
        """
        if not 0 <= number < len(self._done):
            raise InputError("This step cannot be undone any more", fix="Use the history")
        restored: set[tuple[SurveyPair, str]] = set()
        for step in self._done[number]:
            store = HarmonyStore(self._workspace.path, step.pair)
            revisions = {key: item.revision for key, item in step.after.items() if item}
            changed = store.change_all(step.before, author=self._user, expected=revisions)
            for key in step.drafts:
                store.discard_draft(key, user=self._drafts_of)
            restored |= {(step.pair, key) for key in (*changed, *step.drafts)}
        self._done[number] = []
        return restored


__all__ = ["Step", "Steps"]
