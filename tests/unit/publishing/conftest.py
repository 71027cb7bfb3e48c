"""A finished run of the toy surveys, and its publication, made once."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from fusion_core.execution import execute_run
from fusion_core.fusion.base.settings import TrainSettings
from fusion_core.publishing import Terms, publish_run
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import Run, RunSpec, create_run


@dataclass(frozen=True)
class Published:
    """A workspace, its run and the data set published of it; copy what you change."""

    workspace: Workspace
    run: Run
    folder: Path


@pytest.fixture(scope="session")
def published(toy_template, tmp_path_factory) -> Published:
    """The run of a number and a category, published with everything."""
    home = tmp_path_factory.mktemp("published")
    shutil.copytree(toy_template.path, home / "toy")
    workspace = Workspace.open(home / "toy")
    from fusion_core.harmony.store import list_pairs

    [pair] = list_pairs(workspace.path)
    spec = RunSpec(
        "Toy run",
        pair,
        ("kwh", "cooling"),
        implicates=4,
        seed=3,
        train=TrainSettings.preset("quick"),
        known_answers=2,
    )
    run = create_run(workspace, spec)
    execute_run(workspace, run)
    terms = Terms("Toy energy", ("Toy Office",), "CC0-1.0")
    publish_run(workspace, run, home / "data", terms=terms)
    return Published(workspace, run, home / "data")


@pytest.fixture
def data_set(published, tmp_path) -> Path:
    """A copy of the data set a test may damage."""
    shutil.copytree(published.folder, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def elsewhere(tmp_path) -> Workspace:
    """A workspace on a machine that has nothing yet."""
    return Workspace.create(tmp_path / "elsewhere")
