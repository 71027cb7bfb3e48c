"""What the demo surveys ask: every variable with its codes and labels.

The population is simulated in the codes of the recipient survey (position in its level list), so
this module also is the legend of the simulated arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from fusion_core.surveys.model import RespondentLevel, Variable, variable_from_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a demo survey.

    Attributes
    ----------
    name, description, respondent, unit, note
        As in `fusion_core.surveys.model.Variable`.
    answers
        ``(code, label)`` in questionnaire order; empty for a number.
    ordered
        Whether the order of the answers has a meaning.
    """

    name: str
    description: str
    answers: tuple[tuple[str, str], ...] = ()
    ordered: bool = False
    respondent: RespondentLevel = "household"
    unit: str = ""
    note: str = ""

    @property
    def labels(self) -> list[str]:
        """Labels in questionnaire order."""
        return [label for _, label in self.answers]

    def column(self, values: NDArray[Any]) -> pd.Series[Any]:
        """Turn positions in the answer list (or numbers) into a survey column."""
        if not self.answers:
            return pd.Series(values, name=self.name)
        answers = pd.Categorical.from_codes(
            values, categories=pd.Index(self.labels), ordered=self.ordered
        )
        return pd.Series(answers, name=self.name)

    def variable(self, column: pd.Series[Any]) -> Variable:
        """Describe the finished column for the dictionary."""
        return variable_from_column(
            self.name,
            column,
            description=self.description,
            respondent=self.respondent,
            codes=tuple(code for code, _ in self.answers),
            unit=self.unit,
            note=self.note,
        )


def coded(*labels: str, first: int = 1, width: int = 1) -> tuple[tuple[str, str], ...]:
    """Give labels consecutive numbers, zero-padded to `width` digits."""
    return tuple((f"{first + index:0{width}d}", label) for index, label in enumerate(labels))


def by_name(questions: Iterable[Question]) -> dict[str, Question]:
    """Index questions by name."""
    return {question.name: question for question in questions}


_TENURE = coded(
    "Owned with mortgage or loan",
    "Owned free and clear",
    "Rented",
    "Occupied without payment of rent",
)
_BUILDING = coded(
    "Mobile home or trailer",
    "One-family house detached",
    "One-family house attached",
    "2 apartments",
    "3-4 apartments",
    "5-9 apartments",
    "10-19 apartments",
    "20-49 apartments",
    "50 or more apartments",
    "Boat, RV, van, etc.",
    width=2,
)
_BUILT = coded(
    "1939 or earlier",
    "1940 to 1949",
    "1950 to 1959",
    "1960 to 1969",
    "1970 to 1979",
    "1980 to 1989",
    "1990 to 1999",
    "2000 to 2009",
    "2010 to 2019",
    "2020 or later",
    width=2,
)
_FUEL = coded(
    "Utility gas",
    "Bottled, tank, or LP gas",
    "Electricity",
    "Fuel oil, kerosene, etc.",
    "Coal or coke",
    "Wood",
    "Solar energy",
    "Other fuel",
    "No fuel used",
)
_VEHICLES = coded(
    "No vehicles",
    "1 vehicle",
    "2 vehicles",
    "3 vehicles",
    "4 vehicles",
    "5 vehicles",
    "6 or more vehicles",
    first=0,
)
_MOVED = coded(
    "12 months or less",
    "13 to 23 months",
    "2 to 4 years",
    "5 to 9 years",
    "10 to 19 years",
    "20 to 29 years",
    "30 years or more",
)
_TYPE = coded(
    "Married couple household",
    "Other family household: male householder, no spouse present",
    "Other family household: female householder, no spouse present",
    "Nonfamily household: male householder, living alone",
    "Nonfamily household: male householder, not living alone",
    "Nonfamily household: female householder, living alone",
    "Nonfamily household: female householder, not living alone",
)
_INTERNET = coded(
    "Yes, by paying a cell phone company or internet service provider",
    "Yes, without paying a cell phone company or internet service provider",
    "No access to the internet at this house, apartment, or mobile home",
)
_ELECTRICITY_COST = coded(
    "Included in rent or in condo fee",
    "No charge or electricity not used",
    "Valid monthly electricity cost in ELEP",
)

