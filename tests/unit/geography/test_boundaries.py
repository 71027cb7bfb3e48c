import geopandas as gpd
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.geography.boundaries import (
    areas_path,
    has_areas,
    import_boundaries,
    read_areas,
    write_areas,
)
from fusion_core.workspace.layout import Workspace


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "workspace")


def source(tmp_path, shapes, identifiers, crs="EPSG:4269", **columns):
    path = tmp_path / "areas.gpkg"
    frame = gpd.GeoDataFrame({"GEOID10": identifiers, **columns}, geometry=shapes, crs=crs)
    frame.to_file(path, driver="GPKG")
    return path


def wavy_border(points=200):
    """Border between two areas with far more corners than a map can show."""
    return [(-90 + 0.0005 * (index % 2), 40 + index / points) for index in range(points + 1)]


def test_import_recognises_census_columns_and_projects(tmp_path):
    path = source(tmp_path, [box(-90, 40, -89, 41)], ["1700100"], NAMELSAD10=["Some PUMA"])
    areas = import_boundaries(path)
    assert list(areas.columns) == ["area_id", "name", "geometry", "census"]
    assert areas["census"].tolist() == ["2010"]
    assert areas.loc[0, "area_id"] == "1700100"
    assert areas.loc[0, "name"] == "Some PUMA"
    assert areas.crs.to_string() == "EPSG:5070"
    assert areas.geometry.area.iloc[0] == pytest.approx(9.4e9, rel=0.02)


def test_numeric_identifiers_get_their_leading_zero(tmp_path):
    path = source(tmp_path, [box(-90, 40, -89, 41)], [100100])
    assert import_boundaries(path)["area_id"].tolist() == ["0100100"]


def test_simplified_neighbours_still_share_their_border(tmp_path):
    border = wavy_border()
    left = Polygon([*border, (-91, 41), (-91, 40)])
    right = Polygon([*border, (-89, 41), (-89, 40)])
    path = source(tmp_path, [left, right], ["1700100", "1700200"])
    areas = import_boundaries(path, tolerance=2000)
    shapes = areas.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.get_num_coordinates(shapes).sum() < 60
    assert "simplified" in areas.attrs["note"]


def test_overlapping_areas_are_left_as_they_are(tmp_path):
    path = source(
        tmp_path, [box(-90, 40, -89, 41), box(-89.5, 40, -88, 41)], ["1700100", "1700200"]
    )
    areas = import_boundaries(path)
    assert "as in the file" in areas.attrs["note"]


def test_rows_of_one_area_become_one_multipolygon(tmp_path):
    path = source(tmp_path, [box(-90, 40, -89, 41), box(-85, 40, -84, 41)], ["1700100"] * 2)
    areas = import_boundaries(path)
    assert len(areas) == 1
    assert isinstance(areas.geometry.iloc[0], MultiPolygon)


def test_alaska_is_moved_below_the_south_west(tmp_path):
    path = source(
        tmp_path, [box(-90, 40, -89, 41), box(-150, 62, -148, 64)], ["1700100", "0200100"]
    )
    inset = import_boundaries(path).set_index("area_id").geometry
    true = import_boundaries(path, inset=False).set_index("area_id").geometry
    assert inset["0200100"].centroid.y < 1_000_000 < true["0200100"].centroid.y
    assert inset["0200100"].area == pytest.approx(true["0200100"].area * 0.35**2, rel=0.02)
    assert inset["1700100"].equals_exact(true["1700100"], 1e-6)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "cannot be read"), (b"not a map", "cannot be read")],
)
def test_an_unreadable_file_is_one_sentence(tmp_path, content, message):
    path = tmp_path / "areas.gpkg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        import_boundaries(path)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        import_boundaries(tmp_path / "nowhere.gpkg")


def test_an_unknown_identifier_column_lists_the_columns(tmp_path):
    path = tmp_path / "areas.geojson"
    gpd.GeoDataFrame({"code": ["a"]}, geometry=[box(0, 0, 1, 1)], crs=4326).to_file(path)
    with pytest.raises(InputError, match=r"No column looks like the identifier.*code"):
        import_boundaries(path)
    assert import_boundaries(path, kind="region", id_column="code")["area_id"].tolist() == ["a"]


def test_a_wrong_identifier_is_named(tmp_path):
    path = source(tmp_path, [box(0, 0, 1, 1)], ["PUMA 7"])
    with pytest.raises(InputError, match=r"'0PUMA 7' is not a puma identifier|'PUMA 7' is not"):
        import_boundaries(path)


def test_stored_areas_come_back_sorted_with_extra_columns(workspace):
    areas = gpd.GeoDataFrame(
        {"area_id": ["0200000", "0100000"], "name": ["b", "a"], "households": [2, 1]},
        geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)],
        crs="EPSG:5070",
    )
    assert not has_areas(workspace)
    write_areas(workspace, areas)
    read = read_areas(workspace)
    assert read["area_id"].tolist() == ["0100000", "0200000"]
    assert read["households"].tolist() == [1, 2]
    assert read.crs.to_string() == "EPSG:5070"


def test_storing_refuses_another_projection_and_repeated_areas(workspace):
    areas = gpd.GeoDataFrame(
        {"area_id": ["1", "1"], "name": ["a", "b"]},
        geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)],
        crs="EPSG:5070",
    )
    with pytest.raises(InputError, match="Area '1' occurs twice"):
        write_areas(workspace, areas)
    with pytest.raises(InputError, match="EPSG:5070"):
        write_areas(workspace, areas.to_crs("EPSG:4326"))


def test_reading_says_what_is_missing_or_damaged(workspace):
    with pytest.raises(InputError, match="has no puma boundaries"):
        read_areas(workspace)
    with pytest.raises(InputError, match="not a kind of area"):
        read_areas(workspace, "../surveys")
    path = areas_path(workspace)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PAR1 cut off")
    with pytest.raises(CorruptFileError, match="damaged"):
        read_areas(workspace)


@pytest.mark.parametrize("identifiers", [["1700100", None], [1700100.0, None], ["1700100", " "]])
def test_an_area_without_an_identifier_is_refused_with_its_row(tmp_path, identifiers):
    path = source(tmp_path, [box(-90, 40, -89, 41), box(-89, 40, -88, 41)], identifiers)
    with pytest.raises(InputError, match=r"1 of 2 areas have no identifier .*first in row 2"):
        import_boundaries(str(path))


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (Point(-90, 40), "shapes cover no area, the first one that of '1700100'"),
        (box(1000, 1000, 2000, 2000), "shapes cover no area"),
        (Polygon(), "No area of the file has a shape"),
        (None, "No area of the file has a shape"),
    ],
)
def test_shapes_that_are_no_areas_are_refused(tmp_path, shape, words):
    path = source(tmp_path, [shape], ["1700100"])
    with pytest.raises(InputError, match=words):
        import_boundaries(path)
