"""What the Census Bureau's documents say about PUMS variables beyond the value lists.

Sources: "ACS PUMS Data Dictionary" (notes on ADJHSG and ADJINC), "ACS PUMS Accuracy of the Data"
(replicate weights), and, for old codings, the 2006-2010 five-year file itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

REPLICATES: Final = 80

HOUSEHOLD_KEYS: Final = ("SERIALNO",)
PERSON_NUMBER: Final = "SPORDER"
REFERENCE_PERSON: Final = {"RELSHIPP": "20", "RELP": "0", "REL": "0"}
"""Code of the reference person: RELSHIPP since 2019, RELP 2010–2018, REL before."""

DROPPED: Final = frozenset(
    {"RT", "TYPE", "TYPEHUGQ", "VACS", "VACDUR", "VACOTH", "ADJINC", "ADJHSG", "ADJUST"}
)
"""Constant for occupied households, or used up by the reader."""

GEOGRAPHY: Final = {"REGION": "region", "DIVISION": "division", "ST": "state", "STATE": "state"}
PUMA_COLUMNS: Final = {"PUMA20": "2020", "PUMA10": "2010", "PUMA00": "2000", "PUMA": ""}
"""Columns that hold the area, and the census whose definition they follow ("" is said by the
dictionary); multi-year files carry one column per definition, negative where it does not apply."""

HOUSING_COSTS: Final = frozenset(
    {
        "CONP",
        "ELEP",
        "FULP",
        "GASP",
        "GRNTP",
        "INSP",
        "MHP",
        "MRGP",
        "RNTP",
        "SMOCP",
        "SMP",
        "TAXAMT",
        "WATP",
    }
)
"""Dollar amounts that ADJHSG brings to the last year of the file. TAXAMT only where its description
says so: before 2021 the dictionaries except it."""

INCOMES: Final = frozenset(
    {
        "FINCP",
        "HINCP",
        "INTP",
        "OIP",
        "PAP",
        "PERNP",
        "PINCP",
        "RETP",
        "SEMP",
        "SSIP",
        "SSP",
        "WAGP",
    }
)
"""Dollar amounts that ADJINC brings to the last year of the file."""

COST_FLAGS: Final = {"ELEP": "ELEFP", "GASP": "GASFP", "FULP": "FULFP", "WATP": "WATFP"}
"""Utility costs and the flag that says how they are paid. Files since 2018 carry the flag; in older
ones the lowest codes of the cost itself say it."""

COST_FLAG_LEVELS: Final = {
    "ELEP": (
        "Included in rent or in condo fee",
        "No charge or electricity not used",
        "Valid monthly electricity cost in ELEP",
    ),
    "GASP": (
        "Included in rent or in condo fee",
        "Included in electricity payment",
        "No charge or gas not used",
        "Valid monthly gas cost in GASP",
    ),
    "FULP": (
        "Included in rent or in condo fee",
        "No charge or fuel other than gas or electricity not used",
        "Valid annual fuel cost in FULP",
    ),
    "WATP": ("Included in rent or in condo fee", "No charge", "Valid annual water cost in WATP"),
}
"""Levels of the flags as the dictionaries since 2018 word them, so that vintages agree; the last
level holds every cost that is not a sentinel."""

COST_DESCRIPTIONS: Final = {
    "ELEP": "Electricity cost flag variable",
    "GASP": "Gas cost flag variable",
    "FULP": "Fuel cost flag variable",
    "WATP": "Water cost flag variable",
}

BLANK_IS_UNKNOWN: Final = frozenset(
    {"GRPIP", "OCPIP", "POVPIP", "CITWP", "MARHYP", "YOEP", "JWRIP", "RACNUM", "AGEP"}
)
"""Percentages, ratios and years: where the question does not apply, zero would be a false answer.
For amounts, counts, hours and minutes zero is the true one."""

ORDERED: Final = frozenset(
    {
        "ACR",
        "AGS",
        "BDS",
        "DRAT",
        "ENG",
        "GCM",
        "JWAP",
        "JWDP",
        "MARHT",
        "MV",
        "QTRBIR",
        "R18",
        "R60",
        "R65",
        "RMS",
        "SCHG",
        "SCHL",
        "TAXP",
        "VAL",
        "VEH",
        "WIF",
        "WKL",
        "WKW",
        "YBL",
    }
)
"""Variables whose levels are steps of one scale though their words may hide it."""

NEVER_ORDERED: Final = frozenset(
    {"ANC1P", "ANC2P", "BLD", "FOD1P", "FOD2P", "HFL", "INDP", "NAICSP", "OCCP", "POBP", "SOCP"}
)
"""Classifications whose labels may hold rising numbers by chance."""

MONTHLY: Final = frozenset({"CONP", "ELEP", "GASP", "GRNTP", "MRGP", "RNTP", "SMOCP", "SMP"})
HOURS: Final = frozenset({"WKHP"})
MINUTES: Final = frozenset({"JWMNP"})

_OLD_YEARS_BUILT: Final = (
    ("9", "1939 or earlier"),
    ("8", "1940 to 1949"),
    ("7", "1950 to 1959"),
    ("6", "1960 to 1969"),
    ("5", "1970 to 1979"),
    ("4", "1980 to 1989"),
    ("3", "1990 to 1999"),
    ("2", "2000 to 2004"),
    ("1", "2005 or later"),
)
_OLD_BEDROOMS: Final = (
    ("0", "No bedrooms"),
    ("1", "1 bedroom"),
    ("2", "2 bedrooms"),
    ("3", "3 bedrooms"),
    ("4", "4 bedrooms"),
    ("5", "5 or more bedrooms"),
)
_OLD_ROOMS: Final = (
    ("1", "1 room"),
    ("2", "2 rooms"),
    ("3", "3 rooms"),
    ("4", "4 rooms"),
    ("5", "5 rooms"),
    ("6", "6 rooms"),
    ("7", "7 rooms"),
    ("8", "8 rooms"),
    ("9", "9 or more rooms"),
)

OLD_FIVE_YEAR_CODES: Final[Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "YBL": ("When structure first built", _OLD_YEARS_BUILT),
    "BDS": ("Number of bedrooms", _OLD_BEDROOMS),
    "RMS": ("Number of rooms", _OLD_ROOMS),
}
"""Codings of the 2006-2010 file that later dictionaries contradict or no longer list.

