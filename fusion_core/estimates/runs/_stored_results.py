"""Finished tables beside a run, so that a new process answers at once what was asked before.

Before a new process can compute anything it has to load a recipient and its implicates, which takes
several times as long as a map. So finished tables, small as they are, are kept in the run's folder.
They may be deleted at any time. A table is found only under the state of everything it follows from:
the run's files, both surveys, their harmonies, the geography and this program. A damaged one is computed anew, and
where the disk is full or cannot be written nothing is kept.
"""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.errors import InputError
from fusion_core.workspace.combinations import Combination
from fusion_core.workspace.file_states import state_of_program, states_of
from fusion_core.workspace.files import replace_file
from fusion_core.workspace.runs import Run

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from fusion_core.workspace.layout import Workspace

KEPT_BYTES: Final = 32 * 2**20
"""Disk for the tables of one run: about two hundred national maps."""
_SUFFIX: Final = ".finished"
_DIGEST: Final = 32


def state_of(workspace: Workspace, source: Run | Combination) -> str:
    """Return what tells the state of everything that estimates follow from from others.

    Parameters
    ----------
    workspace, source
        The run, or the combination of runs, and the workspace with its surveys and geography.
    """
    if isinstance(source, Run):
        return _state_of_run(workspace, source)
    states = [_state_of_run(workspace, run) for run in source.runs(workspace)]
    states.append(states_of([source.path, source.derived_path]))
    return hashlib.sha256("\n".join(states).encode()).hexdigest()


def _state_of_run(workspace: Workspace, run: Run) -> str:
    from fusion_core.harmony.store import HarmonyStore  # with it come the edits of harmonies

    pair = run.spec().pair
    folders = [
        run.input_folder,
        run.implicates_folder,
        workspace.survey_folder(pair.donor),
        workspace.survey_folder(pair.recipient),
        workspace.path / "geography",
    ]
    harmonies = HarmonyStore(workspace.path, pair).path
    single = [run.folder / "spec.json", run.derived_path, harmonies, run.area_rule_file]
    found = [state_of_program(), states_of(single)]
    found += [states_of(folder.rglob("*")) for folder in folders]
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


def read_result(source: Run | Combination, state: str, question: str) -> pd.DataFrame | None:
    """Return the table kept for a question, or ``None``.

    Parameters
    ----------
    source
        The run or combination.
    state
        See `state_of`.
    question
        All that was asked, the same text for the same question.
    """
    try:
        content = _path(source, state, question).read_bytes()
    except OSError:
        return None
    digest, payload = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(payload).digest() != digest:
        return None
    table = pq.read_table(io.BytesIO(payload))
    frame: pd.DataFrame = table.to_pandas()
    kinds = {
        column["name"]: column["numpy_type"] for column in table.schema.pandas_metadata["columns"]
    }
    plain = [name for name in frame.columns if kinds[name] == "object"]
    return frame.astype(dict.fromkeys(plain, object))


def keep_result(source: Run | Combination, state: str, question: str, table: pd.DataFrame) -> None:
    """Keep a table for a question; the oldest ones make room.

    Parameters
    ----------
    source, state, question
        As in `read_result`; the state from before the run's data were read.
    table
        The answer.
    """
    path = _path(source, state, question)
    # Whatever cannot be kept – no space, no permission, columns of mixed kinds – is computed again.
    with suppress(InputError, OSError, pa.ArrowException):
        stream = io.BytesIO()
        pq.write_table(pa.Table.from_pandas(table), stream, compression="zstd")
        payload = stream.getvalue()
        with replace_file(path, durable=False) as temporary:
            temporary.write_bytes(hashlib.sha256(payload).digest() + payload)
        _make_room(path.parent)


def _path(source: Run | Combination, state: str, question: str) -> Path:
    name = hashlib.sha256(f"{state}\n{question}".encode()).hexdigest()
    return source.estimates_folder / f"{name}{_SUFFIX}"


def _make_room(folder: Path) -> None:
    files = [(path, path.stat()) for path in folder.glob(f"*{_SUFFIX}")]
    files.sort(key=lambda item: item[1].st_mtime_ns)
    size = sum(state.st_size for _, state in files)
    for path, state in files[:-1]:
        if size <= KEPT_BYTES:
            return
        path.unlink(missing_ok=True)
        size -= state.st_size
