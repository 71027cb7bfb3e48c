"""Records of runs, read and computed once for all visitors of a server while their files stay as they are."""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

import pandas as pd
import panel as pn

from fusion_core.lru_cache import LruCache
from harmony_app.validate.view.record import ValidatedRun, read_validated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fusion_core.surveys.model import Variable
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

_KEPT_BYTES: Final = 200_000_000


@dataclass(frozen=True)
class _Kept:
    """A record as `LruCache` keeps it."""

    record: ValidatedRun

    @cached_property
    def nbytes(self) -> int:
        record = self.record
        parts = [part for part in (record.inside, record.outside, record.known) if part is not None]
        values = [value for part in parts for value in vars(part).values()]
        frames = [value for value in values if isinstance(value, pd.DataFrame)]
        return int(sum(frame.memory_usage(deep=True).sum() for frame in frames))


def shared_record(
    workspace: Workspace, run: Run, variables: Mapping[str, Variable]
) -> ValidatedRun:
    """Return the validations of a run, read again only when a file they follow from has changed.

    Parameters
    ----------
    workspace, run
        The run, and where it is.
    variables
        The donor's dictionary.

    Raises
    ------
    CorruptFileError
        If a file of the usual validation is missing or damaged.
    """
    memory = cast("LruCache", pn.state.as_cached("validated runs", lambda: LruCache(_KEPT_BYTES)))
    kept = memory.get(
        (run.folder, *_file_states(workspace, run)),
        lambda: _Kept(read_validated(workspace, run, variables)),
    )
    return dataclasses.replace(kept.record, variables=variables)


def _file_states(workspace: Workspace, run: Run) -> Iterator[tuple[Path, int, int]]:
    """Return when the files of a record were written last, and how long they are."""
    folders = (
        run.validation_folder,
        run.input_folder,
        run.model_folder,
        workspace.geography_folder / "intersections",
    )
    for path in sorted(file for folder in folders for file in folder.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # written under another name in the meantime
            found = path.stat()
            yield path, found.st_mtime_ns, found.st_size
