"""What a harmony does to the data, live: shares per group, histogram, similarity, problems.

A preview never raises for a half-finished harmony: what can be computed is computed, the rest is a
sentence in `HarmonyPreview.problems`. Without microdata it shows which levels meet in which group.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Literal

import numpy as np

from fusion_core.errors import HarmonyError
from fusion_core.harmony.apply import (
    PROBABILITIES,
    RowProblem,
    RowsCache,
    SideValues,
    SurveyRows,
    WeightedCounts,
    code_shares,
    count_numbers,
    count_outcomes,
    group_labels,
    quantile_similarity,
    share_similarity,
    side_values,
)
from fusion_core.harmony.checks import (
    Case,
    Evidence,
    Finding,
    Sibling,
    check_data,
    counts_heads,
    is_unfinished,
    mark_accepted,
    price_years,
    soften_absent,
    sort_findings,
    untried_findings,
    weighed,
)
from fusion_core.harmony.model import (
    DROP,
    SIDES,
    FloatArray,
    Harmony,
    Side,
    SideName,
    SurveyPair,
    format_number,
    harmony_outcome,
    takes_reference_person,
)
from fusion_core.harmony.previews._model import (
    GroupPreview,
    HarmonyPreview,
    Histogram,
    LevelPreview,
    NumericPreview,
    UnmatchedLevel,
)
from fusion_core.harmony.previews._numbers import (
    HISTOGRAM_BINS,
    QUANTILES,
    histogram,
    numeric_preview,
)
from fusion_core.surveys.model import RespondentLevel
from fusion_core.surveys.source import SurveySource


@dataclass(frozen=True)
class _Computed:
    """One side's answers, and their distribution after persons became households."""

    rows: SurveyRows
    side: SideValues
    outcome: WeightedCounts | None
    answered: frozenset[str] | None


@dataclass(frozen=True)
class _Seen:
    """What a harmony does to both sides: shares of groups, or quantiles of numbers."""

    outcome: Literal["number", "group"] | None
    computed: dict[SideName, _Computed | None]
    labels: dict[float, str]
    shares: dict[SideName, FloatArray | None]
    numeric: NumericPreview | None
    quantiles: dict[SideName, FloatArray]
    score: float | None
    problems: tuple[str, ...]


