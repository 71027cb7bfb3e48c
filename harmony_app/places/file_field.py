"""A file for the server: sent from the browser in pieces, or named by its path there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn

from fusion_core.errors import InputError
from harmony_app.places.style import shared_style
from harmony_app.shell.look import page_part
from harmony_app.surveys.upload import FileUpload

if TYPE_CHECKING:
    from collections.abc import Callable

    from harmony_app.shell.session import Session


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
        Told that another file counts.
    """

    def __init__(
        self,
        session: Session,
        title: str,
        folder: Path,
        placeholder: str,
        *,
        failed: Callable[[InputError], None],
        given: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        self._session = session
        self._given = given
        self._failed = failed
        self._sent: Path | None = None
        self._text = pn.widgets.TextInput(
            placeholder=placeholder,
            margin=0,
            sizing_mode="stretch_width",
            visible=session.names_files,
        )
        self._text.param.watch(self._typed, "value_input")
        self._text.param.watch(lambda _: self._tell(), "value")

        def refuse(name: str, error: OSError) -> None:
            failed(
                InputError(
                    f"{name} could not be received: {error.strerror or error}",
                    fix="Name it by its path on the server, or free some disk space there",
                )
            )

        upload = FileUpload(
            folder,
            self._received,
            refuse,
            limit=session.upload_limit,
            margin=0,
            sizing_mode="stretch_width",
            layout="compact",
            stylesheets=shared_style("upload"),
        )
        label = pn.pane.HTML(
            page_part("slot", title),
            stylesheets=shared_style("wizard"),
            margin=0,
        )
        self._layout = pn.Column(
            label,
            upload,
            self._text,
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
        InputError
            If the visitor may not name that file.
        """
        text = self._text.value_input.strip()
        return self._session.server_file(text) if text else self._sent

    def _received(self, file: Path | None) -> None:
        self._sent = file
        if file is not None:
            self._text.value = self._text.value_input = ""
            self._tell()

    def _typed(self, _: object) -> None:
        if self._text.value_input.strip():
            self._sent = None

    def _tell(self) -> None:
        try:
            is_given = self.path is not None
        except InputError as error:
            self._failed(error)
            return
        if self._given is not None and is_given:
            self._given()
