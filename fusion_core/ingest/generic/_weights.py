"""Find the weight of a file and the replicates that belong to it, and check one against the other.

A replicate belongs to the weight whose stem it carries: ``REPWT1`` to ``HHWT``, ``REPWTP1`` to
``PERWT``, ``SP1REPWEIGHT1`` to ``SP1WEIGHT``. Names alone can err – answers may be called
``rep_1 … rep_8`` – so a set also has to add up to about what the weight adds up to: every replicate
is the same population, estimated again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.ingest.generic._replicate_designs import design_named, guess_design
from fusion_core.ingest.tables import ProblemLog, numbers
from fusion_core.surveys.model import RespondentLevel
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.ingest.generic.codebook import CodebookEntry
    from fusion_core.ingest.tables import RawTable

HOUSEHOLD_WEIGHTS: Final[tuple[str, ...]] = (
    *("wgtp", "hhwt", "nweight", "wthhfin", "finlwt21", "asecwth", "hwtsupp", "hwtfinl"),
    *("hh_weight", "household_weight", "hhweight", "hh_wt", "hhwgt", "hwgt", "hweight"),
)
PERSON_WEIGHTS: Final[tuple[str, ...]] = (
    *("pwgtp", "perwt", "wtperfin", "asecwt", "wtfinl", "wtsupp", "perweight", "sampweight"),
    *("wtfa", "wtfa_a", "wtfa_sa", "wtint2yr", "wtmec2yr", "person_weight", "personweight"),
    *("per_weight", "pweight", "pwgt", "pwt", "wtssall", "wtssps"),
)
GENERAL_WEIGHTS: Final = (
    *("weight", "wgt", "wt", "weights", "sample_weight", "sampling_weight", "survey_weight"),
    *("finalwgt", "finalweight", "final_weight", "finalwt", "finwgt", "fnlwgt", "sampwt"),
)
# Weights and the stems of their replicates that no rule of spelling joins.
_KNOWN_PAIRS: Final = {
    "hhwt": ("repwt",),
    "perwt": ("repwtp",),
    "asecwth": ("repwt", "repwth"),
    "asecwt": ("repwtp",),
    "wtfinl": ("repwtp",),
    "hwtfinl": ("repwt",),
    "finlwt21": ("wtrep",),
    "pwgtp": ("pwgtp",),
    "wgtp": ("wgtp",),
    "weight": ("repweight",),
}
_NUMBERED: Final = re.compile(r"(.*?[^\d_])_?0*([1-9]\d*)")
_WEIGHT_WORD: Final = re.compile(r"wgt|wt|weight|^rep|replicate|brr|jk|^r?w$")
_REPLICATE_WORD: Final = re.compile(r"replicate|repl|rep|brr|jk[1-9n]?|fay|bootstrap|boot|^rw$")
# Above anything the United States have: 132 million households and 340 million persons in 2024.
_MOST_HOUSEHOLDS: Final = 200e6
_MOST_PERSONS: Final = 400e6
_FEWEST: Final = 8
_FEWEST_TOLD: Final = 3
_TOLERANCE: Final = 0.2
_BODY_WORDS: Final = re.compile(
    r"\b(pounds?|lbs?|kilograms?|kgs?|body|without shoes)\b", re.IGNORECASE
)
_BODY_COMPANIONS: Final = frozenset({"height", "bmi", "ht", "htin", "height_in", "height_cm"})
_HALF_SAMPLE_BLANKS: Final = (0.3, 0.7)
_PERSON_STEM: Final = re.compile(r"wtp$|wgtp$|^p|per|person")
_HOUSEHOLD_STEM: Final = re.compile(r"hh|household|^h|wth$")


@dataclass(frozen=True, slots=True)
class ReplicateFamily:
    """Columns numbered 1 … R that are or may be replicate weights.

    Attributes
    ----------
    stem
        What their names have in common, in lower case.
    columns
        Their names, in order.
    """

    stem: str
    columns: tuple[str, ...]

    @property
    def title(self) -> str:
        """First and last column, for people."""
        return f"{self.columns[0]} … {self.columns[-1]}"


@dataclass(frozen=True)
class Weighting:
    """The weight of a file, its replicates and how the variance follows from them.

    Attributes
    ----------
    weight
        Column of the weight, empty for none.
    replicates
        Columns of its replicate weights, in order.
    design, reason
        The replication method and why it is assumed.
    blanks_are_zero
        Whether blank replicate weights stand for the other half of a half-sample.
    unused
        Columns that are weights too but not these, each with the reason it is left out.
    total
        Sum of the weights.
    """

    weight: str = ""
    replicates: tuple[str, ...] = ()
    design: WeightDesign = field(default_factory=WeightDesign)
    reason: str = ""
    blanks_are_zero: bool = False
    unused: Mapping[str, str] = field(default_factory=dict)
    total: float = 0.0


def find_weight(
    raw: RawTable,
    columns: Sequence[str],
    level: RespondentLevel,
    entries: Mapping[str, CodebookEntry],
) -> str:
    """Return the column that weights the rows, else ``""``.

    Names that say household or person come before general ones for rows of that kind; a general
    name such as ``WEIGHT`` is passed over where it is the weight of a body.
    """
    by_name = {column.strip().lower(): column for column in reversed(columns)}
    own, other = HOUSEHOLD_WEIGHTS, PERSON_WEIGHTS
    if level == "person":
        own, other = other, own
    specific = [by_name[name] for name in own if name in by_name]
    foreign = [by_name[name] for name in other if name in by_name]
    general = [
        by_name[name]
        for name in GENERAL_WEIGHTS
        if name in by_name
        and not _is_body_weight(raw, by_name[name], by_name, entries.get(name), bool(foreign))
    ]
    return next(iter([*specific, *general, *foreign]), "")


def pair(
    raw: RawTable,
    columns: Sequence[str],
    weight: str,
    *,
    level: RespondentLevel,
    chosen: Sequence[str] = (),
    design: str = "",
    log: ProblemLog,
) -> Weighting:
    """Find the replicates of a weight and check their totals against it.

    Parameters
    ----------
    raw, columns
        The file, and its columns that may be weights.
    weight
        The column of the weight; empty for none.
    level
        Whether a row is a household or a person.
    chosen
        The replicate columns the user named; ``("-",)`` for none. Found by name if empty.
    design
        The replication method the user named, see `design_named`; empty to guess it.
    log
        Where a chosen set that disagrees with the weight is reported.
    """
    if not weight:
        return Weighting()
    total = _total(_numbers(raw, weight))
    found = families(columns, without=weight)
    family = (
        _chosen_family(raw, chosen, found, weight=weight, total=total, log=log) if chosen else None
    )
    if not chosen:
        family = _fitting(raw, found, weight, total=total, level=level, log=log)
    unused = _unused(raw, columns, found, weight, family)
    if family is None and not chosen:
        unused |= _incomplete(raw, columns, weight, total=total, level=level, log=log)
    if family is None:
        return Weighting(weight, unused=unused, total=total)
    halves = is_half_sampled(raw, family, weight)
    guess, reason = guess_design(family.columns, half_samples=halves)
    blank = halves and any(raw.frame[column].isna().any() for column in family.columns)
    return Weighting(
        weight,
        family.columns,
        design_named(design, len(family.columns)) if design else guess,
        f"{len(family.columns)} replicate weights: {design}, as chosen" if design else reason,
        blank,
        unused,
        total,
    )


def _fitting(
    raw: RawTable,
    found: Sequence[ReplicateFamily],
    weight: str,
    *,
    total: float,
    level: RespondentLevel,
    log: ProblemLog,
) -> ReplicateFamily | None:
    """Return the set whose name is nearest to the weight's and whose totals agree with it."""
    best: tuple[int, int, ReplicateFamily] | None = None
    for family in found:
        score = _kinship(family.stem, weight, level)
        if not score:
            continue
        if not agrees(raw, family, total):
            log.add(
                f"{family.title} are named like replicates of {weight} but add up to"
                f" {replicate_total(raw, family):,.0f} where it adds up to {total:,.0f}: they are"
                " not used as replicate weights",
                file=raw.path.name,
                severity="warning",
            )
        elif best is None or (score, len(family.columns)) > best[:2]:
            best = (score, len(family.columns), family)
    return None if best is None else best[2]


