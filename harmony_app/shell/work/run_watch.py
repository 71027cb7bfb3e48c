"""The runs of a workspace and their checks as last seen, reading again only what changed on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fusion_core.errors import HarmonyError
from fusion_core.execution import run_status
from fusion_core.execution.line import in_line
from fusion_core.execution.processes import is_cancelling
from fusion_core.workspace.runs import Run, RunSpec, RunState, list_runs
from harmony_app.shell.work._line import shared_keeper

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class RunRow:
    """A run as a list shows it, or a check of a finished run.

    Attributes
    ----------
    run
        The run; of a check the run that is checked.
    spec
        Its request; ``None`` when the file is damaged, and `state` says so.
    state
        State of the run or the check, a dead process told from a live one.
    cancelling
        Whether it was asked to stop and has not yet.
    is_check
        Whether it is a check.
    place
        Place in line of a run that waits for its turn, 1 for the next one; else 0.
    """

    run: Run
    spec: RunSpec | None
    state: RunState
    cancelling: bool = False
    is_check: bool = False
    place: int = 0

    @property
    def name(self) -> str:
        """Name for people."""
        return self.spec.name if self.spec is not None else self.run.id

    @property
    def is_active(self) -> bool:
        """Whether the run is in progress, or waits for its turn."""
        return self.state.is_active


class RunWatch:
    """Looks at the runs of a workspace, cheaply enough to do so every second."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._seen: dict[str, tuple[tuple[int, ...], RunRow]] = {}

    def rows(self) -> list[RunRow]:
        """Return all runs, newest first."""
        rows = [self._row(run) for run in list_runs(self._workspace)]
        self._seen = {row.run.id: self._seen[row.run.id] for row in rows}
        shared_keeper().look(self._workspace, [row.state for row in rows])
        waiting = [run.id for run in in_line([(row.run, row.state) for row in rows])]
        if not waiting:
            return rows
        places = {run: place for place, run in enumerate(waiting, start=1)}
        return [replace(row, place=places.get(row.run.id, 0)) for row in rows]

    def going(self) -> list[RunRow]:
        """Return the runs in progress, newest first, and then those in line."""
        return _going(self.rows())

    def active(self) -> list[RunRow]:
        """Return the runs in progress, those in line, and the checks of finished ones."""
        rows = self.rows()
        checks = [self._check(row) for row in rows if row.state.status == "finished"]
        return _going(rows) + [row for row in checks if row is not None]

    def _check(self, row: RunRow) -> RunRow | None:
        """Return the check of a run while it is in progress."""
        check = row.run.check
        if not _changed(check, "state.json"):
            return None
        try:
            state = run_status(self._workspace, check)
        except HarmonyError:  # the Validate page says what is wrong with it
            return None
        found = RunRow(row.run, row.spec, state, cancelling=is_cancelling(check), is_check=True)
        return found if found.is_active else None

    def _row(self, run: Run) -> RunRow:
        stamp = tuple(_changed(run, name) for name in ("spec.json", "state.json"))
        known = self._seen.get(run.id)
        # A running run is always looked at: its process may be gone without a word.
        if known is not None and known[0] == stamp and not known[1].is_active:
            return known[1]
        row = self._read(run)
        self._seen[run.id] = (stamp, row)
        return row

    def _read(self, run: Run) -> RunRow:
        try:
            return RunRow(
                run, run.spec(), run_status(self._workspace, run), cancelling=is_cancelling(run)
            )
        except HarmonyError as error:
            return RunRow(run, None, RunState(status="failed", message=error.message))


def _going(rows: list[RunRow]) -> list[RunRow]:
    return sorted((row for row in rows if row.is_active), key=lambda row: row.place)


def _changed(run: Run, name: str) -> int:
    try:
        return (run.folder / name).stat().st_mtime_ns
    except OSError:  # absent, or unreadable, which its reader is told
        return 0
