"""The recipient: a sample like the American Community Survey, with its persons and replicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.demo.samples._replicates import REPLICATES, successive_difference_factors
from fusion_core.demo.samples._sampling import Drawn, draw_sample
from fusion_core.demo.samples._weighting import adjust_nonresponse, rake, round_weights
from fusion_core.demo.samples.codebook import HOUSEHOLD_QUESTIONS, PERSON_QUESTIONS, Question
from fusion_core.demo.world import RECIPIENT, RECIPIENT_YEAR, STATE_NAME, slot_numbers
from fusion_core.surveys.model import (
    Dictionary,
    Survey,
    SurveyDescription,
    Variable,
    variable_from_column,
)
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fusion_core.demo.world import Population

    Array = NDArray[Any]

EXPECTED_RESPONSE = 0.81
DESIGN = WeightDesign.successive_difference(REPLICATES)
_AGE_CLASSES = (30, 45, 60, 70)
_PERSON_AGE_CLASSES = (5, 15, 25, 35, 45, 55, 65, 75)


def draw_recipient(population: Population, households: int, rng: np.random.Generator) -> Survey:
    """Draw and weight the recipient survey.

    Parameters
    ----------
    population
        Everybody.
    households
        Responding households wanted, approximately.
    rng
        Source of randomness.
    """
    drawn, weights = recipient_weights(population, households, rng)
    rows = drawn.row[drawn.responded]
    place = population.households["place"].to_numpy()[rows]
    weights = round_weights(weights, place)
    shuffled = rng.permutation(len(rows))
    identifiers = np.array([f"{RECIPIENT_YEAR}HU{number:07d}" for number in range(len(rows))])
    # Published files hide the street order of the sample; so does this one.
    order = np.argsort(shuffled)
    rows, weights = rows[order], weights[order]
    answers = population.households.iloc[rows].reset_index(drop=True)
    puma = population.places.table["puma"].to_numpy()[answers["place"].to_numpy()]
    household = _table(answers, HOUSEHOLD_QUESTIONS, weights)
    household.insert(0, "household_id", identifiers)
    household.insert(1, "puma", puma)
    person = _person_table(population, rows, identifiers, weights)
    return Survey(_description(), _dictionary(household, person), household, person)


def recipient_weights(
    population: Population, households: int, rng: np.random.Generator
) -> tuple[Drawn, Array]:
    """Draw the sample and compute unrounded weights: full sample, then 80 replicates.

    Returns
    -------
    tuple
        The drawn sample, and weights of the respondents in sort order, shape (respondents, 81).
    """
    everyone = population.households
    place = everyone["place"].to_numpy()
    counts = np.bincount(place)
    drawn = drawn_recipients(population, households, rng)
    factors = successive_difference_factors(len(drawn.row))
    base = drawn.weight[:, None] * np.column_stack([np.ones(len(factors)), factors])
    sampled = everyone.iloc[drawn.row]
    renter = (sampled["ten"].to_numpy() > 1).astype(np.int64)
    cell = sampled["place"].to_numpy() * 2 + renter
    weights = adjust_nonresponse(base, drawn.responded, cell)
    rows = drawn.row[drawn.responded]
    kind = _control_class(everyone)
    margins = [
        (place[rows], counts.astype(float)),
        (kind[rows], np.bincount(kind).astype(float)),
    ]
    return drawn, rake(weights, margins)


def drawn_recipients(population: Population, households: int, rng: np.random.Generator) -> Drawn:
    """Draw the households of the recipient survey.

    Parameters
    ----------
    population, households, rng
        As in `draw_recipient`.
    """
    place = population.households["place"].to_numpy()
    counts = np.bincount(place)
    # Small areas are sampled at a higher rate, as the Census Bureau does.
    share = counts**0.6 / np.sum(counts**0.6)
    return draw_sample(population.households, place, share * households / EXPECTED_RESPONSE, rng)


def _control_class(households: pd.DataFrame) -> Array:
    """Cross of tenure and householder's age, whose state totals are known."""
    age = np.digitize(households["reference_agep"], _AGE_CLASSES)
    return age * 2 + (households["ten"].to_numpy() > 1)


def _person_table(
    population: Population, rows: Array, identifiers: Array, weights: Array
) -> pd.DataFrame:
    everyone = population.persons
    owner = np.full(len(population.households), -1)
    owner[rows] = np.arange(len(rows))
    mine = owner[everyone["household"].to_numpy()]
    sampled = everyone[mine >= 0].assign(sample=mine[mine >= 0])
    sampled = sampled.sort_values(["sample", "person_number"], kind="stable")
    position = sampled["sample"].to_numpy()
    person_weights = rake(weights[position], _person_margins(population, sampled), rounds=3)
    table = _table(
        sampled.reset_index(drop=True), PERSON_QUESTIONS, np.maximum(np.round(person_weights), 1.0)
    )
    table.insert(0, "household_id", identifiers[position])
    table.insert(1, "person_number", slot_numbers(position))
    return table


def _person_margins(population: Population, sampled: pd.DataFrame) -> list[tuple[Array, Array]]:
    """Known totals of persons: by PUMA, and by age and sex in the state."""
    place = population.households["place"].to_numpy()

    def classes(persons: pd.DataFrame) -> tuple[Array, Array]:
        age = np.digitize(persons["agep"], _PERSON_AGE_CLASSES)
        return place[persons["household"].to_numpy()], age * 2 + persons["sex"].to_numpy()

    known = classes(population.persons)
    return [
        (mine, np.bincount(total).astype(float))
        for mine, total in zip(classes(sampled), known, strict=True)
    ]


def _table(answers: pd.DataFrame, questions: Sequence[Question], weights: Array) -> pd.DataFrame:
    columns = [question.column(answers[question.name].to_numpy()) for question in questions]
    names = ["weight", *DESIGN.columns]
    return pd.concat([*columns, pd.DataFrame(weights, columns=names)], axis=1)


def _dictionary(household: pd.DataFrame, person: pd.DataFrame) -> Dictionary:
    variables = [
        Variable("household_id", "Household identifier", role="key"),
        Variable("puma", f"Public use microdata area of {STATE_NAME}", role="geography"),
    ]
    variables += [item.variable(household[item.name]) for item in HOUSEHOLD_QUESTIONS]
    variables.append(
        variable_from_column(
            "weight", household["weight"], description="Household weight", role="weight"
        )
    )
    variables.append(
        Variable(
            "person_number",
            "Person number; 1 is the reference person",
            respondent="person",
            type="integer",
            role="key",
        )
    )
    variables += [item.variable(person[item.name]) for item in PERSON_QUESTIONS]
    return Dictionary(variables)


def _description() -> SurveyDescription:
    return SurveyDescription(
        id=RECIPIENT,
        title=f"Synthetic community survey of {STATE_NAME} {RECIPIENT_YEAR}",
        source="Generated by this program; describes no real household",
        synthetic=True,
        design=DESIGN,
        geography=("puma",),
        price_year=RECIPIENT_YEAR,
        notes=(
            f"Synthetic: households of the fictional state of {STATE_NAME}.",
            "Systematic sample within PUMAs, adjusted for nonresponse.",
            "Calibrated to households by PUMA and to householders by age and tenure.",
            f"{REPLICATES} replicates of successive differences went through the same steps.",
        ),
    )
