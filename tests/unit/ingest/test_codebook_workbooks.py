"""The FHWA's codebook and the dictionary of the BLS; the workbooks are made here in their layout."""

from pathlib import Path

import pytest
from published_files import make_cex, make_workbook, write_csv

from fusion_core.errors import InputError
from fusion_core.ingest.cex import interview
from fusion_core.ingest.cex._dictionary import characteristics
from fusion_core.ingest.generic import read_codebook
from fusion_core.ingest.nhts import _codebook, read_nhts
from fusion_core.ingest.readers import ImportRequest, try_import

HEADER = ("Name", "Label / Question", "Type", "Length", "Code / Range", "", "Frequency", "Weighted")
VARIABLES = ("Survey", "File", "Variable Name", "Variable description", "Formula", "Flag name")
VARIABLES += ("First year", "First quarter", "Last year", "Last quarter", "Comment")
CODES = ("Survey", "File", "Variable", "Code value", "Code description")
CODES += ("First year", "First quarter", "Last year", "Last quarter", "Comment")


def fhwa(folder, year, *, change=lambda code, label: (code, label), one_cell=False):
    """A codebook of the NHTS with what the package knows, in the layout of the FHWA."""
    entries = read_codebook(Path(_codebook._OWN) / f"codebook_{year}.csv")
    rows = [(f"Codebook of {year}",), HEADER]
    for entry in entries.values():
        name, question = entry.name, f"{entry.description}, as asked"
        for code, label in entry.labels.items() or {"1-90": ""}.items():
            cells = change(code, label)
            cells = ("=".join(cells), "") if one_cell else cells
            kind, length = ("C", 2) if entry.labels else ("N", 8)
            rows.append((name, question, kind, length, *cells, 12, 3456.5))
            name, question = None, None  # written in the first row of a variable alone
    return make_workbook(folder / "codebook.xlsx", {"Notes": [("Read me",)], "HHPUB": rows})


@pytest.fixture
def homes(tmp_path):
    home = {"HOUSEID": "30000007", "WTHHFIN": "187.3", "TDAYDATE": "201608", "HHSIZE": "3"}
    homes = [home | {"PRICE": "02", "NEWQ": "1"}]
    homes.append(home | {"HOUSEID": "30000008", "PRICE": "-7", "NEWQ": "2"})
    write_csv(tmp_path / "hhpub.csv", homes)
    return tmp_path / "hhpub.csv"


@pytest.mark.parametrize("one_cell", [False, True])
def test_labels_and_questions_are_those_of_the_fhwas_codebook(homes, tmp_path, one_cell):
    book = fhwa(tmp_path, 2017, one_cell=one_cell, change=lambda code, label: (code, label.upper()))
    survey = read_nhts(homes, vintage="2017", codebook=book)
    variable = survey.dictionary["price"]
    assert variable.description.endswith(", as asked")
    assert survey.household["price"].to_numpy()[0] == "AGREE"
    assert survey.household["price"].isna().tolist() == [False, True]
    # What the package knows of order stays.
    assert variable.type == read_nhts(homes, vintage="2017").dictionary["price"].type == "ordered"


def test_codes_that_excel_took_for_numbers_are_the_codes_of_the_files(homes, tmp_path):
    book = fhwa(
        tmp_path,
        2017,
        change=lambda code, label: (int(code) if code.strip("-").isdigit() else code, label),
    )
    assert (
        read_nhts(homes, vintage="2017", codebook=book).household["price"].to_numpy()[0] == "Agree"
    )


def test_a_codebook_of_another_edition_year_or_survey_is_refused(homes, tmp_path):
    with pytest.raises(InputError, match="is that of the NHTS 2022, the survey is to be 2017"):
        read_nhts(homes, vintage="2017", codebook=fhwa(tmp_path, 2022))
    other = fhwa(tmp_path, 2017, change=lambda code, label: (f"4{code}", label))
    with pytest.raises(
        InputError, match=r"is not that of the NHTS 2017: of .* only 0 have the same"
    ):
        read_nhts(homes, vintage="2017", codebook=other)
    rows = [HEADER, ("GARAGE", "Has a garage", "C", 2, "01", "Yes", 3, 4)]
    foreign = make_workbook(tmp_path / "other.xlsx", {"HH": rows})
    with pytest.raises(InputError, match="is not of the NHTS: it describes hardly any"):
        read_nhts(homes, vintage="2017", codebook=foreign)


def bls(folder, *, until="", label=lambda text: text, more=()):
    """The dictionary of the BLS with what the package knows, in its layout."""
    entries = read_codebook(Path(interview.__file__).parent / "tables" / "codebook.csv")
    variables, codes = [VARIABLES], [CODES]
    for entry in entries.values():
        said = f"{entry.description} (BLS)"
        row = ("INTERVIEW", "FMLI", entry.name, said, "", f"{entry.name}_", 1996, 1, until, "", "")
        variables.append(row)
        codes += [
            ("INTERVIEW", "FMLI", entry.name, code, label(text), 1996, 1, until, "", "")
            for code, text in entry.labels.items()
        ]
    sheets = {"Cover": [("Dictionary",)], "Variables": variables, "Codes ": [*codes, *more]}
    return make_workbook(folder / "ce_pumd_interview_diary_dictionary.xlsx", sheets)


def test_labels_and_descriptions_are_those_of_the_dictionary_of_the_bls(tmp_path):
    book = bls(tmp_path, label=str.upper)
    (tmp_path / "cex").mkdir()
    files = {"household": make_cex(tmp_path / "cex", described=True), "codebook": book}
    trial = try_import(ImportRequest("cex", files, "CEI", "2019"))
    assert trial.survey is not None, trial.problems
    assert trial.survey.dictionary["cutenure"].description == "Housing tenure (BLS)"
    assert "OWNED W/MORTGAGE" in set(trial.survey.household["cutenure"])


def test_of_a_code_that_changed_the_meaning_within_the_years_counts(tmp_path):
    changed = [
        ("INTERVIEW", "FMLI", "CUTENURE", "1", "Until 1999", 1990, 1, 1999, 4, ""),
        ("INTERVIEW", "FMLI", "CUTENURE", "1", "Since 2018", 2018, 1, "", "", ""),
        ("DIARY", "FMLD", "CUTENURE", "1", "In the diary", 2019, 1, "", "", ""),
    ]
    book = bls(tmp_path, more=changed)
    assert characteristics(book, range(2019, 2020))["cutenure"].labels["1"] == "Since 2018"
    assert characteristics(book, range(2015, 2016))["cutenure"].labels["1"] == "Owned w/mortgage"


def test_a_dictionary_that_ends_before_the_years_is_refused(tmp_path):
    with pytest.raises(InputError, match="describes no interview of 2015-2019"):
        characteristics(bls(tmp_path, until=2012), range(2015, 2020))


def test_what_is_no_workbook_is_refused_in_a_sentence(homes, tmp_path):
    (tmp_path / "page.xlsx").write_bytes(b"PK\x03\x04cut off")
    with pytest.raises(InputError, match="The codebook is not an Excel workbook"):
        read_nhts(homes, vintage="2017", codebook=tmp_path / "page.xlsx")
    with pytest.raises(InputError, match="The codebook is not an Excel workbook"):
        characteristics(tmp_path / "page.xlsx", range(2019, 2020))
