"""The form that takes places of one's own: polygons, a list of tracts, or a crosswalk."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import HarmonyError, InputError
from harmony_app.explore.data import read_own_places
from harmony_app.explore.panels._parts import Drawer
from harmony_app.explore.view import SMALL_KINDS
from harmony_app.log import LOG
from harmony_app.shell.look import page_part
from harmony_app.shell.work import SlowWork

if TYPE_CHECKING:
    from collections.abc import Callable

    from harmony_app.explore.data import Source
    from harmony_app.shell.session import Session

_WIDE: Final[dict[str, Any]] = {"sizing_mode": "stretch_width"}
_TIGHT: Final = (0, 0, 7, 0)
_TITLE: Final = "Add places of your own"
_HELP: Final = (
    "Polygons with a column of names (GeoPackage, GeoJSON, zipped shapefile); a table with a column area of"
    " tracts or block groups and, for several places, a column place; or a crosswalk with weights."
)


class Placing:
    """The button that opens the form, and the form.

    Parameters
    ----------
    session
        Who looks.
    kept
        Called with the name of places that were kept.
    styles
        Style sheets of the HTML panes.
    """

    def __init__(self, session: Session, kept: Callable[[str], None], styles: list[str]) -> None:
        self._parts = (session, kept, styles)
        self._source: Source | None = None
        self.drawer = Drawer(_TITLE, self._build)
        self.panel = self.drawer.panel

    def show(self, source: Source) -> None:
        """Take places of what a source's households are allocated to."""
        self._source = source
        allocated = any(kind in SMALL_KINDS for kind in source.area_kinds)
        self.panel.visible = allocated and self._parts[0].may("runner")
        if self.drawer.form is not None:
            self.drawer.form.source = source

    def _build(self) -> PlacesForm:
        form = PlacesForm(*self._parts)
        form.source = self._source
        return form


class PlacesForm:
    """What is inside: see `Placing`."""

    def __init__(self, session: Session, kept: Callable[[str], None], styles: list[str]) -> None:
        self._session = session
        self._kept = kept
        self._work = SlowWork()
        self.source: Source | None = None
        self.file = pn.widgets.FileInput(
            label="File of places",
            accept=".geojson,.json,.gpkg,.zip,.parquet,.csv,.tsv,.txt,.xlsx",
            margin=_TIGHT,
            **_WIDE,
        )
        self.name = pn.widgets.TextInput(
            label="Name of the places", placeholder="valley", margin=_TIGHT, **_WIDE
        )
        self.replace = pn.widgets.Checkbox(
            label="Replace places of this name", margin=_TIGHT, **_WIDE
        )
        self.keep = pn.widgets.Button(label="Keep and map", margin=_TIGHT, **_WIDE)
        self.message = pn.pane.HTML("", visible=False, margin=_TIGHT, stylesheets=styles, **_WIDE)
        self.keep.on_click(lambda _: self._keep())
        self.panel = pn.Column(
            pn.pane.HTML(page_part("small", _HELP), margin=_TIGHT, **_WIDE),
            self.file,
            self.name,
            self.replace,
            self.keep,
            self.message,
            margin=0,
            **_WIDE,
        )

    def _keep(self) -> None:
        content, file = self.file.value, Path(self.file.filename or "").name
        name, source = str(self.name.value).strip(), self.source
        try:
            if not content or not file or source is None:
                raise InputError("No file is chosen", fix="Choose a file of places")
            if not name:
                raise InputError("The places have no name", fix="Name them, such as valley")
        except HarmonyError as error:
            self._failed(error)
            return
        workspace, survey, may_replace = (
            self._session.workspace,
            source.survey,
            bool(self.replace.value),
        )

        def read() -> str:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / file
                path.write_bytes(content)
                read_own_places(workspace, survey, path, name, may_replace=may_replace)
            return name

        self._tell("Reading the places …", "told")
        self._work.start(read, self._done, self._failed)

    def _done(self, name: str) -> None:
        self._tell(f"Kept {name}.", "told")
        self._kept(name)

    def _failed(self, error: Exception) -> None:
        text = "The places could not be read; the details are in the server's log."
        if isinstance(error, HarmonyError):
            text = error.message
        else:
            LOG.error("Places of one's own could not be read", exc_info=error)
        self._tell(text, "error")

    def _tell(self, text: str, kind: str) -> None:
        role = "alert" if kind == "error" else "status"
        self.message.object = page_part("line", "div", kind, text, role)
        self.message.visible = True


__all__ = ["Placing"]
