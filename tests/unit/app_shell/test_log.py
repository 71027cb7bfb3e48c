"""What goes wrong is logged by one logger, and the command writes it with the time."""

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
COMMAND_OUTPUT = ROOT / "fusion_core" / "cli"


def calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}


def test_nothing_prints_what_belongs_in_the_log():
    files = [*(ROOT / "fusion_core").rglob("*.py"), *(ROOT / "harmony_app").rglob("*.py")]
    for path in files:
        if COMMAND_OUTPUT not in path.parents:
            printing = {name for name in calls(path) if name.startswith("traceback.print")}
            assert not printing | ({"print"} & calls(path)), path


def run(*lines: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], check=True, capture_output=True, text=True
    )
    assert done.stdout == ""
    return done.stderr


FAIL = (
    "try:",
    "    1 / 0",
    "except ZeroDivisionError:",
    "    LOG.exception('A page could not be shown')",
)


def test_the_command_logs_with_the_time_the_logger_and_the_whole_story():
    said = run("from harmony_app.log import LOG, log_to_stderr", "log_to_stderr()", *FAIL)
    first, *rest = said.splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ERROR harmony_app: A page could not be shown", first
    )
    assert rest[0].startswith("Traceback")
    assert rest[-1] == "ZeroDivisionError: division by zero"


def test_what_a_library_of_the_server_logs_is_written_once():
    said = run(
        "import logging",
        "import bokeh",
        "from harmony_app.log import log_to_stderr",
        "log_to_stderr()",
        "logging.getLogger('bokeh.server').error('told once')",
    )
    assert said.count("told once") == 1
