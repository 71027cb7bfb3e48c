"""Files sent from the browser straight to the server's disk: as large as fits, with progress."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import param
from panel.custom import JSComponent

from fusion_core.errors import HarmonyError
from harmony_app.shell.inbox import Inbox, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from harmony_app.access import Role
    from harmony_app.shell.session import Session

_ASSETS: Final = Path(__file__).parent / "assets"
SEND_SCRIPT: Final = (_ASSETS / "send.js").read_text(encoding="utf-8")
"""A module with the one function by which browsers send files: ``sendFile``."""


class FileUpload(JSComponent):
    """Takes one file and keeps none of it in memory.

    The bar shows what is on the server's disk, which may be much less than the browser has sent.

    Parameters
    ----------
    session
        Who sends it.
    folder
        Where the file is written; nothing else may be there.
    received
        Called with the file when it is there, and with ``None`` when it is taken back.
    failed
        Called with the file's name and the error when it was not taken.
    title
        What the file is, for screen readers.
    limit
        Bytes a file may have; ``None`` for as many as fit on the disk. The browser refuses a larger
        one before it sends anything.
    needs
        The weakest role that may send it.
    """

    key = param.String(doc="Of the address files are sent to.")
    title = param.String()
    limit = param.Integer(default=None, allow_None=True)
    shown = param.Dict(default={}, doc="Name, size and received bytes of a file; empty for none.")

    _esm = f"{SEND_SCRIPT}\n{(_ASSETS / 'upload.js').read_text(encoding='utf-8')}"
    _stylesheets: Final = [(_ASSETS / "upload.css").read_text(encoding="utf-8")]

    def __init__(
        self,
        session: Session,
        folder: Path,
        received: Callable[[Path | None], None],
        failed: Callable[[str, OSError | HarmonyError], None],
        *,
        title: str = "",
        limit: int | None = None,
        needs: Role = "viewer",
    ) -> None:
        self._received = received
        self._failed = failed
        self.inbox = Inbox(
            folder,
            lambda cookies: session.sent(cookies) and session.may(needs),
            self._hear,
            limit=limit,
        )
        super().__init__(
            key=session.uploads.open(self.inbox),
            title=title,
            limit=limit,
            margin=0,
            sizing_mode="stretch_width",
        )

    def _hear(self, state: Transfer) -> None:
        if state.error is not None or state.lost:
            self.shown = {}
            if state.error is not None:
                self._failed(state.name, state.error)
            return
        is_whole = state.file is not None
        self.shown = {
            "name": state.name,
            "size": state.size,
            "received": state.received,
            "whole": is_whole,
        }
        if is_whole:
            self._received(state.file)

    def _handle_msg(self, data: Any) -> None:
        """Take the file back."""
        if data == "remove":
            self.inbox.clear()
            self.shown = {}
            self._received(None)


__all__ = ["SEND_SCRIPT", "FileUpload"]
