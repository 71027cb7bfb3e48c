"""Write harmonies as an ``.R`` file that fusionData reads.

fusionData evaluates the adjustments of such a file, so only expressions that passed the check are
translated; a harmony whose adjustment does not is left out and reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.apply import deflation_factor
from fusion_core.harmony.fusiondata._r_literals import Scalar, Value, Vector
from fusion_core.harmony.fusiondata.r_writing import r_name
from fusion_core.harmony.model import (
    DROP,
    SIDES,
    Aggregator,
    GroupCode,
    Harmony,
    HarmonySet,
    LevelGroup,
    Side,
    SideName,
    format_number,
    harmony_outcome,
)
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, Variable

_AGGREGATORS: Final[dict[Aggregator, str]] = {
    "automatic": "",
    "reference": "reference",
    "sum": "sum",
    "minimum": "min",
    "maximum": "max",
    "mean": "mean",
    "median": "median",
    "any": "any",
    "count": "sum",
}
_OUTSIDE: Final = "Not in universe"


@dataclass(frozen=True, slots=True)
class ExportContext(Checked):
    """What is known of the surveys when harmonies are written.

    Attributes
    ----------
    dictionaries
        Dictionary per side, for the summary fusionData shows of a number.
    price_years
        Year of prices per side, for deflated amounts.
    """

    dictionaries: Mapping[SideName, Dictionary]
    price_years: Mapping[SideName, int | None]


NOTHING_KNOWN: Final = ExportContext({}, {})


@dataclass(frozen=True, slots=True)
class ExportRemark(Checked):
    """What fusionData cannot express of a harmony.

    Attributes
    ----------
    key
        The harmony.
    sentence
        What gets lost, or why it was left out.
    left_out
        Whether the harmony is missing from the file.
    """

    key: str
    sentence: str
    left_out: bool = False

    def __str__(self) -> str:
        return f"'{self.key}'{' was left out' if self.left_out else ''}: {self.sentence}"


def export_records(
    harmonies: HarmonySet, *, context: ExportContext = NOTHING_KNOWN
) -> tuple[dict[str, Value], tuple[ExportRemark, ...]]:
    """Return the content of a fusionData harmony file, and what fusionData cannot express.

    Parameters
    ----------
    harmonies
        The harmonies of a pair.
    context
        Dictionaries and price years of the surveys.

    Raises
    ------
    InputError
        If donor and recipient are the same survey, whose sides such a file cannot tell apart.
    """
    if harmonies.pair.donor.name == harmonies.pair.recipient.name:
        raise InputError(
            f"A fusionData file names the sides after the surveys, and both are "
            f"{harmonies.pair.donor.name}",
            fix="Export JSON instead, which can be imported here",
        )
    content: dict[str, Value] = {}
    remarks: list[ExportRemark] = []
    for harmony in harmonies.harmonies:
        try:
            entry, said = _entry(harmony, harmonies, context)
        except HarmonyError as error:
            remarks.append(ExportRemark(harmony.key, str(error), left_out=True))
            continue
        content[harmony.key] = entry
        remarks += [ExportRemark(harmony.key, sentence) for sentence in said]
    return content, tuple(remarks)


def _entry(
    harmony: Harmony, harmonies: HarmonySet, context: ExportContext
) -> tuple[dict[str, Value], list[str]]:
    remarks: list[str] = []
    sides: dict[SideName, dict[str, Value]] = {}
    for name in SIDES:
        side: SideName = "donor" if name == "donor" else "recipient"
        sides[side], said = _side(harmony.side(side), side, context)
        remarks += [f"{side}: {sentence}" for sentence in said]
    try:
        ordered: Scalar = "" if harmony_outcome(harmony) == "number" else harmony.ordered
    except InputError:
        ordered = harmony.ordered
    if harmony.accepted:
        remarks.append("accepted findings are not part of the file")
    if harmony.group_names:
        remarks.append("names of groups are not part of the file")
    pair = harmonies.pair
    return {
        pair.donor.name: sides["donor"],
        pair.recipient.name: sides["recipient"],
        "ordered": (ordered,),
        "comment": (harmony.comment,),
        "modified": (harmony.modified.replace("T", " ", 1),),
    }, remarks


def _side(side: Side, name: SideName, context: ExportContext) -> tuple[dict[str, Value], list[str]]:
    remarks: list[str] = []
    if side.missing is not None:
        remarks.append("the group of missing answers is not part of the file")
    levels = list(side.levels)
    adjustment = _adjustment(side, context.price_years.get(name))
    if side.universe.strip():
        adjustment, levels = _universe(side, adjustment, levels)
    if side.aggregator == "count":
        adjustment, levels = _counted(side, adjustment, levels)
    dictionary = context.dictionaries.get(name)
    variable = None if dictionary is None else dictionary.get(side.variable)
    groups: Vector = tuple(_group(item.group) for item in levels) or (1,)
    record: dict[str, Value] = {
        "groups": groups,
        "levels": tuple(item.level for item in levels) or (number_summary(variable),),
        "breaks": tuple(_whole(point) for point in side.breakpoints),
        "adj": (adjustment,),
    }
    if name == "recipient" or side.aggregator != "automatic":
        record["agg"] = (_AGGREGATORS[side.aggregator],)
    return record, remarks


def _in_r(expression: str) -> str:
    # With this comes the parser, which only an export with expressions needs.
    from fusion_core.harmony.fusiondata._adjustments_to_r import to_r

    return to_r(expression)


def _adjustment(side: Side, price_year: int | None) -> str:
    text = side.adjustment.strip()
    written = ""
    if text:
        written = _in_r(text)
    if side.deflate_to_year is None:
        return written
    if price_year is None:
        raise InputError(
            f"the prices of '{side.variable}' cannot be converted without its year of prices",
            fix="State the price year of the survey",
        )
    factor = deflation_factor(price_year, side.deflate_to_year)
    base = f"({written})" if written else r_name(side.variable)
    return f"{base} * {factor:.6g}"


def _universe(
    side: Side, adjustment: str, levels: list[LevelGroup]
) -> tuple[str, list[LevelGroup]]:
    """Write a universe as R does: rows not asked get a level (or number) of their own."""
    condition, variable = _in_r(side.universe), r_name(side.variable)
    outside = side.outside_universe
    if not levels and outside is not None and outside != DROP:
        value = adjustment or variable
        return f"ifelse({condition}, {value}, {format_number(float(outside))})", levels
    if adjustment or side.breakpoints or not levels:
        raise InputError(
            f"the universe of '{side.variable}' cannot be written for an adjusted or binned variable",
            fix="Write the universe into the adjustment",
        )
    known = f'levels = c("{_OUTSIDE}", levels({variable}))'
    text = f'if_else({condition}, factor({variable}, {known}), factor("{_OUTSIDE}", {known}))'
    return text, [LevelGroup(_OUTSIDE, outside), *levels]


def _counted(side: Side, adjustment: str, levels: list[LevelGroup]) -> tuple[str, list[LevelGroup]]:
    """Write a count as a sum of zeros and ones."""
    if not levels:
        return f"({adjustment or r_name(side.variable)}) != 0", levels

    def flag(group: GroupCode) -> GroupCode:
        return group if group is None or group == DROP else float(group != 0)

    return adjustment, [LevelGroup(item.level, flag(item.group)) for item in levels]


def _group(group: GroupCode) -> Scalar:
    return None if group is None or isinstance(group, str) else _whole(group)


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else float(value)


def number_summary(variable: Variable | None) -> str:
    """Return the line fusionData shows for a number, to three or four significant digits.

    Examples
    --------
    >>> number_summary(None)
    'Min: NA, Median: NA, Mean: NA, Max: NA'
    """
    values: Iterable[tuple[str, float | None, int]] = (
        ("Min", variable.minimum if variable else None, 3),
        ("Median", variable.median if variable else None, 3),
        ("Mean", variable.mean if variable else None, 4),
        ("Max", variable.maximum if variable else None, 3),
    )
    return ", ".join(f"{label}: {_significant(value, digits)}" for label, value, digits in values)


def _significant(value: float | None, digits: int) -> str:
    return "NA" if value is None else format_number(float(f"{value:.{digits}g}"))


__all__ = [
    "NOTHING_KNOWN",
    "ExportContext",
    "ExportRemark",
    "export_records",
    "number_summary",
]
