"""Sum records below the household – vehicles, trips – by rules a person can read and change.

A table of rules is a CSV file with one variable of the household a row::

    variable,table,rule,column,where,label,unit
    trips,trip,count,,,Trips on the travel day,
    transit,trip,any,,TRPTRANS=11 15 16,Whether anybody rode a bus or train,
    miles,vehicle,sum,BESTMILE,,Annual miles of all vehicles,miles per year

``count``, ``any`` and ``share`` are about the records `where` names, ``sum`` and ``mean`` about a
number of them; a condition lists the codes of a column, and several are joined by semicolons.
Negative numbers are codes in every file these rules are for, and no amounts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.generic import CodebookEntry
from fusion_core.ingest.tables import RawTable, key_texts, read_raw_table
from fusion_core.records import Checked

Rule = Literal["count", "sum", "mean", "any", "share"]
RULES: Final[tuple[Rule, ...]] = get_args(Rule)
_COLUMNS: Final = ("variable", "table", "rule", "column", "where", "label", "unit")
_OF_NUMBERS: Final = ("sum", "mean")


@dataclass(frozen=True)
class SumRule(Checked):
    """How the records of a household become one of its variables.

    Attributes
    ----------
    variable
        Name of the variable.
    table
        Which records: ``vehicle``, ``trip`` ….
    rule
        Their number (``count``), the sum or mean of `column`, whether there is ``any``, or their
        ``share`` of the household's records.
    column
        The number that is summed or averaged.
    where
        Codes by column; a record counts if it has one of them in every column.
    label, unit
        For people.
    """

    variable: str
    table: str
    rule: Rule
    column: str = ""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    label: str = ""
    unit: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the records it reads."""
        return tuple(name for name in (self.column, *self.where) if name)


def read_rules(path: PathLike, tables: Sequence[str]) -> tuple[SumRule, ...]:
    """Read a table of rules.

    Parameters
    ----------
    path
        The CSV file.
    tables
        The tables of records there are.

    Raises
    ------
    InputError
        If a column is missing, or a rule says something no rule can say; it names the row.
    """
    path = path_of(path, "rules")
    frame = read_raw_table(path).frame
    lacking = [name for name in _COLUMNS[:3] if name not in frame.columns]
    if lacking:
        raise InputError(
            f"The table of rules has no column '{lacking[0]}'",
            where=path.name,
            fix=f"Its columns are {', '.join(_COLUMNS)}",
        )
    cells = frame.astype(object).where(frame.notna(), "").reindex(columns=list(_COLUMNS))
    return tuple(
        _rule(dict(row), tables, f"{path.name}, row {number}")
        for number, row in enumerate(cells.fillna("").to_dict("records"), start=2)
    )


def _rule(row: Mapping[Any, Any], tables: Sequence[str], where: str) -> SumRule:
    cells = {name: str(row[name]).strip() for name in _COLUMNS}
    rule = next((item for item in RULES if item == cells["rule"].lower()), None)
    if rule is None:
        raise InputError.unknown("rule", cells["rule"], RULES, where=where)
    if cells["table"] not in tables:
        raise InputError.unknown("table", cells["table"], tables, where=where)
    if (rule in _OF_NUMBERS) != bool(cells["column"]):
        raise InputError(
            f"The rule '{rule}' needs a column"
            if rule in _OF_NUMBERS
            else f"The rule '{rule}' takes no column, but conditions",
            where=where,
            fix="Write, for example, sum with BESTMILE, or any with the condition TRPTRANS=11 16",
        )
    return SumRule(
        cells["variable"],
        cells["table"],
        rule,
        cells["column"],
        _conditions(cells["where"], where),
        cells["label"],
        cells["unit"],
    )


def _conditions(text: str, where: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        column, separator, codes = part.partition("=")
        if not separator or not codes.split():
            raise InputError(
                f"'{part}' is not a condition", where=where, fix="Write it like TRPTRANS=11 15 16"
            )
        found[column.strip()] = tuple(codes.split())
    return found


def summed(
    rule: SumRule, records: RawTable, key: str, households: pd.Index[Any]
) -> tuple[NDArray[Any], CodebookEntry]:
    """Sum the records of each household.

    A household without records has 0 of what is counted or summed, “No” for ``any`` and no value for
    a mean or share; one whose records all lack the number has no sum either.

    Parameters
    ----------
    rule
        What to do.
    records
        The records, each with the household's identifier.
    key
        Column of the identifier.
    households
        Identifiers of the households, each once.

    Returns
    -------
    numpy.ndarray
        One value for each household: numbers, or "Yes" and "No".
    CodebookEntry
        What the variable is.

    Raises
    ------
    InputError
        If a column the rule reads is not in the file.
    """
    for column in rule.columns:
        if column not in records.frame.columns:
            raise InputError.unknown(
                "column", column, map(str, records.frame.columns), where=records.parts[0].name
            )
    places = households.get_indexer(pd.Index(key_texts(records.frame[key]).astype(object)))
    chosen = _chosen(rule, records) & (places >= 0)
    size = len(households)
    count = np.bincount(places[chosen], minlength=size).astype("float64")
    entry = CodebookEntry(rule.variable, rule.label, rule.unit, type="continuous")
    if rule.rule == "count":
        return count, CodebookEntry(rule.variable, rule.label, rule.unit, type="integer")
    if rule.rule == "any":
        labels = {"No": "No", "Yes": "Yes"}
        return np.where(count > 0, "Yes", "No"), CodebookEntry(
            rule.variable, rule.label, type="nominal", labels=labels
        )
    if rule.rule == "share":
        everything = np.bincount(places[places >= 0], minlength=size)
        return _ratio(count, everything), entry
    values = numbers_or_nan(records.frame[rule.column])
    known = chosen & (values >= 0)
    total = np.bincount(places[known], weights=values[known], minlength=size)
    valued = np.bincount(places[known], minlength=size)
    if rule.rule == "mean":
        return _ratio(total, valued), entry
    return np.where((count > 0) & (valued == 0), np.nan, total), entry


def _chosen(rule: SumRule, records: RawTable) -> NDArray[np.bool_]:
    chosen = np.ones(len(records.frame), dtype=bool)
    for column, codes in rule.where.items():
        wanted = {_code(code) for code in codes}
        texts = records.frame[column]
        if pd.api.types.is_float_dtype(texts):
            texts = texts.map("{:g}".format).astype("category")
        fits = np.array([*(_code(str(text)) in wanted for text in texts.cat.categories), False])
        chosen &= fits[texts.cat.codes.to_numpy()]
    return chosen


def _code(text: str) -> str:
    """Return a code without leading zeros: 01 and 1 are the same."""
    return text.strip().lstrip("0") or "0"


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float64]:
    found = np.full(len(above), np.nan)
    np.divide(above, below, out=found, where=below > 0)
    return found


def numbers_or_nan(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Return a raw column as numbers; whatever is none, and blanks, become NaN."""
    if pd.api.types.is_float_dtype(column):
        return column.to_numpy(dtype="float64")
    parsed = pd.to_numeric(pd.Series(column.cat.categories, dtype=object), errors="coerce")
    values = np.append(parsed.to_numpy(dtype="float64"), np.nan)
    return np.asarray(values[column.cat.codes.to_numpy()])
