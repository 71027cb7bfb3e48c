"""Exchange harmonies with fusionData: its published ``.R`` files, and JSON copies of them.

A file is read as literals and never evaluated. What cannot be expressed here is kept as it is and
reported by name, so that a person can finish it; what fusionData cannot express is reported when
harmonies are written for it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from fusion_core.errors import CorruptFileError, ExpressionError, InputError
from fusion_core.harmony.model import (
    DROP,
    Aggregator,
    GroupCode,
    Harmony,
    HarmonySet,
    LevelGroup,
    Side,
    SurveyPair,
)
from fusion_core.harmony.r_adjustments import Translation, translate_adjustment
from fusion_core.harmony.r_literals import parse_r
from fusion_core.surveys.model import Dictionary, RespondentLevel, SurveyId

_AGGREGATORS: Final[dict[str, Aggregator]] = {
    "": "automatic", "reference": "reference", "sum": "sum", "min": "minimum", "max": "maximum",
    "mean": "mean", "median": "median", "any": "any",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportedEntry:
    """What became of one entry of a file.

    Attributes
    ----------
    key
        Name of the entry.
    harmony
        The harmony, or ``None`` where it could not be read.
    remarks
        What a person should look at, one sentence each; empty when everything was taken over as is.
    translations
        Adjustments that were translated: R text and what it became.
    """

    key: str
    harmony: Harmony | None
    remarks: tuple[str, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The harmonies of a file and a report on every entry.

    Attributes
    ----------
    pair
        Donor and recipient, from the file's name or content.
    entries
        One per entry of the file, in its order.
    """

    pair: SurveyPair
    entries: tuple[ImportedEntry, ...]

    @property
    def harmonies(self) -> tuple[Harmony, ...]:
        """The harmonies that could be read."""
        return tuple(entry.harmony for entry in self.entries if entry.harmony is not None)

    @property
    def harmony_set(self) -> HarmonySet:
        """The harmonies with their pair."""
        return HarmonySet(self.pair, self.harmonies)


def read_harmonies(
    path: Path, *, donor: Dictionary | None = None, recipient: Dictionary | None = None
) -> ImportResult:
    """Read a fusionData harmony file (``.R``) or a JSON copy of one.

    Parameters
    ----------
    path
        The file; an ``.R`` file is named ``DONOR_VINTAGE__ACS_VINTAGE.R``.
    donor, recipient
        Dictionaries that say which variables belong to persons; without them a variable is taken
        for a person variable where the file aggregates it.

    Raises
    ------
    InputError
        If the file is missing, holds anything but literals, or is not a list of harmonies.
    """
    pair, records = read_records(path)
    persons = {
        key.partition("__")[2] for key, record in records.items() if _text(record["acs"].get("agg"))
    }
    entries = []
    for key, record in records.items():
        try:
            entries.append(_entry(key, record, donor, recipient, persons))
        except InputError as error:
            entries.append(ImportedEntry(key, None, (str(error),)))
    return ImportResult(pair, tuple(entries))


