"""Models and implicates on disk: they come back equal, and damage is noticed."""

import fcntl
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from fusion_core import FusionModel, fuse, train
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion import FusedVariable, Implicates, read_implicates, write_implicates

X = ["size", "income", "region"]
SHARES = ["heating_share", "cooling_share", "other_share"]


@pytest.fixture(scope="module")
def model(donor, small_settings) -> FusionModel:
    settings = small_settings.replace(leaves=(4,), maximum_trees=8, types=(("size", "ordered"),))
    return train(donor, ["fuel", "gas", SHARES], X, weight="weight", settings=settings, seed=0)


@pytest.fixture(scope="module")
def implicates(model, recipient) -> Implicates:
    return fuse(recipient, model, implicates=3, seed=0)


@pytest.fixture
def saved(model, tmp_path) -> Path:
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_saved_model_draws_exactly_what_the_trained_one_does(model, saved, recipient, implicates):
    loaded = FusionModel.load(saved)
    again = fuse(recipient, loaded, implicates=3, seed=0)
    for name in implicates.names:
        assert (again[name].values == implicates[name].values).all()
    assert (loaded.predictor_names, loaded.variable_names, loaded.settings) == (
        model.predictor_names,
        model.variable_names,
        model.settings,
    )
    pd.testing.assert_frame_equal(loaded.summary(), model.summary())


def test_a_zipped_model_draws_the_same_in_another_process(model, recipient, implicates, tmp_path):
    packed = tmp_path / "model.zip"
    model.save(packed)
    model.save(packed)
    recipient.to_parquet(tmp_path / "recipient.parquet")
    script = (
        "import sys, pandas; from fusion_core import FusionModel, fuse; "
        "drawn = fuse(pandas.read_parquet(sys.argv[2]), FusionModel.load(sys.argv[1]), m=3, seed=0); "
        "print(drawn['gas'].values.sum(), drawn['fuel'].values.sum())"
    )
    command = [sys.executable, "-c", script, packed, tmp_path / "recipient.parquet"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    gas, fuel = implicates["gas"].values.sum(), implicates["fuel"].values.sum()
    assert printed.split() == [str(gas), str(fuel)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.zip", "recipient.parquet"]


def test_a_zip_that_is_cut_off_incomplete_or_foreign_is_refused(model, tmp_path):
    packed = tmp_path / "model.zip"
    model.save(packed)
    content = packed.read_bytes()
    packed.write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptFileError, match=r"altered or cut off .*model\.zip"):
        FusionModel.load(packed)
    packed.write_bytes(content[:300] + bytes(50) + content[350:])
    with pytest.raises(CorruptFileError, match="altered or cut off"):
        FusionModel.load(packed)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../a.txt", "text")
    with pytest.raises(CorruptFileError, match=r"manifest .* is missing"):
        FusionModel.load(packed)
    assert not (tmp_path.parent / "a.txt").exists()
    letter = tmp_path / "letter.zip"
    letter.write_text("Dear colleague")
    with pytest.raises(InputError, match="not a zipped fusion model"):
        model.save(letter)
    assert letter.read_text() == "Dear colleague"


def test_a_path_without_a_model_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"There is no fusion model .*nowhere"):
        FusionModel.load(tmp_path / "nowhere")


def test_a_model_is_readable_without_this_project(saved):
    manifest = json.loads((saved / "manifest.json").read_text())
    assert manifest["format"] == 5
    assert set(manifest["files"]) >= {"model.json", "donors.parquet", "trees/00_00_00.txt"}
    assert len(pd.read_parquet(saved / "donors.parquet")) == 400
    assert (saved / "trees" / "00_00_00.txt").read_text().startswith("tree\n")


def test_saving_again_replaces_the_model_but_never_other_files(model, saved, tmp_path):
    model.save(saved)
    assert FusionModel.load(saved).variable_names == model.variable_names
    foreign = tmp_path / "thesis"
    foreign.mkdir()
    (foreign / "chapter.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds other files"):
        model.save(foreign)
    assert (foreign / "chapter.txt").read_text() == "years of work"


