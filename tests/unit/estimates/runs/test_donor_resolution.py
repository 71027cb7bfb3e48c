"""What the donor alone says, at the finest places it publishes, and where these are."""

import numpy as np
import pandas as pd
import pytest
from small_run import AREAS, add_run

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.estimates.places import donor_residuals, donor_resolution
from fusion_core.estimates.runs import area_estimates
from fusion_core.geography.location import write_intersections
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column

ENERGY = Statistic("mean", "energy")


def add_donor(workspace, geography=("zone", "division")):
    generator = np.random.default_rng(3)
    household = pd.DataFrame(
        {
            "household_id": [f"D{row}" for row in range(200)],
            "zone": np.where(np.arange(200) % 2, "Coast", "Valley"),
            "division": "Pacific",
            "energy": generator.gamma(2.0, 20.0, 200),
            "weight": generator.integers(1, 9, 200).astype(float),
        }
    )
    described = SurveyDescription(SurveyId("RECS", "2015"), geography=geography)
    answers = Dictionary([variable_from_column("energy", household["energy"])])
    workspace.add_survey(Survey(described, answers, household))
    return household


def zones(workspace):
    table = pd.DataFrame(
        {
            "puma": [AREAS[0], AREAS[1], AREAS[1], AREAS[2]],
            "zone": ["Coast", "Coast", "Valley", "Valley"],
            "share": [1.0, 0.3, 0.7, 1.0],
        }
    )
    write_intersections(workspace, "zone", table)


def test_the_finest_places_are_taken_and_estimated_with_the_donors_weights(workspace, run):
    household = add_donor(workspace)
    zones(workspace)
    found = donor_resolution(workspace, run, ENERGY)
    assert found.column == "zone"
    by_zone = found.table.set_index("zone")["estimate"]
    for zone, rows in household.groupby("zone"):
        assert by_zone[zone] == pytest.approx(np.average(rows["energy"], weights=rows["weight"]))


def test_an_area_in_two_places_shows_the_one_with_most_of_it(workspace, run):
    add_donor(workspace)
    zones(workspace)
    found = donor_resolution(workspace, run, ENERGY)
    assert found.place_of == {AREAS[0]: "Coast", AREAS[1]: "Valley", AREAS[2]: "Valley"}
    assert found.cut == 1
    assert "1 PUMA lies in several places; it shows the one with most of it." in found.sentence
    shown = found.of_areas(pd.Series([AREAS[2], "4199999", AREAS[0]]))
    assert shown["place"].tolist()[::2] == ["Valley", "Coast"]
    assert np.isnan(shown["estimate"].iloc[1])


def test_known_divisions_need_no_file(workspace, run):
    add_donor(workspace, geography=("division",))
    found = donor_resolution(workspace, run, ENERGY)
    assert set(found.place_of.values()) == {"Pacific"}
    assert found.cut == 0


def test_what_no_donor_was_asked_has_no_estimate_of_its_own(workspace, run):
    add_donor(workspace)
    with pytest.raises(InputError, match="No donor was asked 'np'"):
        donor_resolution(workspace, run, Statistic("mean", "np"))


def test_a_donor_without_known_places_says_so(workspace):
    run = add_run(workspace)
    add_donor(workspace, geography=())
    with pytest.raises(InputError, match="RECS 2015 publishes no place"):
        donor_resolution(workspace, run, ENERGY)


def test_fused_estimates_are_put_together_for_the_donors_places(workspace, run):
    add_donor(workspace)
    zones(workspace)
    found = donor_residuals(workspace, run, ENERGY)
    table = found.table.set_index("place")
    alone = found.own.table.set_index("zone")
    fused = area_estimates(workspace, run, ENERGY).set_index("puma")["estimate"]
    size = area_estimates(workspace, run, Statistic("count")).set_index("puma")["estimate"]
    homes = size[list(AREAS[:3])].to_numpy() * [0.0, 0.7, 1.0]
    valley = np.average(fused[list(AREAS[:3])], weights=homes)
    assert table.loc["Valley", "estimate"] == pytest.approx(valley)
    assert table.loc["Valley", "external"] == pytest.approx(alone.loc["Valley", "estimate"])
    gap = table["estimate"] - table["external"]
    assert table["difference"].to_numpy() == pytest.approx(gap.to_numpy())
    margin = np.hypot(table["moe"], table["external_moe"])
    assert (table["within_moe"] == (gap.abs() <= margin)).all()
    shown = found.of_areas(pd.Series([AREAS[2], "4199999"]))
    assert shown["place"].iloc[0] == "Valley"
    assert np.isnan(shown["difference"].iloc[1])
