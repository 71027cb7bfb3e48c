"""From what a user types to statistics, estimates and their tables; shared by estimate and export."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fusion_core.cli.options import choose_run, split_list
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.records import Checked
from fusion_core.surveys.model import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from fusion_core.estimates import EstimateCache, Method, Statistic
    from fusion_core.estimates.runs import Group, Source
    from fusion_core.estimates.statistics import StatisticKind
    from fusion_core.surveys.model import SurveyDescription
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

NO_GROUPS = "none"


@dataclass(frozen=True, slots=True)
class Wish(Checked):
    """What a user wants to know, as typed.

    Attributes
    ----------
    variables
        Names, or statistics in the short form such as ``share_above:elec_kwh>10000``; empty asks
        for every fused variable.
    statistic
        Kind for plain names; empty takes the mean of numbers and the share of categories.
    level, above, below, quantile, per
        The rest of a statistic: one level, a threshold, a probability, a denominator.
    by
        Columns that form the groups.
    where
        Condition on households.
    within
        Name of a place, such as a state or city, whose households alone count.
    confidence
        Level of the margins of error.
    method
        How margins are computed, one of `fusion_core.estimates.METHODS`.
    condition
        Asks for the share – or the count – of households that meet it.
    expression
        A number of every household, built from variables, to ask for like a variable.
    """

    variables: tuple[str, ...] = ()
    statistic: str = ""
    level: str = ""
    above: float | None = None
    below: float | None = None
    quantile: float | None = None
    per: str = ""
    by: tuple[str, ...] = ("puma",)
    where: str = ""
    within: str = ""
    confidence: float = 0.90
    method: str = "replicates"
    condition: str = ""
    expression: str = ""


def estimates_of(
    workspace: Workspace, source: Source, wish: Wish, cache: EstimateCache | None = None
) -> pd.DataFrame:
    """Estimate what a user wants from a run, several together, or a survey alone.

    Returns
    -------
    pandas.DataFrame
        As `fusion_core.estimates.runs.estimate_run.area_estimates`; with groups by PUMA also their `name`
        where boundaries are known.

    Raises
    ------
    InputError
        If a variable, statistic or column does not exist.
    """
    from fusion_core.estimates import EstimateCache
    from fusion_core.estimates.runs import area_estimates, survey_area_estimates
    from fusion_core.surveys.model import SurveyId

    cache = EstimateCache() if cache is None else cache
    known = known_variables(workspace, source, cache)
    method = read_method(wish.method)
    where = households_of(workspace, source, wish, cache)
    if is_by_shares(workspace, source, wish, cache):
        return _estimates_by_shares(workspace, source, wish, where, cache)
    if isinstance(source, SurveyId):
        if method != "replicates":
            raise InputError(
                f"The method '{method}' is meant for fused variables", fix="Leave --method out"
            )
        statistics = read_statistics(wish, known, default=())
        found = survey_area_estimates(
            workspace,
            source,
            statistics,
            wish.by,
            where,
            confidence=wish.confidence,
            cache=cache,
        )
    else:
        loaded = cache.source(workspace, source)
        fused = () if loaded.implicates is None else loaded.implicates.names
        statistics = read_statistics(wish, known, default=fused)
        found = area_estimates(
            workspace,
            source,
            statistics,
            wish.by,
            where,
            method=method,
            confidence=wish.confidence,
            cache=cache,
        )
    return add_names(workspace, source, found, wish.by)


def is_by_shares(workspace: Workspace, source: Source, wish: Wish, cache: EstimateCache) -> bool:
    """Whether the groups are areas that cut through PUMAs."""
    from fusion_core.estimates.places import are_by_shares

    return len(wish.by) == 1 and are_by_shares(workspace, source, wish.by[0], cache)


def _estimates_by_shares(
    workspace: Workspace, source: Source, wish: Wish, where: str, cache: EstimateCache
) -> pd.DataFrame:
    import pandas as pd

    from fusion_core.estimates.places import estimates_by_shares

    loaded = cache.source(workspace, source)
    fused = () if loaded.implicates is None else loaded.implicates.names
    known = loaded.variables()
    asked = [
        single
        for item in read_statistics(wish, known, default=fused)
        for single in _single_levels(item, known)
    ]
    [kind] = wish.by
    found = pd.concat(
        [
            estimates_by_shares(
                workspace, source, item, kind, where, confidence=wish.confidence, cache=cache
            )
            for item in asked
        ],
        ignore_index=True,
    )
    return add_names(workspace, source, found, wish.by)


def _single_levels(statistic: Statistic, known: Mapping[str, Variable]) -> list[Statistic]:
    """Return a statistic of every level where none is named."""
    levels = known[statistic.variable].levels if statistic.variable in known else ()
    shared = statistic.kind == "share" or (
        statistic.kind == "count" and statistic.threshold is None
    )
    if statistic.level is not None or not levels or not shared:
        return [statistic]
    return [replace(statistic, level=level) for level in levels]


def households_of(workspace: Workspace, source: Source, wish: Wish, cache: EstimateCache) -> str:
    """Return the condition on households: what was typed, within the place that was named.

    Raises
    ------
    InputError
        If no area has the place's name.
    """
    from fusion_core.estimates.places import where_within
    from fusion_core.geography.drawn import can_be_drawn

    if not wish.within.strip():
        return wish.where
    columns = cache.source(workspace, source).table
    known = (name for name in wish.by if name in columns and can_be_drawn(workspace, name))
    kind = next(known, "puma")
    return where_within(
        workspace, source, wish.within, kind=kind, where=wish.where, cache=cache
    ).where


def without_damaged(
    workspace: Workspace, source: Source, wish: Wish, cache: EstimateCache
) -> tuple[Wish, dict[str, str]]:
    """Leave variables whose files are damaged out of a question that asks for every fused one.

    Returns
    -------
    tuple
        The question, with the variables that can be read where some cannot; and what is wrong with
        the others, by name. A question that names what it asks for stays as it is.

    Raises
    ------
    CorruptFileError
        If no variable can be read.
    """
    from fusion_core.surveys.model import SurveyId

    if wish.variables or wish.condition or wish.expression or isinstance(source, SurveyId):
        return wish, {}
    implicates = cache.source(workspace, source).implicates
    if implicates is None:
        return wish, {}
    readable, damaged = [], {}
    for name in implicates.names:
        try:
            _ = implicates[name]
            readable.append(name)
        except CorruptFileError as error:
            damaged[name] = error
    if not damaged:
        return wish, {}
    if not readable:
        raise next(iter(damaged.values()))
    found = {name: error.message for name, error in damaged.items()}
    return replace(wish, variables=tuple(readable)), found


def chosen_source(workspace: Workspace, text: str) -> Source:
    """Return the survey of this name, such as ``ACS_2019``, the combination, or else the run meant.

    Raises
    ------
    InputError
        If there is none of them.
    """
    known = {str(survey): survey for survey in workspace.survey_ids()}
    return known[text] if text in known else chosen_fusion(workspace, text)


def chosen_fusion(workspace: Workspace, text: str) -> Run | Combination:
    """Return the combination of this name, or else the run that is meant.

    Raises
    ------
    InputError
        If there is neither.
    """
    from fusion_core.workspace.combinations import combination_names, open_combination

    if text in combination_names(workspace):
        return open_combination(workspace, text)
    return choose_run(workspace, text)


def known_variables(
    workspace: Workspace, source: Source, cache: EstimateCache
) -> Mapping[str, Variable]:
    """Return what can be estimated, or name a group, in a run or survey."""
    return cache.source(workspace, source).variables()


def read_group(text: str, known: Mapping[str, Variable]) -> Group:
    """Read a group: ``COLUMN=VALUE`` where there is such a column, else a condition.

    Parameters
    ----------
    text
        What was typed.
    known
        Columns of the source.
    """
    name, mark, value = (part.strip() for part in text.partition("="))
    plain = mark and name in known and not any(sign in value for sign in "'\"=<>")
    return {name: value} if plain else text


def read_method(text: str) -> Method:
    """Read how margins are computed.

    Raises
    ------
    InputError
        If there is no such method.
    """
    from fusion_core.estimates import METHODS

    for method in METHODS:
        if method == text:
            return method
    raise InputError.unknown("method", text, METHODS)


def read_statistics(
    wish: Wish, known: Mapping[str, Variable], *, default: Sequence[str]
) -> list[Statistic]:
    """Turn names and options into statistics.

    Raises
    ------
    InputError
        If nothing is named, a variable does not exist, or the parts do not fit together.
    """
    from fusion_core.estimates import Statistic

    built = _built(wish)
    names = wish.variables or (() if built else tuple(default))
    if not names and not built:
        raise InputError(
            "No variable is named", fix="Name one with --variable, such as --variable hincp"
        )
    found = built
    for name in names:
        if ":" in name:
            found.append(Statistic.parse(name))
            continue
        if name not in known:
            raise InputError.unknown("variable", name, known)
        found.append(
            Statistic(
                _kind(wish, known[name]),
                name,
                level=wish.level or None,
                threshold=_threshold(wish),
                denominator=wish.per or None,
                probability=wish.quantile,
            )
        )
    return found


def _built(wish: Wish) -> list[Statistic]:
    """Return what is asked of conditions and expressions that were typed."""
    from fusion_core.estimates import Statistic

    found = []
    if wish.condition.strip():
        kind = wish.statistic or "share"
        if kind not in {"share", "count"}:
            raise InputError(
                f"A condition has no {kind.replace('_', ' ')}",
                where="--condition",
                fix="Ask for the share or the count of households that meet it",
            )
        yes = wish.level or "Yes"
        condition = wish.condition.strip()
        found.append(Statistic("count" if kind == "count" else "share", condition, level=yes))
    if wish.expression.strip():
        number = Variable(wish.expression.strip(), type="continuous")
        found.append(
            Statistic(
                _kind(wish, number),
                number.name,
                threshold=_threshold(wish),
                denominator=wish.per or None,
                probability=wish.quantile,
            )
        )
    return found


def _threshold(wish: Wish) -> float | None:
    """Return the number that households are to be above or below of."""
    both = wish.above is not None and wish.below is not None
    if both or (wish.above is not None and wish.statistic == "share_below"):
        raise InputError(
            "A share is either above or below a number", fix="Give one of --above and --below"
        )
    if wish.below is not None and wish.statistic not in {"", "share_below"}:
        raise InputError(
            f"A {wish.statistic.replace('_', ' ')} has no number to be below of",
            fix="Leave --below or --statistic out",
        )
    return wish.above if wish.below is None else wish.below


def read_by(values: Sequence[str] | None) -> tuple[str, ...]:
    """Read the columns that form groups; ``none`` asks for one figure for everything."""
    names = tuple(split_list(values)) or ("puma",)
    return () if names == (NO_GROUPS,) else names


def _kind(wish: Wish, variable: Variable) -> StatisticKind:
    from fusion_core.estimates.statistics import KINDS

    if wish.statistic:
        if wish.statistic not in KINDS:
            raise InputError.unknown("statistic", wish.statistic, KINDS)
        kinds: dict[str, StatisticKind] = {kind: kind for kind in KINDS}
        return kinds[wish.statistic]
    if wish.above is not None:
        return "share_above"
    if wish.below is not None:
        return "share_below"
    if wish.quantile is not None:
        return "quantile"
    if wish.per:
        return "ratio"
    return "share" if variable.is_categorical else "mean"


def area_notes(
    workspace: Workspace, source: Source, found: pd.DataFrame, by: Sequence[str]
) -> list[str]:
    """Say which of the estimated areas boundaries lack, and which definitions do not fit.

    Parameters
    ----------
    workspace, source
        Where the estimates are from.
    found
        Estimates by area.
    by
        Columns they are grouped by.
    """
    from fusion_core.geography.definitions import check_definitions, without_boundaries
    from fusion_core.geography.drawn import can_be_drawn, drawn_areas

    if len(by) != 1:
        return []
    try:
        unknown = check_definitions(workspace, _described(workspace, source), by[0])
    except InputError as error:
        return [error.message]
    if not can_be_drawn(workspace, by[0]):
        return []
    lacking = without_boundaries(found[by[0]], drawn_areas(workspace, by[0]), by[0])
    return [note for note in (unknown, lacking) if note]


def _described(workspace: Workspace, source: Source) -> SurveyDescription:
    from fusion_core.estimates.runs import recipient_of

    return workspace.describe(recipient_of(workspace, source))


def area_names(workspace: Workspace, source: Source, kind: str) -> dict[str, str]:
    """Return the names of areas by their codes as the survey writes them; none where unknown.

    Parameters
    ----------
    workspace, source
        Where the areas are.
    kind
        The column that says them.
    """
    import pandas as pd

    from fusion_core.geography.drawn import can_be_drawn

    if not kind or not can_be_drawn(workspace, kind):
        return {}
    from fusion_core.geography.drawn import drawn_areas

    codes = pd.DataFrame({kind: drawn_areas(workspace, kind)["area_id"].astype(str)})
    named = add_names(workspace, source, codes, (kind,))
    return dict(zip(named[kind], named["name"], strict=True)) if "name" in named else {}


def add_names(
    workspace: Workspace, source: Source, found: pd.DataFrame, by: Sequence[str]
) -> pd.DataFrame:
    """Put the names of areas beside their codes where exactly one column is a kind of area.

    Boundaries of another census have other names for the same codes: these are left out.
    """
    from fusion_core.geography.codes import match_areas
    from fusion_core.geography.definitions import check_definitions
    from fusion_core.geography.drawn import can_be_drawn, drawn_areas

    if len(by) != 1 or not can_be_drawn(workspace, by[0]):
        return found
    try:
        check_definitions(workspace, _described(workspace, source), by[0])
    except InputError:
        return found  # `area_notes` says why
    areas = drawn_areas(workspace, by[0])
    stored = found[by[0]].astype(str)
    codes = stored.map(match_areas(stored, areas))
    names: Any = codes.map(areas.set_index("area_id")["name"]).astype(object)
    found.insert(1, "name", names.fillna(""))
    return found
