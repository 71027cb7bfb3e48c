"""Recipes: how a published table becomes predictors of PUMAs, as small files people can read.

A recipe is a TOML file that names the columns, the level of their areas, the statistic of each and
the vintage. Those of the package are named; a user's own is given by its path.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from fusion_core.errors import InputError
from fusion_core.geography.aggregation import STATISTICS, AreaColumn
from fusion_core.geography.levels import find_level
from fusion_core.workspace.files import not_readable

if TYPE_CHECKING:
    from fusion_core.geography.levels import LevelName

_FOLDER: Final = Path(__file__).parent / "recipe_files"
Repeated = Literal["refuse", "mean", "sum", "first"]
_CENSUSES: Final = ("", "2000", "2010", "2020")
ALWAYS: Final = "always"


@dataclass(frozen=True)
class RecipeColumn:
    """One predictor of a recipe: `rule` says how it is made, the rest what it means.

    Attributes
    ----------
    rule
        Column, statistic, weight and scale.
    description, unit
        What it measures.
    """

    rule: AreaColumn
    description: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Recipe:
    """How a table is read and turned into predictors.

    Attributes
    ----------
    name
        Name of the recipe and, unless another is given, of the table.
    title, source
        For people.
    level
        What the rows of the table are about; ``"recipient"`` in place of a table.
    census
        Census that defined these areas, where the table does not say.
    key
        Columns of the areas' codes; empty finds them by their names.
    vintage
        Year or range of years the numbers describe, ``"always"``, or empty where it must be given.
    year
        Column with the year, where a file holds several.
    names, values
        Columns of a long table with the names of variables and their values.
    missing
        Numbers that stand for no value.
    leave_out
        Codes of rows that are no areas, such as totals of the country.
    repeated
        What becomes of several rows of one area.
    layout
        How well the layout is known: ``"checked"`` on a published file, or ``"from general
        knowledge"``.
    columns
        The predictors; empty takes every number of the file.
    """

    name: str
    title: str
    source: str = ""
    level: LevelName | Literal["recipient", ""] = ""
    census: str = ""
    key: tuple[str, ...] = ()
    vintage: str = ""
    year: str = ""
    names: str = ""
    values: str = ""
    missing: tuple[float, ...] = ()
    leave_out: tuple[str, ...] = ()
    repeated: Repeated = "refuse"
    layout: str = ""
    columns: tuple[RecipeColumn, ...] = field(default=())


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that come with the package."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def find_recipe(name: str) -> Recipe:
    """Return a recipe of the package by its name, or the one in a file.

    Raises
    ------
    InputError
        If there is no such recipe, or the file is none.
    """
    if name in recipe_names():
        return read_recipe(_FOLDER / f"{name}.toml")
    path = Path(name)
    if path.suffix.lower() == ".toml":
        return read_recipe(path)
    raise InputError.unknown("recipe", name, recipe_names())


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from its file.

    Raises
    ------
    InputError
        If the file cannot be read or an entry is unknown, missing or of a wrong kind.
    """
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise not_readable("The recipe", path, error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"The recipe is not valid TOML: {error}", where=str(path), fix="Correct the line"
        ) from error
    return _recipe(record, path.stem, str(path))


def check_vintage(vintage: str, *, where: str = "") -> tuple[int, ...]:
    """Return the years of a vintage; none for ``"always"``.

    Raises
    ------
    InputError
        If it is no year, range of years or ``"always"``.
    """
    if vintage == ALWAYS:
        return ()
    match = re.fullmatch(r"([12]\d{3})(?:\s*[-–]\s*([12]\d{3}))?", vintage.strip())
    if match is None:
        raise InputError(
            f"'{vintage}' is not a vintage",
            where=where,
            fix="Write a year such as 2019, a range such as 2015-2019, or always",
        )
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    if last < first:
        raise InputError(
            f"The vintage {vintage} ends before it begins",
            where=where,
            fix="Put the earlier year first",
        )
    return tuple(range(first, last + 1))


