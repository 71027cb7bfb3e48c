"""The PUMS reader on files in exactly the layout of the 2019 release."""

import zipfile

import pytest

from fusion_core.ingest.acs.pums import read_acs_pums
from fusion_core.ingest.tables.problems import FileProblemsError


def read(files, person=True):
    return read_acs_pums(
        files.housing, files.person if person else None, files.dictionary, vintage="2019"
    )


def test_only_occupied_households_and_their_persons_stay(survey_2019):
    survey = survey_2019
    assert len(survey.household) == 30
    assert set(survey.person["household_id"]) == set(survey.household["household_id"])
    notes = " ".join(survey.description.notes)
    assert "3 vacant housing units (weighted 243)" in notes
    assert "2 group quarters records" in notes


def test_tables_follow_the_conventions_of_a_stored_survey(survey_2019):
    survey = survey_2019
    household, person = survey.household, survey.person
    assert household["household_id"].is_monotonic_increasing
    assert household["household_id"].is_unique
    assert person[["household_id", "person_number"]].apply(tuple, axis=1).is_monotonic_increasing
    assert (household["weight"] > 0).all()
    assert survey.description.design.columns[-1] == "replicate_80"
    assert survey.description.design.factor == 4 / 80
    assert set(survey.description.design.columns) <= set(household.columns) & set(person.columns)
    assert household["puma"].unique().tolist() == ["0400100", "0400101"]
    assert survey.description.geography == ("region", "division", "state", "puma")


def test_weights_and_replicates_are_those_of_the_file(pums_2019):
    survey = read(pums_2019)
    assert survey.household["weight"].tolist() == [50 + index for index in range(30)]
    first = pums_2019.households[0]
    assert survey.household.loc[0, "replicate_7"] == float(first["WGTP7"])
    assert survey.person.loc[0, "weight"] == float(pums_2019.persons[0]["PWGTP"])
    assert survey.person.loc[0, "replicate_7"] == float(pums_2019.persons[0]["PWGTP7"])


def test_codes_become_the_dictionarys_labels_in_its_order(pums_2019):
    pums_2019.households[0] |= {"TEN": "3", "YBL": "07", "BLD": "4", "ACR": ""}
    pums_2019.households[1]["BLD"] = "02"
    pums_2019.rewrite()
    survey = read(pums_2019)
    row = survey.household.iloc[0]
    assert row["ten"] == "Rented"
    assert row["ybl"] == "1990 to 1999"
    assert row["bld"] == "2 Apartments", "codes match with and without leading zeros"
    assert survey.household["bld"][1] == "One-family house detached"
    assert row["acr"] == "Not a one-family house or mobile home", "a blank that means something"
    dictionary = survey.dictionary
    assert dictionary["ten"].levels[0] == "Owned with mortgage or loan (include home equity loans)"
    assert dictionary["ybl"].type == "ordered"
    assert dictionary["hfl"].type == "nominal"
    assert dictionary["schl"].type == "ordered"
    assert dictionary["schl"].respondent == "person"


def test_amounts_are_zero_where_not_applicable_and_ratios_missing(pums_2019):
    pums_2019.households[0] |= {"TEN": "3", "MRGP": "", "GRPIP": ""}
    for member in pums_2019.persons:
        member["AGEP"] = "12"
    pums_2019.rewrite()
    survey = read(pums_2019)
    assert survey.household.loc[0, "mrgp"] == 0
    assert "0 where the question does not apply" in survey.dictionary["mrgp"].note
    assert survey.household["grpip"].isna()[0]
    assert (survey.person["wagp"] == 0).all()


def test_incomes_are_adjusted_and_the_price_year_is_said(pums_2019):
    pums_2019.households[0]["HINCP"] = "50000"
    pums_2019.rewrite()
    survey = read(pums_2019)
    assert survey.household.loc[0, "hincp"] == pytest.approx(50_000 * 1.010145)
    assert "2019 dollars with ADJINC" in survey.dictionary["hincp"].note
    assert survey.description.price_year == 2019


def test_a_blank_utility_cost_is_zero_or_missing_as_its_flag_says(pums_2019):
    for index, flag in enumerate(["1", "2", "3"]):
        pums_2019.households[index] |= {"ELEFP": flag, "ELEP": "120" if flag == "3" else ""}
    pums_2019.rewrite()
    survey = read(pums_2019)
    included, free, paid = survey.household["elep"].iloc[:3]
    assert included != included, "included in rent: the cost exists but is unknown"  # noqa: PLR0124 - NaN
    assert free == 0
    assert paid == 120
    assert survey.household["elefp"].iloc[0] == "Included in rent or in condo fee"


def test_allocation_flags_leave_and_utility_flags_stay(survey_2019):
    survey = survey_2019
    names = set(survey.dictionary)
    assert {"elefp", "gasfp", "fulfp", "watfp", "fincp", "fulp"} <= names
    assert not {"ftenp", "fhincp", "fagep", "fhins3c", "rt", "adjinc", "vacs"} & names


def test_the_reference_person_comes_first_wherever_it_stands(pums_2019):
    serial = next(row["SERIALNO"] for row in pums_2019.households if row["NP"] == "3")
    members = [row for row in pums_2019.persons if row["SERIALNO"] == serial]
    members[0]["RELSHIPP"], members[2]["RELSHIPP"] = "25", "20"
    pums_2019.rewrite()
    survey = read(pums_2019)
    rows = survey.person[survey.person["household_id"] == serial]
    assert rows["agep"].tolist() == [23, 21, 22]
    assert rows["person_number"].tolist() == [1, 2, 3]
    assert any("was not person 1" in note for note in survey.description.notes)


