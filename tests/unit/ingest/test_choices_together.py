"""Choices of columns, types, layouts and special values hold together, in both files."""

import pytest

from fusion_core.ingest.generic import Choices
from fusion_core.ingest.import_report import report_facts
from fusion_core.ingest.readers import READERS, ImportRequest, try_import

HOMES = "".join(f"{row};1,5;{row % 3 - 1};'{row % 4:02}';{row * 1000},5\n" for row in range(1, 31))
PERSONS = "".join(f"{row};1;1,5;{20 + row}\n" for row in range(1, 31))


@pytest.fixture
def trial(tmp_path):
    def make(**choices):
        files = {"household": tmp_path / "h.csv", "person": tmp_path / "p.csv"}
        files["household"].write_text(f"household_id;weight;rooms;ZONE;rent\n{HOMES}")
        files["person"].write_text(f"household_id;person_number;weight;age\n{PERSONS}")
        return try_import(
            ImportRequest("generic", files, name="T", vintage="2019", choices=Choices(**choices))
        )

    return make


@pytest.mark.parametrize("kind", ["category", "ordered", "text"])
def test_a_number_read_as_a_category_keeps_its_missing_codes_out_of_the_levels(trial, kind):
    survey = trial(types={"rooms": kind}, missing={"rooms": ("-1",)}).survey
    assert survey.dictionary["rooms"].levels == ("0", "1")
    assert survey.household["rooms"].isna().sum() == 10


def test_quoted_codes_of_a_renamed_column_stay_codes_unless_a_type_is_given(trial):
    survey = trial(renamed={"ZONE": "area_code"}).survey
    assert survey.dictionary["area_code"].levels == ("00", "01", "02", "03")
    survey = trial(renamed={"ZONE": "zone_no"}, types={"zone_no": "number"}).survey
    assert survey.household["zone_no"].max() == 3


def test_a_missing_code_is_declared_of_the_new_name_after_number_marks_were_read(trial):
    survey = trial(renamed={"rent": "amount"}, missing={"amount": ("30000.5",)}).survey
    assert survey.household["amount"].max() == 29_000.5


def test_missing_codes_of_a_column_of_the_person_file_are_no_fault_of_the_household_file(trial):
    found = trial(missing={"age": ("50",)})
    assert found.survey.person["age"].max() == 49
    assert not [item for item in found.survey.description.notes if "not there" in item]
    notes = trial(missing={"agee": ("50",)}).survey.description.notes
    assert len([item for item in notes if "declared of a column that is not there" in item]) == 1


def test_the_report_names_weight_replicates_and_special_values(trial):
    facts = {fact.title: fact.text for fact in report_facts(trial(missing={"rooms": ("-1",)}))}
    assert facts["Weight"] == "Sampling weight (weight)"
    assert facts["Replicates"] == "none"
    assert facts["Special values"] == "-1 is read as no answer: 10 values in 1 column"


def test_replicates_are_reported_and_their_marks_said_once(tmp_path):
    numbers = ";".join(["1,5"] * 12)
    (tmp_path / "h.csv").write_text(
        f"id;weight;{';'.join(f'repwt{i}' for i in range(1, 13))}\n"
        + "".join(f"{row};1,5;{numbers}\n" for row in range(1, 31))
    )
    files = {"household": tmp_path / "h.csv"}
    found = try_import(ImportRequest("generic", files, "T", "2019"))
    facts = {fact.title: fact.text for fact in report_facts(found)}
    assert facts["Replicates"] == "12, jackknife (repwt1 … repwt12)"
    (said,) = [item.what for item in found.problems if "written with marks" in item.what]
    assert said.endswith("likewise in 12 more columns, repwt1 to repwt12")


@pytest.mark.parametrize("reader", [item.key for item in READERS if item.key != "generic"])
@pytest.mark.parametrize("choice", [{"weight": "w"}, {"types": {"a": "text"}}, {"header_row": 3}])
def test_a_reader_of_published_files_refuses_choices_it_would_not_follow(reader, choice):
    found = try_import(ImportRequest(reader, {}, "T", "2019", choices=Choices(**choice)))
    assert any("takes the columns as they are published" in item.what for item in found.problems)
