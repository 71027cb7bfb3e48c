"""Workspaces that may only be read, and disks without room: pages open, and one sentence says what is."""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from apart import run_apart
from running_app import start_app
from visiting import Visitor, pull

from fusion_core.demo import ensure_demo
from fusion_core.errors import InputError
from fusion_core.ingest.apart import WaitingImport
from fusion_core.ingest.readers import ImportRequest
from fusion_core.workspace.layout import Workspace

PAGES = ("begin", "surveys", "places", "harmonize", "fuse", "validate", "explore")
COMMANDS = (
    ("survey", "add", "--household", "{csv}", "--name", "HOMES", "--vintage", "2020"),
    ("fuse", "-v", "elec_kwh", "--preset", "quick"),
    ("users", "add", "kim", "--no-password"),
    ("runs", "at-once", "2"),
)


@contextmanager
def mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """Mount something on a folder for as long as the block takes, where that may be done."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None or sys.platform != "linux":
        pytest.skip("mount is not there")
    folder.mkdir()
    done = subprocess.run([mount, *arguments, str(folder)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("file systems may not be mounted here")
    try:
        yield folder
    finally:
        subprocess.run([unmount, "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    return ensure_demo(tmp_path_factory.mktemp("demo") / "demo").path


@pytest.fixture
def read_only(demo: Path, tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "ro", "--bind", str(demo)) as folder:
        remount = ["mount", "-o", "remount,ro,bind", str(folder)]
        if subprocess.run(remount, capture_output=True, check=False).returncode:
            pytest.skip("file systems may not be mounted here")
        yield folder


@pytest.fixture
def say(tmp_path: Path) -> Callable[..., str]:
    """Runs a command that is refused, and returns what it said."""
    (tmp_path / "homes.csv").write_text("id,kwh\n1,2\n2,3\n", encoding="utf-8")

    def run(folder: Path, *words: str) -> str:
        command = [word.replace("{csv}", str(tmp_path / "homes.csv")) for word in words]
        done = subprocess.run(
            [sys.executable, "-m", "fusion_core.cli.main", *command, "-w", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return " ".join(done.stderr.split())

    return run


@pytest.mark.slow
def test_every_page_of_a_workspace_that_may_only_be_read_is_shown(read_only: Path):
    server = start_app(read_only)
    visitor = Visitor(server.port)

    async def shown(page: str) -> str | None:
        return await pull(await visitor.socket(f"/{page}", visitor.token(f"/{page}")))

    try:
        for page in PAGES:
            assert run_apart(shown(page)), page
        said = server.log.read_text(encoding="utf-8")
    finally:
        server.stop()
    assert "Traceback" not in said
    assert "could not be shown" not in said


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_what_cannot_be_written_is_one_sentence(read_only: Path, say, command):
    said = say(read_only, *command)
    assert "Read-only file system" in said
    assert "permissions" in said


def what_went_wrong(waiting: WaitingImport, asked: ImportRequest) -> str:
    try:
        return waiting.read(asked).problems[0].what
    except InputError as error:
        return error.what


@pytest.mark.slow
def test_a_disk_without_room_keeps_what_was_there_and_says_so(tmp_path: Path, say):
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2M", "tmpfs") as folder:
        workspace = Workspace.create(folder / "w")
        (tmp_path / "homes.csv").write_text("id,kwh\n1,2\n2,3\n", encoding="utf-8")
        asked = ImportRequest("generic", {"household": tmp_path / "homes.csv"}, "HOMES", "2019")
        with WaitingImport(workspace) as waiting:
            assert waiting.read(asked).survey is not None
            waiting.store()
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        with (folder / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(bytes(4096)):
                pass
        said = say(workspace.path, *COMMANDS[0])
        assert "No space left on device" in said
        with WaitingImport(workspace) as waiting:
            assert "No space left" in what_went_wrong(waiting, asked)
        assert {path: path.read_bytes() for path in before} == before
        assert [str(each) for each in workspace.survey_ids()] == ["HOMES_2019"]
