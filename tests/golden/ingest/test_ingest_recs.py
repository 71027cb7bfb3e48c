"""RECS 2015 read with the EIA's codebook reproduces the EIA's published estimates and errors."""

import json

import numpy as np
import pytest

from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary


@pytest.fixture(scope="module")
def gold(shared_data):
    record = json.loads((shared_data / "public/validation/recs2015_eia_gold.json").read_text())
    return {item["stat"]: item for item in record["values"]}


def standard_error(survey, statistic):
    design = survey.description.design
    table = survey.household
    full = statistic(table["weight"])
    replicates = np.array([statistic(table[column]) for column in design.columns])
    return full, np.sqrt(design.factor * ((replicates - full) ** 2).sum())


def test_weights_carry_fays_design(recs_2015):
    design = recs_2015.description.design
    assert (design.method, design.replicates) == ("Fay BRR", 96)
    assert design.factor == pytest.approx(1 / (96 * 0.25))
    assert recs_2015.household["weight"].sum() == pytest.approx(118_208_250, abs=1)


def test_gas_heated_homes_and_their_standard_error(recs_2015, gold):
    heated = recs_2015.household["fuelheat"] == "Natural gas from underground pipes"
    total, error = standard_error(recs_2015, lambda weight: weight[heated].sum())
    assert heated.sum() == gold["FUELHEAT=1 households"]["n"]
    assert total == pytest.approx(gold["FUELHEAT=1 households"]["estimate"], abs=1)
    assert error == pytest.approx(gold["FUELHEAT=1 households"]["se"], abs=1)


def test_energy_per_household_member_and_its_standard_error(recs_2015, gold):
    table = recs_2015.household
    ratio, error = standard_error(
        recs_2015,
        lambda weight: (weight * table["totalbtu"]).sum() / (weight * table["nhsldmem"]).sum(),
    )
    expected = gold["ratio TOTALBTU/NHSLDMEM US"]
    assert ratio == pytest.approx(expected["estimate"], abs=0.01)
    assert error == pytest.approx(expected["se"], abs=0.001)


def test_totals_of_the_south(recs_2015, gold):
    south = recs_2015.household[recs_2015.household["region"] == "South"]
    assert len(south) == gold["sum TOTALBTU South (kBtu)"]["n"]
    energy = (south["weight"] * south["totalbtu"]).sum()
    # The file's values are rounded to three decimals.
    assert energy == pytest.approx(gold["sum TOTALBTU South (kBtu)"]["estimate"], rel=1e-10)
    members = (south["weight"] * south["nhsldmem"]).sum()
    assert members == pytest.approx(gold["sum NHSLDMEM South"]["estimate"], abs=1)


def test_names_and_levels_are_those_published_harmonies_use(recs_2015, shared_data):
    published = read_fusiondata_dictionary(shared_data / "dictionaries/RECS_2015_H.parquet")
    for name in (
        "fuelheat",
        "kownrent",
        "moneypy",
        "typehuq",
        "yearmaderange",
        "occupyyrange",
        "education",
        "employhh",
        "sdescent",
        "adqinsul",
        "cooltype",
    ):
        ours, theirs = recs_2015.dictionary[name], published.dictionary[name]
        assert set(ours.levels) == set(theirs.levels), name
        assert ours.type == theirs.type, name


def test_rebuilt_variables_say_where_they_come_from(recs_2015):
    assert recs_2015.dictionary["fuelheat"].note.startswith("Rebuilt from the recode fm_heat_type")
    assert recs_2015.dictionary["kownrent"].note == ""
    notes = " ".join(recs_2015.description.notes)
    assert "moneypy from hh_income" in notes
    assert "Columns the codebook does not explain were left out" in notes


def test_not_applicable_is_a_level_in_words_or_zero_or_missing(recs_2015):
    table = recs_2015.household
    assert (table["fuelheat"] == "No space heating").sum() == table["temphome"].isna().sum() == 258
    assert (table.loc[table["cwasher"] == "No", "washload"] == 0).all()
    assert not (table.select_dtypes("number") == -2).any().any()


def test_harmonies_whose_variables_no_copy_holds_find_them_absent(recs_2015):
    assert not {"hhsex", "numadult", "numchild", "elpay", "ngpay"} & set(recs_2015.dictionary)
