"""Kinds of areas the Census Bureau nests or lists, and the codes they are written with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.geography.codes import bare_code, complete_puma, is_puma
from fusion_core.us_states import is_state, state_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LevelName = Literal["block_group", "tract", "county", "state", "zip", "puma"]


@dataclass(frozen=True)
class Level:
    """A kind of area.

    Attributes
    ----------
    name
        Its name in commands and files.
    words
        Singular and plural, for sentences.
    parts
        Number of digits of each part of its code, the state first where it has one.
    dated
        Whether its borders change with a census, so that equal codes may be different areas.
    """

    name: LevelName
    words: tuple[str, str]
    parts: tuple[int, ...]
    dated: bool

    @property
    def digits(self) -> int:
        """Number of digits of the whole code."""
        return sum(self.parts)


LEVELS: Final = {
    level.name: level
    for level in (
        Level("block_group", ("block group", "block groups"), (2, 3, 6, 1), dated=True),
        Level("tract", ("tract", "tracts"), (2, 3, 6), dated=True),
        Level("county", ("county", "counties"), (2, 3), dated=False),
        Level("state", ("state", "states"), (2,), dated=False),
        Level("zip", ("ZIP code", "ZIP codes"), (5,), dated=False),
        Level("puma", ("PUMA", "PUMAs"), (2, 5), dated=True),
    )
}
_COARSER: Final = {
    "block_group": ("tract", "county", "state"),
    "tract": ("county", "state"),
    "county": ("state",),
    "puma": ("state",),
}
_LOST_ZEROS: Final = {"zip": 2}
"""Leading zeros a spreadsheet can take: one of a state, two of the ZIP codes of New York and Puerto
Rico."""


def find_level(name: str) -> Level:
    """Return a level by its name; ``zcta`` is read as ``zip``.

    Raises
    ------
    InputError
        If there is no such level.
    """
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    known = {"zcta": "zip", "zip_code": "zip", "blockgroup": "block_group", "bg": "block_group"}
    plain = known.get(plain, plain)
    if plain not in LEVELS:
        raise InputError.unknown("level of areas", name, LEVELS)
    return LEVELS[plain]


def level_words(kind: str, *, plural: bool = False) -> str:
    """Return a kind of area as people write it, such as ``"block group"``.

    Parameters
    ----------
    kind
        Name of a level, or a survey's own column of areas.
    plural
        Whether several are meant; areas of a survey's own are then "areas (kind)".
    """
    if kind in LEVELS:
        return LEVELS[kind].words[plural]
    words = kind.replace("_", " ")
    return f"areas ({words})" if plural else words


@dataclass(frozen=True)
class Unit:
    """Areas of one level as one census defined them.

    Attributes
    ----------
    level
        Name of the level.
    census
        Census that drew the borders, such as ``"2010"``; empty where unknown or of no matter.
    """

    level: LevelName
    census: str = ""

    @property
    def title(self) -> str:
        """The areas in words, such as ``"2010 tracts"``."""
        return f"{self.census} {LEVELS[self.level].words[1]}".strip()

    def contains(self, other: Unit) -> bool:
        """Whether areas of this unit are whole groups of the other's, told by their codes."""
        return self.level in _COARSER.get(other.level, ()) and self.agrees(other)

    def agrees(self, other: Unit) -> bool:
        """Whether nothing is known against both having been defined by one census."""
        dated = LEVELS[self.level].dated and LEVELS[other.level].dated
        return not dated or "" in (self.census, other.census) or self.census == other.census


@dataclass(frozen=True)
class Codes:
    """The codes of a column, and what is wrong with it.

    Attributes
    ----------
    codes
        Whole codes with leading zeros; what could not be read is left as it was.
    wrong
        Row positions of what is no code of this level.
    level
        What the areas are.
    """

    codes: pd.Series[str]
    wrong: NDArray[np.intp]
    level: Level

    def flaw(self, row: int) -> str:
        """Say what is wrong with the code of a row, a clause; empty for a right one."""
        return _flaw(str(self.codes.iloc[row]), self.level)


def read_codes(columns: Sequence[pd.Series[str]], level: Level) -> Codes:
    """Read the codes of areas from one column, or from one column per part.

    Parameters
    ----------
    columns
        The whole code, or its parts from the state on, as texts; missing values are wrong.
    level
        What the areas are.
    """
    if len(columns) > 1 and len(columns) != len(level.parts):
        raise InputError(
            f"The code of a {level.words[0]} has {len(level.parts)} parts; got {len(columns)} columns",
            fix="Name the column with the whole code, or one column per part, the state first",
        )
    texts = [column.astype(object).where(column.notna(), "").astype(str) for column in columns]
    if len(texts) == 1:
        codes = _translated(texts[0], lambda text: _whole(text, level))
    else:
        parts = [
            _translated(text, lambda value, digits=digits, place=place: _part(value, digits, place))
            for place, (text, digits) in enumerate(zip(texts, level.parts, strict=True))
        ]
        codes = parts[0]
        for part in parts[1:]:
            codes = codes + part
    flaws = _translated(codes, lambda code: _flaw(code, level))
    return Codes(codes, np.flatnonzero((flaws != "").to_numpy()), level)


def coarsened(codes: pd.Series[str], level: LevelName) -> pd.Series[str]:
    """Return the codes of the areas of a coarser level that hold some areas."""
    return codes.str[: LEVELS[level].digits]


def _translated(texts: pd.Series[str], rule: object) -> pd.Series[str]:
    distinct = {text: rule(text) for text in texts.unique()}  # type: ignore[operator]
    return texts.map(distinct).astype(str)


def _whole(text: str, level: Level) -> str:
    if level.name == "state":
        return state_code(bare_code(text)) or text
    code = bare_code(text)
    if level.name == "puma":
        return complete_puma(code)
    if level.name == "zip":
        code = code.partition("-")[0]
    lost = _LOST_ZEROS.get(level.name, 1)
    short = code.isdigit() and level.digits - lost <= len(code) < level.digits
    return code.zfill(level.digits) if short else code


def _part(text: str, digits: int, place: int) -> str:
    code = bare_code(text)
    if place == 0:
        return state_code(code) or code
    return code.zfill(digits) if code.isdigit() else code


def _flaw(code: str, level: Level) -> str:
    if not code:
        return f"The identifier of the {level.words[0]} is missing"
    if level.name == "puma" and re.fullmatch(r"[0-9]{1,5}", code):
        return f"PUMA '{code}' lacks its state, without which the code means several areas"
    if level.name == "puma" and not is_puma(code):
        return f"'{code}' is not a PUMA of seven digits (two of the state, five of the area)"
    if not re.fullmatch(rf"[0-9]{{{level.digits}}}", code):
        words = level.words[0].removesuffix(" code")
        return f"'{code}' is not a {words} code of {level.digits} digits"
    # PUMAs may be those of a state a workspace made up; whether it knows them is asked elsewhere.
    if level.name not in {"zip", "puma"} and not is_state(code[:2]):
        return f"'{code}' is not a known {level.words[0]}: no state has the code {code[:2]}"
    return ""


__all__ = [
    "LEVELS",
    "Codes",
    "Level",
    "LevelName",
    "Unit",
    "coarsened",
    "find_level",
    "level_words",
    "read_codes",
]
