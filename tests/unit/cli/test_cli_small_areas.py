"""harmony small-areas: allocated, looked at, estimated from and removed by command."""

import pytest


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
