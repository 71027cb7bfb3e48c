"""harmony small-areas: allocated, looked at, estimated from and removed by command."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely


@pytest.fixture(scope="module")
def allocated(harmony):
    tables = harmony.workspace / "tables"
    record = harmony.json(
        "small-areas",
        "allocate",
        "bg",
        "--table",
        tables / "block_groups.csv",
        "--table",
        tables / "tracts.csv",
        "--constraints",
        tables / "constraints.csv",
        "--draws",
        "8",
    )
    yield record
    harmony("small-areas", "remove", "bg")
    assert harmony.json("small-areas", "list")["allocations"] == []


def test_an_allocation_tells_how_well_it_meets_its_counts(harmony, allocated):
    assert allocated["allocation"] == "bg"
    assert set(allocated["held_out"]) >= {"tenure", "fuel"}
    shown = harmony("small-areas", "show", "bg").stdout
    assert "are met within their margins" in shown
    assert "bg" in harmony("small-areas", "list").stdout


def test_fused_variables_are_estimated_for_tracts(harmony, finished, allocated, tmp_path):
    to = tmp_path / "tracts.csv"
    record = harmony.json(
        "small-areas",
        "estimate",
        allocated["allocation"],
        finished[0],
        "-v",
        "insecure",
        "--to",
        to,
    )
    assert {len(row["area"]) for row in record["estimates"]} == {11}
    assert all(row["moe"] > 0 for row in record["estimates"])
    assert to.exists()


def test_merging_leaves_fewer_and_surer_places(harmony, finished, allocated):
    name = allocated["allocation"]

    def asked(*more):
        return harmony.json(
            "small-areas", "estimate", name, finished[0], "-v", "share_heat", *more
        )["estimates"]

    plain, merged = asked("--by", "block_group"), asked("--by", "block_group", "--reliable", "0.02")
    assert len(merged) < len(plain)
    assert max(row["cv"] for row in merged) < max(row["cv"] for row in plain)


def test_estimates_are_written_as_a_map_with_merged_places_dissolved(
    harmony, finished, allocated, tmp_path
):
    areas = [area for puma in allocated["pumas"].values() for area in puma["areas"]]
    shapes = [shapely.box(1000 * n, 0, 1000 * n + 1000, 1000) for n in range(len(areas))]
    own = tmp_path / "areas.gpkg"
    gpd.GeoDataFrame({"GEOID": areas}, geometry=shapes, crs="EPSG:5070").to_file(own)
    to = tmp_path / "map.geojson"
    asked = ("small-areas", "estimate", allocated["allocation"], finished[0], "-v", "share_heat")
    merging = ("--by", "block_group", "--reliable", "0.02", "--to", to)
    harmony(*asked, *merging, "--boundaries", own)
    drawn = gpd.read_file(to).to_crs(5070)
    assert drawn.area.sum() == pytest.approx(1e6 * len(areas), rel=1e-3)
    assert len(drawn) < len(areas)
    harmony(*asked, "--to", to)  # by the boundaries of the workspace
    assert len(gpd.read_file(to)) > 1
    stored = Path(harmony.workspace) / "geography" / "block_group.parquet"
    away = stored.rename(stored.with_suffix(".away"))
    try:
        refused = harmony(*asked, "--to", to, code=2)
    finally:
        away.rename(stored)
    assert "A map needs the boundaries" in refused.stderr


def test_tracts_are_ranked_and_two_of_them_compared(harmony, finished, allocated):
    name = allocated["allocation"]
    asked = (name, finished[0], "-v", "insecure", "--level", "Yes")
    ranked = harmony.json("small-areas", "rank", *asked)["ranking"]
    assert ranked[0]["rank"] == 1
    assert all(row["best_rank"] <= row["rank"] <= row["worst_rank"] for row in ranked)
    pair = ("--area", ranked[0]["area"], "--area", ranked[-1]["area"])
    found = harmony.json("small-areas", "difference", *asked, *pair)["difference"]
    assert found["difference"] == pytest.approx(ranked[0]["estimate"] - ranked[-1]["estimate"])
    assert "surely among the first 10" in harmony("small-areas", "rank", *asked).stdout
    shown = harmony("small-areas", "difference", *asked, *pair[:2]).stdout
    assert "90 % level" in shown
    refused = harmony("small-areas", "difference", *asked, "--area", "1", code=2).stderr
    assert "no area '1'" in refused
    three = harmony("small-areas", "difference", *asked, *pair, *pair[:2], code=2).stderr
    assert "3 areas are not a pair" in three
