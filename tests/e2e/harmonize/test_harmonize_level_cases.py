"""Hard published tables of levels, grouped in the browser with a quarter of a spreadsheet's keys."""

from __future__ import annotations

import pandas as pd
import pytest
from hard_cases import Hand, build_workspace, columns, read_published, saved, table
from playwright.sync_api import expect

from fusion_core.harmony.fusiondata.reading import read_harmonies
from fusion_core.harmony.model.harmony import Harmony
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.workspace.layout import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GAS = "RECS_2015__ACS_2019"
OCCUPATION = "CEI_2015-2019__ACS_2019"
BIRTHPLACE = "CPS_2019__ACS_2019"
EARLIER = {"RECS_2015__ACS_2018": "ngpay__gasfp", "CPS_2019__ACS_2018": "penatvty__pobp"}
"""Harmonies of another year that are in the workspace, as in daily work."""

SECTIONS = {
    "Less": 12,
    "Unemployed": 12,
    "MGR": 7,
    "BUS": 10,
    "FIN": 15,
    "CMM": 10,
    "ENG": 10,
    "SCI": 8,
    "CMS": 11,
    "LGL": 8,
    "EDU": 15,
    "ENT": 8,
    "MED": 13,
    "HLS": 13,
    "PRT": 1,
    "EAT": 1,
    "CLN": 1,
    "PRS": 1,
    "SAL": 14,
    "OFF": 3,
    "FFF": 3,
    "CON": 3,
    "EXT": 8,
    "RPR": 16,
    "PRD": 16,
    "TRN": 6,
    "MIL": 2,
}
"""Groups of the occupations' sections, in the order of the list: first what has no section."""
EXCEPTIONS = {
    4: ("farmers", "supervisors farming"),
    1: ("architectural managers",),
    5: ("foresters",),
    9: ("tutors",),
}
ELSEWHERE = ("kosovo", "kyrgyz", "gambia", "rwanda", "tunis", "zambia", "south sudan")


@pytest.fixture(scope="module")
def level_app(shared_data, app_server, tmp_path_factory):
    """One server on the surveys of all cases."""
    folder = tmp_path_factory.mktemp("levels") / "cases"
    surveys = ("RECS_2015", "CEI_2015-2019", "CPS_2019", "ACS_2019")
    workspace = build_workspace(shared_data, folder, surveys)
    for pair, key in EARLIER.items():
        found = read_harmonies(shared_data / "harmonies" / "r" / f"{pair}.R")
        chosen = [harmony for harmony in found.harmonies if harmony.key == key]
        HarmonyStore(workspace.path, found.pair).save_all(chosen, author="Year before")
    return app_server(folder)


@pytest.fixture
def hand(level_app, page) -> Hand:
    return Hand(page, level_app)


@pytest.fixture
def published(shared_data, level_app):
    """Return a published harmony by the name of its file and its key."""
    workspace = Workspace.open(level_app.workspace)
    return lambda pair, key: read_published(shared_data, workspace, pair, key)


def in_a_spreadsheet(harmony: Harmony) -> int:
    """Count the keys and clicks for two tables: a click each, a number and Enter per level."""
    sides = (harmony.donor, harmony.recipient)
    return sum(1 + sum(len(f"{item.group:.0f}") + 1 for item in side.levels) for side in sides)


def partners(harmony: Harmony) -> dict[tuple[str, str], frozenset[str]]:
    """Return, for every level, the donor levels it shares its group with."""
    donors: dict[object, set[str]] = {}
    for item in harmony.donor.levels:
        donors.setdefault(item.group, set()).add(item.level)
    return {
        (name, item.level): frozenset(donors.get(item.group, ()))
        for name in ("donor", "recipient")
        for item in harmony.side(name).levels
    }


