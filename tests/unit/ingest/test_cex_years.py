"""A year of each consumer unit: four interviews added up, lacking ones imputed."""

import numpy as np
import pytest
from published_files import make_cex

from fusion_core.errors import InputError
from fusion_core.ingest.cex import YEARS_READER, read_cex
from fusion_core.ingest.readers import ImportRequest, try_import

YEARS = [
    (
        f"{year % 100:02d}{quarter}{'x' if (year, quarter) == (2018, 1) else ''}",
        year,
        3 * quarter - 1,
    )
    for year in (2018, 2019)
    for quarter in range(1, 5)
] + [("201", 2020, 2)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_cex(tmp_path_factory.mktemp("cex"), YEARS, units=6, panel=True)


@pytest.fixture(scope="module")
def years(folder):
    return read_cex(folder, vintage="2018-2019", whole_years=True)


def test_a_household_is_a_unit_with_a_year_of_spending(years):
    homes = years.household
    assert len(homes) == 3 * 6  # each unit once, in place of four interviews
    prices = 255.657 / 251.107
    whole = homes[homes["household_id"].str.startswith("030")]
    # January 2018 belongs to an interview of the first quarter that tells of 2017 too.
    assert whole["elec"].between(1200, 1200 * prices * 1.03).all()
    begun_2019 = homes[homes["household_id"].str.startswith("031")]
    assert begun_2019["elec"].between(1200, 1205).all()


def test_the_units_stand_for_as_many_as_the_interviews(folder, years):
    interviews = read_cex(folder, vintage="2018-2019")
    for table in (years.household, interviews.household):
        table["total"] = table["weight"]
    assert years.household["weight"].sum() == pytest.approx(interviews.household["weight"].sum())
    replicates = [f"replicate_{index}" for index in range(1, 45)]
    np.testing.assert_allclose(
        years.household[replicates].sum(), interviews.household[replicates].sum()
    )


def test_a_lacking_interview_is_that_of_the_nearest_complete_unit(years):
    # Units of 2020 gave one interview within these years, the others are imputed.
    late = years.household[years.household["household_id"].str.startswith("032")]
    assert late["elec"].between(1198, 1201).all()  # its own months of 2020 in prices of 2019
    assert any("67% gave all four interviews" in note for note in years.description.notes)


def test_what_the_last_interview_does_not_ask_is_taken_from_an_earlier_one(years):
    assert years.household["stdint"].notna().sum() == 9  # every second unit owes for studies
    persons = years.person
    assert set(persons["household_id"]) == set(years.household["household_id"])


def test_the_reader_is_one_of_the_list(folder):
    trial = try_import(ImportRequest("cex_years", {"household": folder}, "CEI", "2018-2019"))
    assert len(trial.survey.household) == 18
    assert YEARS_READER.variance


def test_interviews_of_which_no_unit_has_four_are_refused(tmp_path):
    with pytest.raises(InputError, match="No consumer unit has all four interviews"):
        read_cex(make_cex(tmp_path), vintage="2019", whole_years=True)