def test_saving_removes_what_a_killed_program_left_but_nothing_that_is_being_written(model, saved):
    abandoned, living, other = (
        saved.parent / name for name in (".model.a", ".model.b", ".other.c")
    )
    for folder in (abandoned, living, other):
        (folder / "new").mkdir(parents=True)
    handle = os.open(living, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    model.save(saved)
    os.close(handle)
    assert not abandoned.exists()
    assert living.exists()
    assert other.exists()
    model.save(saved)
    assert not living.exists()
    assert FusionModel.load(saved).variable_names == model.variable_names


@pytest.mark.parametrize("file", ["model.json", "donors.parquet", "trees/00_00_00.txt"])
def test_a_missing_or_altered_file_is_named(saved, file):
    path = saved / file
    content = path.read_bytes()
    path.write_bytes(content[:-7])
    with pytest.raises(CorruptFileError, match=f"altered or cut off.*{path.name}"):
        FusionModel.load(saved)
    path.unlink()
    with pytest.raises(CorruptFileError, match=f"missing.*{path.name}"):
        FusionModel.load(saved)


def test_a_manifest_that_is_missing_cut_off_foreign_or_pointing_outside_is_refused(saved):
    path = saved / "manifest.json"
    manifest = json.loads(path.read_text())
    for wrong, expected in [
        (manifest | {"format": 99}, r"of format 99, .* up to 7 .*Install a newer version"),
        (manifest | {"format": 0}, "of format 0"),
        (manifest | {"kind": "recipe"}, "'recipe'"),
        (manifest | {"files": {"../../secret": "0", "model.json": "0"}}, "does not list"),
        (manifest | {"files": None}, "does not list"),
    ]:
        path.write_text(json.dumps(wrong))
        with pytest.raises(CorruptFileError, match=expected):
            FusionModel.load(saved)
    path.write_text(json.dumps(manifest)[:40])
    with pytest.raises(CorruptFileError, match="damaged or cut off"):
        FusionModel.load(saved)
    path.unlink()
    with pytest.raises(CorruptFileError, match="missing"):
        FusionModel.load(saved)


def test_implicates_come_back_equal_all_or_some(implicates, tmp_path):
    write_implicates(implicates, tmp_path)
    again = read_implicates(tmp_path)
    assert again.names == implicates.names
    for name in again.names:
        assert (again[name].values == implicates[name].values).all()
        assert again[name].values.dtype == implicates[name].values.dtype
        assert again[name].levels == implicates[name].levels
        assert again[name].ordered == implicates[name].ordered
    assert read_implicates(tmp_path, ["gas"]).names == ("gas",)
    with pytest.raises(InputError, match="Did you mean 'gas'"):
        read_implicates(tmp_path, ["gass"])


def test_other_tools_read_implicates_as_plain_columns(implicates, tmp_path):
    write_implicates(implicates, tmp_path)
    fuel = pd.read_parquet(tmp_path / "00_fuel")
    assert list(fuel.columns) == ["implicate_01", "implicate_02", "implicate_03"]
    assert list(fuel["implicate_02"]) == list(implicates["fuel"].column(1))
    gas = duckdb.read_parquet(str(tmp_path / "01_gas" / "*.parquet"))
    long = "UNPIVOT gas ON COLUMNS('implicate_.*') INTO NAME implicate VALUE dollars"
    by_implicate = gas.query("gas", long).aggregate("implicate, avg(dollars)", "implicate")
    means = [mean for _, mean in by_implicate.order("implicate").fetchall()]
    assert means == pytest.approx(implicates["gas"].values.mean(axis=0))


def test_notes_and_awkward_names_survive(tmp_path):
    values = np.array([[1, 2], [3, 4]])
    names = ["cost ($/yr) – 2015", "../up", "a b", "a_b", "A_B", "a/b"]
    implicates = Implicates(
        {name: FusedVariable(name, values + place) for place, name in enumerate(names)},
        ("12 rows have no value.",),
    )
    write_implicates(implicates, tmp_path / "out")
    again = read_implicates(tmp_path / "out")
    assert again.names == tuple(names)
    assert again.notes == implicates.notes
    for name in names:
        assert (again[name].values == implicates[name].values).all()
    folders = {path.parent.parent for path in tmp_path.rglob("*.parquet")}
    assert folders == {tmp_path / "out"}


def test_writing_again_leaves_no_earlier_variable_behind(implicates, tmp_path):
    write_implicates(implicates, tmp_path)
    only = Implicates({"gas": implicates["gas"]})
    write_implicates(only, tmp_path)
    assert read_implicates(tmp_path).names == ("gas",)
    assert len(list(tmp_path.rglob("*.parquet"))) == 1


def test_a_damaged_implicate_file_is_named(implicates, tmp_path):
    write_implicates(implicates, tmp_path)
    path = tmp_path / "01_gas" / "part-00000.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    with pytest.raises(CorruptFileError, match=r"not as long.*01_gas"):
        read_implicates(tmp_path)
    path.write_bytes(content[:200] + bytes(40) + content[240:])
    with pytest.raises(CorruptFileError, match="01_gas"):
        read_implicates(tmp_path)
    assert read_implicates(tmp_path, ["fuel"]).rows == 300
    path.unlink()
    with pytest.raises(CorruptFileError, match=r"missing.*01_gas"):
        read_implicates(tmp_path)


def test_nothing_to_write_is_refused(tmp_path):
    with pytest.raises(InputError, match="no fused variables"):
        write_implicates(Implicates({}), tmp_path)
