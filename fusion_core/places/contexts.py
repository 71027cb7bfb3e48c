"""Add a local context to a workspace: a donor's published classes met with a table of small areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.frames import level_text
from fusion_core.geography.aggregation import AreaColumn
from fusion_core.geography.crosswalks import SOURCE, TARGET, normalized, require_measure
from fusion_core.geography.levels import LEVELS, find_level
from fusion_core.geography.local_context import (
    LEVEL,
    ContextClass,
    LocalContext,
    check_context,
    classify,
    context_path,
    write_context,
)
from fusion_core.ingest.generic import load_table
from fusion_core.ingest.tables import Layout
from fusion_core.places.context_recipes import (
    LOCAL_DENSITY,
    ContextRecipe,
    PublishedClass,
    find_context_recipe,
)
from fusion_core.places.files import read_area_table
from fusion_core.places.local_density import local_density
from fusion_core.places.recipes import Recipe, RecipeColumn, check_vintage
from fusion_core.places.requests import AreaRequest, store_made
from fusion_core.places.ways import matched, way_to_pumas
from fusion_core.surveys.model import WEIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fusion_core.geography.crosswalks import Crosswalk
    from fusion_core.places.files import AreaTable
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace

_MEASURES: Final = ("population", "housing")
_COORDINATES: Final = {
    "latitude": ("lat", "latitude", "intptlat"),
    "longitude": ("lon", "long", "lng", "longitude", "intptlon", "intptlong"),
}
_LARGEST_UNKNOWN: Final = 0.005


@dataclass(frozen=True)
class ContextRequest(AreaRequest):
    """What to add and how; a table that names the PUMA of each area needs no crosswalk.

    Attributes
    ----------
    path
        Table of block groups, or of other small areas.
    donor
        Survey that publishes the classes.
    variable
        The donor's column.
    measure
        Column of the table, or ``"local density"``, which is computed from centres and population.
    cuts
        Where one class ends and the next begins, rising; none where the table names the classes
        itself, as the donor writes them.
    by, by_columns
        Harmonized predictor whose groups live in different block groups, and the column of the
        table that counts the households of each group, by its number.
    other
        The donor's answer for areas the table gives another name than the donor ever does, or none:
        small metropolitan areas whose names are withheld.
    places
        Whether the classes are names of places, such as metropolitan areas, which do not rise.
    unit
        Unit of the measure, in words for people.
    """

    path: Path
    donor: SurveyId
    variable: str = ""
    measure: str = ""
    cuts: tuple[float, ...] = ()
    by: str = ""
    by_columns: Mapping[str, str] = field(default_factory=dict)
    other: str = ""
    places: bool = False
    unit: str = ""
    level: str = field(default="block_group", kw_only=True)


def add_context(
    workspace: Workspace, request: ContextRequest, *, may_replace: bool = False
) -> LocalContext:
    """Make a local context from a table of small areas, and store it.

    Raises
    ------
    ConflictError
        If the workspace has a context of this name already.
    InputError
        As `make_context`; nothing is stored then.
    """
    return store_made(
        workspace,
        make_context(workspace, request),
        what="local context",
        path=context_path,
        write=write_context,
        may_replace=may_replace,
    )


def make_context(workspace: Workspace, request: ContextRequest) -> LocalContext:
    """Make a local context from a table of small areas; nothing is stored.

    Raises
    ------
    InputError
        If the donor lacks the variable or its classes are others, the file, a code or a count is
        wrong, or the areas have no way to PUMAs.
    """
    recipe = _asked(request)
    recipe = replace(recipe, variable=_stored(workspace, request.donor, recipe.variable))
    published = _published(workspace, request.donor, recipe.variable)
    classes = _classes(published, recipe, request)
    if request.vintage:
        check_vintage(request.vintage, where=str(request.path))
    centres = _centres(request) if recipe.measure == LOCAL_DENSITY else ()
    read = _read(request, recipe, centres)
    crosswalk, notes = way_to_pumas(workspace, _leading(request), read)
    level = LEVELS[read.unit.level]
    used, left_over = matched(read, crosswalk, level)
    codes = _codes(_measured(used, recipe, centres), classes, other=request.other)
    counted, weight = _counted(used, crosswalk, recipe.weight, request.by_columns)
    pieces = crosswalk.pieces
    code = np.append(codes, -1)[used.index.get_indexer(pd.Index(pieces[SOURCE]))]
    context = LocalContext(
        name=request.name or recipe.variable.lower(),
        title=request.title or recipe.title,
        donor=request.donor,
        variable=recipe.variable,
        classes=classes,
        mix=_mix(counted, code, pieces[TARGET], classes),
        weight=weight,
        by=request.by,
        areas=recipe.areas or level.words[1],
        unit=request.unit or recipe.unit,
        source=request.source or recipe.source or request.path.name,
        vintage=request.vintage,
        census=crosswalk.target.census,
        ordered=not request.places,
        notes=(*_coverage(counted, code >= 0, level.words[1]), *left_over, *read.notes, *notes),
    )
    check_context(context)
    return _with_agreement(context, published)


def _asked(request: ContextRequest) -> ContextRecipe:
    """Let what the user says come before the recipe."""
    found = find_context_recipe(request.recipe) if request.recipe else None
    variable = request.variable or (found.variable if found else "")
    measure = request.measure or (found.measure if found else "")
    for what, text in (("donor's variable", variable), ("measure", measure)):
        if not text:
            raise InputError(
                f"It is not said which {what} the local context is about",
                where=str(request.path),
                fix="Name the donor's column and the column of the table, or a recipe",
            )
    if bool(request.by) != bool(request.by_columns):
        raise InputError(
            "A mix that depends on a predictor needs the predictor and a column per level",
            where=str(request.path),
            fix="Give both, or neither",
        )
    if list(request.cuts) != sorted(set(request.cuts)):
        raise InputError(
            "The cut points are not in increasing order", fix="Give them from the lowest up"
        )
    return ContextRecipe(
        name=found.name if found else "",
        title=found.title if found else measure,
        variable=variable,
        measure=measure,
        classes=() if request.cuts or found is None else found.classes,
        unit=found.unit if found else "",
        areas="" if found is None or request.level != "block_group" else found.areas,
        weight=request.weight or (found.weight if found else ""),
        source=found.source if found else "",
    )


def _stored(workspace: Workspace, donor: SurveyId, variable: str) -> str:
    """Return the name of the donor's column, which readers may store in small letters.

    Raises
    ------
    InputError
        If the donor has no such column of households.
    """
    known = [str(name) for name in workspace.stored_survey(donor).column_names("household")]
    alike = [name for name in known if name.lower() == variable.lower()]
    if variable not in known and len(alike) != 1:
        raise InputError.unknown("column", variable, known, where=donor.title)
    return variable if variable in known else alike[0]


def _published(workspace: Workspace, donor: SurveyId, variable: str) -> pd.DataFrame:
    """Return the donor's column, as texts in questionnaire order, and its weights."""
    survey = workspace.survey(donor, household_columns=[variable, WEIGHT], person_columns=[])
    table = survey.table("household")
    column = table[variable]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.map(level_text, na_action="ignore").astype("category")
    return pd.DataFrame({"level": column, WEIGHT: table[WEIGHT].to_numpy(float)})


