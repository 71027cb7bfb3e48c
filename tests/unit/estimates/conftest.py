"""A small workspace with a finished run, shared by the tests of estimates from disk."""

import pytest
from small_run import add_recipient, add_run

from fusion_core.workspace.layout import Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.create(tmp_path / "project")
    add_recipient(workspace)
    return workspace


@pytest.fixture
def run(workspace):
    return add_run(workspace)
