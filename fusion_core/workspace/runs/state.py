"""How far a run is: ``state.json``, written atomically by the running process.

The state lives on disk only, so it survives closing the browser and restarting the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from fusion_core.records import Checked

Status = Literal["created", "queued", "running", "finished", "failed", "cancelled"]
Stage = Literal["prepare", "train", "fuse", "validate"]
STAGES: tuple[Stage, ...] = ("prepare", "train", "fuse", "validate")


@dataclass(frozen=True)
class RunState(Checked):
    """How far a run is.

    Attributes
    ----------
    status
        Created, queued, running, finished, failed or cancelled.
    stage
        The stage in progress, or reached last.
    progress
        Share of the whole run that is done, 0–1.
    message
        What is being done, or why the run failed, in a sentence.
    seconds_left
        Estimated time to the end; ``None`` when unknown.
    process, process_started, process_mark
        Process id, its start time and its mark (see `fusion_core.execution.processes.process_mark`),
        to tell a live run from one whose process died.
    started, updated, finished
        ISO 8601 times in UTC, empty when not yet.
    ticket
        While queued: runs with a lower number come before. 0 otherwise.
    """

    status: Status = "created"
    stage: Stage = "prepare"
    progress: float = 0.0
    message: str = "Waiting to start"
    seconds_left: float | None = None
    process: int | None = None
    process_started: float | None = None
    process_mark: str = ""
    started: str = ""
    updated: str = ""
    finished: str = ""
    ticket: int = 0

    @property
    def is_active(self) -> bool:
        """Whether the run is going on, or waits for its turn."""
        return self.status in {"queued", "running"}


def utc_now() -> str:
    """Return the current time, ISO 8601 in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
