"""Estimates, standard errors and margins of error equal those the statistical agencies publish."""

import json

import eia_guide
import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import Statistic, survey_estimates
from fusion_core.surveys import WeightDesign

SUCCESSIVE_DIFFERENCE = WeightDesign.successive_difference(80)
FAY = WeightDesign.fay(96, epsilon=0.5)


def rounded(values):
    """Round halves up, as the published tables do."""
    return np.floor(np.asarray(values, dtype=float) + 0.5).astype(int)


def yes(condition):
    return pd.Categorical(np.where(condition, "yes", "no"), categories=["yes", "no"])


def count(name):
    return Statistic("count", name, level="yes")


def test_washington_housing_of_2015_exactly(shared_data):
    raw = pd.read_parquet(shared_data / "public" / "acs_pums" / "acs2015_1yr_wa_h_subset.parquet")
    published = pd.read_csv(shared_data / "public" / "validation" / "wa_pums_estimates_15.csv")
    tenure, vacancy = raw["TEN"].fillna(0), raw["VACS"].fillna(0)
    characteristics = {
        "Total housing units (TYPE=1)": (tenure > 0) | (vacancy > 0),
        "Total occupied units": tenure > 0,
        "Owner occupied units (TEN in 1,2)": tenure.isin([1, 2]),
        "Renter occupied units (TEN in 3,4)": tenure.isin([3, 4]),
        "Owned with a mortgage (TEN=1)": tenure == 1,
        "Owned free and clear (TEN=2)": tenure == 2,
        "Rented for cash (TEN=3)": tenure == 3,
        "No cash rent (TEN=4)": tenure == 4,
        "Total vacant units": vacancy > 0,
        "For rent (VACS=1)": vacancy == 1,
        "For sale only (VACS=3)": vacancy == 3,
        "All Other Vacant (VACS in 2,4,5,6,7)": vacancy.isin([2, 4, 5, 6, 7]),
    }
    weights = raw[["WGTP", *(f"wgtp{r}" for r in range(1, 81))]]
    table = weights.set_axis(["weight", *SUCCESSIVE_DIFFERENCE.columns], axis=1)
    table = table.assign(**{name: yes(held) for name, held in characteristics.items()})
    result = survey_estimates(
        table, SUCCESSIVE_DIFFERENCE, [count(name) for name in published["characteristic"]]
    )
    assert len(published) == 12
    assert list(rounded(result["estimate"])) == list(published["pums_est_15"])
    assert list(rounded(result["standard_error"])) == list(published["pums_se_15"])
    assert list(rounded(result["moe"])) == list(published["pums_moe_15"])


AGES = {
    "Age 0-4": (0, 4),
    "Age 5-9": (5, 9),
    "Age 10-14": (10, 14),
    "Age 15-19": (15, 19),
    "Age 20-24": (20, 24),
    "Age 25-34": (25, 34),
    "Age 35-44": (35, 44),
    "Age 45-54": (45, 54),
    "Age 55-59": (55, 59),
    "Age 60-64": (60, 64),
    "Age 65-74": (65, 74),
    "Age 75-84": (75, 84),
    "Age 85 and over": (85, 200),
}


def test_persons_of_eight_states_in_2017_to_2021(shared_data):
    cells = pd.read_parquet(
        shared_data / "public" / "acs_pums" / "acs2017_2021_5yr_person_cells_8states.parquet"
    )
    published = pd.read_csv(
        shared_data / "public" / "validation" / "pums_estimates_17_21.csv", dtype={"ST": str}
    )
    weights = cells[["PWGTP", *(f"PWGTP{r}" for r in range(1, 81))]]
    table = weights.set_axis(["weight", *SUCCESSIVE_DIFFERENCE.columns], axis=1)
    sex = cells["SEX"].astype(str)
    characteristics = {
        "Total population": np.ones(len(cells), dtype=bool),
        "Total males (SEX=1)": sex == "1",
        "Total females (SEX=2)": sex == "2",
        **{name: cells["AGEP"].between(low, high) for name, (low, high) in AGES.items()},
    }
    table = table.assign(
        ST=cells["ST"], **{name: yes(held) for name, held in characteristics.items()}
    )
    result = survey_estimates(
        table, SUCCESSIVE_DIFFERENCE, [count(name) for name in characteristics], by="ST"
    )
    both = result.merge(
        published, left_on=["ST", "variable"], right_on=["ST", "CHARACTERISTIC"], how="left"
    )
    assert both["ST"].nunique() == 8
    assert len(both) == 8 * 16
    assert (rounded(both["estimate"]) == both["PUMS_EST_17_TO_21"]).all()
    assert (rounded(both["standard_error"]) == both["PUMS_SE_17_TO_21"]).all()
    assert (rounded(both["moe"]) == both["PUMS_MOE_17_TO_21"]).all()


@pytest.fixture(scope="module")
def recs(shared_data):
    folder = shared_data / "public" / "recs"
    composite = pd.read_parquet(folder / "recs2015_composite.parquet")
    supplement = pd.read_parquet(folder / "recs2015_fusionModel_supplement.parquet")
    raw = composite.merge(supplement, on="DOEID", validate="one_to_one")
    weights = raw[["NWEIGHT", *(f"BRRWT{r}" for r in range(1, 97))]]
    table = weights.set_axis(["weight", *FAY.columns], axis=1)
    return table.assign(
        gas_heat=yes(raw["fm_heat_type"].astype(str).str.startswith("Natural gas")),
        energy=raw["TOTALBTU"].astype(float),
        members=raw["fm_hh_size"].astype(float),
        region=raw["Region"].astype(str),
        # Space heating is known as a share of all energy, rounded to thousandths.
        heating=raw["TOTALBTU"].astype(float) * raw["fm_heating_share"].astype(float),
    )


