"""Fusion runs on disk: what was asked for, how far it is, and what it wrote.

A run is a folder ``runs/<id>/`` with ``spec.json`` (the request, never changed after the start
except for its name), ``state.json`` (written atomically by the running process), ``log.jsonl`` (one event per line) and
the folders ``input/ model/ implicates/ validation/ estimates/`` its stages write. The state lives
on disk only, so it survives closing the browser and restarting the server.
"""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import TrainSettings, tupled
from fusion_core.harmony.model import SurveyPair
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.files import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fusion_core.workspace.layout import Workspace

FORMAT_VERSION = 1
Status = Literal["created", "running", "finished", "failed", "cancelled"]
Stage = Literal["prepare", "train", "fuse", "validate"]
FEWEST_FOLDS, MOST_FOLDS = 2, 20
STAGES: tuple[Stage, ...] = ("prepare", "train", "fuse", "validate")


@dataclass(frozen=True)
class RunSpec:
    """A request for a fusion.

    Attributes
    ----------
    name
        Name people gave the run.
    pair
        Donor and recipient survey.
    fusion_variables
        Donor variables to fuse in order; an inner tuple is a block drawn from one donor record.
    implicates
        Number M of implicates.
    seed
        Seed of every random number of the run.
    train
        Training settings.
    preset
        Name of the preset the settings came from, or ``"custom"``.
    keep_predictors, exclude_predictors
        Predictors kept in spite of a low similarity, or left out in spite of a high one.
    minimum_similarity
        Predictors less similar than this between donor and recipient are left out.
    subset_variables
        Predictors whose levels form the validation subsets; empty lets the program choose.
    out_of_fold
        Number of folds of a second validation by models that never saw the households they are
        asked about; 0 for none.
    """

    name: str
    pair: SurveyPair
    fusion_variables: tuple[str | tuple[str, ...], ...]
    implicates: int = 40
    seed: int = 0
    train: TrainSettings = field(default_factory=TrainSettings)
    preset: str = "production"
    keep_predictors: tuple[str, ...] = ()
    exclude_predictors: tuple[str, ...] = ()
    minimum_similarity: float = 0.8
    subset_variables: tuple[str, ...] = ()
    out_of_fold: int = 0

    def to_record(self) -> dict[str, Any]:
        """Return the JSON form."""
        record = dataclasses.asdict(self)
        record["pair"] = {"donor": str(self.pair.donor), "recipient": str(self.pair.recipient)}
        return {"format": FORMAT_VERSION, **record}

    @classmethod
    def from_record(cls, record: dict[str, Any], *, where: str = "") -> RunSpec:
        """Read the JSON form.

        Raises
        ------
        CorruptFileError
            If a field is missing, unknown or of an unknown format version.
        """
        values = dict(record)
        if values.pop("format", None) != FORMAT_VERSION:
            raise CorruptFileError(
                "The run was written by another version", where=where, fix="Start a new run"
            )
        try:
            pair = values.pop("pair")
            values["pair"] = SurveyPair(
                SurveyId.parse(pair["donor"]), SurveyId.parse(pair["recipient"])
            )
            train = TrainSettings.from_record(values.pop("train"))
            return cls(
                train=train,
                **{name: tupled(value) for name, value in values.items()},
            )
        except (KeyError, TypeError) as error:
            raise CorruptFileError(
                f"The run's request lacks or misspells {error}", where=where, fix="Start a new run"
            ) from error


@dataclass(frozen=True)
class RunState:
    """How far a run is.

    Attributes
    ----------
    status
        Created, running, finished, failed or cancelled.
    stage
        The stage in progress, or reached last.
    progress
        Share of the whole run that is done, 0–1.
    message
        What is being done, or why the run failed, in a sentence.
    seconds_left
        Estimated time to the end; ``None`` when unknown.
    process, process_started
        Process id and its start time, to tell a live run from one whose process died.
    started, updated, finished
        ISO 8601 times in UTC, empty when not yet.
    """

    status: Status = "created"
    stage: Stage = "prepare"
    progress: float = 0.0
    message: str = "Waiting to start"
    seconds_left: float | None = None
    process: int | None = None
    process_started: float | None = None
    started: str = ""
    updated: str = ""
    finished: str = ""


