"""The fictional state: a coverage without gaps, overlaps or holes."""

import numpy as np
import pytest
import shapely

from fusion_core.demo.world._boundaries import draw_state, split_polygon
from fusion_core.demo.world.settings import DEFAULT_SEED, DemoSize, stream
from fusion_core.geography.boundaries import read_areas
from fusion_core.geography.location import read_intersections


def assert_hole_free_coverage(state, areas):
    assert len(state.pumas) == areas
    assert shapely.is_valid(state.pumas).all()
    assert set(shapely.get_type_id(state.pumas)) == {shapely.GeometryType.POLYGON}
    assert shapely.get_num_interior_rings(state.pumas).sum() == 0
    assert shapely.coverage_is_valid(state.pumas)
    assert state.outline.geom_type == "Polygon"
    assert len(state.outline.interiors) == 0
    assert np.isclose(state.outline.area, shapely.area(state.pumas).sum())


def test_the_full_state_has_sixty_pumas_without_holes():
    size = DemoSize.full()
    assert_hole_free_coverage(draw_state(size, stream(DEFAULT_SEED, "boundaries")), size.areas)
    assert size.areas == 60


@pytest.mark.parametrize("seed", range(6))
def test_any_seed_gives_a_valid_coverage(seed):
    size = DemoSize.quick()
    assert_hole_free_coverage(draw_state(size, stream(seed, "boundaries")), size.areas)


def test_city_areas_are_much_smaller_than_the_country():
    state = draw_state(DemoSize.full(), stream(DEFAULT_SEED, "boundaries"))
    area = shapely.area(state.pumas)
    assert np.median(area[state.city == 0]) < np.median(area[state.city < 0]) / 3


def test_a_split_polygon_adds_no_corner_and_loses_no_ground():
    state = draw_state(DemoSize.quick(), stream(DEFAULT_SEED, "boundaries"))
    for polygon in state.pumas:
        corners = {tuple(point) for point in shapely.get_coordinates(polygon)}
        for horizontal in (True, False):
            one, other = split_polygon(polygon, horizontal=horizontal)
            assert np.isclose(one.area + other.area, polygon.area)
            pieces = shapely.get_coordinates([one, other])
            assert {tuple(point) for point in pieces} == corners


def test_regions_cover_the_state_and_some_cut_pumas(demo):
    pumas, regions = read_areas(demo, "puma"), read_areas(demo, "region")
    assert pumas.crs.to_epsg() == regions.crs.to_epsg() == 5070
    assert shapely.coverage_is_valid(regions.geometry.to_numpy())
    assert np.isclose(regions.area.sum(), pumas.area.sum())
    (table,) = read_intersections(demo, ["region"])
    shares = table.groupby("puma")["share"].agg(["size", "sum"])
    assert set(shares.index) == set(pumas["area_id"])
    assert np.allclose(shares["sum"], 1.0)
    assert (shares["size"] > 1).sum() == 3


def test_names_read_like_real_ones_and_are_unique(demo):
    names = read_areas(demo, "puma")["name"]
    assert names.is_unique
    assert names.str.endswith(" PUMA").all()
    assert names.str.contains("--").any()
    assert names.str.contains("Count").any()