def by_reference_person(persons: pd.DataFrame, variable: str, harmony: Harmony) -> list[str]:
    """Look up the group of every reference person's answer, one after the other."""
    groups = {item.level: f"{item.group:.0f}" for item in harmony.recipient.levels}
    rows = zip(persons["person_number"], persons[variable].astype(str), strict=True)
    return [groups[answer] for person, answer in rows if person == 1]


def test_a_borrowed_table_with_one_level_put_right(hand, published):
    hand.open(GAS, "ngpay", "gasfp")
    hand.take_suggestion("as in RECS 2015 → ACS 2018")
    hand.click(
        hand.level(
            "donor", "Some is paid by the household, some is included in the rent or condo fee"
        )
    )
    hand.group(2, longer=False)
    wanted = published(GAS, "ngpay__gasfp")
    assert 4 * (hand.clicks + hand.keys) <= in_a_spreadsheet(wanted)
    hand.save()
    harmony = saved(hand.workspace, GAS, wanted.key)
    assert partners(harmony) == partners(wanted)
    for column, name, side in zip(
        columns(hand, GAS, harmony),
        GAS.split("__"),
        (harmony.donor, harmony.recipient),
        strict=True,
    ):
        answers = table(hand, name, "household")[side.variable].astype(str)
        groups = {item.level: f"{item.group:.0f}" for item in side.levels}
        assert column.astype(str).tolist() == [groups[answer] for answer in answers]


def test_five_hundred_occupations_are_grouped_by_section(hand, published):
    hand.open(OCCUPATION, "occucod1", "occp")
    hand.click(hand.page.get_by_role("button", name="Groups", exact=True))
    hand.click(hand.page.get_by_role("menuitem", name="Each donor level its own group"))
    expect(hand.page.locator(".group-chip")).to_have_count(16)
    rows = hand.page.locator(".side-levels.recipient .level")
    expect(rows).to_have_count(len(SECTIONS))
    hand.click(rows.first)
    for code in SECTIONS.values():
        hand.group(code, longer=code == 1)
    for code, searches in EXCEPTIONS.items():
        for text in searches:
            hand.find("recipient", text)
        hand.finds(len(searches))
        hand.group(code, longer=code == 1)
    hand.chip("recipient", "collapse")
    hand.button("the reference person")
    wanted = published(OCCUPATION, "occucod1__occp")
    assert 4 * (hand.clicks + hand.keys) <= in_a_spreadsheet(wanted)
    hand.save()
    harmony = saved(hand.workspace, OCCUPATION, wanted.key)
    assert partners(harmony) == partners(wanted)
    _, recipient = columns(hand, OCCUPATION, harmony)
    assert recipient.astype(str).tolist() == by_reference_person(
        table(hand, "ACS_2019"), "occp", harmony
    )


def test_birthplaces_of_another_year_are_taken_and_seven_put_right(hand, published):
    hand.open(BIRTHPLACE, "penatvty", "pobp")
    hand.take_suggestion("as in CPS 2019 → ACS 2018")
    for place in ELSEWHERE:
        hand.find("recipient", place)
    hand.finds(len(ELSEWHERE))
    hand.press("g")
    hand.type("elsewhere")
    hand.press("Enter")
    wanted = published(BIRTHPLACE, "penatvty__pobp")
    assert 4 * (hand.clicks + hand.keys) <= in_a_spreadsheet(wanted)
    hand.save()
    harmony = saved(hand.workspace, BIRTHPLACE, wanted.key)
    # Four published groups meet only donor levels that the dictionary does not have.
    asked = {item.level for item in harmony.donor.levels}
    comparable = {
        level: meant for level, meant in partners(wanted).items() if meant and meant <= asked
    }
    assert len(comparable) == len(partners(harmony)) - 4
    assert {level: partners(harmony)[level] for level in comparable} == comparable
    _, recipient = columns(hand, BIRTHPLACE, harmony)
    assert recipient.astype(str).tolist() == by_reference_person(
        table(hand, "ACS_2019"), "pobp", harmony
    )
