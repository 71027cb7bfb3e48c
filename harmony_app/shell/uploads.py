"""Files that visitors send: in a folder of the server that goes with it, each visitor's in one of his own."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary, finalize

from fusion_core.workspace.files import mark
from harmony_app.shell.inbox import Inbox

_PREFIX: Final = "harmony-uploads-"


class Uploads:
    """The folder of all uploads of a server.

    It is created with the first file and removed with the server. What a server that was killed left
    is removed by the next one.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._handle: int | None = None
        self._inboxes: WeakValueDictionary[str, Inbox] = WeakValueDictionary()

    def open(self, inbox: Inbox) -> str:
        """Let files come to an inbox for as long as its page is there.

        Returns the key of its address, which nobody can guess.
        """
        key = secrets.token_urlsafe(24)
        self._inboxes[key] = inbox
        return key

    def inbox(self, key: str) -> Inbox | None:
        """Return the inbox of an address; ``None`` once its page is gone."""
        return self._inboxes.get(key)

    def folder(self) -> UploadFolder:
        """Return a folder for the files of one visitor's page."""
        if self._folder is None:
            _sweep(Path(tempfile.gettempdir()))
            self._folder = Path(tempfile.mkdtemp(prefix=_PREFIX))  # for this account alone
            if sys.platform != "win32":
                self._handle = os.open(self._folder, os.O_RDONLY)
                mark(self._handle)
        return UploadFolder(self._folder)

    def close(self) -> None:
        """Remove everything that was sent."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class UploadFolder:
    """The files one page was sent; they go with it at the latest.

    Parameters
    ----------
    parent
        Folder of all uploads.
    """

    def __init__(self, parent: Path) -> None:
        self.path = Path(tempfile.mkdtemp(dir=parent))
        self._clear = finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def clear(self) -> None:
        """Remove the files."""
        self._clear()


def _sweep(folder: Path) -> None:
    """Remove the folders of servers that are gone."""
    if sys.platform == "win32":  # which tells no living owners from dead ones
        return
    for leftover in folder.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            handle = os.open(leftover, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                if os.fstat(handle).st_uid == os.getuid() and mark(handle):
                    shutil.rmtree(leftover, ignore_errors=True)
            finally:
                os.close(handle)


__all__ = ["UploadFolder", "Uploads"]
