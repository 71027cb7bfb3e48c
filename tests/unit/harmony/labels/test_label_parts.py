"""Parts of labels: alternatives, numbers, mixtures – and what they do to proposed groups."""

import pytest

from fusion_core.harmony.labels.parts import alternatives, mixtures, named_numbers
from fusion_core.harmony.matching.level_matching import propose_groups
from fusion_core.surveys import Variable


def groups(proposed):
    return {item.level: item.group for item in proposed}


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Car, truck, or van (not a bus)", ("Car", "truck", "van")),
        ("Boat / Ferry", ("Boat", "Ferry")),
        ("Propane (bottled gas)", ("Propane",)),
        ("High school, no diploma", ()),
        ("Less than high school or GED", ()),
        ("1 or 2 rooms", ()),
        ("Wood", ()),
        ("", ()),
    ],
)
def test_alternatives_stand_beside_each_other_and_qualifiers_do_not(label, expected):
    assert alternatives(label) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("1st, 2nd, 3rd or 4th grade", {1, 2, 3, 4}),
        ("grades 9-12", {9, 10, 11, 12}),
        ("6 to 8 years (none 3-5)", {6, 7, 8}),
        ("$25,000", set()),
        ("12-9", {9, 12}),
        ("", set()),
    ],
)
def test_a_label_names_its_numbers_and_those_between(label, expected):
    assert named_numbers(label) == expected


def test_mixtures_join_other_labels_in_full_or_by_initials():
    levels = ["White Only", "Black Only", "Hawaiian/Pacific Islander Only", "White-Black", "W-HP"]
    assert mixtures(levels) == [False, False, False, True, True]


def test_single_grades_join_the_span_they_are_in():
    donor = Variable("e", levels=("Elementary (grades 1-8)", "High school (grades 9-12)"))
    recipient = Variable("s", levels=("Grade 3", "Grade 8", "Grade 10"))
    assert groups(propose_groups(donor, recipient).recipient) == {
        "Grade 3": 1,
        "Grade 8": 1,
        "Grade 10": 2,
    }


def test_one_of_the_alternatives_is_enough():
    donor = Variable("m", levels=("Car", "Van", "Bicycle"))
    recipient = Variable("n", levels=("Car, truck, or van", "Bicycle"))
    assert groups(propose_groups(donor, recipient).donor) == {"Car": 1, "Van": 1, "Bicycle": 2}


def test_a_question_about_now_denies_what_is_over():
    donor = Variable("a", "Is the member now in the armed forces?", levels=("Yes", "No"))
    levels = ("Now on active duty", "On active duty in the past, but not now", "Never served")
    found = groups(propose_groups(donor, Variable("mil", levels=levels)).recipient)
    assert list(found.values()) == [1, 2, 2]


def test_kinds_of_yes_the_other_side_does_not_know_are_all_a_yes():
    donor = Variable("w", levels=("Never", "A few times a month", "Daily"))
    recipient = Variable("a", levels=("Yes, by paying", "Yes, without paying", "No access"))
    found = propose_groups(donor, recipient)
    assert list(groups(found.donor).values()) == [1, 2, 2]
    assert list(groups(found.recipient).values()) == [2, 2, 1]


def test_a_section_of_a_long_list_joins_what_it_is_like_on_the_whole():
    kinds = ("Financial Managers", "Sales Managers", "Chief Executives")
    others = [f"EDU-Teachers Of Kind {k}" for k in range(20)]
    recipient = Variable("occp", levels=(*(f"MGR-{kind}" for kind in kinds), *others))
    donor = Variable("occ", levels=("Managers", "Teachers"))
    found = groups(propose_groups(donor, recipient).recipient)
    assert found["MGR-Chief Executives"] == found["MGR-Sales Managers"] == 1
    assert found["EDU-Teachers Of Kind 7"] == 2
