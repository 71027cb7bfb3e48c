"""Infer what the columns of an unknown file are: keys, weights, replicates, areas, answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pandas as pd

from fusion_core.geography.codes import complete_puma
from fusion_core.ingest.generic._places import PUMA, census_of_column, is_place, only_puma_column
from fusion_core.ingest.generic.codebook import CodebookEntry
from fusion_core.ingest.generic.special import (
    SpecialValue,
    Values,
    code_specials,
    declared,
    is_missing_word,
    kind_of_label,
    missing_texts,
    numeric_specials,
    plain,
    tells_its_number,
    values_of,
)
from fusion_core.ingest.tables import comparable, is_ordered
from fusion_core.surveys.model import WEIGHT, VariableRole, VariableType

if TYPE_CHECKING:
    from fusion_core.ingest.tables import RawTable

_T = TypeVar("_T")
_CATEGORIES: Final = frozenset({None, "nominal", "ordered"})
_DECLARED_VALUE: Final = "the codebook says it is a value"
HOUSEHOLD_KEYS: Final = (
    "household_id",
    "hid",
    "hhid",
    "serialno",
    "doeid",
    "serial",
    "houseid",
    "newid",
    "control",
    "caseid",
    "hh_id",
    "household",
    "respondent_id",
    "id",
)
PERSON_NUMBERS: Final = (
    "person_number",
    "pid",
    "sporder",
    "personid",
    "person_id",
    "pernum",
    "perno",
    "lineno",
)
OTHER_WEIGHT: Final = "weight_in_file"
_MOST_LEVELS: Final = 600
_FEW_DISTINCT: Final = 30
_MOSTLY: Final = 0.8
_MANY_UNLABELLED: Final = 8
_DATE: Final = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
)
_LEADING_ZERO: Final = re.compile(r"0\d+")
_WHOLE: Final = re.compile(r"[-+]?\d+(\.0*)?")
# Names of codes: however many there are, they are no amounts.
_CODE_NAME: Final = re.compile(
    r"(?i)(^|_)(zip(code)?|zcta|fips\w*|state\w*|county\w*|tract|cbsa|msa|naics|sic|soc|isco|occ\w*"
    r"|ind\w*|code|id|geoid)(\d*)(_|$)"
)


@dataclass(frozen=True, slots=True)
class InferredColumn:
    """What one column of a file seems to be.

    Attributes
    ----------
    source
        Column name in the file.
    name
        Name it gets in the survey.
    role, type
        As in `fusion_core.surveys.model.Variable`.
    levels
        Labels, for categories.
    labels
        Label of each text of the file, for categories.
    description, unit
        From the codebook or the file itself.
    missing
        Number of rows without a value.
    special
        Values that are no amounts or no answers, and what they are.
    doubtful
        Values of a number that may be special but are kept as they are.
    left_out
        Why the column is not read; empty when it is.
    """

    source: str
    name: str
    role: VariableRole = "answer"
    type: VariableType = "nominal"
    levels: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    unit: str = ""
    missing: int = 0
    special: tuple[SpecialValue, ...] = ()
    doubtful: tuple[str, ...] = ()
    left_out: str = ""

    @property
    def no_values(self) -> frozenset[str]:
        """Texts of the file that are read as missing."""
        return frozenset(item.code for item in self.special if item.kind != "value")


def survey_name(column: str) -> str:
    """Return the column's name in a survey: lower-case letters of any script, digits, underscores."""
    plain = unicodedata.normalize("NFKC", column.strip()).lower()
    # Marks belong to the letters before them, such as the vowels of Hindi.
    signs = (sign if unicodedata.category(sign)[0] in "LMN" else "_" for sign in plain)
    name = re.sub("_+", "_", "".join(signs)).strip("_")
    return name if name and not name[0].isdigit() else f"v_{name}"


def first_known(columns: Sequence[str], known: Sequence[str]) -> str:
    """Return the column whose name comes first in a list of known names, else ``""``."""
    by_name = {column.strip().lower(): column for column in reversed(columns)}
    return next((by_name[name] for name in known if name in by_name), "")