YBL ran from the newest (1) to the oldest (9) buildings: in the file the share of code 1 rises from
one sample year to the next and nothing else does, and later dictionaries number the other way
round. Read with a later dictionary the year built would be turned upside down.
"""

OLD_FIVE_YEAR_VINTAGES: Final = frozenset({"2005-2009", "2006-2010", "2006-2010-5yr"})

_ALLOCATION_FLAG: Final = re.compile(r"F(?!S$|ES$|ER$|ERRP)[A-Z0-9]+P(?:\d?|R)?")
_NOT_FLAGS: Final = frozenset(
    {"FINCP", "FULP", "FULFP", "FOD1P", "FOD2P", "FHISP", "FPARC", "FES", "FER", "FS"}
) - {"FHISP"}
_COVERAGE_EDIT: Final = re.compile(r"FHINS\dC")
_REPLICATE: Final = re.compile(r"P?WGTP(\d{1,2})")


def is_allocation_flag(name: str) -> bool:
    """Whether a PUMS column only says that another one was allocated, judged by its name."""
    upper = name.upper()
    if upper in _NOT_FLAGS:
        return False
    return bool(_ALLOCATION_FLAG.fullmatch(upper) or _COVERAGE_EDIT.fullmatch(upper))


def replicate_number(name: str) -> int | None:
    """Return the number of a replicate weight column, e.g. 12 for ``pwgtp12``, else ``None``."""
    match = _REPLICATE.fullmatch(name.upper())
    return int(match.group(1)) if match else None


def unit(name: str, description: str) -> str:
    """Return the unit of a numeric variable, as far as the documents say."""
    if name in MONTHLY:
        return "dollars per month"
    if name in HOUSING_COSTS | INCOMES | {"VALP"}:
        return "dollars" if name == "VALP" else "dollars per year"
    if name in HOURS:
        return "hours per week"
    if name in MINUTES:
        return "minutes"
    return "percent" if "percentage" in description.lower() else ""
