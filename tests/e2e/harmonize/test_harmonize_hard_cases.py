"""The hard published cases, done in the browser without writing code, against a brute-force count."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hard_cases import (
    WAIT,
    Hand,
    build_workspace,
    columns,
    read_published,
    saved,
    table,
)
from looking import wait_until_inside
from playwright.sync_api import expect

from fusion_core.harmony.apply.prices import deflation_factor
from fusion_core.workspace.layout import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def case_app(shared_data, app_server, tmp_path_factory):
    """One server on surveys with the real dictionaries for all cases."""
    folder = tmp_path_factory.mktemp("hard") / "cases"
    build_workspace(shared_data, folder)
    return app_server(folder)


@pytest.fixture
def hand(case_app, page) -> Hand:
    return Hand(page, case_app)


@pytest.fixture(scope="module")
def published(shared_data, case_app):
    """Return a published harmony by the name of its file and its key."""
    workspace = Workspace.open(case_app.workspace)

    def find(pair: str, key: str):
        return read_published(shared_data, workspace, pair, key)

    return find


def by_household(persons: pd.DataFrame, counted: list[bool]) -> list[int]:
    """Count persons household by household, one after the other."""
    found: dict[str, int] = {}
    for household, counts in zip(persons["household_id"], counted, strict=True):
        found[household] = found.get(household, 0) + bool(counts)
    return [found[household] for household in sorted(found)]


def same_partition(left: pd.Series, right: pd.Series) -> bool:
    """Whether two columns put the same rows together, whatever they call the groups."""
    pairs = pd.DataFrame({"left": left.astype(str), "right": right.astype(str)}).drop_duplicates()
    return pairs["left"].is_unique and pairs["right"].is_unique


def test_children_are_counted_by_their_age(hand, published):
    pair = "RECS_2015__ACS_2015"
    hand.open(pair, "numchild", "agep")
    hand.chip("recipient", "collapse")
    hand.button("number of persons who")
    hand.type("18")
    hand.press("Enter")
    hand.reads("number of household members under 18")
    hand.save()
    harmony = saved(hand.workspace, pair, "numchild__agep")
    donor, recipient = columns(hand, pair, harmony)
    persons = table(hand, "ACS_2015")
    assert recipient.tolist() == by_household(persons, [age < 18 for age in persons["agep"]])
    assert donor.tolist() == table(hand, "RECS_2015", "household")["numchild"].tolist()
    for one, other in zip(
        (donor, recipient), columns(hand, pair, published(pair, harmony.key)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert (hand.clicks, hand.keys) == (3, 3)


class Members(NamedTuple):
    """Whom a donor variable counts: what is typed for it, and the ages it means."""

    donor: str
    typed: tuple[str, ...]
    sex: str
    said: str
    ages: range


@pytest.mark.parametrize(
    "case",
    [
        Members(
            "as_comp1", ("at least", "16"), "Male", "aged 16 or more who are male", range(16, 130)
        ),
        Members(
            "as_comp3", ("between", "2", "15"), "Male", "aged 2 to 15 who are male", range(2, 16)
        ),
        Members("as_comp5", ("less than", "2"), "", "under 2", range(2)),
    ],
)
def test_members_of_an_age_and_sex_are_counted(hand, published, case):
    pair = "CEI_2015-2019__ACS_2019"
    hand.open(pair, case.donor, "agep")
    hand.chip("recipient", "collapse")
    hand.button("number of persons who")
    comparison, *numbers = case.typed
    if comparison != "less than":  # which stands there already
        hand.choose("Comparison", comparison)
    for number in numbers:
        hand.type(number)
        hand.press("Tab")
    if case.sex:
        hand.button("+ condition")
        hand.type("sex")
        hand.press("Enter")
        hand.click(hand.page.locator(".level-choice", has_text=case.sex).first)
    hand.reads(f"number of household members {case.said}")
    hand.save()
    harmony = saved(hand.workspace, pair, f"{case.donor}__agep")
    _, recipient = columns(hand, pair, harmony)
    persons = table(hand, "ACS_2019")
    sexes = {case.sex} if case.sex else {"Male", "Female"}
    rows = zip(persons["agep"], persons["sex"].astype(str), strict=True)
    assert recipient.tolist() == by_household(
        persons, [age in case.ages and sex in sexes for age, sex in rows]
    )
    _, wanted = columns(hand, pair, published(pair, harmony.key))
    np.testing.assert_array_equal(recipient, wanted)
    assert hand.clicks + hand.keys <= 16


def test_owned_and_leased_vehicles_meet_the_seven_classes(hand, published):
    pair = "CEI_2015-2019__ACS_2015"
    hand.open(pair, "vehq", "veh")
    hand.chip("donor", "adjust")
    hand.type("vehql")
    hand.press("Enter")
    hand.reads("total number of owned vehicles plus total number of leased vehicles")
    hand.press("Escape")
    hand.chip("donor", "bins")
    hand.button("use the ranges")
    hand.save()
    harmony = saved(hand.workspace, pair, "vehq__veh")
    donor, recipient = columns(hand, pair, harmony)
    households = table(hand, "CEI_2015-2019", "household")
    total = (households["vehq"] + households["vehql"]).clip(upper=6)
    assert same_partition(donor, total)
    assert harmony.ordered
    assert donor.cat.codes.tolist() == total.tolist()
    for one, other in zip(
        (donor, recipient), columns(hand, pair, published(pair, harmony.key)), strict=True
    ):
        assert same_partition(one, other)


def test_an_amount_becomes_yes_or_no(hand, published):
    pair = "CEI_2015-2019__ACS_2015"
    hand.open(pair, "jfs_amtm", "fs")
    hand.chip("donor", "adjust")
    hand.choose("Then", "yes or no: more than 0")
    hand.reads("whether it is more than 0")
    hand.save()
    harmony = saved(hand.workspace, pair, "jfs_amtm__fs")
    donor, recipient = columns(hand, pair, harmony)
    amounts = table(hand, "CEI_2015-2019", "household")["jfs_amtm"]
    yes = harmony.recipient.levels[0].group
    assert ((donor == f"{yes:.0f}") == (amounts > 0)).all()
    for one, other in zip(
        (donor, recipient), columns(hand, pair, published(pair, harmony.key)), strict=True
    ):
        assert same_partition(one, other)


def test_dollars_are_deflated_and_meet_the_brackets(hand, published):
    pair = "RECS_2020__ACS_2019"
    hand.open(pair, "moneypy", "hincp")
    hand.chip("recipient", "deflate")
    hand.button("prices of RECS 2020")
    hand.reads("× 1.012, CPI-U 2020 / 2019")
    hand.chip("recipient", "bins")
    hand.button("use the ranges")
    hand.save()
    harmony = saved(hand.workspace, pair, "moneypy__hincp")
    donor, recipient = columns(hand, pair, harmony)
    income = table(hand, "ACS_2019", "household")["hincp"] * deflation_factor(2019, 2020)
    edges = [5e3, 7.5e3, 1e4, 12.5e3, 15e3, 2e4, 25e3, 3e4, 35e3, 4e4, 5e4, 6e4, 75e3, 1e5, 15e4]
    brackets = [sum(dollars >= edge for edge in edges) for dollars in income]
    assert recipient.cat.codes.tolist() == brackets
    assert income.min() < 0
    assert (recipient.cat.codes[(income < 0).to_numpy()] == 0).all()
    assert same_partition(donor, columns(hand, pair, published(pair, harmony.key))[0])


def test_years_of_moving_in_meet_durations_counted_back(hand):
    pair = "AHS_2019__ACS_2019"
    hand.open(pair, "move", "mv")
    expect(hand.page.locator(".plain-number.donor .facts")).to_contain_text("lowest1934")
    hand.chip("donor", "bins")
    hand.button("use the ranges")
    hand.chip("donor", "collapse")
    hand.button("the reference person")
    hand.save()
    harmony = saved(hand.workspace, pair, "move__mv")
    assert harmony.donor.breakpoints == (1990, 2000, 2010, 2015, 2018, 2019)
    donor, _ = columns(hand, pair, harmony)
    persons = table(hand, "AHS_2019")
    years = 2019 - persons.loc[persons["person_number"] == 1, "move"]
    lowest = [0, 1, 2, 5, 10, 20, 30]  # 12 months or less, 13 to 23 months, 2 to 4 years, …
    wanted = [sum(year >= low for low in lowest[1:]) for year in years]
    group = {item.level: item.group for item in harmony.recipient.levels}
    labels = list(group)
    assert donor.astype(float).tolist() == [group[labels[index]] for index in wanted]


def test_eight_sources_of_income_are_added_up(hand, published):
    pair = "ASEC_2019__ACS_2019"
    hand.open(pair, "incasist", "oip")
    hand.chip("donor", "adjust")
    hand.type("inc")
    for name in ("incunemp", "incvet", "incwkcom", "incchild", "inceduc", "incother", "incdisab"):
        hand.click(
            hand.page.locator(".picker-menu .suggestion").filter(
                has=hand.page.get_by_text(name, exact=True)
            )
        )
    hand.press("Escape")
    hand.reads("plus income from educational assistance plus")
    hand.page.set_viewport_size({"width": 1024, "height": 768})
    wait_until_inside(hand.page.locator(".quantiles"))
    hand.save()
    harmony = saved(hand.workspace, pair, "incasist__oip")
    donor, recipient = columns(hand, pair, harmony)
    persons = table(hand, "ASEC_2019")
    sources = [
        "incasist",
        "incunemp",
        "incvet",
        "incwkcom",
        "incchild",
        "inceduc",
        "incother",
        "incdisab",
    ]
    totals = persons[sources].sum(axis=1).groupby(persons["household_id"]).mean()
    np.testing.assert_allclose(donor, totals)
    for one, other in zip(
        (donor, recipient), columns(hand, pair, published(pair, harmony.key)), strict=True
    ):
        np.testing.assert_allclose(one, other)


def test_weeks_worked_are_those_of_the_reference_person(hand):
    pair = "CEI_2015-2019__ACS_2019"
    hand.open(pair, "incweek1", "wkwn")
    hand.chip("recipient", "collapse")
    hand.button("the reference person")
    hand.save()
    harmony = saved(hand.workspace, pair, "incweek1__wkwn")
    _, recipient = columns(hand, pair, harmony)
    persons = table(hand, "ACS_2019")
    assert recipient.tolist() == persons.loc[persons["person_number"] == 1, "wkwn"].tolist()


INDUSTRY_SECTIONS = {
    "AGR": 170,
    "EXT": 370,
    "UTL": 570,
    "CON": 770,
    "MFG": 1070,
    "WHL": 4070,
    "RET": 4670,
    "TRN": 6070,
    "INF": 6470,
    "FIN": 6870,
    "PRF": 7270,
    "EDU": 7860,
    "MED": 7970,
    "SCA": 8370,
    "ENT": 8560,
    "SRV": 8770,
    "ADM": 9370,
    "MIL": 9670,
}
"""Where the sections of the Census Bureau's list of industries begin."""


