"""States, regions and divisions name PUMAs by themselves: no file is needed to place a donor."""

import pandas as pd
import pytest

from fusion_core.geography.known_places import (
    donor_intersections,
    known_intersections,
    place_kind,
)
from fusion_core.geography.location import write_intersections
from fusion_core.us_states import _DIVISIONS, STATES, states_of
from fusion_core.workspace.layout import Workspace

PUMAS = ["0100100", "0100200", "0600101", "3604001", "7200101"]


@pytest.mark.parametrize(
    ("label", "states"),
    [
        ("AL", {"01"}),
        ("Alabama/AL", {"01"}),
        ("01", {"01"}),
        ("Middle Atlantic", {"34", "36", "42"}),
        ("Mid-Atlantic", {"34", "36", "42"}),
        ("3 - Mountain South", {"04", "32", "35"}),
        ("Mountain", {"08", "16", "30", "49", "56", "04", "32", "35"}),
        ("Census division: Pacific", {"02", "06", "15", "41", "53"}),
        ("Cold climate", set()),
        ("3", set()),
        ("", set()),
    ],
)
def test_a_label_stands_for_states(label, states):
    assert states_of(label) == states


def test_the_four_regions_are_every_state_once():
    regions = [states_of(name) for name in ("Northeast", "Midwest", "South", "West")]
    assert [len(states) for states in regions] == [9, 12, 17, 13]
    together = [code for states in regions for code in states]
    assert sorted(together) == sorted(code for code in STATES if code < "60")
    assert len(_DIVISIONS) == 10


def test_a_state_overlaps_the_pumas_that_begin_with_its_code():
    (table,) = known_intersections("hhstate", ["AL", "NY"], PUMAS)
    assert table.to_dict("list") == {
        "hhstate": ["AL", "AL", "NY"],
        "puma": ["0100100", "0100200", "3604001"],
        "share": [1.0, 1.0, 1.0],
    }


def test_one_place_nobody_knows_leaves_the_whole_column_out():
    assert known_intersections("zone", ["AL", "Zone 4"], PUMAS) == []


def test_a_stored_table_goes_before_what_is_known(tmp_path):
    workspace = Workspace.create(tmp_path / "w", title="")
    stored = pd.DataFrame({"region": ["South"], "puma": ["0100100"], "share": [0.5]})
    write_intersections(workspace, "region", stored)
    donor = pd.DataFrame({"region": ["South"], "state": ["AL"], "zone": ["Hot"]})
    tables = donor_intersections(workspace, donor, ["region", "state", "zone", "gone"], PUMAS)
    assert [list(table.columns) for table in tables] == [
        ["region", "puma", "share"],
        ["state", "puma", "share"],
    ]
    assert tables[0]["share"].tolist() == [0.5]
    assert tables[1]["puma"].tolist() == ["0100100", "0100200"]


@pytest.mark.parametrize(
    ("column", "labels", "kind"),
    [
        ("hhstate", ["AK", "TX"], "state"),
        ("st", ["Alaska", "48"], "state"),
        ("regionc", ["Northeast", "Midwest", "South", "West"], "region"),
        (
            "div",
            [*("New England", "Middle Atlantic", "East North Central"), "Pacific", "Mountain"],
            "division",
        ),
        ("climate", ["Hot-humid", "Marine"], "climate"),
        ("half", ["TX", "elsewhere"], "half"),
        ("empty", [], "empty"),
    ],
)
def test_places_are_called_what_they_are_or_by_their_column(column, labels, kind):
    assert place_kind(column, labels) == kind
