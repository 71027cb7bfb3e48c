"""What a visitor of the Explore page is looking at: one frozen value, and pure functions on it.

The whole view – source, statistic, subgroup, classes, chosen areas – is this value, so it can be
written into the page's address, sent to a colleague and read back.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from fusion_core.errors import InputError
from fusion_core.estimates.statistics import THRESHOLD_SHARES, Statistic, StatisticKind
from fusion_core.surveys.model import Variable
from harmony_app.explore.view.classes import ClassMethod

Measure = Literal["estimate", "moe", "cv", "table", "difference", "uncalibrated", "moved"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
TABLE_MEASURES: Final[tuple[Measure, ...]] = ("table", "difference")
"""What is coloured of an independent table: its values, and what estimates differ by from them."""
CALIBRATION_MEASURES: Final[tuple[Measure, ...]] = ("uncalibrated", "moved")
"""What is coloured of estimates before calibration: themselves, and how far they moved."""
CentreView = Literal["map", "donor", "years", "table", "about"]
CENTRE_VIEWS: Final[tuple[CentreView, ...]] = get_args(CentreView)

NUMBER_KINDS: Final[dict[str, StatisticKind]] = {
    "mean": "mean",
    "median": "median",
    "total": "total",
    "share of households above …": "share_above",
    "share of households below …": "share_below",
    "quantile": "quantile",
    "ratio to another variable": "ratio",
    "inequality (Gini coefficient)": "gini",
}
CATEGORY_KINDS: Final[dict[str, StatisticKind]] = {
    "share of households": "share",
    "number of households": "count",
}
SECOND_KINDS: Final[dict[str, StatisticKind]] = {
    title: kind for title, kind in NUMBER_KINDS.items() if kind not in {"quantile", "ratio", "gini"}
}
TWO_WAY_CLASSES: Final = 3
FEWEST_CLASSES: Final = 2
MOST_CLASSES: Final = 9
MOST_AREAS: Final = 2
ALL_AREAS: Final = "all"
SMALL_KINDS: Final = ("tract", "block_group")
"""Areas smaller than those the recipient names, known by an allocation of its households."""
OWN_PLACES: Final = "places:"
"""What the kind of places of one's own begins with; their name follows."""
_AFFIRMATIVE: Final = ("yes", "true")


@dataclass(frozen=True, slots=True)
class HatchRule:
    """When an estimate counts as too uncertain and its area is hatched.

    Attributes
    ----------
    measure
        ``cv`` (margin relative to the estimate), ``moe`` (points of a share) or ``never``.
    limit
        Largest value that is not hatched: a coefficient of variation, or a MOE as a share.
    """

    measure: Literal["cv", "moe", "never"] = "cv"
    limit: float = 0.40

    def __str__(self) -> str:
        return "never" if self.measure == "never" else f"{self.measure}:{self.limit:g}"

    @classmethod
    def parse(cls, text: str) -> HatchRule:
        """Read the form used in addresses, ``cv:0.4``; anything else is the default rule."""
        measure, _, limit = text.partition(":")
        if measure == "never":
            return cls("never", math.inf)
        try:
            value = float(limit)
        except ValueError:
            return cls()
        if not (math.isfinite(value) and value > 0):
            return cls()
        return cls("moe" if measure == "moe" else "cv", value)