def infer_answer(
    raw: RawTable,
    column: str,
    entry: CodebookEntry | None,
    *,
    values: Values | None = None,
    missing: Sequence[str] | None = None,
    also: Sequence[str] = (),
    reserved: Collection[int] = (),
    is_code: bool = False,
) -> InferredColumn:
    """Infer type, levels and special values of a column that is neither key, weight nor replicate.

    Parameters
    ----------
    raw, column
        The file and the column.
    entry
        What a codebook or the file itself says of it.
    values
        Its different values, where they are known already.
    missing
        Codes the user says stand for no value; then none are inferred. ``None`` leaves it to the
        inference.
    also
        Codes that stand for no value in every column, besides what is inferred.
    reserved
        Negative codes that other columns of the file have too.
    is_code
        Whether the file marks the texts as codes, whose digits are no amounts.
    """
    series = raw.frame[column]
    values = values_of(series) if values is None else values
    common: dict[str, Any] = {
        "source": column,
        "name": survey_name(column),
        "role": "answer",
        "description": entry.description if entry else "",
        "unit": entry.unit if entry else "",
    }
    blank = int(series.isna().sum())
    if not values.texts:
        return InferredColumn(**common, missing=blank, left_out="it is empty in every row")
    certain = _certain_specials(values, entry, missing, also)
    kept = _without(values, certain)
    if not kept.texts:
        left_out = "no row has a value"
        return InferredColumn(**common, missing=len(series), left_out=left_out)
    common["missing"] = blank + sum(item.rows for item in certain if item.kind != "value")
    common["special"] = certain
    if is_place(column, kept.texts, entry.labels if entry else {}):
        common["role"] = "geography"
    if pd.api.types.is_float_dtype(series):
        return _amount(common, kept, entry, reserved if missing is None else None)
    is_typed = entry is not None and (entry.type is not None or bool(entry.labels))
    if (is_typed or not is_code) and _is_amount(kept, entry, common):
        return _amount(common, kept, entry, reserved if missing is None else None)
    return _category(common, kept, entry, infer=missing is None, is_code=is_code)


def _category(
    common: dict[str, Any],
    values: Values,
    entry: CodebookEntry | None,
    *,
    infer: bool,
    is_code: bool,
) -> InferredColumn:
    """Describe a column that holds no amounts: labelled codes, areas, bare codes or words."""
    ranges = set(entry.ranges) - set(values.texts) if entry is not None else set()
    if entry is not None and set(entry.labels) - ranges and entry.type in _CATEGORIES:
        return _labelled(common, entry, values.texts)
    if common["role"] == "geography":
        return _areas(common, values.texts)
    if is_code or any(_LEADING_ZERO.fullmatch(text) for text in values.texts):
        return _codes(common, values, entry, infer)
    return _unlabelled(common, entry, values.texts, int(values.rows.sum()))


def with_own_names(columns: Sequence[InferredColumn], weight: str) -> tuple[InferredColumn, ...]:
    """Give columns names of their own where the usual one is taken.

    ``AGE_REF_`` beside ``AGE_REF`` is its flag, as the Consumer Expenditure Surveys write it; a
    ``WEIGHT`` that is not the weight of the survey, but of a body, is told apart from it, and the
    only column of PUMAs is that of the survey even if its name says the census (``PUMA20``).
    """
    sources = {item.source.lower() for item in columns}
    puma = only_puma_column([item.source for item in columns if not item.left_out])

    def own_name(item: InferredColumn) -> str:
        source = item.source.lower()
        if source.endswith("_") and source.rstrip("_") in sources:
            return f"{item.name}_flag"
        if item.source == puma and census_of_column(puma):
            return PUMA
        if item.name == WEIGHT and weight and weight.strip().lower() != WEIGHT:
            return OTHER_WEIGHT
        return item.name

    return tuple(replace(item, name=own_name(item)) for item in columns)


def _certain_specials(
    values: Values,
    entry: CodebookEntry | None,
    missing: Sequence[str] | None,
    also: Sequence[str],
) -> tuple[SpecialValue, ...]:
    """Return what is special whatever the type: declared codes, and texts that mean no value."""
    found = {item.code: item for item in declared(values, also if missing is None else missing)}
    labels = _by_plain(entry.labels) if entry else {}
    kinds = _by_plain(entry.kinds) if entry else {}
    for text, rows in zip(values.texts, values.rows, strict=True) if kinds else ():
        kind = kinds.get(plain(text), "value")
        if kind != "value" and missing is None:
            label = labels.get(plain(text), "")
            found[text] = SpecialValue(text, kind, int(rows), label, "the codebook says so")
    numeric = _is_number(_subset(values, [not is_missing_word(text) for text in values.texts]))
    for item in missing_texts(values, numeric=numeric):
        if plain(item.code) not in labels and item.code not in labels.values():
            found.setdefault(item.code, item)
    return tuple(found.values())


