"""Neighbours are told by their borders, and merged until an estimate is sure enough."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion_core.errors import InputError
from fusion_core.geography.merging import (
    borders_by_code,
    borders_of,
    borders_of_groups,
    merge_neighbours,
    merge_until_reliable,
)

COLUMNS = ["area", "estimate", "error", "size"]


def polygons(shapes):
    frame = gpd.GeoDataFrame({"area_id": list(shapes)}, geometry=list(shapes.values()))
    return frame.set_crs("EPSG:5070")


def squares(rows, columns, *, side=1000.0, gap=0.0):
    return {
        f"{row}{column}": shapely.box(
            column * side, row * side, (column + 1) * side - gap, (row + 1) * side - gap
        )
        for row in range(rows)
        for column in range(columns)
    }


def estimates(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize("gap", [0.0, 8.0, -8.0])
def test_areas_that_share_a_side_border_each_other_and_corners_do_not(gap):
    found = borders_of(polygons(squares(3, 3, gap=gap)))
    assert found["11"] == ("01", "10", "12", "21")
    assert found["00"] == ("01", "10")


def test_an_island_borders_the_nearest_area():
    shapes = squares(1, 2) | {"far": shapely.box(9000, 0, 9500, 500)}
    found = borders_of(polygons(shapes))
    assert found["far"] == ("01",)
    assert found["01"] == ("00", "far")
    assert borders_of(polygons({"alone": shapely.box(0, 0, 1, 1)})) == {"alone": ()}


def test_without_boundaries_the_next_codes_of_a_county_are_neighbours():
    found = borders_by_code(["530330002001", "530330001001", "530350001001"])
    assert found["530330001001"] == ("530330002001",)
    assert found["530350001001"] == ()


def test_groups_border_where_their_areas_do():
    borders = borders_of(polygons(squares(1, 4)))
    found = borders_of_groups({"left": ["00", "01"], "right": ["02"], "far": ["03"]}, borders)
    assert found == {"left": ("right",), "right": ("far", "left"), "far": ("right",)}


def test_nothing_is_merged_where_all_is_sure():
    table = estimates(("00", 10, 1.0, 100), ("01", 10, 1.0, 100))
    borders = borders_of(polygons(squares(1, 2)))
    assert merge_neighbours(table, borders, limit=0.1) == {"00": ("00",), "01": ("01",)}


def test_an_unsure_area_joins_an_unsure_neighbour_before_a_sure_one():
    table = estimates(("00", 10, 0.1, 100), ("01", 10, 3, 100), ("02", 10, 3, 100))
    borders = borders_of(polygons(squares(1, 3)))
    found = merge_neighbours(table, borders, limit=0.25)
    assert found == {"00": ("00",), "01 +1": ("01", "02")}


def test_a_neighbour_of_the_same_tract_comes_before_a_smaller_one():
    one, same, other = "530330001001", "530330001002", "530330002001"
    table = estimates((one, 10, 5, 100), (same, 10, 1, 100), (other, 10, 1, 10))
    found = merge_neighbours(table, {one: (same, other), same: (one,), other: (one,)}, limit=0.3)
    assert found[f"{one} +1"] == (one, same)


def test_a_limit_in_units_of_the_estimate_is_met_too():
    table = estimates(("00", 0.0, 0.04, 100), ("01", 0.0, 0.04, 100))
    borders = borders_of(polygons(squares(1, 2)))
    assert len(merge_neighbours(table, borders, limit=0.03, relative=False)) == 1
    assert len(merge_neighbours(table, borders, limit=0.05, relative=False)) == 2


def test_an_area_without_an_estimate_takes_that_of_its_neighbours():
    table = estimates(("00", np.nan, np.nan, 50), ("01", 10, 1, 100))
    borders = borders_of(polygons(squares(1, 2)))
    assert merge_neighbours(table, borders, limit=0.2) == {"00 +1": ("00", "01")}


def test_areas_stay_within_their_county():
    table = estimates(("00", 10, 9, 100), ("01", 10, 9, 100))
    borders = borders_of(polygons(squares(1, 2)))
    within = {"00": "here", "01": "there"}
    assert len(merge_neighbours(table, borders, limit=0.1, within=within)) == 2


def test_groups_are_estimated_again_where_errors_are_not_independent():
    borders = borders_of(polygons(squares(1, 4)))

    def estimate(groups):  # errors that all areas share fall by nothing until all are joined
        return estimates(
            *(
                (name, 10.0, 4.0 if len(parts) < 4 else 0.5, len(parts))
                for name, parts in groups.items()
            )
        )

    found = merge_until_reliable(["00", "01", "02", "03"], estimate, borders, limit=0.1)
    assert found == {"00 +3": ("00", "01", "02", "03")}


def test_a_limit_of_nothing_and_two_rows_of_an_area_are_refused():
    table = estimates(("00", 10, 1, 100), ("00", 10, 1, 100))
    with pytest.raises(InputError, match="limit must be above 0"):
        merge_neighbours(table, {}, limit=0.0)
    with pytest.raises(InputError, match="Area 00 has more than one estimate"):
        merge_neighbours(table, {}, limit=0.1)


@settings(deadline=None)
@given(st.integers(2, 5), st.integers(2, 5), st.integers(0, 1000), st.floats(0.02, 1.0))
def test_groups_divide_the_areas_hang_together_and_end_sure_or_whole(rows, columns, seed, limit):
    rng = np.random.default_rng(seed)
    borders = borders_of(polygons(squares(rows, columns)))
    table = pd.DataFrame(
        {
            "area": list(borders),
            "estimate": rng.normal(10, 3, len(borders)),
            "error": rng.uniform(0.1, 5, len(borders)),
            "size": rng.uniform(1, 100, len(borders)),
        }
    ).set_index("area", drop=False)
    found = merge_neighbours(table, borders, limit=limit)
    assert sorted(area for parts in found.values() for area in parts) == sorted(borders)
    for parts in found.values():
        reached = {parts[0]}
        for _ in parts:
            reached |= {one for area in reached for one in borders[area] if one in parts}
        assert reached == set(parts)
        own = table.loc[list(parts)]
        error = np.sqrt(((own["error"] * own["size"]) ** 2).sum())
        assert len(found) == 1 or error <= (1 + 1e-9) * limit * abs(own["estimate"] @ own["size"])
