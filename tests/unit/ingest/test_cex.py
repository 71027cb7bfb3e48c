"""CE interview microdata in the layout of the BLS; every file is made here."""

import zipfile

import numpy as np
import pytest
from published_files import QUARTERS, make_cex

from fusion_core.errors import InputError
from fusion_core.ingest.cex import read_cex
from fusion_core.ingest.cex.interview import months_in_scope


@pytest.mark.parametrize(
    ("year", "month", "scope"),
    [
        (2019, 1, 0),
        (2019, 2, 1),
        (2019, 3, 2),
        (2019, 4, 3),
        (2020, 1, 3),
        (2020, 3, 1),
        (2020, 4, 0),
        (2018, 12, 0),
    ],
)
def test_the_months_of_an_interview_in_a_calendar_year(year, month, scope):
    found = months_in_scope(np.array([float(year)]), np.array([float(month)]), range(2019, 2020))
    assert found.tolist() == [scope]


def test_weights_are_those_of_a_calendar_year_and_expenditures_annual(tmp_path):
    survey = read_cex(make_cex(tmp_path), vintage="2019")
    homes = survey.household
    # Months in scope: 1 of the first quarter, 3 of the others, 2 of the next year's first.
    assert homes["weight"].sum() == pytest.approx(2 * 12000 * (1 + 3 + 3 + 3 + 2) / 12)
    assert set(homes["elec"]) == {1200.0}
    assert set(homes["mrtgpp"]) == {360.0}
    assert set(homes["ngas"]) == {0.0}
    mean = np.average(homes["elec"], weights=homes["weight"])
    in_year = 100.0 * 12000 * 2 * 12  # what the BLS sums: weight × costs of the year's months
    assert mean == pytest.approx(in_year / homes["weight"].sum())


def test_half_samples_are_brr_with_blanks_as_zero(tmp_path):
    survey = read_cex(make_cex(tmp_path), vintage="2019")
    design = survey.description.design
    assert (design.method, design.replicates) == ("Fay BRR", 44)
    assert design.factor == pytest.approx(1 / 44)
    replicates = survey.household[[f"replicate_{i}" for i in range(1, 45)]]
    assert replicates.notna().all().all()
    assert (replicates == 0).any().all()


def test_what_only_some_units_are_asked_is_missing_for_the_others(tmp_path):
    homes = read_cex(make_cex(tmp_path), vintage="2019").household
    assert sorted(homes["stdint"].dropna().unique()) == [120.0]
    assert homes["stdint"].isna().sum() == 5


def test_the_reference_person_is_first_and_members_carry_the_units_weight(tmp_path):
    survey = read_cex(make_cex(tmp_path), vintage="2019")
    first = survey.person[survey.person["person_number"] == 1]
    assert set(first["cu_code"]) == {"Reference person"}
    assert first["weight"].sum() == pytest.approx(survey.household["weight"].sum())


def test_the_zip_of_the_bureau_is_read_as_it_is(tmp_path):
    folder = make_cex(tmp_path)
    path = tmp_path / "zips"
    path.mkdir()
    with zipfile.ZipFile(path / "intrvw19.zip", "w") as archive:
        for file in sorted(folder.glob("*.csv")):
            archive.write(file, f"intrvw19/{file.name}")
    assert len(read_cex(path / "intrvw19.zip", vintage="2019").household) == 10
    assert len(read_cex(path, vintage="2019").household) == 10


def test_a_missing_quarter_is_named(tmp_path):
    make_cex(tmp_path)
    (tmp_path / "mtbi193.csv").unlink()
    with pytest.raises(InputError, match=r"Quarter 3 of 2019 is missing \(mtbi193.csv\)"):
        read_cex(tmp_path, vintage="2019")
    with pytest.raises(InputError, match=r"Quarter 2 of 2018 is missing \(fmli182.csv\)"):
        read_cex(tmp_path, vintage="2018")


def test_a_person_changes_what_makes_up_an_expenditure(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("variable,label,source,items,factor\npower,Power,MTBI,260111-260114,0.5\n")
    homes = read_cex(make_cex(tmp_path), vintage="2019", expenditures=table).household
    assert set(homes["power"]) == {600.0}
    assert "elec" not in homes
    table.write_text("variable,label,source,items,factor\npower,Power,MTBI,26011,1\n")
    with pytest.raises(InputError, match=r"'26011' is neither a UCC nor a range.*row 2"):
        read_cex(tmp_path, vintage="2019", expenditures=table)


def test_several_years_are_an_average_year_in_prices_of_the_last(tmp_path):
    more = [("181x", 2018, 2), ("182", 2018, 5), ("183", 2018, 8), ("184", 2018, 11)]
    make_cex(tmp_path, [*more, ("191", 2019, 2), *QUARTERS[1:]])
    survey = read_cex(tmp_path, vintage="2018-2019")
    weight = survey.household["weight"]
    assert weight.sum() == pytest.approx(2 * 12000 * (1 + 3 * 7 + 2) / 24)
    assert survey.description.price_year == 2019
    early = survey.household[survey.household["household_id"].str.startswith("0310")]
    assert early["elec"].iloc[0] == pytest.approx(1200 * 255.657 / 251.107, rel=1e-4)
