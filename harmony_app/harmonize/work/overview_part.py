"""What parts of the page that deal with many harmonies have in common."""

from __future__ import annotations

from fusion_core.errors import HarmonyError
from harmony_app.harmonize.work import messages
from harmony_app.harmonize.work.host import OverviewHost
from harmony_app.harmonize.work.messages import Message
from harmony_app.harmonize.work.steps import Steps
from harmony_app.shell.work import SlowWork


class OverviewPart:
    """A part that gathers what it shows beside the page.

    Parameters
    ----------
    host
        The page.
    """

    def __init__(self, host: OverviewHost) -> None:
        self._host = host
        self._slow_work = SlowWork(host.session.visitor)

    def _failed(self, error: Exception) -> None:
        """Say what was wrong with the input; any other failure is the page's own."""
        if not isinstance(error, HarmonyError):
            raise error
        self._host.toast(error.message, severity="error")


class ChangingPart(OverviewPart):
    """A part that changes several harmonies at once.

    Parameters
    ----------
    host
        The page.
    steps
        What was changed at once, to be undone at once.
    """

    def __init__(self, host: OverviewHost, steps: Steps) -> None:
        super().__init__(host)
        self._steps = steps

    def _undo(self, message: Message) -> None:
        """Take back a step, and say how many harmonies are as before."""
        restored = self._steps.undo(messages.whole(message.get("step"), "The step"))
        self._host.refresh(restored)
        count = len(restored)
        self._host.toast(f"{count} harmon{'y is' if count == 1 else 'ies are'} as before.")


__all__ = ["ChangingPart", "OverviewPart"]