def _classes(
    published: pd.DataFrame, recipe: ContextRecipe, request: ContextRequest
) -> tuple[ContextClass, ...]:
    """Return the classes as the donor writes them, in rising order."""
    levels = [level_text(level) for level in published["level"].cat.categories]
    where = f"{request.donor.title}, '{recipe.variable}'"
    shown = ", ".join(levels[:12])
    if recipe.classes:
        found = [_as_written(item, levels) for item in recipe.classes]
        if not any(item.level in levels for item in found):
            raise InputError(
                f"None of the classes of the recipe {recipe.name} is among the donor's answers",
                where=f"{where}: {shown}",
                fix="Give the cut points of its own classes",
            )
        return tuple(found)
    answers = _in_order(levels)
    if not request.cuts:
        return tuple(ContextClass(level) for level in answers)
    if len(answers) != len(request.cuts) + 1:
        raise InputError(
            f"{len(request.cuts)} cut points make {len(request.cuts) + 1} classes and the donor has "
            f"{len(answers)}",
            where=f"{where}: {', '.join(answers)}",
            fix="Give one cut point fewer than there are classes",
        )
    bounds = [None, *request.cuts, None]
    return tuple(
        ContextClass(level, lower, upper)
        for level, lower, upper in zip(answers, bounds[:-1], bounds[1:], strict=True)
    )