def test_industry_codes_meet_industries_by_the_sections_of_the_list(hand, published):
    pair = "ASEC_2019__ACS_2019"
    hand.open(pair, "ind", "naicsp")
    hand.take_suggestion("where their codes begin")
    hand.save()
    assert hand.clicks + hand.keys == 2
    harmony = saved(hand.workspace, pair, "ind__naicsp")
    donor, recipient = columns(hand, pair, harmony)
    starts = list(INDUSTRY_SECTIONS.values())
    persons = table(hand, "ASEC_2019")
    codes = persons.loc[persons["person_number"] == 1, "ind"]
    assert donor.cat.codes.tolist() == [sum(code >= start for start in starts) for code in codes]
    persons = table(hand, "ACS_2019")
    answers = persons.loc[persons["person_number"] == 1, "naicsp"].astype(str)
    group = {item.level: item.group for item in harmony.recipient.levels}
    binned = [item.group for item in harmony.donor.levels]
    assert recipient.cat.codes.tolist() == [binned.index(group[answer]) for answer in answers]
    listed = {label[:3]: code for label, code in group.items() if label[3:4] == "-"}
    assert [listed[section] for section in INDUSTRY_SECTIONS] == binned[1:]
    published_group = {
        item.level: item.group for item in published(pair, harmony.key).recipient.levels
    }
    known = [level for level in group if level in published_group]
    assert len(known) >= len(group) - 1  # the file abbreviates one label
    assert same_partition(pd.Series(group)[known], pd.Series(published_group)[known])


