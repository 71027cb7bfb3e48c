"""What is published, and what is not."""

import gzip
import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.publishing import check_folder, publish_run
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import RunSpec, create_run, open_run


def test_every_household_and_implicate_is_a_row(published):
    table = pd.read_parquet(published.folder / "data" / "TOY_2020.parquet")
    assert list(table.columns) == ["household_id", "implicate", "kwh", "cooling"]
    assert len(table) == 400 * 4
    assert not table.duplicated(["household_id", "implicate"]).any()


def test_the_csv_holds_what_the_parquet_holds(published):
    table = pd.read_parquet(published.folder / "data" / "TOY_2020.parquet")
    with gzip.open(published.folder / "data" / "TOY_2020.csv.gz") as file:
        found = pd.read_csv(file, keep_default_na=False)
    assert found["cooling"].tolist() == table["cooling"].tolist()
    np.testing.assert_allclose(found["kwh"], table["kwh"])


def test_checksums_are_those_the_system_checks(published):
    checker = shutil.which("sha256sum")
    if checker is None:
        pytest.skip("this system has no sha256sum")
    done = subprocess.run(
        [checker, "--check", "--quiet", "SHA256SUMS"],
        cwd=published.folder,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"")


def test_the_codebook_describes_every_column(published):
    book = pd.read_csv(published.folder / "codebook.csv", keep_default_na=False)
    assert book["column"].tolist() == ["household_id", "implicate", "kwh", "cooling"]
    assert book.set_index("column").loc["cooling", "levels"] == "None | Central"


def test_citation_and_licence_say_what_was_chosen(published):
    cited = (published.folder / "CITATION.cff").read_text()
    assert 'title: "Toy energy"' in cited
    assert '- name: "Toy Office"' in cited
    assert "CC0-1.0" in (published.folder / "LICENSE.md").read_text()


def test_the_methods_note_holds_all_it_takes_to_repeat(published):
    note = json.loads((published.folder / "methods.json").read_text())
    assert note["seed"] == 3
    assert set(note["harmonies"]["harmonies"]) == {"rooms__rmsp", "tenure__ten", "age__agep"}
    assert "surveys/TOY/2020/household.parquet" in note["inputs"]
    assert set(note["implicates"]["sha256"]) == {"kwh", "cooling"}
    assert note["versions"]["lightgbm"]
    assert "# Methods note: Toy run" in (published.folder / "methods.md").read_text()


def test_no_household_of_the_donor_leaves(published):
    """Neither its identifiers nor a table with a row per donor."""
    donor = published.workspace.survey(published.run.spec().pair.donor).household
    identifiers = {str(name).encode() for name in donor["household_id"]}
    for path in published.folder.rglob("*"):
        if path.is_dir():
            continue
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        assert not any(name in content for name in identifiers), path
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
            assert len(table) != len(donor), path
            texts = table.select_dtypes(include=["object", "string"])
            assert not texts.isin([name.decode() for name in identifiers]).any().any(), path


def test_without_the_recipient_none_of_its_weights_leave(published, tmp_path):
    publish_run(published.workspace, published.run, tmp_path / "data", with_recipient=False)
    assert not (tmp_path / "data" / "recipient" / "household.parquet").exists()
    predictors = pd.read_parquet(tmp_path / "data" / "recipient" / "predictors.parquet")
    assert not [name for name in predictors.columns if name.startswith(("weight", "replicate"))]


def test_publishing_again_replaces_the_earlier_data_set(published, data_set):
    (data_set / "notes.txt").write_text("mine")
    publish_run(published.workspace, published.run, data_set, with_recipient=False)
    assert not (data_set / "recipient" / "household.parquet").exists()
    assert (data_set / "notes.txt").read_text() == "mine"
    assert check_folder(data_set).notes == (
        "notes.txt is not a file of the data set and was not read.",
    )


def test_a_folder_with_other_files_is_refused(published, tmp_path):
    (tmp_path / "thesis.docx").write_text("precious")
    with pytest.raises(InputError, match="holds other files"):
        publish_run(published.workspace, published.run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]


def test_an_unfinished_run_is_refused(toy_workspace, toy_pair, tmp_path):
    run = create_run(toy_workspace, RunSpec("toy", toy_pair, ("kwh",)))
    with pytest.raises(InputError, match="no fused variables yet"):
        publish_run(toy_workspace, run, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_known_answers_of_a_run_go_along(published, tmp_path):
    """Whatever a validation holds in folders of its own is published and opened with it."""
    workspace, run = copy_of(published, tmp_path)
    folder = run.validation_folder / "known_answers"
    (folder / "mine.json").write_text('{"format": 1}')
    publish_run(workspace, run, tmp_path / "data")
    assert (tmp_path / "data" / "validation" / "known_answers" / "mine.json").exists()
    publish_run(workspace, run, tmp_path / "data")  # its own files are known for its own
    assert check_folder(tmp_path / "data").notes == ()


def copy_of(published, folder):
    """Copy the workspace, whose run a test may add to."""
    shutil.copytree(published.workspace.path, folder / "toy")
    workspace = Workspace.open(folder / "toy")
    return workspace, open_run(workspace, published.run.id)
