"""Nothing is removed, overwritten or reached through a link that this program did not write."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion_core.errors import InputError
from fusion_core.fusion import (
    FusedVariable,
    Implicates,
    fuse_to_folder,
    read_implicates,
    train,
    write_implicates,
)
from fusion_core.fusion.implicates.files import begin_implicates

X = ["size", "income", "region"]


def implicates(*names: str, value: int = 1) -> Implicates:
    values = np.full((3, 2), value)
    return Implicates({name: FusedVariable(name, values) for name in names})


def contents(folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def model(donor, small_settings):
    return train(donor, ["fuel"], X, settings=small_settings.replace(leaves=(4,), maximum_trees=3))


FOREIGN = (
    "01_raw/acs.csv",
    "parts/gearbox.json",
    "00_kwh/part-00000.parquet",
    "notes.txt",
    "implicates.json",
    "parts/begun.json",
)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_folder_of_other_files_is_refused_and_stays_as_it_is(model, recipient, tmp_path, name):
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text('{"irreplaceable": true}')
    before = contents(tmp_path / "out")
    model.save(tmp_path / "model")
    recipient.to_parquet(tmp_path / "recipient.parquet")
    for write in (
        lambda: write_implicates(implicates("kwh"), tmp_path / "out"),
        lambda: begin_implicates(tmp_path / "out"),
        lambda: fuse_to_folder(
            tmp_path / "recipient.parquet", tmp_path / "model", tmp_path / "out", implicates=2
        ),
    ):
        with pytest.raises(InputError, match=rf"holds other files than implicates.*{name}"):
            write()
    assert contents(tmp_path / "out") == before


def test_what_a_person_put_beside_implicates_stays(model, recipient, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "part-00000.parquet").write_text("irreplaceable")
    out = tmp_path / "out"
    write_implicates(implicates("kwh", "gas"), out)
    (out / "07_raw").mkdir()
    (out / "07_raw" / "acs.csv").write_text("irreplaceable")
    (out / "00_kwh" / "readme.txt").write_text("irreplaceable")
    (out / "00_kwh" / ".notes.txt.swp").write_text("irreplaceable")
    (out / "02_link").symlink_to(outside, target_is_directory=True)
    model.save(tmp_path / "model")
    recipient.to_parquet(tmp_path / "recipient.parquet")
    write_implicates(implicates("water"), out)
    fuse_to_folder(tmp_path / "recipient.parquet", tmp_path / "model", out, implicates=2)
    kept = {name: content for name, content in contents(out).items() if content == b"irreplaceable"}
    assert set(kept) == {"07_raw/acs.csv", "00_kwh/readme.txt", "00_kwh/.notes.txt.swp"}
    assert (outside / "part-00000.parquet").read_text() == "irreplaceable"
    assert read_implicates(out).names == ("fuel",)
    assert not list(out.glob("*_water"))
    assert not list(out.glob("*_gas"))


@pytest.mark.parametrize("is_link", [True, False])
def test_what_is_in_the_way_is_named_before_anything_is_written(tmp_path, is_link):
    write_implicates(implicates("kwh"), tmp_path / "out")
    if is_link:
        (tmp_path / "outside").mkdir()
        (tmp_path / "out" / "01_gas").symlink_to(tmp_path / "outside", target_is_directory=True)
    else:
        (tmp_path / "out" / "01_gas").mkdir()
        (tmp_path / "out" / "01_gas" / "part-00003.parquet").write_text("irreplaceable")
    before = contents(tmp_path / "out")
    with pytest.raises(InputError, match=r"01_gas.*Choose an empty or new folder"):
        write_implicates(implicates("kwh", "gas"), tmp_path / "out")
    assert contents(tmp_path / "out") == before
    assert read_implicates(tmp_path / "out").names == ("kwh",)


@pytest.mark.parametrize("listed", ["../outside.txt", "/etc/hostname", "00_kwh/../../outside.txt"])
def test_a_manifest_that_lists_other_files_leads_nowhere(tmp_path, listed):
    (tmp_path / "outside.txt").write_text("irreplaceable")
    write_implicates(implicates("kwh"), tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "implicates.json").read_text())
    manifest["variables"][0]["files"].append({"file": listed, "bytes": 1, "sha256": ""})
    (tmp_path / "out" / "implicates.json").write_text(json.dumps(manifest))
    write_implicates(implicates("gas"), tmp_path / "out")
    assert (tmp_path / "outside.txt").read_text() == "irreplaceable"
    assert read_implicates(tmp_path / "out").names == ("gas",)


@pytest.mark.parametrize("count", [3, 105])
def test_implicates_written_again_and_again_leave_nothing_of_the_earlier_ones(tmp_path, count):
    out = tmp_path / "out"
    for number, names in enumerate(([f"v{i}" for i in range(count)], ["a", "v1"], ["v0"], ["v0"])):
        write_implicates(implicates(*names, value=number), out)
        found = read_implicates(out)
        assert found.names == tuple(names)
        assert all((found[name].values == number).all() for name in names)
        assert len(list(out.rglob("*.parquet"))) == len(names)
        assert len(list(out.iterdir())) == len(names) + 2  # the manifest and the lock


@settings(max_examples=15)
@given(
    st.lists(
        st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=3, unique=True),
        min_size=1,
        max_size=3,
    )
)
def test_names_of_any_form_are_written_and_replaced(tmp_path_factory, series):
    out = tmp_path_factory.mktemp("names") / "out"
    for names in series:
        usable = [name for name in names if name.isprintable()] or ["v"]
        write_implicates(implicates(*usable), out)
        assert read_implicates(out).names == tuple(usable)
        assert len(list(out.rglob("*.parquet"))) == len(usable)


def test_a_model_replaces_no_other_programs_manifest_and_no_other_zip(model, tmp_path):
    extension = tmp_path / "extension"
    extension.mkdir()
    (extension / "manifest.json").write_text('{"manifest_version": 3}')
    with zipfile.ZipFile(tmp_path / "acs.zip", "w") as archive:
        archive.writestr("psam_h01.csv", "SERIALNO\n1\n")
    (tmp_path / "a file").write_text("irreplaceable")
    before = contents(tmp_path)
    for name in ("extension", "acs.zip", "a file"):
        with pytest.raises(InputError, match=r"other files|not a zipped fusion model"):
            model.save(tmp_path / name)
    assert contents(tmp_path) == before