def families(columns: Sequence[str], *, without: str = "") -> list[ReplicateFamily]:
    """Return the complete numbered sets 1 … R of columns whose names speak of weights."""
    return [
        ReplicateFamily(stem, tuple(members[number] for number in sorted(members)))
        for stem, members in _numbered(columns, without).items()
        if not _lack(members)
    ]


def _numbered(columns: Sequence[str], without: str) -> dict[str, dict[int, str]]:
    """Return the columns whose names speak of weights and end with a number, by stem and number."""
    found: dict[str, dict[int, str]] = {}
    for column in columns:
        match = _NUMBERED.fullmatch(column.strip().lower())
        if match and column != without and _WEIGHT_WORD.search(match.group(1)):
            found.setdefault(match.group(1), {})[int(match.group(2))] = column
    return found


def _lack(numbers: Collection[int]) -> str:
    """Say why numbered columns are no whole set, a clause; empty where they are."""
    missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
    if missing:
        return f"number {missing[0]} is missing"
    return f"there are only {len(numbers)}" if len(numbers) < _FEWEST else ""


def _incomplete(
    raw: RawTable,
    columns: Sequence[str],
    weight: str,
    *,
    total: float,
    level: RespondentLevel,
    log: ProblemLog,
) -> dict[str, str]:
    """Return columns that add up like replicates of the weight but are no whole set, and say so."""
    left_out: dict[str, str] = {}
    for stem, members in _numbered(columns, weight).items():
        lack = _lack(members)
        if not lack or len(members) < _FEWEST_TOLD or not _kinship(stem, weight, level):
            continue
        family = ReplicateFamily(stem, tuple(members[number] for number in sorted(members)))
        if agrees(raw, family, total):
            log.add(
                f"{family.title} add up like replicates of {weight}, but {lack}: they are left out,"
                " and there are no margins of error",
                file=raw.path.name,
                fix="Add the columns that are missing to the file",
                severity="warning",
            )
            left_out |= dict.fromkeys(
                family.columns, "they are not a complete set of replicate weights"
            )
    return left_out


