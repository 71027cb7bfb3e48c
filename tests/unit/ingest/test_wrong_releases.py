"""Files of another vintage, edition or kind than they are said to be: one sentence each."""

import shutil

import pandas as pd
import pytest
from published_files import make_ahs, make_cex, make_pums

from fusion_core.ingest.readers import ImportRequest, try_import


def refusal(reader, name, vintage, **files):
    trial = try_import(ImportRequest(reader, files, name, vintage))
    assert trial.survey is None
    assert len({item.what for item in trial.problems}) == 1
    return trial.problems[0].sentence


def changed(source, target, change):
    change(pd.read_csv(source, dtype=str, keep_default_na=False)).to_csv(target, index=False)
    return target


@pytest.fixture(scope="module")
def ahs(tmp_path_factory):
    return make_ahs(tmp_path_factory.mktemp("ahs"), units=24)


@pytest.fixture
def cex(tmp_path):
    (tmp_path / "cex").mkdir()
    return make_cex(tmp_path / "cex")


@pytest.fixture
def nhts(shared_data, tmp_path):
    homes = pd.read_parquet(shared_data / "public" / "nhts" / "nhts2017_hhpub.parquet").head(60)
    homes.to_csv(tmp_path / "hhpub.csv", index=False)
    weight = homes["WTHHFIN"]
    weights = pd.DataFrame(
        {"HOUSEID": homes["HOUSEID"], "WTHHFIN": weight}
        | {f"WTHHFIN{index}": weight for index in range(1, 99)}
    )
    weights.to_csv(tmp_path / "hhwgt.csv", index=False)
    persons = homes[["HOUSEID", "TDAYDATE"]].assign(PERSONID="01", R_RELAT="1", WTPERFIN=weight)
    persons.to_csv(tmp_path / "perpub.csv", index=False)
    return tmp_path


def test_an_acs_file_of_another_year_is_known_by_its_identifiers(shared_data, tmp_path):
    files = make_pums(shared_data, tmp_path)
    given = {"household": files.housing, "person": files.person, "dictionary": files.dictionary}
    said = refusal("acs_pums", "ACS", "2021", **given)
    assert said.startswith("The identifiers are of 2019, the survey is to be ACS 2021")
    said = refusal("acs_pums", "ACS", "2020-2024", **given)
    assert "import it as 2019" in said
    trial = try_import(ImportRequest("acs_pums", given, "ACS", "2015-2019"))
    assert trial.survey is not None


@pytest.mark.parametrize("reader", ["ahs", "nhts"])
def test_a_household_file_given_as_person_file_is_named(ahs, nhts, reader):
    if reader == "ahs":
        path = ahs / "household.csv"
        said = refusal("ahs", "AHS", "2019", household=path, person=path)
        assert "The column PLINE is missing: this is not the person file" in said
    else:
        path = nhts / "hhpub.csv"
        said = refusal("nhts", "NHTS", "2017", household=path, person=path)
        assert "The column PERSONID is missing: this is not the person file" in said


def test_a_person_file_given_as_household_file_is_named(ahs, nhts):
    said = refusal("ahs", "AHS", "2019", household=ahs / "person.csv")
    assert "The column WEIGHT is missing: this is not the household file" in said
    said = refusal("nhts", "NHTS", "2017", household=nhts / "perpub.csv")
    assert "The column WTHHFIN is missing: this is not the household file" in said


def test_some_of_the_replicate_weights_are_no_design(ahs, nhts, cex, tmp_path):
    path = changed(
        ahs / "household.csv", tmp_path / "h.csv", lambda t: t.drop(columns="REPWEIGHT7")
    )
    said = refusal("ahs", "AHS", "2019", household=path)
    assert said.startswith("The replicate weight REPWEIGHT7 is missing; the other 159 are there")
    wrong = ["WTHHFIN3", "WTHHFIN4"]
    path = changed(nhts / "hhwgt.csv", nhts / "w.csv", lambda t: t.drop(columns=wrong))
    said = refusal("nhts", "NHTS", "2017", household=nhts / "hhpub.csv", replicates=path)
    assert said.startswith("2 of the 98 replicate weights are missing, such as WTHHFIN3")
    for file in cex.glob("fmli*.csv"):
        changed(file, file, lambda t: t.drop(columns="WTREP44"))
    said = refusal("cex", "CEI", "2019", household=cex)
    assert said.startswith("The replicate weight WTREP44 is missing; the other 43 are there")


def test_persons_of_other_households_are_refused(ahs, nhts, tmp_path):
    path = changed(ahs / "person.csv", tmp_path / "person.csv", lambda t: t.head(20))
    said = refusal("ahs", "AHS", "2019", household=ahs / "household.csv", person=path)
    assert said.startswith("13 of 23 households have no person in person.csv, such as '11000010'")
    path = changed(nhts / "perpub.csv", nhts / "some.csv", lambda t: t.head(58))
    request = {"household": nhts / "hhpub.csv", "person": path}
    trial = try_import(ImportRequest("nhts", request, "NHTS", "2017"))
    assert "2 households have no person." in trial.survey.description.notes


def test_two_person_files_put_together_are_noticed(nhts):
    path = changed(nhts / "perpub.csv", nhts / "two.csv", lambda t: pd.concat([t, t.head(3)]))
    said = refusal("nhts", "NHTS", "2017", household=nhts / "hhpub.csv", person=path)
    assert said.startswith("Person 01 of household '30000007' is listed twice")


def test_a_quarter_under_another_ones_name_is_noticed(cex):
    shutil.copy(cex / "fmli193.csv", cex / "fmli194.csv")
    said = refusal("cex", "CEI", "2019", household=cex)
    assert said.startswith("The interview of month 8 of 2019 is not of quarter 4 of 2019")


def test_an_interview_that_occurs_twice_is_noticed(cex):
    changed(cex / "fmli193.csv", cex / "fmli193.csv", lambda t: pd.concat([t, t]))
    assert "occurs more than once" in refusal("cex", "CEI", "2019", household=cex)


def test_expenditures_of_other_units_or_without_amounts_are_noticed(cex):
    file = cex / "mtbi193.csv"
    changed(file, file, lambda t: t.assign(NEWID="9" + t["NEWID"].str[1:]))
    said = refusal("cex", "CEI", "2019", household=cex)
    assert said.startswith("100% of the records are of consumer units that no fmli… file has")
    changed(file, file, lambda t: t.drop(columns="COST"))
    said = refusal("cex", "CEI", "2019", household=cex)
    assert said.startswith("The column COST is missing: this is not the file of a quarter (mtbi…)")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"BZh91AY&SY", "The file is packed by bzip2, which is not read"),
        (b"\xfd7zXZ\x00", "The file is packed by xz"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html>404</html>", "The file is a web page, not a table"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, said):
    (tmp_path / "household.csv").write_bytes(content)
    assert refusal("ahs", "AHS", "2019", household=tmp_path / "household.csv").startswith(said)


def test_a_file_with_a_mark_and_quoted_numbers_is_read_as_it_is(ahs, tmp_path):
    table = pd.read_csv(ahs / "household.csv", dtype=str, keep_default_na=False)
    table.to_csv(tmp_path / "household.csv", index=False, quoting=1, encoding="utf-8-sig")
    both = [
        try_import(ImportRequest("ahs", {"household": path}, "AHS", "2019")).survey.household
        for path in (ahs / "household.csv", tmp_path / "household.csv")
    ]
    pd.testing.assert_frame_equal(*both)
