"""Trying an import never raises for a wrong file and never stores anything."""

import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.generic.inspection import Choices
from fusion_core.ingest.readers import READERS, ImportRequest, find_reader, try_import


def test_missing_files_and_names_are_all_listed():
    trial = try_import(ImportRequest("acs_pums", {}))
    assert trial.survey is None
    assert [problem.what for problem in trial.problems] == [
        "The housing file is missing",
        "The data dictionary is missing",
        "The survey has no name",
        "The survey has no vintage",
    ]


def test_a_path_that_does_not_exist_is_a_problem_not_a_crash(tmp_path):
    request = ImportRequest("generic", {"household": tmp_path / "no.csv"}, "TEST", "2020")
    (problem,) = try_import(request).problems
    assert problem.what == "There is no such file"
    assert "no.csv" in problem.where


def test_a_survey_name_that_is_no_file_name_is_a_problem(tmp_path):
    (tmp_path / "h.csv").write_text("hid,weight\na,1\n")
    request = ImportRequest("generic", {"household": tmp_path / "h.csv"}, "../x", "2020")
    assert "is not a survey name" in try_import(request).problems[0].what


def test_both_files_are_read_in_the_chosen_encoding(tmp_path):
    files = {"household": tmp_path / "h.csv", "person": tmp_path / "p.csv"}
    files["household"].write_bytes("hid,weight,town\na,1,Caf\xe9\nb,2,Bonn\n".encode("cp1252"))
    files["person"].write_bytes("hid,pid,job\na,1,Ma\xe7on\nb,1,Cook\n".encode("cp1252"))
    request = ImportRequest("generic", files, "TEST", "2020", choices=Choices(encoding="cp1252"))
    survey = try_import(request).survey
    assert list(survey.household["town"]) == ["Caf\xe9", "Bonn"]
    assert list(survey.person["job"]) == ["Ma\xe7on", "Cook"]


def test_an_encoding_that_does_not_exist_is_a_problem(tmp_path):
    choices = Choices(encoding="latin-99")
    request = ImportRequest("generic", {"household": tmp_path}, "TEST", "2020", choices=choices)
    assert try_import(request).problems[0].what == "There is no text encoding 'latin-99'"


def test_a_good_file_yields_a_survey_and_what_was_inferred(tmp_path):
    (tmp_path / "h.csv").write_text("hid,weight,tenure\na,1,Own\nb,2,Rent\n")
    trial = try_import(
        ImportRequest("generic", {"household": tmp_path / "h.csv"}, "TEST", "2020", "A test")
    )
    assert trial.survey.description.title == "A test"
    assert trial.inspection.key == "hid"
    assert trial.problems == ()


def test_every_reader_names_its_files():
    for reader in READERS:
        assert find_reader(reader.key) is reader
        assert any(slot.required for slot in reader.slots)
        assert all(slot.title and slot.suffixes for slot in reader.slots)


def test_an_unknown_reader_is_refused():
    with pytest.raises(InputError, match="no reader 'nhis'"):
        find_reader("nhis")