def agrees(raw: RawTable, family: ReplicateFamily, total: float) -> bool:
    """Whether the replicates add up to about the same population as the weight (± 20 %).

    The median over the replicates is compared: single half-samples of a small file may be far off.
    """
    return total > 0 and abs(replicate_total(raw, family) / total - 1) <= _TOLERANCE


def replicate_total(raw: RawTable, family: ReplicateFamily) -> float:
    """Return the median over the replicates of the sum of each."""
    return float(np.median([_total(_numbers(raw, column)) for column in family.columns]))


def is_half_sampled(raw: RawTable, family: ReplicateFamily, weight: str) -> bool:
    """Whether each replicate is twice the weight for one half of the rows and nothing for the other.

    Some files leave the other half blank, others write zeros.
    """
    full = _numbers(raw, weight)
    replicates = np.column_stack([_numbers(raw, column) for column in family.columns])
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.nan_to_num(replicates / full[:, None], nan=0.0, posinf=-1.0)
    low, high = _HALF_SAMPLE_BLANKS
    empty = ratio == 0
    return bool(low <= empty.mean() <= high and np.isclose(np.median(ratio[~empty]), 2.0, rtol=0.1))


def _chosen_family(
    raw: RawTable,
    chosen: Sequence[str],
    found: Sequence[ReplicateFamily],
    *,
    weight: str,
    total: float,
    log: ProblemLog,
) -> ReplicateFamily | None:
    if tuple(chosen) == ("-",):
        return None
    family = _named_family(chosen, found, [str(column) for column in raw.frame.columns])
    if family is None:
        titles = "; ".join(item.title for item in found) or "none"
        log.add(
            f"There are no replicate weights '{', '.join(chosen)}'",
            file=raw.path.name,
            fix=f"Name the columns, or what their names have in common (found: {titles})",
        )
    elif not agrees(raw, family, total):
        log.add(
            f"The replicate weights {family.title} add up to {replicate_total(raw, family):,.0f}"
            f" where {weight} adds up to {total:,.0f}: they are not of this weight",
            file=raw.path.name,
            fix="Choose the weight they belong to, or other replicates",
        )
        return None
    return family


def _named_family(
    chosen: Sequence[str], found: Sequence[ReplicateFamily], columns: Sequence[str]
) -> ReplicateFamily | None:
    """Return the columns named one by one, or by their stem, written with or without a number."""
    if len(chosen) > 1:
        known = all(column in columns for column in chosen)
        return ReplicateFamily("", tuple(chosen)) if known else None
    stem = re.sub(r"[\d*#_]+$", "", chosen[0].strip().lower())
    numbered = {
        int(match.group(2)): column
        for column in columns
        if (match := _NUMBERED.fullmatch(column.strip().lower())) and match.group(1) == stem
    }
    by_stem = next((item for item in found if item.stem == stem), None)
    if by_stem is None and len(numbered) > 1:
        return ReplicateFamily(stem, tuple(numbered[number] for number in sorted(numbered)))
    return by_stem