@dataclass(frozen=True)
class Run:
    """A run's folder and what is in it."""

    id: str
    folder: Path

    @property
    def input_folder(self) -> Path:
        """Prepared donor and recipient tables (see `fusion_core.prepare`)."""
        return self.folder / "input"

    @property
    def model_folder(self) -> Path:
        """The trained model."""
        return self.folder / "model"

    @property
    def checkpoint_folder(self) -> Path:
        """Where training keeps the variables it has finished, until the model is whole."""
        return self.folder / "checkpoints"

    @property
    def implicates_folder(self) -> Path:
        """The fused variables."""
        return self.folder / "implicates"

    @property
    def validation_folder(self) -> Path:
        """Validation metrics and curves."""
        return self.folder / "validation"

    @property
    def check(self) -> Run:
        """A check asked for after the run's end: state and log of its own process."""
        return Run(self.id, self.folder / "check")

    @property
    def estimates_folder(self) -> Path:
        """Cached estimates."""
        return self.folder / "estimates"

    def spec(self) -> RunSpec:
        """Read the request."""
        path = self.folder / "spec.json"
        return RunSpec.from_record(read_json(path), where=str(path))

    def state(self) -> RunState:
        """Read the state as the running process last wrote it."""
        path = self.folder / "state.json"
        try:
            return RunState(**read_json(path))
        except TypeError as error:
            raise CorruptFileError(
                f"The run's state is damaged: {error}", where=str(path), fix="Start a new run"
            ) from error

    def write_state(self, state: RunState) -> None:
        """Replace the state atomically."""
        write_json(
            dataclasses.asdict(dataclasses.replace(state, updated=utc_now())),
            self.folder / "state.json",
        )

    def update_state(self, change: Callable[[RunState], RunState]) -> RunState:
        """Read, change and write the state; only the running process calls this."""
        state = change(self.state())
        self.write_state(state)
        return state

    def log(self, message: str, **details: Any) -> None:
        """Append one event to the log."""
        record = {"time": utc_now(), "message": message, **details}
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")

    def log_records(self) -> list[dict[str, Any]]:
        """Read the log; a last line cut off by a crash is left out."""
        path = self.folder / "log.jsonl"
        if not path.exists():
            return []
        records = []
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return records


def create_run(workspace: Workspace, spec: RunSpec) -> Run:
    """Create a run's folder with its request; the caller starts it.

    Raises
    ------
    InputError
        If the request fuses nothing or no implicate, or its number of folds makes no sense.
    """
    if not spec.fusion_variables:
        raise InputError("No fusion variable is chosen", fix="Choose at least one donor variable")
    if spec.implicates < 1:
        raise InputError(
            f"{spec.implicates} implicates were asked for", fix="Ask for at least one implicate"
        )
    check_folds(spec.out_of_fold)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    slug = re.sub(r"[^a-z0-9]+", "-", spec.name.lower()).strip("-")[:40] or "run"
    identifier = f"{stamp}-{slug}"
    counter = 1
    while workspace.run_folder(identifier).exists():
        counter += 1
        identifier = f"{stamp}-{slug}-{counter}"
    run = Run(identifier, workspace.run_folder(identifier))
    run.folder.mkdir(parents=True)
    write_json(spec.to_record(), run.folder / "spec.json")
    run.write_state(RunState())
    return run


def check_folds(folds: int) -> None:
    """Refuse a number of folds for out-of-fold validation that makes no sense; 0 is none.

    Raises
    ------
    InputError
        If there is a single fold or more than anybody waits for.
    """
    if folds != 0 and not FEWEST_FOLDS <= folds <= MOST_FOLDS:
        raise InputError(
            f"Unseen households cannot be checked with {folds} folds",
            fix=f"Choose {FEWEST_FOLDS} to {MOST_FOLDS}; five is usual, 0 leaves the check out",
        )


def list_runs(workspace: Workspace) -> list[Run]:
    """List the runs, newest first."""
    folders = [path.parent for path in workspace.runs_folder.glob("*/spec.json")]
    return [Run(folder.name, folder) for folder in sorted(folders, reverse=True)]


def open_run(workspace: Workspace, identifier: str) -> Run:
    """Open a run by its identifier.

    Raises
    ------
    InputError
        If there is no such run.
    """
    folder = workspace.run_folder(identifier)
    if not (folder / "spec.json").exists():
        known = [run.id for run in list_runs(workspace)]
        raise InputError.unknown("run", identifier, known, where=str(workspace.runs_folder))
    return Run(identifier, folder)


def rename_run(run: Run, name: str) -> None:
    """Give a run another name, the one part of its request that changes no result.

    Raises
    ------
    InputError
        If the name is empty.
    """
    if not name.strip():
        raise InputError("A run needs a name", fix="Type a few words")
    spec = dataclasses.replace(run.spec(), name=name.strip())
    write_json(spec.to_record(), run.folder / "spec.json")


def delete_run(run: Run) -> None:
    """Delete a run's folder; the caller makes sure it is not running."""
    shutil.rmtree(run.folder)


def utc_now() -> str:
    """Return the current time, ISO 8601 in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
