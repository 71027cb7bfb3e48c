"""The AHS national file in the Census Bureau's layout, made here; real are seven columns of 2019."""

import zipfile

import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.ahs import READER, read_ahs
from fusion_core.ingest.readers import ImportRequest, try_import

CODEBOOK = (
    "Variable,Table Name,Survey Years,Description,Response Codes\n"
    'TENURE,HOUSEHOLD,"2019 National, 2019 Metro",Owner or renter status of unit,'
    '"1: Owned/Bought||2: Rented||3: Occupied without payment of rent||N or -6: Not applicable"\n'
    'TENURE,HOUSEHOLD,"2013 National",Tenure,"1: Old words"\n'
    "RENT,HOUSEHOLD,2019 National,Monthly rent amount,"
    '"$1 to $7000: Monthly rent||N or -6: Not applicable"\n'
    "COLD,HOUSEHOLD,2019 National,Flag indicating unit was uncomfortably cold,"
    '"1: Yes||2: No||N or -6: Not applicable||M or -9: Not reported"\n'
    "REL,PERSON,2019 National,Relationship to householder,"
    '"01: Householder with relatives||02: Householder without relatives||03: Spouse"\n'
)


def household(control, status, tenure, rent, cold="'2'"):
    replicates = ",".join(["1000"] * 160)
    return f"'{control}','{status}','{tenure}',{rent},{cold},'0',1000.5,900,{replicates}\n"


@pytest.fixture
def release(tmp_path):
    names = ",".join(f"REPWEIGHT{i}" for i in range(1, 161))
    head = f"CONTROL,INTSTATUS,TENURE,RENT,COLD,JTENURE,WEIGHT,SP1WEIGHT,{names}\n"
    (tmp_path / "household.csv").write_text(
        head
        + household("11000001", 1, 2, 850)
        + household("11000002", 1, 1, -6, "'-9'")
        + household("11000003", 3, -6, -6)
    )
    (tmp_path / "person.csv").write_text(
        "CONTROL,PLINE,REL,AGE\n'11000001',1,'03',44\n'11000001',2,'01',46\n"
        "'11000002',1,'02',71\n'11000003',1,'02',30\n"
    )
    (tmp_path / "ahsdict.csv").write_text(CODEBOOK)
    return tmp_path


def test_occupied_units_are_the_households_and_codes_become_labels(release):
    survey = read_ahs(release, vintage="2019", codebook=release / "ahsdict.csv")
    homes = survey.household
    assert list(homes["household_id"]) == ["11000001", "11000002"]
    assert list(homes["tenure"]) == ["Rented", "Owned/Bought"]
    assert homes["rent"].mean() == 850
    assert homes["cold"].isna().tolist() == [False, True]
    assert any(note.startswith("1 vacant units") for note in survey.description.notes)


def test_codes_of_every_variable_are_known_without_a_codebook(release):
    survey = read_ahs(release, vintage="2019")
    assert survey.household["rent"].mean() == 850
    assert survey.household["cold"].isna().tolist() == [False, True]
    assert not any("you said so" in note for note in survey.description.notes)


def test_the_160_replicates_are_successive_differences(release):
    design = read_ahs(release, vintage="2019").description.design
    assert (design.method, design.replicates) == ("successive difference", 160)
    assert design.factor == pytest.approx(4 / 160)


def test_codes_of_an_edition_the_package_does_not_know_stay_as_they_are(release):
    text = (release / "household.csv").read_text().replace("'1','1',-6", "'1','7',-6")
    (release / "household.csv").write_text(text)
    survey = read_ahs(release, vintage="2019")
    assert set(survey.household["tenure"]) == {"2", "7"}
    assert "Codes of TENURE this package does not know" in " ".join(survey.description.notes)


def test_edit_flags_and_weights_of_split_samples_are_left_out(release):
    names = set(read_ahs(release, vintage="2019").household)
    assert names.isdisjoint({"jtenure", "sp1weight", "intstatus"})


def test_persons_carry_their_households_weight_and_the_householder_is_first(release):
    survey = read_ahs(release, vintage="2019", codebook=release / "ahsdict.csv")
    persons = survey.person
    assert set(persons["weight"]) == {1000.5}
    assert list(persons[persons["person_number"] == 1]["age"]) == [46, 71]
    assert "11000003" not in set(persons["household_id"])


def test_the_zip_of_the_release_is_read_whole(release, tmp_path):
    path = tmp_path / "AHS 2019 National PUF v1.1 CSV.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("household.csv", "person.csv"):
            archive.write(release / name, name)
    assert len(read_ahs(path, vintage="2019").person) == 3
    with pytest.raises(InputError, match="says 2019, the survey is to be 2021"):
        read_ahs(path, vintage="2021")


def test_a_codebook_of_another_year_is_refused(release):
    with pytest.raises(InputError, match="The codebook describes no variable of the AHS 2021"):
        read_ahs(release, vintage="2021", codebook=release / "ahsdict.csv")


def test_a_file_without_a_weight_is_refused(release):
    text = (release / "household.csv").read_text().replace(",WEIGHT,", ",WEIGHT_OLD,")
    (release / "household.csv").write_text(text)
    with pytest.raises(InputError, match="The column WEIGHT is missing"):
        read_ahs(release, vintage="2019")


def test_the_real_columns_of_2019_have_the_published_total(shared_data):
    path = shared_data / "public" / "ahs" / "ahs_national_2019_7vars.parquet"
    trial = try_import(ImportRequest("ahs", {"household": path}, "AHS", "2019"))
    published = READER.published["2019"].households
    assert trial.survey.household["weight"].sum() == pytest.approx(published, rel=1e-5)
    assert trial.problems == ()
