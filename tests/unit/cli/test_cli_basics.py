"""Help, JSON and errors are the same for every command."""

import json

import pytest
from typer.testing import CliRunner

from fusion_core.cli.main import app

COMMANDS = [
    ["app"],
    ["demo"],
    ["survey"],
    ["survey", "list"],
    ["survey", "show"],
    ["survey", "add"],
    ["harmonies"],
    ["harmonies", "list"],
    ["harmonies", "show"],
    ["harmonies", "import"],
    ["harmonies", "check"],
    ["harmonies", "export"],
    ["harmonies", "apply"],
    ["harmonies", "transfer"],
    ["harmonies", "recover"],
    ["fuse"],
    ["runs"],
    ["validate"],
    ["estimate"],
    ["export"],
]


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command):
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.output
    lines = [line for line in result.output.splitlines() if line.strip()]
    assert any(line.strip().endswith(".") for line in lines)


def test_without_a_command_the_help_is_shown():
    assert "demo" in run().output


def test_the_version_is_printed():
    result = run("--version")
    assert result.exit_code == 0
    assert result.output.startswith("harmony 1.")


USER_ERRORS = [
    (["runs", "-w", "nowhere"], "not a workspace"),
    (["estimate", "-w", "nowhere"], "not a workspace"),
    (["fuse", "-v", "a", "-w", "nowhere"], "not a workspace"),
    (["demo", "-w", __file__], "this is a file"),
]


@pytest.mark.parametrize(("arguments", "words"), USER_ERRORS)
def test_a_user_error_is_one_sentence_on_standard_error(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("arguments", "words"), USER_ERRORS)
def test_with_json_an_error_is_an_object_on_standard_output(
    arguments, words, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, "--json")
    assert result.exit_code == 2
    error = json.loads(result.stdout)["error"]
    assert words in error["message"]
    assert set(error) >= {"kind", "message", "what", "where", "fix"}


def test_a_misspelt_option_is_reported_in_both_forms():
    plain = run("runs", "--bogus")
    assert plain.exit_code == 2
    assert "--bogus" in plain.stderr
    scripted = run("runs", "--bogus", "--json")
    assert scripted.exit_code == 2
    assert "--bogus" in json.loads(scripted.stdout)["error"]["message"]


def test_a_defect_is_not_dressed_up_as_a_user_error(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("fusion_core.workspace.layout.Workspace.open", broken)
    result = run("runs", "-w", str(tmp_path))
    assert isinstance(result.exception, ZeroDivisionError)
