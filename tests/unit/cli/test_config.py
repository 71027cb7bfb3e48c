"""`harmony.toml` and the environment: what a server's options are, and where from."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fusion_core.cli.config import read_config
from fusion_core.cli.main import app
from fusion_core.errors import InputError
from harmony_app.command import app as server

RUN = CliRunner().invoke


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(environment: dict[str, str]) -> dict[str, dict]:
    result = RUN(app, ["config", "show", "--json"], env=environment)
    assert result.exit_code == 0, result.output
    return {each["option"]: each for each in json.loads(result.output)["options"]}


def test_file_and_environment_set_options_and_the_environment_goes_first(folder: Path):
    (folder / "harmony.toml").write_text('[app]\nport = 5999\nprefix = "/a"\norigin = ["x.org"]\n')
    found = shown({"HARMONY_APP_PREFIX": "/b"})
    assert (found["port"]["value"], found["port"]["from"]) == (5999, "file")
    assert (found["prefix"]["value"], found["prefix"]["from"]) == ("/b", "environment")
    assert found["origin"]["value"] == "x.org"
    assert (found["address"]["value"], found["address"]["from"]) == ("localhost", "default")


@pytest.mark.usefixtures("folder")
def test_every_option_of_the_server_is_shown_and_no_secret():
    found = shown({"HARMONY_OIDC_SECRET": "of-the-client"})
    options = typer.main.get_command(_alone()).params
    assert set(found) == {each.name.replace("_", "-") for each in options} - {"help"}
    assert found["oidc-secret"]["value"] == "(set)"
    assert "of-the-client" not in json.dumps(found)


def _alone() -> typer.Typer:
    alone = typer.Typer(add_completion=False)
    alone.command()(server)
    return alone


@pytest.mark.parametrize("text", ["port = 1", "[fuse]\nx = 1", "[app", "\x00"])
def test_a_file_that_means_nothing_is_told(folder: Path, text: str):
    (folder / "harmony.toml").write_text(text)
    with pytest.raises(InputError):
        read_config()


def test_an_option_the_server_does_not_have_is_told(folder: Path):
    (folder / "harmony.toml").write_text("[app]\nprot = 5999\n")
    result = RUN(app, ["config", "show"])
    assert result.exit_code == 2
    assert "Did you mean 'port'?" in result.output


@pytest.mark.parametrize("command", [["config", "show"], ["app", "--no-show"]])
def test_every_option_the_server_does_not_have_is_told_by_whoever_reads_the_file(
    folder: Path, command: list[str]
):
    (folder / "harmony.toml").write_text('[app]\nprot = 5999\nsignin = "password"\nport = 1\n')
    result = RUN(app, command, env={"HARMONY_APP_FOLDERS": "/data"})
    assert result.exit_code == 2
    said = " ".join(result.output.split())
    assert "3 options are unknown" in said
    for near in ("'port'", "'sign-in'", "'folder'"):
        assert f"Did you mean {near}?" in said
    assert "HARMONY_APP_FOLDERS of the environment" in said


def test_other_commands_do_not_mind_how_a_server_is_configured(folder: Path):
    (folder / "harmony.toml").write_text("[app]\nprot = 5999\n")
    assert RUN(app, ["survey", "readers"]).exit_code == 0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("number", ["0", "2", "16"])
def test_several_processes_on_one_workspace_are_refused_with_the_reason(number: str):
    result = RUN(app, ["app", "--no-show", "--num-procs", number])
    assert result.exit_code == 2
    assert "a page lives in the process it was opened in" in " ".join(result.output.split())


@pytest.mark.usefixtures("folder")
def test_every_option_of_the_server_has_a_variable_of_its_own_that_sets_it():
    known = shown({})
    words = {"sign-in": "password", "others": "viewer", "log-level": "info"}
    flags = {name for name, each in known.items() if isinstance(each["value"], bool)}
    values = {name: words.get(name, "1" if name in flags else "7") for name in known}
    environment = {known[name]["variable"]: value for name, value in values.items()}
    assert len(environment) == len(known)
    found = {name: each["from"] for name, each in shown(environment).items()}
    assert found == dict.fromkeys(known, "environment")
