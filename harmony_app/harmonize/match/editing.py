"""Edits of the open match: made, undone, redone, proposed by a finding, tried while they are typed."""

from __future__ import annotations

from typing import Final

from fusion_core.errors import ExpressionError, HarmonyError, InputError
from harmony_app.harmonize.match._edits import EDITS, apply_edit
from harmony_app.harmonize.match._shaping import note
from harmony_app.harmonize.work import (
    Actions,
    Host,
    Message,
    messages,
    require_harmony,
    require_work,
)
from harmony_app.harmonize.work import state as states

FIELDS: Final = {
    "adjustment": "adjustment",
    "recipe": "adjustment",
    "universe": "universe",
    "universe_rows": "universe",
    "breakpoints": "breakpoints",
    "label_bins": "breakpoints",
    "split_bins": "breakpoints",
    "deflate": "deflate",
    "price_year": "deflate",
    "aggregator": "aggregator",
    "count": "aggregator",
    "recodes": "recode",
    "recode_use": "recode",
    "recode_preview": "recode",
    "recode_save": "recode",
}
"""The field of a side that an error in a message of each kind is shown at."""


class Editing:
    """The part of the page that changes the open harmony.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.questions: Actions = {"check": self._check}
        self.actions: Actions = {
            **dict.fromkeys(EDITS, self._edit),
            "undo": self._undo,
            "redo": self._redo,
            "fix": self._fix,
        }

    def _edit(self, message: Message) -> None:
        current = require_harmony(self._host)
        edited = apply_edit(current, message, require_work(self._host).surveys)
        undone = len(self._host.state.future) if edited != current else 0
        self._host.edit(edited)
        if undone:
            steps = "edit" if undone == 1 else f"{undone} edits"
            self._host.toast(f"The {steps} you had undone can be reached by Undo.")
        if "side" in message:
            self._clear_problem(message, note(current, edited, message))

    def _clear_problem(self, message: Message, note: str) -> None:
        self._host.browser.tell(
            "problem", side=message["side"], field=field_of(message), message=None, note=note
        )

    def _undo(self, message: Message) -> None:
        del message
        self._host.state = states.undo(self._host.state)

    def _redo(self, message: Message) -> None:
        del message
        self._host.state = states.redo(self._host.state)

    def _fix(self, message: Message) -> None:
        index, findings = messages.whole(message.get("index"), "The finding"), self._host.findings
        fix = findings[index].fix if 0 <= index < len(findings) else None
        if fix is None:
            raise InputError(
                "The harmony has changed since this was found", fix="Choose the fix again"
            )
        self._host.edit(fix.harmony)

    def _check(self, message: Message) -> None:
        """Answer an expression being typed: what it yields, or the mistake and where it is."""
        work, current, browser = self._host.work, self._host.state.current, self._host.browser
        if work is None or current is None:
            return
        answer = {name: message.get(name) for name in ("side", "field", "sequence")}
        try:
            result = work.try_expression(
                current, messages.side(message), messages.text(message, "text")
            )
        except HarmonyError as error:
            position = error.position if isinstance(error, ExpressionError) else None
            browser.tell(
                "checked", **answer, message=f"{error.what}.", hint=error.fix, position=position
            )
        else:
            browser.tell("checked", **answer, result=result)


def field_of(message: Message) -> str | None:
    """Return the field of a side that a message is about, if it is about one."""
    kind = message.get("kind")
    return FIELDS.get(kind) if isinstance(kind, str) else None


__all__ = ["FIELDS", "Editing", "field_of"]