def assign_in_order(hand: Hand, side: str, codes: str) -> None:
    """Put the levels of a side into groups by keys: the next level is ready after each."""
    hand.click(hand.page.locator(f".side-levels.{side} .level").first)
    hand.type(codes)
    hand.press("Escape")


def test_persons_outside_the_shared_universe_join_those_not_asked(hand, published):
    pair = "ASEC_2019__ACS_2019"
    hand.open(pair, "wnlwnilf", "wkl")
    assign_in_order(hand, "donor", "1234")
    assign_in_order(hand, "recipient", "1234")
    hand.chip("donor", "universe")
    hand.type("age")
    hand.press("Enter")
    hand.choose("Comparison", "is none of")
    hand.type("15")
    hand.press("Enter")
    hand.press("Escape")
    hand.choose("Group of rows outside the universe", "group 1")
    hand.chip("recipient", "universe")
    hand.type("agep")
    hand.press("Enter")
    hand.choose("Comparison", "at most")
    hand.type("49")
    hand.press("Tab")
    hand.button("+ condition")
    hand.type("esr")
    hand.press("Enter")
    hand.click(hand.page.locator(".level-choice", has_text="Not in labor force"))
    hand.reads("persons aged 49 or less whose employment status is “Not in labor force”")
    hand.choose("Group of rows outside the universe", "group 1")
    hand.save()
    harmony = saved(hand.workspace, pair, "wnlwnilf__wkl")
    both = columns(hand, pair, harmony)
    persons = table(hand, "ACS_2019")
    group = {item.level: item.group for item in harmony.recipient.levels}
    inside = (persons["agep"] <= 49) & (persons["esr"].astype(str) == "Not in labor force")
    codes = persons["wkl"].astype(str).map(group).where(inside, 1.0)
    highest = codes.groupby(persons["household_id"]).max()
    assert both[1].astype(float).tolist() == highest.tolist()
    for one, other in zip(both, columns(hand, pair, published(pair, harmony.key)), strict=True):
        assert one.astype(str).tolist() == other.astype(str).tolist()


