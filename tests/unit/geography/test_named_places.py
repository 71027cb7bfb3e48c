"""Whoever asks for a place gets its areas, however it is written."""

import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.geography.named_places import named_places, place_named

NAMES = {
    "3600101": "Erie County (West)--Buffalo City",
    "3604101": "NYC-Manhattan Community District 10--Harlem",
    "3604102": "NYC-Brooklyn Community District 5--East New York & Cypress Hills",
    "0603701": "Los Angeles County (North)--LA City (Northwest)",
    "0603702": "Los Angeles County (South)--Carson City",
    "2600100": "Ionia, Montcalm & Osceola Counties",
    "4120101": "Portland City (East)",
    "2300100": "Cumberland County (Coast)--Portland & South Portland Cities",
    "4804601": "Harris County--Houston City (West)",
    "0102000": "Houston, Geneva & Henry Counties--Dothan City",
    "1704101": "Cook County (Northwest)--Palatine & Barrington Townships PUM",
    "2704101": "Cook & Lake Counties",
}
AREAS = pd.DataFrame({"area_id": list(NAMES), "name": list(NAMES.values())})


@pytest.mark.parametrize(
    ("text", "title", "areas"),
    [
        ("New York", "New York", ("3600101", "3604101", "3604102")),
        ("ny", "New York", ("3600101", "3604101", "3604102")),
        ("New York City", "New York City, NY", ("3604101", "3604102")),
        ("Buffalo", "Buffalo City, NY", ("3600101",)),
        ("los angeles", "Los Angeles, CA", ("0603701", "0603702")),
        ("Los Angeles City", "Los Angeles City, CA", ("0603701",)),
        ("Montcalm County", "Montcalm County, MI", ("2600100",)),
        ("Portland, OR", "Portland City, OR", ("4120101",)),
        ("Portland, Maine", "Portland City, ME", ("2300100",)),
        ("Houston", "Houston City, TX", ("4804601",)),
        ("Barrington Township", "Barrington Township, IL", ("1704101",)),
        ("Pacific", "Pacific", ("0603701", "0603702", "4120101")),
        ("Harlem", "Harlem, NY", ("3604101",)),
        ("new york & cypress", "areas named “new york & cypress”", ("3604102",)),
    ],
)
def test_a_place_is_found_by_the_names_people_use(text, title, areas):
    found = place_named(AREAS, text)
    assert found.title == title
    assert found.areas == areas


def test_a_name_of_places_in_several_states_asks_for_the_state():
    with pytest.raises(
        InputError, match=r"a place in 2 states.*Cook County, IL or Cook County, MN"
    ):
        place_named(AREAS, "Cook County")


def test_a_place_nobody_knows_is_refused_with_what_there_is():
    with pytest.raises(InputError, match="Erewhon"):
        place_named(AREAS, "Erewhon")
    with pytest.raises(InputError, match="No place was named"):
        place_named(AREAS, "  ")


def test_every_place_that_is_offered_is_found_again():
    for place in named_places(AREAS):
        assert place_named(AREAS, place.title).areas == place.areas


def test_codes_without_states_have_no_states():
    areas = pd.DataFrame({"area_id": ["A", "B"], "name": ["North Coast", "East River"]})
    assert [place.title for place in named_places(areas)] == ["East River", "North Coast"]
    assert place_named(areas, "east river").areas == ("B",)
