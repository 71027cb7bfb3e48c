"""Questions about levels that are answered beside the edits: what is alike, what a table says."""

from __future__ import annotations

from typing import Final

from fusion_core.harmony.matching import likeness
from fusion_core.harmony.model import Harmony
from harmony_app.harmonize.match._level_edits import paste_table
from harmony_app.harmonize.work import Actions, Host, Message, messages, require_harmony

COMPARED: Final = 50
"""Levels the other side is ordered by; what is like the hundredth of them helps nobody."""
NOTABLE: Final = 0.2
"""Likeness below which a level is not worth moving up."""


class LevelWork:
    """What the level lists ask the server.

    Parameters
    ----------
    page
        The page whose harmony is asked about.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self.actions: Actions = {"paste_table": self._paste_table}
        self.questions: Actions = {"alike": self._alike}

    def _alike(self, message: Message) -> None:
        current = require_harmony(self._host)
        name = messages.side(message)
        found = alike(current, message)
        self._host.browser.tell("alike", key=current.key, side=name, scores=found)

    def _paste_table(self, message: Message) -> None:
        host = self._host
        changed, summary, problems = paste_table(require_harmony(host), message)
        host.edit(changed)
        if problems:
            host.browser.tell("table_report", summary=summary, entries=problems)
        else:
            host.toast(summary)


def alike(harmony: Harmony, message: Message) -> list[tuple[int, float]]:
    """Return the levels of the other side that are like the chosen ones, most alike first.

    Each is a position and its likeness to the most alike of the chosen levels, 0 to 1.
    """
    name = messages.side(message)
    own = [item.level for item in harmony.side(name).levels]
    other = [
        item.level for item in (harmony.recipient if name == "donor" else harmony.donor).levels
    ]
    chosen = messages.positions(message.get("levels", []), len(own))[:COMPARED]
    if not chosen or not other:
        return []
    scores = likeness([own[index] for index in chosen], other).max(axis=0)
    order = sorted(range(len(other)), key=lambda index: (-scores[index], index))
    return [(index, round(float(scores[index]), 2)) for index in order if scores[index] >= NOTABLE]


__all__ = ["LevelWork", "alike"]
