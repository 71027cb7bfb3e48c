"""ACS PUMS in the shapes people hold: as the Census API returns it, and files before 2008."""

import json

import pytest

from fusion_core.errors import InputError
from fusion_core.ingest.acs import read_acs_pums


def as_api(rows, path, extra):
    """Write records as the Census API returns them: areas repeated, nothing blank."""
    names = [*rows[0], *extra]
    fillers = {"VALP": "-1", "HINCP": "-60000", "TEN": "b"}
    cells = [
        [row[name] if row[name] != "" else fillers.get(name, "bbb") for name in rows[0]]
        + [row["ST"], row["PUMA"]]
        for row in rows
    ]
    path.write_text(json.dumps([names, *cells]))
    return path


@pytest.fixture
def api_files(pums_2019, tmp_path):
    extra = ["state", "public use microdata area"]
    homes = as_api(pums_2019.households, tmp_path / "h.json", extra)
    return homes, as_api(pums_2019.persons, tmp_path / "p.json", extra)


def test_records_of_the_census_api_read_like_the_files(pums_2019, api_files):
    files = read_acs_pums(pums_2019.housing, pums_2019.person, pums_2019.dictionary, vintage="2019")
    api = read_acs_pums(*api_files, pums_2019.dictionary, vintage="2019")
    assert api.household.equals(files.household)
    assert api.person.equals(files.person)


def test_what_is_no_list_of_rows_is_refused(pums_2019, tmp_path):
    path = tmp_path / "h.json"
    for text, said in (
        ('{"error": "no key"}', "The JSON is not a list of rows"),
        ("error: unknown variable", "The file is not JSON"),
        ('[["SERIALNO"]]', "The file has no rows"),
        ('[["A", "B"], ["1"]]', "Row 2 has 1 of 2 cells"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=said):
            read_acs_pums(path, None, pums_2019.dictionary, vintage="2019")


def test_the_one_factor_of_early_files_adjusts_costs_and_incomes(pums_2019):
    for row in (*pums_2019.households, *pums_2019.persons):
        row.pop("ADJINC")
        row.pop("ADJHSG", None)
        row["ADJUST"] = "1015675"
        row["SERIALNO"] = row["SERIALNO"][-7:]  # no year stood in it before 2018
    pums_2019.rewrite()
    survey = read_acs_pums(
        pums_2019.housing, pums_2019.person, pums_2019.dictionary, vintage="2007"
    )
    raw = {row["SERIALNO"]: row["HINCP"] for row in pums_2019.households}
    kept = survey.household[survey.household["hincp"].notna()]
    home = kept.iloc[0]
    assert home["hincp"] == pytest.approx(float(raw[home["household_id"]]) * 1.015675)
    assert "adjust" not in survey.household
    assert not any("dollar amounts are as published" in note for note in survey.description.notes)
