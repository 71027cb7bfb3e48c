"""The NHTS in the FHWA's layout: the files are made here, but for the real household file of 2017."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.nhts import READER, read_nhts
from fusion_core.ingest.readers import ImportRequest, try_import

HOMES = [
    {"HOUSEID": "30000007", "WTHHFIN": "187.31432", "TDAYDATE": "201608", "HHSIZE": "3"}
    | {"HHFAMINC": "07", "PRICE": "02", "HHVEHCNT": "2", "CAR": "-1", "HHSTATE": "NC"},
    {"HOUSEID": "30000008", "WTHHFIN": "69.513032", "TDAYDATE": "201704", "HHSIZE": "1"}
    | {"HHFAMINC": "-7", "PRICE": "05", "HHVEHCNT": "0", "CAR": "01", "HHSTATE": "WI"},
]
PERSONS = [
    {"HOUSEID": "30000007", "PERSONID": "01", "R_RELAT": "02", "R_AGE": "61"}
    | {"WTPERFIN": "206.7", "TDAYDATE": "201608"},
    {"HOUSEID": "30000007", "PERSONID": "02", "R_RELAT": "01", "R_AGE": "-7"}
    | {"WTPERFIN": "197.1", "TDAYDATE": "201608"},
    {"HOUSEID": "30000008", "PERSONID": "01", "R_RELAT": "01", "R_AGE": "30"}
    | {"WTPERFIN": "72.9", "TDAYDATE": "201704"},
]
VEHICLES = [
    {"HOUSEID": "30000007", "VEHID": "01", "BESTMILE": "12000", "GSYRGAL": "500"}
    | {"GSTOTCST": "1200", "HFUEL": "-1", "TDAYDATE": "201608"},
    {"HOUSEID": "30000007", "VEHID": "02", "BESTMILE": "-9", "GSYRGAL": "-9"}
    | {"GSTOTCST": "-9", "HFUEL": "03", "TDAYDATE": "201608"},
]
TRIPS = [
    {"HOUSEID": "30000007", "TRPTRANS": "01", "TRPMILES": "0.5", "VMT_MILE": "-1"}
    | {"TRVLCMIN": "10", "TDAYDATE": "201608"},
    {"HOUSEID": "30000007", "TRPTRANS": "03", "TRPMILES": "7.5", "VMT_MILE": "7.5"}
    | {"TRVLCMIN": "20", "TDAYDATE": "201608"},
]
REPLICATES = [
    {"HOUSEID": home["HOUSEID"], "WTHHFIN": home["WTHHFIN"]}
    | {f"WTHHFIN{index}": home["WTHHFIN"] for index in range(1, 99)}
    for home in HOMES
]
RELEASE = {
    "hhpub.csv": HOMES,
    "perpub.csv": PERSONS,
    "vehpub.csv": VEHICLES,
    "trippub.csv": TRIPS,
    "hhwgt.csv": REPLICATES,
}


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def release(tmp_path):
    for name, rows in RELEASE.items():
        write(tmp_path / name, rows)
    return tmp_path


def test_the_zip_of_the_release_alone_is_the_whole_survey(release, tmp_path):
    with zipfile.ZipFile(tmp_path / "csv.zip", "w") as archive:
        for name in RELEASE:
            archive.write(release / name, name)
        archive.writestr("Citation.txt", "Federal Highway Administration …")
    survey = read_nhts(tmp_path / "csv.zip", vintage="2017")
    assert list(survey.household["household_id"]) == ["30000007", "30000008"]
    assert list(survey.household["price"]) == ["Agree", "Strongly disagree"]
    assert survey.household["hhfaminc"].isna().tolist() == [False, True]
    assert survey.household["vehicles"].tolist() == [2, 0]
    assert survey.household["trips"].tolist() == [2, 0]
    assert len(survey.person) == 3


def test_the_98_replicates_are_a_stratified_jackknife_of_seven_groups(release):
    survey = read_nhts(release / "hhpub.csv", vintage="2017", replicates=release / "hhwgt.csv")
    design = survey.description.design
    assert (design.method, design.replicates) == ("jackknife", 98)
    assert design.factor == pytest.approx(6 / 7)
    assert design.rank == pytest.approx(98 - 14)


def test_negative_codes_are_no_amounts_and_an_unknown_sum_is_missing(release):
    survey = read_nhts(release, vintage="2017")
    homes = survey.household
    assert homes["bestmile"].tolist() == [12000, 0]
    assert homes["vehicle_miles"].tolist() == [7.5, 0]
    assert list(homes["plug_in"]) == ["Yes", "No"]
    assert homes["walk_share"].to_numpy()[0] == 0.5
    assert np.isnan(homes["walk_share"].to_numpy()[1])
    assert survey.person["r_age"].isna().sum() == 1


def test_the_respondent_who_lists_the_household_is_person_1(release):
    persons = read_nhts(release, vintage="2017").person
    first = persons[persons["person_number"] == 1]
    assert list(first["r_relat"]) == ["Self", "Self"]


def test_a_person_chooses_how_vehicles_and_trips_are_summed(release):
    rules = release / "rules.csv"
    rules.write_text(
        "variable,table,rule,column,where,label,unit\n"
        "long_trips,trip,mean,TRVLCMIN,TRPTRANS=3 1,Minutes of a trip,minutes\n"
    )
    homes = read_nhts(release, vintage="2017", rules=rules).household
    assert homes["long_trips"].to_numpy()[0] == 15
    assert "vehicles" not in homes


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,trip,median,TRVLCMIN,,,", "There is no rule 'median'"),
        ("x,boat,count,,,,", "There is no table 'boat'"),
        ("x,trip,sum,,,,", "The rule 'sum' needs a column"),
        ("x,trip,count,TRPMILES,,,", "The rule 'count' takes no column, but conditions"),
        ("x,trip,any,,TRPTRANS,,", "'TRPTRANS' is not a condition"),
        ("x,trip,sum,MILES,,,", "There is no column 'MILES'"),
    ],
)
def test_a_rule_that_says_nothing_is_refused_in_a_sentence(release, row, said):
    rules = release / "rules.csv"
    rules.write_text(f"variable,table,rule,column,where,label,unit\n{row}\n")
    with pytest.raises(InputError) as caught:
        read_nhts(release, vintage="2017", rules=rules)
    assert said in str(caught.value)


def test_a_replicate_file_that_misses_a_household_names_it(release):
    write(release / "hhwgt.csv", REPLICATES[:1])
    with pytest.raises(InputError, match=r"The household '30000008' is not in hhwgt.csv"):
        read_nhts(release, vintage="2017")


def test_replicates_of_another_edition_are_told_by_the_weight(release):
    write(release / "hhwgt.csv", [row | {"WTHHFIN": "1.5"} for row in REPLICATES])
    with pytest.raises(InputError, match="the two files are of different editions"):
        read_nhts(release, vintage="2017")


def test_files_of_another_year_are_refused(release):
    write(release / "hhpub.csv", [row | {"TDAYDATE": "202205"} for row in HOMES])
    with pytest.raises(InputError, match="The household file is of the NHTS 2022, not 2017"):
        read_nhts(release, vintage="2017")
    write(release / "hhpub.csv", HOMES)
    write(release / "trippub.csv", [row | {"TDAYDATE": "202205"} for row in TRIPS])
    with pytest.raises(InputError, match="The trip file is of the NHTS 2022, not 2017"):
        read_nhts(release, vintage="2017")


def test_trips_of_households_that_are_not_there_are_refused(release):
    write(release / "trippub.csv", [row | {"HOUSEID": "39999999"} for row in TRIPS])
    with pytest.raises(InputError, match=r"The household '39999999' is not in hhpub.csv"):
        read_nhts(release, vintage="2017")


def test_2022_has_weekday_weights_that_are_no_replicates(tmp_path):
    homes = [
        {"HOUSEID": str(90000 + i), "WTHHFIN": "100.5", "WTHHFIN5D": "98.1", "WTHHFIN2D": "103.9"}
        | {"TDAYDATE": "202206", "HOMEOWN": "01", "STRATUMID": "1001", "HHSIZE": "2"}
        for i in range(3)
    ]
    survey = read_nhts(write(tmp_path / "hhv2pub.csv", homes), vintage="2022")
    assert survey.description.design.replicates == 0
    assert not [name for name in survey.household if name.startswith("wthhfin")]
    assert any("publishes no replicate weights" in note for note in survey.description.notes)
    with pytest.raises(InputError, match="There is no edition of the NHTS '2009'"):
        read_nhts(tmp_path / "hhv2pub.csv", vintage="2009")


def test_a_total_far_from_the_published_one_is_a_warning(release):
    trial = try_import(ImportRequest("nhts", {"household": release}, "NHTS", "2017"))
    assert "gives 118,208,000" in trial.problems[-1].what
    assert trial.problems[-1].severity == "warning"


def test_the_real_household_file_has_the_published_total(shared_data):
    path = shared_data / "public" / "nhts" / "nhts2017_hhpub.parquet"
    trial = try_import(ImportRequest("nhts", {"household": path}, "NHTS", "2017"))
    published = READER.published["2017"].households
    assert trial.survey.household["weight"].sum() == pytest.approx(published, rel=1e-5)
    assert trial.problems == ()
    vehicles = (trial.survey.household["weight"] * trial.survey.household["hhvehcnt"]).sum()
    assert vehicles == pytest.approx(222_578_947, rel=1e-6)
