"""States of the US, and the regions and divisions they form, however they are written.

Source of regions and divisions: U.S. Census Bureau, *Census Regions and Divisions of the United
States*; the EIA parts the Mountain division into north and south.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

STATES: Final = {
    "01": ("AL", "Alabama"),
    "02": ("AK", "Alaska"),
    "04": ("AZ", "Arizona"),
    "05": ("AR", "Arkansas"),
    "06": ("CA", "California"),
    "08": ("CO", "Colorado"),
    "09": ("CT", "Connecticut"),
    "10": ("DE", "Delaware"),
    "11": ("DC", "District of Columbia"),
    "12": ("FL", "Florida"),
    "13": ("GA", "Georgia"),
    "15": ("HI", "Hawaii"),
    "16": ("ID", "Idaho"),
    "17": ("IL", "Illinois"),
    "18": ("IN", "Indiana"),
    "19": ("IA", "Iowa"),
    "20": ("KS", "Kansas"),
    "21": ("KY", "Kentucky"),
    "22": ("LA", "Louisiana"),
    "23": ("ME", "Maine"),
    "24": ("MD", "Maryland"),
    "25": ("MA", "Massachusetts"),
    "26": ("MI", "Michigan"),
    "27": ("MN", "Minnesota"),
    "28": ("MS", "Mississippi"),
    "29": ("MO", "Missouri"),
    "30": ("MT", "Montana"),
    "31": ("NE", "Nebraska"),
    "32": ("NV", "Nevada"),
    "33": ("NH", "New Hampshire"),
    "34": ("NJ", "New Jersey"),
    "35": ("NM", "New Mexico"),
    "36": ("NY", "New York"),
    "37": ("NC", "North Carolina"),
    "38": ("ND", "North Dakota"),
    "39": ("OH", "Ohio"),
    "40": ("OK", "Oklahoma"),
    "41": ("OR", "Oregon"),
    "42": ("PA", "Pennsylvania"),
    "44": ("RI", "Rhode Island"),
    "45": ("SC", "South Carolina"),
    "46": ("SD", "South Dakota"),
    "47": ("TN", "Tennessee"),
    "48": ("TX", "Texas"),
    "49": ("UT", "Utah"),
    "50": ("VT", "Vermont"),
    "51": ("VA", "Virginia"),
    "53": ("WA", "Washington"),
    "54": ("WV", "West Virginia"),
    "55": ("WI", "Wisconsin"),
    "56": ("WY", "Wyoming"),
    "60": ("AS", "American Samoa"),
    "66": ("GU", "Guam"),
    "69": ("MP", "Northern Mariana Islands"),
    "72": ("PR", "Puerto Rico"),
    "78": ("VI", "Virgin Islands"),
}
"""FIPS code, postal abbreviation and name (ANSI INCITS 38; U.S. Census Bureau)."""

AREA_SEPARATORS: Final = re.compile(r"\s*[/|;:()\[\]]\s*|\s+[-–—]+\s+")
"""What stands between the parts of a label, as in ``"Alabama/AL"`` or ``"3 - South"``."""
_FULL_STOP = re.compile(r"(?<=[^\W\d])\.")  # of an abbreviation, never of a number
_DIVISIONS: Final = {
    "new england": "09 23 25 33 44 50",
    "middle atlantic": "34 36 42",
    "east north central": "17 18 26 39 55",
    "west north central": "19 20 27 29 31 38 46",
    "south atlantic": "10 11 12 13 24 37 45 51 54",
    "east south central": "01 21 28 47",
    "west south central": "05 22 40 48",
    "mountain north": "08 16 30 49 56",
    "mountain south": "04 32 35",
    "pacific": "02 06 15 41 53",
}
_WHOLES: Final = {
    "mountain": ("mountain north", "mountain south"),
    "northeast": ("new england", "middle atlantic"),
    "midwest": ("east north central", "west north central"),
    "south": ("south atlantic", "east south central", "west south central"),
    "west": ("mountain north", "mountain south", "pacific"),
}
DIVISION_NAMES: Final = (*_DIVISIONS, *_WHOLES)
"""Names of the divisions and regions, in small letters."""
_NAMES: Final = {"mid atlantic": "middle atlantic"}
_PARTS_OF_LABEL: Final = re.compile(r"\s*[/|;:()]\s*|\s+[-–—]\s+")
_SURPLUS: Final = re.compile(r"\b(census|region|division)\b|^\d+\.?\s|[^a-z0-9 ]+")


def state_code(text: str) -> str | None:
    """Return the FIPS code of a state written in any way; ``None`` for anything else.

    Beside words that name no state a number is no state either: ``"1 - Northeast"`` is not Alabama.
    """
    parts = [part for part in AREA_SEPARATORS.split(text.strip()) if part]
    found = {part: code for part in parts if (code := _STATE_CODES.get(folded(part))) is not None}
    if len(found) < len(parts) and all(part.isdigit() for part in found):
        return None
    known = set(found.values())
    return known.pop() if len(known) == 1 else None


def is_state(code: str) -> bool:
    """Whether two digits are the FIPS code of a state or territory."""
    return code in STATES


def states_of(label: str) -> frozenset[str]:
    """Return the FIPS codes of the states a label stands for; empty for anything else.

    A bare number is a state where it has two digits (``06``): a single one may number the regions.
    """
    plain = label.strip()
    if plain.isdigit() and len(plain) == 1:
        return frozenset()
    state = state_code(plain)
    if state is not None:
        return frozenset({state})
    found = {_group(part) for part in (plain, *_PARTS_OF_LABEL.split(plain))} - {""}
    return _states_in(found.pop()) if len(found) == 1 else frozenset()


def _group(text: str) -> str:
    """Return the region or division a text names, else ``""``."""
    words = " ".join(_SURPLUS.sub(" ", text.casefold()).split())
    name = _NAMES.get(words, words)
    return name if name in _DIVISIONS or name in _WHOLES else ""


def _states_in(group: str) -> frozenset[str]:
    divisions = _WHOLES.get(group, (group,))
    return frozenset(code for name in divisions for code in _DIVISIONS[name].split())


def folded(text: str) -> str:
    """Return a name without regard to case, accents, full stops and spaces."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_FULL_STOP.sub("", plain).casefold().split())


def _state_codes() -> dict[str, str]:
    codes = {}
    for code, (postal, name) in STATES.items():
        for text in (code, code.lstrip("0"), postal, name):
            codes[folded(text)] = code
    return codes


_STATE_CODES: Final = _state_codes()

__all__ = [
    "AREA_SEPARATORS",
    "DIVISION_NAMES",
    "STATES",
    "folded",
    "is_state",
    "state_code",
    "states_of",
]
