"""Add a table of areas to a workspace as predictors of PUMAs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import InputError
from fusion_core.geography.aggregation import AreaColumn, coverage_sentence, to_pumas
from fusion_core.geography.crosswalks import COUNT
from fusion_core.geography.levels import LEVELS, Level, find_level
from fusion_core.geography.spatial import (
    SpatialTable,
    check_spatial_table,
    spatial_path,
    write_spatial_table,
)
from fusion_core.places.files import inspect_area_table, known_counties, read_area_table
from fusion_core.places.known_areas import find_recipient
from fusion_core.places.recipes import ALWAYS, Recipe, RecipeColumn, check_vintage, find_recipe
from fusion_core.places.requests import AreaRequest, store_made
from fusion_core.places.survey_summaries import summarize_survey
from fusion_core.places.ways import matched, way_to_pumas

if TYPE_CHECKING:
    from fusion_core.workspace.layout import Workspace

_SHOWN: Final = 3


@dataclass(frozen=True)
class TableRequest(AreaRequest):
    """What to add and how.

    Attributes
    ----------
    path
        The file; ``None`` for a recipe that reads the recipient.
    columns
        How columns become predictors; means and modes are weighed by `weight` unless one says
        otherwise.
    """

    path: Path | None = None
    columns: tuple[AreaColumn, ...] = ()


def add_table(
    workspace: Workspace, request: TableRequest, *, may_replace: bool = False
) -> SpatialTable:
    """Make predictors of PUMAs from a table of areas, and store them.

    Raises
    ------
    ConflictError
        If the workspace has a table of this name already.
    InputError
        As `make_table`; nothing is stored then.
    """
    return store_made(
        workspace,
        make_table(workspace, request),
        what="spatial table",
        path=spatial_path,
        write=write_spatial_table,
        may_replace=may_replace,
    )


def make_table(workspace: Workspace, request: TableRequest) -> SpatialTable:
    """Make predictors of PUMAs from a table of areas; nothing is stored.

    Raises
    ------
    InputError
        If the file, a code, a weight or the request is wrong, the areas have no way to PUMAs, or
        the PUMAs are of another census than those of the workspace's surveys.
    """
    recipe = _with_requests(
        find_recipe(request.recipe) if request.recipe else Recipe("", ""), request
    )
    if recipe.level == "recipient":
        return _named(summarize_survey(workspace, find_recipient(workspace, request)), request)
    if request.path is None:
        raise InputError(
            f"The recipe {recipe.name} reads a file and none is given"
            if recipe.name
            else "No file is given",
            fix="Name the file with the table",
        )
    path = Path(request.path)
    recipe, seen = _as_seen(recipe, path, request.encoding)
    _require_vintage(recipe, path.name)
    read = read_area_table(
        path, recipe, encoding=request.encoding, counties=known_counties(workspace)
    )
    level = LEVELS[read.unit.level]
    crosswalk, notes = way_to_pumas(workspace, request, read)
    used, left_over = matched(read, crosswalk, level)
    present = tuple(item for item in recipe.columns if item.rule.source in used.columns)
    rules = [item.rule for item in present]
    frame, coverage = to_pumas(used, crosswalk, rules)
    measure = crosswalk.measures[0]
    if measure == COUNT:
        notes.append("Nothing says how many people live in the areas: each counts the same.")
    absent = [item.rule.source for item in recipe.columns if item not in present]
    if absent:
        notes.append(f"Not in the file and left out: {', '.join(absent)}.")
    if recipe.layout == "from general knowledge":
        notes.append(
            "The recipe follows the published description of the layout; it was not tried on a "
            "published file. Compare a few values."
        )
    table = SpatialTable(
        name=request.name or recipe.name or path.stem,
        title=recipe.title or path.stem,
        data=frame,
        columns={item.rule.name: item.description for item in present},
        units={item.rule.name: item.unit for item in present},
        source=recipe.source or path.name,
        vintage=read.vintage,
        census=crosswalk.target.census,
        made={rule.name: _made(rule, level, measure) for rule in rules},
        coverage=coverage,
        notes=(coverage_sentence(coverage, measure), *seen, *left_over, *read.notes, *notes),
    )
    check_spatial_table(table)
    return table


def _with_requests(recipe: Recipe, request: TableRequest) -> Recipe:
    """Let what the user says come before the recipe."""
    columns = recipe.columns
    if request.columns:
        known = {item.rule.source: item for item in recipe.columns}
        columns = tuple(
            replace(known.get(rule.source, RecipeColumn(rule)), rule=rule)
            for rule in request.columns
        )
    if request.weight:
        columns = tuple(
            item
            if item.rule.weight
            else replace(item, rule=replace(item.rule, weight=request.weight))
            for item in columns
        )
    changes: dict[str, Any] = {
        name: getattr(request, name)
        for name in ("title", "source", "census", "key", "vintage")
        if getattr(request, name)
    }
    if request.level:
        changes["level"] = find_level(request.level).name
        if changes["level"] != recipe.level and "census" not in changes:
            changes["census"] = ""  # what the recipe says is true of its own level
        if changes["level"] != recipe.level and "key" not in changes:
            changes["key"] = ()
    return replace(recipe, columns=columns, **changes)


def _as_seen(recipe: Recipe, path: Path, encoding: str) -> tuple[Recipe, tuple[str, ...]]:
    """Let the file say what its rows are about where nobody does, and which columns it has.

    Raises
    ------
    InputError
        If the file does not tell, or it is not said which columns to use.
    """
    said: tuple[str, ...] = ()
    if not recipe.level or not recipe.columns:
        seen = inspect_area_table(path, encoding=encoding)
        if not recipe.level and seen.level is None:
            raise InputError(
                "The level of the table's areas is not given",
                where=path.name,
                fix=f"Give the level: {', '.join(LEVELS)}",
            )
        if not recipe.level and seen.level is not None:
            recipe = replace(recipe, level=seen.level)
            words = LEVELS[seen.level].words[1]
            said = (f"The rows are read as {words}, by {' and '.join(seen.key)}.",)
        if not recipe.columns:
            raise InputError(
                "No columns are named",
                where=path.name,
                fix="Name those to average (mean), to add up (total) or to take the most frequent "
                f"category of (mode), among: {seen.choice}",
            )
    _require_once(recipe, path)
    return recipe, said


def _require_once(recipe: Recipe, path: Path) -> None:
    names = [item.rule.name for item in recipe.columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"Column '{twice}' is asked for twice", where=path.name, fix="Ask for it once"
        )


def _require_vintage(recipe: Recipe, where: str) -> None:
    if not recipe.vintage and recipe.year:
        return  # the file says which years it holds
    if not recipe.vintage:
        raise InputError(
            "The years the numbers describe are not given",
            where=where,
            fix="Give the vintage: a year, a range such as 2015-2019, or always",
        )
    check_vintage(recipe.vintage, where=where)
    if recipe.year and recipe.vintage == ALWAYS:
        raise InputError(
            f"The file holds several years in its column '{recipe.year}'",
            where=where,
            fix="Give the vintage as a year or a range such as 2015-2019",
        )


def _made(rule: AreaColumn, level: Level, measure: str) -> str:
    words = level.words[1]
    by = rule.weight or {COUNT: "number of areas"}.get(measure, measure)
    if rule.statistic == "total":
        return f"total over {words}, parted by {measure if measure != COUNT else 'number of areas'}"
    if rule.statistic == "ratio":
        return f"total of {rule.source} per total of {rule.per} over {words}"
    if rule.statistic == "mode":
        return f"most frequent category of {words}, weighed by {by}"
    return f"mean over {words}, weighed by {by}"


def _named(table: SpatialTable, request: TableRequest) -> SpatialTable:
    changes = {name: value for name in ("name", "title") if (value := getattr(request, name))}
    named = replace(table, **changes)
    check_spatial_table(named)
    return named


__all__ = ["TableRequest", "add_table", "make_table"]