def _recipe(record: Mapping[str, Any], name: str, where: str) -> Recipe:
    known = {item.name for item in fields(Recipe)} - {"name"}
    for entry in record:
        if entry not in known:
            raise InputError.unknown("entry of a recipe", entry, sorted(known), where=where)
    texts = {
        entry: _text(record, entry, where)
        for entry in ("title", "source", "level", "vintage", "year", "names", "values", "layout")
    }
    if not texts["title"]:
        raise InputError("The recipe has no title", where=where, fix='Add: title = "…"')
    level = texts["level"]
    if level not in ("", "recipient"):
        level = find_level(level).name
    if texts["vintage"]:
        check_vintage(texts["vintage"], where=where)
    if bool(texts["names"]) != bool(texts["values"]):
        raise InputError("A long table needs both 'names' and 'values'", where=where)
    columns = record.get("columns", [])
    if not isinstance(columns, list) or not all(isinstance(item, dict) for item in columns):
        raise InputError("'columns' must be tables", where=where, fix="Write each as [[columns]]")
    return Recipe(
        name=name,
        **(texts | {"level": level}),  # type: ignore[arg-type]  # checked above
        census=_one_of(_text(record, "census", where), _CENSUSES, "census", where),
        key=_texts(record, "key", where),
        missing=_numbers(record, "missing", where),
        leave_out=_texts(record, "leave_out", where),
        repeated=_one_of(  # type: ignore[arg-type]  # it is one of these
            _text(record, "repeated", where) or "refuse", get_args(Repeated), "repeated", where
        ),
        columns=tuple(_column(item, where) for item in columns),
    )


def _column(record: Mapping[str, Any], where: str) -> RecipeColumn:
    known = ("name", "column", "statistic", "weight", "per", "scale", "description", "unit")
    for entry in record:
        if entry not in known:
            raise InputError.unknown("entry of a column", entry, known, where=where)
    name = _text(record, "name", where) or _text(record, "column", where)
    if not name:
        raise InputError("A column of the recipe has no name", where=where)
    where = f"{where}, column '{name}'"
    statistic = _one_of(_text(record, "statistic", where) or "mean", STATISTICS, "statistic", where)
    per = _text(record, "per", where)
    if (statistic == "ratio") != bool(per):
        raise InputError("A ratio, and only a ratio, names what it is 'per'", where=where)
    scale = record.get("scale", 1.0)
    if isinstance(scale, bool) or not isinstance(scale, int | float):
        raise InputError(f"'scale' must be a number; got {scale!r:.60}", where=where)
    rule = AreaColumn(
        name=name,
        source=_text(record, "column", where) or name,
        statistic=statistic,  # type: ignore[arg-type]  # it is one of these
        weight=_text(record, "weight", where),
        per=per,
        scale=float(scale),
    )
    return RecipeColumn(rule, _text(record, "description", where), _text(record, "unit", where))


def _text(record: Mapping[str, Any], entry: str, where: str) -> str:
    value = record.get(entry, "")
    if not isinstance(value, str):
        raise InputError(
            f"'{entry}' must be a text; got {value!r:.60}", where=where, fix="Put it in quotes"
        )
    return value


def _texts(record: Mapping[str, Any], entry: str, where: str) -> tuple[str, ...]:
    value = record.get(entry, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"'{entry}' must be a list of texts", where=where)
    return tuple(value)


def _numbers(record: Mapping[str, Any], entry: str, where: str) -> tuple[float, ...]:
    value = record.get(entry, [])
    if not isinstance(value, list) or not all(
        isinstance(item, int | float) and not isinstance(item, bool) for item in value
    ):
        raise InputError(f"'{entry}' must be a list of numbers", where=where)
    return tuple(float(item) for item in value)


def _one_of(text: str, allowed: tuple[str, ...], entry: str, where: str) -> str:
    if text not in allowed:
        raise InputError.unknown(entry, text, [item for item in allowed if item], where=where)
    return text


__all__ = ["ALWAYS", "Recipe", "RecipeColumn", "check_vintage", "find_recipe", "recipe_names"]
