"""The demo's harmonies: ready-made ones of every kind, and five left for the user to make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from fusion_core.demo.samples import (
    HOUSEHOLD_QUESTIONS,
    INCOME_EDGES,
    PERSON_QUESTIONS,
    QUESTIONS,
    by_name,
)
from fusion_core.demo.world import DONOR, DONOR_YEAR, RECIPIENT
from fusion_core.harmony.model import Aggregator, Harmony, LevelGroup, Side, SurveyPair, bin_labels
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.surveys.model import RespondentLevel

PAIR: Final = SurveyPair(DONOR, RECIPIENT)
AUTHOR: Final = "demo"
# A fixed time keeps two demos of the same seed alike.
_MODIFIED: Final = "2024-06-01T12:00:00+00:00"
_DONOR = by_name(QUESTIONS)
_HOUSEHOLD = by_name(HOUSEHOLD_QUESTIONS)
_PERSON = by_name(PERSON_QUESTIONS)


@dataclass(frozen=True, slots=True)
class Exercise(Checked):
    """A harmony the user is invited to make.

    Attributes
    ----------
    donor, recipient
        The variables to match.
    teaches
        What it shows.
    hint
        How to do it, in a sentence or two.
    solution
        The finished harmony, for tests and for the guided tour.
    """

    donor: str
    recipient: str
    teaches: str
    hint: str
    solution: Harmony


def ready_made() -> list[Harmony]:
    """Return the harmonies the demo comes with."""
    harmonies = [
        _number("hhsize", "np", "One number each: the size of the household."),
        Harmony(
            Side("ageresp"),
            Side("agep", "person", aggregator="reference"),
            comment="Age of the respondent and of the reference person.",
        ),
        Harmony(
            Side("numchild"),
            _bins("agep", (18,), (1, 0), respondent="person", aggregator="sum"),
            comment="Head count: persons under 18 are counted; 18 is not a child.",
        ),
        Harmony(
            Side("numworkers"),
            _levels("esr", (0, 1, 1, 0, 1, 1, 0), respondent="person", aggregator="sum"),
            comment="Head count of members with a job, in service or not.",
        ),
        Harmony(
            _levels("baby", (1, 0)),
            _bins("agep", (2,), (1, 0), respondent="person", aggregator="any"),
            group_names=((0, "No child under two"), (1, "Child under two")),
            comment="Whether any member is under two.",
        ),
        _income(),
        *_homes(),
        *_respondents(),
    ]
    return [replace(harmony, author=AUTHOR, modified=_MODIFIED) for harmony in harmonies]


def exercises() -> list[Exercise]:
    """Return the harmonies left for the user to make, easiest first."""
    return [
        Exercise(
            "foodhelp",
            "fs",
            "One answer each",
            "Both ask about food stamps with Yes and No: put Yes with Yes and No with No.",
            Harmony(
                _levels("foodhelp", (1, 2)),
                _levels("fs", (1, 2)),
                group_names=((1, "Yes"), (2, "No")),
            ),
        ),
        Exercise(
            "sexresp",
            "sex",
            "The reference person",
            "The energy survey asks the respondent, the recipient every person: choose the "
            "reference person and mind that the two lists start with different sexes.",
            Harmony(
                _levels("sexresp", (2, 1)),
                _levels("sex", (1, 2), respondent="person", aggregator="reference"),
                group_names=((1, "Male"), (2, "Female")),
            ),
        ),
        Exercise(
            "bedrooms",
            "bdsp",
            "Bins on the recipient's side",
            "The energy survey has five answers, the recipient a number: cut the number at "
            "2, 3, 4 and 5.",
            Harmony(
                _levels("bedrooms", (1, 2, 3, 4, 5)),
                _bins("bdsp", (2, 3, 4, 5), (1, 2, 3, 4, 5)),
                ordered=True,
                group_names=((1, "0–1"), (2, "2"), (3, "3"), (4, "4"), (5, "5 or more")),
            ),
        ),
        Exercise(
            "numolder",
            "agep",
            "Counting heads",
            "Count the persons aged 65 or older: cut age at 65, give the two bins the groups 0 "
            "and 1, and add them up over the household.",
            Harmony(
                Side("numolder"),
                _bins("agep", (65,), (0, 1), respondent="person", aggregator="sum"),
            ),
        ),
        Exercise(
            "elecpay",
            "elefp",
            "Several answers on both sides",
            "Three answers each that do not match one by one: a bill paid by the household on "
            "one side, everything else on the other.",
            Harmony(
                _levels("elecpay", (1, 2, 2)),
                _levels("elefp", (2, 2, 1)),
                group_names=((1, "Household pays a bill"), (2, "No bill of its own")),
            ),
        ),
    ]


def _homes() -> list[Harmony]:
    return [
        Harmony(
            _levels("tenure", (1, 2, 3)),
            _levels("ten", (1, 1, 2, 3)),
            group_names=((1, "Owned"), (2, "Rented"), (3, "Without rent")),
            comment="One to many: owned stands for two answers of the recipient.",
        ),
        Harmony(
            _levels("hometype", (1, 2, 3, 4, 5)),
            _levels("bld", (1, 2, 3, 4, 4, 5, 5, 5, 5, 1)),
            group_names=(
                (1, "Mobile home"),
                (2, "Detached house"),
                (3, "Attached house"),
                (4, "2 to 4 apartments"),
                (5, "5 or more apartments"),
            ),
        ),
        Harmony(
            _bins("yearbuilt", tuple(range(1940, 2011, 10)), tuple(range(1, 10))),
            _levels("ybl", (1, 2, 3, 4, 5, 6, 7, 8, 9, 9)),
            ordered=True,
            comment="Bins on the donor's side; homes built after its interviews join the newest.",
        ),
        Harmony(
            _bins("movedin", (1991, 2001, 2011, 2016, 2019, 2020), (7, 6, 5, 4, 3, 2, 1)),
            _levels("mv", (1, 2, 3, 4, 5, 6, 7)),
            ordered=True,
            comment=f"Calendar year of the move, seen from {DONOR_YEAR}, against years since: the "
            "direction is reversed.",
        ),
        _number("rooms", "rmsp", "Number of rooms."),
        Harmony(
            _levels("heatfuel", (1, 2, 3, 3, 4, 5, 5, 5, 6)),
            _levels("hfl", (1, 2, 3, 4, 5, 5, 5, 5, 6)),
            group_names=(
                (1, "Utility gas"),
                (2, "Bottled gas"),
                (3, "Electricity"),
                (4, "Oil"),
                (5, "Wood and other"),
                (6, "None"),
            ),
            comment="Many to many: wood and other fuels are split differently.",
        ),
        Harmony(
            _bins("vehicles", (1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4, 5, 6)),
            _levels("veh", (0, 1, 2, 3, 4, 5, 6)),
            ordered=True,
            comment="A number on the donor's side, top-coded answers on the recipient's.",
        ),
        Harmony(
            _levels("internet", (1, 2)),
            _levels("access", (1, 1, 2)),
            group_names=((1, "Internet at home"), (2, "No internet")),
        ),
    ]


def _respondents() -> list[Harmony]:
    return [
        Harmony(
            _levels("raceresp", (1, 2, 3, 4, 5, 6, 7)),
            _levels(
                "rac1p", (1, 2, 3, 3, 3, 4, 5, 6, 7), respondent="person", aggregator="reference"
            ),
            group_names=(
                (1, "White"),
                (2, "Black"),
                (3, "American Indian or Alaska Native"),
                (4, "Asian"),
                (5, "Pacific Islander"),
                (6, "Other"),
                (7, "Two or more"),
            ),
        ),
        Harmony(
            _levels("educresp", (1, 2, 3, 4, 5)),
            _levels(
                "schl",
                (1,) * 16 + (2,) * 2 + (3,) * 3 + (4,) + (5,) * 3,
                respondent="person",
                aggregator="reference",
            ),
            ordered=True,
            group_names=(
                (1, "No diploma"),
                (2, "High school"),
                (3, "Some college"),
                (4, "Bachelor's"),
                (5, "Master's or more"),
            ),
        ),
        Harmony(
            _levels("workresp", (1, 2, 3)),
            _levels("esr", (3, 1, 1, 2, 1, 1, 3), respondent="person", aggregator="reference"),
            group_names=((1, "Employed"), (2, "Unemployed"), (3, "Not in labor force")),
        ),
        Harmony(
            _levels("hhtype", (1, 2, 3, 4)),
            _levels("hht", (2, 3, 3, 1, 4, 1, 4)),
            group_names=(
                (1, "One person"),
                (2, "Married couple"),
                (3, "Other relatives"),
                (4, "Not related"),
            ),
            comment="Many to many by who lives together.",
        ),
    ]


def _income() -> Harmony:
    groups = tuple(range(1, len(INCOME_EDGES) + 2))
    return Harmony(
        _levels("income", groups),
        _bins("hincp", INCOME_EDGES, groups, deflate_to_year=DONOR_YEAR),
        ordered=True,
        comment=f"Dollars are deflated to {DONOR_YEAR} and cut into the donor's brackets; losses "
        "fall into the lowest.",
    )


def _number(donor: str, recipient: str, comment: str) -> Harmony:
    return Harmony(Side(donor), Side(recipient), comment=comment)


def _levels(
    variable: str,
    groups: Sequence[float],
    *,
    respondent: RespondentLevel = "household",
    aggregator: Aggregator = "automatic",
) -> Side:
    """Group the answers of a question in their order."""
    question = (_DONOR | _HOUSEHOLD | _PERSON)[variable]
    levels = zip(question.labels, groups, strict=True)
    return Side(
        variable,
        respondent,
        levels=tuple(LevelGroup(label, group) for label, group in levels),
        aggregator=aggregator,
    )


def _bins(
    variable: str,
    edges: Sequence[float],
    groups: Sequence[float],
    *,
    respondent: RespondentLevel = "household",
    aggregator: Aggregator = "automatic",
    deflate_to_year: int | None = None,
) -> Side:
    """Cut a number and group the bins in their order."""
    levels = zip(bin_labels(edges), groups, strict=True)
    return Side(
        variable,
        respondent,
        breakpoints=tuple(float(edge) for edge in edges),
        levels=tuple(LevelGroup(label, group) for label, group in levels),
        aggregator=aggregator,
        deflate_to_year=deflate_to_year,
    )
