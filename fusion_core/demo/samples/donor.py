"""The donor: an energy survey with questions, brackets and labels of its own.

It interviews a small sample of the same population two years earlier, publishes only the region,
and asks one respondent – the reference person – about the whole household.
"""

# The literal numbers are the model: shares, thresholds and effects of an invented state.
# ruff: noqa: PLR2004

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fusion_core.demo.samples._replicates import REPLICATES, fay_factors
from fusion_core.demo.samples._sampling import Drawn, draw_sample
from fusion_core.demo.samples._weighting import adjust_nonresponse, rake
from fusion_core.demo.samples.codebook import FUSION_QUESTIONS, Question, coded
from fusion_core.demo.world import DONOR, DONOR_YEAR, RECIPIENT_YEAR, REGIONS, STATE_NAME
from fusion_core.harmony.apply import deflation_factor
from fusion_core.surveys.model import (
    Dictionary,
    Survey,
    SurveyDescription,
    Variable,
    variable_from_column,
)
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.demo.world import Population

    Array = NDArray[Any]

EPSILON = 0.5
DESIGN = WeightDesign.fay(REPLICATES, EPSILON)
EXPECTED_RESPONSE = 0.81
INCOME_EDGES = (
    5_000,
    10_000,
    15_000,
    20_000,
    25_000,
    30_000,
    40_000,
    50_000,
    60_000,
    75_000,
    100_000,
    150_000,
)
_YES_NO = coded("Yes", "No")
_CONTROL_AGES = (35, 50, 65)


def _brackets() -> tuple[tuple[str, str], ...]:
    labels = [f"Less than ${INCOME_EDGES[0]:,}"]
    labels += [f"${low:,} to ${high - 1:,}" for low, high in pairwise(INCOME_EDGES)]
    return coded(*labels, f"${INCOME_EDGES[-1]:,} or more", width=2)


QUESTIONS = (
    Question("ageresp", "Age of the respondent", unit="years"),
    Question("sexresp", "Sex of the respondent", coded("Woman", "Man")),
    Question(
        "raceresp",
        "Race of the respondent",
        coded(
            "White",
            "Black or African American",
            "American Indian or Alaska Native",
            "Asian",
            "Pacific Islander",
            "Some other race",
            "More than one race",
        ),
    ),
    Question(
        "educresp",
        "Highest education of the respondent",
        coded(
            "Less than high school",
            "High school diploma or GED",
            "Some college or associate's degree",
            "Bachelor's degree",
            "Master's, professional or doctorate degree",
        ),
        ordered=True,
    ),
    Question(
        "workresp",
        "Work of the respondent",
        coded("Employed", "Looking for work", "Retired, at home or in school"),
    ),
    Question("hhsize", "Number of people who live here", unit="persons"),
    Question("numchild", "Number of household members under 18", unit="persons"),
    Question("numolder", "Number of household members aged 65 or older", unit="persons"),
    Question("numworkers", "Number of household members with a job", unit="persons"),
    Question("baby", "Does a child under two live here?", _YES_NO),
    Question(
        "hhtype",
        "Who lives here",
        coded(
            "One person",
            "Married couple, with or without others",
            "Other relatives",
            "People who are not related",
        ),
    ),
    Question(
        "income",
        "Household income before taxes last year",
        _brackets(),
        ordered=True,
        unit="dollars of 2020 per year",
    ),
    Question(
        "tenure",
        "Is the home owned or rented?",
        coded("Owned by someone in the household", "Rented", "Occupied without payment"),
    ),
    Question(
        "hometype",
        "Type of home",
        coded(
            "Mobile home or houseboat",
            "House on its own",
            "House attached to others",
            "Apartment, 2 to 4 units",
            "Apartment, 5 or more units",
        ),
    ),
    Question("yearbuilt", "Year the home was built", unit="calendar year"),
    Question("movedin", "Year the respondent moved in", unit="calendar year"),
    Question("rooms", "Number of rooms, without bathrooms", unit="rooms"),
    Question(
        "bedrooms",
        "Bedrooms",
        coded("None or one", "Two", "Three", "Four", "Five or more"),
        ordered=True,
    ),
    Question(
        "heatfuel",
        "Main heating fuel",
        coded(
            "Natural gas from pipes",
            "Propane or bottled gas",
            "Electric furnace or baseboard",
            "Electric heat pump",
            "Fuel oil or kerosene",
            "Wood logs",
            "Wood pellets",
            "Something else",
            "The home is not heated",
        ),
    ),
    Question("vehicles", "Number of cars, vans and light trucks", unit="vehicles"),
    Question("internet", "Internet at home", _YES_NO),
    Question("foodhelp", "Did anyone here receive food stamps last year?", _YES_NO),
    Question(
        "elecpay",
        "Who pays the electricity bill",
        coded("The household, to the utility", "Included in rent or fees", "Paid some other way"),
    ),
)


