"""Answers taken from one official list pair by what they stand for, not by how they read."""

from fusion_core.harmony.matching import CandidateIndex, propose_groups
from fusion_core.surveys.model import Dictionary, Variable

ORIGINS = (
    "Not Spanish / Hispanic / Latino",
    "Mexican",
    "Cuban",
    "Peruvian",
    "All Other Spanish / Hispanic / Latino",
)
SCHOOLING = (
    "No schooling completed",
    "Nursery school, preschool",
    *(f"Grade {n}" for n in range(1, 12)),
    "12th grade - no diploma",
    "Regular high school diploma",
    "GED or alternative credential",
    "1 or more years of college credit, no degree",
    "Associate's degree",
    "Bachelor's degree",
    "Master's degree",
)


def together(description, levels, other, others):
    """Return the sets of labels of the second variable that stand in one group, per donor label."""
    donor = Variable("d", description, "person", levels=levels)
    recipient = Variable("r", other, "person", levels=others)
    found = propose_groups(donor, recipient)
    return {
        item.level: {its.level for its in found.recipient if its.group == item.group}
        for item in found.donor
        if item.group is not None
    }


def test_not_hispanic_stands_against_all_origins():
    found = together("Hispanic origin", ("HISPANIC", "NON-HISPANIC"), "Hispanic origin", ORIGINS)
    assert found == {"HISPANIC": set(ORIGINS[1:]), "NON-HISPANIC": {ORIGINS[0]}}


def test_states_are_the_united_states():
    places = ("Alabama / AL", "Wyoming / WY", "Mexico", "Czech Republic", "Yugoslavia")
    donors = ("United States", "Mexico", "Czechoslovakia", "Yugoslavia")
    found = together("Country of birth", donors, "Place of birth", places)
    assert found["United States"] == {"Alabama / AL", "Wyoming / WY"}
    assert found["Czechoslovakia"] == {"Czech Republic"}
    assert found["Yugoslavia"] == {"Yugoslavia"}


def test_grades_are_less_than_high_school_and_not_no_education():
    levels = ("No education", "Less than a high school graduate", "High school graduate or GED")
    found = together("Educational Attainment", levels, "Educational attainment", SCHOOLING)
    assert found["No education"] == {"No schooling completed"}
    assert {f"Grade {n}" for n in range(1, 12)} <= found["Less than a high school graduate"]
    assert found["High school graduate or GED"] == set(SCHOOLING[14:16])


def test_the_householder_stands_apart_from_sons_and_siblings():
    levels = ("Head/householder", "Child", "Sibling", "Other nonrelatives")
    others = (
        "Reference person",
        "Biological son or daughter",
        "Stepson or stepdaughter",
        "Brother or sister",
        "Other nonrelative",
    )
    what = "Relationship to household head"
    found = together(what, levels, "Relationship to reference person", others)
    assert found == {
        "Head/householder": {"Reference person"},
        "Child": {"Biological son or daughter", "Stepson or stepdaughter"},
        "Sibling": {"Brother or sister"},
        "Other nonrelatives": {"Other nonrelative"},
    }


def test_what_the_other_side_lacks_goes_to_its_label_for_the_rest():
    levels = ("Natural gas from underground pipes", "Electricity", "Some other fuel")
    others = ("Utility gas", "Electricity", "Solar energy", "Other fuel")
    found = together("Main space heating fuel", levels, "Primary heating fuel", others)
    assert found["Some other fuel"] == {"Solar energy", "Other fuel"}


def test_yes_stands_for_what_the_question_asks():
    others = ("Born in the U.S.", "U.S. citizen by naturalization", "Not a citizen of the U.S.")
    found = together("Born in United States", ("Yes", "No"), "Citizenship status", others)
    assert found == {"Yes": {others[0]}, "No": set(others[1:])}


def test_a_question_on_the_same_topic_comes_first_without_a_word_in_common():
    recipient = Dictionary(
        [
            Variable("hincp", "Household income in the past 12 months", type="integer"),
            Variable("r60", "Presence of persons 60 years and over in household"),
            Variable("ten", "Housing tenure", levels=("Owned", "Rented")),
            Variable("agep", "Age", "person", "integer"),
        ]
    )
    index = CandidateIndex(recipient)
    quarters = Variable("hetenure", "Are your living quarters...", levels=("Owned", "Rented"))
    income = Variable(
        "moneypy",
        "Annual gross household income for the last year",
        type="ordered",
        levels=("Less than $20,000", "$20,000 - $39,999", "$40,000 or more"),
    )
    adults = Variable("adults", "Number of adults in the household", type="integer")
    assert [index.rank(item)[0].variable.name for item in (quarters, income, adults)] == [
        "ten",
        "hincp",
        "agep",
    ]


