"""Rows that cannot be right are named before anything is stored; columns follow a person's word."""

import pytest

from fusion_core.ingest.generic import Choices
from fusion_core.ingest.import_report import report_facts
from fusion_core.ingest.readers import ImportRequest, try_import

HOMES = "".join(f"{row},1.5,{row % 4}\n" for row in range(1, 31))
PERSONS = "".join(f"{row},1,1.5,{20 + row}\n" for row in range(1, 31))


@pytest.fixture
def trial(tmp_path):
    def make(homes=HOMES, persons="", **choices):
        files = {"household": tmp_path / "h.csv"}
        files["household"].write_text(f"household_id,weight,rooms\n{homes}")
        if persons:
            files["person"] = tmp_path / "p.csv"
            files["person"].write_text(f"household_id,person_number,weight,age\n{persons}")
        return try_import(
            ImportRequest("generic", files, name="T", vintage="2019", choices=Choices(**choices))
        )

    return make


@pytest.mark.parametrize("last", ["Total,45,", "Source: census of 2020,1,", "Mean,1.5,1"])
def test_a_total_or_a_footnote_is_no_household(trial, last):
    (problem,) = trial(f"{HOMES}{last}\n").problems
    assert "may be a total or a footnote" in problem.what
    assert problem.where == "h.csv, column 'household_id', row 32"


def test_identifiers_of_letters_and_digits_are_left_alone(trial):
    mixed = HOMES + "".join(f"2018HU{row:07},1.5,1\n" for row in range(2))
    assert trial(mixed).survey is not None


def test_persons_that_lost_leading_zeros_are_told_so(trial):
    homes = "".join(f"{row:05},1.5,1\n" for row in range(1, 31))
    (problem,) = trial(homes, PERSONS).problems
    assert "differs in leading zeros" in problem.what


def test_households_without_persons_are_counted_but_stored(trial):
    found = trial(HOMES, "".join(PERSONS.splitlines(keepends=True)[:20]))
    assert found.survey is not None
    assert any("h.csv, column 'household_id', row 22" in n for n in found.survey.description.notes)


def test_columns_are_left_out_renamed_and_retyped_in_whichever_file_has_them(trial):
    found = trial(HOMES, PERSONS, renamed={"rooms": "räume"}, types={"age": "category"})
    assert list(found.survey.household.columns) == ["household_id", "weight", "räume"]
    assert found.survey.dictionary["age"].type == "nominal"
    found = trial(HOMES, PERSONS, left_out=("age",))
    assert "age" not in found.survey.person


def test_a_column_no_file_has_is_named(trial):
    found = trial(HOMES, PERSONS, left_out=("ages",))
    assert "There is no column 'ages'" in found.problems[0].what


def test_the_report_names_keys_totals_and_areas(trial):
    facts = {fact.title: fact.text for fact in report_facts(trial(HOMES, PERSONS))}
    assert facts["Weighted total"] == "45 households, 45 persons"
    assert facts["Keys"].startswith("30 households with unique identifiers")
    assert "30 persons in 30 of them" in facts["Keys"]
    assert facts["Areas"] == "none: maps are not possible"
