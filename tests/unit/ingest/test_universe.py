"""A blank field is an answer only of those the question was not for."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion_core.ingest.acs._census_dictionary import CensusValue, CensusVariable
from fusion_core.ingest.acs._universe import Universe, clauses, plain_code


def variable(name, blank="", **labels):
    values = [CensusValue("", "", blank)] if blank else []
    values += [CensusValue(code[1:], code[1:], label) for code, label in labels.items()]
    return CensusVariable(name, values=tuple(values))


ENTRIES = {
    item.name: item
    for item in (
        CensusVariable("AGEP", "number"),
        variable("SEX", _1="Male", _2="Female"),
        variable(
            "ESR",
            "N/A (less than 16 years old)",
            _1="Civilian employed, at work",
            _2="Civilian employed, with a job but not at work",
        ),
        variable(
            "JWTRNS",
            "N/A (not a worker-not in the labor force, including persons under 16 years; unemployed)",
            _01="Car, truck, or van",
            _11="Worked from home",
        ),
        variable(
            "JWRIP",
            "N/A (not a worker or worker whose means of transportation to work was not "
            "car, truck, or van)",
            _1="Drove alone",
        ),
        variable("FER", "N/A (less than 15 years/greater than 50 years/ male)", _1="Yes", _2="No"),
        variable("SFN", "N/A (GQ/not in a subfamily)", _1="Subfamily 1"),
        variable("MAR", _1="Married", _5="Never married or under 15 years old"),
        variable(
            "WKL",
            "N/A (less than 16 years old)",
            _1="Within the past 12 months",
            _3="Over 5 years ago or never worked",
        ),
        variable(
            "WKWN",
            "N/A (less than 16 years old/did not work during the past 12 months or case "
            "is from before 2019)",
            _1="Weeks",
        ),
        variable(
            "TEN",
            "N/A (GQ/vacant)",
            _1="Owned with mortgage or loan (include home equity loans)",
            _2="Owned free and clear",
            _3="Rented",
        ),
        variable("MRGX", "N/A (GQ/vacant/not owned or being bought/not mortgaged)", _1="Mortgage"),
    )
}


def blanks(name, **columns):
    frame = pd.DataFrame({key: pd.Categorical(values) for key, values in columns.items()})
    return Universe(frame, np.ones(len(frame), dtype=bool), ENTRIES).blanks(ENTRIES[name])


def test_a_blank_is_the_answer_of_a_child_and_a_missing_answer_of_an_adult():
    found = blanks("ESR", AGEP=["15", "16", "40"], ESR=[None, None, "1"])
    assert found.answers.tolist() == [True, False, False]
    assert found.missing.tolist() == [False, True, False]
    assert found.sentences() == ["1 blank field is missing: the question applied there"]


def test_any_of_several_clauses_makes_the_blank_an_answer():
    found = blanks("FER", AGEP=["14", "51", "30", "30"], SEX=["2", "2", "1", "2"], FER=[None] * 4)
    assert found.answers.tolist() == [True, True, True, False]


def test_an_age_that_is_unknown_vouches_for_nothing():
    found = blanks("ESR", AGEP=[None, None], ESR=[None, "1"])
    assert found.missing.tolist() == [True, False]


def test_a_clause_about_another_question_follows_its_answer_and_its_own_universe():
    found = blanks(
        "JWTRNS",
        AGEP=["40", "40", "10", "40"],
        ESR=["1", "2", None, None],
        JWTRNS=[None, None, None, None],
    )
    assert found.answers.tolist() == [False, True, True, False]


def test_not_driving_to_work_is_read_off_the_means_of_transport():
    found = blanks(
        "JWRIP", AGEP=["40"] * 3, ESR=["1", "1", "2"], JWTRNS=["01", "11", None], JWRIP=[None] * 3
    )
    assert found.answers.tolist() == [False, True, True]


def test_tenure_decides_who_has_a_mortgage():
    found = blanks("MRGX", TEN=["1", "2", "3", None], MRGX=[None, None, None, None])
    assert found.answers.tolist() == [False, True, True, False]


def test_a_question_that_was_not_asked_yet_has_no_answer():
    found = blanks("WKWN", AGEP=["40", "10", "40"], WKL=["1", None, "3"], WKWN=[None, None, None])
    assert found.answers.tolist() == [False, True, True]


def test_words_that_cannot_be_checked_are_believed_and_said_where_nothing_else_lacks():
    found = blanks("SFN", AGEP=["40", "40"], MAR=["1", None], SFN=[None, None])
    assert found.answers.tolist() == [True, False]
    missing, unchecked = found.sentences()
    assert missing == "1 blank field is missing: the question applied there"
    assert unchecked.startswith("1 blank field is taken at the dictionary's word")


def test_a_blank_the_dictionary_does_not_foresee_is_missing():
    found = blanks("MAR", MAR=["1", None])
    assert found.missing.tolist() == [False, True]


@pytest.mark.parametrize(
    ("code", "plain"),
    [("01", "1"), ("0", "0"), ("000", "0"), ("-0009", "-9"), (" 7 ", "7"), ("0A", "0A")],
)
def test_leading_zeros_are_no_part_of_a_code(code, plain):
    assert plain_code(code) == plain


@pytest.mark.parametrize(
    ("label", "cut"),
    [
        ("N/A (GQ/vacant)", []),
        ("N/A (less than 16 years old)", ["less than 16 years old"]),
        (
            "N/A (age less than 15 years; never married)",
            ["age less than 15 years", "never married"],
        ),
        (
            "N/A (less than 17 years old, no active duty) War Times:",
            ["less than 17 years old", "no active duty"],
        ),
    ],
)
def test_the_words_of_a_blank_are_cut_into_clauses(label, cut):
    assert clauses(label) == cut


@given(
    ages=st.lists(st.one_of(st.none(), st.integers(0, 99).map(str)), min_size=1, max_size=20),
    data=st.data(),
)
def test_every_blank_is_either_an_answer_or_missing(ages, data):
    answers = data.draw(
        st.lists(st.sampled_from([None, "1", "2"]), min_size=len(ages), max_size=len(ages))
    )
    found = blanks("ESR", AGEP=ages, ESR=answers)
    blank = np.array([answer is None for answer in answers])
    assert (found.answers ^ found.missing).tolist() == blank.tolist()
    grown = np.array([age is not None and int(age) >= 16 for age in ages])
    assert not (found.answers & grown).any()
