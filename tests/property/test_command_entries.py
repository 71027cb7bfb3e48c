"""Whatever is typed after `harmony`, what comes out is a result or one sentence, never a traceback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from effort import examples
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.workspace.layout import Workspace

FINE, WRONG, CANCELLED = 0, 2, 130
SERVERS = {"app", "demo"}  # the one never ends, the other builds a whole workspace


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if hasattr(command, "commands"):
        for name, part in command.commands.items():
            yield from leaves(part, (*path, name))
    elif path[0] not in SERVERS:
        yield path, command


COMMANDS = dict(leaves(typer.main.get_command(app)))
PLACES = (
    "workspace",
    "damaged",
    "files",
    "folder",
    "binary.parquet",
    "binary.json",
    "empty.csv",
    "list.json",
    "cut.zip",
    "table.csv",
    "nothing",
    "x" * 300,
)
ODD_TEXTS = ("", "-1", "nan", "1e400", "inf", "__", "a__b", "' OR 1=1", "é", "a,b", "latest")


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    Workspace.create(folder / "workspace")
    for name in ("damaged", "files"):
        Workspace.create(folder / name)
    (folder / "damaged" / "workspace.json").write_bytes(b"\xff\xfe")
    for name in ("surveys", "harmonies", "runs", "geography"):
        place = folder / "files" / name
        if place.is_dir():
            place.rmdir()
        place.write_text("a file where a folder should be")
    (folder / "folder").mkdir()
    for name in ("binary.parquet", "binary.json"):
        (folder / name).write_bytes(bytes(range(256)))
    (folder / "empty.csv").write_bytes(b"")
    (folder / "list.json").write_text("[1]")
    (folder / "cut.zip").write_bytes(b"PK\x03\x04")
    (folder / "table.csv").write_text("puma,value\n0100100,2\n")
    return folder


def options_of(command: Any, kind: str) -> list[Any]:
    return [item for item in command.params if item.param_type_name == kind]


@st.composite
def calls(draw: st.DrawFn) -> list[str]:
    """A command with arguments and some options, each an odd text or ``@`` and a place."""
    path = draw(st.sampled_from(sorted(COMMANDS)))
    command = COMMANDS[path]
    value = st.one_of(st.sampled_from(ODD_TEXTS), st.sampled_from(PLACES).map("@{}".format))
    named = [item for item in options_of(command, "option") if item.opts[0] != "--help"]
    chosen = draw(st.lists(st.sampled_from(named), max_size=3, unique_by=id)) if named else []
    given_ones = [*[item for item in named if item.required], *chosen]
    words = [
        *path,
        *(item.opts[0] if item.is_flag else f"{item.opts[0]}={draw(value)}" for item in given_ones),
    ]
    if any("--workspace" in item.opts for item in named):
        words.append(f"--workspace=@{draw(st.sampled_from(('workspace', *PLACES)))}")
    arguments = [draw(value) for _ in options_of(command, "argument")]
    return [*words, "--", *arguments]


@examples(60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(call=calls())
@example(call=["apply", "--to=@out", "--memory=nan", "--", "@folder", "@table.csv"])
@example(call=["apply", "--to=@table.csv", "--", "@folder", "@table.csv"])
@example(call=["survey", "list", "--workspace=@files"])
@example(
    call=[
        "survey",
        "add",
        "--household=@table.csv",
        "--encoding=hex",
        "--workspace=@workspace",
        "--name=T",
        "--vintage=2019",
    ]
)
def test_a_command_ends_with_a_result_or_a_sentence(places, call):
    words = [word.replace("@", f"{places}/", 1) if "@" in word else word for word in call]
    said = CliRunner().invoke(app, words)
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    assert said.exit_code in {FINE, WRONG, CANCELLED}
    assert "Traceback" not in said.output
    assert (places / "table.csv").read_text() == "puma,value\n0100100,2\n"
