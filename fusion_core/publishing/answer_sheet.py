"""One answer on one page: the figure, its range, whether it may be published, and what it rests on."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from fusion_core.derived.outcomes import read_outcomes
from fusion_core.errors import InputError
from fusion_core.estimates import EstimateCache
from fusion_core.estimates.margins import FRECHET_COLUMNS, FUSED_MARGINS, local_knowledge
from fusion_core.estimates.places import allocated_areas, are_by_shares, where_within
from fusion_core.estimates.runs import (
    Source,
    area_estimates,
    area_ranks,
    recipient_of,
    survey_area_estimates,
)
from fusion_core.estimates.statistics import SHARES, Statistic
from fusion_core.execution.years import years_apart
from fusion_core.html_templates import html_templates
from fusion_core.records import Checked
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.combinations import Combination

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from fusion_core.derived.definition import DerivedVariable
    from fusion_core.surveys.model import Dictionary
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

Verdict = Literal["yes", "care", "no"]
VERDICT_WORDS: Final[dict[Verdict, str]] = {
    "yes": "Yes, with its margin of error.",
    "care": "With care: state the following beside it.",
    "no": "No.",
}
TOP: Final = 10
_INDEPENDENT: Final = (
    "It joins answers of two donors, assumed independent given the predictors; the bounds beside "
    "joint shares say how far that could matter."
)
# Years between donor and recipient from which on a reader has to be told.
_YEARS: Final = 3


@dataclass(frozen=True)
class RankedRow:
    """One line of the ranking on a sheet: texts, ready to be read."""

    rank: str
    name: str
    figure: str
    ranks: str
    among: str


@dataclass(frozen=True)
class AnswerSheet(Checked):
    """An answer, ready to be printed.

    Attributes
    ----------
    question, households
        What was asked, and of whom.
    figure, range
        The estimate with its margin, and the interval in a sentence.
    verdict, reasons
        Whether it may be published, and what speaks against it or has to be said.
    rests_on
        Three sentences: what was done, what the margin contains, what validation found.
    rows, top, ranking_title, ranking_sentence
        The highest areas with the ranks each may have; no rows without areas.
    source
        Where the figures come from.
    """

    question: str
    households: str
    figure: str
    range: str
    verdict: Verdict
    reasons: tuple[str, ...]
    rests_on: tuple[str, str, str]
    source: str
    rows: tuple[RankedRow, ...] = ()
    top: int = TOP
    ranking_title: str = ""
    ranking_sentence: str = ""

    @property
    def verdict_words(self) -> str:
        """The verdict in words."""
        return VERDICT_WORDS[self.verdict]

    def html(self, picture: str = "") -> str:
        """Return the sheet as a page that prints and loads nothing.

        Parameters
        ----------
        picture
            An SVG document to show, such as the map.
        """
        template = html_templates(Path(__file__).parent / "templates").get_template("answer.html")
        data = base64.b64encode(picture.encode()).decode() if picture else ""
        return template.render(
            sheet=self, picture=f"data:image/svg+xml;base64,{data}" if data else ""
        )


def answer_sheet(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    *,
    area: Mapping[str, str] | None = None,
    by: str = "",
    where: str = "",
    within: str = "",
    names: Mapping[str, str] | None = None,
    top: int = TOP,
    confidence: float = 0.90,
    cache: EstimateCache | None = None,
) -> AnswerSheet:
    """Answer one question on one page.

    Parameters
    ----------
    workspace
        The project.
    source
        A finished run, a combination of runs, or a survey alone.
    statistic
        One statistic; a share or count must name its level.
    area
        Column and value of the area that is asked about; everybody when left out.
    by
        Column of areas to rank beside it; none when empty.
    where, confidence, cache
        As in `fusion_core.estimates.runs.area_estimates`.
    within
        Name of a place, such as a state or city, whose households alone count.
    names
        Names of areas by their code.
    top
        Number of ranked areas shown.

    Raises
    ------
    InputError
        If no household is in the area, or as `area_estimates`.
    """
    store = EstimateCache() if cache is None else cache
    known = names or {}
    here = dict(area or {})
    column = next(iter(here), "")
    condition, among = where, f", among those where {where}" if where else ""
    if within:
        inside = where_within(
            workspace, source, within, kind=by or column or "puma", where=where, cache=store
        )
        condition, among = inside.where, f"{among} in {inside.title}"
    areas = None
    if are_by_shares(workspace, source, column or by, store):
        areas = allocated_areas(workspace, source, statistic, column or by, condition, cache=store)
        areas = areas.only(inside.areas) if within else areas
    found = (
        areas.estimates(confidence=confidence)
        if areas is not None and column
        else _estimates(
            workspace, source, statistic, (column,) if column else (), where=condition, cache=store
        )
    )
    if column:
        found = found[found[column].astype(str) == str(here[column])]
    if len(found) != 1:
        what = f"{column} {here[column]}" if column and not len(found) else statistic.variable
        raise InputError(
            f"There is no single figure for {what}",
            fix="Name one area with households, and one level of a category",
        )
    row: dict[str, Any] = {str(key): value for key, value in found.iloc[0].items()}
    share = (
        _share_of_households(store, workspace, source, here, condition)
        if areas is None or not column
        else float(areas.only([here[column]]).people.sum() / areas.people.sum())
    )
    place = known.get(str(here.get(column, "")), str(here.get(column, "")))
    verdict, reasons = _verdict(workspace, source, statistic, row, share)
    sheet = AnswerSheet(
        question=_question(workspace, source, statistic, place),
        households=_households(workspace, source, among, int(row["n"])),
        figure=_with_margin(row, statistic),
        range=_range(row, statistic, confidence),
        verdict=verdict,
        reasons=tuple(reasons),
        rests_on=_rests_on(workspace, source, statistic, row),
        source=_source(workspace, source),
    )
    if not by:
        return sheet
    ranking = (
        area_ranks(
            workspace, source, statistic, by, condition, top=top, confidence=confidence, cache=store
        )
        if areas is None
        else areas.ranking(top=top, confidence=confidence)
    )
    return _with_ranking(sheet, ranking.table, by, statistic, names=known, top=top)


def _estimates(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    by: Sequence[str],
    *,
    where: str,
    cache: EstimateCache,
) -> pd.DataFrame:
    if isinstance(source, SurveyId):
        return survey_area_estimates(workspace, source, statistic, by, where, cache=cache)
    return area_estimates(workspace, source, statistic, by, where, cache=cache)


def _with_ranking(
    sheet: AnswerSheet,
    table: pd.DataFrame,
    by: str,
    statistic: Statistic,
    *,
    names: Mapping[str, str],
    top: int,
) -> AnswerSheet:
    rows = []
    for row in table.head(top).to_dict("records"):
        code = str(row[by])
        among = "surely" if row["surely_among"] else "perhaps"
        rows.append(
            RankedRow(
                str(row["rank"]),
                names.get(code, code),
                _with_margin(row, statistic),
                "any"
                if (row["best_rank"], row["worst_rank"]) == (1, len(table))
                else f"{row['best_rank']:,}–{row['worst_rank']:,}",
                among,
            )
        )
    surely, lead = int(table["surely_among"].sum()), int(table["may_lead"].sum())
    others = int(table["may_be_among"].sum())
    sentence = (
        f"{surely} of {len(table):,} areas are surely among the {top} highest, {others:,} may be; "
        f"{lead:,} cannot be told from the first. Ranks hold for all areas at once."
    )
    return replace(
        sheet,
        rows=tuple(rows),
        top=top,
        ranking_title=f"The {min(top, len(table))} highest",
        ranking_sentence=sentence,
    )


def _share_of_households(
    store: EstimateCache,
    workspace: Workspace,
    source: Source,
    area: Mapping[str, str],
    where: str,
) -> float:
    """Return the weighted share of all households that the figure speaks of."""
    loaded = store.source(workspace, source)
    mask = loaded.subgroup(where).rows.copy()
    for name, value in area.items():
        mask &= (loaded.table[name].astype(str) == str(value)).to_numpy()
    full = loaded.weights.full
    return float(full[mask].sum() / full.sum())


def _verdict(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    row: Mapping[str, Any],
    share: float,
) -> tuple[Verdict, list[str]]:
    """Say whether a figure may be published, and why not or what goes with it."""
    against, beside = _certainty(row)
    for run in _runs(workspace, source):
        unusable, weak = _validated(run, statistic.variable, share)
        against += unusable
        beside += weak
        years = years_apart(workspace, run)
        beside += [years.sentence] if years.gap >= _YEARS else []
        beside += years.price_sentences if statistic.variable in years.amounts else []
    if isinstance(source, Combination):
        beside.append(_INDEPENDENT)
    if against:
        return "no", [*against, *beside]
    return ("care" if beside else "yes"), beside


def _certainty(row: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Say what its margin says of a figure: what forbids it, what goes with it."""
    if not math.isfinite(row["estimate"]):
        return ["There is no estimate."], []
    spread = f"its coefficient of variation is {_whole(row['cv'])}"
    against = {
        "low": [f"It is too uncertain: {spread}."],
        "undefined": ["Its margin of error is unknown."],
    }.get(str(row["reliability"]), [])
    beside = [f"It is rather uncertain: {spread}."] if row["reliability"] == "medium" else []
    note = str(row["assumption"] or "")
    return against, [*beside, note] if note else beside


