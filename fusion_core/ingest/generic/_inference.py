"""Infer what the columns of an unknown file are: keys, weights, replicates, areas, answers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.geography.codes import complete_puma
from fusion_core.ingest.generic._codebook import CodebookEntry
from fusion_core.ingest.tables import is_ordered
from fusion_core.surveys.model import VariableRole, VariableType, WeightDesign

if TYPE_CHECKING:
    from fusion_core.ingest.tables import RawTable

HOUSEHOLD_KEYS: Final = (
    "household_id",
    "hid",
    "hhid",
    "serialno",
    "doeid",
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
WEIGHTS: Final = (
    "weight",
    "wgtp",
    "pwgtp",
    "nweight",
    "wthhfin",
    "wtperfin",
    "finlwt21",
    "perwt",
    "hhwt",
    "hh_weight",
    "person_weight",
    "wgt",
    "wt",
    "weights",
    "sample_weight",
    "finalwgt",
)
GEOGRAPHIES: Final = (
    "region",
    "regionc",
    "division",
    "state",
    "st",
    "statefip",
    "county",
    "puma",
    "puma10",
    "puma20",
)
_REPLICATE: Final = re.compile(r"([a-z_]*(?:w|rep)[a-z_]*?)_?0*(\d+)")
_TRAILING_NUMBER: Final = re.compile(r"_?\d+$")
_FEWEST_REPLICATES: Final = 8
_MOST_LEVELS: Final = 600
_FEW_DISTINCT: Final = 30
_MOSTLY: Final = 0.8


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
    left_out: str = ""


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


def replicate_columns(columns: Sequence[str], weight: str) -> tuple[str, ...]:
    """Return the largest family of numbered weight columns 1 … R, in order; empty if none."""
    families: dict[str, dict[int, str]] = {}
    for column in columns:
        match = _REPLICATE.fullmatch(column.strip().lower())
        if match and column != weight:
            families.setdefault(match.group(1), {})[int(match.group(2))] = column
    complete = [
        family
        for family in families.values()
        if len(family) >= _FEWEST_REPLICATES and sorted(family) == list(range(1, len(family) + 1))
    ]
    if not complete:
        return ()
    largest = max(complete, key=len)
    return tuple(largest[number] for number in sorted(largest))


def guess_design(replicates: Sequence[str]) -> tuple[WeightDesign, str]:
    """Guess the replication method from the names and number, with the reason in words.

    Recognized are the Consumer Expenditure Surveys (44 half-samples ``WTREP01`` …, plain BRR), the
    American Housing Survey (160 ``REPWEIGHT1`` …, variance 4/160 Σ (θ_r − θ)², that is Fay's with
    ε = 0.5), the National Household Travel Survey of 2017 (98 in strata of 7, 6/7 Σ (θ_r − θ)²) and
    the American Community Survey (80); 60 replicates of RECS 2020 are the delete-a-group jackknife,
    59/60 Σ (θ_r − θ)², which is assumed of whatever nothing else is known of.
    """
    count = len(replicates)
    if not count:
        return WeightDesign(), ""
    stem = _TRAILING_NUMBER.sub("", replicates[0].lower())
    if (stem, count) == ("wtrep", 44):
        return (
            WeightDesign.fay(count, epsilon=0.0),
            "44 replicate weights: half-samples as in the Consumer Expenditure Surveys are assumed",
        )
    if "brr" in stem or (stem, count) == ("repweight", 160):
        reason = (
            f"{count} replicate weights named {replicates[0]} …: Fay's BRR, ε = 0.5, is assumed"
        )
        return WeightDesign.fay(count), reason
    if count == 98 and stem.startswith("wt"):  # noqa: PLR2004 - replicates of the NHTS of 2017
        return (
            WeightDesign.stratified_jackknife(count, per_stratum=7),
            "98 replicate weights: the jackknife in strata of 7 as in the NHTS of 2017 is assumed",
        )
    if count == 80:  # noqa: PLR2004 - the number of replicates of the American Community Survey
        return (
            WeightDesign.successive_difference(count),
            "80 replicate weights: successive differences as in the ACS are assumed",
        )
    return (
        WeightDesign.jackknife(count),
        f"{count} replicate weights: the delete-a-group jackknife is assumed",
    )


def infer_answer(raw: RawTable, column: str, entry: CodebookEntry | None) -> InferredColumn:
    """Infer type and levels of a column that is neither key, weight nor replicate."""
    series = raw.frame[column]
    common: dict[str, Any] = {
        "source": column,
        "name": survey_name(column),
        "role": "geography" if column.strip().lower() in GEOGRAPHIES else "answer",
        "description": entry.description if entry else "",
        "unit": entry.unit if entry else "",
        "missing": int(series.isna().sum()),
    }
    if pd.api.types.is_float_dtype(series):
        return InferredColumn(**common, type="continuous")
    counts = series.value_counts()
    texts = [str(text) for text in series.cat.categories if counts.get(text, 0) > 0]
    if not texts:
        return InferredColumn(**common, left_out="it is empty in every row")
    if entry is not None and entry.labels and entry.type in {None, "nominal", "ordered"}:
        return _labelled(common, entry, texts)
    if common["role"] == "geography":
        return _areas(common, texts)
    if _is_number(texts, counts) and (entry is None or entry.type not in {"nominal", "ordered"}):
        whole = all(re.fullmatch(r"[-+]?\d+(\.0*)?", text) for text in texts)
        kind: VariableType = "integer" if whole else "continuous"
        return InferredColumn(**common, type=kind)
    return _unlabelled(common, entry, texts, len(series))


def _labelled(common: dict[str, Any], entry: CodebookEntry, texts: Sequence[str]) -> InferredColumn:
    """Describe a column whose codes (or whose labels themselves) a codebook lists."""
    labels = dict(entry.labels)
    plain = {_plain(code): label for code, label in labels.items()}
    for text in texts:
        if text not in labels and _plain(text) in plain:
            labels[text] = plain[_plain(text)]  # 01 and 1 are the same code
        elif text not in labels and text in entry.labels.values():
            labels[text] = text
    levels = tuple(dict.fromkeys(entry.labels.values()))
    ordered = entry.type == "ordered" or (entry.type is None and is_ordered(levels))
    return InferredColumn(
        **common, type="ordered" if ordered else "nominal", levels=levels, labels=labels
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
    limit = min(_MOST_LEVELS, max(_FEW_DISTINCT, rows // 4))
    if len(texts) > limit:
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


def _is_number(texts: Sequence[str], counts: pd.Series[Any]) -> bool:
    """Whether a column is meant as a number: all texts are, or all but a few among many."""
    parsed = pd.to_numeric(pd.Series(list(texts), dtype=object), errors="coerce")
    good = parsed.notna().to_numpy()
    if good.all():
        return True
    if len(texts) <= _FEW_DISTINCT:
        return False
    rows = np.array([counts[text] for text in texts], dtype=float)
    return bool(rows[good].sum() >= _MOSTLY * rows.sum())


def _plain(code: str) -> str:
    return (code.lstrip("0") or "0") if code.isdigit() else code


def natural(text: str) -> tuple[tuple[int, float, str], ...]:
    """Sort key that puts ``2 rooms`` before ``10 rooms``."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, float(part), "") if part.isdigit() else (1, 0.0, part) for part in parts)
