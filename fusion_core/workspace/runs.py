"""Fusion runs on disk: what was asked for, how far it is, and what it wrote.

A run is a folder ``runs/<id>/`` with ``spec.json`` (the request, never changed after the start
except for its name), ``state.json`` (written atomically by the running process), ``log.jsonl`` (one event per line) and
the folders ``input/ model/ implicates/ validation/ estimates/`` its stages write. The state lives
on disk only, so it survives closing the browser and restarting the server.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from fusion_core.arguments import require_type
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import TrainSettings, random_seed, tupled
from fusion_core.harmony.model import SurveyPair
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, listed
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.files import not_readable, read_json, write_json, write_remedy
from fusion_core.workspace.folders import dissolve, own_files
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.second_stage import SecondStage

FORMAT_VERSION = 1
Status = Literal["created", "queued", "running", "finished", "failed", "cancelled"]
Stage = Literal["prepare", "train", "fuse", "validate"]
FEWEST_FOLDS, MOST_FOLDS = 2, 20
KNOWN_ANSWERS, MOST_KNOWN_ANSWERS = 4, 20
"""Predictors hidden by default, and at most."""
STAGES: tuple[Stage, ...] = ("prepare", "train", "fuse", "validate")
_IMPLICATES = (
    r"(\.lock|implicates\.json|parts/(\d+|begun)\.json|parts/(recipient|households)\.parquet"
    r"|households-[0-9a-f]{12}\.parquet|(parts/)?\d+_[A-Za-z0-9_-]+/part-\d+(-2)?\.parquet)"
)
_CHECKPOINTS = (
    r"((out_of_fold/([0-9a-f]{32}/)?)?seed\.json|[0-9a-f]{64}\.npz|out_of_fold/[0-9a-f]{32}/([0-9a-f]{64}\.npz|fold-\d+/"
    rf"{_IMPLICATES}))"
)
RUN_FILES: Final = own_files(
    r"(spec|derived|removed)\.json|(check/)?((state|asked|process|versions)\.json|log\.jsonl|worker\.log)"
    r"|(check/)?(cancel|\.lock|\.reserve)|stages/[a-z]+\.json"
    r"|input/(prepare\.json|(donor|recipient)\.parquet)"
    r"|model/((manifest|model)\.json|donors\.parquet|trees/[0-9_]+\.txt|pools/\d+\.parquet)"
    r"|validation/(out_of_fold/)?(validation\.json|[a-z_]+\.parquet)"
    r"|validation/known_answers/((known_answers|area_rule)\.json|[a-z_]+\.parquet)"
    r"|estimates/([0-9a-f]{64}\.finished|puma\.parquet)"
    r"|published/[A-Za-z_]+\.(json|md|csv|cff|parquet)"
    rf"|implicates/{_IMPLICATES}|checkpoints/{_CHECKPOINTS}"
)
"""All files a run writes: whatever else is in its folder is a person's."""


@dataclass(frozen=True, repr=False)
class RunSpec(Checked, Summarized):
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
        Seed of every random number of the run; a random one when left out.
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
    known_answers
        Number of predictors hidden one after the other, fused, and compared with what the recipient
        itself says; 0 for none.
    second_stage
        What is said of variables that come last. Those drawn are fusion variables too, and `train` names
        their predictors; those computed become derived outcomes of the run.
    """

    name: str
    pair: SurveyPair
    fusion_variables: tuple[str | tuple[str, ...], ...]
    implicates: int = 40
    seed: int = field(default_factory=random_seed)
    train: TrainSettings = field(default_factory=TrainSettings)
    preset: str = "production"
    keep_predictors: tuple[str, ...] = ()
    exclude_predictors: tuple[str, ...] = ()
    minimum_similarity: float = 0.8
    subset_variables: tuple[str, ...] = ()
    out_of_fold: int = 0
    known_answers: int = KNOWN_ANSWERS
    second_stage: tuple[SecondStage, ...] = ()

    def _title(self) -> str:
        return self.name

    def _facts(self) -> dict[str, object]:
        fused = [
            item if isinstance(item, str) else " + ".join(item) for item in self.fusion_variables
        ]
        return {
            "surveys": self.pair.title,
            "fusion variables": listed(fused),
            "implicates": self.implicates,
            "seed": self.seed,
            "preset": self.preset,
        }

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
            stages = tuple(
                SecondStage(**{name: tupled(value) for name, value in item.items()})
                for item in values.pop("second_stage", ())
            )
            return cls(
                train=train,
                second_stage=stages,
                **{name: tupled(value) for name, value in values.items()},
            )
        except (KeyError, TypeError) as error:
            raise CorruptFileError(
                f"The run's request lacks or misspells {error}", where=where, fix="Start a new run"
            ) from error


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


@dataclass(frozen=True, repr=False)
class Run(Checked, Summarized):
    """A run's folder and what is in it."""

    id: str
    folder: Path

    def _title(self) -> str:
        return self.id

    def _facts(self) -> dict[str, object]:
        return {"folder": self.folder}

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
    def published_folder(self) -> Path:
        """Of a run opened from a published data set: its notes, and what it tells of the donor."""
        return self.folder / "published"

    @property
    def area_rule_file(self) -> Path:
        """What known answers say of how areas differ beyond the predictors."""
        return self.validation_folder / "known_answers" / "area_rule.json"

    @property
    def check(self) -> Run:
        """A check asked for after the run's end: state and log of its own process."""
        return Run(self.id, self.folder / "check")

    @property
    def derived_path(self) -> Path:
        """The file of its derived outcomes (see `fusion_core.estimates.outcomes`)."""
        return self.folder / "derived.json"

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
        except (TypeError, InputError) as error:
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
        """Read the log; what a crash cut off or a disk damaged is left out."""
        path = self.folder / "log.jsonl"
        if not path.exists():
            return []
        records = []
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(json.JSONDecodeError):
                found = json.loads(line)
                if isinstance(found, dict):
                    records.append(found)
        return records


