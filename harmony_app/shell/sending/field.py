"""A file for the server: sent from the browser, or named by its path there."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING, Final

import panel as pn

from fusion_core.errors import HarmonyError, InputError
from fusion_core.workspace.files import size_text
from harmony_app.shell.look import page_part
from harmony_app.shell.sending.upload import FileUpload

if TYPE_CHECKING:
    from collections.abc import Callable

    from harmony_app.access import Role
    from harmony_app.shell.session import Session

_STYLE: Final = Path(__file__).parent / "assets" / "label.css"


class FileField(pn.viewable.Viewer):
    """Takes one file; what was given last counts.

    Parameters
    ----------
    session
        Who gives it, and which files of the server he may name.
    title
        What the file is.
    folder
        Where a file that is sent is kept.
    placeholder
        What the field of the path says while it is empty.
    failed
        Told why a file could not be received.
    given
        Told that another file counts, once its name is typed in full.
    changed
        Told at once which file counts, while its name is typed: ``None`` for no file.
    largest
        Bytes of the largest file that can hold what is asked for.
    hint
        Which files it may be.
    optional
        Whether it can be left out.
    needs
        The weakest role that may send it.
    """

    def __init__(
        self,
        session: Session,
        title: str,
        folder: Path,
        placeholder: str = "or a path on the server",
        *,
        failed: Callable[[HarmonyError], None],
        given: Callable[[], object] | None = None,
        changed: Callable[[Path | None], object] | None = None,
        largest: int | None = None,
        hint: str = "",
        optional: bool = False,
        needs: Role = "viewer",
    ) -> None:
        super().__init__()
        self._session = session
        self._given = given
        self._changed = changed
        self._latest: Path | None = None
        self._failed = failed
        self._sent: Path | None = None
        self.text = pn.widgets.TextInput(
            placeholder=placeholder,
            margin=0,
            sizing_mode="stretch_width",
            visible=session.names_files,
        )
        self.text.param.watch(self._typed, "value_input")
        self.text.param.watch(lambda _: self._tell(), "value")
        limits = [limit for limit in (largest, session.upload_limit) if limit is not None]
        limit = min(limits, default=None)
        self.upload = FileUpload(
            session,
            folder,
            self._received,
            lambda name, error: failed(not_received(session, name, error)),
            title=title,
            limit=limit,
            needs=needs,
        )
        self._layout = pn.Column(
            file_label(title, hint, optional=optional, limit=limit),
            self.upload,
            self.text,
            margin=(2, 0, 6, 0),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the field."""
        return self._layout

    @property
    def path(self) -> Path | None:
        """The file; ``None`` while there is none.

        Raises
        ------
        HarmonyError
            If the visitor may not name that file.
        """
        text = self.text.value_input.strip()
        return self._session.server_file(text) if text else self._sent

    def _received(self, file: Path | None) -> None:
        self._sent = file
        if file is not None:
            self.text.value = self.text.value_input = ""
            self._tell()
        self._tell_change()

    def _typed(self, _: object) -> None:
        if self.text.value_input.strip():
            self._sent = None
        self._tell_change()

    def _tell(self) -> None:
        if self._given is not None and self._allowed() is not None:
            self._given()

    def _tell_change(self) -> None:
        if self._changed is None:
            return
        file = self._allowed()
        if file != self._latest:
            self._latest = file
            self._changed(file)

    def _allowed(self) -> Path | None:
        """Return the file that counts, if it may; says why not."""
        try:
            return self.path
        except HarmonyError as error:
            self._failed(error)
            return None


def file_label(
    title: str, hint: str = "", *, optional: bool = False, limit: int | None = None
) -> pn.pane.HTML:
    """Say above a field what the file is, and how large it may be."""
    told = "" if limit is None else f"at most {size_text(limit)}"
    both = f"{hint.rstrip('.')} · {told}" if hint and told else hint or told
    return pn.pane.HTML(
        page_part("slot", title, both, optional),
        stylesheets=[_STYLE.read_text(encoding="utf-8")],
        margin=0,
    )


def not_received(session: Session, name: str, error: OSError | HarmonyError) -> HarmonyError:
    """Return why a file did not reach the server, and what its sender can do."""
    if isinstance(error, HarmonyError):
        return error
    way = (
        "Send a smaller file"
        if error.errno == errno.EFBIG
        else "Have some disk space freed on the server"
    )
    other = ", or name it by its path on the server" if session.names_files else ""
    return InputError(
        f"{name} could not be received: {error.strerror or error}", fix=f"{way}{other}"
    )