def test_rows_outside_the_universe_get_a_named_group_and_group_quarters_leave(hand):
    pair = "ASEC_2019__ACS_2019"
    hand.open(pair, "relate", "relshipp")
    expect(hand.page.locator(".suggestion-band.looking")).to_have_count(0, timeout=WAIT)
    hand.click(hand.page.get_by_role("button", name="Take all"))
    for label in (
        "Institutionalized group quarters population",
        "Noninstitutionalized group quarters population",
    ):
        shown = hand.page.locator(".side-levels.recipient .level")
        hand.click(shown.filter(has=hand.page.get_by_text(label, exact=True)))
        hand.press("x")
        hand.press("Escape")
    hand.chip("recipient", "universe")
    hand.type("agep")
    hand.press("Enter")
    hand.type("15")
    hand.press("Enter")
    hand.choose("Group of rows outside the universe", "own group “not in universe”")
    hand.save()
    harmony = saved(hand.workspace, pair, "relate__relshipp")
    dropped = [item.level for item in harmony.recipient.levels if item.group == "drop"]
    assert [label.split(" ")[0] for label in dropped] == [
        "Institutionalized",
        "Noninstitutionalized",
    ]
    code = harmony.recipient.outside_universe
    assert dict(harmony.group_names)[code] == "not in universe"
    assert code < min(item.group for item in harmony.donor.levels if item.group is not None)