def draw_donor(population: Population, households: int, rng: np.random.Generator) -> Survey:
    """Draw and weight the energy survey.

    Parameters
    ----------
    population
        Everybody.
    households
        Responding households wanted, approximately.
    rng
        Source of randomness.
    """
    drawn, weights = donor_weights(population, households, rng)
    rows = drawn.row[drawn.responded]
    order = rng.permutation(len(rows))
    answers = population.households.iloc[rows[order]].reset_index(drop=True)
    return _survey(answers, weights[order], rng)


def donor_weights(
    population: Population, households: int, rng: np.random.Generator
) -> tuple[Drawn, Array]:
    """Draw the sample and compute its weights: full sample, then the replicates.

    Returns
    -------
    tuple
        The drawn sample, and weights of the respondents in sort order, shape (respondents, 81).
    """
    everyone = population.households
    region = everyone["region"].to_numpy().astype(np.int64)
    counts = np.bincount(region, minlength=len(REGIONS))
    # Larger regions are sampled at a lower rate so that every region can be reported.
    share = counts**0.7 / np.sum(counts**0.7)
    drawn = draw_sample(everyone, region, share * households / EXPECTED_RESPONSE, rng)
    factors = fay_factors(len(drawn.row), rng, EPSILON)
    base = drawn.weight[:, None] * np.column_stack([np.ones(len(factors)), factors])
    sampled = everyone.iloc[drawn.row]
    renter = (sampled["ten"].to_numpy() > 1).astype(np.int64)
    weights = adjust_nonresponse(base, drawn.responded, region[drawn.row] * 2 + renter)
    rows = drawn.row[drawn.responded]
    control = _control_class(everyone)
    margins = [
        (region[rows], counts.astype(float)),
        (control[rows], np.bincount(control).astype(float)),
    ]
    return drawn, rake(weights, margins)


def _control_class(households: pd.DataFrame) -> Array:
    age = np.digitize(households["reference_agep"], _CONTROL_AGES)
    return age * 2 + (households["ten"].to_numpy() > 1)


def _survey(answers: pd.DataFrame, weights: Array, rng: np.random.Generator) -> Survey:
    recoded = {**_respondent(answers), **_household(answers, rng), **_home(answers, rng)}
    household = pd.DataFrame(
        {
            "household_id": np.char.add("E", np.char.zfill(np.arange(len(answers)).astype(str), 6)),
            "region": pd.Categorical.from_codes(
                answers["region"].to_numpy(), categories=pd.Index(REGIONS)
            ),
        }
    )
    questions = QUESTIONS + FUSION_QUESTIONS
    columns = [item.column(recoded[item.name]) for item in QUESTIONS]
    columns += [item.column(answers[item.name].to_numpy()) for item in FUSION_QUESTIONS]
    weight = pd.DataFrame(np.round(weights, 3), columns=["weight", *DESIGN.columns])
    household = pd.concat([household, *columns, weight], axis=1)
    dictionary = Dictionary(
        [
            Variable("household_id", "Household identifier", role="key"),
            variable_from_column(
                "region",
                household["region"],
                role="geography",
                description=f"Region of {STATE_NAME}",
            ),
            *[item.variable(household[item.name]) for item in questions],
            variable_from_column(
                "weight", household["weight"], role="weight", description="Household weight"
            ),
        ]
    )
    return Survey(_description(), dictionary, household)


