"""Where the sections of the Census Bureau's industry and occupation lists begin, as codes.

Surveys that only publish the four-digit code (CPS, ASEC, SIPP) meet here those that publish its
label, such as the ACS: 'MFG-Dairy Product' is a code from 1070 to under 4070.

Source: Census Bureau, PUMS Data Dictionary, INDP and OCCP. Industry lists of 2012 and 2017,
occupation lists of 2010 and 2018; where a section begins a few codes later in one of them, the
earlier beginning holds for both, as the codes between belong to no other section.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

NEVER_WORKED: Final = 9920.0
"""From here on: unemployed, and last worked more than five years ago or never."""

INDUSTRY: Final[Mapping[str, float]] = {
    "AGR": 170,
    "EXT": 370,
    "UTL": 570,
    "CON": 770,
    "MFG": 1070,
    "WHL": 4070,
    "RET": 4670,
    "TRN": 6070,
    "INF": 6470,
    "FIN": 6870,
    "PRF": 7270,
    "EDU": 7860,
    "MED": 7970,
    "SCA": 8370,
    "ENT": 8560,
    "SRV": 8770,
    "ADM": 9370,
    "MIL": 9670,
}
OCCUPATION: Final[Mapping[str, float]] = {
    "MGR": 10,
    "BUS": 500,
    "FIN": 800,
    "CMM": 1005,
    "ENG": 1300,
    "SCI": 1600,
    "CMS": 2000,
    "LGL": 2100,
    "EDU": 2200,
    "ENT": 2600,
    "MED": 3000,
    "HLS": 3600,
    "PRT": 3700,
    "EAT": 4000,
    "CLN": 4200,
    "PRS": 4300,
    "SAL": 4700,
    "OFF": 5000,
    "FFF": 6005,
    "CON": 6200,
    "EXT": 6800,
    "RPR": 7000,
    "PRD": 7700,
    "TRN": 9000,
    "MIL": 9800,
}
_LISTS: Final = ((re.compile(r"\bindustr"), INDUSTRY), (re.compile(r"\boccupation"), OCCUPATION))


def section_starts(description: str, sections: Iterable[str]) -> Mapping[str, float] | None:
    """Return the first code of every section of the list a variable is coded in.

    Parameters
    ----------
    description
        What the coded variable says of itself: its industry or occupation.
    sections
        The sections to be found in the list; all of them must be there.

    Returns
    -------
    The list in the order of its codes, or ``None`` where it is another one.

    Examples
    --------
    >>> section_starts("Industry of the longest job", ["MFG", "WHL"])["WHL"]
    4070
    """
    wanted = set(sections)
    said = description.lower()
    return next(
        (starts for words, starts in _LISTS if words.search(said) and wanted <= set(starts)), None
    )


__all__ = ["INDUSTRY", "NEVER_WORKED", "OCCUPATION", "section_starts"]