def _is_amount(values: Values, entry: CodebookEntry | None, common: Mapping[str, Any]) -> bool:
    """Whether the values are amounts, of which some codes may be labelled."""
    if entry is not None and entry.type in {"integer", "continuous"}:
        return True
    if (
        common["role"] == "geography"
        or (entry is not None and entry.type is not None)
        or not _is_number(values)
    ):
        return False
    if entry is not None and entry.labels:
        return _labels_are_few(values, entry)
    if not any(_LEADING_ZERO.fullmatch(text) for text in values.texts):
        return True
    many = len(values.texts) > _most_levels(int(values.rows.sum()))
    return many and not _CODE_NAME.search(common["name"])


def _labels_are_few(values: Values, entry: CodebookEntry) -> bool:
    """Whether a codebook labels only some values of a number: a "refused", an "89 or older"."""
    if any(code not in values.texts for code in entry.ranges):
        return True
    labelled = {plain(code) for code in entry.labels}
    unlabelled = [
        text
        for text in values.texts
        if plain(text) not in labelled and text not in entry.labels.values()
    ]
    if not unlabelled:
        return False
    quiet = all(
        kind_of_label(label) != "value" or tells_its_number(code, label)
        for code, label in entry.labels.items()
    )
    return quiet or len(unlabelled) >= max(_MANY_UNLABELLED, 3 * len(entry.labels))


def _amount(
    common: dict[str, Any],
    values: Values,
    entry: CodebookEntry | None,
    reserved: Collection[int] | None,
) -> InferredColumn:
    """Describe a number and its special values; `reserved` is ``None`` if the user decided them."""
    special: dict[str, SpecialValue] = {}
    doubtful: tuple[str, ...] = ()
    if reserved is not None:
        labelled = _labelled_specials(values, entry)
        rest = _without(values, [item for item in labelled if item.kind != "value"])
        inferred, doubtful = numeric_specials(rest, reserved)
        special = {item.code: item for item in labelled}
        for item in inferred:
            known = special.get(item.code)
            if known is not None and known.why == _DECLARED_VALUE:
                continue
            special[item.code] = item if known is None else replace(item, label=known.label)
        doubtful = tuple(code for code in doubtful if code not in special)
    found = tuple(special.values())
    kept = _without(values, [item for item in found if item.kind != "value"])
    whole = all(_WHOLE.fullmatch(text) for text in kept.texts)
    common = common | {
        "special": (*common["special"], *found),
        "missing": common["missing"] + sum(item.rows for item in found if item.kind != "value"),
    }
    return InferredColumn(**common, type="integer" if whole else "continuous", doubtful=doubtful)


def _labelled_specials(values: Values, entry: CodebookEntry | None) -> list[SpecialValue]:
    """Return the labelled codes of a number; negative ones are never amounts."""
    labels = _by_plain(entry.labels) if entry else {}
    kinds = _by_plain(entry.kinds) if entry else {}
    found = []
    for text, number, rows in zip(values.texts, values.numbers, values.rows, strict=True):
        label = labels.get(plain(text))
        if label is None:
            continue
        said = kinds.get(plain(text))
        kind = said or kind_of_label(label)
        if said is None and kind == "value" and number < 0:
            kind = "missing"
        why = _DECLARED_VALUE if said == "value" else "its label says so"
        found.append(SpecialValue(text, kind, int(rows), label, why))
    return found


def _labelled(common: dict[str, Any], entry: CodebookEntry, texts: Sequence[str]) -> InferredColumn:
    """Describe a column whose codes (or whose labels themselves) a codebook lists."""
    names = _distinct_labels(entry.labels, texts)
    labels = dict(names)
    by_code = _by_plain(names)
    by_words = {comparable(label): label for label in names.values()}
    for text in texts:
        if text in labels:
            continue
        if plain(text) in by_code:
            labels[text] = by_code[plain(text)]  # 01, 1.0 and 1 are the same code
        elif text in names.values():
            labels[text] = text
        elif comparable(text) in by_words and not text.lstrip("-").isdigit():
            labels[text] = by_words[comparable(text)]
    special = {plain(item.code) for item in common["special"] if item.kind != "value"}
    special |= {plain(code) for code, kind in entry.kinds.items() if kind != "value"}
    levels = tuple(
        dict.fromkeys(label for code, label in names.items() if plain(code) not in special)
    )
    ordered = entry.type == "ordered" or (entry.type is None and is_ordered(levels))
    return InferredColumn(
        **common, type="ordered" if ordered else "nominal", levels=levels, labels=labels
    )


