"""Turn one PUMS column into one variable of a survey, with the dictionary's words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.ingest.acs import _codes as acs_codes
from fusion_core.ingest.acs._census_dictionary import CensusValue, CensusVariable
from fusion_core.ingest.acs._plausibility import adjustment_factor
from fusion_core.ingest.acs._universe import Blanks, Universe, plain_code
from fusion_core.ingest.tables import is_ordered, not_applicable_level, numbers, whole_or_real
from fusion_core.surveys.model import RespondentLevel, Variable, variable_from_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from fusion_core.ingest.tables import ProblemLog, RawTable

_SENTINEL: Final = re.compile(r"^(included in|no charge)", re.IGNORECASE)
_YEAR: Final = re.compile(r"(19|20)\d\d")
_ONE_FACTOR: Final = "ADJUST"
_ADJUSTED: Final = re.compile(r"use (ADJINC|ADJHSG)", re.IGNORECASE)


@dataclass
class Context:
    """What every column of one file needs.

    Attributes
    ----------
    raw
        The file as texts.
    kept
        Which of its rows are occupied households or their persons.
    record
        Household or person file.
    log
        Where problems go.
    price_year
        Year the dollar amounts are brought to.
    entries
        The record's variables by upper-case name.
    notes
        Sentences about the whole file.
    unexplained
        Number of blank fields that are missing answers, by column.
    censuses
        Censuses whose PUMAs the rows carry.
    unadjusted
        Adjustment factors that amounts need and the file lacks.
    """

    raw: RawTable
    kept: NDArray[np.bool_]
    record: RespondentLevel
    log: ProblemLog
    price_year: int
    entries: Mapping[str, CensusVariable] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unexplained: dict[str, int] = field(default_factory=dict)
    censuses: list[str] = field(default_factory=list)
    unadjusted: list[str] = field(default_factory=list)
    _factors: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @cached_property
    def universe(self) -> Universe:
        """Whom the questions of this file were for."""
        return Universe(self.raw.frame, self.kept, self.entries)

    def blanks(self, entry: CensusVariable) -> Blanks:
        """Sort the blank fields of a column, and count those that are missing answers."""
        found = self.universe.blanks(entry)
        if found.missing.any():
            self.unexplained[entry.name] = int(found.missing.sum())
        return found

    def factor(self, column: str) -> NDArray[np.float64] | None:
        """Return the adjustment factor of the kept rows, or ``None`` if the file has none.

        Files before 2008 have one factor, ``ADJUST``, for housing costs and incomes alike.
        """
        if column not in self.raw.frame.columns and _ONE_FACTOR in self.raw.frame.columns:
            column = _ONE_FACTOR
        if column not in self.raw.frame.columns:
            self.unadjusted.append(column)
            return None
        if column not in self._factors:
            self._factors[column] = adjustment_factor(self.raw, column, self.kept, self.log)
        return self._factors[column]


def with_old_codes(
    entries: Mapping[str, CensusVariable], record: RespondentLevel, vintage: str
) -> dict[str, CensusVariable]:
    """Replace the entries whose codes meant something else in the oldest five-year files."""
    result = dict(entries)
    if record == "household" and vintage in acs_codes.OLD_FIVE_YEAR_VINTAGES:
        for name, (description, codes) in acs_codes.OLD_FIVE_YEAR_CODES.items():
            values = tuple(CensusValue(code, code, label) for code, label in codes)
            result[name] = CensusVariable(name, "code", 2, description, values)
    return result


def with_later_names(
    entries: Mapping[str, CensusVariable], price_year: int
) -> dict[str, CensusVariable]:
    """Let a dictionary serve the years after it, where codes and names say themselves what they are.

    A code that is a year and is called by it, such as the 2020 of YRBLT, is followed by the years up
    to that of the file; the state is ST before 2023 and STATE since.
    """
    result = dict(entries)
    for name, entry in entries.items():
        years = [int(v.low) for v in entry.values if v.low == v.label and _YEAR.fullmatch(v.low)]
        later = range(max(years) + 1, price_year + 1) if years else ()
        if later:
            more = tuple(CensusValue(str(year), str(year), str(year)) for year in later)
            result[name] = replace(entry, values=entry.values + more)
    for known, other in (("ST", "STATE"), ("STATE", "ST")):
        if known in result and other not in result:
            result[other] = replace(result[known], name=other)
    return result


def code_variable(context: Context, entry: CensusVariable) -> tuple[Variable, Any]:
    """Label a column of codes.

    Codes are compared without leading zeros, because files since 2018 and Parquet copies drop them.
    A code the dictionary does not list is a problem with its row.
    """
    singles = {plain_code(value.low): value.label for value in entry.values if not value.is_range}
    singles.pop("", None)
    labels = _distinct(singles)
    column = context.raw.frame[entry.name]
    if not isinstance(column.dtype, pd.CategoricalDtype):  # fractions in a file of wrong codes
        column = column.astype(str).where(column.notna()).astype("category")
    levels = list(labels.values())
    codes_of_levels = list(labels)
    of_category, extra = _labels_of_categories(context, entry, column, labels)
    blank = not_applicable_level(entry.blank_label)
    levels += [level for level in extra if level not in levels]
    codes_of_levels += [""] * (len(levels) - len(codes_of_levels))
    note = ""
    blanks = context.blanks(entry)
    if blank and blank not in levels:
        levels.insert(0, blank)
        codes_of_levels.insert(0, "")
    place = {level: position for position, level in enumerate(levels)}
    # From code to level in whole numbers: texts would be written millions of times.
    lookup = np.array([*(place.get(label or "", -1) for label in of_category), -1], dtype="int32")
    answers = lookup[column.cat.codes.to_numpy()[context.kept]]
    if blank:
        answers[blanks.answers] = place[blank]
        note = ". ".join([f"A blank field is the level '{blank}'", *blanks.sentences()]) + "."
    if entry.name in acs_codes.OLD_FIVE_YEAR_CODES and "2005 or later" in levels:
        note = "Coded from newest to oldest in this file; the labels follow the file's own coding."
    ordered = entry.name in acs_codes.ORDERED or (
        entry.name not in acs_codes.NEVER_ORDERED and is_ordered(levels)
    )
    values = pd.Categorical.from_codes(answers, categories=pd.Index(levels), ordered=ordered)
    name = acs_codes.GEOGRAPHY.get(entry.name, entry.name.lower())
    variable = variable_from_column(
        name,
        pd.Series(values),
        description=entry.description,
        respondent=context.record,
        role="geography" if entry.name in acs_codes.GEOGRAPHY else "answer",
        codes=tuple(codes_of_levels),
        note=note,
    )
    return variable, values


def _labels_of_categories(
    context: Context,
    entry: CensusVariable,
    column: pd.Series[Any],
    labels: Mapping[str, str],
) -> tuple[list[str | None], list[str]]:
    """Translate each distinct text of the column; report the ones the dictionary does not know."""
    ranges = [value for value in entry.values if value.is_range]
    found: list[str | None] = []
    extra: list[str] = []
    codes = column.cat.codes.to_numpy()
    for position, text in enumerate(column.cat.categories):
        label = labels.get(plain_code(str(text)))
        if label is None and any(_within(str(text), value) for value in ranges):
            label = str(text)
            extra.append(label)
        if label is None:
            rows = np.flatnonzero((codes == position) & context.kept)
            if len(rows):
                context.raw.report(
                    context.log,
                    f"The code '{text}' is not in the data dictionary",
                    column=entry.name,
                    positions=rows,
                    fix="Use the data dictionary of the same release",
                )
        found.append(label)
    return found, extra


def number_variable(context: Context, entry: CensusVariable) -> Iterator[tuple[Variable, Any]]:
    """Convert a column of numbers; yield it and, for utility costs, the flag that goes with it."""
    values = numbers(context.raw, entry.name, context.log, rows=context.kept)[context.kept]
    notes = []
    if entry.name in acs_codes.COST_FLAGS:
        flag = acs_codes.COST_FLAGS[entry.name]
        sentinels = _sentinels(entry)
        if flag not in context.raw.frame.columns and sentinels:
            yield _cost_flag(context, entry, values, sentinels)
        values = _without_sentinels(context, entry, values, sentinels)
        notes.append(
            f"Missing where the cost is included in another payment and 0 where there is no"
            f" charge or the fuel is not used; {flag.lower()} tells which"
        )
    blank = not_applicable_level(entry.blank_label)
    if blank and entry.name not in acs_codes.COST_FLAGS and np.isnan(values).any():
        if entry.name in acs_codes.BLANK_IS_UNKNOWN:
            notes.append(f"Missing where the question does not apply: {_clause(blank)}")
        else:
            blanks = context.blanks(entry)
            values = np.where(blanks.answers, 0.0, values)
            notes.append(f"0 where the question does not apply: {_clause(blank)}")
            notes += blanks.sentences()
    adjustment = _adjustment(entry)
    factor = context.factor(adjustment) if adjustment else None
    if factor is not None:
        values = values * factor
        notes.append(f"Brought to {context.price_year} dollars with {adjustment}")
    column: pd.Series[Any] = pd.Series(whole_or_real(values))
    note = ". ".join(notes) + "." if notes else ""
    variable = variable_from_column(
        entry.name.lower(),
        column,
        description=_without_hint(entry.description),
        respondent=context.record,
        unit=acs_codes.unit(entry.name, entry.description),
        note=note,
    )
    yield variable, column.to_numpy()


def _sentinels(entry: CensusVariable) -> dict[float, str]:
    """Return the codes of a cost that are no dollars, with their labels."""
    return {
        float(value.low): value.label
        for value in entry.values
        if not value.is_range and value.low and _SENTINEL.match(value.label)
    }


def _cost_flag(
    context: Context,
    entry: CensusVariable,
    values: NDArray[np.float64],
    sentinels: Mapping[float, str],
) -> tuple[Variable, Any]:
    """Derive how a utility is paid from the low codes of its cost, as later files publish it."""
    levels = acs_codes.COST_FLAG_LEVELS[entry.name]
    codes = np.full(len(values), len(levels) - 1, dtype="int64")
    for position, code in enumerate(sorted(sentinels)):
        codes[values == code] = position
    codes[np.isnan(values)] = -1
    flag = pd.Categorical.from_codes(codes, categories=pd.Index(levels))
    name = acs_codes.COST_FLAGS[entry.name].lower()
    variable = variable_from_column(
        name,
        pd.Series(flag),
        description=acs_codes.COST_DESCRIPTIONS[entry.name],
        respondent=context.record,
        note=f"Derived from the codes below ${len(levels)} of {entry.name}; files since 2018 publish it.",
    )
    return variable, flag


def _without_sentinels(
    context: Context,
    entry: CensusVariable,
    values: NDArray[np.float64],
    sentinels: Mapping[float, str],
) -> NDArray[np.float64]:
    result = values.copy()
    for code, label in sentinels.items():
        result[values == code] = 0.0 if label.lower().startswith("no charge") else np.nan
    flag = acs_codes.COST_FLAGS[entry.name]
    if flag in context.raw.frame.columns:
        # Since 2018 the cost is blank and the flag, one code before the last, says "no charge".
        free = str(len(acs_codes.COST_FLAG_LEVELS[entry.name]) - 1)
        codes = context.raw.frame[flag].astype(object).to_numpy()[context.kept]
        result[np.isnan(result) & (codes == free)] = 0.0
    return result


def _adjustment(entry: CensusVariable) -> str:
    """Return the factor that applies to an amount: ADJHSG, ADJINC or none."""
    said = _ADJUSTED.search(entry.description)
    if said:
        return said.group(1).upper()
    if entry.name in acs_codes.INCOMES:
        return "ADJINC"
    if entry.name in acs_codes.HOUSING_COSTS and entry.name != "TAXAMT":
        return "ADJHSG"
    return ""


def _without_hint(description: str) -> str:
    """Drop the advice to adjust, which the reader has followed."""
    shorter = re.sub(r",?\s*use ADJ(?:INC|HSG) to adjust[^)]*", "", description)
    return re.sub(r"\(\s*\)", "", shorter).strip()


def _clause(text: str) -> str:
    return text[:1].lower() + text[1:]


def _within(text: str, value: CensusValue) -> bool:
    try:
        return int(value.low) <= int(text) <= int(value.high)
    except ValueError:
        return value.low <= text <= value.high


def _distinct(labels: Mapping[str, str]) -> dict[str, str]:
    """Add the code to labels that two codes of a variable share, so that no answer is merged."""
    counts: dict[str, int] = {}
    for label in labels.values():
        counts[label] = counts.get(label, 0) + 1
    return {
        code: label if counts[label] == 1 else f"{label} ({code})" for code, label in labels.items()
    }


__all__ = ["Context", "code_variable", "number_variable", "with_later_names", "with_old_codes"]
