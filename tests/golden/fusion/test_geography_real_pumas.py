"""The real 2010 PUMA boundaries and two real tables keyed by PUMA."""

import pandas as pd
import pytest
import shapely

from fusion_core.geography.boundaries import import_boundaries, read_areas, write_areas
from fusion_core.geography.spatial import (
    SpatialTable,
    join_predictors,
    read_spatial_tables,
    write_spatial_table,
)
from fusion_core.workspace.layout import Workspace


@pytest.fixture(scope="module")
def areas(shared_data):
    return import_boundaries(shared_data / "public" / "geo" / "us_puma10_moderate.gpkg")


def test_every_puma_of_the_states_is_one_row(areas, shared_data):
    names = pd.read_csv(
        shared_data / "public" / "crosswalk" / "2010_PUMA_Names.txt.gz",
        dtype=str,
        encoding="latin-1",
    )
    state, puma = names.columns[0], names.columns[1]
    published = set(names[state].str[-2:] + names[puma])
    assert len(areas) == 2351
    assert areas["area_id"].is_unique
    territories = ("66", "72", "78")
    assert set(areas["area_id"]) == {code for code in published if code[:2] not in territories}


def test_names_and_shapes_are_usable(areas):
    assert (areas["name"].str.len() > 0).all()
    assert areas.geometry.is_valid.all()
    assert (~areas.geometry.is_empty).all()


def test_land_area_of_the_lower_48_is_right(areas):
    """The file's origin states 8.12 million km² for the lower 48 states with coastal water."""
    lower = areas[~areas["area_id"].str[:2].isin(["02", "15"])]
    assert lower.geometry.area.sum() / 1e12 == pytest.approx(8.12, abs=0.01)


def test_alaska_and_hawaii_lie_clear_of_the_other_states(areas):
    inset = areas["area_id"].str[:2].isin(["02", "15"])
    mainland = shapely.union_all(areas.geometry[~inset].to_numpy())
    moved = shapely.union_all(areas.geometry[inset].to_numpy())
    assert not moved.intersects(mainland)
    left, bottom, right, top = areas.total_bounds
    assert (right - left) / (top - bottom) == pytest.approx(1.54, abs=0.1)


def test_boundaries_survive_storing(areas, tmp_path):
    workspace = Workspace.create(tmp_path / "workspace")
    write_areas(workspace, areas)
    read = read_areas(workspace)
    assert read["area_id"].tolist() == areas["area_id"].tolist()
    assert read.geometry.geom_equals_exact(areas.geometry, 0.0).all()


def test_real_puma_tables_join_to_every_area_they_cover(areas, shared_data, tmp_path):
    raw = pd.read_parquet(shared_data / "public" / "spatial" / "puma_density.parquet")
    data = pd.DataFrame(
        {
            "puma": raw["COMPID"].astype(str).str.zfill(7),
            "density": raw["DENS"],
            "urban": pd.Categorical(raw["UR"]),
        }
    )
    workspace = Workspace.create(tmp_path / "workspace")
    table = SpatialTable("density", "Population density 2010", data, vintage="2010")
    write_spatial_table(workspace, table)
    households = areas.rename(columns={"area_id": "puma"})[["puma"]]
    joined = join_predictors(households, read_spatial_tables(workspace))
    assert joined["density"].notna().all()
    manhattan = joined["density"][households["puma"].isin(["3603805", "3603806"])]
    assert (manhattan > joined["density"].quantile(0.99)).all()
