"""What a run says of location follows the places its donors were really narrowed by."""

from types import SimpleNamespace

import pandas as pd
import pytest

from fusion_core.geography.location import write_intersections
from fusion_core.prepare.location_knowledge import location_knowledge

PUMAS = ("0100100", "0100200", "0200100", "4800100")
STATES = ("AL", "AK", "TX")
REGIONS = ("South", "West", "South")


def said(workspace, recipient=PUMAS, **geography):
    """Return the sentences of a run whose donor publishes these columns."""
    donor = pd.DataFrame(geography)
    source = SimpleNamespace(
        id=SimpleNamespace(title="TOY 2020"),
        description=SimpleNamespace(geography=tuple(donor.columns)),
        column_names=lambda _: list(donor.columns),
    )
    pool = SimpleNamespace(donor=donor, recipient=pd.DataFrame({"puma": recipient}))
    predictors = pd.DataFrame({"predictor": ["size"], "source": ["harmony"], "kept": [True]})
    return location_knowledge(workspace, source, pool, predictors)


@pytest.fixture
def workspace(toy_workspace):
    for path in (toy_workspace.geography_folder / "intersections").glob("*.parquet"):
        path.unlink()
    for path in (toy_workspace.geography_folder / "contexts").glob("*"):
        path.unlink()
    return toy_workspace


def test_a_state_is_a_place_although_no_table_says_so(workspace):
    known = said(workspace, state=STATES)
    assert known[0] == "TOY 2020 publishes in which of 3 states its households live."
    assert known[-1].startswith("Within one state, how areas differ")


def test_what_follows_from_a_smaller_place_is_not_named_beside_it(workspace):
    known = said(workspace, region=REGIONS, state=STATES, fips=("01", "02", "48"))
    assert known[0] == "TOY 2020 publishes in which of 3 states its households live."


def test_places_that_cross_are_named_side_by_side(workspace):
    zones = pd.DataFrame(
        {"zone": ["hot", "hot", "cold", "cold"], "puma": PUMAS[:3] + PUMAS[:1], "share": 0.5}
    )
    write_intersections(workspace, "zones", zones)
    known = said(workspace, state=STATES, zone=("hot", "cold", "hot"))
    assert known[0] == (
        "TOY 2020 publishes in which of 3 states and 2 places (zone) its households live."
    )


@pytest.mark.parametrize("column", [{"answer": STATES}, {"state": ("here", "there", "there")}])
def test_labels_nobody_can_relate_to_pumas_are_no_place(workspace, column):
    assert said(workspace, recipient=("9900100",), **column)[0] == (
        "TOY 2020 publishes no place that could be related to PUMAs."
    )
