"""Conveying published harmonies to another vintage yields what people published for it."""

import pytest

from fusion_core.harmony.conveying import Vintages, convey
from fusion_core.harmony.fusiondata import read_harmonies
from fusion_core.harmony.model import SurveyPair
from fusion_core.ingest.fusiondata_dictionary import read_fusiondata_dictionary
from fusion_core.surveys import SurveyId

YEARS = ("2016", "2017", "2018", "2019")


@pytest.fixture(scope="module")
def dictionaries(shared_data):
    folder = shared_data / "dictionaries"
    names = ["RECS_2015", *(f"ACS_{year}" for year in ("2015", *YEARS))]
    found = {}
    for name in names:
        persons = folder / f"{name}_P.parquet"
        known = persons if persons.exists() else None
        found[name] = read_fusiondata_dictionary(folder / f"{name}_H.parquet", known).dictionary
    return found


def published(shared_data, dictionaries, year):
    path = shared_data / "harmonies" / "r" / f"RECS_2015__ACS_{year}.R"
    return read_harmonies(
        path, donor=dictionaries["RECS_2015"], recipient=dictionaries[f"ACS_{year}"]
    ).harmony_set


def partition(harmony):
    """Which levels or bins share a group, whatever its code."""
    groups = {}
    for name in ("donor", "recipient"):
        side = harmony.side(name)
        for position, item in enumerate(side.levels):
            level = position if side.breakpoints else item.level
            groups.setdefault(item.group, set()).add((name, level))
    shape = (harmony.donor.breakpoints, harmony.recipient.breakpoints)
    return shape, frozenset(frozenset(members) for members in groups.values())


def compare(shared_data, dictionaries, year):
    source = published(shared_data, dictionaries, "2015")
    target = published(shared_data, dictionaries, year)
    conveyance = convey(
        source,
        target.pair,
        donor=Vintages(dictionaries["RECS_2015"], dictionaries["RECS_2015"]),
        recipient=Vintages(dictionaries["ACS_2015"], dictionaries[f"ACS_{year}"]),
    )
    carried = {item.harmony.key: item.harmony for item in conveyance.harmonies if item.harmony}
    wanted = {item.key: item for item in target.harmonies if item.key in carried}
    same = [key for key, item in wanted.items() if partition(item) == partition(carried[key])]
    return conveyance, wanted, same


@pytest.mark.parametrize("year", YEARS)
def test_most_conveyed_groupings_are_those_people_published(year, shared_data, dictionaries):
    conveyance, wanted, same = compare(shared_data, dictionaries, year)
    assert len(conveyance.harmonies) == 23
    assert len(wanted) >= 20
    assert len(same) / len(wanted) >= 0.75


def test_weeks_worked_in_brackets_become_a_number_and_back(shared_data, dictionaries):
    """The Census Bureau published weeks worked in brackets (wkw) until 2018, then also as a number."""
    assert dictionaries["ACS_2018"]["wkw"].is_categorical
    assert not dictionaries["ACS_2019"]["wkwn"].is_categorical
    path = shared_data / "harmonies" / "r" / "CEI_2015-2019__ACS_2019.R"
    folder = shared_data / "dictionaries"
    donor = read_fusiondata_dictionary(
        folder / "CEI_2015-2019_H.parquet", folder / "CEI_2015-2019_P.parquet"
    ).dictionary
    source = read_harmonies(path, donor=donor, recipient=dictionaries["ACS_2019"]).harmony_set
    target = SurveyPair(source.pair.donor, SurveyId("ACS", "2018"))
    conveyance = convey(
        source,
        target,
        donor=Vintages(donor, donor),
        recipient=Vintages(dictionaries["ACS_2019"], dictionaries["ACS_2018"]),
    )
    weeks = next(item for item in conveyance.harmonies if item.key == "incweek1__wkwn")
    assert weeks.status == "proposed"
    assert weeks.harmony.recipient.variable == "wkw"
    assert weeks.harmony.donor.breakpoints == (14, 27, 40, 48, 50)
    codes = [item.group for item in weeks.harmony.recipient.levels]
    assert codes == [None, 6, 5, 4, 3, 2, 1]  # who did not work is left to a person
