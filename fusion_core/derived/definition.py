"""What a derived variable is: its definition, its written form and how it is said in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, Literal, get_args

from fusion_core.errors import InputError
from fusion_core.harmony.expressions import mentioned_columns, write_name
from fusion_core.harmony.model import bin_labels, check_breakpoints, format_number
from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY, WEIGHT, RespondentLevel
from fusion_core.workspace.files import shown_name

Aggregate = Literal["sum", "mean", "any", "all", "count", "min", "max", "reference"]
AGGREGATES: Final[tuple[Aggregate, ...]] = get_args(Aggregate)
AGGREGATE_WORDS: Final[dict[Aggregate, str]] = {
    "sum": "added up over the household's persons",
    "mean": "averaged over the household's persons",
    "any": "whether it holds for any person of the household",
    "all": "whether it holds for all persons of the household",
    "count": "for how many persons of the household it holds",
    "min": "the lowest of the household's persons",
    "max": "the highest of the household's persons",
    "reference": "of the household's reference person",
}

_LONGEST: Final = 60
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED: Final = re.compile(rf"{HOUSEHOLD_KEY}|{PERSON_KEY}|{WEIGHT}|replicate_\d+|puma|state")


@dataclass(frozen=True, slots=True)
class DerivedVariable:
    """The definition of one derived variable.

    Attributes
    ----------
    name
        Its name: lower case letters, digits and underscores.
    expression
        What it is, in the expression language: a number, a condition or a text for every row.
    respondent
        Whether households or persons have it.
    aggregate
        For a household variable whose expression is about persons: how the persons of a household
        are put together. Persons without a value are left out; a household of which no person has
        one is missing.
    label
        What it measures, in a person's words.
    unit
        Unit of a number.
    levels
        Value and label of every level, in order: the value a number (``"1"``; of a condition 1 and
        0) or a text, with bins the number of the bin from 1 on. Empty where the values speak for
        themselves.
    breakpoints
        Where a number is cut into bins, each of which includes its lower end.
    """

    name: str
    expression: str
    respondent: RespondentLevel = "household"
    aggregate: Aggregate | None = None
    label: str = ""
    unit: str = ""
    levels: tuple[tuple[str, str], ...] = ()
    breakpoints: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_name(self.name)
        mentioned_columns(self.expression, where=self.name)
        if self.respondent not in get_args(RespondentLevel):
            raise InputError.unknown(
                "level", str(self.respondent), get_args(RespondentLevel), where=self.name
            )
        if self.aggregate is not None and self.aggregate not in AGGREGATES:
            raise InputError.unknown("aggregate", self.aggregate, AGGREGATES, where=self.name)
        if self.aggregate is not None and self.respondent == "person":
            raise InputError(
                "A variable of persons is not summarized for the household",
                where=self.name,
                fix="Leave the aggregate out, or make it a household variable",
            )
        check_breakpoints(self.breakpoints, where=self.name)
        _check_levels(self)

    @property
    def asked_of(self) -> RespondentLevel:
        """Whose answers the expression reads: persons', where they are put together later."""
        return "person" if self.aggregate is not None else self.respondent

    @property
    def _texts(self) -> tuple[tuple[str, str], ...]:
        return (("label", self.label), ("unit", self.unit))

    @property
    def definition(self) -> str:
        """The definition in one sentence without a full stop, e.g. ``kwh / people``."""
        said = " ".join(self.expression.split())
        if self.aggregate is not None:
            said += f", {AGGREGATE_WORDS[self.aggregate]}"
        if self.breakpoints:
            points = ", ".join(format_number(value) for value in self.breakpoints)
            said += f", in bins from {points}"
        elif self.levels:
            said += f", where {', '.join(f'{value} is “{label}”' for value, label in self.levels)}"
        return said

    def to_record(self) -> dict[str, Any]:
        """Return the definition as JSON holds it; what is not set is left out."""
        record: dict[str, Any] = {
            "name": self.name,
            "expression": self.expression,
            "level": self.respondent,
        }
        if self.aggregate is not None:
            record["aggregate"] = self.aggregate
        record |= {key: text for key, text in self._texts if text}
        if self.levels:
            record["levels"] = [list(item) for item in self.levels]
        if self.breakpoints:
            record["bins"] = list(self.breakpoints)
        return record

    @classmethod
    def from_record(cls, record: object, *, where: str = "") -> DerivedVariable:
        """Read a definition.

        Raises
        ------
        InputError
            If the record is not a definition, or the definition is wrong.
        """
        if not isinstance(record, Mapping):
            raise InputError("A derived variable is written as an object", where=where)
        for key in ("name", "expression"):
            if not isinstance(record.get(key), str):
                raise InputError(f"A derived variable lacks its {key}", where=where)
        try:
            return cls(
                name=record["name"],
                expression=record["expression"],
                respondent=record.get("level", "household"),
                aggregate=record.get("aggregate"),
                label=str(record.get("label", "")),
                unit=str(record.get("unit", "")),
                levels=tuple((str(value), str(label)) for value, label in record.get("levels", ())),
                breakpoints=tuple(float(value) for value in record.get("bins", ())),
            )
        except (TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                "Its levels or bins are malformed",
                where=str(record["name"]),
                fix='Write levels as [["1", "Yes"], …] and bins as [18, 65]',
            ) from error


