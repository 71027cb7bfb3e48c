"""Areas by the places their names speak of: states, regions, counties, cities and neighbourhoods.

A PUMA has no name of its own but says which counties, cities and districts it holds –
``"Cook County (West)--Leyden & Norwood Park Townships"`` – and begins with the code of its state. So
whoever asks for a place need not know codes, and no list of places comes with the program.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fusion_core.errors import InputError
from fusion_core.records import Checked
from fusion_core.us_states import DIVISION_NAMES, STATES, folded, state_code, states_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_STATE_DIGITS: Final = 2
_PARENTHESES: Final = re.compile(r"\s*\([^)]*\)?")
# Names of 90 letters end in the middle of "PUMA".
_CUT_OFF: Final = re.compile(r"\s+P(?:U(?:MA?)?)?$")
_LIST: Final = re.compile(r",\s*|\s+&\s+|\s+and\s+")
_SINGULAR: Final = {
    "Counties": "County",
    "Cities": "City",
    "Towns": "Town",
    "Townships": "Township",
    "Villages": "Village",
    "Boroughs": "Borough",
    "Parishes": "Parish",
}
_KINDS: Final = re.compile(r" (?:county|city|town|township|village|borough|parish|municipio)$")
_LONG_NAMES: Final = {"NYC": "New York City", "LA City": "Los Angeles City"}
_SUGGESTED: Final = 4


@dataclass(frozen=True)
class NamedPlace(Checked):
    """A place somebody may ask for.

    Attributes
    ----------
    title
        Its name, with the state where that tells it from others.
    areas
        Identifiers of the areas it holds or reaches into, ascending.
    """

    title: str
    areas: tuple[str, ...]


def named_places(areas: pd.DataFrame) -> tuple[NamedPlace, ...]:
    """Return the states, divisions, regions and the places that names of areas speak of.

    Parameters
    ----------
    areas
        `area_id` and `name`, one row per area.

    Returns
    -------
    tuple of NamedPlace
        States first, then divisions and regions, then all other places by name. A place that is
        all areas is left out, for it would choose nothing.
    """
    found = [*_states(areas), *_divisions(areas)]
    found += [NamedPlace(title, ids) for title, ids in sorted(_spoken_of(areas).items())]
    everywhere = len(areas)
    return tuple(place for place in found if len(place.areas) < everywhere)


def place_named(areas: pd.DataFrame, text: str) -> NamedPlace:
    """Return the place a person means.

    A name is tried as that of a state (also its postal abbreviation or code), division or region,
    then as a place that names of areas speak of (``Cook County, IL``, ``Seattle``; a county and a
    city of one name in one state are one place, and a bare name is the only city of that name), at
    last as words that names of areas hold (``Harlem``).

    Parameters
    ----------
    areas
        `area_id` and `name`, one row per area.
    text
        What was asked for.

    Raises
    ------
    InputError
        If no area has such a name, or the name is one of places in several states.
    """
    asked = folded(text)
    if not asked:
        raise InputError("No place was named", fix="Give a state, county or city")
    wide = {folded(place.title): place for place in (*_states(areas), *_divisions(areas))}
    if asked in wide:
        return wide[asked]
    identifiers = areas["area_id"].astype(str)
    codes = states_of(text)
    if codes and _have_states(areas):
        chosen = identifiers[identifiers.str[:_STATE_DIGITS].isin(codes)]
        if len(chosen):
            title = STATES[next(iter(codes))][1] if len(codes) == 1 else text.strip()
            return NamedPlace(title, tuple(sorted(chosen)))
    by_state = _by_bare_name(areas, text)
    cities = {state: found for state, found in by_state.items() if found[0].endswith(" City")}
    if len(cities) == 1:
        by_state = cities
    if len(by_state) > 1:
        several = sorted(f"{text.strip()}, {state}" for state in by_state)
        raise InputError(
            f"'{text.strip()}' is a place in {len(several)} states",
            fix=f"Name the state too, such as {' or '.join(several[:_SUGGESTED])}",
        )
    if by_state:
        [(state, (title, ids))] = by_state.items()
        return NamedPlace(f"{title}, {state}" if state else title, tuple(sorted(ids)))
    names = areas["name"].astype(str).map(folded)
    pattern = r"\b" + re.escape(asked) + r"\b"
    chosen = identifiers[names.str.contains(pattern) | (identifiers == text.strip())]
    if not len(chosen):
        raise InputError.unknown("place", text, [place.title for place in named_places(areas)])
    return NamedPlace(f"areas named “{text.strip()}”", tuple(sorted(chosen)))


def _have_states(areas: pd.DataFrame) -> bool:
    """Whether identifiers are Census codes that begin with a state."""
    identifiers = areas["area_id"].astype(str)
    widths = identifiers.str.len()
    nested = identifiers.str.isdigit().all() and widths.nunique() == 1
    known = identifiers.str[:_STATE_DIGITS].isin(STATES)
    return bool(len(areas)) and bool(nested) and bool(known.all())


def _states(areas: pd.DataFrame) -> list[NamedPlace]:
    if not _have_states(areas):
        return []
    identifiers = areas["area_id"].astype(str)
    groups = identifiers.groupby(identifiers.str[:_STATE_DIGITS])
    places = [NamedPlace(STATES[code][1], tuple(sorted(ids))) for code, ids in groups]
    return sorted(places, key=lambda place: place.title)


def _divisions(areas: pd.DataFrame) -> list[NamedPlace]:
    if not _have_states(areas):
        return []
    identifiers = areas["area_id"].astype(str)
    places = []
    for name in DIVISION_NAMES:
        chosen = identifiers[identifiers.str[:_STATE_DIGITS].isin(states_of(name))]
        if len(chosen):
            places.append(NamedPlace(name.title(), tuple(sorted(chosen))))
    return places


def _spoken_of(areas: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the areas of every place by its title."""
    found: dict[str, set[str]] = defaultdict(set)
    for state, part, area in _parts(areas):
        found[f"{part}, {state}" if state else part].add(area)
    return {title: tuple(sorted(ids)) for title, ids in found.items()}


