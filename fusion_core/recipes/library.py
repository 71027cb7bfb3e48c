"""The recipes that come with the package, and those of a user by their path."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fusion_core.errors import InputError
from fusion_core.recipes.recipe import FusionRecipe, read_fusion_recipe

_FOLDER: Final = Path(__file__).parent / "library"


def recipe_names() -> tuple[str, ...]:
    """Return the names of the package's recipes."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def find_recipe(name: str) -> FusionRecipe:
    """Return a recipe of the package by its name, or a user's own by its path.

    Raises
    ------
    InputError
        If there is none, or it is not written as a recipe is.
    """
    return read_fusion_recipe(_path(name))


def recipe_text(name: str) -> str:
    """Return a recipe as it is written, to be read, changed and shared.

    Raises
    ------
    InputError
        If there is none.
    """
    return _path(name).read_text(encoding="utf-8")


def _path(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name).expanduser()
    if name not in recipe_names():
        raise InputError.unknown("recipe", name, recipe_names())
    return _FOLDER / f"{name}.toml"
