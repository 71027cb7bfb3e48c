"""Progress of a run: one share over all stages, time left, and the place where it is cancelled."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from fusion_core.errors import Cancelled
from fusion_core.workspace.runs import STAGES, RunState, Stage, utc_now

if TYPE_CHECKING:
    from fusion_core.workspace.runs import Run

Progress = Callable[[float, str], None]

CANCEL_FILE: Final = "cancel"
# A person sees four changes a second as movement; more would only wear the disk.
_WRITE_INTERVAL: Final = 0.25
# Before this share the time left is a guess from the estimate alone.
_TRUSTED_SHARE: Final = 0.02


class RunProgress:
    """Writes how far a run is and raises `Cancelled` when the user asked for it.

    Parameters
    ----------
    run
        The run whose ``state.json`` is written.
    seconds
        Expected seconds per stage still to be done; they decide how wide each stage's part of the
        bar is.
    echo
        Also told of the overall share and the sentence, e.g. to print it.
    """

    def __init__(
        self, run: Run, seconds: Mapping[Stage, float], *, echo: Progress | None = None
    ) -> None:
        self._run = run
        self._echo = echo
        self._expected = {stage: max(float(seconds.get(stage, 0.0)), 0.1) for stage in STAGES}
        self._stage: Stage = STAGES[0]
        self._stage_started = time.monotonic()
        self._written = 0.0
        self._share = 0.0

    def enter(self, stage: Stage, message: str) -> None:
        """Begin a stage."""
        self._stage = stage
        self._stage_started = time.monotonic()
        self._run.log(message, stage=stage)
        self._write(0.0, message)

    def skip(self, stage: Stage) -> None:
        """Note that a stage was finished by an earlier start."""
        self._run.log("Already done by an earlier start", stage=stage)

    def report(self, share: float, message: str) -> None:
        """Take the share of the current stage that is done, and a sentence.

        Raises
        ------
        Cancelled
            If the user asked to cancel.
        """
        self.check_cancelled()
        if self._echo is not None:
            self._echo(self.overall(share), message)
        if time.monotonic() - self._written >= _WRITE_INTERVAL:
            self._write(share, message)

    def check_cancelled(self) -> None:
        """Raise `Cancelled` when the cancel file exists."""
        if (self._run.folder / CANCEL_FILE).exists():
            raise Cancelled("The run was cancelled")

    def overall(self, share: float) -> float:
        """Share of the whole run; never goes back."""
        before = sum(self._expected[stage] for stage in STAGES[: STAGES.index(self._stage)])
        here = self._expected[self._stage] * min(max(share, 0.0), 1.0)
        self._share = max(self._share, (before + here) / sum(self._expected.values()))
        return self._share

    def seconds_left(self, share: float) -> float:
        """Time to the end: this stage at its own pace, the later ones as expected.

        When this stage runs slower or faster than expected, the later ones are taken to do so too.
        """
        expected = self._expected[self._stage]
        elapsed = time.monotonic() - self._stage_started
        here = expected * (1 - share)
        pace = 1.0
        if share > _TRUSTED_SHARE:
            measured = elapsed / share
            # The estimate fades as the stage shows its own pace.
            total = share * measured + (1 - share) * expected
            here = total * (1 - share)
            pace = total / expected
        later = sum(self._expected[stage] for stage in STAGES[STAGES.index(self._stage) + 1 :])
        return here + pace * later

    def _write(self, share: float, message: str) -> None:
        self._written = time.monotonic()
        overall, left = self.overall(share), self.seconds_left(share)

        def change(state: RunState) -> RunState:
            return dataclasses.replace(
                state,
                status="running",
                stage=self._stage,
                progress=round(overall, 4),
                message=message,
                seconds_left=round(left, 1),
                updated=utc_now(),
            )

        self._run.update_state(change)
