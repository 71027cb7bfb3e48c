"""Files sent from the browser in pieces, straight to disk: as large as the disk, with progress."""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.workspace.files import size_text

if TYPE_CHECKING:
    from collections.abc import Callable

_STYLE: Final = Path(__file__).parent / "assets" / "upload.css"
_MEGABYTE: Final = 1_000_000
_PIECE: Final = 4_000_000
"""Bytes per message; the connection refuses one of 20 million letters."""


class FileUpload(pn.widgets.FileDropper):
    """Takes one file and keeps none of it in memory.

    Parameters
    ----------
    folder
        Where the file is written; nothing else may be there.
    received
        Called with the file when its last piece is there, and with ``None`` when it is taken back.
    failed
        Called with the file's name and the error when a piece could not be written.
    limit
        Bytes a file may have; ``None`` for as many as fit on the disk. The browser says so before it
        sends anything.
    """

    def __init__(
        self,
        folder: Path,
        received: Callable[[Path | None], None],
        failed: Callable[[str, OSError], None],
        *,
        limit: int | None = None,
    ) -> None:
        params: dict[str, Any] = {}
        if limit is not None:
            params["max_file_size"] = f"{limit // _MEGABYTE}MB"
        super().__init__(
            chunk_size=_PIECE,
            multiple=False,
            previews=[],
            layout="compact",
            margin=0,
            sizing_mode="stretch_width",
            stylesheets=[_STYLE.read_text(encoding="utf-8")],
            **params,
        )
        self._limit = limit
        self._folder = folder
        self._received = received
        self._failed = failed

    def _process_event(self, event: Any) -> None:
        data = event.data
        # The name is the browser's word: only its last part may name a file here.
        target = self._folder / (Path(data["name"].replace("\\", "/")).name or "file")
        if event.event_name == "delete_event":
            target.unlink(missing_ok=True)
            self._received(None)
            return
        first, last = data["chunk"] == 1, data["chunk"] == data["total_chunks"]
        if (
            not first and not target.exists()
        ):  # taken back, or refused, while pieces were on their way
            return
        try:
            if first:  # a file at a time, so that nobody fills the disk with more than the limit
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            with target.open("wb" if first else "ab") as file:
                file.write(data["data"])
                size = file.tell()
        except OSError as error:
            with suppress(OSError):  # else later pieces would follow a gap
                target.unlink(missing_ok=True)
            self._failed(target.name, error)
            return
        if self._limit is not None and size > self._limit:
            target.unlink()
            told = f"it has more than {size_text(self._limit)}"
            self._failed(target.name, OSError(errno.EFBIG, told))
            return
        if last:
            self._received(target)
