"""What a harmony does to the data, live: shares per group, histogram, similarity, problems.

A preview never raises for a half-finished harmony: what can be computed is computed, the rest is a
sentence in `HarmonyPreview.problems`. Without microdata it shows which levels meet in which group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from fusion_core.errors import HarmonyError
from fusion_core.harmony.aggregation import FloatArray, harmony_outcome
from fusion_core.harmony.apply import collapse_side, group_labels
from fusion_core.harmony.checking import check_harmony, check_shares, sort_findings
from fusion_core.harmony.checking_amounts import check_amounts
from fusion_core.harmony.checking_files import price_years
from fusion_core.harmony.checking_siblings import Sibling
from fusion_core.harmony.findings import Case, Finding
from fusion_core.harmony.grouping import RowProblem, SideValues, side_values
from fusion_core.harmony.model import DROP, Harmony, Side, SideName, SurveyPair
from fusion_core.harmony.preview_model import (
    GroupPreview,
    HarmonyPreview,
    Histogram,
    LevelPreview,
    NumericPreview,
    UnmatchedLevel,
)
from fusion_core.harmony.rows import RowsCache, SurveyRows
from fusion_core.harmony.similarity import (
    PROBABILITIES,
    code_shares,
    quantile_similarity,
    share_similarity,
    sorted_quantiles,
)
from fusion_core.surveys.model import RespondentLevel, Survey

QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
HISTOGRAM_BINS: Final = 30
_COUNTABLE: Final = 1e12  # beyond, a half is lost beside the number
_SIDES: Final[tuple[SideName, SideName]] = ("donor", "recipient")


@dataclass(frozen=True)
class _Computed:
    """One side's values, before and after persons became households."""

    rows: SurveyRows
    side: SideValues
    values: FloatArray | None
    weight: FloatArray


def preview(
    harmony: Harmony,
    donor: Survey,
    recipient: Survey,
    *,
    respondent: RespondentLevel = "household",
    cache: RowsCache | None = None,
    siblings: Sequence[Sibling] = (),
) -> HarmonyPreview:
    """Compute a preview; see `HarmonyPreview`.

    Parameters
    ----------
    harmony
        The harmony, finished or not.
    donor, recipient
        The surveys; without microdata no shares are computed.
    respondent
        Level of the outcome.
    cache
        Prepared rows; keep one per session so that every call after the first is quick.
    siblings
        The same harmony for other years, to compare with (see `checking_siblings.siblings_of`).
    """
    cache = cache or RowsCache()
    problems: list[str] = []
    outcome: Literal["number", "group"] | None = None
    try:
        outcome = harmony_outcome(harmony, respondent)
    except HarmonyError as error:
        problems.append(str(error))
    computed: dict[SideName, _Computed | None] = {}
    for name, survey in zip(_SIDES, (donor, recipient), strict=True):
        computed[name] = _compute(
            harmony, name, survey, respondent=respondent, cache=cache, problems=problems
        )
    first, second = computed["donor"], computed["recipient"]
    labels = group_labels(harmony, respondent=respondent)
    shares = {name: _group_shares(found, labels) for name, found in computed.items()}
    numeric: NumericPreview | None = None
    score: float | None = None
    if outcome == "number":
        numeric, score = _numeric(first, second)
    elif outcome == "group":
        score = _group_similarity(shares["donor"], shares["recipient"])
    levels = {name: _levels(harmony.side(name), computed[name]) for name in _SIDES}
    return HarmonyPreview(
        outcome=outcome,
        groups=_groups(harmony, labels, shares, compared=outcome == "group"),
        donor_levels=levels["donor"],
        recipient_levels=levels["recipient"],
        donor_values=_histogram(harmony.donor, first),
        recipient_values=_histogram(harmony.recipient, second),
        numeric=numeric,
        similarity=score,
        unmatched=_unmatched(harmony, levels, compared=outcome == "group"),
        findings=_findings(
            Case(
                harmony,
                {"donor": donor.dictionary, "recipient": recipient.dictionary},
                respondent,
                _price_years(donor, recipient),
            ),
            siblings,
            numeric,
            _named_shares(labels, shares) if outcome == "group" else {},
        ),
        problems=tuple(dict.fromkeys(problems)),
    )


