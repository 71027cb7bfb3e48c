"""Where a page takes a file from its visitor: one inbox a field, at an address only its page knows.

A file arrives as the body of an HTTP request and is written down as it comes. Its page is told
whatever happens to it: how much is there, that it is whole, or why it is not.
"""

from __future__ import annotations

import errno
import shutil
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import panel as pn

from fusion_core.errors import HarmonyError, InputError
from fusion_core.workspace.files import size_text

_TOLD_EVERY_SECONDS: Final = 0.2
_LONGEST_NAME: Final = 200
"""Bytes; file systems take 255."""


@dataclass(frozen=True)
class Transfer:
    """What has become of a file.

    Attributes
    ----------
    name
        As its sender calls it.
    size, received
        Bytes it has, and how many of them are on the server's disk.
    file
        Where it is, once it is whole.
    error
        Why it was not taken.
    lost
        Whether it is gone without anybody's error: its sender stopped, or the connection broke off.
    """

    name: str
    size: int
    received: int = 0
    file: Path | None = None
    error: OSError | HarmonyError | None = None
    lost: bool = False


class Inbox:
    """Takes one file after the other, the last in place of the one before.

    Parameters
    ----------
    folder
        Where the file is written; nothing else may be there.
    is_sender
        Whether the cookies of a request are those of the visitor whose page this is, and he may
        still send.
    hear
        Told on the page what becomes of a file.
    limit
        Bytes a file may have; ``None`` for as many as fit on the disk.
    """

    def __init__(
        self,
        folder: Path,
        is_sender: Callable[[Mapping[str, str]], bool],
        hear: Callable[[Transfer], None],
        *,
        limit: int | None = None,
    ) -> None:
        self.folder = folder
        self.is_sender = is_sender
        self.limit = limit
        self._hear = hear
        document = pn.state.curdoc
        is_live = document is not None and document.session_context is not None
        self._document = document if is_live else None
        self._arrival: weakref.ref[Arrival] | None = None

    def begin(self, name: str, size: int) -> Arrival:
        """Make room for a file.

        Raises
        ------
        OSError, HarmonyError
            If there is none; the page knows already.
        """
        name = stored_name(name)
        try:
            self._require_size(size)
            path = self._place(name, size)
            path.parent.mkdir(parents=True, exist_ok=True)
            arrival = Arrival(self, path, path.open("xb"), Transfer(name, size))
        except (OSError, HarmonyError) as error:
            self.tell(Transfer(name, size, error=error))
            raise
        self._arrival = weakref.ref(arrival)
        self.tell(arrival.state)
        return arrival

    def clear(self) -> None:
        """Remove what is there, or on its way."""
        self._arrival = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def awaits(self, arrival: Arrival) -> bool:
        """Whether a file on its way is still wanted: nothing took its place, nobody took it back."""
        return self._arrival is not None and self._arrival() is arrival

    def tell(self, state: Transfer) -> None:
        """Tell the page, on its own turn; may be called from any thread."""
        if self._document is None:
            self._hear(state)
        else:
            self._document.add_next_tick_callback(lambda: self._hear(state))

    def _require_size(self, size: int) -> None:
        if self.limit is not None and size > self.limit:
            raise OSError(errno.EFBIG, f"it has more than {size_text(self.limit)}")

    def _place(self, name: str, size: int) -> Path:  # noqa: ARG002 - what others decide by
        """Return where the next file goes; raises if nowhere."""
        self.clear()  # a file at a time, so that nobody fills the disk with more than the limit
        return self.folder / name


class InboxOfSeveral(Inbox):
    """Takes several files that belong together.

    Parameters
    ----------
    folder, is_sender, hear, limit
        As of `Inbox`.
    most
        How many files at most.
    together
        Bytes they may have together.
    """

    def __init__(
        self,
        folder: Path,
        is_sender: Callable[[Mapping[str, str]], bool],
        hear: Callable[[Transfer], None],
        *,
        limit: int,
        most: int,
        together: int,
    ) -> None:
        super().__init__(folder, is_sender, hear, limit=limit)
        self._most, self._together = most, together
        self._count = self._bytes = 0

    def _place(self, name: str, size: int) -> Path:
        if self._count >= self._most:
            raise InputError(
                f"More than {self._most} files at once", fix="Import them in several steps"
            )
        if self._bytes + size > self._together:
            raise InputError(
                f"The files have more than {size_text(self._together)} together",
                fix="Import them in several steps",
            )
        self._count, self._bytes = self._count + 1, self._bytes + size
        return self.folder / str(self._count) / name


class Arrival:
    """A file on its way: written as it comes, and removed unless all of it does.

    Parameters
    ----------
    inbox
        What takes it; a page that was left wants no file any more.
    path
        Where it is written.
    file
        The same, open.
    state
        What the page was told last.
    """

    def __init__(self, inbox: Inbox, path: Path, file: BinaryIO, state: Transfer) -> None:
        self._inbox = weakref.ref(inbox)
        self._path, self._file = path, file
        self._told = time.monotonic()
        self._is_over = False
        self.state = state

    @property
    def is_wanted(self) -> bool:
        """Whether anybody waits for it."""
        inbox = self._inbox()
        return not self._is_over and inbox is not None and inbox.awaits(self)

    def write(self, data: bytes) -> None:
        """Write down what came; what nobody waits for any more is left out.

        Raises
        ------
        OSError
            If it cannot be written; the file is removed, and the page knows.
        """
        if not self.is_wanted:
            return
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            self._end(error=error)
            raise
        received = self.state.received + len(data)
        self.state = Transfer(self.state.name, self.state.size, received)
        if time.monotonic() - self._told >= _TOLD_EVERY_SECONDS:
            self._told = time.monotonic()
            self._tell()

    def finish(self) -> None:
        """Hand the file over, if it is whole and wanted."""
        self._file.close()
        if self.is_wanted and self.state.received == self.state.size:
            self._is_over = True
            self._tell(file=self._path)
        else:
            self.lose()

    def lose(self) -> None:
        """Remove what came so far: the rest never will."""
        self._end(lost=True)

    def _end(self, *, error: OSError | None = None, lost: bool = False) -> None:
        with suppress(OSError):  # of a full disk: what is left goes with the folder
            self._file.close()
        if self.is_wanted:  # else another file may have its name by now, and the page a word on it
            self._path.unlink(missing_ok=True)
            self._tell(error=error, lost=lost)
        self._is_over = True

    def _tell(
        self, *, file: Path | None = None, error: OSError | None = None, lost: bool = False
    ) -> None:
        inbox, state = self._inbox(), self.state
        if inbox is not None:
            inbox.tell(Transfer(state.name, state.size, state.received, file, error, lost))


def stored_name(name: str) -> str:
    """Return what a file may be called here: the name is its sender's word, and may lead anywhere."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip()
    while len(plain.encode()) > _LONGEST_NAME:  # what the file is, its end says
        plain = plain[len(plain.encode()) // _LONGEST_NAME :]
    return "file" if plain in {"", ".", ".."} else plain


__all__ = ["Arrival", "Inbox", "InboxOfSeveral", "Transfer", "stored_name"]
