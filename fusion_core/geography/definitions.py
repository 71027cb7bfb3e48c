"""Which census defined the areas of a survey and of boundaries, and whether both are the same.

The PUMAs of the 2000, 2010 and 2020 censuses share codes but not borders, so a survey of one drawn
on the boundaries of another looks right and is wrong. States and counties keep their codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.geography.boundaries import CENSUS, areas_path
from fusion_core.geography.codes import match_areas
from fusion_core.geography.levels import level_words

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.surveys.model import SurveyDescription
    from fusion_core.workspace.layout import Workspace

PUMA: Final = "puma"
PUMA_CENSUS: Final = "puma_census"
"""Column of a survey whose households have PUMAs of several censuses: which census it is."""
_NAMED: Final = 5
_FIRST_YEARS: Final = {"2000": 0, "2010": 2012, "2020": 2022}
"""First survey year of the ACS with the PUMAs of each census (Census Bureau, PUMS documentation)."""


def census_of_year(year: int) -> str:
    """Return the census whose PUMAs the ACS of a year uses."""
    return max(census for census, first in _FIRST_YEARS.items() if first <= year)


def survey_censuses(description: SurveyDescription) -> tuple[str, ...]:
    """Return the censuses that defined a survey's PUMAs; empty where that is not known.

    What the reader found in the file counts; of an ACS stored without that, its years do, unless they
    lie on both sides of a change.
    """
    if description.puma_censuses:
        return description.puma_censuses
    years = description.id.years
    if description.synthetic or not years or not re.match(r"ACS\b", description.id.name.upper()):
        return ()
    found = {census_of_year(year) for year in years}
    return tuple(found) if len(found) == 1 else ()


def boundary_census(workspace: Workspace, kind: str = PUMA) -> str:
    """Return the census that defined the stored boundaries; empty where they do not say.

    Raises
    ------
    CorruptFileError
        If the file is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = areas_path(workspace, kind)
    if not path.exists():
        return ""
    try:
        if CENSUS not in pq.read_schema(path).names:
            return ""
        column = pq.read_table(path, columns=[CENSUS]).column(CENSUS)
    except (pa.ArrowInvalid, OSError) as error:
        raise CorruptFileError(
            "The boundaries are damaged or cut off", where=str(path), fix="Import them again"
        ) from error
    found = {str(value) for value in column.to_pylist() if value}
    return found.pop() if len(found) == 1 else ""


def check_definitions(workspace: Workspace, description: SurveyDescription, kind: str) -> str:
    """Refuse boundaries of another census than a survey's areas.

    Returns
    -------
    str
        A sentence where that could not be checked, else empty.

    Raises
    ------
    InputError
        If the definitions differ.
    """
    if kind != PUMA or description.synthetic:
        return ""
    own, drawn = survey_censuses(description), boundary_census(workspace, kind)
    title = description.id.title
    if len(own) > 1:
        told = PUMA_CENSUS in description.geography
        raise InputError(
            f"{title} holds PUMAs of the {' and '.join(own)} censuses in one column, whose equal codes "
            "are different areas",
            fix=f"Map states, or name groups by {PUMA_CENSUS} and {PUMA}"
            if told
            else "Use files of years with one definition, or map states",
        )
    if own and drawn and own != (drawn,):
        raise InputError(
            f"{title} holds PUMAs of the {own[0]} census and the boundaries are those of {drawn}, whose "
            "equal codes are different areas",
            fix=f"Import the PUMA boundaries of the {own[0]} census",
        )
    if not own and not drawn:
        return ""
    if not own:
        return (
            f"{title} does not say which census defined its PUMAs; make sure that it was that of {drawn}, "
            "as for the boundaries."
        )
    if not drawn:
        return (
            f"Which census's PUMAs the boundaries show is unknown; {title} holds those of {own[0]}."
        )
    return ""


def check_table_definition(census: str, description: SurveyDescription, *, table: str) -> None:
    """Refuse a spatial table of another census's PUMAs than a survey's.

    Parameters
    ----------
    census
        Census that defined the PUMAs of the table; empty where unknown, which refuses nothing.
    description
        The survey.
    table
        Name of the table.

    Raises
    ------
    InputError
        If the definitions differ.
    """
    own = () if description.synthetic else survey_censuses(description)
    if census and own and own != (census,):
        raise InputError(
            f"Spatial table '{table}' holds PUMAs of the {census} census and "
            f"{description.id.title} those of {' and '.join(own)}, whose equal codes are different "
            "areas",
            fix="Add the table again with a crosswalk between the two",
        )


def without_boundaries(found: Iterable[object], areas: pd.DataFrame, kind: str) -> str:
    """Say which areas of the data the boundaries lack; empty where they lack none.

    Parameters
    ----------
    found
        Areas of the data, by code or by name.
    areas
        `area_id` and `name` of the boundaries.
    kind
        What the areas are.
    """
    codes = sorted({str(code) for code in found if code is not None and code == code})  # noqa: PLR0124 - not-a-number differs from itself
    drawn = match_areas(codes, areas)
    lacking = [code for code in codes if code not in drawn]
    if not lacking:
        return ""
    words = level_words(kind, plural=True)
    more = f" and {len(lacking) - _NAMED:,} more" if len(lacking) > _NAMED else ""
    return (
        f"{len(lacking):,} of {len(codes):,} {words} have no boundaries and are not drawn: "
        f"{', '.join(lacking[:_NAMED])}{more}."
    )


__all__ = [
    "PUMA_CENSUS",
    "boundary_census",
    "census_of_year",
    "check_definitions",
    "check_table_definition",
    "survey_censuses",
    "without_boundaries",
]