def _price_years(donor: Survey, recipient: Survey) -> dict[SideName, int | None]:
    """Return the price years the surveys state, else those their vintages imply."""
    implied = price_years(SurveyPair(donor.id, recipient.id))
    stated = {"donor": donor.description.price_year, "recipient": recipient.description.price_year}
    return {name: stated[name] or year for name, year in implied.items()}


def _findings(
    case: Case,
    siblings: Sequence[Sibling],
    numeric: NumericPreview | None,
    shares: dict[SideName, dict[str, float]],
) -> tuple[Finding, ...]:
    donor, recipient = case.dictionaries["donor"], case.dictionaries["recipient"]
    found = check_harmony(
        case.harmony, donor, recipient, siblings,
        respondent=case.respondent, price_years=case.price_years,
    )  # fmt: skip
    seen = {finding.rule for finding in found}
    if numeric is not None and "units-differ" not in seen:
        left, right = numeric.donor_quantiles, numeric.recipient_quantiles
        if left is not None and right is not None:
            found += check_amounts(case, left.tolist(), right.tolist())
    return sort_findings(found + check_shares(shares))


def _compute(
    harmony: Harmony,
    name: SideName,
    survey: Survey,
    *,
    respondent: RespondentLevel,
    cache: RowsCache,
    problems: list[str],
) -> _Computed | None:
    side = harmony.side(name)
    table = survey.household if side.respondent == "household" else survey.person
    if table is None:
        return None
    try:
        rows = cache.rows(survey)
        found = side_values(side, rows)
    except HarmonyError as error:
        problems.append(f"{name.capitalize()}: {error}")
        return None
    problems += [f"{name.capitalize()} {_sentence(item)}" for item in found.problems]
    try:
        values = collapse_side(harmony, name, rows, found.values, respondent=respondent)
        weight = rows.weight(respondent)
    except HarmonyError as error:
        problems.append(f"{name.capitalize()}: {error}")
        return _Computed(rows, found, None, rows.weight(side.respondent))
    return _Computed(rows, found, values, weight)


def _sentence(problem: RowProblem) -> str:
    return f"{problem.sentence}. {problem.remedy}."


def _levels(side: Side, computed: _Computed | None) -> tuple[LevelPreview, ...]:
    if computed is None or computed.side.level_of_row is None:
        return tuple(LevelPreview(item.level, item.group, None) for item in side.levels)
    weight = computed.rows.weight(side.respondent)
    shares = code_shares(computed.side.level_of_row, weight, len(side.levels) + 1)
    return tuple(
        LevelPreview(item.level, item.group, float(share) if np.isfinite(share) else None)
        for item, share in zip(side.levels, shares, strict=False)
    )


def _group_shares(computed: _Computed | None, labels: dict[float, str]) -> FloatArray | None:
    if computed is None or computed.values is None or not labels:
        return None
    codes = np.array(list(labels), dtype=np.float64)
    position = np.minimum(np.searchsorted(codes, computed.values), len(codes) - 1)
    position = np.where(codes[position] == computed.values, position, -1)
    shares = code_shares(position, computed.weight, len(codes))
    return shares if np.isfinite(shares).all() else None


def _named_shares(
    labels: dict[float, str], shares: dict[SideName, FloatArray | None]
) -> dict[SideName, dict[str, float]]:
    return {
        name: dict(zip(labels.values(), map(float, found), strict=True))
        for name, found in shares.items()
        if found is not None
    }


def _group_similarity(donor: FloatArray | None, recipient: FloatArray | None) -> float | None:
    return None if donor is None or recipient is None else share_similarity(donor, recipient)


def _groups(
    harmony: Harmony,
    labels: dict[float, str],
    shares: dict[SideName, FloatArray | None],
    *,
    compared: bool,
) -> tuple[GroupPreview, ...]:
    members: dict[SideName, dict[float, list[str]]] = {}
    for name in _SIDES:
        found = members.setdefault(name, {})
        side = harmony.side(name)
        for item in side.levels:
            if item.group is not None and item.group != DROP:
                found.setdefault(float(item.group), []).append(item.level)
        for group, text in (
            (side.outside_universe, "outside the universe"),
            (side.missing, "no answer"),
        ):
            if group is not None and group != DROP:
                found.setdefault(float(group), []).append(text)
    if not compared:
        codes = {code for found in members.values() for code in found}
        labels = {**{code: f"{code:g}" for code in codes}, **labels}

    def share(name: SideName, index: int) -> float | None:
        values = shares[name]
        return float(values[index]) if compared and values is not None else None

    return tuple(
        GroupPreview(
            code, labels[code],
            tuple(members["donor"].get(code, ())), tuple(members["recipient"].get(code, ())),
            share("donor", index), share("recipient", index),
        )
        for index, code in enumerate(sorted(labels))
    )  # fmt: skip


