import numpy as np
import pandas as pd
import pytest

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.geography.spatial import (
    SpatialTable,
    join_predictors,
    read_spatial_tables,
    write_spatial_table,
)
from fusion_core.workspace.layout import Workspace


@pytest.fixture
def climate():
    data = pd.DataFrame(
        {
            "puma": ["0100200", "0100100"],
            "hdd": [3000.0, 2000.0],
            "zone": pd.Categorical(["cold", "warm"]),
        }
    )
    return SpatialTable("climate", "Climate", data, {"hdd": "Heating degree days"}, {"hdd": "°F d"})


def test_a_stored_table_keeps_data_and_description(tmp_path, climate):
    workspace = Workspace.create(tmp_path / "workspace")
    write_spatial_table(workspace, climate)
    (read,) = read_spatial_tables(workspace)
    assert read.name == "climate"
    assert read.columns["hdd"] == "Heating degree days"
    assert read.units["hdd"] == "°F d"
    assert read.data["puma"].tolist() == ["0100100", "0100200"]
    assert read.predictors == ("hdd", "zone")


def test_join_keeps_rows_order_index_and_categories(climate):
    households = pd.DataFrame({"puma": ["0100200", "0100100", None]}, index=[7, 3, 5])
    joined = join_predictors(households, [climate])
    assert joined.index.tolist() == [7, 3, 5]
    assert joined["hdd"].tolist()[:2] == [3000.0, 2000.0]
    assert np.isnan(joined["hdd"].iloc[2])
    assert joined["zone"].dtype == climate.data["zone"].dtype
    assert joined["zone"].tolist()[:2] == ["cold", "warm"]


def test_unmatched_pumas_are_counted_and_named(climate):
    households = pd.DataFrame({"puma": ["0100100", "0900900", "0900800"]})
    with pytest.raises(InputError, match=r"no row for 2 of 3 PUMAs \(0900800, 0900900\)"):
        join_predictors(households, [climate])


def test_two_tables_with_one_column_name_are_refused(climate):
    households = pd.DataFrame({"puma": ["0100100"]})
    with pytest.raises(InputError, match="Two spatial tables have a column 'hdd'"):
        join_predictors(households, [climate, climate])


def test_households_without_puma_column_are_refused(climate):
    with pytest.raises(InputError, match="no column 'puma'"):
        join_predictors(pd.DataFrame({"area": ["x"]}), [climate], where="the donor")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"puma": [100100], "x": [1.0]}, "'100100' is not a PUMA of seven digits"),
        ({"puma": ["0100100", "0100100"], "x": [1.0, 2.0]}, "more than one row"),
        ({"puma": ["0100100"]}, "no predictor column"),
        ({"puma": ["0100100"], "x": ["text"]}, "neither a number nor a category"),
        ({"area": ["0100100"], "x": [1.0]}, "no column 'puma'"),
    ],
)
def test_tables_that_cannot_be_joined_are_refused(tmp_path, data, message):
    workspace = Workspace.create(tmp_path / "workspace")
    with pytest.raises(InputError, match=message):
        write_spatial_table(workspace, SpatialTable("bad", "Bad", pd.DataFrame(data)))
    assert read_spatial_tables(workspace) == []


def test_a_damaged_table_is_reported(tmp_path, climate):
    workspace = Workspace.create(tmp_path / "workspace")
    write_spatial_table(workspace, climate)
    (workspace.geography_folder / "predictors" / "climate.parquet").write_bytes(b"PAR1")
    with pytest.raises(CorruptFileError, match="damaged"):
        read_spatial_tables(workspace)