def _as_written(item: PublishedClass, levels: Sequence[str]) -> ContextClass:
    spelling = next((level for level in item.levels if level in levels), item.levels[0])
    return ContextClass(spelling, item.lower, item.upper)


def _in_order(levels: Sequence[str]) -> list[str]:
    """Return answers in rising order; codes below zero say that there is none."""
    numbers = {level: _number(level) for level in levels}
    answers = [level for level in levels if not (numbers[level] or 0.0) < 0]
    if all(numbers[level] is not None for level in answers):
        answers.sort(key=lambda level: numbers[level] or 0.0)
    return answers


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read(request: ContextRequest, recipe: ContextRecipe, centres: tuple[str, ...]) -> AreaTable:
    """Read the columns that measure, weigh and count."""
    columns = list(request.by_columns.values())
    if recipe.weight not in ("", *_MEASURES):
        columns.append(recipe.weight)
    columns += centres
    rules = [AreaColumn(name, name) for name in dict.fromkeys(columns)]
    if not centres:
        how = "mean" if _has_bounds(recipe, request) else "mode"
        rules.append(AreaColumn(recipe.measure, recipe.measure, how))  # type: ignore[arg-type]
    asked = Recipe(
        "",
        "",
        level=find_level(request.level).name,
        census=request.census,
        key=request.key,
        vintage=request.vintage or "always",
        columns=tuple(RecipeColumn(rule) for rule in rules),
    )
    return read_area_table(request.path, asked, encoding=request.encoding)


def _has_bounds(recipe: ContextRecipe, request: ContextRequest) -> bool:
    return bool(request.cuts) or any(
        item.lower is not None or item.upper is not None for item in recipe.classes
    )


def _centres(request: ContextRequest) -> tuple[str, ...]:
    """Return the columns with latitude, longitude and population of a file of centres."""
    names = [
        str(name)
        for name in load_table(request.path, layout=Layout(request.encoding)).raw.frame.columns
    ]
    found = []
    for what, spellings in _COORDINATES.items():
        column = next((name for name in names if name.lower() in spellings), None)
        if column is None:
            raise InputError(
                f"No column holds the {what} of the areas' centres",
                where=f"{request.path.name}: {', '.join(names[:12])}",
                fix=f"Name it {spellings[1]}",
            )
        found.append(column)
    people = next((name for name in names if _is_population(name)), None)
    if people is None:
        raise InputError(
            "No column holds the population of the areas",
            where=f"{request.path.name}: {', '.join(names[:12])}",
            fix="Name it population",
        )
    return (*found, people)


def _is_population(name: str) -> bool:
    return name.lower().rstrip("0123456789_") in ("pop", "population", "totpop")


def _leading(request: ContextRequest) -> ContextRequest:
    """Let a table that names the PUMA of each area be its own crosswalk."""
    return request if request.crosswalks else replace(request, crosswalks=(request.path,))


def _measured(
    used: pd.DataFrame, recipe: ContextRecipe, centres: tuple[str, ...]
) -> pd.Series[Any]:
    """Return what each area measures: a column of the table, or the density around its centre."""
    if not centres:
        return used[recipe.measure]
    latitude, longitude, people = (used[name].to_numpy(float) for name in centres)
    return pd.Series(local_density(latitude, longitude, people), index=used.index)


