"""A disk that fills: one clear sentence, what was whole stays whole, and the work goes on later."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fusion_core.errors import CorruptFileError
from fusion_core.fusion import FusionModel, fuse, fuse_to_folder, read_implicates, train

resource = pytest.importorskip("resource", reason="needs limits on file size")

X = ["size", "income", "region"]

# Does the work with files limited to some bytes, as if the disk were full after them.
LIMITED = """
import resource, sys
from pathlib import Path
from fusion_core.errors import InputError
from fusion_core.errors import CorruptFileError
from fusion_core.fusion import FusionModel, fuse_to_folder

what, folder, limit = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
model = FusionModel.load(folder / "model")
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    if what == "fuse":
        fuse_to_folder(folder / "recipient.parquet", folder / "model", folder / "out", m=40, seed=2)
    else:
        model.save(folder / what)
except InputError as error:
    print(error)
"""


@pytest.fixture
def folder(donor, recipient, small_settings, tmp_path):
    settings = small_settings.replace(leaves=(4,), maximum_trees=5)
    train(donor, ["fuel", "gas"], X, settings=settings, seed=0).save(tmp_path / "model")
    recipient.to_parquet(tmp_path / "recipient.parquet")
    return tmp_path


def limited(folder, what: str, limit: int) -> str:
    arguments = [sys.executable, "-c", LIMITED, what, str(folder), str(limit)]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.mark.parametrize("name", ["model", "other", "model.zip"])
def test_a_model_is_saved_whole_or_not_at_all(folder, name):
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    said = limited(folder, name, 2000)
    assert "Could not write" in said
    assert "Free some disk space" in said
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert FusionModel.load(folder / "model").variable_names == ("fuel", "gas")


# The recipient's numbers do not fit, or they do but the draws do not.
@pytest.mark.parametrize(("limit", "file"), [(1000, "recipient.parquet"), (6000, "part-00000")])
def test_a_fusion_goes_on_when_there_is_room_again(folder, recipient, limit, file):
    said = limited(folder, "fuse", limit)
    assert "Could not write" in said
    assert file in said
    with pytest.raises(CorruptFileError, match="missing"):
        read_implicates(folder / "out")
    assert "Free some disk space" in said
    fuse_to_folder(
        folder / "recipient.parquet", folder / "model", folder / "out", implicates=40, seed=2
    )
    found = read_implicates(folder / "out")
    expected = fuse(recipient, FusionModel.load(folder / "model"), implicates=40, seed=2)
    for name in expected.names:
        assert (found[name].values == expected[name].values).all()
