"""Keep the choices of an import as a small file, so that the next vintage is one command.

A recipe is TOML: a person can read it, mend it and send it to a colleague. It names no files, as
those are others next year, and no vintage.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.generic import Choices
from fusion_core.workspace.files import write_text

if TYPE_CHECKING:
    from fusion_core.ingest.reader import Reader

RECIPE_FILE: Final = "recipe.toml"
_SURVEY_KEYS: Final = ("reader", "name", "title")
_OWN_OPTIONS: Final = ("household", "person", "codebook", "dictionary", "supplement")
_PATTERN: Final = """
# What is not inferred rightly, such as:
# key = "HHID"
# weight = "WTFINAL"
# replicates = ["REPWT"]
# design = "sdr"
# [missing]
# RENT = ["-6", "-9"]
"""
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Recipe:
    """How a survey was imported, apart from its files and vintage.

    Attributes
    ----------
    reader, name, title
        As in `fusion_core.ingest.readers.ImportRequest`.
    choices
        What a person said about the files.
    """

    reader: str = "generic"
    name: str = ""
    title: str = ""
    choices: Choices = field(default_factory=Choices)


def recipe_text(recipe: Recipe) -> str:
    """Return the recipe as the text of a file, without what was left to the inference."""
    lines = ["# How this survey was imported. The next vintage: harmony survey add --recipe FILE …"]
    lines += [
        f"{key} = {_written(getattr(recipe, key))}" for key in _SURVEY_KEYS if getattr(recipe, key)
    ]
    tables: list[str] = []
    usual = Choices()
    for name in (item.name for item in fields(Choices)):
        value = getattr(recipe.choices, name)
        if value == getattr(usual, name):
            continue
        if isinstance(value, Mapping):
            tables += ["", f"[{name}]"]
            tables += [f"{_key(column)} = {_written(item)}" for column, item in value.items()]
        else:
            lines.append(f"{name} = {_written(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def example_recipe(reader: Reader) -> str:
    """Return a recipe for the files of a reader, to begin one's own with.

    Parameters
    ----------
    reader
        The reader; its files stand in comments, as a recipe itself names none.
    """
    files = [
        f"#   {_option(slot.key)}FILE  {slot.title}{'' if slot.required else ' (if any)'}: {slot.help}"
        for slot in reader.slots
    ]
    needed = " ".join(f"{_option(slot.key)}FILE" for slot in reader.slots if slot.required)
    named = reader.names_itself or reader.name
    needed += ("" if named else " --name NAME") + ("" if reader.names_itself else " --vintage YEAR")
    head = [
        f"# {reader.title}. {reader.help}",
        f"#   harmony survey add --recipe {reader.key}.toml {needed}",
        *files,
        *([f"# Variance: {reader.variance}"] if reader.variance else []),
    ]
    body = recipe_text(Recipe(reader.key, reader.name)).split("\n", 1)[1]
    return "\n".join([*head, body]) + (_PATTERN if reader.takes_choices else "")


def _option(slot: str) -> str:
    return f"--{slot} " if slot in _OWN_OPTIONS else f"--file {slot}="


def write_recipe(recipe: Recipe, folder: Path) -> None:
    """Write the recipe beside a stored survey."""
    write_text(recipe_text(recipe), folder / RECIPE_FILE)


def read_recipe(path: PathLike) -> Recipe:
    """Read a recipe.

    Raises
    ------
    InputError
        If the file is missing, no TOML, or says something no recipe can say.
    """
    path = path_of(path, "recipe")
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"The recipe cannot be read: {error.strerror or error}",
            where=str(path),
            fix="Check the path",
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"The recipe is not TOML: {error}",
            where=str(path),
            fix=f"Correct it, or take the {RECIPE_FILE} beside a stored survey as a pattern",
        ) from error
    known = {item.name for item in fields(Choices)}
    for key in record:
        if key not in known and key not in _SURVEY_KEYS:
            raise InputError.unknown("entry", key, [*_SURVEY_KEYS, *known], where=str(path))
    usual = Choices()
    chosen = {
        key: _like(value, getattr(usual, key), key, path)
        for key, value in record.items()
        if key in known
    }
    texts = {key: _like(record[key], "", key, path) for key in _SURVEY_KEYS if key in record}
    return Recipe(**texts, choices=Choices(**chosen))


def _like(value: Any, usual: Any, key: str, path: Path) -> Any:
    """Return a value in the form of the field it is for: a text, texts, or texts by column."""
    if isinstance(usual, Mapping):
        if isinstance(value, dict):
            codes = key == "missing"
            return {
                name: _texts(item, f"{key}.{name}", path, alone=not codes)
                for name, item in value.items()
            }
    elif isinstance(usual, int):
        if type(value) is int:
            return value
    elif isinstance(usual, str):
        if isinstance(value, str):
            return value
    else:
        return _texts(value, key, path)
    raise _wrong(key, value, path)


def _texts(value: Any, key: str, path: Path, *, alone: bool = False) -> Any:
    """Return texts; a single one, where it may stand alone, as it is."""
    if isinstance(value, str | int):
        return str(value) if alone else (str(value),)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return tuple(map(str, value))
    raise _wrong(key, value, path)


def _wrong(key: str, value: Any, path: Path) -> InputError:
    return InputError(
        f"The entry '{key}' cannot be {value!r}",
        where=str(path),
        fix='Write a text in quotation marks, or a list of them such as ["-6", "-9"]',
    )


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _written(name)


def _written(value: Any) -> str:
    # Texts and lists of texts are written alike in JSON and TOML; what JSON leaves as it is and
    # TOML does not allow, the delete character, is in no name.
    return json.dumps(value, ensure_ascii=False)
