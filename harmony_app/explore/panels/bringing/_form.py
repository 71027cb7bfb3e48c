"""What the forms have in common that keep what a file holds under a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import HarmonyError, InputError
from harmony_app.explore.panels._parts import Drawer
from harmony_app.shell.look import page_part
from harmony_app.shell.sending import FileField

if TYPE_CHECKING:
    from harmony_app.explore.data import Source
    from harmony_app.shell.session import Session

WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
TIGHT: Final = (0, 0, 7, 0)
LARGEST_FILE: Final = 50_000_000
"""Bytes that are read beside other people's questions; places and totals are far smaller."""


@dataclass(frozen=True)
class FormWords:
    """What a form says.

    Attributes
    ----------
    things
        What is kept, such as ``places``.
    file
        Label of the file.
    example
        A name.
    keep
        What the button says.
    help
        What the file holds.
    """

    things: str
    file: str
    example: str
    keep: str
    help: str


@dataclass(frozen=True)
class Brought:
    """A file, and the name to keep its content under."""

    path: Path
    name: str


class BringingForm:
    """A file, a name and a button; what becomes of it is said below.

    Parameters
    ----------
    session
        Who looks.
    kept
        Called with the name of what was kept.
    styles
        Style sheets of the HTML panes.
    words
        What the form says.
    own
        Further fields, above the box that allows to replace.
    """

    def __init__(
        self,
        session: Session,
        kept: Callable[[str], None],
        styles: list[str],
        words: FormWords,
        own: tuple[pn.widgets.Widget, ...] = (),
    ) -> None:
        self._session = session
        self._kept = kept
        self._words = words
        self.source: Source | None = None
        self._uploads = session.upload_folder()
        field: dict[str, Any] = {"margin": TIGHT, **WIDE}
        self.file = FileField(
            session,
            words.file,
            self._uploads.path,
            failed=lambda error: self.tell(error.message, "error"),
            largest=LARGEST_FILE,
            needs="runner",
        )
        self.name = pn.widgets.TextInput(
            label=f"Name of the {words.things}", placeholder=words.example, **field
        )
        self.replace = pn.widgets.Checkbox(label=f"Replace {words.things} of this name", **field)
        self.keep = pn.widgets.Button(label=words.keep, **field)
        self.message = pn.pane.HTML("", visible=False, stylesheets=styles, **field)
        self.keep.on_click(lambda _: self._keep())
        explained = pn.pane.HTML(page_part("small", words.help), **field)
        fields = (self.file, self.name, *own, self.replace, self.keep, self.message)
        self.panel = pn.Column(explained, *fields, margin=0, **WIDE)

    def bring(self, brought: Brought) -> None:
        """Keep what was brought, and say so by `done`; a form says how."""
        raise NotImplementedError

    def done(self, name: str) -> None:
        """Say that something is kept, write down by whom, and have it shown."""
        self._session.record(f"{self._words.things} kept", name=name)
        self.tell(f"Kept {name}.")
        self._kept(name)

    def tell(self, text: str, kind: str = "told") -> None:
        """Say something below the button, as an ``error`` where it is one."""
        role = "alert" if kind == "error" else "status"
        self.message.object = page_part("line", "div", kind, text, role)
        self.message.visible = True

    def _keep(self) -> None:
        try:
            self._session.require("runner", f"Keeping {self._words.things}")
            self.bring(self._brought())
        except HarmonyError as error:
            self.tell(error.message, "error")

    def _brought(self) -> Brought:
        path = self.file.path
        name = str(self.name.value).strip()
        if path is None:
            raise InputError("No file is chosen", fix=f"Choose a file of {self._words.things}")
        if not name:
            raise InputError(
                f"The {self._words.things} have no name",
                fix=f"Name them, such as {self._words.example}",
            )
        return Brought(path, name)


class Bringing:
    """The button that opens a form, and the form.

    Parameters
    ----------
    title
        What the button says.
    build
        Makes the form when it is first opened.
    may
        Whether it is offered beside a source.
    """

    def __init__(
        self, title: str, build: Callable[[], BringingForm], may: Callable[[Source], bool]
    ) -> None:
        self._build_form = build
        self._may = may
        self._source: Source | None = None
        self.drawer = Drawer(title, self._build)
        self.panel = self.drawer.panel

    def show(self, source: Source) -> None:
        """Take files for a source."""
        self._source = source
        self.panel.visible = self._may(source)
        if self.drawer.form is not None:
            self.drawer.form.source = source

    def _build(self) -> BringingForm:
        form = self._build_form()
        form.source = self._source
        return form
