"""What the files in `assets/deploy` say is what the program understands."""

import configparser
import re
import tomllib
from pathlib import Path

import typer
from packaging.requirements import Requirement

from harmony_app.command import app

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "assets" / "deploy"


def options() -> set[str]:
    alone = typer.Typer(add_completion=False)
    alone.command()(app)
    return {str(each.name) for each in typer.main.get_command(alone).params}


def test_the_example_of_a_configuration_holds_options_that_exist():
    example = tomllib.loads((DEPLOY / "harmony.toml").read_text(encoding="utf-8"))
    assert {name.replace("-", "_") for name in example["app"]} <= options()


def test_variables_in_the_files_are_those_of_options():
    texts = "".join(path.read_text(encoding="utf-8") for path in DEPLOY.iterdir())
    named = set(re.findall(r"HARMONY_APP_([A-Z_]+)", texts))
    assert named
    assert {name.lower() for name in named} <= options()


def test_options_in_the_example_of_a_proxy_exist():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    named = {name.replace("-", "_") for name in re.findall(r"--([a-z][a-z-]+)", text)}
    assert named <= options()


def test_the_locked_versions_are_among_those_allowed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (DEPLOY / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = dict(line.split("==") for line in lines if not line.startswith("#"))
    for text in project["dependencies"]:
        needed = Requirement(text)
        assert needed.specifier.contains(locked[needed.name.lower()]), text


def test_the_unit_starts_the_server_as_nobody_special_and_ends_it_gently():
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str
    unit.read(DEPLOY / "harmony.service", encoding="utf-8")
    service = unit["Service"]
    assert service["User"] not in {"", "root"}
    assert service["NoNewPrivileges"] == "yes"
    assert int(service["TimeoutStopSec"]) > 20


def test_the_container_is_not_run_as_root_and_its_health_is_asked_for():
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    users = re.findall(r"^USER (\S+)", text, flags=re.MULTILINE)
    assert users
    assert users[-1] not in {"root", "0"}
    assert "/healthz" in text
    assert "VOLUME /workspace" in text
