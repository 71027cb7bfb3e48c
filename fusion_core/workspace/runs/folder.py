"""A run's folder: its request, its state, its log, and where its stages write."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fusion_core.arguments import require_type
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.records import Checked
from fusion_core.summaries import Summarized
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.folders import dissolve, own_files
from fusion_core.workspace.runs.request import RunSpec
from fusion_core.workspace.runs.state import RunState, utc_now

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
        """Append one event to the log, ``log.jsonl``."""
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


def require_run(run: object) -> Run:
    """Return a run if it is one.

    Raises
    ------
    InputError
        If it is something else, such as its name.
    """
    return require_type(run, Run, "run", fix="Take one from list_runs, or make one with create_run")


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
