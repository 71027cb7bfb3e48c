"""Topics tell what a question is about; lists tell what an answer stands for."""

import pytest

from fusion_core.harmony.labels import (
    domains,
    entries_of,
    entry_of_question,
    lists_about,
    meet,
    question_text,
    topics,
)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Annual gross household income for the last year", "household income"),
        ("ARE YOUR LIVING QUARTERS... (READ ANSWER CATEGORIES)", "tenure"),
        ("Housing tenure", "tenure"),
        ("Number of adults in the home", "members by age"),
        ("Number of household members (top-coded)", "household size"),
        ("Number of persons associated with this housing record", "household size"),
        ("Respondent age", "age"),
        ("Mode to Work", "mode"),
        ("Means of transportation to work", "mode"),
        ("Current Medicaid, CHIP, or other means-tested coverage", "Medicaid"),
        ("When structure first built", "year built"),
        ("Highest education completed by respondent", "attainment"),
        ("Usual hours worked per week past 12 months", "hours worked"),
        ("Amount of SNAP benefits received last month", "food stamps"),
    ],
)
def test_questions_on_one_topic_share_it_however_they_are_worded(question, topic):
    assert topic in topics(question)


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Number of persons 60 years and over", "age"),
        ("Number of bedrooms", "rooms"),
        ("Second mortgage payment", "mortgage"),
        ("Social Security income past 12 months", "household income"),
        ("Number of household members age 17 or younger", "household size"),
        ("Count of responding persons per household", "household size"),
    ],
)
def test_questions_that_only_share_words_share_no_topic(question, topic):
    assert topic not in topics(question)


def test_what_codebooks_append_is_no_part_of_the_question():
    assert question_text("RACE EDITED UNIVERSE: PRPERTYP = 1, 2, OR 3") == "RACE"


def test_a_topic_belongs_to_a_domain():
    assert domains(topics("Housing tenure")) == {"housing"}


def test_topics_name_the_lists_answers_are_taken_from():
    assert lists_about(["attainment"]) == ("education",)


@pytest.mark.parametrize(
    ("name", "label", "entries"),
    [
        ("education", "Less than 1st grade", {"school.none", "school.pre", "school.kg"}),
        ("education", "GED or alternative credential", {"hs.ged"}),
        ("education", "Regular high school diploma", {"hs.diploma"}),
        ("education", "Grades 5 or 6", {"school.grade.5", "school.grade.6"}),
        ("education", "12th grade - no diploma", {"school.grade.12"}),
        ("education", "Some college or Associate's degree", {"college", "associate"}),
        ("education", "Professional degree beyond a bachelor's degree", {"graduate.professional"}),
        ("structure", "Apartment in a building with 2 to 4 units", {"many.2", "many.3"}),
        ("structure", "Single-family house detached from any other house", {"one.detached"}),
        ("tenure", "Owned free and clear", {"own.clear"}),
        ("tenure", "Occupied without payment of rent", {"rent.unpaid"}),
        ("place", "South America, not specified", {"america.south.other"}),
        ("place", "Burma", {"asia.south eastern.myanmar"}),
        ("race", "American Indian or Alaska Native", {"aian"}),
        ("race", "Two or More Races", {"several"}),
        ("occupation", "Clerical or administrative support", {"OFF"}),
    ],
)
def test_a_label_stands_for_entries_of_its_list(name, label, entries):
    assert entries_of(name, [label]) == [frozenset(entries)]


def test_less_than_high_school_holds_every_grade():
    below, ninth = entries_of("education", ["Less than a high school diploma", "Grade 9"])
    assert meet(below, ninth)


def test_initials_are_races_where_labels_join_them():
    labels = ["White only", "Black only", "Asian only", "White-Asian", "W-B-A"]
    assert entries_of("race", labels)[3:] == [
        frozenset({"several.asian+white"}),
        frozenset({"several.asian+black+white"}),
    ]


def test_georgia_is_a_state_between_states():
    among = entries_of("place", ["Florida", "Georgia", "Hawaii"])[1]
    alone = entries_of("place", ["Armenia", "Georgia"])[1]
    assert among != alone
    assert meet(among, frozenset({"us"}))


def test_a_yes_or_no_question_asks_about_entries():
    assert entry_of_question("hispanic", "Respondent is Hispanic or Latino") == {"yes"}
