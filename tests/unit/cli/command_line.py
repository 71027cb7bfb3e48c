"""The command line as tests use it."""

import json

from typer.testing import CliRunner

from fusion_core.cli.main import app


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