@dataclass(frozen=True, slots=True)
class ExploreState:
    """One view of the Explore page.

    Attributes
    ----------
    source
        Identifier of a finished run, or ``survey:NAME_VINTAGE`` for a survey without fusion.
    variable
        Variable the map shows.
    kind, level, threshold, denominator, probability
        The statistic; see `fusion_core.estimates.statistics.statistic.Statistic`.
    group_variable, group_levels
        Subgroup builder: households whose answer is one of the levels.
    where
        Subgroup as an expression; both conditions must hold.
    within
        Name of a place – a state, county or city – whose areas alone are shown; empty for all.
    second
        A second statistic, mapped together with the first; ``None`` for one variable.
    area_kind
        Kind of area.
    table
        Name of an independent table that estimates are compared with; empty for none.
    totals
        Name of known totals that estimates are calibrated to; empty for none.
    measure
        What is coloured: the estimate, its margin of error or its coefficient of variation; or the
        independent table's value, or the difference from it; or the estimate before calibration, or
        how far it moved.
    class_method, classes, breaks
        How values are put into classes; `breaks` are used by the manual method.
    hatch
        When an estimate is too uncertain.
    areas
        Chosen areas, at most two: the one in detail and the one it is compared with.
    against
        What a single chosen area is compared with: `ALL_AREAS`, another source, or nothing.
    breakdown
        Variable the chosen area is broken down by; empty for none.
    view
        What the middle of the page shows.
    merge
        Whether tracts and block groups are merged with neighbours until none is hatched.
    smooth
        Whether direct estimates borrow strength from each other (Fay–Herriot).
    """

    source: str = ""
    variable: str = ""
    kind: StatisticKind = "mean"
    level: str | None = None
    threshold: float | None = None
    denominator: str | None = None
    probability: float | None = None
    group_variable: str = ""
    group_levels: tuple[str, ...] = ()
    where: str = ""
    within: str = ""
    second: Statistic | None = None
    area_kind: str = "puma"
    table: str = ""
    totals: str = ""
    measure: Measure = "estimate"
    class_method: ClassMethod = "quantile"
    classes: int = 5
    breaks: tuple[float, ...] = ()
    hatch: HatchRule = dataclasses.field(default_factory=HatchRule)
    areas: tuple[str, ...] = ()
    against: str = ""
    breakdown: str = ""
    view: CentreView = "map"
    merge: bool = False
    smooth: bool = False


@dataclass(frozen=True, slots=True)
class EstimateRequest:
    """The part of a view that decides which numbers are computed; a key for caches.

    Attributes
    ----------
    source
        As in `ExploreState`.
    statistic
        The statistic.
    where
        Subgroup as one expression; empty for all households.
    area_kind
        Kind of area.
    second
        A statistic to map together with the first.
    within
        Name of the place whose areas alone are asked for.
    merge
        Limit until which small areas are merged, and whether it is a coefficient of variation; ``None``
        merges none.
    table
        Name of the independent table to compare with.
    smooth
        Whether direct estimates borrow strength from each other.
    totals
        Name of the known totals to calibrate to.
    """

    source: str
    statistic: Statistic
    where: str
    area_kind: str
    second: Statistic | None = None
    within: str = ""
    merge: tuple[float, bool] | None = None
    table: str = ""
    smooth: bool = False
    totals: str = ""


def is_small(kind: str) -> bool:
    """Whether areas are made of those that households are allocated to."""
    return kind in SMALL_KINDS or kind.startswith(OWN_PLACES)


def estimate_request(state: ExploreState) -> EstimateRequest:
    """Return what must be computed for a view.

    Raises
    ------
    InputError
        If the statistic is incomplete, such as a share above or below no threshold.
    """
    statistic = Statistic(
        state.kind,
        state.variable,
        level=state.level,
        threshold=state.threshold,
        denominator=state.denominator,
        probability=state.probability,
    )
    return EstimateRequest(
        source=state.source,
        statistic=statistic,
        where=subgroup_expression(state),
        area_kind=state.area_kind,
        second=state.second,
        within=state.within.strip(),
        merge=(state.hatch.limit, state.hatch.measure == "cv") if merges(state) else None,
        table=state.table,
        smooth=state.smooth,
        totals=state.totals,
    )


def choose_totals(state: ExploreState, totals: str) -> ExploreState:
    """Calibrate the estimates of all households by PUMA to known totals; an empty name to none.

    Parameters
    ----------
    state
        Any view.
    totals
        Name of the known totals.
    """
    if not totals:
        measure = "estimate" if state.measure in CALIBRATION_MEASURES else state.measure
        return dataclasses.replace(state, totals="", measure=measure)
    plain = choose_table(state, "", state.area_kind)
    areas = state.areas if state.area_kind == "puma" else ()
    return dataclasses.replace(plain, totals=totals, area_kind="puma", areas=areas, second=None)


