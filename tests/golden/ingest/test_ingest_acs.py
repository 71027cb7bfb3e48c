"""Real ACS files: Washington 2015 totals and errors, and the oldest file at hand, Oregon 2006–2010."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.ingest.acs.pums import read_acs_pums
from fusion_core.ingest.fusiondata.dictionary import read_fusiondata_dictionary


@pytest.fixture(scope="module")
def washington(shared_data, tmp_path_factory):
    """All housing records of the state; the excerpt lacks SERIALNO, so row order serves as one."""
    raw = pd.read_parquet(shared_data / "public/acs_pums/acs2015_1yr_wa_h_subset.parquet")
    raw.insert(0, "SERIALNO", [f"2015{row:09d}" for row in range(len(raw))])
    path = tmp_path_factory.mktemp("wa") / "ss15hwa.parquet"
    raw.to_parquet(path)
    dictionary = shared_data / "public/dictionary/PUMSDataDict14.txt.gz"
    return read_acs_pums(path, None, dictionary, vintage="2015")


@pytest.fixture(scope="module")
def published(shared_data):
    table = pd.read_csv(shared_data / "public/validation/wa_pums_estimates_15.csv")
    return table.set_index("characteristic")


@pytest.mark.parametrize(
    ("characteristic", "levels"),
    [
        ("Total occupied units", None),
        ("Owner occupied units (TEN in 1,2)", (0, 1)),
        ("Renter occupied units (TEN in 3,4)", (2, 3)),
        ("Owned with a mortgage (TEN=1)", (0,)),
        ("Owned free and clear (TEN=2)", (1,)),
        ("Rented for cash (TEN=3)", (2,)),
        ("No cash rent (TEN=4)", (3,)),
    ],
)
def test_washington_totals_and_errors_are_the_published_ones(
    washington, published, characteristic, levels
):
    table, design = washington.household, washington.description.design
    chosen = np.ones(len(table), dtype=bool)
    if levels is not None:
        chosen = table["ten"].isin([washington.dictionary["ten"].levels[i] for i in levels])
    estimate = table.loc[chosen, "weight"].sum()
    replicates = table.loc[chosen, list(design.columns)].sum().to_numpy()
    error = np.sqrt(design.factor * ((replicates - estimate) ** 2).sum())
    assert estimate == published.loc[characteristic, "pums_est_15"]
    assert round(error) == published.loc[characteristic, "pums_se_15"]


def test_vacant_units_of_washington_are_counted_as_they_leave(washington, published):
    vacant = published.loc["Total vacant units", "pums_est_15"]
    assert any(f"(weighted {vacant:,.0f})" in note for note in washington.description.notes)


def test_a_file_without_area_says_so(washington):
    assert "puma" not in washington.household.columns
    assert "The file names no area: maps by PUMA are not possible." in washington.description.notes


def test_oregon_keeps_every_household_of_positive_weight(oregon_2010):
    assert len(oregon_2010.household) == 4212
    assert oregon_2010.household["weight"].sum() == 77_536
    assert oregon_2010.household["puma"].unique().tolist() == ["4100600"]
    assert "The areas are PUMAs of the 2000 census." in oregon_2010.description.notes
    assert oregon_2010.person is None


def test_columns_added_by_others_are_dropped_and_named(oregon_2010):
    assert not {"agehoh", "htype", "nwesr", "hhincadj", "dup_split"} & set(oregon_2010.dictionary)
    assert any("AGEHOH, HTYPE, NWESR" in note for note in oregon_2010.description.notes)


def test_year_built_follows_the_old_coding_from_newest_to_oldest(oregon_2010):
    """Buildings of 2005 or later must become more frequent from sample year to sample year."""
    table = oregon_2010.household
    new = table["ybl"] == "2005 or later"
    by_year = table.loc[new].groupby(table["household_id"].str[:4]).size()
    assert by_year.index.tolist() == ["2006", "2007", "2008", "2009", "2010"]
    assert by_year.iloc[-1] > 4 * by_year.iloc[0]
    assert by_year.is_monotonic_increasing
    assert oregon_2010.dictionary["ybl"].levels[0] == "1939 or earlier"


def test_low_codes_of_utility_costs_are_no_dollars(oregon_2010, shared_data):
    raw = pd.read_parquet(
        shared_data / "public/acs_pums/acs2006_2010_5yr_or_puma00600_h.parquet",
        columns=["SERIALNO", "GASP", "WGTP"],
    )
    raw = raw[raw["WGTP"] > 0].sort_values("SERIALNO").reset_index(drop=True)
    table = oregon_2010.household
    assert (table["gasfp"] == "Included in rent or in condo fee").equals(raw["GASP"] == 1)
    assert (table["gasfp"] == "Included in electricity payment").equals(raw["GASP"] == 2)
    assert table["gasp"].isna().equals(raw["GASP"].isin([1, 2]))
    assert (table["gasp"] == 0).equals(raw["GASP"] == 3)
    assert table["gasp"].min() == 0
    assert table["gasp"][table["gasp"] > 0].min() >= 4


def test_dollars_are_brought_to_2010(oregon_2010, shared_data):
    raw = pd.read_parquet(
        shared_data / "public/acs_pums/acs2006_2010_5yr_or_puma00600_h.parquet",
        columns=["SERIALNO", "HINCP", "ADJINC", "WGTP"],
    )
    raw = raw[raw["WGTP"] > 0].sort_values("SERIALNO").reset_index(drop=True)
    expected = raw["HINCP"].astype(float) * raw["ADJINC"] / 1_000_000
    assert np.allclose(oregon_2010.household["hincp"], expected)
    assert oregon_2010.description.price_year == 2010


def test_order_flags_agree_with_those_fusiondata_published(shared_data):
    """Which ACS variables are steps of a scale is a judgment; the published one is the yardstick."""
    from fusion_core.ingest.acs._codes import NEVER_ORDERED, ORDERED
    from fusion_core.ingest.tables.labels import is_ordered

    folder = shared_data / "dictionaries"
    published = read_fusiondata_dictionary(
        folder / "ACS_2015_H.parquet", folder / "ACS_2015_P.parquet"
    )
    categorical = [item for item in published.dictionary.values() if item.is_categorical]
    different = {
        item.name
        for item in categorical
        if (item.type == "ordered")
        != (
            item.name.upper() in ORDERED
            or (item.name.upper() not in NEVER_ORDERED and is_ordered(item.levels))
        )
    }
    assert len(categorical) > 120
    assert len(different) <= 8, sorted(different)