def read_records(path: Path) -> tuple[SurveyPair, dict[str, dict[str, Any]]]:
    """Read the entries of a file in one plain form, whatever the file's own.

    Returns
    -------
    tuple
        The pair, and per key ``donor`` and ``acs`` (each with groups, levels, breaks, adj, agg as
        plain lists and texts), ``ordered``, ``comment``, ``modified``.

    Raises
    ------
    InputError
        As `read_harmonies`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(
            "The file is missing", where=str(path), fix="Choose another file"
        ) from error
    except (UnicodeDecodeError, OSError) as error:
        raise InputError(
            "The file cannot be read as text", where=str(path), fix="Choose another file"
        ) from error
    if path.suffix.lower() == ".json":
        return _json_records(text, path)
    value = parse_r(text, where=path.name)
    if not isinstance(value, dict):
        raise InputError(
            "The file holds no list of harmonies", where=path.name, fix="Choose another file"
        )
    pair = _pair(path.stem, path)
    return pair, {key: _record(key, entry, pair, path.name) for key, entry in value.items()}


def _json_records(text: str, path: Path) -> tuple[SurveyPair, dict[str, dict[str, Any]]]:
    try:
        content = json.loads(text)
        pair = _pair(Path(str(content["file"])).stem, path)
        return pair, {
            str(key): _checked(key, entry, path.name) for key, entry in content["harmonies"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise CorruptFileError(
            "The file is damaged, cut off or no copy of a fusionData harmony file",
            where=str(path),
            fix="Export or download it again; nothing was imported",
        ) from error


def _pair(stem: str, path: Path) -> SurveyPair:
    donor, separator, recipient = stem.partition("__")
    if not separator:
        raise InputError(
            f"The file name '{path.name}' does not say which surveys it belongs to",
            fix="Name it like RECS_2015__ACS_2015.R",
        )
    return SurveyPair(SurveyId.parse(donor), SurveyId.parse(recipient))


def _record(key: str, entry: object, pair: SurveyPair, where: str) -> dict[str, Any]:
    """Bring an entry of an ``.R`` file to plain form; its sides are named after the surveys."""
    if not isinstance(entry, dict):
        raise InputError(f"'{key}' is no harmony", where=where, fix="Remove it from the file")
    sides = [name for name, value in entry.items() if isinstance(value, dict)]
    if sides != [pair.donor.name, pair.recipient.name]:
        raise InputError(
            f"'{key}' has the sides {', '.join(sides) or 'none'}, not {pair.donor.name} and "
            f"{pair.recipient.name}",
            where=where,
            fix="Check that the file belongs to these surveys",
        )
    ordered = entry.get("ordered", ("",))
    return _checked(
        key,
        {
            "donor": _plain_side(entry[sides[0]]),
            "acs": _plain_side(entry[sides[1]]),
            "ordered": None if ordered in {("",), ()} else _only(ordered),
            "comment": _only(entry.get("comment", ("",))) or "",
            "modified": _only(entry.get("modified", ("",))) or "",
        },
        where,
    )


def _plain_side(side: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "groups": list(side.get("groups", ())),
        "levels": list(side.get("levels", ())),
        "breaks": [item for item in side.get("breaks", ()) if item != ""],
        "adj": _only(side.get("adj", ("",))) or "",
    }
    if "agg" in side:
        found["agg"] = _only(side["agg"]) or ""
    return found


def _only(value: object) -> object:
    return (
        value[0]
        if isinstance(value, tuple) and len(value) == 1
        else (None if value == () else value)
    )


def _checked(key: object, entry: Any, where: str) -> dict[str, Any]:
    """Check the form of a plain entry so that nothing later can stumble over it."""
    problem = _problem(entry)
    if problem:
        raise InputError(
            f"'{key}': {problem}", where=where, fix="Check the file; nothing was imported"
        )
    checked: dict[str, Any] = entry
    return checked


def _problem(entry: Any) -> str:
    """Return what is wrong with the form of an entry, or an empty text."""
    if not isinstance(entry, dict):
        return "a harmony is a list of two sides"
    if not isinstance(entry.get("ordered"), bool | str | None):
        return "the order is neither TRUE nor FALSE"
    sides = [entry.get("donor"), entry.get("acs")]
    if not all(isinstance(side, dict) for side in sides):
        return "a harmony has two sides"
    return next((problem for side in sides for problem in _side_problems(side)), "")


def _side_problems(side: Any) -> Iterator[str]:
    groups, levels = _list(side.get("groups")), _list(side.get("levels"))
    if len(groups) != len(levels) or not groups:
        yield f"{len(groups)} groups for {len(levels)} levels"
    if not all(item is None or _is_number(item) for item in groups):
        yield "a group is no number"
    if not all(isinstance(item, str) for item in levels):
        yield "a level is no text"
    if not all(_is_number(item) for item in _list(side.get("breaks"))):
        yield "a breakpoint is no number"
    if not isinstance(side.get("adj", ""), str):
        yield "an adjustment is no text"
    if not isinstance(side.get("agg", ""), str | list | None):
        yield "an aggregator is no text"


def _is_number(item: object) -> bool:
    return isinstance(item, int | float) and not isinstance(item, bool) and math.isfinite(item)


def _entry(
    key: str,
    record: dict[str, Any],
    donor: Dictionary | None,
    recipient: Dictionary | None,
    persons: set[str],
) -> ImportedEntry:
    first, separator, second = key.partition("__")
    if not separator or not first or not second:
        raise InputError(
            f"'{key}' does not name two variables", fix="Name entries like numchild__agep"
        )
    remarks: list[str] = []
    translations: list[tuple[str, str]] = []
    sides = []
    for name, variable, dictionary, half in (
        ("donor", first, donor, record["donor"]),
        ("recipient", second, recipient, record["acs"]),
    ):
        respondent: RespondentLevel = "household"
        if dictionary is not None and variable in dictionary:
            respondent = dictionary[variable].respondent
        elif name == "recipient" and variable in persons:
            respondent = "person"
        elif dictionary is not None:
            remarks.append(f"The {name}'s dictionary has no variable '{variable}'")
        side, said, translated = _side(half, variable, respondent)
        remarks += [f"{name.capitalize()}: {sentence}" for sentence in said]
        translations += translated
        sides.append(side)
    harmony = Harmony(
        donor=sides[0],
        recipient=sides[1],
        ordered=record.get("ordered") is True,
        comment=str(record.get("comment") or ""),
        modified=str(record.get("modified") or "").replace(" ", "T", 1),
    )
    return ImportedEntry(key, harmony, tuple(remarks), tuple(translations))


def side_from_fusiondata(
    record: Mapping[str, Any], variable: str, respondent: RespondentLevel
) -> Side:
    """Return one side of a plain fusionData entry.

    A single group stands for the number itself. Levels without a group (NA) stay undecided.

    Raises
    ------
    ExpressionError
        If the adjustment has no counterpart in the safe language.
    """
    text = str(record.get("adj") or "").strip()
    translation = translate_adjustment(text, variable) if text else Translation()
    return _built(record, variable, respondent, translation)


def _side(
    record: Mapping[str, Any], variable: str, respondent: RespondentLevel
) -> tuple[Side, list[str], list[tuple[str, str]]]:
    """Return a side, what to report about it, and the translation of its adjustment."""
    remarks: list[str] = []
    translations: list[tuple[str, str]] = []
    text = str(record.get("adj") or "").strip()
    translation = Translation()
    if text:
        try:
            translation = translate_adjustment(text, variable)
        except ExpressionError as error:
            remarks.append(f"the adjustment is kept as written in R and must be rewritten. {error}")
            translation = Translation(adjustment=text)
        else:
            translations.append(
                (text, translation.adjustment or f"asked where {translation.universe}")
            )
    side = _built(record, variable, respondent, translation)
    if translation.outside_level:
        if side.outside_universe is None and translation.outside_level in record.get("levels", ()):
            side = replace(side, outside_universe=DROP)
            remarks.append(f"rows for which not ({translation.universe}) are dropped (NA)")
        elif side.outside_universe is None:
            remarks.append(
                f"'{translation.outside_level}' has no group; choose one for rows not asked"
            )
        else:
            remarks.append(
                f"rows for which not ({translation.universe}) are in the group of "
                f"'{translation.outside_level}'"
            )
    if any(item.group is None for item in side.levels):
        levels = [item.level for item in side.levels if item.group is None]
        remarks.append(f"rows with {', '.join(repr(level) for level in levels)} are dropped (NA)")
        dropped = tuple(
            LevelGroup(item.level, DROP) if item.group is None else item for item in side.levels
        )
        side = replace(side, levels=dropped)
    if side.breakpoints and len(side.levels) != len(side.breakpoints) + 1:
        remarks.append(
            "breakpoints are set although levels are listed; fusionData bins the positions of the "
            "labels. Remove the breakpoints"
        )
    return side, remarks, translations


def _built(
    record: Mapping[str, Any], variable: str, respondent: RespondentLevel, translation: Translation
) -> Side:
    groups, labels = (
        _list(record.get("groups")),
        [str(item) for item in _list(record.get("levels"))],
    )
    codes: list[GroupCode] = [None if code is None else float(code) for code in groups]
    levels = [LevelGroup(level, code) for level, code in zip(labels, codes, strict=True)]
    outside: GroupCode = None
    if translation.outside_level:
        outside = next((i.group for i in levels if i.level == translation.outside_level), None)
        if translation.adds_level:
            levels = [item for item in levels if item.level != translation.outside_level]
    aggregator = _text(record.get("agg"))
    if aggregator not in _AGGREGATORS:
        raise InputError(
            f"The aggregator '{aggregator}' is unknown", where=variable,
            fix=f"Use one of {', '.join(name for name in _AGGREGATORS if name)}",
        )  # fmt: skip
    return Side(
        variable=variable,
        respondent=respondent,
        adjustment=translation.adjustment,
        breakpoints=tuple(float(item) for item in _list(record.get("breaks"))),
        levels=() if len(groups) == 1 else tuple(levels),
        aggregator=_AGGREGATORS[aggregator],
        universe=translation.universe,
        outside_universe=outside,
    )


def _list(value: Any) -> list[Any]:
    """Return a vector as a list; R writes a vector of one without brackets and an empty one as ''."""
    if isinstance(value, list | tuple):
        return [item for item in value if item != ""]
    return [] if value is None or value == "" else [value]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


__all__ = [
    "ImportResult",
    "ImportedEntry",
    "read_harmonies",
    "read_records",
    "side_from_fusiondata",
]
