"""However an area is written, it meets its polygon; what could mean two areas meets none."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.geography.codes import match_areas
from fusion_core.us_states import STATES as KNOWN
from fusion_core.us_states import state_code

STATES = pd.DataFrame(
    [(code, name) for code, (_, name) in KNOWN.items()], columns=["area_id", "name"]
)
COUNTIES = pd.DataFrame(
    {
        "area_id": ["01001", "01129", "22109", "24005", "24510", "41067", "72031"],
        "name": [
            "Autauga County",
            "Washington County",
            "Terrebonne Parish",
            "Baltimore County",
            "Baltimore city",
            "Washington County",
            "Carolina Municipio",
        ],
    }
)
WAYS = (
    "{name}/{postal}",
    "{code}",
    "{name}",
    "{postal}",
    "{number}",
    "{number}.0",
    "0400000US{code}",
    "{code} - {name}",
    "{name} ({postal})",
    "{postal}: {name}",
    " {name} ",
    "{lower}",
    "{code} | {postal}",
)


def written(way, code):
    postal, name = KNOWN[code]
    return way.format(code=code, number=int(code), postal=postal, name=name, lower=name.lower())


@pytest.mark.parametrize("way", WAYS)
def test_every_state_meets_its_polygon_in_every_way_it_is_written(way):
    expected = {written(way, code): code for code in KNOWN}
    assert match_areas(expected, STATES) == expected


WHOLE = [way for way in WAYS if "{number}" not in way and "US" not in way]
"""Boundaries are stored with whole codes."""


@given(st.sampled_from(WAYS), st.sampled_from(WHOLE))
def test_polygons_may_be_named_in_other_ways_than_the_survey_does(stored, drawn):
    areas = pd.DataFrame({"area_id": [written(drawn, code) for code in KNOWN]})
    areas["name"] = areas["area_id"]
    expected = {written(stored, code): written(drawn, code) for code in KNOWN}
    assert match_areas(expected, areas) == expected


@pytest.mark.parametrize(
    ("text", "county"),
    [
        ("01001", "01001"),
        ("1001", "01001"),
        ("0500000US01001", "01001"),
        ("1001.0", "01001"),
        ("Autauga County, Alabama", "01001"),
        ("Autauga, AL", "01001"),
        ("AUTAUGA COUNTY", "01001"),
        ("Terrebonne Parish, Louisiana", "22109"),
        ("Washington County, OR", "41067"),
        ("Baltimore city, Maryland", "24510"),
        ("Baltimore County, Maryland", "24005"),
        ("Carolina Municipio, Puerto Rico", "72031"),
        ("41067 Washington", None),
        ("Washington County", None),
        ("Washington", None),
        ("Nowhere County, Alabama", None),
        ("Autauga County, Texas", None),
    ],
)
def test_counties_meet_by_code_and_by_name_with_state(text, county):
    assert match_areas([text], COUNTIES).get(text) == county


@pytest.mark.parametrize(
    "text", ["", "nan", "None", "Alabama/TX", "AL/TX", "99", "03", "Northeast", "0", "1.5", "US"]
)
def test_what_is_no_state_or_two_of_them_is_none(text):
    assert state_code(text) is None
    assert match_areas([text], STATES) == {}


def test_leading_zeros_are_found_again_and_half_codes_are_not_guessed():
    pumas = pd.DataFrame({"area_id": ["0100100", "4100600"], "name": ["A PUMA", "B PUMA"]})
    assert match_areas([100100, "0100100", "00100", "600"], pumas) == {
        "100100": "0100100",
        "0100100": "0100100",
    }


def test_areas_of_any_kind_meet_by_name_code_or_both():
    regions = pd.DataFrame({"area_id": ["1", "2", "3"], "name": ["Northeast", "Midwest", "South"]})
    values = ["Northeast", "MIDWEST", "3 - South", "South (3)", "3.0", "West", "1 - South"]
    assert match_areas(values, regions) == {
        "Northeast": "1",
        "MIDWEST": "2",
        "3 - South": "3",
        "South (3)": "3",
        "3.0": "3",
    }


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_text_is_taken_and_identifiers_always_mean_themselves(texts):
    assert set(match_areas(texts, STATES).values()) <= set(STATES["area_id"])
    own = match_areas(STATES["area_id"], STATES)
    assert all(value == area for value, area in own.items())


@pytest.mark.parametrize("label", ["1 - Northeast", "4: West", "06 / suppressed"])
def test_a_number_beside_words_that_name_no_state_is_none(label):
    assert state_code(label) is None