def require_workspace(workspace: object) -> Workspace:
    """Return a workspace if it is one.

    Raises
    ------
    InputError
        If it is something else, such as its path.
    """
    return require_type(workspace, Workspace, "workspace", fix="Open one with Workspace.open")


def require_run(run: object) -> Run:
    """Return a run if it is one.

    Raises
    ------
    InputError
        If it is something else, such as its name.
    """
    return require_type(run, Run, "run", fix="Take one from list_runs, or make one with create_run")


def create_run(workspace: Workspace, spec: RunSpec) -> Run:
    """Create a run's folder with its request; the caller starts it.

    Parameters
    ----------
    workspace
        Where the run belongs.
    spec
        What is asked for.

    Raises
    ------
    InputError
        If the request fuses nothing or no implicate, its number of folds makes no sense, or the
        folder cannot be written; nothing of the run is left then.
    """
    require_workspace(workspace)
    require_type(spec, RunSpec, "spec", fix="Write RunSpec(name, pair, fusion_variables)")
    if not spec.fusion_variables:
        raise InputError("No fusion variable is chosen", fix="Choose at least one donor variable")
    if spec.implicates < 1:
        raise InputError(
            f"{spec.implicates} implicates were asked for", fix="Ask for at least one implicate"
        )
    check_folds(spec.out_of_fold)
    check_known_answers(spec.known_answers)
    run = _new_run(workspace, _identifier(spec))
    try:
        write_json(spec.to_record(), run.folder / "spec.json")
        run.write_state(RunState())
    except BaseException:
        dissolve(run.folder, RUN_FILES)  # half a run would be in everybody's list
        raise
    return run


@contextmanager
def adopted_run(workspace: Workspace, spec: RunSpec) -> Iterator[Run]:
    """Yield a new run's folder to fill with what was computed elsewhere; finished when the block ends.

    Nothing of it is listed before, and nothing is left where the block fails.

    Parameters
    ----------
    workspace
        Where the run belongs.
    spec
        What was asked for there.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    run = _new_run(require_workspace(workspace), _identifier(spec))
    try:
        yield run
        run.write_state(RunState("finished", "validate", 1.0, "Finished", finished=utc_now()))
        write_json(spec.to_record(), run.folder / "spec.json")
    except BaseException:
        dissolve(run.folder, RUN_FILES)
        raise


def _identifier(spec: RunSpec) -> str:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    slug = re.sub(r"[^a-z0-9]+", "-", spec.name.lower()).strip("-")[:40] or "run"
    return f"{stamp}-{slug}"


def _new_run(workspace: Workspace, identifier: str) -> Run:
    """Create the folder of a run, under a name that no other run has, not even one just created."""
    for counter in itertools.count(1):
        numbered = identifier if counter == 1 else f"{identifier}-{counter}"
        folder = workspace.run_folder(numbered)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(
                f"The run could not be created: {error.strerror or error}",
                where=str(folder),
                fix=write_remedy(error),
            ) from error
        return Run(numbered, folder)
    raise AssertionError("counting came to an end")


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


def check_known_answers(count: int) -> None:
    """Refuse a number of predictors to hide that makes no sense; 0 is none.

    Raises
    ------
    InputError
        If it is negative or more than anybody waits for.
    """
    if not 0 <= count <= MOST_KNOWN_ANSWERS:
        raise InputError(
            f"{count} known answers were asked for",
            fix=f"Choose 0 to {MOST_KNOWN_ANSWERS} predictors to hide; 0 leaves the check out",
        )


def list_runs(workspace: Workspace) -> list[Run]:
    """List the runs, newest first.

    Parameters
    ----------
    workspace
        Whose runs.

    Raises
    ------
    InputError
        If the folder of runs may not be read.
    """
    folder = require_workspace(workspace).runs_folder
    try:
        names = sorted((item.name for item in folder.iterdir()), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise not_readable("folder of runs", folder, error) from error
    runs = [Run(name, folder / name) for name in names if not name.startswith(".")]
    return [run for run in runs if _is_there(run)]


def _is_there(run: Run) -> bool:
    try:
        return (run.folder / "spec.json").exists()
    except OSError:  # whoever reads it is told why it cannot be
        return True


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


def drop_checkpoints(run: Run, part: str = "") -> None:
    """Remove what an interrupted training would have gone on with.

    Parameters
    ----------
    run
        The run.
    part
        Folder within that of the checkpoints; all of them by default.
    """
    own = own_files(_CHECKPOINTS)
    prefix = f"{part}/" if part else ""
    dissolve(run.checkpoint_folder / part, lambda path: own(prefix + path))


def utc_now() -> str:
    """Return the current time, ISO 8601 in UTC to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