def _unused(
    raw: RawTable,
    columns: Sequence[str],
    found: Sequence[ReplicateFamily],
    weight: str,
    family: ReplicateFamily | None,
) -> dict[str, str]:
    """Return columns that are other weights, or replicates of another, with the reason."""
    known = {*HOUSEHOLD_WEIGHTS, *PERSON_WEIGHTS}
    unused = {
        column: f"it is another weight; the weight is {weight}"
        for column in columns
        if column != weight and column.strip().lower() in known
    }
    for item in found:
        if family is not None and item.columns == family.columns:
            continue
        values = _numbers(raw, item.columns[0])
        is_weight = len(np.unique(values[np.isfinite(values)])) > _FEWEST  # answers take few values
        named = _REPLICATE_WORD.search(item.stem) or item.stem in known
        if is_weight and named:
            unused |= dict.fromkeys(
                item.columns, f"replicate weights of another weight than {weight}"
            )
            unused |= {
                column: f"it is another weight; the weight is {weight}"
                for column in columns
                if column not in {weight, *item.columns}
                and _reduced(column.lower()) == _reduced(item.stem) != "wt"
            }
    return unused


def _kinship(stem: str, weight: str, level: RespondentLevel) -> int:
    """How surely replicates of a stem belong to a weight: 3 known or equal, 2 alike, 1 plain, 0 not."""
    name = weight.strip().lower()
    if stem == name or stem in _KNOWN_PAIRS.get(name, ()):
        return 3
    rest, wanted = _reduced(stem), _reduced(name)
    if rest == wanted:
        return 2
    if rest in {"", "wt"} and _REPLICATE_WORD.search(stem):
        others = {other for other, stems in _KNOWN_PAIRS.items() if stem in stems}
        return 1 if not others or name not in _KNOWN_PAIRS else 0
    of_persons = name in PERSON_WEIGHTS or (level == "person" and name not in HOUSEHOLD_WEIGHTS)
    fits = bool((_PERSON_STEM if of_persons else _HOUSEHOLD_STEM).search(rest))
    bare = re.sub(r"person|per|household|hh|wt|^p|p$|^h|h$|_", "", rest)
    return int(fits and not bare and bool(_REPLICATE_WORD.search(stem)))


def _reduced(name: str) -> str:
    """Return a name without the words for replicates, and all words for weight spelled alike."""
    text = re.sub(r"weights?|wgt|wt", "wt", name)
    return re.sub(r"[^a-z]+", "", _REPLICATE_WORD.sub("", text))


def _is_body_weight(
    raw: RawTable,
    column: str,
    by_name: Mapping[str, str],
    entry: CodebookEntry | None,
    another: bool,
) -> bool:
    words = "" if entry is None else f"{entry.description} {entry.unit}"
    if _BODY_WORDS.search(words):
        return True
    values = _numbers(raw, column)
    values = values[np.isfinite(values) & (values < 990)]  # noqa: PLR2004 - codes of refusals above
    if not len(values) or not (another or _BODY_COMPANIONS & set(by_name)):
        return False
    whole = bool((values == np.round(values)).all())
    return whole and bool(40 <= np.median(values) <= 300 and np.ptp(values) < 600)  # noqa: PLR2004 - what people weigh in pounds


def _numbers(raw: RawTable, column: str) -> NDArray[np.float64]:
    series = raw.frame[column]
    if pd.api.types.is_float_dtype(series):
        return series.to_numpy(dtype="float64")
    return numbers(raw, column, ProblemLog())


def _total(values: NDArray[np.float64]) -> float:
    return float(values[np.isfinite(values)].sum())


def implausible(total: float, level: RespondentLevel) -> bool:
    """Whether a weighted total is beyond the whole country, as weights with implied decimals are."""
    return total > (_MOST_HOUSEHOLDS if level == "household" else _MOST_PERSONS)


def population(total: float, level: RespondentLevel) -> str:
    """Return a weighted total in words, such as ``118.2 million households``."""
    noun = "households" if level == "household" else "persons"
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if total >= size:
            return f"{total / size:,.1f} {word} {noun}"
    return f"{total:,.0f} {noun}"
