"""The form that adds boundaries or a table: what was found is shown before anything is stored."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import panel as pn

from fusion_core.errors import HarmonyError, InputError
from fusion_core.geography.boundaries import CENSUS
from fusion_core.places.boundary_files import (
    CENSUSES,
    BoundaryRequest,
    add_boundaries,
    make_boundaries,
)
from fusion_core.places.contexts import ContextRequest, add_context, make_context
from fusion_core.places.tables import TableRequest, add_table, make_table
from harmony_app.log import LOG
from harmony_app.places.context_fields import ContextFields
from harmony_app.places.parts import place_part
from harmony_app.places.rows import CONTEXT
from harmony_app.places.style import shared_style
from harmony_app.places.table_fields import TableFields
from harmony_app.shell.look import page_part
from harmony_app.shell.sending import FileField

if TYPE_CHECKING:
    from collections.abc import Callable

    from harmony_app.shell.session import Session

_BOUNDARIES, _TABLE, _CONTEXT = "Boundaries", "Spatial table", "Local context"
_UNKNOWN: Final = "as the file says"
_FILES: Final = (
    "Boundaries as GeoPackage, GeoJSON, zipped shapefile or Parquet, such as those the Census Bureau"
    " publishes; tables as CSV, Excel or Parquet."
)
_CROSSWALKS: Final = (
    ("Crosswalk towards PUMAs", "or a path on the server"),
    ("Second crosswalk", "where one alone does not lead to PUMAs"),
)
_START: Final = (
    "Nothing is stored until you have checked it",
    (
        (
            "Upload a file, or give its path on the server, and check it. What was found and any"
            " problems appear here."
        ),
    ),
)


Request: TypeAlias = BoundaryRequest | TableRequest | ContextRequest


class AddForm(pn.viewable.Viewer):
    """A form beside what a trial of it found.

    Parameters
    ----------
    session
        Who adds, to which workspace.
    leave
        Called with the kind of boundaries and the name of the table stored, empty where none was.
    """

    def __init__(self, session: Session, leave: Callable[[str, str], None]) -> None:
        super().__init__()
        self._session = session
        self._workspace = session.workspace
        self._leave = leave
        self._tried: Request | None = None
        self._uploads = session.upload_folder()
        self._build()
        self._show_fields()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the form's content."""
        return self._layout

    def _build(self) -> None:
        wide: dict[str, Any] = {"margin": (0, 0, 4, 0), "sizing_mode": "stretch_width"}
        self._what = pn.widgets.RadioButtonGroup(
            options=[_BOUNDARIES, _TABLE, _CONTEXT],
            margin=(4, 0),
            stylesheets=shared_style("buttons"),
        )
        self._file = FileField(
            self._session,
            "File",
            self._uploads.path / "file",
            failed=self._say,
            given=lambda: pn.state.execute(self._look),
            hint=_FILES,
            needs="harmonizer",
        )
        self._kind = pn.widgets.TextInput(
            label="Kind: puma, county, state, or a survey's own column",
            value="puma",
            value_input="puma",  # what is shown counts before anything is typed
            **wide,
        )
        self._table = TableFields(wide)
        self._census = pn.widgets.Select(
            label="Areas defined by the census of",
            options={_UNKNOWN: "", **{year: year for year in CENSUSES}},
            **wide,
        )
        self._vintage = pn.widgets.TextInput(
            label="Vintage", placeholder="2019, 2015-2019 or always", **wide
        )
        self._name = pn.widgets.TextInput(label="Name (optional)", **wide)
        self._crosswalks = [
            FileField(
                self._session,
                title,
                self._uploads.path / f"crosswalk-{place}",
                placeholder,
                failed=self._say,
                needs="harmonizer",
            )
            for place, (title, placeholder) in enumerate(_CROSSWALKS)
        ]
        self._context = ContextFields(self._workspace, wide)
        self._replace = pn.widgets.Checkbox(
            label="Replace an existing one of the same name", margin=(4, 0)
        )
        self._check = pn.widgets.Button(
            label="Check the file", color="primary", margin=0, stylesheets=shared_style("buttons")
        )
        self._store = pn.widgets.Button(
            label="Store", margin=0, disabled=True, stylesheets=shared_style("buttons")
        )
        back = pn.widgets.Button(
            label="Back to the places", margin=0, stylesheets=shared_style("buttons")
        )
        self._report = pn.pane.HTML(
            page_part("start", *_START),
            stylesheets=[*shared_style("wizard"), ":host { height: 100%; overflow-y: auto; }"],
            sizing_mode="stretch_both",
            margin=0,
        )
        title = pn.pane.HTML(
            page_part("heading", "Add places"), stylesheets=shared_style("wizard"), margin=0
        )
        buttons = pn.Row(
            self._check,
            self._store,
            back,
            margin=0,
            stylesheets=shared_style("actions"),
        )
        self._fields = pn.Column(margin=0, sizing_mode="stretch_width")
        form = pn.Column(
            title,
            self._what,
            self._file,
            self._fields,
            self._census,
            self._replace,
            buttons,
            stylesheets=[*shared_style("card"), *shared_style("form")],
            margin=0,
            sizing_mode="stretch_both",
        )
        result = pn.Column(
            self._report, stylesheets=shared_style("card"), margin=0, sizing_mode="stretch_both"
        )
        self._layout = pn.Column(
            form,
            result,
            stylesheets=shared_style("wizard_page"),
            margin=0,
            styles={"height": "calc(100vh - 70px)"},
        )
        self._what.param.watch(self._show_fields, "value")
        self._check.on_click(self._run_check)
        self._store.on_click(self._run_store)
        back.on_click(lambda _: self._close("", ""))

    async def _look(self) -> None:
        """Offer the columns of a table as soon as there is one."""
        if self._what.value != _TABLE:
            return
        try:
            path = self._file.path
        except InputError:  # said when it was named
            path = None
        await self._table.look(path)

    def _show_fields(self, _: object = None) -> None:
        if self._what.value == _BOUNDARIES:
            self._fields[:] = [self._kind]
            return
        if self._what.value == _CONTEXT:
            shared = (self._vintage, *self._crosswalks, self._name)
            self._fields[:] = [*self._context.shown, *shared]
            return
        pn.state.execute(self._look)
        self._fields[:] = [*self._table.shown, self._vintage, *self._crosswalks, self._name]

    def _request(self) -> Request:
        path = self._file.path
        if path is None and self._what.value != _TABLE:
            raise InputError(
                "No file is given", fix="Upload a file, or give its path on the server"
            )
        if path is not None and self._what.value == _BOUNDARIES:
            return BoundaryRequest(path, self._kind.value_input.strip(), self._census.value)
        files = [field.path for field in self._crosswalks]
        crosswalks = tuple(file for file in files if file is not None)
        shared: dict[str, Any] = {
            "census": self._census.value,
            "vintage": self._vintage.value_input.strip(),
            "crosswalks": crosswalks,
            "name": self._name.value_input.strip(),
        }
        if path is not None and self._what.value == _CONTEXT:
            return self._context.request(path, **shared)
        return self._table.request(path, **shared)

    async def _run_check(self, _: Any) -> None:
        await self._run(store=False)

    async def _run_store(self, _: Any) -> None:
        await self._run(store=True)

    async def _run(self, *, store: bool) -> None:
        self._check.disabled = self._store.disabled = True
        self._report.object = page_part("line", "p", "busy", "Reading the files …", "status")
        try:
            request = self._request()
            store = store and request == self._tried  # what was changed since is checked first
            stored = await asyncio.to_thread(self._work, request, store=store)
        except Exception as error:  # noqa: BLE001 - the form must go on; the log keeps the whole story
            self._say(error)
            self._tried = None
        else:
            self._tried = request
            if store:
                self._close(*stored[0])
                return
            self._report.object = stored[1]
        self._check.disabled = False
        self._store.disabled = self._tried is None
        self._store.color = "default" if self._store.disabled else "primary"
        self._check.color = "primary" if self._store.disabled else "default"

    def _close(self, kind: str, table: str) -> None:
        self._uploads.clear()
        self._leave(kind, table)

    def _work(self, request: Request, *, store: bool) -> tuple[tuple[str, str], str]:
        """Read, and store if asked; returns what was stored and the words for it."""
        self._session.require("harmonizer", "Adding places")
        if store:
            self._session.record("places added", kind=type(request).__name__)
        if isinstance(request, BoundaryRequest):
            return self._work_boundaries(request, store=store)
        if isinstance(request, ContextRequest):
            return self._work_context(request, store=store)
        return self._work_table(request, store=store)

    def _work_boundaries(
        self, request: BoundaryRequest, *, store: bool
    ) -> tuple[tuple[str, str], str]:
        areas = (
            add_boundaries(self._workspace, request, may_replace=bool(self._replace.value))
            if store
            else make_boundaries(self._workspace, request)
        )
        census = str(areas[CENSUS].iloc[0]) if CENSUS in areas.columns else "unknown"
        facts = {"Areas": f"{len(areas):,}", "Census": census}
        title = f"The boundaries '{request.kind}'"
        return (request.kind, ""), _report(title, facts, [areas.attrs["note"]])

    def _work_context(self, request: ContextRequest, *, store: bool) -> tuple[tuple[str, str], str]:
        context = (
            add_context(self._workspace, request, may_replace=bool(self._replace.value))
            if store
            else make_context(self._workspace, request)
        )
        facts = {
            "PUMAs": f"{context.mix['puma'].nunique():,}",
            "Census": context.census or "unknown",
            "Classes": str(len(context.classes)),
            "Vintage": context.vintage or "–",
        }
        title = f"{context.title[:1].upper()}{context.title[1:]}"
        return ("", CONTEXT + context.name), _report(title, facts, list(context.notes))

    def _work_table(self, request: TableRequest, *, store: bool) -> tuple[tuple[str, str], str]:
        made = (
            add_table(self._workspace, request, may_replace=bool(self._replace.value))
            if store
            else make_table(self._workspace, request)
        )
        facts = {
            "PUMAs": f"{len(made.data):,}",
            "Census": made.census or "unknown",
            "Predictors": str(len(made.predictors)),
            "Vintage": made.vintage,
        }
        notes = [note for note in made.notes if note]
        notes += [f"{name}: {how}." for name, how in made.made.items()]
        return ("", made.name), _report(made.title, facts, notes)

    def _say(self, error: Exception) -> None:
        if isinstance(error, HarmonyError):
            sentence = error.message
        else:
            LOG.error("A place could not be added", exc_info=error)
            sentence = "The file could not be read. The details are in the server's log."
        self._report.object = page_part("line", "h3", "bad", sentence)


def _report(title: str, facts: dict[str, str], notes: list[str]) -> str:
    return place_part("report", title, facts, notes)