def _respondent(answers: pd.DataFrame) -> dict[str, Array]:
    race = np.array([0, 1, 2, 2, 2, 3, 4, 5, 6])
    school = np.digitize(answers["reference_schl"], (16, 18, 21, 22))
    work = np.array([2, 0, 0, 1, 0, 0, 2])
    return {
        "ageresp": answers["reference_agep"].to_numpy(),
        "sexresp": 1 - answers["reference_sex"].to_numpy(),
        "raceresp": race[answers["reference_rac1p"].to_numpy()],
        "educresp": school,
        "workresp": work[answers["reference_esr"].to_numpy()],
    }


def _household(answers: pd.DataFrame, rng: np.random.Generator) -> dict[str, Array]:
    count = len(answers)
    kind = np.array([1, 2, 2, 0, 3, 0, 3])
    # People remember their income to a few per cent, and prices were lower two years earlier.
    prices = deflation_factor(RECIPIENT_YEAR, DONOR_YEAR)
    remembered = answers["hincp"].to_numpy() * prices * np.exp(rng.normal(0, 0.05, count))
    return {
        "hhsize": answers["np"].to_numpy(),
        "numchild": answers["children"].to_numpy(),
        "numolder": answers["older"].to_numpy(),
        "numworkers": answers["workers"].to_numpy(),
        "baby": np.where(answers["infants"] > 0, 0, 1),
        "hhtype": kind[answers["hht"].to_numpy()],
        "income": np.digitize(remembered, INCOME_EDGES),
        "vehicles": answers["veh"].to_numpy().astype(np.int64),
        "internet": np.where(answers["access"] <= 1, 0, 1),
        "foodhelp": answers["fs"].to_numpy(),
    }


def _home(answers: pd.DataFrame, rng: np.random.Generator) -> dict[str, Array]:
    count = len(answers)
    building = np.array([0, 1, 2, 3, 3, 4, 4, 4, 4, 0])
    fuel = np.array([0, 1, 2, 4, 7, 5, 7, 7, 8])[answers["hfl"].to_numpy()]
    heat_pump = (fuel == 2) & (answers["main_ac"].to_numpy() == 2)
    pellets = (fuel == 5) & (rng.random(count) < 0.3)
    paid = np.array([1, 2, 0])[answers["elefp"].to_numpy()]
    other_way = (paid == 0) & (rng.random(count) < 0.01)
    return {
        "tenure": np.array([0, 0, 1, 2])[answers["ten"].to_numpy()],
        "hometype": building[answers["bld"].to_numpy()],
        "yearbuilt": np.minimum(answers["year_built"].to_numpy(), DONOR_YEAR),
        "movedin": DONOR_YEAR - np.floor(answers["years_here"].to_numpy()).astype(np.int64),
        "rooms": answers["rmsp"].to_numpy(),
        "bedrooms": np.clip(answers["bdsp"].to_numpy() - 1, 0, 4),
        "heatfuel": np.select([heat_pump, pellets], [3, 6], fuel),
        "elecpay": np.where(other_way, 2, paid),
    }


def _description() -> SurveyDescription:
    return SurveyDescription(
        id=DONOR,
        title=f"Synthetic home energy survey of {STATE_NAME} {DONOR_YEAR}",
        source="Generated by this program; describes no real household",
        synthetic=True,
        design=DESIGN,
        geography=("region",),
        price_year=DONOR_YEAR,
        notes=(
            f"Synthetic: households of the fictional state of {STATE_NAME}.",
            "Systematic sample within regions, adjusted for nonresponse and calibrated.",
            f"{REPLICATES} replicates of Fay's balanced repeated replication, ε = {EPSILON}.",
        ),
    )
