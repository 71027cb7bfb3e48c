"""Donor variables without a harmony on purpose: marked with one key each, or many at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fusion_core.errors import InputError
from fusion_core.harmony.model import split_key
from fusion_core.harmony.store import REASON_LIMIT, Decision, decide
from harmony_app.harmonize.work import Actions, Host, Message, PairSession, messages, require_work


class Deciding:
    """The part of the page that sets variables aside, and takes that back."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._before: dict[str, Decision | None] = {}

    @property
    def actions(self) -> Actions:
        """What a message of each kind starts."""
        return {"decide": self._decide, "undecide": self._undo}

    def _decide(self, message: Message) -> None:
        host, work = self._host, require_work(self._host)
        names = _names(message, work)
        changes = decide(
            names,
            messages.text(message, "verdict"),
            author=host.session.user,
            reason=messages.text(message, "reason", limit=REASON_LIMIT * 2),
        )
        if not changes:
            raise InputError(
                "None of these variables can be set aside: they have a harmony",
                fix="Delete the harmony first if it should not be there",
            )
        self._before = work.store.decisions.change(changes)
        self._show(work)
        what = names[0] if len(changes) == 1 else f"{len(changes)} variables"
        verb = "is" if len(changes) == 1 else "are"
        host.toast(f"{what} {verb} {_word(changes)}.", undo={"kind": "undecide"})

    def _undo(self, message: Message) -> None:
        del message
        work = require_work(self._host)
        self._before = work.store.decisions.change(self._before)
        self._show(work)

    def _show(self, work: PairSession) -> None:
        work.reload_decisions()
        self._host.show("statuses", "subject", "form")


def decision_record(decision: Decision | None) -> dict[str, Any] | None:
    """Describe what was decided of a variable; ``None`` where nothing was said."""
    if decision is None:
        return None
    return {
        "verdict": decision.verdict,
        "reason": decision.reason,
        "who": decision.author,
        "time": decision.when,
    }


def _word(changes: Mapping[str, Decision | None]) -> str:
    """Say what was decided alike on all variables."""
    decision = next(iter(changes.values()))
    if decision is None:
        return "undecided"
    if decision.sets_aside:
        return f"set aside: {decision.verdict}"
    return "undecided, with your reason"


def _names(message: Message, work: PairSession) -> list[str]:
    """Return the variables a message names that have no saved harmony."""
    names = message.get("variables")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError("The message names no variables")
    for name in names:
        work.surveys.donor.dictionary.require(name, where=work.pair.donor.title)
    harmonized = {split_key(key)[0] for key in work.saved}
    return [name for name in names if name not in harmonized]


__all__ = ["Deciding", "decision_record"]
