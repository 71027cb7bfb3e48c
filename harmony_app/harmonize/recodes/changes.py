"""How a change of a recode reaches the harmonies that use it, and how it is taken back."""

from __future__ import annotations

from fusion_core.errors import InputError
from fusion_core.harmony.model import SurveyPair
from fusion_core.harmony.recodes import Consequence, Recode, RecodeShelf, consequences
from harmony_app.harmonize.vintages import readable_sets
from harmony_app.harmonize.work import Message, OverviewHost, Step, Steps, messages


class RecodeChanges:
    """Changes of recodes in one session, each undone in one step.

    Parameters
    ----------
    host
        The page.
    steps
        What was changed at once, to be undone at once.
    """

    def __init__(self, host: OverviewHost, steps: Steps) -> None:
        self._host = host
        self._steps = steps
        self._shelved: dict[int, tuple[str, Recode | None]] = {}

    @property
    def shelf(self) -> RecodeShelf:
        """The recodes of the workspace."""
        return RecodeShelf(self._host.session.workspace.path)

    def foreseen(self, before: Recode | None, after: Recode) -> list[Consequence]:
        """Return what a change does to saved harmonies."""
        if before is None:
            return []
        return consequences(before, after, readable_sets(self._host.session.workspace))

    def carry_out(self, found: list[Consequence]) -> list[Step]:
        """Save the changed harmonies; those with levels to decide are kept as drafts."""
        by_pair: dict[SurveyPair, list[Consequence]] = {}
        for item in found:
            by_pair.setdefault(item.pair, []).append(item)
        return [
            self._steps.change(
                pair,
                {item.after.key: item.after for item in items if not item.undecided},
                {item.before.key: item.before.revision for item in items},
                tuple(item.after for item in items if item.undecided),
            )
            for pair, items in by_pair.items()
        ]

    def tell(self, text: str, steps: list[Step], name: str, before: Recode | None) -> None:
        """Say what was done to a recode and to harmonies, with an undo for both."""
        saved = sum(len(step.after) for step in steps)
        drafts = sum(len(step.drafts) for step in steps)
        if saved:
            text += f" {saved} harmon{'y' if saved == 1 else 'ies'} changed with it."
        if drafts == 1:
            text += " 1 needs a decision and is kept as a draft."
        elif drafts:
            text += f" {drafts} need a decision and are kept as drafts."
        undo = self._steps.remember(steps)
        self._shelved[undo["step"]] = (name, before)
        self._host.refresh({(step.pair, key) for step in steps for key in step.after})
        self._host.toast(text, undo={"kind": "recode_undo", "step": undo["step"]})
        self._host.browser.tell("recode_news", name=name)

    def undo(self, message: Message) -> None:
        """Take back a change of a recode together with what it did to harmonies."""
        number = messages.whole(message.get("step"), "The step")
        if number not in self._shelved:
            raise InputError("This step cannot be undone any more", fix="Save the recode again")
        name, before = self._shelved.pop(number)
        restored = self._steps.undo(number)
        current = self.shelf.find(name)
        if before is None or before.is_standard:
            self.shelf.remove(name)
        else:
            now = current.revision if current is not None and not current.is_standard else 0
            self.shelf.save(before, author=self._host.session.user, expected_revision=now)
        self._host.refresh(restored)
        self._host.toast("The recode and the harmonies that use it are as before.")
        self._host.browser.tell("recode_news", name=name)


__all__ = ["RecodeChanges"]