def _unmatched(
    harmony: Harmony, levels: dict[SideName, tuple[LevelPreview, ...]], *, compared: bool
) -> tuple[UnmatchedLevel, ...]:
    found: list[UnmatchedLevel] = []
    for name in _SIDES:
        other = harmony.recipient if name == "donor" else harmony.donor
        known = set(other.group_codes)
        for item in levels[name]:
            alone = compared and item.group not in known and item.group != DROP
            if item.group is None or alone:
                found.append(UnmatchedLevel(name, item.level, item.group, item.share))
    return tuple(found)


def _numeric(
    donor: _Computed | None, recipient: _Computed | None
) -> tuple[NumericPreview | None, float | None]:
    sides = [_sorted(found) for found in (donor, recipient)]
    given = [item for item in sides if item is not None]
    if not given:
        return None, None
    edges = _edges([values for values, _ in given])
    shares = [None if item is None else _shares_in_bins(*item, edges) for item in sides]
    probabilities = np.array(QUANTILES)
    quantiles = [None if item is None else sorted_quantiles(*item, probabilities) for item in sides]
    means = [None if i is None else float(np.average(i[0], weights=i[1])) for i in sides]
    numeric = NumericPreview(
        edges, shares[0], shares[1], QUANTILES, quantiles[0], quantiles[1], means[0], means[1]
    )
    if sides[0] is None or sides[1] is None:
        return numeric, None
    compared = [sorted_quantiles(*item, PROBABILITIES) for item in given]
    return numeric, quantile_similarity(compared[0], compared[1])


def _sorted(computed: _Computed | None) -> tuple[FloatArray, FloatArray] | None:
    """Return the values of a side and their weights in increasing order."""
    if computed is None or computed.values is None:
        return None
    order = np.argsort(computed.values, kind="stable")  # NaN sorts last
    count = len(order) - int(np.isnan(computed.values).sum())
    if count == 0:
        return None
    return computed.values[order[:count]], computed.weight[order[:count]]


def _histogram(side: Side, computed: _Computed | None) -> Histogram | None:
    if computed is None or computed.side.numbers is None:
        return None
    numbers = computed.side.numbers
    keep = ~np.isnan(numbers)
    if not keep.any():
        return None
    values, weight = numbers[keep], computed.rows.weight(side.respondent)[keep]
    edges = _edges([values])
    return Histogram(
        edges, _shares_in_bins(values, weight, edges), float(values.min()), float(values.max())
    )


def _shares_in_bins(values: FloatArray, weight: FloatArray, edges: FloatArray) -> FloatArray:
    """Return weighted shares of equally wide bins; values beyond the edges count in the outer ones."""
    bins = len(edges) - 1
    position = (values - edges[0]) * (bins / (edges[-1] - edges[0]))
    return code_shares(np.clip(position, 0, bins - 1).astype(np.intp), weight, bins)


def _edges(columns: list[FloatArray]) -> FloatArray:
    """Choose equally wide bins: one per whole number for counts, else over the middle 98 %."""
    smallest = min(float(values.min()) for values in columns)
    largest = max(float(values.max()) for values in columns)
    countable = largest - smallest < HISTOGRAM_BINS and max(-smallest, largest) < _COUNTABLE
    if countable and all(_is_whole(values) for values in columns):
        return np.arange(smallest - 0.5, largest + 1.0)
    bounds = [np.quantile(values, [0.01, 0.99]) for values in columns]
    low, high = min(float(pair[0]) for pair in bounds), max(float(pair[1]) for pair in bounds)
    if high <= low:
        margin = max(0.5, abs(low) * 1e-6)
        return np.array([low - margin, low + margin])
    return np.linspace(low, high, HISTOGRAM_BINS + 1)


def _is_whole(values: FloatArray) -> bool:
    return bool((values == np.round(values)).all())


__all__ = [
    "HISTOGRAM_BINS",
    "QUANTILES",
    "GroupPreview",
    "HarmonyPreview",
    "Histogram",
    "LevelPreview",
    "NumericPreview",
    "UnmatchedLevel",
    "preview",
]
