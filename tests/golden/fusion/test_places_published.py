"""Published tables and crosswalks become predictors of PUMAs.

Skipped where the folder of real survey data is absent.
"""

import pandas as pd
import pytest

from fusion_core.geography.aggregation import AreaColumn
from fusion_core.geography.levels import Unit
from fusion_core.places.files import read_crosswalk
from fusion_core.places.tables import TableRequest, make_table
from fusion_core.workspace.layout import Workspace

CROSSWALKS = {
    "public/crosswalk/2010_Census_Tract_to_2010_PUMA.txt.gz": (
        Unit("tract", "2010"),
        Unit("puma", "2010"),
        74_091,
    ),
    "public/crosswalk/2020_Census_Tract_to_2020_PUMA.zip": (
        Unit("tract", "2020"),
        Unit("puma", "2020"),
        85_452,
    ),
    "public/crosswalk/puma2010_puma2020_parts.parquet": (
        Unit("puma", "2010"),
        Unit("puma", "2020"),
        6_970,
    ),
    "public/spatial/blockgroup2020_centers_pop_puma20.parquet": (
        Unit("block_group", "2020"),
        Unit("puma", "2020"),
        239_780,
    ),
    "tables/puma_crosswalk.csv": (Unit("puma", "2010"), Unit("puma", "2020"), None),
}


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "workspace")


@pytest.mark.parametrize("name", CROSSWALKS)
def test_published_crosswalks_are_told_apart_by_their_columns(shared_data, name):
    source, target, pieces = CROSSWALKS[name]
    found = read_crosswalk(shared_data / name)
    assert (found.source, found.target) == (source, target)
    assert pieces in {None, len(found.pieces)}


def test_national_electricity_prices_reach_every_puma(shared_data, workspace):
    asked = TableRequest(
        path=shared_data / "public/spatial/eia_seds_residential_prices_1970_2019.parquet",
        recipe="eia_seds",
        vintage="2019",
        crosswalks=(shared_data / "public/spatial/blockgroup2020_centers_pop_puma20.parquet",),
    )
    table = make_table(workspace, asked)
    assert len(table.data) == 2462
    assert table.coverage["electricity_price"].share == 1.0
    raw = pd.read_parquet(asked.path)
    published = raw[(raw.State == "AL") & (raw.MSN == "ESRCD") & (raw.year == 2019)]
    alabama = table.data[table.data["puma"].str.startswith("01")]["electricity_price"]
    assert alabama.unique().tolist() == pytest.approx(published["usd_per_mmbtu"].tolist())


def test_jobs_of_utah_are_all_there_after_two_crosswalks(shared_data, workspace):
    file = shared_data / "public/spatial/epa_sld_v3_utah_blockgroups.parquet"
    asked = TableRequest(
        path=file,
        recipe="epa_sld",
        crosswalks=(
            shared_data / "tables/bg_crosswalk.parquet",
            shared_data / "public/spatial/blockgroup2020_centers_pop_puma20.parquet",
        ),
    )
    table = make_table(workspace, asked)
    assert table.census == "2020"
    there = table.data["jobs"].notna()
    assert set(table.data["puma"][there].str[:2]) == {"49"}
    jobs = pd.read_parquet(file, columns=["TotEmp"])["TotEmp"].sum()
    assert table.data["jobs"].sum() == pytest.approx(jobs, rel=1e-3)


def test_degree_days_of_2010_tracts_become_those_of_2020_pumas(shared_data, workspace):
    asked = TableRequest(
        path=shared_data / "public/spatial/tract_degday_normals.parquet",
        level="tract",
        census="2010",
        columns=(AreaColumn("hdd65_normals", "hdd65_normals"),),
        vintage="always",
        crosswalks=tuple(shared_data / name for name in list(CROSSWALKS)[:3:2]),
        to_census="2020",
    )
    table = make_table(workspace, asked)
    assert table.census == "2020"
    assert table.coverage["hdd65_normals"].share == pytest.approx(0.98, abs=0.01)
    found = table.data.set_index("puma")["hdd65_normals"]
    assert (
        found[found.index.str.startswith("27")].mean()
        > found[found.index.str.startswith("12")].mean()
    )
