"""One recipient variable as all donors answer it, lined up answer by answer."""

from dataclasses import replace

import pytest

from fusion_core.harmony.model import DROP, Harmony, HarmonySet, LevelGroup, Side, SurveyPair
from fusion_core.harmony.overview import regroup, target_table, target_variables
from fusion_core.surveys.model import SurveyId

ACS19, ACS22 = SurveyId("ACS", "2019"), SurveyId("ACS", "2022")
RECS, NHTS = SurveyId("RECS", "2015"), SurveyId("NHTS", "2017")


def side(variable, **groups):
    found = {label.replace("_", " "): group for label, group in groups.items()}
    return Side(variable, levels=tuple(LevelGroup(*item) for item in found.items()))


SCHL = side("schl", Grade_1=1, Grade_2=1, Diploma=2, BA=3)
EDUCATION = Harmony(side("education", Less=1, School=2, Degree=3), SCHL, revision=4)


def one(donor, recipient, *harmonies):
    return HarmonySet(SurveyPair(donor, recipient), harmonies)


def test_answers_every_donor_treats_alike_are_one_row():
    table = target_table([one(RECS, ACS19, EDUCATION)], "schl")
    assert [row.labels for row in table.rows] == [("Grade 1", "Grade 2"), ("Diploma",), ("BA",)]


def test_a_donor_that_tells_them_apart_makes_them_two():
    finer = Harmony(
        side("educ", None_=1, Some=2, More=3), side("schl", Grade_1=1, Grade_2=2, Diploma=2, BA=3)
    )
    table = target_table([one(RECS, ACS19, EDUCATION), one(NHTS, ACS19, finer)], "schl")
    assert ("Grade 1",) in [row.labels for row in table.rows]
    assert [(str(column.donor), column.variable) for column in table.columns] == [
        ("NHTS_2017", "educ"),
        ("RECS_2015", "education"),
    ]


def test_years_that_say_the_same_are_one_column_and_others_their_own():
    same = replace(EDUCATION, recipient=side("schl", grade_1=1, Diploma=2, BA=3, PhD=3))
    table = target_table([one(RECS, ACS19, EDUCATION), one(RECS, ACS22, same)], "schl")
    (column,) = table.columns
    assert [place.pair.recipient for place in column.places] == [ACS19, ACS22]
    assert column.cells["phd"] == 3
    other = replace(EDUCATION, recipient=side("schl", Grade_1=1, Diploma=1, BA=3))
    assert (
        len(target_table([one(RECS, ACS19, EDUCATION), one(RECS, ACS22, other)], "schl").columns)
        == 2
    )


def test_a_new_answer_stands_behind_the_one_it_follows():
    newer = replace(EDUCATION, recipient=side("schl", Grade_1=1, Diploma=2, Certificate=2, BA=3))
    table = target_table([one(RECS, ACS19, EDUCATION), one(NHTS, ACS22, newer)], "schl")
    labels = [label for row in table.rows for label in row.labels]
    assert labels.index("Certificate") == labels.index("Diploma") + 1


def test_a_column_says_what_its_groups_hold_and_what_is_open():
    harmony = replace(EDUCATION, donor=side("education", Less=1, School=None, Degree=3, Out=DROP))
    (column,) = target_table([one(RECS, ACS19, harmony)], "schl").columns
    assert [(group.code, group.answers) for group in column.groups] == [
        (1, ("Less",)),
        (2, ()),
        (3, ("Degree",)),
    ]
    assert column.open_answers == ("School",)
    assert column.places[0].revision == 4


def test_a_number_has_no_answers_to_line_up():
    plain = Harmony(side("kids", none=0), Side("agep"))
    table = target_table([one(RECS, ACS19, plain)], "agep")
    assert (table.columns, [place.key for place in table.as_number]) == ((), ["kids__agep"])
    assert target_variables([one(RECS, ACS19, plain, EDUCATION)]) == {"schl": 1}


@pytest.mark.parametrize("group", [2.0, None, DROP])
def test_answers_are_regrouped_whatever_their_case_and_absent_ones_do_not_matter(group):
    found = regroup(EDUCATION, "recipient", ["GRADE 2", "nowhere"], group)
    assert [item.group for item in found.recipient.levels] == [1, group, 2, 3]
    assert found.donor == EDUCATION.donor