def can_be_calibrated(state: ExploreState) -> bool:
    """Whether a view is of what totals are known of: all households, by PUMA, one variable."""
    everybody = not subgroup_expression(state)
    return everybody and state.area_kind == "puma" and state.second is None and not state.table


def choose_table(state: ExploreState, table: str, area_kind: str) -> ExploreState:
    """Compare with an independent table, by its kind of areas; an empty name with none.

    Parameters
    ----------
    state
        Any view.
    table
        Name of the table.
    area_kind
        Kind of its areas.
    """
    if not table:
        measure = "estimate" if state.measure in TABLE_MEASURES else state.measure
        return dataclasses.replace(state, table="", measure=measure)
    areas = state.areas if area_kind == state.area_kind else ()
    return dataclasses.replace(
        state, table=table, area_kind=area_kind, areas=areas, measure="difference", second=None
    )


def show_statistic(state: ExploreState, statistic: Statistic) -> ExploreState:
    """Show a statistic as it stands."""
    return dataclasses.replace(
        state,
        variable=statistic.variable,
        kind=statistic.kind,
        level=statistic.level,
        threshold=statistic.threshold,
        denominator=statistic.denominator,
        probability=statistic.probability,
    )


def merges(state: ExploreState) -> bool:
    """Whether a view merges small areas: where there are any, by a rule that hatches some."""
    return state.merge and state.area_kind in SMALL_KINDS and state.hatch.measure != "never"


def subgroup_expression(state: ExploreState) -> str:
    """Return the subgroup as one expression, combining the builder and the typed one."""
    parts = []
    if state.group_variable and state.group_levels:
        levels = ", ".join(_quoted(level) for level in state.group_levels)
        parts.append(f"{_column(state.group_variable)} IN ({levels})")
    if state.where.strip():
        parts.append(f"({state.where.strip()})" if parts else state.where.strip())
    return " AND ".join(parts)


def choose_source(state: ExploreState, source: str, variables: Sequence[Variable]) -> ExploreState:
    """Switch to another source, keeping the variable and the subgroup where it has them."""
    moved = dataclasses.replace(state, source=source)
    kept = next((item for item in variables if item.name == state.variable), None)
    if kept is not None and _fits(state, kept):
        return moved
    chosen = kept or (variables[0] if variables else None)
    if chosen is None:
        return dataclasses.replace(moved, variable="")
    return choose_variable(moved, chosen)


def choose_variable(state: ExploreState, variable: Variable) -> ExploreState:
    """Show another variable with its most natural statistic; breaks of the old one are dropped."""
    kind: StatisticKind = "share" if variable.is_categorical else "mean"
    return dataclasses.replace(
        choose_kind(state, kind, variable),
        variable=variable.name,
        class_method="quantile" if state.class_method == "manual" else state.class_method,
        breaks=(),
    )


def choose_kind(state: ExploreState, kind: StatisticKind, variable: Variable) -> ExploreState:
    """Show another statistic of a variable, with sensible values for what it needs."""
    level = threshold = denominator = probability = None
    if kind in {"share", "count"}:
        level = state.level if state.level in variable.levels else default_level(variable)
    elif kind in THRESHOLD_SHARES:
        threshold = state.threshold if state.threshold is not None else _typical(variable)
    elif kind == "quantile":
        probability = state.probability or 0.9
    elif kind == "ratio":
        denominator = state.denominator
    return dataclasses.replace(
        state,
        kind=kind,
        level=level,
        threshold=threshold,
        denominator=denominator,
        probability=probability,
        class_method="quantile" if state.class_method == "manual" else state.class_method,
        breaks=(),
    )


def natural_statistic(variable: Variable) -> Statistic:
    """Return what most people ask of a variable first: a share of a category, a mean of a number."""
    if variable.is_categorical:
        return Statistic("share", variable.name, level=default_level(variable))
    return Statistic("mean", variable.name)