def _validated(run: Run, variable: str, share: float) -> tuple[list[str], list[str]]:
    """Say what validation found for groups of this size: what forbids a figure, what goes with it."""
    from fusion_core.validation.internal import FAIR_ERROR, UNUSABLE_ERROR, smallest_share
    from fusion_core.validation.report import has_validation, read_validation

    if not has_validation(run.validation_folder):
        return [], ["The fusion of this variable has not been validated."]
    curves = read_validation(run.validation_folder).curves
    own = curves[(curves["variable"] == variable) & (curves["metric"] == "absolute_percent_error")]
    own = own.dropna(subset=["share", "value"]).sort_values("share")
    if own.empty:
        return [], []
    shares, errors = own["share"].to_numpy(), own["value"].to_numpy()
    size = f"{100 * share:.1f} %"
    unusable = smallest_share(shares, errors, UNUSABLE_ERROR)
    if unusable is None or share < unusable:
        return [
            f"Validation found typical errors above 25 % in groups of {size} of all households."
        ], []
    fair = smallest_share(shares, errors, FAIR_ERROR)
    if fair is None or share < fair:
        return [], [f"Typical errors are above 10 % in groups of {size} of all households."]
    return [], []


def _question(workspace: Workspace, source: Source, statistic: Statistic, place: str) -> str:
    name = _described(workspace, source, statistic.variable)
    limit = f"{statistic.threshold:,g}" if statistic.threshold is not None else ""
    asked = {
        "share": f"what share of households answers “{statistic.level}”",
        "share_above": f"what share of households is above {limit}",
        "share_below": f"what share of households is below {limit}",
        "count": "how many households are there",
        "mean": "what is the mean per household",
        "median": "what has the median household",
        "total": "what do all households have together",
    }.get(statistic.kind, f"what is the {statistic.kind.replace('_', ' ')}")
    if statistic.kind == "count" and statistic.level:
        asked = f"how many households answer “{statistic.level}”"
    if statistic.level == "Yes" and _outcome(source, statistic.variable) is not None:
        number = "how many" if statistic.kind == "count" else "what share of"
        asked = f"of {number} households is this true"
    return f"{name}: {asked}{f' in {place}' if place else ', overall'}?"


