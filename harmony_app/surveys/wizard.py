"""The import wizard: choose a reader and files, see what was found, and only then store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn

from fusion_core.errors import Cancelled, HarmonyError
from fusion_core.html_templates import html_templates
from fusion_core.ingest.apart import WaitingImport
from fusion_core.ingest.outline import ImportOutline
from fusion_core.ingest.readers import (
    READERS,
    FileSlot,
    Reader,
    find_reader,
)
from fusion_core.ingest.recipes import RECIPE_FILE, read_recipe, write_recipe
from fusion_core.ingest.tables import Problem
from fusion_core.surveys import SurveyId
from harmony_app.log import LOG
from harmony_app.shell.look import page_part
from harmony_app.shell.sending import FileField
from harmony_app.surveys import wizard_state
from harmony_app.surveys.corrections import Corrections
from harmony_app.surveys.import_progress import ImportProgress
from harmony_app.surveys.trial import trial_html
from harmony_app.surveys.wizard_state import ImportForm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harmony_app.shell.session import Session

_ASSETS: Final = Path(__file__).parent / "assets"
_TEMPLATES: Final = Path(__file__).parent / "templates"
_UNREADABLE: Final = Problem(
    "The files could not be read", fix="The details are in the server's log; nothing was stored"
)
_NOT_STORED: Final = Problem(
    "The survey could not be stored",
    fix="The details are in the server's log; a survey stored earlier is as it was",
)
_SLOTS_SHOWN: Final = 2
_ENCODINGS: Final = {
    "UTF-8 (usual)": "utf-8",
    "Windows Western (cp1252)": "cp1252",
    "ISO Latin 1": "latin-1",
}


def _style(name: str) -> list[str]:
    return [(_ASSETS / f"{name}.css").read_text(encoding="utf-8")]


_IMPORTING: Final = "Importing a survey"
_START: Final = (
    "Nothing is stored until you have checked it",
    (
        (
            "Choose the files and check them. What was inferred – identifier, weights, areas, types"
            " and labels – and any problems, with their rows, appear here."
        ),
        (
            "Files of more than a few hundred megabytes are read sooner if you give their path on the"
            " server, or use"
        ),
    ),
    "harmony survey add",
)


class ImportWizard(pn.viewable.Viewer):
    """A form beside what a trial of it found; nothing is stored before the user says so.

    Parameters
    ----------
    session
        The visitor and the workspace.
    leave
        Called with the identifier of the stored survey, or ``None`` when the user turns back.
    """

    def __init__(self, session: Session, leave: Callable[[str | None], None]) -> None:
        super().__init__()
        self._session = session
        self._workspace = session.workspace
        self._leave = leave
        self._form = ImportForm()
        self._tried: ImportForm | None = None
        self._trial: ImportOutline | None = None
        self._is_filling = False
        self._uploads = session.upload_folder()
        self._waiting = WaitingImport(session.workspace, session.import_limits)
        pn.state.on_session_destroyed(lambda _: self._waiting.close())
        self._build()
        self._show_slots()
        self._show_report()

    def __panel__(self) -> pn.viewable.Viewable:
        """Return the wizard's content."""
        return self._layout

    def _build(self) -> None:
        self._reader = pn.widgets.Select(
            label="What do you want to import?",
            options={reader.title: reader.key for reader in READERS},
            margin=(0, 0, 4, 0),
            sizing_mode="stretch_width",
        )
        self._help = pn.pane.HTML("", margin=0, stylesheets=_style("wizard"))
        self._slots = pn.Column(margin=0, sizing_mode="stretch_width")
        self._files: dict[str, FileField] = {}
        self._name = pn.widgets.TextInput(
            label="Short name", placeholder="RECS", margin=0, sizing_mode="stretch_width"
        )
        self._vintage = pn.widgets.TextInput(
            label="Vintage", placeholder="2015", margin=0, sizing_mode="stretch_width"
        )
        self._title = pn.widgets.TextInput(
            label="Full name (optional)", margin=0, sizing_mode="stretch_width"
        )
        self._prices = pn.widgets.TextInput(
            label="Dollars in prices of",
            placeholder="the vintage",
            margin=0,
            sizing_mode="stretch_width",
        )
        self._encoding = pn.widgets.Select(
            label="Text encoding", options=_ENCODINGS, margin=0, sizing_mode="stretch_width"
        )
        self._corrections = Corrections(self._change_corrections)
        self._recipe = pn.widgets.Select(
            label="Settings of an earlier import", margin=0, sizing_mode="stretch_width"
        )
        self._recipe_file = pn.widgets.TextInput(
            label="or a recipe.toml file",
            placeholder="path on the server",
            visible=self._session.names_files,
            margin=0,
            sizing_mode="stretch_width",
        )
        self._recipes = pn.Row(
            self._recipe, self._recipe_file, stylesheets=_style("pair"), margin=0
        )
        self._check = pn.widgets.Button(
            label="Check the files", color="primary", margin=0, stylesheets=_style("buttons")
        )
        self._store = pn.widgets.Button(
            label="Store the survey", margin=0, disabled=True, stylesheets=_style("buttons")
        )
        self._cancel = pn.widgets.Button(
            label="Back to the surveys", margin=0, stylesheets=_style("buttons")
        )
        self._replace: pn.widgets.CheckBoxGroup | None = None
        self._confirmation = pn.Column(margin=0)
        self._report = pn.pane.HTML(
            "",
            stylesheets=[*_style("wizard"), ":host { height: 100%; overflow-y: auto; }"],
            sizing_mode="stretch_both",
            margin=0,
        )
        title = pn.pane.HTML(
            page_part("heading", "Import a survey"), stylesheets=_style("wizard"), margin=0
        )
        self._names = pn.Row(self._name, self._vintage, stylesheets=_style("pair"), margin=0)
        self._titles = pn.Row(self._title, self._prices, stylesheets=_style("pair"), margin=0)
        form = pn.Column(
            title,
            self._reader,
            self._help,
            self._slots,
            self._names,
            self._titles,
            self._encoding,
            self._recipes,
            self._corrections,
            self._confirmation,
            pn.Row(
                self._check,
                self._store,
                self._cancel,
                margin=0,
                stylesheets=_style("actions"),
            ),
            stylesheets=[*_style("card"), *_style("form")],
            margin=0,
            sizing_mode="stretch_both",
        )
        result = pn.Column(
            self._report, stylesheets=_style("card"), margin=0, sizing_mode="stretch_both"
        )
        self._layout = pn.Column(
            form,
            result,
            stylesheets=_style("wizard_page"),
            margin=0,
            styles={"height": "calc(100vh - 70px)"},
        )
        self._connect()

    def _connect(self) -> None:
        self._reader.param.watch(self._change_reader, "value")
        for widget in (self._name, self._vintage, self._title, self._prices):
            widget.param.watch(self._change_texts, "value_input")
        self._recipe.param.watch(lambda event: self._load_stored(event.new), "value")
        self._recipe_file.param.watch(lambda event: self._name_recipe(event.new), "value")
        self._encoding.param.watch(self._change_encoding, "value")
        self._check.on_click(self._run_check)
        self._store.on_click(self._run_store)
        self._cancel.on_click(lambda _: self._close(None))

    def _change_reader(self, event: Any) -> None:
        if self._is_filling:
            return
        self._form = wizard_state.with_reader(self._form, event.new)
        self._fill_names()
        self._trial = self._tried = None
        self._show_slots()
        self._show_report()

    def _fill_names(self) -> None:
        """Show the names of the form; what is shown is what counts as typed."""
        self._is_filling = True
        for field, text in (
            (self._name, self._form.name),
            (self._title, self._form.title),
            (self._prices, self._form.prices),
        ):
            field.value = field.value_input = text
        self._is_filling = False

    def _change_texts(self, _: Any) -> None:
        if self._is_filling:
            return
        self._form = wizard_state.with_texts(
            self._form,
            name=self._name.value_input or "",
            vintage=self._vintage.value_input or "",
            title=self._title.value_input or "",
            prices=self._prices.value_input or "",
        )
        self._show_buttons()

    def _change_corrections(self, corrections: Mapping[str, Any]) -> None:
        self._form = wizard_state.with_corrections(self._form, corrections)
        self._show_buttons()

    def _change_encoding(self, event: Any) -> None:
        self._change_corrections({"encoding": event.new})

    def _load_stored(self, path: str) -> None:
        if path in self._stored_recipes().values():  # the browser's word is not taken for it
            self._load_recipe(path)

    def _name_recipe(self, text: str) -> None:
        try:
            path = str(self._session.server_file(text)) if text.strip() else ""
        except HarmonyError as error:
            self._say(error)
            return
        self._load_recipe(path)

    def _load_recipe(self, path: str) -> None:
        """Fill in what an earlier import chose; the files are still to be named."""
        if not path.strip():
            return
        try:
            recipe = read_recipe(Path(path.strip()).expanduser())
            self._form = wizard_state.with_recipe(self._form, recipe)
        except HarmonyError as error:
            self._say(error)
            return
        self._trial = self._tried = None
        self._is_filling = True
        self._reader.value = self._form.reader
        self._is_filling = False
        self._fill_names()
        self._show_slots()
        self._corrections.fill(self._form)
        self._show_report()

    def _put(self, slot: str, path: Path | None) -> None:
        self._form = wizard_state.with_file(self._form, slot, path)
        # Corrections of an earlier file no longer apply, and must not seem to.
        self._corrections.fill(self._form)
        self._show_buttons()

    def _show_slots(self) -> None:
        reader = find_reader(self._form.reader)
        self._help.object = page_part("line", "p", "help", reader.help)
        self._slots[:] = self._slot_views(reader)
        self._names.css_classes = ["hidden"] if reader.names_itself else []
        self._titles.css_classes = ["hidden"] if reader.names_itself else []
        self._encoding.visible = self._prices.visible = reader.takes_choices
        self._encoding.value = self._form.encoding
        self._corrections.hide()
        recipes = self._stored_recipes()
        self._recipe.options = {"none": "", **recipes}

    def _slot_views(self, reader: Reader) -> list[pn.viewable.Viewable]:
        """Show the files a reader takes; of many, those few people have open on demand."""
        self._files = {slot.key: self._file_field(slot) for slot in reader.slots}
        views: list[pn.viewable.Viewable] = [each.__panel__() for each in self._files.values()]
        if len(views) <= _SLOTS_SHOWN + 1:
            return views
        more = pn.Column(
            *views[_SLOTS_SHOWN:],
            visible=any(slot.key in self._form.files for slot in reader.slots[_SLOTS_SHOWN:]),
            margin=0,
            sizing_mode="stretch_width",
        )
        show = pn.widgets.Button(
            label=f"Show {len(views) - _SLOTS_SHOWN} more files, all optional",
            visible=not more.visible,
            margin=(0, 0, 8, 0),
            stylesheets=_style("buttons"),
        )

        def open_up(_: Any) -> None:
            more.visible, show.visible = True, False

        show.on_click(open_up)
        return [*views[:_SLOTS_SHOWN], show, more]

    def _file_field(self, slot: FileSlot) -> FileField:
        return FileField(
            self._session,
            slot.title,
            self._uploads.path / slot.key,
            failed=self._say,
            changed=lambda file: self._put(slot.key, file),
            hint=slot.help,
            optional=not slot.required,
            needs="harmonizer",
        )

    async def _run_check(self, _: Any) -> None:
        form = self._form
        self._busy("Reading the files …")
        try:
            self._session.require("harmonizer", _IMPORTING)
            asked = wizard_state.request(form)
            with ImportProgress(self._busy) as progress:
                self._trial = await asyncio.to_thread(self._waiting.read, asked, progress)
        except Cancelled:
            return
        except HarmonyError as error:  # a field is not written as it has to be
            self._trial = ImportOutline(None, (Problem(error.what, error.where, fix=error.fix),))
        except Exception:  # noqa: BLE001 - the wizard must go on; the log keeps the whole story
            LOG.exception("The files of a survey could not be read")
            self._trial = ImportOutline(None, (_UNREADABLE,))
        self._tried = form
        self._show_corrections()
        self._show_report()

    async def _run_store(self, _: Any) -> None:
        trial = self._trial
        if trial is None or trial.survey is None or self._form != self._tried:
            return
        may_replace = self._replace is not None and bool(self._replace.value)
        self._busy("Storing the survey …")
        try:
            self._session.require("harmonizer", _IMPORTING)
            await asyncio.to_thread(self._waiting.store, may_replace=may_replace)
            folder = self._workspace.survey_folder(trial.survey.id)
            await asyncio.to_thread(write_recipe, wizard_state.recipe(self._form), folder)
        except Exception as error:  # noqa: BLE001 - the wizard must go on; the log keeps the whole story
            self._say(error)
            self._show_buttons()
            return
        self._session.record("survey imported", survey=trial.survey.id)
        try:
            self._close(str(trial.survey.id))
        except HarmonyError as error:
            self._say(error)

    def _say(self, error: Exception) -> None:
        """Show what went wrong: in its own words, or where to look for them."""
        if isinstance(error, HarmonyError):
            sentence = error.message
        else:
            LOG.error("A survey could not be stored", exc_info=error)
            sentence = _NOT_STORED.sentence
        self._report.object = page_part("line", "h3", "bad", sentence)

    def _busy(self, text: str, share: float | None = None) -> None:
        self._check.disabled = self._store.disabled = True
        template = html_templates(_TEMPLATES).get_template("busy.html")
        self._report.object = template.render(sentence=text, share=share)

    def _close(self, stored: str | None) -> None:
        self._waiting.close()
        self._uploads.clear()
        self._leave(stored)

    def _stored_recipes(self) -> dict[str, str]:
        """Return the recipes of the workspace's surveys, by the survey's title."""
        try:
            surveys = self._workspace.survey_ids()
        except HarmonyError:  # said when something is stored; the files can be checked all the same
            return {}
        paths = {item.title: self._workspace.survey_folder(item) / RECIPE_FILE for item in surveys}
        return {title: str(path) for title, path in paths.items() if path.exists()}

    def _show_corrections(self) -> None:
        inspection = None if self._trial is None else self._trial.inspection
        if inspection is None:
            self._corrections.hide()
        else:
            self._corrections.offer(inspection, self._form)

    def _show_report(self) -> None:
        if self._trial is None:
            self._report.object = page_part("start", *_START)
        else:
            self._report.object = trial_html(self._trial)
        self._show_buttons()

    def _show_buttons(self) -> None:
        """Allow storing only what was checked and found in order."""
        self._check.disabled = False
        ready = wizard_state.is_current(self._form, self._tried, self._trial)
        try:
            confirmed = self._confirmed(self._existing() if ready else None)
        except HarmonyError as error:
            self._say(error)
            confirmed = False
        self._store.disabled = not (ready and confirmed)
        self._store.color = "default" if self._store.disabled else "primary"
        self._check.color = "primary" if self._store.disabled else "default"

    def _confirmed(self, existing: SurveyId | None) -> bool:
        """Ask for a second yes before a stored survey is replaced."""
        if existing is None:
            self._replace = None
            self._confirmation[:] = []
            return True
        label = f"Replace the stored {existing.title}"
        if self._replace is None or self._replace.options != [label]:
            # A group of one: unlike a single Panel checkbox its text is a true HTML label.
            self._replace = pn.widgets.CheckBoxGroup(options=[label], margin=(4, 0))
            self._replace.param.watch(lambda _: self._show_buttons(), "value")
            self._confirmation[:] = [self._replace]
        return bool(self._replace.value)

    def _existing(self) -> SurveyId | None:
        if self._trial is None or self._trial.survey is None:
            return None
        identifier = self._trial.survey.id
        return identifier if self._workspace.has_survey(identifier) else None