def second_statistic(
    kind: StatisticKind, variable: Variable, before: Statistic | None = None
) -> Statistic:
    """Return a statistic of a second variable, keeping the level or threshold it had.

    Parameters
    ----------
    kind
        One of `SECOND_KINDS` for a number; a category has its share.
    variable
        The second variable.
    before
        What was asked of it before.
    """
    if variable.is_categorical or kind not in SECOND_KINDS.values():
        return natural_statistic(variable)
    threshold = None
    if kind in THRESHOLD_SHARES:
        known = None if before is None else before.threshold
        threshold = _typical(variable) if known is None else known
    return Statistic(kind, variable.name, threshold=threshold)


def default_level(variable: Variable) -> str | None:
    """Return the level most people ask for first: "Yes" where there is one, else the first."""
    affirmative = [item for item in variable.levels if item.lower().startswith(_AFFIRMATIVE)]
    return next(iter([*affirmative, *variable.levels]), None)


def toggle_area(state: ExploreState, area: str, *, compare: bool = False) -> ExploreState:
    """Choose an area, or – when comparing – add it beside the one already chosen.

    Choosing an area that is chosen already lets it go.
    """
    if area in state.areas:
        return dataclasses.replace(state, areas=tuple(item for item in state.areas if item != area))
    kept = state.areas[:1] if compare else ()
    return dataclasses.replace(state, areas=(*kept, area)[-MOST_AREAS:])


def repair(
    state: ExploreState, variables: Mapping[str, Variable], columns: Mapping[str, Variable]
) -> ExploreState:
    """Make a view read from an old or edited address fit what exists now.

    Parameters
    ----------
    state
        Any view.
    variables
        Variables the source can show.
    columns
        Variables a subgroup may use.
    """
    if state.variable not in variables:
        if not variables:
            return dataclasses.replace(state, variable="")
        state = choose_variable(state, next(iter(variables.values())))
    variable = variables[state.variable]
    if not _fits(state, variable):
        state = choose_variable(state, variable)
    if state.kind == "ratio" and state.denominator not in columns:
        state = dataclasses.replace(state, denominator=None)
    if state.group_variable and state.group_variable not in columns:
        state = dataclasses.replace(state, group_variable="", group_levels=())
    if state.group_variable:
        known = columns[state.group_variable].levels
        levels = tuple(level for level in state.group_levels if level in known)
        state = dataclasses.replace(state, group_levels=levels)
    if state.second is not None and not _is_of(state.second, variables):
        state = dataclasses.replace(state, second=None)
    if state.breakdown not in columns:
        state = dataclasses.replace(state, breakdown="")
    return _repair_beside(state)


def _repair_beside(state: ExploreState) -> ExploreState:
    """Show nothing beside estimates that is not there: a table, or what was before calibration."""
    if state.totals and not can_be_calibrated(state):
        state = choose_totals(state, "")
    of_table = state.measure in TABLE_MEASURES and not state.table
    of_totals = state.measure in CALIBRATION_MEASURES and not state.totals
    return dataclasses.replace(state, measure="estimate") if of_table or of_totals else state


def _is_of(second: Statistic, variables: Mapping[str, Variable]) -> bool:
    """Whether a second statistic can be computed of what there is."""
    variable = variables.get(second.variable)
    if variable is None:
        return False
    if variable.is_categorical:
        return second.kind == "share" and second.level in variable.levels
    return second.kind in SECOND_KINDS.values() and second.level is None


def _fits(state: ExploreState, variable: Variable) -> bool:
    """Whether a view's statistic can be computed of a variable."""
    if variable.is_categorical:
        return state.kind in CATEGORY_KINDS.values() and state.level in variable.levels
    if state.kind not in NUMBER_KINDS.values() or state.level is not None:
        return False
    try:
        Statistic(
            state.kind,
            variable.name,
            threshold=state.threshold,
            denominator=state.denominator,
            probability=state.probability,
        )
    except InputError:
        return state.kind == "ratio" and state.denominator is None
    return True


def _typical(variable: Variable) -> float:
    value = variable.median if variable.median is not None else (variable.mean or 0.0)
    return float(f"{value:.2g}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _column(name: str) -> str:
    return name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