def _described(workspace: Workspace, source: Source, variable: str) -> str:
    donors = [run.spec().pair.donor for run in _runs(workspace, source)]
    for survey in (*donors, recipient_of(workspace, source)):
        dictionary: Dictionary = workspace.dictionary(survey)
        if variable in dictionary:
            return dictionary[variable].description or variable
    outcome = _outcome(source, variable)
    return variable if outcome is None else outcome.label or variable


def _outcome(source: Source, variable: str) -> DerivedVariable | None:
    """Return a derived outcome of a run or combination; ``None`` for another variable."""
    if isinstance(source, SurveyId):
        return None
    found = read_outcomes(source.derived_path)
    return next((item for item in found if item.name == variable), None)


def _households(workspace: Workspace, source: Source, among: str, n: int) -> str:
    survey = recipient_of(workspace, source)
    return f"It is based on {n:,} sampled households of {survey.title}{among}."


def _range(row: Mapping[str, Any], statistic: Statistic, confidence: float) -> str:
    if not math.isfinite(row["moe"]):
        return "Its margin of error is unknown."
    low, high = _amount(row["lower"], statistic), _amount(row["upper"], statistic)
    told = f"{100 * confidence:g} % sure it lies between {low} and {high}."
    lowest, highest = (row.get(name, math.nan) for name in FRECHET_COLUMNS)
    if math.isfinite(lowest) and math.isfinite(highest):
        ends = f"{_amount(lowest, statistic)} and {_amount(highest, statistic)}"
        told += (
            f" Whatever the dependence between the donors, it lies between {ends}, apart from that."
        )
    return told


