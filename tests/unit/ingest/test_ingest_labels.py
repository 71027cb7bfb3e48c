"""Labels: what a blank means, which scales have an order, which spellings are the same answer."""

import pytest

from fusion_core.ingest.tables.labels import comparable, is_ordered, not_applicable_level, tidy


@pytest.mark.parametrize(
    ("label", "level"),
    [
        ("N/A (GQ/vacant)", ""),
        ("N/A(GQ/vacant)", ""),
        ("N/A (GQ/Vacant/NP=0)", ""),
        ("N/A (in GQ)", ""),
        ("N/A", ""),
        ("", ""),
        (
            "N/A (GQ/vacant/not owned or being bought/not mortgaged)",
            "Not owned or being bought/not mortgaged",
        ),
        ("N/A (less than 16 years old)", "Less than 16 years old"),
        ("N/A (less than 30 years/institutional GQ)", "Less than 30 years"),
        (
            "N/A (GQ/vacant units, except 'for rent' and 'rented, not occupied'/owned or being bought)",
            "Owned or being bought",
        ),
        (
            "N/A (less than 17 years old, no active duty) War Times:",
            "Less than 17 years old, no active duty",
        ),
    ],
)
def test_a_blank_is_a_level_only_where_it_says_something_about_a_household(label, level):
    assert not_applicable_level(label) == level


@pytest.mark.parametrize(
    "labels",
    [
        ["1939 or earlier", "1940 to 1949", "1950 to 1959"],
        ["No vehicles", "1 vehicle", "2 vehicles", "6 or more vehicles"],
        ["Less than $20,000", "$20,000 - $39,999", "$140,000 or more"],
        ["One story", "Two stories", "Three stories"],
    ],
)
def test_steps_of_a_scale_are_ordered(labels):
    assert is_ordered(labels)


@pytest.mark.parametrize(
    "labels",
    [
        ["Yes", "No"],
        ["Utility gas", "Electricity", "Wood"],
        ["3 to 5", "1 to 2", "6 to 9"],
        ["1", "2"],
    ],
)
def test_other_lists_are_not_ordered(labels):
    assert not is_ordered(labels)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nursery school/preschool", "Nursery school, preschool"),
        ("All Other Spanish/Hispanic/Latino", "All Other Spanish / Hispanic / Latino"),
        ("Some college or Associate’s degree", "Some college or Associate's degree"),
        ("$ 1000 - $ 2499", "$1000 – $2499"),
    ],
)
def test_spellings_of_the_same_answer_compare_equal(one, other):
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 room", "11 rooms"),
        ("Less than 5", "5 or more"),
        ("worked FT; spouse worked < FT", "worked FT; spouse worked FT"),
        ("Owned", "Rented"),
    ],
)
def test_different_answers_stay_different(one, other):
    assert comparable(one) != comparable(other)


def test_tidy_collapses_blanks_and_plain_quotes():
    assert tidy("  Bachelor’s \t degree ") == "Bachelor's degree"
