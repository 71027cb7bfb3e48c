"""Counties and unions of one's own, put together from the PUMAs they cut through."""

import numpy as np
import pandas as pd
import pytest
from small_run import AREAS

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.places import allocated_areas, estimates_by_shares
from fusion_core.estimates.runs import area_draws, area_estimates, area_ranks, compare_groups
from fusion_core.geography.location import write_intersections

TOTAL, MEAN = Statistic("total", "energy"), Statistic("mean", "energy")
SHARE = Statistic("share", "fuel", level="gas")


def shares(workspace, rows):
    table = pd.DataFrame(rows, columns=["puma", "county", "share"])
    write_intersections(workspace, "county", table)


@pytest.fixture
def parted(workspace):
    """The first PUMA is one county, the second lies in two, the third is the second county's."""
    rows = [(AREAS[0], "A", 1.0), (AREAS[1], "A", 0.25), (AREAS[1], "B", 0.75)]
    shares(workspace, [*rows, (AREAS[2], "B", 1.0)])
    return workspace


@pytest.mark.parametrize("statistic", [TOTAL, MEAN, SHARE, Statistic("mean", "np")])
def test_areas_of_whole_pumas_are_what_the_engine_says_of_them(workspace, run, statistic):
    shares(workspace, [(area, area, 1.0) for area in AREAS])
    found = estimates_by_shares(workspace, run, statistic, "county")
    direct = area_estimates(workspace, run, statistic)
    assert found["county"].tolist() == direct["puma"].tolist()
    for name in ("estimate", "standard_error", "n", "cv"):
        np.testing.assert_allclose(found[name], direct[name], rtol=1e-9)
    np.testing.assert_allclose(found["moe"], direct["moe"], rtol=1e-6)
    assert found["allocated"].tolist() == [0.0, 0.0, 0.0]


def test_totals_are_parted_and_add_up(parted, run):
    found = estimates_by_shares(parted, run, TOTAL, "county").set_index("county")["estimate"]
    by_puma = area_estimates(parted, run, TOTAL).set_index("puma")["estimate"]
    assert found["A"] == pytest.approx(by_puma[AREAS[0]] + 0.25 * by_puma[AREAS[1]])
    assert found.sum() == pytest.approx(by_puma.sum())


def test_means_are_weighed_by_the_households_of_each_part(parted, run):
    found = estimates_by_shares(parted, run, MEAN, "county").set_index("county")
    means = area_estimates(parted, run, MEAN).set_index("puma")["estimate"]
    homes = area_estimates(parted, run, Statistic("count")).set_index("puma")["estimate"]
    weights = np.array([homes[AREAS[0]], 0.25 * homes[AREAS[1]]])
    expected = np.average([means[AREAS[0]], means[AREAS[1]]], weights=weights)
    assert found.loc["A", "estimate"] == pytest.approx(expected)
    assert found.loc["A", "allocated"] == pytest.approx(weights[1] / weights.sum())


def test_the_margin_of_everything_is_that_of_the_whole(workspace, run):
    """What PUMAs share – replicate weights, implicates – is not counted as independent."""
    shares(workspace, [(area, "all", 1.0) for area in AREAS])
    found = estimates_by_shares(workspace, run, TOTAL, "county").iloc[0]
    whole = area_estimates(workspace, run, TOTAL, ()).iloc[0]
    assert found["estimate"] == pytest.approx(whole["estimate"])
    assert found["standard_error"] == pytest.approx(whole["standard_error"], rel=1e-6)


def test_a_condition_holds_in_the_areas_too(parted, run):
    found = estimates_by_shares(parted, run, TOTAL, "county", "np > 2")
    everybody = estimates_by_shares(parted, run, TOTAL, "county")
    assert (found["estimate"] < everybody["estimate"]).all()


@pytest.mark.parametrize("statistic", [MEAN, SHARE, Statistic("mean", "np")])
def test_areas_of_whole_pumas_rank_and_differ_as_pumas_do(workspace, run, statistic):
    shares(workspace, [(area, area, 1.0) for area in AREAS])
    areas = allocated_areas(workspace, run, statistic, "county")
    ranks = areas.ranking().table
    direct = area_ranks(workspace, run, statistic).table
    assert ranks["county"].tolist() == direct["puma"].tolist()
    for name in ("rank", "best_rank", "worst_rank"):
        assert ranks[name].tolist() == direct[name].tolist()
    chosen = areas.ranking().first_against(areas.kind, 3, areas.difference)
    assert chosen is not None
    assert chosen.comparisons == 3
    assert chosen.difference == pytest.approx(ranks["estimate"].iloc[0] - ranks["estimate"].iloc[2])
    pair = areas.difference(AREAS[0], AREAS[1])
    tested = compare_groups(workspace, run, statistic, {"puma": AREAS[0]}, {"puma": AREAS[1]})
    assert pair.difference == pytest.approx(tested.difference)
    assert pair.standard_error == pytest.approx(tested.standard_error, rel=1e-6)
    np.testing.assert_allclose(
        areas.draws(AREAS[2]), area_draws(workspace, run, statistic, AREAS[2])["estimate"]
    )


def test_areas_of_one_puma_are_taken_to_be_alike(workspace, run):
    shares(workspace, [(AREAS[0], "A", 0.5), (AREAS[0], "B", 0.5), (AREAS[1], "C", 1.0)])
    areas = allocated_areas(workspace, run, MEAN, "county")
    alike = areas.difference("A", "B")
    assert (alike.difference, alike.standard_error) == (0.0, 0.0)
    assert not alike.is_significant
    assert areas.difference("A", "C").standard_error > 0


def test_an_area_is_compared_with_all_of_them_together(workspace, run):
    shares(workspace, [(area, area, 1.0) for area in AREAS])
    areas = allocated_areas(workspace, run, MEAN, "county")
    found = areas.difference(AREAS[0])
    whole = area_estimates(workspace, run, MEAN, ()).iloc[0]
    tested = compare_groups(workspace, run, MEAN, {"puma": AREAS[0]}, "")
    assert found.second == pytest.approx(whole["estimate"])
    assert found.standard_error == pytest.approx(tested.standard_error, rel=0.05)
    together = areas.only(AREAS[:2]).together().iloc[0]
    homes = area_estimates(workspace, run, Statistic("count")).set_index("puma")["estimate"]
    means = area_estimates(workspace, run, MEAN).set_index("puma")["estimate"]
    expected = np.average(means[list(AREAS[:2])], weights=homes[list(AREAS[:2])])
    assert together["estimate"] == pytest.approx(expected)


def test_what_cannot_be_put_together_is_refused(parted, run):
    with pytest.raises(InputError, match="A median cannot be computed for areas"):
        estimates_by_shares(parted, run, Statistic("median", "energy"), "county")
    with pytest.raises(InputError, match=r"'district'.*Choose one of county"):
        estimates_by_shares(parted, run, TOTAL, "district")
