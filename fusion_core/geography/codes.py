"""The many ways to write one area: codes, labels, abbreviations, and the rule by which they meet.

Surveys store a state as ``"Alabama/AL"``, ``"AL"``, ``"01"`` or ``1``, published tables as
``"0400000US01"``, boundaries as ``"01"`` with the name ``"Alabama"``. `match_areas` is the one place
that knows they are the same; whoever joins areas to polygons or tables asks it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from fusion_core.us_states import AREA_SEPARATORS, folded, is_state, state_code

if TYPE_CHECKING:
    import pandas as pd

_SUMMARY_LEVEL = re.compile(r"^\d{3}[0-9A-Z]{4}US")
_KIND_BEFORE = re.compile(r"^[A-Za-z]+_(?=[0-9])")
_COUNTY_WORDS = re.compile(
    r" (?:county|parish|borough|city and borough|census area|municipality|municipio|planning region)$"
)
_COUNTY_DIGITS: Final = 5
PUMA_DIGITS: Final = 7
"""Digits of a PUMA with its state."""

Key = tuple[str, ...]


def match_areas(values: Iterable[object], areas: pd.DataFrame) -> dict[str, str]:
    """Find the area that each value of a column means.

    A value is tried as it is, without regard to case, accents and full stops: as identifier, as
    name; then as a number without leading zeros, with decimals or behind a summary level
    (``0400000US01``); then as a state by FIPS code, postal abbreviation or name, or a county with
    its state (``"Lane County, Oregon"``); at last by its parts, as in ``"Alabama/AL"`` or
    ``"3 - South"``, where all that are known must agree. A value that could mean two areas means
    none.

    Parameters
    ----------
    values
        What a survey or a table stores; repeated values do not matter.
    areas
        One row per area with `area_id` and `name`.

    Returns
    -------
    dict
        `area_id` by value, both as text; values that mean no area are left out. Two values may
        mean one area.
    """
    identifiers = areas["area_id"].astype(str).tolist()
    widths = {len(text) if text.isdigit() else 0 for text in identifiers}
    width = widths.pop() if len(widths) == 1 else 0
    index: dict[Key, set[str]] = defaultdict(set)
    for identifier, name in zip(identifiers, areas["name"].astype(str), strict=True):
        for key in _keys_of_area(identifier, name):
            index[key].add(identifier)
    found = {}
    for text in dict.fromkeys(map(str, values)):
        area = _find(text, index, width) or _find_by_parts(text, index, width)
        if area is not None:
            found[text] = area
    return found


def bare_code(text: str) -> str:
    """Return a code without what publishers put around it.

    That is the summary level of the Census Bureau (``1400000US01001020100``), the word for the kind of
    area (``tract_01001020100``), and the decimals a spreadsheet adds.
    """
    code = _SUMMARY_LEVEL.sub("", text.strip())
    return re.sub(r"\.0+$", "", _KIND_BEFORE.sub("", code))


def complete_puma(text: str) -> str:
    """Give a PUMA back the leading zero a spreadsheet took from its state; other texts as they are.

    A code of six digits can only lack that one. One of five lacks the state, which nobody knows.
    """
    code = re.sub(r"\.0+$", "", text.strip())
    return code.zfill(PUMA_DIGITS) if re.fullmatch(r"[0-9]{6}", code) else code


def is_puma(text: str) -> bool:
    """Whether a text is a PUMA: two digits of the state and five of the area."""
    return re.fullmatch(rf"[0-9]{{{PUMA_DIGITS}}}", text) is not None


def _keys_of_area(identifier: str, name: str) -> Iterator[Key]:
    yield ("text", folded(identifier))
    yield ("text", folded(name))
    is_state_code = len(identifier) == 2 and is_state(identifier)  # noqa: PLR2004 - FIPS of a state
    state = (
        identifier if is_state_code else None if identifier.isdigit() else state_code(identifier)
    )
    if state is not None:
        yield ("state", state)
    if identifier.isdigit() and len(identifier) == _COUNTY_DIGITS:
        yield ("county", identifier[:2], _county(name))


def _find(text: str, index: dict[Key, set[str]], width: int) -> str | None:
    for key in _keys_of_value(text, width):
        if key in index:
            return next(iter(index[key])) if len(index[key]) == 1 else None
    return None


def _find_by_parts(text: str, index: dict[Key, set[str]], width: int) -> str | None:
    parts = [part for part in AREA_SEPARATORS.split(text) if part]
    if len(parts) < 2:  # noqa: PLR2004 - tried as a whole already
        return None
    found = {area for part in parts if (area := _find(part, index, width)) is not None}
    return found.pop() if len(found) == 1 else None


def _keys_of_value(text: str, width: int) -> Iterator[Key]:
    yield ("text", folded(text))
    code = bare_code(text)
    if code.isdigit() and code.isascii():
        yield ("text", code.zfill(width))
    state = state_code(code)
    if state is not None:
        yield ("state", state)
    county, comma, rest = text.partition(",")
    if comma and (place := state_code(rest)) is not None:
        yield ("county", place, _county(county))


def _county(name: str) -> str:
    return _COUNTY_WORDS.sub("", folded(name.partition(",")[0]))