@pytest.fixture(scope="module")
def guide(shared_data):
    """The text of EIA's guide to these microdata, with the output of its examples in R."""
    return eia_guide.guide_text(shared_data / "public" / "recs" / "microdata_v3.pdf")


def test_residential_energy_survey_of_2015(shared_data, recs):
    gold = json.loads(
        (shared_data / "public" / "validation" / "recs2015_eia_gold.json").read_text()
    )
    published = {row["stat"]: row for row in gold["values"]}
    statistics = [
        Statistic("count"),
        count("gas_heat"),
        Statistic("ratio", "energy", denominator="members"),
    ]
    nation = survey_estimates(recs, FAY, statistics)
    households, heated, ratio = nation.to_dict("records")
    assert rounded(households["estimate"]) == published["total households"]["estimate"]
    gas = published["FUELHEAT=1 households"]
    assert rounded(heated["estimate"]) == gas["estimate"]
    assert rounded(heated["standard_error"]) == gas["se"]
    per_person = published["ratio TOTALBTU/NHSLDMEM US"]
    assert ratio["estimate"] == pytest.approx(per_person["estimate"], abs=0.005)
    assert ratio["standard_error"] == pytest.approx(per_person["se"], abs=0.001)

    totals = [Statistic("total", "energy"), Statistic("total", "members")]
    regions = survey_estimates(recs, FAY, totals, by="region")
    south = regions[regions["region"].str.contains("South")].set_index("variable")
    assert south.loc["members", "n"] == published["sum TOTALBTU South (kBtu)"]["n"]
    assert rounded(south.loc["members", "estimate"]) == published["sum NHSLDMEM South"]["estimate"]
    energy = published["sum TOTALBTU South (kBtu)"]["estimate"]
    assert south.loc["energy", "estimate"] == pytest.approx(energy, rel=1e-10)


REGIONS = ["Northeast", "Midwest", "South", "West"]


def test_households_with_and_without_gas_heat(recs, shared_data):
    gold = json.loads(
        (shared_data / "public" / "validation" / "recs2015_eia_gold.json").read_text()
    )
    published = {row["stat"]: row for row in gold["values"]}
    result = survey_estimates(recs, FAY, Statistic("count", "gas_heat")).set_index("level")
    for level, name in (("yes", "FUELHEAT=1 households"), ("no", "FUELHEAT!=1 households")):
        assert rounded(result.loc[level, "estimate"]) == published[name]["estimate"]
        assert rounded(result.loc[level, "standard_error"]) == published[name]["se"]
    assert (recs["gas_heat"] == "yes").sum() == published["FUELHEAT=1 households"]["n"]
    assert round(100 * result.loc["yes", "cv"], 1) == 2.3  # the relative standard error in words


def test_energy_per_member_of_every_region(recs, guide):
    [published] = eia_guide.tables_after(
        guide, "REGIONC TOTALBTU/NHSLDMEM se.TOTALBTU/NHSLDMEM", ["region", "ratio", "se"], 4
    )
    ratio = Statistic("ratio", "energy", denominator="members")
    result = survey_estimates(recs, FAY, ratio, by="region").set_index("region").loc[REGIONS]
    assert list(result["estimate"].round(2)) == list(published["ratio"])
    assert list(result["standard_error"].round(4)) == list(published["se"])


@pytest.mark.parametrize(("kind", "place"), [("mean", 0), ("total", 1)])
def test_space_heating_of_every_region_with_and_without_gas(recs, guide, kind, place):
    published = eia_guide.tables_after(
        guide, "REGIONC NG_MAINSPACEHEAT TOTALBTUSPH se", ["region", "gas", "value", "se"], 8
    )[place]
    wanted = [Statistic(kind, "heating"), Statistic(kind, "energy")]
    result = survey_estimates(recs, FAY, wanted, by=["gas_heat", "region"])
    result = result.set_index(["variable", "gas_heat", "region"])
    cells = [(gas, region) for gas in ("no", "yes") for region in REGIONS]
    heating = result.loc["heating"].loc[cells].reset_index()
    # A share off by at most 0.0005 moves an estimate by at most that part of all energy.
    allowed = 0.0005 * result.loc["energy"].loc[cells, "estimate"].to_numpy()
    assert (np.abs(heating["estimate"] - published["value"]) <= allowed).all()
    assert heating["estimate"].to_numpy() == pytest.approx(published["value"].to_numpy(), rel=2e-4)
    assert heating["standard_error"].to_numpy() == pytest.approx(
        published["se"].to_numpy(), rel=1e-3
    )


@pytest.mark.parametrize("place", [0, 1])
def test_intervals_have_the_degrees_of_freedom_eia_takes(recs, guide, place):
    published = eia_guide.tables_after(
        guide, "REGIONC NG_MAINSPACEHEAT TOTALBTUSPH se", ["region", "gas", "value", "se"], 8
    )[place]
    ends = eia_guide.tables_after(guide, "2.5 % 97.5 %", ["low", "high"], 8)[place]
    row = survey_estimates(recs, FAY, Statistic("mean", "heating"), confidence=0.95).iloc[0]
    theirs = (ends["high"] - ends["low"]) / 2 / published["se"]
    # 96 replicates give 1.985 standard errors, the normal distribution would give 1.960.
    assert row["degrees_of_freedom"] == 96
    assert theirs.to_numpy() == pytest.approx(row["moe"] / row["standard_error"], rel=2e-5)