def _codes(
    column: pd.Series[Any], classes: tuple[ContextClass, ...], *, other: str
) -> NDArray[np.intp]:
    """Return the class of each area, −1 where it has none."""
    if pd.api.types.is_numeric_dtype(column):
        return classify(column.to_numpy(float), classes)
    places = pd.Index([item.level for item in classes])
    codes = places.get_indexer(pd.Index(column.astype(object)))
    if other:
        if other not in places:
            raise InputError.unknown("answer of the donor", other, places)
        codes = np.where(codes < 0, list(places).index(other), codes)
    return np.asarray(codes, dtype=np.intp)


def _counted(
    used: pd.DataFrame, crosswalk: Crosswalk, weight: str, by_columns: Mapping[str, str]
) -> tuple[dict[str, NDArray[np.float64]], str]:
    """Return who lives in each piece, by level of the predictor, and what that counts."""
    measure = require_measure(crosswalk, weight if weight in _MEASURES else "")
    rows = used.index.get_indexer(pd.Index(crosswalk.pieces[SOURCE]))
    size = crosswalk.pieces[measure].to_numpy(float)
    if not by_columns and weight in ("", *_MEASURES):
        return {"": size}, measure
    part = normalized(size, crosswalk.pieces[SOURCE])
    columns = by_columns or {"": weight}
    counted = {
        level: np.nan_to_num(np.append(used[name].to_numpy(float), 0.0)[rows] * part)
        for level, name in columns.items()
    }
    return counted, ", ".join(columns.values())


def _mix(
    counted: Mapping[str, NDArray[np.float64]],
    code: NDArray[np.intp],
    pumas: pd.Series[str],
    classes: tuple[ContextClass, ...],
) -> pd.DataFrame:
    """Add up who lives in each class of each PUMA; pieces without a class are left out."""
    frames = []
    for level, count in counted.items():
        table = pd.DataFrame({"puma": pumas.to_numpy(), "code": code, "count": count})
        wide = table[code >= 0].pivot_table(
            index="puma", columns="code", values="count", aggfunc="sum", fill_value=0.0
        )
        wide = wide.reindex(columns=range(len(classes)), fill_value=0.0)
        wide.columns = pd.Index([item.level for item in classes])
        frames.append(wide.reset_index().assign(**{LEVEL: level}))
    mix = pd.concat(frames, ignore_index=True)
    return mix.drop(columns=LEVEL) if list(counted) == [""] else mix


def _coverage(
    counted: Mapping[str, NDArray[np.float64]], known: NDArray[np.bool_], words: str
) -> list[str]:
    """Say how many live in areas without a class, where that are more than a few."""
    everyone = sum(counted.values(), start=np.zeros(len(known)))
    unknown = float(everyone[~known].sum() / max(everyone.sum(), 1e-300))
    if unknown <= _LARGEST_UNKNOWN:
        return []
    return [f"{100 * unknown:.1f} % live in {words} without a class and are left out."]


def _with_agreement(context: LocalContext, published: pd.DataFrame) -> LocalContext:
    """Say how far the mix of all PUMAs agrees with the donor's own."""
    codes = pd.Index(context.levels).get_indexer(
        pd.Index([level_text(value) for value in published["level"].astype(object)])
    )
    weight = published[WEIGHT].to_numpy(float)
    known = codes >= 0
    own = np.bincount(codes[known], weight[known], minlength=len(context.classes))
    every = context.mix[context.levels].sum().to_numpy(float)
    own, every = own / own.sum(), every / every.sum()
    alike = 1.0 - np.abs(own - every).sum() / 2
    classes = ", ".join(
        f"{level} {100 * mine:.0f} % ({100 * theirs:.0f} %)"
        for level, mine, theirs in zip(context.levels, every, own, strict=True)
    )
    overlap = f"The mix of all PUMAs overlaps {100 * alike:.0f} % with the donor's own"
    notes = [f"{overlap}: {classes}; in brackets the donor."]
    unknown = weight[~known].sum() / weight.sum()
    if unknown > 0:
        notes.append(
            f"{100 * unknown:.2f} % of the donor's households (by weight) publish no class."
        )
    return replace(context, notes=(*notes, *context.notes))


__all__ = ["ContextRequest", "add_context", "make_context"]