def _rests_on(
    workspace: Workspace, source: Source, statistic: Statistic, row: Mapping[str, Any]
) -> tuple[str, str, str]:
    """Return the three sentences an answer rests on."""
    recipient = recipient_of(workspace, source)
    if isinstance(source, SurveyId) or not row["fusion_share"] > 0:
        design = workspace.describe(recipient).design
        weights = f"{design.replicates} replicate weights" if design.replicates else "a formula"
        return (
            f"These are answers {recipient.title} itself collected, weighted to all households.",
            f"The margin counts that a sample was interviewed, by {weights}.",
            "It does not count wrong answers, nor who could not be reached.",
        )
    runs = _runs(workspace, source)
    asked = [run for run in runs if statistic.variable in _fused(run.spec().fusion_variables)]
    donors = " and ".join(run.spec().pair.donor.title for run in asked or runs)
    done = (
        f"{donors} asked {'this' if asked else 'part of this'}, {recipient.title} did not: every household "
        f"of the latter was given {runs[0].spec().implicates} plausible answers of donors that resemble it."
    )
    return (
        done,
        f"{FUSED_MARGINS} {local_knowledge(workspace, source).in_short}",
        _checked(runs, statistic.variable),
    )


def _checked(runs: Sequence[Run], variable: str) -> str:
    """Say what validation found of a variable."""
    from fusion_core.validation.report import has_validation, read_validation

    verdicts = [
        text
        for run in runs
        if has_validation(run.validation_folder)
        for text in read_validation(run.validation_folder).verdicts
    ]
    own = next((text for text in verdicts if text.partition(":")[0] == variable), "")
    return f"Validation – {own}." if own else "No validation covers this variable."


def _runs(workspace: Workspace, source: Source) -> list[Run]:
    """Return the runs behind a source, none of a survey alone."""
    if isinstance(source, SurveyId):
        return []
    return source.runs(workspace) if isinstance(source, Combination) else [source]


def _fused(items: Sequence[str | tuple[str, ...]]) -> set[str]:
    return {name for item in items for name in ((item,) if isinstance(item, str) else item)}


def _source(workspace: Workspace, source: Source) -> str:
    made = "SYNTHETIC DATA: no figure describes a real place. " if workspace.synthetic else ""
    if isinstance(source, SurveyId):
        return f"{made}{workspace.describe(source).title or source.title}."
    parts = []
    for run in _runs(workspace, source):
        spec = run.spec()
        donor, recipient = (
            workspace.describe(survey).title or survey.title
            for survey in (spec.pair.donor, spec.pair.recipient)
        )
        parts.append(
            f"{donor} fused onto {recipient}; {spec.implicates} implicates, seed {spec.seed}, run "
            f"{run.id}."
        )
    return made + " ".join(parts)


def _with_margin(row: Mapping[Any, Any], statistic: Statistic) -> str:
    """Write an estimate with its margin, in as many digits; that of a share is in points."""
    estimate = float(row["estimate"])
    margin = _amount(row["moe"], statistic, beside=estimate).replace(" %", " points")
    return f"{_amount(estimate, statistic)} ± {margin}"


def _amount(value: float, statistic: Statistic, *, beside: float = 0.0) -> str:
    """Write a number for people: shares in per cent, others with three digits or whole."""
    if not math.isfinite(value):
        return "–"
    if statistic.kind in SHARES:
        return f"{100 * value:.1f} %"
    if max(abs(value), abs(beside)) >= 100 or value == 0:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _whole(share: float) -> str:
    return f"{100 * share:.0f} %" if math.isfinite(share) else "unknown"
