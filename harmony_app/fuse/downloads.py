"""Files to take home, streamed from disk: the model or implicates of a run, its note, a data set.

They are ordinary addresses rather than messages through the page's connection, because implicates
of a nation are gigabytes.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bokeh.server.views.auth_request_handler import AuthRequestHandler
from tornado.ioloop import IOLoop
from tornado.web import HTTPError, authenticated

from fusion_core.errors import HarmonyError
from fusion_core.execution.methods import methods_note
from fusion_core.execution.pipeline import finished_stages
from fusion_core.workspace.runs import Run, Stage, open_run
from harmony_app.access import Role, includes, record, role_words

if TYPE_CHECKING:
    from harmony_app.shell.session import Serving

ADDRESS: Final = r"/download/([A-Za-z0-9_-]+)/(model|implicates|methods|published)"
_STAGES: Final[dict[str, Stage]] = {"model": "train", "implicates": "fuse"}
_CHUNK: Final = 1 << 20


class DownloadHandler(AuthRequestHandler):
    """Answers ``/download/<run or data set>/<part>``; asks for the same sign-in as the pages."""

    def initialize(self, **options: Any) -> None:
        """Take what is served from the address table."""
        self._serving: Serving = options.pop("serving")
        super().initialize(**options)

    @authenticated
    async def get(self, identifier: str, part: str) -> None:
        """Send the file."""
        from fusion_core.publishing import check_data_set

        workspace, door = self._serving.workspace, self._serving.door
        if workspace is None:
            raise HTTPError(404, reason="No workspace is open")
        user = door.name_of({name: item.value for name, item in self.request.cookies.items()})
        needed: Role = "viewer" if part == "methods" else "runner"
        if not includes(door.role_of(user), needed):
            record("download refused", user=user, run=identifier, part=part)
            raise HTTPError(403, reason=f"This requires the role of {role_words(needed)}")
        record("downloaded", user=user, run=identifier, part=part)
        try:
            if part == "published":
                folder = workspace.published_folder / identifier
                check_data_set(folder)
            else:
                run = open_run(workspace, identifier)
                if part == "methods":
                    self._send_text(f"{run.id}-methods.md", methods_note(workspace, run))
                    return
                folder = part_folder(run, part)
        except HarmonyError as error:
            raise HTTPError(404, reason="There is no such file") from error
        self.set_header("Content-Type", "application/zip")
        self._name(f"{identifier}-{part}.zip")
        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch) / "download.zip"
            try:
                await IOLoop.current().run_in_executor(None, write_archive, folder, archive)
            except OSError as error:
                reason = f"The file could not be put together: {error.strerror or error}"
                raise HTTPError(507, reason=reason) from error
            with archive.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    self.write(chunk)
                    await self.flush()

    def _send_text(self, name: str, text: str) -> None:
        self.set_header("Content-Type", "text/markdown; charset=utf-8")
        self._name(name)
        self.write(text)

    def _name(self, name: str) -> None:
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')


def download_patterns(serving: Serving) -> list[tuple[str, type, dict[str, Any]]]:
    """Return the address table entries the server needs."""
    return [(ADDRESS, DownloadHandler, {"serving": serving})]


def part_folder(run: Run, part: str) -> Path:
    """Return the folder of a finished part.

    Raises
    ------
    HarmonyError
        If the run has not made it yet.
    """
    if _STAGES[part] not in finished_stages(run):
        raise HarmonyError(f"The run has no {part} yet", fix="Wait until it is finished")
    return run.model_folder if part == "model" else run.implicates_folder


def write_archive(folder: Path, archive: Path) -> None:
    """Write a ZIP of a folder; Parquet is compressed already, so files are only put together."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                target.write(path, path.relative_to(folder))