def _by_bare_name(areas: pd.DataFrame, text: str) -> dict[str, tuple[str, set[str]]]:
    """Return title and areas of the places of a name, by state (``""`` where there are none)."""
    name, _, after = text.rpartition(",")
    code = state_code(after.strip()) if name else None
    only = STATES[code][0] if code in STATES else ""
    asked = folded(name if only else text)
    found: dict[str, tuple[str, set[str]]] = {}
    for state, part, area in _parts(areas):
        if only and state != only:
            continue
        whole = folded(part)
        if asked in (whole, _KINDS.sub("", whole)):
            title, ids = found.setdefault(state, (part, set()))
            if title != part:  # a county and a city of one name
                found[state] = (_without_kind(part), ids)
            ids.add(area)
    return found


def _without_kind(part: str) -> str:
    return re.sub(_KINDS.pattern, "", part, flags=re.IGNORECASE)


def _parts(areas: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """Yield state, place and area for every place in every name."""
    nested = _have_states(areas)
    for area, name in zip(areas["area_id"].astype(str), areas["name"].astype(str), strict=True):
        state = STATES[area[:_STATE_DIGITS]][0] if nested else ""
        for part in dict.fromkeys(_places_in(name)):
            yield state, part, area


def _places_in(name: str) -> Iterator[str]:
    plain = _CUT_OFF.sub("", name).replace("NYC-", "New York City--").replace("–", "--")
    for part in plain.split("--"):
        pieces = [piece.strip(" &") for piece in _LIST.split(_PARENTHESES.sub("", part))]
        kind = ""
        singular: list[str] = []
        # The plural at the end of a list says what its members are: "Ionia & Osceola Counties".
        for piece in reversed([piece for piece in pieces if piece]):
            words = piece.split()
            if words[-1] in _SINGULAR:
                kind = _SINGULAR[words[-1]]
                piece = " ".join([*words[:-1], kind])  # noqa: PLW2901 - its singular
            elif words[-1] in _SINGULAR.values():
                kind = ""
            elif kind:
                piece = f"{piece} {kind}"  # noqa: PLW2901 - its kind, written out
            singular.append(_LONG_NAMES.get(piece, piece))
        yield from reversed(singular)


__all__ = ["NamedPlace", "named_places", "place_named"]
