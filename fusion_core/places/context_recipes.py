"""Recipes of local contexts: a donor's published classes, and the measure of areas they are cut from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fusion_core.errors import InputError
from fusion_core.workspace.files import not_readable

if TYPE_CHECKING:
    from collections.abc import Mapping

LOCAL_DENSITY: Final = "local density"
"""Measure that is computed of centres and population (see `local_density`)."""
_FOLDER: Final = Path(__file__).parent / "context_recipe_files"
_TEXTS: Final = ("title", "variable", "measure", "unit", "areas", "weight", "source")


@dataclass(frozen=True)
class PublishedClass:
    """A class as a donor may write it, and the values it holds.

    Attributes
    ----------
    levels
        Its code and its label: files hold one or the other.
    lower, upper
        At least and less than; ``None`` where it is open.
    """

    levels: tuple[str, ...]
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class ContextRecipe:
    """What a donor publishes of a neighbourhood; `local_context.LocalContext` explains the words."""

    name: str
    title: str
    variable: str
    measure: str
    classes: tuple[PublishedClass, ...]
    unit: str = ""
    areas: str = "block groups"
    weight: str = ""
    source: str = ""


def context_recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that come with the package."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def find_context_recipe(name: str) -> ContextRecipe:
    """Return a recipe of the package by its name, or the one in a file.

    Raises
    ------
    InputError
        If there is no such recipe, or the file is none.
    """
    path = _FOLDER / f"{name}.toml" if name in context_recipe_names() else Path(name)
    if path.suffix.lower() != ".toml":
        raise InputError.unknown("recipe of a local context", name, context_recipe_names())
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise not_readable("The recipe", path, error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"The recipe is not valid TOML: {error}", where=str(path), fix="Correct the line"
        ) from error
    return _recipe(record, path.stem, str(path))


def _recipe(record: Mapping[str, Any], name: str, where: str) -> ContextRecipe:
    for entry, value in record.items():
        if entry not in (*_TEXTS, "classes"):
            raise InputError.unknown("entry of a recipe", entry, (*_TEXTS, "classes"), where=where)
        if entry in _TEXTS and not isinstance(value, str):
            raise InputError(f"'{entry}' must be a text", where=where, fix="Put it in quotes")
    for entry in ("title", "variable", "measure", "classes"):
        if not record.get(entry):
            raise InputError(f"The recipe does not say its {entry}", where=where)
    try:
        classes = tuple(_published_class(item) for item in record["classes"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            "A class of the recipe is not written as expected",
            where=where,
            fix='Write each as [[classes]] with levels = ["code", "label"], lower and upper',
        ) from error
    texts = {entry: record[entry] for entry in _TEXTS if entry in record}
    return ContextRecipe(name=name, classes=classes, **texts)


def _published_class(record: Mapping[str, Any]) -> PublishedClass:
    bounds = {
        entry: None if record.get(entry) is None else float(record[entry])
        for entry in ("lower", "upper")
    }
    if set(record) - {"levels", *bounds} or not record["levels"]:
        raise ValueError
    return PublishedClass(tuple(str(level) for level in record["levels"]), **bounds)


__all__ = [
    "LOCAL_DENSITY",
    "ContextRecipe",
    "PublishedClass",
    "context_recipe_names",
    "find_context_recipe",
]