def _distinct_labels(labels: Mapping[str, str], texts: Sequence[str]) -> dict[str, str]:
    """Return labels in which two codes of one label are told apart: ``Other (3)``, ``Other (4)``."""
    codes: dict[str, set[str]] = {}
    for code, label in labels.items():
        codes.setdefault(label, set()).add(plain(code))
    known = {plain(code) for code in labels}
    if any(text in codes and plain(text) not in known for text in texts):
        return dict(labels)  # the file holds the labels themselves, which cannot be told apart
    return {
        code: label if len(codes[label]) == 1 else f"{label} ({plain(code)})"
        for code, label in labels.items()
    }


def _codes(
    common: dict[str, Any], values: Values, entry: CodebookEntry | None, infer: bool
) -> InferredColumn:
    """Describe codes such as ``06`` or ``02139``: their leading zeros say they are no amounts."""
    found = code_specials(values) if infer else ()
    kept = _without(values, found)
    common = common | {
        "special": (*common["special"], *found),
        "missing": common["missing"] + sum(item.rows for item in found),
    }
    rows = int(values.rows.sum())
    if len(kept.texts) > _most_levels(rows) and not _CODE_NAME.search(common["name"]):
        return _unlabelled(common, entry, kept.texts, rows)
    levels = tuple(sorted(kept.texts, key=natural))
    kind: VariableType = "ordered" if entry is not None and entry.type == "ordered" else "nominal"
    return InferredColumn(
        **common, type=kind, levels=levels, labels={text: text for text in kept.texts}
    )


def _areas(common: dict[str, Any], texts: Sequence[str]) -> InferredColumn:
    """Describe a column of areas: codes are names, not numbers, and there may be thousands."""
    complete = complete_puma if common["name"].startswith("puma") else str
    labels = {text: complete(text) for text in texts}
    levels = tuple(sorted(set(labels.values()), key=natural))
    return InferredColumn(**common, type="nominal", levels=levels, labels=labels)


def _unlabelled(
    common: dict[str, Any], entry: CodebookEntry | None, texts: Sequence[str], rows: int
) -> InferredColumn:
    if len(texts) > _most_levels(rows):
        if all(_DATE.fullmatch(text) for text in texts):
            return InferredColumn(**common, left_out="it holds dates")
        return InferredColumn(
            **common, left_out=f"it holds free text ({len(texts):,} different values)"
        )
    levels = tuple(sorted(texts, key=natural))
    ordered = is_ordered(levels) if entry is None or entry.type is None else entry.type == "ordered"
    return InferredColumn(
        **common,
        type="ordered" if ordered else "nominal",
        levels=levels,
        labels={text: text for text in texts},
    )


def _most_levels(rows: int) -> int:
    """Return how many levels a category of so many rows may have."""
    return min(_MOST_LEVELS, max(_FEW_DISTINCT, rows // 4))


def _is_number(values: Values) -> bool:
    """Whether a column is meant as a number: all texts are, or all but a few among many."""
    good = values.is_number
    if good.all():
        return bool(len(good))
    if len(values.texts) <= _FEW_DISTINCT:
        return False
    return bool(values.rows[good].sum() >= _MOSTLY * values.rows.sum())


def _without(values: Values, special: Sequence[SpecialValue]) -> Values:
    gone = {item.code for item in special if item.kind != "value"}
    return values if not gone else _subset(values, [text not in gone for text in values.texts])


def _subset(values: Values, kept: Sequence[bool]) -> Values:
    chosen = np.asarray(kept, dtype=bool)
    texts = tuple(text for text, keep in zip(values.texts, kept, strict=True) if keep)
    return Values(texts, values.numbers[chosen], values.rows[chosen])


def _by_plain(codes: Mapping[str, _T]) -> dict[str, _T]:
    return {plain(code): item for code, item in codes.items()}


def natural(text: str) -> tuple[tuple[int, float, str], ...]:
    """Sort key that puts ``2 rooms`` before ``10 rooms``."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, float(part), "") if part.isdigit() else (1, 0.0, part) for part in parts)
