"""A tiny demo workspace with one finished run, made by the commands under test."""

import json

import pytest
from typer.testing import CliRunner

from fusion_core.cli.main import app
from fusion_core.demo.world.settings import DemoSize

TINY = DemoSize((3,), 5, 10_000, 1_600, 700)


class Harmony:
    """Runs the command line in this process."""

    def __init__(self, workspace):
        self.workspace = workspace

    def __call__(self, *arguments, code=0):
        """Run a command in the workspace and return what it printed."""
        result = CliRunner().invoke(
            app, [str(item) for item in arguments], env={"HARMONY_WORKSPACE": str(self.workspace)}
        )
        assert result.exit_code == code, result.output
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *arguments, code=0):
        """Run a command with --json and return the one object it printed."""
        return json.loads(self(*arguments, "--json", code=code).stdout)

    def lines(self, *arguments, code=0):
        """Run a command with --json and return the objects it printed, one per line."""
        return [
            json.loads(line) for line in self(*arguments, "--json", code=code).stdout.splitlines()
        ]


@pytest.fixture(scope="session")
def harmony(tmp_path_factory):
    """The command line on a tiny demo; tests read it and add nothing to it."""
    folder = tmp_path_factory.mktemp("cli") / "workspace"
    command = Harmony(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DemoSize, "quick", classmethod(lambda _: TINY))
        command("demo", "--workspace", folder, "--small")
    return command


@pytest.fixture(scope="session")
def finished(harmony):
    """Identifier of a finished run of `insecure` and the block of shares, and what fuse printed."""
    record = harmony.json(
        "fuse",
        "-v",
        "insecure",
        "-v",
        "share_heat+share_cool+share_other",
        "--preset",
        "quick",
        "--implicates",
        "4",
        "--seed",
        "5",
        "--name",
        "tiny",
    )
    return record["run"]["id"], record
