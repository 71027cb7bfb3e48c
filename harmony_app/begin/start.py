"""The start page: open the demo, start a workspace of one's own, open a folder or published data.

It exists only where nobody but the person at this computer can be a visitor, because it reads and
creates folders anywhere that person can.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import panel as pn
import param
from panel.custom import JSComponent

from fusion_core.arguments import path_of
from fusion_core.errors import HarmonyError, InputError
from fusion_core.workspace.layout import Workspace
from harmony_app.begin.demo import open_demo, start_first_look
from harmony_app.log import LOG
from harmony_app.shell.page import message_panel, plain_page
from harmony_app.shell.work import SlowWork

if TYPE_CHECKING:
    from harmony_app.shell.session import Serving

_ASSETS: Final = Path(__file__).parent / "assets"
_PERIOD_MS: Final = 300
_SUGGESTED: Final = "my-survey-project"
_SUGGESTED_FOR_DATA: Final = "published-data"
_CHECKLIST: Final = "begin"


class StartBoard(JSComponent):
    """Shows the ways to begin and passes on which one was taken; decides nothing.

    Parameters
    ----------
    folders
        Absolute paths: where the ``demo`` is, and what is suggested for one's ``own`` and for ``data``.
    problem
        What went wrong, in a sentence, and the ``way`` it concerns.
    busy
        What is being done, a sentence; empty while the page waits for a choice.
    share
        Share of it that is done.
    chosen
        Address to go to once a workspace is open.
    back
        Title of the workspace that is open already, or empty.
    """

    folders = param.Dict(default={})
    problem = param.Dict(default={})
    busy = param.String(default="")
    share = param.Number(default=0.0)
    chosen = param.String(default="")
    back = param.String(default="")

    _esm = (_ASSETS / "start.js").read_text(encoding="utf-8")
    _stylesheets: Final = [(_ASSETS / "start.css").read_text(encoding="utf-8")]

    def __init__(self, on_message: Callable[[dict[str, Any]], None], **params: Any) -> None:
        super().__init__(**params)
        self._on_message = on_message

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict):
            self._on_message(data)


class StartPage:
    """One visitor's start page.

    Parameters
    ----------
    serving
        What the server serves; a choice made here changes it.
    """

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._work = SlowWork()
        self._progress = (0.0, "")
        folders = {
            "demo": serving.demo.resolve(),
            "own": Path.cwd() / _SUGGESTED,
            "data": Path.cwd() / _SUGGESTED_FOR_DATA,
        }
        self.board = StartBoard(
            self.receive,
            folders={name: str(folder) for name, folder in folders.items()},
            back=serving.workspace.title if serving.workspace is not None else "",
            sizing_mode="stretch_width",
        )

    def receive(self, message: dict[str, Any]) -> None:
        """Take the way the visitor chose; whatever goes wrong is told in one sentence."""
        way = str(message.get("way", ""))
        handlers = {
            "demo": self._demo,
            "own": self._own,
            "folder": self._folder,
            "data": self._data,
        }
        if way not in handlers or self.board.busy or not self._serving.may_choose:
            return
        self.board.problem = {}
        try:
            handlers[way](message)
        except Exception as error:  # noqa: BLE001 - told to the visitor; the log keeps what is unforeseen
            self._refuse(way, error)

    def _own(self, message: dict[str, Any]) -> None:
        folder = _read_folder(message)
        if (folder / "workspace.json").exists():
            raise InputError(
                "There is a workspace in this folder already",
                fix="Open it with “Open a folder”, or choose another folder",
            )
        self._choose(Workspace.create(folder, title=str(message.get("title", ""))))

    def _folder(self, message: dict[str, Any]) -> None:
        folder = _read_folder(message)
        if not folder.exists():
            raise InputError("There is no such folder", fix="Check the path")
        if folder.is_dir() and not (folder / "workspace.json").exists():
            raise InputError(
                "This folder is not a workspace: it has no workspace.json",
                fix="Choose another one, or start your own in a new or empty folder",
            )
        self._choose(Workspace.open(folder))

    def _data(self, message: dict[str, Any]) -> None:
        """Open a published data set in a workspace of its own, or in one that is there."""
        source = _read_folder({"folder": message.get("source", "")})
        folder = _read_folder(message)

        def compute() -> Workspace:
            from fusion_core.publishing import check_data_set, open_data_set

            if source.is_dir():
                check_data_set(source)  # before a workspace is created for nothing
            workspace = Workspace.create(folder)
            open_data_set(workspace, source, progress=self._report)
            return Workspace.open(folder)

        self._compute("data", "Opening the data set", compute)

    def _demo(self, _message: dict[str, Any]) -> None:
        self._compute("demo", "Opening the demo", self._open_demo)

    def _compute(self, way: str, sentence: str, compute: Callable[[], Workspace]) -> None:
        """Do what takes a while, showing how far it is, and go to its workspace."""
        self._progress = (0.0, sentence)
        self._show_progress()
        document = pn.state.curdoc
        watch = None
        if document is not None and document.session_context is not None:
            watch = pn.state.add_periodic_callback(self._show_progress, period=_PERIOD_MS)

        def ended() -> None:
            if watch is not None:
                watch.stop()
            self.board.busy = ""

        def done(workspace: Workspace) -> None:
            ended()
            self._choose(workspace)

        def failed(error: Exception) -> None:
            ended()
            self._refuse(way, error)

        self._work.start(compute, done, failed)

    def _open_demo(self) -> Workspace:
        with self._serving.building:
            workspace = open_demo(self._serving.demo, progress=self._report)
            start_first_look(workspace)
        return workspace

    def _report(self, share: float, sentence: str) -> None:
        self._progress = (share, sentence)

    def _show_progress(self) -> None:
        share, sentence = self._progress
        self.board.param.update(share=share, busy=f"{sentence} …")

    def _choose(self, workspace: Workspace) -> None:
        self._serving.workspace = workspace
        self.board.chosen = _CHECKLIST

    def _refuse(self, way: str, error: Exception) -> None:
        if isinstance(error, HarmonyError):
            sentence = error.message
        elif isinstance(error, OSError):
            sentence = f"The system refuses: {error.strerror or error}. Check the path and its permissions."
        else:
            LOG.error("A workspace could not be opened", exc_info=error)
            sentence = "Something went wrong; the details are in the server's log."
        self.board.problem = {"way": way, "text": sentence}


def start_page(serving: Serving) -> Callable[[], pn.Template]:
    """Return the function Panel calls for each visit to the start page."""

    def build() -> pn.Template:
        back = serving.workspace.title if serving.workspace is not None else ""
        if serving.may_choose:
            return plain_page("Begin · Harmony", StartPage(serving).board, serving, back=back)
        refused = message_panel(
            "The workspace was chosen when the server was started",
            "Another one can be opened only by whoever starts the server.",
        )
        return plain_page("Begin · Harmony", refused, serving, back=back)

    return build


def _read_folder(message: dict[str, Any]) -> Path:
    """Return the folder typed, absolute.

    Raises
    ------
    InputError
        If none was typed, or no folder can be called so.
    """
    text = str(message.get("folder", "")).strip()
    if not text:
        raise InputError("No folder is given", fix="Type or paste its path")
    try:
        return path_of(text, "folder").expanduser().resolve()
    except RuntimeError as error:  # ~name of nobody
        raise InputError("There is no such folder", where=text, fix="Check the path") from error
