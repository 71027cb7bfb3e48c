"""IPUMS extracts: a rectangular CSV with its DDI, made here in the layout of the extract system."""

import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.ipums import read_ipums

HOUSEHOLD = ("YEAR", "SAMPLE", "SERIAL", "HHWT", "GQ", "STATEFIP", "ROOMS")
LABELS = {
    "GQ": {"1": "Households under 1970 definition", "3": "Group quarters--Institutions"},
    "STATEFIP": {"06": "California", "41": "Oregon"},
    "SEX": {"1": "Male", "2": "Female"},
    "RELATE": {"01": "Head/Householder", "02": "Spouse"},
}
REPLICATES = [f"REPWT{i}" for i in range(1, 81)]
PERSON = ("PERNUM", "PERWT", "RELATE", "SEX", "AGE")


def variable(name):
    level = "PERSON" if name in PERSON or name.startswith("REPWTP") else "HOUSEHOLD"
    codes = "".join(
        f"<catgry><catValu>{code}</catValu><labl>{label}</labl></catgry>"
        for code, label in LABELS.get(name, {}).items()
    )
    kind = "discrete" if name in LABELS else "contin"
    return (
        f'<var ID="{name}" name="{name}" files="ExtractData" intrvl="{kind}" dcml="0">'
        f'<labl>{name.title()}</labl>{codes}<concept vocab="IPUMS">Some -- {level}</concept></var>'
    )


def ddi(names):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<codeBook xmlns="ddi:codebook:2_5"><docDscr>'
        "<citation><titlStmt><titl>Codebook for an IPUMS-USA Data Extract</titl></titlStmt>"
        f"</citation></docDscr><dataDscr>{''.join(map(variable, names))}</dataDscr></codeBook>"
    )


@pytest.fixture
def extract(tmp_path):
    columns = [*HOUSEHOLD, *REPLICATES, *PERSON]
    rows = [
        ("2019", "201901", "1", "151.5", "1", "41", "5", "1", "150", "2", "1", "33"),
        ("2019", "201901", "1", "151.5", "1", "41", "5", "2", "170", "1", "2", "35"),
        ("2019", "201901", "2", "99", "1", "6", "3", "1", "99", "1", "2", "70"),
        ("2019", "201901", "3", "20", "3", "6", "0", "1", "20", "1", "1", "21"),
    ]
    lines = [",".join(f'"{name}"' for name in columns)]
    lines += [",".join([*row[:7], *[row[3]] * 80, *row[7:]]) for row in rows]
    (tmp_path / "usa_00001.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "usa_00001.xml").write_text(ddi(columns))
    return tmp_path


def read(folder, vintage="2019"):
    return read_ipums(folder / "usa_00001.csv", folder / "usa_00001.xml", vintage=vintage)


def test_households_and_persons_are_told_apart_and_labelled(extract):
    survey = read(extract)
    assert list(survey.household["rooms"]) == [5, 3]
    assert list(survey.household["statefip"]) == ["Oregon", "California"]
    assert survey.household["weight"].sum() == 250.5
    assert len(survey.person) == 3
    first = survey.person[survey.person["person_number"] == 1]
    assert list(first["age"]) == [35, 70]
    assert set(first["relate"]) == {"Head/Householder"}


def test_the_replicates_of_households_are_successive_differences(extract):
    design = read(extract).description.design
    assert (design.method, design.replicates) == ("successive difference", 80)


def test_group_quarters_leave(extract):
    survey = read(extract)
    assert "1 rows of group quarters (GQ 3 and 4) were left out." in survey.description.notes


def test_two_samples_in_one_extract_are_refused(extract):
    path = extract / "usa_00001.csv"
    path.write_text(path.read_text().replace("2019,201901,2,", "2018,201801,2,"))
    with pytest.raises(InputError, match=r"The extract holds 2 samples \(SAMPLE 201801, 201901\)"):
        read(extract)


def test_another_year_and_another_extracts_codebook_are_refused(extract):
    with pytest.raises(InputError, match="The extract is of 2019, the survey is to be 2021"):
        read(extract, "2021")
    (extract / "usa_00001.xml").write_text(ddi([*HOUSEHOLD, *REPLICATES, "PERNUM", "PERWT"]))
    with pytest.raises(InputError, match="The codebook does not know RELATE, SEX, AGE"):
        read(extract)


def test_persons_of_a_household_that_disagree_are_refused(extract):
    path = extract / "usa_00001.csv"
    path.write_text(path.read_text().replace("1,151.5,1,41,5", "1,151.5,1,41,6", 1))
    with pytest.raises(InputError, match="have different values of a household's variable"):
        read(extract)


def test_fixed_columns_and_what_is_no_ddi_are_refused(extract):
    (extract / "usa_00001.dat").write_text("2019201901")
    with pytest.raises(InputError, match="The extract is of fixed columns"):
        read_ipums(extract / "usa_00001.dat", extract / "usa_00001.xml", vintage="2019")
    (extract / "usa_00001.xml").write_text("YEAR,SAMPLE")
    with pytest.raises(InputError, match="The codebook is not a DDI file"):
        read(extract)
    (extract / "usa_00001.xml").write_text('<!DOCTYPE a [<!ENTITY x "y">]><codeBook/>')
    with pytest.raises(InputError, match="The codebook declares entities"):
        read(extract)
