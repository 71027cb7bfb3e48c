"""What was read of a run is shared by all visitors, as long as its files stay as they are."""

import os
import shutil

from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run
from harmony_app.validate.view import shared_record


def test_a_run_is_read_again_only_when_a_file_of_it_has_changed(mapped_workspace, tmp_path):
    shutil.copytree(mapped_workspace.workspace.path, tmp_path / "own")
    workspace = Workspace.open(tmp_path / "own")
    run = open_run(workspace, mapped_workspace.run)
    first = shared_record(workspace, run, {})
    assert shared_record(workspace, run, {}).inside is first.inside
    os.utime(next(run.validation_folder.glob("*.parquet")), ns=(1, 1))
    assert shared_record(workspace, run, {}).inside is not first.inside
