"""Codes of areas, however they are written."""

import pandas as pd
import pytest

from fusion_core.errors import InputError
from fusion_core.geography.levels import LEVELS, Unit, find_level, level_words, read_codes


@pytest.mark.parametrize(
    ("level", "written", "code"),
    [
        ("tract", "01001020100", "01001020100"),
        ("tract", "1001020100", "01001020100"),
        ("tract", "tract_01001020100", "01001020100"),
        ("tract", "1400000US01001020100", "01001020100"),
        ("block_group", "10010201001", "010010201001"),
        ("county", "1001", "01001"),
        ("county", "0500000US01001", "01001"),
        ("state", "AL", "01"),
        ("state", "Alabama/AL", "01"),
        ("state", "1", "01"),
        ("zip", "501", "00501"),
        ("zip", "00501-1234", "00501"),
        ("puma", "puma_0100100", "0100100"),
        ("puma", "100100.0", "0100100"),
    ],
)
def test_one_area_is_read_from_every_usual_writing(level, written, code):
    found = read_codes([pd.Series([written])], LEVELS[level])
    assert list(found.codes) == [code]
    assert not len(found.wrong)


def test_a_code_in_parts_is_put_together_with_its_zeros():
    parts = [pd.Series(["1"]), pd.Series(["1"]), pd.Series(["20100"])]
    assert list(read_codes(parts, LEVELS["tract"]).codes) == ["01001020100"]


@pytest.mark.parametrize(
    ("level", "written", "says"),
    [
        ("puma", "00100", "lacks its state"),
        ("tract", "99001020100", "no state has the code 99"),
        ("tract", "0100102", "not a tract code of 11 digits"),
        ("county", None, "identifier of the county is missing"),
        ("state", "Narnia", "not a state code"),
        ("zip", "ABCDE", "not a ZIP code of 5 digits"),
    ],
)
def test_what_is_no_code_is_said_with_its_row(level, written, says):
    good = {"puma": "0100100", "tract": "01001020100", "zip": "36003"}.get(level, "01")
    good = "01001" if level == "county" else good
    found = read_codes([pd.Series([good, written])], LEVELS[level])
    assert list(found.wrong) == [1]
    assert says in found.flaw(1)


def test_levels_are_found_by_their_usual_names():
    assert find_level("ZCTA").name == "zip"
    assert find_level("Block group").name == "block_group"
    with pytest.raises(InputError, match="no level of areas 'village'"):
        find_level("village")


def test_tracts_of_two_censuses_do_not_agree_but_counties_do():
    assert not Unit("tract", "2010").agrees(Unit("tract", "2020"))
    assert Unit("tract", "").agrees(Unit("tract", "2020"))
    assert Unit("county").contains(Unit("tract", "2010"))
    assert not Unit("tract", "2010").contains(Unit("block_group", "2020"))


@pytest.mark.parametrize(
    ("kind", "one", "several"),
    [
        ("puma", "PUMA", "PUMAs"),
        ("block_group", "block group", "block groups"),
        ("county", "county", "counties"),
        ("fire_district", "fire district", "areas (fire district)"),
    ],
)
def test_kinds_of_areas_are_written_as_people_write_them(kind, one, several):
    assert level_words(kind) == one
    assert level_words(kind, plural=True) == several
