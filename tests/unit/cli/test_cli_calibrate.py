"""harmony calibrate: PUMA estimates agree with published totals, beside what they were."""

import numpy as np
import pandas as pd
import pytest

from fusion_core.estimates import EstimateCache
from fusion_core.workspace.layout import Workspace
from fusion_core.workspace.runs import open_run


def totals(tmp_path, text):
    path = tmp_path / "totals.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def exact(tmp_path):
    return totals(tmp_path, "variable,level,area,value,standard_error\ninsecure,Yes,all,0.2,0\n")


def test_the_households_weighted_mean_of_pumas_is_the_total(harmony, finished, exact):
    record = harmony.json("calibrate", finished[0], exact, "--method", "ratio")
    rows = record["estimates"]
    count = harmony.json("estimate", finished[0], "-v", "count:insecure")["estimates"]
    households = {}
    for row in count:
        households[row["puma"]] = households.get(row["puma"], 0) + row["estimate"]
    weights = [households[row["puma"]] for row in rows]
    assert np.average([row["calibrated"] for row in rows], weights=weights) == pytest.approx(0.2)
    assert {round(row["factor"], 6) for row in rows} == {round(rows[0]["factor"], 6)}


def test_a_total_makes_estimates_surer_and_keeps_what_they_were(harmony, finished, exact, tmp_path):
    to = tmp_path / "calibrated.csv"
    record = harmony.json("calibrate", finished[0], exact, "--to", to)
    assert all(row["calibrated_moe"] < row["moe"] for row in record["estimates"])
    assert "estimate" in to.read_text().splitlines()[0]
    assert "± " in harmony("calibrate", finished[0], exact).stdout


def test_a_total_far_from_the_estimates_is_pointed_out(harmony, finished, tmp_path):
    known = totals(tmp_path, "variable,level,area,value,moe\ninsecure,Yes,all,0.9,0.001\n")
    said = " ".join(harmony("calibrate", finished[0], known, "--factor", "50").stdout.split())
    assert "standard errors from what was estimated: check that both speak of the same year" in said


def test_regions_that_cut_pumas_count_by_their_shares(harmony, finished, tmp_path):
    known = totals(
        tmp_path,
        "variable,level,area,value,moe\ninsecure,Yes,all,0.2,0.01\ninsecure,Yes,East River,0.25,0.02\n",
    )
    assert harmony.json("calibrate", finished[0], known)["method"] == "precision"


def test_weights_meet_totals_drawn_for_each_implicate(harmony, finished, tmp_path):
    known = totals(
        tmp_path, "variable,level,area,value,standard_error\ninsecure,Yes,all,0.2,0.02\n"
    )
    to = tmp_path / "weights.parquet"
    harmony("calibrate", finished[0], known, "--weights", to)
    weights = pd.read_parquet(to)
    assert list(weights.columns) == ["household_id", *(f"weight_{m}" for m in range(1, 5))]
    run = open_run(Workspace.open(harmony.workspace), finished[0])
    source = EstimateCache().source(Workspace.open(harmony.workspace), run)
    fused = source.implicates.base["insecure"]
    yes = fused.values == fused.levels.index("Yes")
    shares = [
        np.average(yes[:, m], weights=weights[f"weight_{m + 1}"]) for m in range(yes.shape[1])
    ]
    assert np.ptp(shares) > 0.001
    assert np.abs(np.array(shares) - 0.2).max() < 0.1


def test_an_unknown_area_or_method_is_named(harmony, finished, exact, tmp_path):
    known = totals(tmp_path, "variable,level,area,value,moe\ninsecure,Yes,Atlantis,0.2,0.01\n")
    assert "no area 'Atlantis'" in harmony("calibrate", finished[0], known, code=2).stderr
    assert (
        "no method 'best'"
        in harmony("calibrate", finished[0], exact, "--method", "best", code=2).stderr
    )


def test_totals_are_kept_for_explore_with_the_method(harmony, finished, exact):
    from fusion_core.calibration import open_totals

    harmony("calibrate", finished[0], exact, "--method", "ratio", "--keep", "fifth", "--replace")
    kept = open_totals(Workspace.open(harmony.workspace), "fifth")
    assert (kept.file, kept.method, kept.totals[0].value) == ("totals.csv", "ratio", 0.2)
    again = harmony("calibrate", finished[0], exact, "--keep", "fifth", code=2).stderr
    assert "'fifth' already" in again