RACES = (
    "White alone",
    "Black or African American alone",
    "American Indian alone",
    "Alaska Native alone",
    "Asian alone",
    "Native Hawaiian and Other Pacific Islander alone",
    "Some Other Race alone",
    "Two or More Races",
)


def test_the_rest_of_races_holds_those_no_answer_names():
    levels = (
        "White, Alone",
        "Black, Alone",
        "Asian, Alone",
        "Any other race alone, or race in combination",
    )
    found = together("Race, categorical", levels, "Race", RACES)
    assert found[levels[3]] == {*RACES[2:4], *RACES[5:]}
    assert found["White, Alone"] == {"White alone"}


def test_some_other_race_joins_several_where_a_survey_has_no_such_answer():
    levels = ("White", "Black", "American Indian or Alaska Native", "Asian", "2 or more races")
    found = together("Race", levels, "Race", RACES)
    assert found["2 or more races"] >= {"Some Other Race alone", "Two or More Races"}


def test_asian_or_pacific_islander_is_one_kind_where_islanders_have_no_answer_of_their_own():
    levels = ("White", "Black", "Asian/Native Hawaiian/Pacific Islander", "Multiple races")
    found = together("Race", levels, "Race", RACES)
    assert found[levels[2]] == {"Asian alone", "Native Hawaiian and Other Pacific Islander alone"}


def test_a_country_joins_elsewhere_and_not_the_only_country_near():
    levels = ("United States", "Germany", "Mexico", "Elsewhere")
    places = ("Alabama / AL", "Germany", "France", "Mexico", "Guatemala")
    found = together("Birthplace", levels, "Place of birth", places)
    assert found["Germany"] == {"Germany"}
    assert found["Elsewhere"] == {"France", "Guatemala"}


def test_what_a_list_knows_on_both_sides_is_not_paired_because_it_is_left_over():
    levels = ("Employee of a private company", "State government", "Self-employed")
    others = ("Private company", "State government", "Working without pay in family business")
    found = together("Class of worker", levels, "Class of worker", others)
    assert "Self-employed" not in found


def test_difficulties_are_disabilities_where_they_are_large():
    levels = ("No difficulty", "Some difficulty", "A lot of difficulty", "Cannot do at all")
    found = together("Difficulty walking", levels, "Ambulatory difficulty", ("Yes", "No"))
    assert found["Some difficulty"] == found["No difficulty"] == {"No"}
    assert found["A lot of difficulty"] == found["Cannot do at all"] == {"Yes"}


def test_public_transportation_is_every_kind_of_it():
    kinds = ("Car, truck, or van", "Bus", "Subway or elevated rail", "Ferryboat", "Walked")
    found = together(
        "Means of transportation to work",
        ("Drove alone", "Public transportation", "Walked"),
        "Means of transportation to work",
        kinds,
    )
    assert found["Public transportation"] == set(kinds[1:4])


def test_rent_free_is_rented_where_a_survey_knows_owners_and_renters():
    found = together(
        "Tenure",
        ("Owned by a member", "Rented"),
        "Tenure",
        ("Owned free and clear", "Rented", "Occupied without payment of rent"),
    )
    assert found["Rented"] == {"Rented", "Occupied without payment of rent"}


def test_who_refuses_belongs_to_nobody():
    levels = ("Less than high school", "High school graduate", "Refused", "Don't know")
    found = together(
        "Education", levels, "Educational attainment", ("Less than 3 years old", *SCHOOLING)
    )
    assert not found.keys() & {"Refused", "Don't know"}


def test_houses_built_since_a_survey_was_made_join_its_newest_answer():
    levels = ("Before 1950", "1950s", "1960 to 1999", "2000 to 2015")
    years = (
        "1939 or earlier",
        "1940 to 1949",
        "1950 to 1959",
        "1960 to 1999",
        "2000 to 2015",
        "2016",
        "2021",
    )
    found = together("Year built", levels, "When structure first built", years)
    assert found["Before 1950"] == {"1939 or earlier", "1940 to 1949"}
    assert found["1950s"] == {"1950 to 1959"}
    assert found["2000 to 2015"] == {"2000 to 2015", "2016", "2021"}
