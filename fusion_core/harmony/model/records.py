"""The written form of a harmony, checked field by field when read.

Levels are one ``["label", group]`` per line, so that a change of one level is a change of one line.
Fields at their default are left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Final, TypeVar, get_args

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.harmony.model.harmony import (
    DROP,
    SIDES,
    Acceptance,
    Aggregator,
    GroupCode,
    Harmony,
    LevelGroup,
    Side,
)
from fusion_core.surveys.model import RespondentLevel

Record = dict[str, Any]
_Choice = TypeVar("_Choice", bound=str)
_Item = TypeVar("_Item")

_SIDE_FIELDS: Final = frozenset(
    {
        "variable",
        "respondent",
        "adjustment",
        "breakpoints",
        "levels",
        "aggregator",
        "universe",
        "outside_universe",
        "missing",
        "deflate_to_year",
        "recode",
    }
)
_RESPONDENTS: Final[tuple[RespondentLevel, ...]] = get_args(RespondentLevel)
_AGGREGATORS: Final[tuple[Aggregator, ...]] = get_args(Aggregator)
_EXACT: Final = 2**53
"""Below it every whole number is a floating-point number."""
_HARMONY_FIELDS: Final = frozenset(
    {
        "donor",
        "recipient",
        "ordered",
        "group_names",
        "comment",
        "author",
        "modified",
        "revision",
        "accepted",
    }
)
_ACCEPTED_FIELDS: Final = frozenset({"rule", "reason", "side", "levels"})


def harmony_record(harmony: Harmony) -> Record:
    """Return the JSON form of a harmony.

    Raises
    ------
    InputError
        If a number is not finite, which JSON cannot hold.
    """
    record: Record = {
        "donor": _side_record(harmony.donor, f"{harmony.key}, donor"),
        "recipient": _side_record(harmony.recipient, f"{harmony.key}, recipient"),
        "ordered": harmony.ordered,
    }
    if harmony.group_names:
        record["group_names"] = [
            [_tidy(code, harmony.key), name] for code, name in harmony.group_names
        ]
    record |= {
        name: getattr(harmony, name)
        for name in ("comment", "author", "modified")
        if getattr(harmony, name)
    }
    record["revision"] = harmony.revision
    if harmony.accepted:
        record["accepted"] = [_acceptance_record(item) for item in harmony.accepted]
    return record


def _acceptance_record(item: Acceptance) -> Record:
    record: Record = {"rule": item.rule, "reason": item.reason}
    if item.side:
        record["side"] = item.side
    if item.levels:
        record["levels"] = list(item.levels)
    return record


def _side_record(side: Side, where: str) -> Record:
    record: Record = {"variable": side.variable, "respondent": side.respondent}
    for name in ("adjustment", "universe"):
        if getattr(side, name):
            record[name] = getattr(side, name)
    if side.breakpoints:
        record["breakpoints"] = [_tidy(point, where) for point in side.breakpoints]
    if side.levels:
        # Thousands of levels share a few groups, and every edit is written.
        tidy = {group: _tidy_group(group, where) for group in {item.group for item in side.levels}}
        record["levels"] = [[item.level, tidy[item.group]] for item in side.levels]
    if side.aggregator != "automatic":
        record["aggregator"] = side.aggregator
    for name in ("outside_universe", "missing"):
        group: GroupCode = getattr(side, name)
        if group is not None:
            record[name] = _tidy_group(group, where)
    if side.deflate_to_year is not None:
        record["deflate_to_year"] = side.deflate_to_year
    if side.recode:
        record["recode"] = side.recode
    return record


def _tidy(value: float, where: str) -> float | int:
    """Write whole numbers without a decimal point."""
    number = float(value)
    if not math.isfinite(number):
        raise InputError(
            f"{number} cannot be a group or breakpoint", where=where, fix="Use a number"
        )
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _tidy_group(group: GroupCode, where: str) -> float | int | str | None:
    if group is None or isinstance(group, str):
        return group
    return _tidy(group, where)


def read_harmony(record: object, *, where: str) -> Harmony:
    """Check a JSON record and return the harmony it describes.

    Raises
    ------
    CorruptFileError
        Naming the field that is missing, misspelt or of the wrong kind.
    """
    fields = RecordReader(record, where, _HARMONY_FIELDS)
    return Harmony(
        donor=_read_side(fields.required("donor"), where=f"{where}, donor"),
        recipient=_read_side(fields.required("recipient"), where=f"{where}, recipient"),
        ordered=fields.boolean("ordered"),
        group_names=fields.each("group_names", read_group_name),
        comment=fields.text("comment"),
        author=fields.text("author"),
        modified=fields.text("modified"),
        revision=fields.integer("revision") or 0,
        accepted=tuple(
            _read_acceptance(item, where=f"{where}, accepted, item {index + 1}")
            for index, item in enumerate(fields.items("accepted"))
        ),
    )


def _read_acceptance(record: object, *, where: str) -> Acceptance:
    fields = RecordReader(record, where, _ACCEPTED_FIELDS)
    return Acceptance(
        rule=fields.required_text("rule"),
        reason=fields.text("reason"),
        side=fields.choice("side", "side", ("", *SIDES), default=""),
        levels=tuple(_text(level, f"{where}, levels") for level in fields.items("levels")),
    )


def _read_side(record: object, *, where: str) -> Side:
    fields = RecordReader(record, where, _SIDE_FIELDS)
    return Side(
        variable=fields.required_text("variable"),
        respondent=fields.choice(
            "respondent", "respondent level", _RESPONDENTS, default="household"
        ),
        adjustment=fields.text("adjustment"),
        breakpoints=tuple(_number(p, f"{where}, breakpoints") for p in fields.items("breakpoints")),
        levels=fields.each("levels", read_level_group),
        aggregator=fields.choice("aggregator", "aggregator", _AGGREGATORS, default="automatic"),
        universe=fields.text("universe"),
        outside_universe=read_group(fields.get("outside_universe"), f"{where}, outside_universe"),
        missing=read_group(fields.get("missing"), f"{where}, missing"),
        deflate_to_year=fields.integer("deflate_to_year"),
        recode=fields.text("recode"),
    )


def read_group_name(item: object, where: str) -> tuple[float, str]:
    """Return a group code and its name, written as a pair."""
    code, name = _pair(item, where)
    return _number(code, where), _text(name, where)


def read_level_group(item: object, where: str) -> LevelGroup:
    """Read a level; a file is mostly these, and their groups are mostly small whole numbers."""
    level, group = _pair(item, where)
    if type(group) is int and -_EXACT < group < _EXACT:
        return LevelGroup(_text(level, where), float(group))
    return LevelGroup(_text(level, where), read_group(group, where))


class RecordReader:
    """A JSON object whose fields are read with their kind checked."""

    def __init__(self, record: object, where: str, known: frozenset[str]) -> None:
        if not isinstance(record, dict):
            raise corrupt("An object was expected", where)
        unknown = sorted(map(str, record.keys() - known))
        if unknown:
            raise corrupt(f"There is no field '{unknown[0]}'", where)
        self._record: Record = record
        self._where = where

    def get(self, name: str) -> object:
        """Return a field of any kind; ``None`` when absent."""
        return self._record.get(name)

    def required(self, name: str) -> object:
        """Return a field of any kind that must be there."""
        if name not in self._record:
            raise corrupt(f"The field '{name}' is missing", self._where)
        return self._record[name]

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        return _text(self._record.get(name, default), f"{self._where}, {name}")

    def required_text(self, name: str) -> str:
        """Return a text that must be there."""
        return _text(self.required(name), f"{self._where}, {name}")

    def choice(
        self, name: str, what: str, known: tuple[_Choice, ...], default: _Choice | None = None
    ) -> _Choice:
        """Return one of a few texts; without a default it must be there.

        Parameters
        ----------
        name
            The field.
        what
            What it says, for messages.
        known
            The texts.
        default
            The one that is left out when written.
        """
        value = self.required(name) if default is None else self._record.get(name, default)
        for item in known:
            if value == item:
                return item
        raise corrupt(f"'{value}' is no {what}", f"{self._where}, {name}")

    def each(self, name: str, read: Callable[[object, str], _Item]) -> tuple[_Item, ...]:
        """Read every item of a list; what is wrong with one names its place in the list."""
        found: list[_Item] = []
        try:
            for item in self.items(name):
                found.append(read(item, ""))  # noqa: PERF401 - says how far it came
        except CorruptFileError as error:  # a place for each of thousands of items takes longer
            raise corrupt(error.what, f"{self._where}, {name}, item {len(found) + 1}") from error
        return tuple(found)

    def boolean(self, name: str) -> bool:
        """Return true or false; false when absent."""
        value = self._record.get(name, False)
        if not isinstance(value, bool):
            raise corrupt("true or false was expected", f"{self._where}, {name}")
        return value

    def integer(self, name: str) -> int | None:
        """Return a whole number; ``None`` when absent."""
        value = self._record.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise corrupt("A whole number was expected", f"{self._where}, {name}")
        return value

    def items(self, name: str) -> list[object]:
        """Return a list; empty when absent."""
        value = self._record.get(name, [])
        if not isinstance(value, list):
            raise corrupt("A list was expected", f"{self._where}, {name}")
        return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise corrupt("Text was expected", where)
    return value


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise corrupt("A number was expected", where)
    try:
        number = float(value)
    except OverflowError as error:
        raise corrupt("The number is too large", where) from error
    if not math.isfinite(number):
        raise corrupt("A finite number was expected", where)
    return number


def read_group(value: object, where: str) -> GroupCode:
    """Return a group code read from JSON."""
    if value is None or value == DROP:
        return DROP if value == DROP else None
    return _number(value, where)


def _pair(value: object, where: str) -> tuple[object, object]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise corrupt("A pair was expected", where)
    return value[0], value[1]


def corrupt(what: str, where: str) -> CorruptFileError:
    """Build the error for a field that is not as it was written."""
    return CorruptFileError(
        what, where=where, fix="Restore the file from its history, a backup or version control"
    )


def render(record: object, indent: int = 0) -> str:
    """Write JSON that diffs well: objects over lines, lists of plain values on one line."""
    pad = " " * (indent + 1)
    if isinstance(record, dict) and record:
        lines = [
            f"{pad}{_plain(str(key))}: {render(value, indent + 1)}" for key, value in record.items()
        ]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(record, list) and any(isinstance(item, list | dict) for item in record):
        lines = [pad + render(item, indent + 1) for item in record]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    return _plain(record)


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


__all__ = [
    "Record",
    "RecordReader",
    "corrupt",
    "harmony_record",
    "read_group",
    "read_group_name",
    "read_harmony",
    "read_level_group",
    "render",
]