def test_a_zip_of_parts_reads_like_the_files(pums_2019, tmp_path):
    archive_path = tmp_path / "csv_us.zip"
    lines = pums_2019.housing.read_text().splitlines(keepends=True)
    with zipfile.ZipFile(archive_path, "w") as archive:
        archive.writestr("psam_husb.csv", "".join([lines[0], *lines[16:]]))
        archive.writestr("psam_husa.csv", "".join(lines[:16]))
        archive.write(pums_2019.person, "psam_pusa.csv")
    from_zip = read_acs_pums(archive_path, archive_path, pums_2019.dictionary, vintage="2019")
    from_files = read(pums_2019)
    assert from_zip.household["weight"].tolist() == from_files.household["weight"].tolist()
    assert from_zip.household["ten"].tolist() == from_files.household["ten"].tolist()
    assert len(from_zip.person) == len(from_files.person)


def test_multi_year_files_take_the_area_of_whichever_census_applies(pums_2019):
    for index, row in enumerate(pums_2019.households):
        del row["PUMA"]
        row.update(
            {"PUMA10": "00105", "PUMA20": "-9"} if index % 2 else {"PUMA10": "-9", "PUMA20": "7"}
        )
    pums_2019.rewrite()
    survey = read(pums_2019, person=False)
    assert sorted(survey.household["puma"].unique()) == ["0400007", "0400105"]
    assert any("2020 census (PUMA20)" in note for note in survey.description.notes)


def test_every_problem_of_a_file_is_reported_at_once_with_its_row(pums_2019):
    rows = pums_2019.households
    rows[1]["WGTP"] = "many"
    rows[2]["WGTP"] = "-5"
    rows[3]["SERIALNO"] = rows[4]["SERIALNO"]
    rows[5]["TEN"] = "7"
    rows[6]["HINCP"] = "a lot"
    pums_2019.rewrite()
    with pytest.raises(FileProblemsError) as caught:
        read(pums_2019, person=False)
    sentences = "\n".join(problem.sentence for problem in caught.value.problems)
    assert "'many' is not a number (psam_h04.csv, column 'WGTP', row 3)" in sentences
    assert "The weight is negative (psam_h04.csv, column 'WGTP', row 4)" in sentences
    assert "occurs more than once (psam_h04.csv, column 'SERIALNO', row 6)" in sentences
    assert (
        "The code '7' is not in the data dictionary (psam_h04.csv, column 'TEN', row 7)"
        in sentences
    )
    assert "'a lot' is not a number (psam_h04.csv, column 'HINCP', row 8)" in sentences


def test_missing_columns_are_all_named(pums_2019):
    for row in pums_2019.households:
        del row["WGTP"], row["SERIALNO"]
    pums_2019.rewrite()
    with pytest.raises(FileProblemsError) as caught:
        read(pums_2019, person=False)
    assert [problem.what for problem in caught.value.problems] == [
        "The column SERIALNO is missing",
        "The column WGTP is missing",
    ]


def test_the_definition_of_the_areas_is_kept_with_the_survey(pums_2019):
    single = read(pums_2019, person=False)
    assert single.description.puma_censuses == ("2010",)
    assert "puma_census" not in single.household
    for index, row in enumerate(pums_2019.households):
        del row["PUMA"]
        row.update(
            {"PUMA10": "105", "PUMA20": "-9"} if index % 2 else {"PUMA10": "-9", "PUMA20": "7"}
        )
    pums_2019.rewrite()
    survey = read(pums_2019, person=False)
    assert survey.description.puma_censuses == ("2020", "2010")
    areas = survey.household.astype({"puma_census": str})
    assert set(zip(areas["puma"], areas["puma_census"], strict=True)) == {
        ("0400105", "2010"),
        ("0400007", "2020"),
    }
    assert survey.description.geography[-2:] == ("puma_census", "puma")
    assert survey.dictionary["puma_census"].role == "geography"


def test_an_adult_without_an_employment_status_is_no_child(pums_2019):
    pums_2019.persons[0] |= {"AGEP": "15", "ESR": ""}
    pums_2019.persons[1] |= {"AGEP": "44", "ESR": "", "WAGP": ""}
    pums_2019.rewrite()
    survey = read(pums_2019)
    answers = survey.person.set_index("agep")["esr"]
    assert answers[15] == "Less than 16 years old"
    assert answers.isna()[44]
    assert survey.person.set_index("agep")["wagp"].isna()[44]
    assert "1 blank field is missing" in survey.dictionary["esr"].note
    assert any("missing answers" in note and "ESR 1" in note for note in survey.description.notes)


@pytest.mark.parametrize("puma", ["0400100", "400100"])
def test_a_puma_written_with_its_state_names_both(pums_2019, puma):
    usual = read(pums_2019)
    for row in (*pums_2019.households, *pums_2019.persons):
        row["PUMA"] = puma
        row.pop("ST", None)
        row.pop("STATE", None)
    pums_2019.rewrite()
    survey = read(pums_2019)
    assert survey.household["puma"].unique().tolist() == ["0400100"]
    assert survey.household["state"].unique().tolist() == usual.household["state"].unique().tolist()
