"""The line of waiting runs, kept moving by whoever looks at it; see `fusion_core.execution.line`."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from fusion_core.errors import HarmonyError
from fusion_core.execution.line import has_turn, move_on
from harmony_app.log import LOG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import RunState


class LineKeeper:
    """Starts the next run where there is room and its predecessor could not, one look at a time."""

    def __init__(self) -> None:
        self._looking = threading.Lock()

    def look(self, workspace: Workspace, states: Sequence[RunState]) -> None:
        """Start, in a thread, who has his turn as far as these states of all runs tell."""
        if has_turn(workspace, states) and self._looking.acquire(blocking=False):
            threading.Thread(target=self._move, args=(workspace,), name="line", daemon=True).start()

    def _move(self, workspace: Workspace) -> None:
        try:
            move_on(workspace)
        except HarmonyError as error:  # the next look tries again
            LOG.warning("The next run could not be started: %s", error.message)
        finally:
            self._looking.release()


@lru_cache(maxsize=1)
def shared_keeper() -> LineKeeper:
    """Return the keeper of this server."""
    return LineKeeper()


__all__ = ["LineKeeper", "shared_keeper"]
