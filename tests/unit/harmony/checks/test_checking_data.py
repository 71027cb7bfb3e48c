"""Mistakes planted in microdata are found, and the fix offered makes the finding disappear."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fusion_core.harmony.model.binning import bin_labels
from fusion_core.harmony.model.harmony import DROP, Harmony, LevelGroup, Side
from fusion_core.harmony.previews.preview import preview
from fusion_core.surveys import Dictionary, Survey, SurveyDescription, SurveyId
from fusion_core.surveys.model import variable_from_column

HOUSEHOLDS = 400
BANDS = ("Less than $20,000", "$20,000 to $49,999", "$50,000 to $99,999", "$100,000 or more")
POINTS = (20_000.0, 50_000.0, 100_000.0)
SCHOOL = ("none", "primary", "secondary", "college", "doctorate")


def grouped(variable, labels, codes, respondent="household", **more):
    table = tuple(LevelGroup(label, code) for label, code in zip(labels, codes, strict=True))
    return Side(variable, respondent, levels=table, **more)


@pytest.fixture(scope="module")
def surveys():
    """Two samples of one made-up population, so that every sound harmony is alike."""
    rng = np.random.default_rng(7)
    return tuple(_survey(name, rng) for name in ("DONOR", "ACS"))


def _survey(name, rng):
    income = rng.lognormal(10.8, 0.9, HOUSEHOLDS).round()
    children = rng.integers(0, 3, HOUSEHOLDS)
    adults = rng.integers(1, 5, HOUSEHOLDS)
    school = rng.choice(5, HOUSEHOLDS, p=[0.02, 0.08, 0.45, 0.4, 0.05])
    households = pd.DataFrame(
        {
            "household_id": np.arange(HOUSEHOLDS),
            "weight": rng.uniform(1, 3, HOUSEHOLDS),
            "income": income,
            "monthly": income / 12,
            "thousands": income / 1000,
            "band": pd.Categorical(np.array(BANDS)[np.digitize(income, POINTS)], BANDS),
            "school": pd.Categorical(np.array(SCHOOL)[school], SCHOOL, ordered=True),
            "owner": pd.Categorical(
                rng.choice(["yes", "no"], HOUSEHOLDS, p=[0.9, 0.1]), ["yes", "no"]
            ),
            "children": children,
            "same": 1.0,
        }
    )
    household = np.repeat(np.arange(HOUSEHOLDS), children + adults)
    number = np.arange(len(household)) - np.repeat(
        np.cumsum(children + adults) - (children + adults), children + adults
    )
    young = number >= adults[household]
    ages = np.where(young, rng.integers(0, 18, len(young)), rng.integers(18, 90, len(young)))
    persons = pd.DataFrame(
        {"household_id": household, "person_number": number + 1, "weight": 1.0, "age": ages}
    )
    variables = [
        variable_from_column(column, table[column], respondent=level)
        for table, level in ((households, "household"), (persons, "person"))
        for column in table.columns
        if column not in {"household_id", "person_number", "weight"}
    ]
    return Survey(
        SurveyDescription(SurveyId(name, "2019")), Dictionary(variables), households, persons
    )


INCOME = Side(
    "income",
    breakpoints=POINTS,
    levels=tuple(LevelGroup(label, code) for code, label in enumerate(bin_labels(POINTS), 1)),
)
BRACKETS = Harmony(grouped("band", BANDS, (1, 2, 3, 4)), INCOME, ordered=True)
TRAINING = Harmony(
    grouped("school", SCHOOL, (1, 2, 3, 4, 5)),
    grouped("school", SCHOOL, (1, 2, 3, 4, 5)),
    ordered=True,
)
OWNER = Harmony(grouped("owner", ("yes", "no"), (1, 2)), grouped("owner", ("yes", "no"), (1, 2)))
CHILDREN = Harmony(
    Side("children"),
    grouped("age", ("young", "old"), (1, 0), "person", breakpoints=(18.0,), aggregator="sum"),
)
MISTAKES = [
    ("units-differ", Harmony(Side("monthly"), Side("income"))),
    ("units-differ", Harmony(Side("income"), Side("thousands"))),
    ("units-differ", replace(BRACKETS, recipient=replace(INCOME, variable="monthly"))),
    ("units-differ", replace(BRACKETS, recipient=replace(INCOME, variable="thousands"))),
    ("groups-look-inverted", replace(OWNER, recipient=grouped("owner", ("yes", "no"), (2, 1)))),
    (
        "groups-look-inverted",
        replace(TRAINING, recipient=grouped("school", SCHOOL, (5, 4, 3, 2, 1))),
    ),
    (
        "head-count-looks-inverted",
        replace(
            CHILDREN,
            recipient=grouped(
                "age", ("young", "old"), (0, 1), "person", breakpoints=(18.0,), aggregator="sum"
            ),
        ),
    ),
    (
        "group-empty-on-one-side",
        replace(TRAINING, recipient=grouped("school", SCHOOL, (1, 2, 3, 5, 5))),
    ),
]


def found_in(harmony, surveys):
    return {item.rule: item for item in preview(harmony, *surveys).findings}


@pytest.mark.parametrize("harmony", [BRACKETS, TRAINING, OWNER, CHILDREN])
def test_a_sound_harmony_of_alike_surveys_has_no_findings(harmony, surveys):
    assert found_in(harmony, surveys) == {}


@pytest.mark.parametrize(("rule", "harmony"), MISTAKES)
def test_a_planted_mistake_is_found_and_its_fix_removes_it(rule, harmony, surveys):
    found = found_in(harmony, surveys)
    assert rule in found
    assert found[rule].severity == "warning"
    after = preview(found[rule].fix.harmony, *surveys)
    assert rule not in {item.rule for item in after.findings}
    assert after.similarity > 0.9


def test_groups_one_step_off_are_found(surveys):
    moved = grouped("school", SCHOOL, (1, 1, 2, 3, 4))
    harmony = replace(TRAINING, donor=moved, recipient=replace(TRAINING.recipient, missing=5))
    assert "groups-one-step-off" in found_in(harmony, surveys)


def test_a_poor_match_is_named_with_its_score(surveys):
    harmony = replace(TRAINING, recipient=grouped("school", SCHOOL, (1, 1, 1, 1, 5)))
    finding = found_in(harmony, surveys)["similarity-below-limit"]
    assert finding.severity == "warning"
    assert "under 0.80" in finding.sentence


def test_levels_still_to_be_grouped_are_no_poor_match(surveys):
    begun = replace(TRAINING, recipient=grouped("school", SCHOOL, (1, 1, 1, None, 5)))
    rules = found_in(begun, surveys)
    assert not rules.keys() & {"similarity-below-limit", "group-empty-on-one-side"}


def with_column(survey, name, values):
    return replace(survey, household=survey.household.assign(**{name: values}))


def test_levels_only_the_data_know_are_listed_by_the_fix(surveys):
    donor, recipient = surveys
    owner = donor.household["owner"].astype(str)
    owner.iloc[:3] = ["unknown", "no (rented)", "no (rented)"]
    donor = with_column(donor, "owner", owner)
    finding = found_in(OWNER, (donor, recipient))["level-only-in-data"]
    assert finding.severity == "error"
    assert set(finding.levels) == {"unknown", "no (rented)"}
    assert "3 rows" in finding.sentence
    assert "level-only-in-data" not in found_in(finding.fix.harmony, (donor, recipient))


def test_a_level_that_reads_like_a_known_one_gets_its_group(surveys):
    donor, recipient = surveys
    donor = with_column(donor, "owner", donor.household["owner"].astype(str).replace("yes", "Yes."))
    finding = found_in(OWNER, (donor, recipient))["level-only-in-data"]
    assert finding.fix.harmony.donor.levels[-1] == LevelGroup("Yes.", 1)
    assert "level-only-in-data" not in found_in(finding.fix.harmony, (donor, recipient))


def test_missing_answers_nobody_provided_for_are_found(surveys):
    donor, recipient = surveys
    donor = with_column(donor, "owner", donor.household["owner"].where(np.arange(HOUSEHOLDS) > 9))
    finding = found_in(OWNER, (donor, recipient))["missing-answers-without-group"]
    assert "10 rows of the donor" in finding.sentence
    assert finding.fix.harmony.donor.missing == DROP
    assert found_in(finding.fix.harmony, (donor, recipient)) == {}


def test_rows_outside_the_universe_nobody_provided_for_are_found(surveys):
    harmony = replace(OWNER, donor=replace(OWNER.donor, universe="income > 20000"))
    finding = found_in(harmony, surveys)["outside-universe-without-group"]
    assert finding.fix.harmony.donor.outside_universe == DROP
    assert "outside-universe-without-group" not in found_in(finding.fix.harmony, surveys)


def test_results_that_do_not_vary_are_found(surveys):
    everybody = Harmony(Side("same"), Side("same"))
    assert found_in(everybody, surveys)["constant-result"].severity == "warning"
    both = grouped("owner", ("yes", "no"), (1, 1))
    found = found_in(Harmony(both, both), surveys)
    assert {"constant-result", "one-group-only"} <= set(found)


STATES = ("Alabama", "Alaska", "Puerto Rico")


@pytest.mark.parametrize(
    ("recipient_codes", "rule"),
    [((1, 2, None), "level-without-group"), ((1, 2, 3), "unmatched-group")],
)
@pytest.mark.parametrize("has_rows", [False, True])
def test_an_area_without_rows_is_no_error(recipient_codes, rule, has_rows):
    """The dictionary lists Puerto Rico; whether somebody lives there decides."""
    found = _states(grouped("state", STATES, recipient_codes), has_rows=has_rows)
    (about,) = [item for item in found if item.rule == rule and item.side == "recipient"]
    assert about.severity == ("error" if has_rows else "hint")
    assert ("no row of the data has this" in about.sentence) != has_rows
    assert any(item.severity == "error" for item in found) == has_rows


@pytest.mark.parametrize("has_rows", [False, True])
def test_a_level_the_harmony_does_not_list_is_an_error_only_with_rows(has_rows):
    found = _states(grouped("state", STATES[:2], (1, 2)), has_rows=has_rows)
    assert {"hint", "error"} >= {item.severity for item in found if item.side == "recipient"}
    assert any(item.severity == "error" for item in found) == has_rows


def _states(side, *, has_rows):
    states = ["Alabama", "Alaska", "Alabama", "Puerto Rico" if has_rows else "Alaska"] * 25
    surveys = []
    for name, known in (("DONOR", STATES[:2]), ("ACS", STATES)):
        column = pd.Categorical([state for state in states if state in known], known)
        table = pd.DataFrame({"household_id": range(len(column)), "weight": 1.0, "state": column})
        entries = Dictionary([variable_from_column("state", table["state"])])
        surveys.append(Survey(SurveyDescription(SurveyId(name, "2020")), entries, table))
    harmony = Harmony(grouped("state", STATES[:2], (1, 2)), side)
    return preview(harmony, *surveys).findings
