"""Imports in a process of their own, which may take so much memory and time and no more.

A survey file is read by libraries that take what memory they like. In a server's own process one
visitor's file would take it from everybody, or end everybody's work; here the process ends, and its
visitor is told why. What was read waits beside the surveys of the workspace until it is stored or
given up; a folder whose process and server are gone is removed by the next import.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import psutil

from fusion_core.errors import Cancelled, InputError
from fusion_core.ingest.limits import (
    ImportLimits,
    memory_limited,
    too_much_memory,
    too_much_time,
)
from fusion_core.ingest.outline import ImportOutline
from fusion_core.ingest.reader import say_nothing
from fusion_core.ingest.readers import find_reader, try_import
from fusion_core.ingest.tables import Problem
from fusion_core.surveys.storage import SURVEY_FILES, write_survey
from fusion_core.workspace.files import mark, write_remedy
from fusion_core.workspace.folders import dissolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from fusion_core.ingest.reader import ImportRequest, Progress
    from fusion_core.workspace.layout import Workspace

_PREFIX: Final = ".import."
_SURVEY: Final = "read/survey"
"""Not in the marked folder itself: writers of surveys lock the one above them."""
_OUTCOME: Final = "outcome"
_LOOK_SECONDS: Final = 0.1
_ENDED: Final = Problem(
    "The process that read the files was ended by the system, which happens when memory runs out or a "
    "damaged file misleads a library",
    fix="Check that the files are whole, or choose files of fewer states or years; nothing was stored",
)


class WaitingImport:
    """A place for what an import read, until it is stored or given up.

    Parameters
    ----------
    workspace
        Where the survey belongs.
    limits
        What the import may take.
    """

    def __init__(self, workspace: Workspace, limits: ImportLimits | None = None) -> None:
        self._workspace = workspace
        self.limits = limits or ImportLimits.usual()
        self._folder: Path | None = None
        self._handle: int | None = None
        self._process: _Process | None = None

    def read(self, request: ImportRequest, progress: Progress | None = None) -> ImportOutline:
        """Read files and keep what they hold; nothing raises for a wrong file.

        Parameters
        ----------
        request
            What to read.
        progress
            Told the share done, from 0 to 1, and what is being done.

        Raises
        ------
        InputError
            If the workspace cannot be written.
        Cancelled
            If `close` was called meanwhile.
        """
        self.close()
        _sweep(self._workspace.surveys_folder)
        folder = self._open()
        self._process = process = _Process(folder, request, self.limits)
        return process.wait(progress or say_nothing)

    def store(self, *, may_replace: bool = True) -> tuple[str, ...]:
        """Store what was read; as `Workspace.add_survey`."""
        if self._folder is None or not (self._folder / _SURVEY).is_dir():
            raise InputError("Nothing was read that could be stored", fix="Check the files again")
        told = self._workspace.adopt_survey(self._folder / _SURVEY, may_replace=may_replace)
        self.close()
        return told

    def close(self) -> None:
        """Give up what was read, and whatever is still being read."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._folder is not None:
            _remove(self._folder)
            self._folder = None
        if self._handle is not None:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give up what was not stored."""
        self.close()

    def __del__(self) -> None:
        """Give up what was not stored when nobody can any more."""
        self.close()

    def _open(self) -> Path:
        parent = self._workspace.surveys_folder
        try:
            parent.mkdir(exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            if sys.platform != "win32":
                self._handle = os.open(self._folder, os.O_RDONLY)
                mark(self._handle)
        except OSError as error:
            raise InputError(
                f"Nothing can be imported: {error.strerror or error}",
                where=str(parent),
                fix=write_remedy(error),
            ) from error
        return self._folder


@dataclass
class _Process:
    """The process that reads, from its start to what it found."""

    folder: Path
    request: ImportRequest
    limits: ImportLimits
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._said = (0.0, "Starting")
        self._outcome = b""
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fusion_core.ingest.apart", str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )

    def wait(self, progress: Progress) -> ImportOutline:
        process = self._process
        assert process.stdin is not None  # noqa: S101 - both are pipes, as asked for above
        assert process.stdout is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):
            pickle.dump((self.request, self.limits), process.stdin)
            process.stdin.close()
        listener = threading.Thread(target=self._listen, args=(process.stdout,), daemon=True)
        listener.start()
        problem = None
        while process.poll() is None:
            if self._stopped.is_set():
                break
            problem = self._beyond_limits()
            if problem is not None:
                break
            self._tell(progress)
            time.sleep(_LOOK_SECONDS)
        process.kill()
        process.wait()
        listener.join()
        process.stdout.close()
        if self._stopped.is_set():
            raise Cancelled("The import was given up")
        return self._found() if problem is None else ImportOutline(None, (problem,))

    def stop(self) -> None:
        """End the process; whoever waits is told."""
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._process.kill()

    def _tell(self, progress: Progress) -> None:
        try:
            progress(*self._said)
        except BaseException:
            self.stop()
            self._process.wait()
            raise

    def _listen(self, stream: IO[bytes]) -> None:
        for line in stream:
            with contextlib.suppress(ValueError):  # a library that prints
                said = json.loads(line)
                if isinstance(said, dict):
                    self._outcome = base64.b64decode(said[_OUTCOME])
                else:
                    share, sentence = said
                    self._said = (float(share), str(sentence))

    def _beyond_limits(self) -> Problem | None:
        if time.monotonic() - self._began > self.limits.seconds:
            return too_much_time(self.limits.seconds)
        with contextlib.suppress(psutil.Error):  # it has just ended
            if psutil.Process(self._process.pid).memory_info().rss > self.limits.memory:
                return too_much_memory(self.limits.memory)
        return None

    def _found(self) -> ImportOutline:
        if not self._outcome:
            return ImportOutline(None, (_ENDED,))
        found = pickle.loads(self._outcome)  # noqa: S301 - of this program's own process
        return found if isinstance(found, ImportOutline) else ImportOutline(None, (_ENDED,))


def main(folder: Path, asked: IO[bytes], told: IO[bytes]) -> int:
    """Read what is asked for, as the process of an import does.

    Parameters
    ----------
    folder
        Where what is read and what is found are put.
    asked
        Holds the request and its limits.
    told
        Gets a line for every bit of progress, and one for what was found: a disk may be full.
    """
    request, limits = pickle.load(asked)  # noqa: S301 - from the program that started this process

    def tell(share: float, sentence: str) -> None:
        told.write(json.dumps([share, sentence]).encode() + b"\n")
        told.flush()

    outcome = pickle.dumps(_read(folder, request, limits, tell))
    told.write(json.dumps({_OUTCOME: base64.b64encode(outcome).decode()}).encode() + b"\n")
    told.flush()
    return 0


def _read(
    folder: Path, request: ImportRequest, limits: ImportLimits, tell: Callable[[float, str], None]
) -> ImportOutline:
    try:
        with memory_limited(limits.memory):
            trial = try_import(request, progress=tell)
            if trial.survey is not None:
                tell(0.95, "Keeping what was read")
                write_survey(trial.survey, folder / _SURVEY)
            reader = None if trial.survey is None else find_reader(request.reader)
            return ImportOutline.of(trial, reader)
    except MemoryError:
        return ImportOutline(None, (too_much_memory(limits.memory),))
    except InputError as error:  # the disk is full
        return ImportOutline(None, (Problem(error.what, error.where, fix=error.fix),))


def _sweep(folder: Path) -> None:
    """Remove what imports left whose process and server are gone."""
    if sys.platform == "win32":  # which tells no living writers from dead ones
        return
    for leftover in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            handle = os.open(leftover, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                if mark(handle):
                    _remove(leftover)
            finally:
                os.close(handle)


def _remove(folder: Path) -> None:
    dissolve(
        folder,
        lambda name: SURVEY_FILES(name.removeprefix(f"{_SURVEY}/")),
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer))


__all__ = ["WaitingImport"]
