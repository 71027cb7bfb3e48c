"""From published tables in a workspace to estimates of block groups with their margins."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.demo import RECIPIENT, build_demo
from fusion_core.demo.world.settings import DemoSize
from fusion_core.downscaling import (
    DownscaleRequest,
    Limit,
    compared_areas,
    downscale,
    finest_shapes,
    keep_places,
    list_allocations,
    open_allocation,
    open_places,
    places_from_crosswalk,
    places_from_list,
    places_of_level,
    read_places,
    small_area_estimates,
    stored_places,
)
from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.estimates import Statistic
from fusion_core.geography.crosswalks import Crosswalk
from fusion_core.geography.levels import Unit

TINY = DemoSize((2,), 2, 8_000, 1_200, 400)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DemoSize, "quick", classmethod(lambda _: TINY))
        return build_demo(tmp_path_factory.mktemp("small") / "workspace", quick=True)


def request(demo, **changes):
    tables = demo.path / "tables"
    asked = {
        "name": "bg",
        "recipient": RECIPIENT,
        "tables": (tables / "block_groups.csv", tables / "tracts.csv"),
        "constraints": tables / "constraints.csv",
        "draws": 12,
    }
    return DownscaleRequest(**{**asked, **changes})


@pytest.fixture(scope="module")
def allocated(demo):
    return downscale(demo, request(demo))


@pytest.fixture(scope="module")
def estimates(demo, allocated):
    asked = [Statistic("mean", "hincp"), Statistic("share", "hfl"), Statistic("total", "np")]
    return small_area_estimates(demo, RECIPIENT, allocated, asked)


def test_published_counts_are_met_and_tables_held_out(allocated):
    assert allocated.inside > 0.97
    assert set(allocated.record["held_out"]) >= {"tenure", "fuel", "income"}
    assert 0 < allocated.effects.unseen < allocated.effects.seen < 0.2


def test_the_truth_of_block_groups_lies_within_the_margins(demo, estimates):
    truth = pd.read_parquet(demo.path / "truth" / "block_groups.parquet")
    both = estimates.merge(
        truth.rename(columns={"area_id": "area"}), on=["area", "variable", "level", "statistic"]
    )
    holds = (both["lower"] <= both["value"]) & (both["value"] <= both["upper"])
    assert len(both) > 50
    assert 0.8 < holds.mean() <= 1.0


def test_every_area_has_one_row_per_target_in_the_order_of_its_code(allocated, estimates):
    means = estimates[estimates["variable"] == "hincp"]
    assert means["area"].tolist() == sorted(allocated.puma_of_areas())
    assert (estimates["moe"] > 0).all()


def test_areas_add_up_to_their_puma(demo, allocated, estimates):
    own = estimates[estimates["variable"] == "np"]
    by_puma = own.groupby(own["area"].map(allocated.puma_of_areas()))["estimate"].sum()
    whole = small_area_estimates(
        demo, RECIPIENT, allocated, Statistic("total", "np"), places="puma"
    ).set_index("area")["estimate"]
    assert by_puma.to_dict() == pytest.approx(whole.to_dict())


def test_tracts_are_surer_than_their_block_groups(demo, allocated, estimates):
    tracts = small_area_estimates(
        demo, RECIPIENT, allocated, Statistic("mean", "hincp"), places="tract"
    )
    assert tracts["cv"].median() < estimates.loc[estimates["variable"] == "hincp", "cv"].median()


def test_neighbours_are_merged_until_estimates_are_reliable(demo, allocated):
    mean = Statistic("mean", "hincp")
    merged = small_area_estimates(demo, RECIPIENT, allocated, mean, reliable=0.05)
    assert len(merged) < len(allocated.puma_of_areas())
    assert merged["households"].sum() == pytest.approx(
        small_area_estimates(demo, RECIPIENT, allocated, mean)["households"].sum()
    )


def test_a_place_may_be_a_list_of_tracts_across_pumas(demo, allocated, tmp_path):
    member = allocated.puma_of_areas()
    tracts = [next(area[:11] for area in member if member[area] == p) for p in allocated.pumas[:2]]
    path = tmp_path / "valley.csv"
    path.write_text("area\n" + "\n".join(tracts), encoding="utf-8")
    places = places_from_list(allocated, path)
    found = small_area_estimates(
        demo, RECIPIENT, allocated, Statistic("mean", "hincp"), places=places
    )
    assert found["area"].tolist() == ["valley"]
    parts = small_area_estimates(
        demo,
        RECIPIENT,
        allocated,
        Statistic("mean", "hincp"),
        places={tract: {a: 1.0 for a in member if a.startswith(tract)} for tract in tracts},
    )
    weighted = np.average(parts["estimate"], weights=parts["households"])
    assert found["estimate"].iloc[0] == pytest.approx(weighted)


def test_areas_of_one_county_are_asked_for_by_its_code(allocated):
    found = places_of_level(allocated, "tract", within="99001")
    assert {name[:5] for name in found} == {"99001"}
    with pytest.raises(InputError, match="begins with '12'"):
        places_of_level(allocated, "tract", within="12")


def squares(path, names, lefts):
    import geopandas as gpd
    import shapely

    shapes = [shapely.box(left, 0, left + 1000, 1000) for left in lefts]
    gpd.GeoDataFrame({"GEOID": names}, geometry=shapes, crs="EPSG:5070").to_file(path)
    return path


def test_a_drawn_place_counts_areas_by_the_land_inside(demo, allocated, tmp_path):
    areas = sorted(allocated.puma_of_areas())
    lefts = [0, 1000, *range(20_000, 20_000 + 1000 * (len(areas) - 2), 1000)]
    own = finest_shapes(demo, allocated, squares(tmp_path / "areas.gpkg", areas, lefts))
    drawn = squares(tmp_path / "drawn.gpkg", ["campus"], [750])
    places = read_places(allocated, drawn, areas=own)
    assert places == {"campus": {areas[0]: pytest.approx(0.25), areas[1]: pytest.approx(0.75)}}
    with pytest.raises(InputError, match="Polygons need the boundaries"):
        read_places(allocated, drawn)
    half = squares(tmp_path / "half.gpkg", areas[1:], lefts[1:])
    with pytest.raises(InputError, match=rf"lack 1 of the .* areas of 'bg', such as {areas[0]}"):
        finest_shapes(demo, allocated, half)
    with pytest.raises(InputError, match="'sea' lies in none of the areas"):
        read_places(allocated, squares(tmp_path / "sea.gpkg", ["sea"], [9_000]), areas=own)


def test_a_crosswalk_weighs_areas_by_the_people_in_each_piece(allocated):
    one, other = sorted(allocated.puma_of_areas())[:2]
    pieces = pd.DataFrame(
        {
            "source": [one, one, other],
            "target": ["98101", "98102", "98102"],
            "population": [300.0, 100.0, 500.0],
        }
    )
    crosswalk = Crosswalk(Unit("block_group"), Unit("zip"), pieces)
    found = places_from_crosswalk(allocated, crosswalk, "population")
    assert found == {"98101": {one: 0.75}, "98102": {one: 0.25, other: 1.0}}


def test_a_filter_keeps_its_households_only(demo, allocated):
    poor = small_area_estimates(
        demo, RECIPIENT, allocated, Statistic("mean", "hincp"), where="hincp < 30000"
    )
    assert (poor["estimate"] < 30_000).all()


def test_an_unknown_place_is_named(demo, allocated):
    with pytest.raises(InputError, match="has the area 010010001001"):
        small_area_estimates(
            demo,
            RECIPIENT,
            allocated,
            Statistic("mean", "hincp"),
            places={"here": {"010010001001": 1.0}},
        )


def test_an_earlier_allocation_is_not_replaced_unasked(demo, allocated):
    with pytest.raises(ConflictError, match="allocation 'bg' already"):
        downscale(demo, request(demo, name=allocated.name))


def test_nothing_is_stored_where_something_is_wrong(demo, tmp_path):
    wrong = tmp_path / "constraints.csv"
    wrong.write_text("name,counts,households\nowners,owners,ten = 'Castle'\n", encoding="utf-8")
    with pytest.raises(InputError):
        downscale(demo, request(demo, name="other", constraints=wrong))
    with pytest.raises(InputError, match="no allocation 'other'"):
        open_allocation(demo, "other")
    assert not (demo.path / "downscaling" / "other").exists()


def test_a_count_that_cannot_be_of_all_households_is_told(demo, tmp_path):
    wrong = tmp_path / "constraints.csv"
    rows = ["owners,owners,np >= 1,tenure", "renters,renters,ten = 'Rented',tenure"]
    wrong.write_text("name,counts,households,table\n" + "\n".join(rows), encoding="utf-8")
    found = downscale(demo, request(demo, name="wrong", constraints=wrong, draws=2))
    notes = [note for puma in found.record["pumas"].values() for note in puma["notes"]]
    assert any("'owners' not of all households" in note for note in notes)


def test_processes_side_by_side_find_the_same(demo, allocated):
    again = downscale(demo, request(demo, name="parallel", processes=2, draws=2))
    puma = again.pumas[0]
    assert again.read(puma).weights() == pytest.approx(allocated.read(puma).weights(), rel=1e-3)


def test_the_size_that_is_trustworthy_follows_from_the_root_of_the_size():
    table = pd.DataFrame(
        {
            "area": ["a", "b"],
            "estimate": [10.0, 10.0],
            "standard_error": [4.0, 4.0],
            "moe": [6.6, 6.6],
            "households": [100.0, 100.0],
        }
    )
    assert Limit(0.2).size_needed(table) == pytest.approx(400)
    assert Limit(3.3, relative=False).size_needed(table) == pytest.approx(400)
    assert np.isnan(Limit(0.2).size_needed(table.assign(standard_error=np.nan)))
    with pytest.raises(InputError, match="must be above 0; got 0"):
        Limit(0.0)


def test_a_table_that_does_not_add_up_to_its_total_is_refused(demo, tmp_path):
    table = pd.read_csv(
        demo.path / "tables" / "block_groups.csv", dtype={"GEOID": str, "puma": str}
    )
    area = table["GEOID"].iloc[2]
    table.loc[2, "renters"] += 900
    table.to_csv(tmp_path / "block_groups.csv", index=False)
    with pytest.raises(
        InputError, match=rf"'tenure' adds up to .* in area {area}, where 'households'"
    ):
        downscale(demo, request(demo, name="odd", tables=(tmp_path / "block_groups.csv",)))
    assert not (demo.path / "downscaling" / "odd").exists()


def test_an_allocation_of_an_earlier_version_asks_to_be_made_again(demo, allocated):
    from fusion_core.workspace.files import read_json, write_json

    path = allocated.folder / "allocation.json"
    record = read_json(path)
    try:
        write_json({name: item for name, item in record.items() if name != "format"}, path)
        with pytest.raises(InputError, match=r"made by an earlier version.*Allocate again"):
            open_allocation(demo, allocated.name)
        assert allocated.name not in [item.name for item in list_allocations(demo)]
    finally:
        write_json(record, path)


def test_the_joint_error_of_areas_has_the_margins_of_each(demo, allocated, estimates):
    found = compared_areas(demo, RECIPIENT, allocated, Statistic("mean", "hincp"))
    own = estimates[estimates["variable"] == "hincp"].set_index("area")["standard_error"]
    spread = [np.sqrt(found.variance(found.row(name))) for name in found.names]
    np.testing.assert_allclose(spread, own[list(found.names)], rtol=1e-9)
    # What neighbours have too much and too little cancels: together they are surer than one by one.
    together = found.variance(found.row())
    weights = found.sizes / found.sizes.sum()
    assert together < 2 * float(weights**2 @ np.square(spread))


def test_small_areas_are_ranked_and_their_differences_tested(demo, allocated):
    found = compared_areas(demo, RECIPIENT, allocated, Statistic("mean", "hincp"), places="tract")
    table = found.ranking().table
    assert (table["best_rank"] <= table["rank"]).all()
    assert (table["rank"] <= table["worst_rank"]).all()
    first, last = table["area"].iloc[[0, -1]]
    pair = found.difference(first, last)
    assert pair.difference == pytest.approx(table["estimate"].iloc[0] - table["estimate"].iloc[-1])
    assert found.difference(first, first).standard_error == 0
    with pytest.raises(InputError, match="12345"):
        found.difference("12345")


def test_a_category_without_a_level_is_not_ranked(demo, allocated):
    with pytest.raises(InputError, match="has several levels"):
        compared_areas(demo, RECIPIENT, allocated, Statistic("share", "hfl"))


def test_places_are_kept_under_a_name(demo, allocated):
    places = places_of_level(allocated, "tract")
    keep_places(demo, "tracts", places)
    assert open_places(demo, "tracts") == places
    assert stored_places(demo) == ("tracts",)
    with pytest.raises(ConflictError, match="a set of places 'tracts' already"):
        keep_places(demo, "tracts", places)
    with pytest.raises(InputError, match="is not a name for places"):
        keep_places(demo, "../tracts", places)
    (demo.path / "own_places" / "tracts.json").write_text('{"places": 3}')
    with pytest.raises(CorruptFileError, match="The places are damaged"):
        open_places(demo, "tracts")
    (demo.path / "own_places" / "tracts.json").unlink()
    with pytest.raises(InputError, match="tracts"):
        open_places(demo, "tracts")


@pytest.mark.parametrize("row", [",Valley", " ,Valley"])
def test_a_row_without_an_area_is_not_the_whole_allocation(allocated, tmp_path, row):
    area = next(iter(allocated.puma_of_areas()))
    path = tmp_path / "places.csv"
    path.write_text(f"area,place\n{area},Valley\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"A row names no area \(places.csv, row 3\)"):
        places_from_list(allocated, path)
