"""How far the work is: variables by theme, and what is saved of them."""

import pytest

from fusion_core.harmony.model.harmony import Harmony, LevelGroup, Side, SurveyPair
from fusion_core.harmony.model.themes import OTHER, themes_of
from fusion_core.harmony.overview.coverage import coverage
from fusion_core.harmony.store.store import HarmonyStore
from fusion_core.surveys import Dictionary, SurveyId, Variable

PAIR = SurveyPair(SurveyId("RECS", "2015"), SurveyId("ACS", "2019"))


@pytest.mark.parametrize(
    ("description", "theme"),
    [
        ("Annual cost of electricity (dollars)", "Energy"),
        ("Number of own family members in hh", "Household and persons"),
        ("Number of bedrooms", "Housing"),
        ("Wages or salary income past 12 months", "Income and benefits"),
        ("SNAP or food stamps", "Food"),
        ("Dial-up service", "Appliances and media"),
        ("WALK TO SCHOOL", "Travel and vehicles"),  # the particular before the general
        ("Allocation flag of age", "Survey method"),
        ("Favourite colour", OTHER),
        ("", OTHER),
    ],
)
def test_a_theme_is_read_off_the_words(description, theme):
    assert themes_of(Dictionary([Variable("x", description)])) == {"x": theme}


def test_a_question_that_says_nothing_is_about_what_it_follows():
    asked = Dictionary(
        [
            Variable("fdpan", "Did you get food from a pantry?"),
            Variable("often", "How often did this happen? Universe: FDPAN = 1"),
            Variable("why1", "Why?", levels=("Lost the job", "Other")),
            Variable("snapbuy", "Where do you use SNAP?"),
            Variable("snapdays", ""),
            Variable("snow", ""),  # too few letters alike
        ]
    )
    assert themes_of(asked) == {
        "fdpan": "Food",
        "often": "Food",
        "why1": "Work",
        "snapbuy": "Food",
        "snapdays": "Food",
        "snow": OTHER,
    }


def saved(store, donor, verdict=""):
    sides = (Side(name, levels=(LevelGroup("yes", 1),)) for name in (donor, "ten"))
    harmony = store.save(Harmony(*sides), author="ann")
    if verdict:
        store.review(harmony.key, verdict, author="bob", text="because")


def test_variables_are_counted_by_theme_and_review(tmp_path):
    store = HarmonyStore(tmp_path, PAIR)
    saved(store, "rooms")
    saved(store, "owner", "reviewed")
    saved(store, "baths", "needs work")
    saved(store, "gone", "needs work")  # of a variable the dictionary has no more
    donor = Dictionary(
        [
            *(Variable(name, f"Housing: {name}") for name in ("rooms", "owner", "baths", "roof")),
            Variable("kwh", "Electricity use"),
            Variable("weight", "Housing weight", role="weight"),
        ]
    )
    found = {item.theme: item for item in coverage(donor, store.contents(), {"kwh", "rooms"})}
    assert list(found) == ["Energy", "Housing"]
    housing = found["Housing"]
    assert (housing.total, housing.harmonized) == (4, 3)
    assert (housing.to_review, housing.needs_work) == (1, 1)
    assert housing.set_aside == 0, "a harmony weighs more than a decision against one"
    assert (found["Energy"].harmonized, found["Energy"].set_aside) == (0, 1)
