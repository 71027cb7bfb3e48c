"""Consumer prices: convert dollars of one year to dollars of another.

The table holds the annual averages of the Consumer Price Index for All Urban Consumers, U.S. city
average, all items, not seasonally adjusted, 1982-84 = 100 (Bureau of Labor Statistics, series
CUUR0000SA0), as published.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.model import Side
from fusion_core.surveys.model import SurveyId

_CONSTANT: Final = re.compile(r"\s*(\w+)\s*([*/])\s*(\d+(?:\.\d+)?)\s*")

CPI_U: Final = MappingProxyType(
    {
        1990: 130.7,
        1991: 136.2,
        1992: 140.3,
        1993: 144.5,
        1994: 148.2,
        1995: 152.4,
        1996: 156.9,
        1997: 160.5,
        1998: 163.0,
        1999: 166.6,
        2000: 172.2,
        2001: 177.1,
        2002: 179.9,
        2003: 184.0,
        2004: 188.9,
        2005: 195.3,
        2006: 201.6,
        2007: 207.342,
        2008: 215.303,
        2009: 214.537,
        2010: 218.056,
        2011: 224.939,
        2012: 229.594,
        2013: 232.957,
        2014: 236.736,
        2015: 237.017,
        2016: 240.007,
        2017: 245.120,
        2018: 251.107,
        2019: 255.657,
        2020: 258.811,
        2021: 270.970,
        2022: 292.655,
        2023: 304.702,
        2024: 313.689,
    }
)
"""Annual average index by calendar year."""


def price_years() -> tuple[int, ...]:
    """Return the years whose prices are known, latest first."""
    return tuple(sorted(CPI_U, reverse=True))


def deflation_factor(from_year: int, to_year: int) -> float:
    """Return what one dollar of `from_year` is worth in dollars of `to_year`.

    Raises
    ------
    InputError
        If the table does not hold one of the years.

    Examples
    --------
    >>> round(deflation_factor(2019, 2020), 4)
    1.0123
    """
    for year in (from_year, to_year):
        if year not in CPI_U:
            raise InputError(
                f"The consumer price table has no year {year}",
                fix=f"Choose a year from {min(CPI_U)} to {max(CPI_U)}",
            )
    return CPI_U[to_year] / CPI_U[from_year]


def price_factor(side: Side, year: int | None) -> float | None:
    """Return what a side multiplies a dollar amount with: by a constant, or by a deflation.

    Parameters
    ----------
    side
        The side.
    year
        Year whose prices its survey's amounts are in.

    Returns
    -------
    float or None
        1 for an amount as it is; ``None`` where the side computes something else, or where the
        years of a deflation are not known.
    """
    factor = 1.0
    if side.adjustment:
        found = _CONSTANT.fullmatch(side.adjustment)
        if found is None or found[1] != side.variable or float(found[3]) == 0:
            return None
        factor = float(found[3]) if found[2] == "*" else 1 / float(found[3])
    if side.deflate_to_year is not None:
        if year is None or year not in CPI_U or side.deflate_to_year not in CPI_U:
            return None
        factor *= deflation_factor(year, side.deflate_to_year)
    return factor


def survey_year(survey: SurveyId) -> int | None:
    """Return the last year of a vintage such as 2015 or 2015-2019, where its prices are known."""
    return next((year for year in survey.years[-1:] if year in CPI_U), None)


__all__ = ["CPI_U", "deflation_factor", "price_factor", "price_years", "survey_year"]