def preview(
    harmony: Harmony,
    donor: SurveySource,
    recipient: SurveySource,
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
    surveys: dict[SideName, SurveySource] = {"donor": donor, "recipient": recipient}
    cache = cache or RowsCache()
    case = Case(
        harmony,
        {name: survey.dictionary for name, survey in surveys.items()},
        respondent,
        _price_years(donor, recipient),
    )
    seen = _see(case, surveys, cache)
    unfinished = is_unfinished(case)

    def trial(fixed: Harmony) -> tuple[list[Finding], float | None]:
        changed = replace(case, harmony=fixed)
        after = _see(changed, surveys, cache)
        return _findings(changed, siblings, after, unfinished=unfinished), after.score

    found = weighed(_findings(case, siblings, seen, unfinished=unfinished), trial, seen.score)
    compared = seen.outcome == "group"
    levels = {name: _levels(harmony.side(name), seen.computed[name]) for name in SIDES}
    return HarmonyPreview(
        outcome=seen.outcome,
        groups=_groups(harmony, seen.labels, seen.shares, compared=compared),
        donor_levels=levels["donor"],
        recipient_levels=levels["recipient"],
        donor_values=histogram(_number(harmony.donor, seen.computed["donor"])),
        recipient_values=histogram(_number(harmony.recipient, seen.computed["recipient"])),
        numeric=seen.numeric,
        similarity=seen.score,
        unmatched=_unmatched(harmony, levels, compared=compared),
        findings=sort_findings(found),
        problems=seen.problems,
    )


def _see(case: Case, surveys: dict[SideName, SurveySource], cache: RowsCache) -> _Seen:
    """Compute what a harmony does, as far as it can be computed."""
    problems: list[str] = []
    outcome: Literal["number", "group"] | None = None
    try:
        outcome = harmony_outcome(case.harmony, case.respondent)
    except HarmonyError as error:
        problems.append(str(error))
    computed: dict[SideName, _Computed | None] = {
        name: _compute(
            case.harmony,
            name,
            surveys[name],
            respondent=case.respondent,
            cache=cache,
            problems=problems,
        )
        for name in SIDES
    }
    labels = group_labels(case.harmony, respondent=case.respondent)
    shares = {name: _group_shares(found, labels) for name, found in computed.items()}
    numeric, quantiles = _numeric(computed) if outcome == "number" else (None, {})
    return _Seen(
        outcome,
        computed,
        labels,
        shares,
        numeric,
        quantiles,
        _score(outcome, quantiles, shares),
        tuple(dict.fromkeys(problems)),
    )


def _score(
    outcome: Literal["number", "group"] | None,
    quantiles: dict[SideName, FloatArray],
    shares: dict[SideName, FloatArray | None],
) -> float | None:
    if outcome == "number" and len(quantiles) == len(SIDES):
        return quantile_similarity(quantiles["donor"], quantiles["recipient"])
    if outcome == "group":
        return _group_similarity(shares["donor"], shares["recipient"])
    return None


def _price_years(donor: SurveySource, recipient: SurveySource) -> dict[SideName, int | None]:
    """Return the price years the surveys state, else those their vintages imply."""
    implied = price_years(SurveyPair(donor.id, recipient.id))
    stated = {"donor": donor.description.price_year, "recipient": recipient.description.price_year}
    return {name: stated[name] or year for name, year in implied.items()}


def _findings(
    case: Case, siblings: Sequence[Sibling], seen: _Seen, *, unfinished: bool
) -> list[Finding]:
    """Return what dictionaries, sibling years and microdata tell, with corrections not yet tried."""
    found = mark_accepted(case.harmony, untried_findings(case, siblings))
    answered = {
        name: side.answered
        for name, side in seen.computed.items()
        if side is not None and side.answered is not None
    }
    told = check_data(
        case, _evidence(case, seen), reported={item.rule for item in found}, unfinished=unfinished
    )
    return [*soften_absent(found, answered), *mark_accepted(case.harmony, told)]


def _evidence(case: Case, seen: _Seen) -> Evidence:
    """Collect what the checker looks at; what is rarely needed is computed when asked for."""
    computed = seen.computed
    compared = seen.outcome == "group"

    def raw_quantiles(name: SideName) -> FloatArray | None:
        return _quantiles(_number(case.side(name), computed[name]))

    def recounted(name: SideName) -> FloatArray | None:
        found = computed[name]
        if found is None or not counts_heads(case, name):
            return None
        others = replace(found.side, values=1.0 - found.side.values)
        return _quantiles(
            count_outcomes(case.harmony, name, found.rows, others, respondent=case.respondent)
        )

    return Evidence(
        seen.score,
        seen.labels if compared else {},
        {name: found for name, found in seen.shares.items() if compared and found is not None},
        seen.quantiles,
        {name: found.side.problems for name, found in computed.items() if found is not None},
        raw_quantiles,
        recounted,
    )


def _compute(
    harmony: Harmony,
    name: SideName,
    survey: SurveySource,
    *,
    respondent: RespondentLevel,
    cache: RowsCache,
    problems: list[str],
) -> _Computed | None:
    side = harmony.side(name)
    if not survey.has(side.respondent):
        return None
    try:
        rows = cache.rows(survey)
        reference = takes_reference_person(harmony, name, respondent)
        found = side_values(side, rows, of_reference=reference)
    except HarmonyError as error:
        problems.append(f"{name.capitalize()}: {error}")
        return None
    problems += [f"{name.capitalize()} {_sentence(item)}" for item in found.problems]
    answered = _answered(side, rows, found, of_reference=reference)
    try:
        outcome = count_outcomes(harmony, name, rows, found, respondent=respondent)
    except HarmonyError as error:
        problems.append(f"{name.capitalize()}: {error}")
        return _Computed(rows, found, None, answered)
    return _Computed(rows, found, outcome, answered)


def _answered(
    side: Side, rows: SurveyRows, found: SideValues, *, of_reference: bool
) -> frozenset[str] | None:
    """Return the levels or bins some row has; ``None`` for sides without groups."""
    if found.level_of_cell is None:
        return None
    totals = rows.totals(found.cells, side.respondent, of_reference=of_reference)
    places = {int(place) for place in found.level_of_cell[totals.rows > 0]}
    listed = {item.level for place, item in enumerate(side.levels) if place in places}
    unlisted = {item.level for item in found.problems if item.kind == "unknown level"}
    return frozenset(listed | unlisted)


def _sentence(problem: RowProblem) -> str:
    return f"{problem.sentence}. {problem.remedy}."


def _levels(side: Side, computed: _Computed | None) -> tuple[LevelPreview, ...]:
    if computed is None or computed.side.level_of_cell is None:
        return tuple(LevelPreview(item.level, item.group, None) for item in side.levels)
    weight = computed.rows.totals(computed.side.cells, side.respondent).weight
    shares = code_shares(computed.side.level_of_cell, weight, len(side.levels) + 1)
    return tuple(
        LevelPreview(item.level, item.group, share if isfinite(share) else None)
        for item, share in zip(side.levels, shares.tolist(), strict=False)
    )


def _group_shares(computed: _Computed | None, labels: dict[float, str]) -> FloatArray | None:
    if computed is None or computed.outcome is None or not labels:
        return None
    outcome, codes = computed.outcome, np.array(list(labels), dtype=np.float64)
    position = np.minimum(np.searchsorted(codes, outcome.values), len(codes) - 1)
    position = np.where(codes[position] == outcome.values, position, -1)
    shares = code_shares(position, outcome.weight, len(codes))
    return shares if np.isfinite(shares).all() else None


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
    for name in SIDES:
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
        labels = {**{code: format_number(code) for code in codes}, **labels}

    def share(name: SideName, index: int) -> float | None:
        values = shares[name]
        return float(values[index]) if compared and values is not None else None

    return tuple(
        GroupPreview(
            code,
            labels[code],
            tuple(members["donor"].get(code, ())),
            tuple(members["recipient"].get(code, ())),
            share("donor", index),
            share("recipient", index),
        )
        for index, code in enumerate(sorted(labels))
    )


def _unmatched(
    harmony: Harmony, levels: dict[SideName, tuple[LevelPreview, ...]], *, compared: bool
) -> tuple[UnmatchedLevel, ...]:
    found: list[UnmatchedLevel] = []
    for name in SIDES:
        other = harmony.recipient if name == "donor" else harmony.donor
        known = set(other.group_codes)
        for item in levels[name]:
            alone = compared and item.group not in known and item.group != DROP
            if item.group is None or alone:
                found.append(UnmatchedLevel(name, item.level, item.group, item.share))
    return tuple(found)


def _numeric(
    computed: dict[SideName, _Computed | None],
) -> tuple[NumericPreview | None, dict[SideName, FloatArray]]:
    """Return the distribution of a numeric outcome and its quantiles at `PROBABILITIES`."""
    given = {
        name: found.outcome
        for name, found in computed.items()
        if found is not None and found.outcome is not None and not found.outcome.is_empty
    }
    quantiles = {name: item.quantiles(PROBABILITIES) for name, item in given.items()}
    return (numeric_preview(given) if given else None), quantiles


def _quantiles(found: WeightedCounts | None) -> FloatArray | None:
    return None if found is None or found.is_empty else found.quantiles(PROBABILITIES)


def _number(side: Side, computed: _Computed | None) -> WeightedCounts | None:
    """Return a side's number before binning; ``None`` for labels and without microdata."""
    if computed is None:
        return None
    return count_numbers(computed.side, computed.rows, side.respondent)


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