def aggregate_named(text: str) -> Aggregate | None:
    """Read an aggregate a person typed; nothing is none.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if text and text not in AGGREGATES:
        raise InputError.unknown("aggregate", shown_name(text), AGGREGATES)
    return next((item for item in AGGREGATES if item == text), None)


def level_named(text: str) -> RespondentLevel:
    """Read who has a variable, as a person typed it.

    Raises
    ------
    InputError
        If it is neither household nor person.
    """
    levels: tuple[RespondentLevel, ...] = get_args(RespondentLevel)
    for level in levels:
        if level == text:
            return level
    raise InputError.unknown("level", shown_name(text), levels)


def read_breakpoints(text: str) -> tuple[float, ...]:
    """Read breakpoints a person typed: ``18, 65``.

    Raises
    ------
    InputError
        If one is not a number.
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(float(part))
        except ValueError:
            raise InputError(
                f"'{shown_name(part)}' is not a number to cut at",
                where="bins",
                fix="Write the bins' lower ends with commas between them, such as 18,65",
            ) from None
    return tuple(found)


def read_levels(text: str) -> tuple[tuple[str, str], ...]:
    r"""Read levels a person typed: ``1=Yes,0=No``, or labels alone that number from 1 on.

    A comma inside a label is written ``\,``.

    Raises
    ------
    InputError
        If some have a value and others not.
    """
    parts = [part.strip().replace("\\,", ",") for part in re.split(r"(?<!\\),", text)]
    parts = [part for part in parts if part]
    if parts and not any("=" in part for part in parts):
        return tuple((str(number), label) for number, label in enumerate(parts, 1))
    levels = []
    for part in parts:
        value, separator, label = part.partition("=")
        if not separator or not value.strip() or not label.strip():
            raise InputError(
                f"'{shown_name(part)}' is not a level",
                where="levels",
                fix="Write value=label with commas between them, such as 1=Yes,0=No",
            )
        levels.append((value.strip(), label.strip()))
    return tuple(levels)


def write_levels(levels: tuple[tuple[str, str], ...]) -> str:
    """Write levels as a person types them; `read_levels` reads them back."""
    return ", ".join(f"{value}={label}".replace(",", "\\,") for value, label in levels)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or "__" in name:
        raise InputError(
            f"'{shown_name(name)}' is not a name for a variable",
            fix=f"Use lower case letters, digits and single underscores, starting with a letter, "
            f"at most {_LONGEST}",
        )
    if _RESERVED.fullmatch(name):
        raise InputError(
            f"'{name}' is the name of a key, a weight or an area in every survey",
            fix="Choose another name",
        )
    if write_name(name) != name:
        raise InputError(
            f"'{name}' is a word of the expression language", fix="Choose another name"
        )


def _check_levels(variable: DerivedVariable) -> None:
    values = [value for value, _ in variable.levels]
    labels = [label.strip() for _, label in variable.levels]
    for kind, texts in (("value", values), ("label", labels)):
        twice = next((text for text in texts if texts.count(text) > 1), None)
        if twice is not None:
            raise InputError(
                f"Two levels have the {kind} '{shown_name(twice)}'",
                where=variable.name,
                fix=f"Give every level a {kind} of its own",
            )
    if not all(labels):
        raise InputError("A level has no label", where=variable.name, fix="Name it")
    bins = len(variable.breakpoints) + 1
    wanted = [str(number) for number in range(1, bins + 1)]
    if variable.breakpoints and values and values != wanted:
        raise InputError(
            f"{len(variable.breakpoints)} breakpoints make {bins} bins, "
            f"but {len(values)} levels are given"
            if len(values) != bins
            else "The levels of bins have no values of their own",
            where=variable.name,
            fix=f"Give {bins} labels in the order of the bins, such as "
            f"{', '.join(bin_labels(variable.breakpoints))}",
        )


def number_named(text: str) -> float | None:
    """Return the number a level's value stands for, if any."""
    try:
        value = float({"true": "1", "false": "0"}.get(text.lower(), text))
    except ValueError:
        return None
    return value if isfinite(value) else None


__all__ = [
    "AGGREGATES",
    "AGGREGATE_WORDS",
    "Aggregate",
    "DerivedVariable",
    "aggregate_named",
    "level_named",
    "number_named",
    "read_breakpoints",
    "read_levels",
    "write_levels",
]
