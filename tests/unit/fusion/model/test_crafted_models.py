"""A model somebody crafted is refused, or draws donors' answers; it never ends the program."""

import subprocess
import sys
import zipfile
from pathlib import Path

import crafted_models
import pytest
from crafted_models import files_of, pack, use

from fusion_core import FusionModel, train
from fusion_core.errors import CorruptFileError

X = ["size", "income", "region"]
TRIES = 60


@pytest.fixture(scope="module", params=["out-of-fold", "forest", "boosted-forest"])
def packed(request, donor, recipient, small_settings, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    settings = small_settings.replace(
        method=request.param, leaves=(4,), maximum_trees=5, forest_trees=4, forest_leaves=(10,)
    )
    shares = ["heating_share", "cooling_share", "other_share"]
    model = train(donor, ["fuel", "gas", shares], X, weight="weight", settings=settings, seed=0)
    model.save(folder / "model.zip")
    recipient.head(30).to_parquet(folder / "recipient.parquet")
    return folder / "model.zip"


@pytest.fixture
def recipient_rows(packed):
    import pandas as pd

    return pd.read_parquet(packed.with_name("recipient.parquet"))


def test_no_crafted_model_ends_the_program(packed):
    command = [
        sys.executable,
        crafted_models.__file__,
        packed,
        packed.with_name("recipient.parquet"),
    ]
    done = subprocess.run([*command, "0", str(TRIES)], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, f"{lines[-1]}\n{done.stderr[-2000:]}"
    assert len(lines) == TRIES
    assert not [line for line in lines if "STRANGE" in line]


def test_a_model_with_a_manifest_of_ones_own_draws_if_nothing_else_was_changed(
    packed, recipient_rows, tmp_path
):
    assert use(pack(files_of(packed), tmp_path / "same.zip"), recipient_rows, {}) == "drew"


@pytest.mark.parametrize(
    ("of", "into"),
    [
        ("split_feature=", "split_feature=99999 "),
        ("left_child=", "left_child=0 "),
        ("num_leaves=", "num_leaves=9"),
        ("tree_sizes=", "tree_sizes=9"),
        ("max_feature_idx=", "max_feature_idx=9"),
        ("leaf_value=", "leaf_value=nan "),
    ],
)
def test_trees_that_point_outside_are_refused(packed, tmp_path, of, into):
    files = files_of(packed)
    trees = [name for name in files if name.endswith(".txt")]
    if not trees:
        pytest.skip("a forest has no boosted trees")
    for name in trees:
        files[name] = files[name].replace(of.encode(), into.encode())
    with pytest.raises(CorruptFileError, match="made by another program"):
        FusionModel.load(pack(files, tmp_path / "crafted.zip"))


def test_a_zip_that_would_take_all_memory_is_refused_before_it_is_unpacked(packed, tmp_path):
    files = files_of(packed)
    path = pack(files, tmp_path / "bomb.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("trees/99_99_99.txt", bytes(300_000_000))
    with pytest.raises(CorruptFileError, match="would unpack"):
        FusionModel.load(path)