HOUSEHOLD_QUESTIONS = (
    Question("np", "Number of persons in the household", unit="persons"),
    Question("hht", "Household or family type", _TYPE),
    Question("ten", "Tenure", _TENURE),
    Question("bld", "Units in structure", _BUILDING),
    Question("ybl", "When the structure was first built", _BUILT, ordered=True),
    Question("mv", "When the householder moved in", _MOVED, ordered=True),
    Question("rmsp", "Number of rooms", unit="rooms"),
    Question("bdsp", "Number of bedrooms", unit="bedrooms"),
    Question("hfl", "House heating fuel", _FUEL),
    Question("veh", "Vehicles of one ton capacity or less available", _VEHICLES, ordered=True),
    Question("hincp", "Household income in the past 12 months", unit="dollars of 2022 per year"),
    Question("fs", "Food stamps or SNAP received", coded("Yes", "No")),
    Question("access", "Access to the internet", _INTERNET),
    Question("elefp", "How electricity is paid for", _ELECTRICITY_COST),
    Question(
        "elep",
        "Electricity cost in the last month",
        unit="dollars of 2022 per month",
        note="Zero where it is not paid for directly, see elefp.",
    ),
)

_RELATIONSHIP = (
    ("20", "Reference person"),
    ("21", "Opposite-sex husband/wife/spouse"),
    ("22", "Opposite-sex unmarried partner"),
    ("23", "Same-sex husband/wife/spouse"),
    ("24", "Same-sex unmarried partner"),
    ("25", "Biological son or daughter"),
    ("28", "Brother or sister"),
    ("29", "Father or mother"),
    ("33", "Other relative"),
    ("34", "Roommate or housemate"),
    ("36", "Other nonrelative"),
)
_RACE = coded(
    "White alone",
    "Black or African American alone",
    "American Indian alone",
    "Alaska Native alone",
    "American Indian and Alaska Native tribes specified, or not specified and no other races",
    "Asian alone",
    "Native Hawaiian and Other Pacific Islander alone",
    "Some other race alone",
    "Two or more races",
)
_SCHOOLING = (
    ("bb", "Less than 3 years old"),
    *coded(
        "No schooling completed",
        "Nursery school, preschool",
        "Kindergarten",
        "Grade 1",
        "Grade 2",
        "Grade 3",
        "Grade 4",
        "Grade 5",
        "Grade 6",
        "Grade 7",
        "Grade 8",
        "Grade 9",
        "Grade 10",
        "Grade 11",
        "12th grade, no diploma",
        "Regular high school diploma",
        "GED or alternative credential",
        "Some college, but less than 1 year",
        "1 or more years of college credit, no degree",
        "Associate's degree",
        "Bachelor's degree",
        "Master's degree",
        "Professional degree beyond a bachelor's degree",
        "Doctorate degree",
        width=2,
    ),
)
_EMPLOYMENT = (
    ("b", "Less than 16 years old"),
    *coded(
        "Civilian employed, at work",
        "Civilian employed, with a job but not at work",
        "Unemployed",
        "Armed forces, at work",
        "Armed forces, with a job but not at work",
        "Not in labor force",
    ),
)

PERSON_QUESTIONS = (
    Question(
        "relshipp", "Relationship to the reference person", _RELATIONSHIP, respondent="person"
    ),
    Question("agep", "Age", respondent="person", unit="years"),
    Question("sex", "Sex", coded("Male", "Female"), respondent="person"),
    Question("rac1p", "Race, detail level 1", _RACE, respondent="person"),
    Question("schl", "Educational attainment", _SCHOOLING, ordered=True, respondent="person"),
    Question("esr", "Employment status", _EMPLOYMENT, respondent="person"),
    Question(
        "pincp",
        "Total income of the person in the past 12 months",
        respondent="person",
        unit="dollars of 2022 per year",
    ),
)

AIR_CONDITIONING = coded(
    "No air conditioning",
    "Central air conditioning",
    "Heat pump",
    "Window or wall units",
    "Evaporative cooler",
)
INSULATION = coded(
    "Not insulated",
    "Poorly insulated",
    "Adequately insulated",
    "Well insulated",
)
INSECURITY = coded("Yes", "No")

FUSION_QUESTIONS = (
    Question("sqft", "Heated and cooled floor area of the home", unit="square feet"),
    Question("insulation", "Level of insulation", INSULATION, ordered=True),
    Question("main_ac", "Main air-conditioning equipment", AIR_CONDITIONING),
    Question("elec_kwh", "Electricity use in the year", unit="kWh per year"),
    Question(
        "gas_therms",
        "Utility gas use in the year",
        unit="therms per year",
        note="Zero where the home has no utility gas.",
    ),
    Question("share_heat", "Share of the home's energy used for space heating"),
    Question("share_cool", "Share of the home's energy used for air conditioning"),
    Question("share_other", "Share of the home's energy used for everything else"),
    Question(
        "insecure",
        "Went without food or medicine to pay an energy bill, or kept the home at an unhealthy "
        "temperature, in the last year",
        INSECURITY,
    ),
)
BLOCK = ("share_heat", "share_cool", "share_other")
FUSION_VARIABLES: tuple[str | tuple[str, ...], ...] = (
    "sqft",
    "insulation",
    "main_ac",
    "gas_therms",
    "elec_kwh",
    BLOCK,
    "insecure",
)
