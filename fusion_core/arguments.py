"""Arguments of public functions, checked where they come in: names, paths, numbers and objects.

A notebook passes what it has. What cannot be meant is refused in a sentence that names the argument,
before it meets a library whose message would name neither.
"""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np

from fusion_core.errors import InputError

PathLike: TypeAlias = "str | os.PathLike[str]"
Kind = TypeVar("Kind")

_LONGEST_PART: Final = 255
"""Bytes of a name that file systems hold."""


def require_text(name: object, where: str) -> None:
    """Check that a column is named by a string.

    Raises
    ------
    InputError
        If it is something else.
    """
    if not isinstance(name, str):
        raise InputError(
            f"Column names must be strings; got {name!r:.60}",
            where=where,
            fix="Rename the columns, with pandas for instance by frame.columns.map(str)",
        )


def column_names(names: Any, where: str, *, kind: str = "column") -> list[str]:
    """Return column names given as a list, or a single one.

    Parameters
    ----------
    names
        A string, strings, or ``None`` for no column.
    where
        The argument they were given as, for messages.
    kind
        What a name stands for, for messages.

    Raises
    ------
    InputError
        If it is neither, or a name occurs twice.
    """
    listed = [] if names is None else items_of(names, where)
    for name in listed:
        require_text(name, where)
    refuse_repeats(listed, kind, where)
    return listed


def items_of(value: Any, where: str) -> list[Any]:
    """Return the items of a list; a string is the only item of its own.

    Raises
    ------
    InputError
        If it is no list.
    """
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes):
        raise InputError(
            f"'{where}' must be a list of column names; got {type_name(value)}",
            fix="Give a list of strings",
        )
    return list(value)


def refuse_repeats(names: Sequence[str], kind: str, where: str) -> None:
    """Check that no name occurs twice.

    Parameters
    ----------
    names
        The names.
    kind, where
        What a name stands for and where it was used, for the message.

    Raises
    ------
    InputError
        Naming the repeated one.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(
                f"The {kind} '{name}' occurs {names.count(name)} times",
                where=where,
                fix="Name it once",
            )
        seen.add(name)


def missing_weight(name: str, columns: Iterable[str], *, where: str = "") -> InputError:
    """Return the error for a weight column that does not exist, saying how to go without.

    Parameters
    ----------
    name
        The column.
    columns
        Those that exist.
    where
        Table it was looked up in.
    """
    unknown = InputError.unknown("weight column", name, columns, where=where)
    if unknown.fix.endswith("?"):
        return unknown
    fix = "Name the column of weights, or give weight=None to count every row once"
    return InputError(unknown.what, where=where, fix=fix)


def require_type(value: object, kind: type[Kind], name: str, *, fix: str) -> Kind:
    """Return an argument if it is of a type.

    Parameters
    ----------
    value, kind
        The argument, and what it must be.
    name
        What it is called, for messages.
    fix
        How to get one.

    Raises
    ------
    InputError
        If it is something else.
    """
    if not isinstance(value, kind):
        raise InputError(f"'{name}' must be a {kind.__name__}; got {type_name(value)}", fix=fix)
    return value


def by_either_name(value: Kind, short: Kind, name: str, letter: str) -> Kind:
    """Return an argument that may be given by its name or by a letter, as users of R know it.

    Parameters
    ----------
    value, short
        What was given by either; ``None`` for nothing.
    name, letter
        The two names.

    Raises
    ------
    InputError
        If it was given by both.
    """
    if value is not None and short is not None:
        raise InputError(
            f"'{name}' and '{letter}' are the same argument, and both are given",
            fix=f"Leave out '{letter}'",
        )
    return short if value is None else value


def path_of(path: Any, name: str) -> Path:
    """Return a path given as a string or as a path.

    Parameters
    ----------
    path
        The argument.
    name
        What it is called, for messages.

    Raises
    ------
    InputError
        If it is neither, empty, or no file can have it.
    """
    text = path if isinstance(path, str) else os.fspath(path) if _is_path(path) else None
    if not isinstance(text, str):
        raise InputError(
            f"'{name}' must be a path; got {type_name(path)}", fix="Give a string or a pathlib.Path"
        )
    if not text:
        raise InputError(f"'{name}' is an empty path", fix="Name a file or folder")
    found = Path(text)
    if "\0" in text or any(_bytes(part) > _LONGEST_PART for part in found.parts):
        raise InputError("No file can have this name", where=f"{text[:60]!r}", fix="Check the path")
    return found


def whole_number(value: Any, name: str, *, least: int) -> int:
    """Return a whole number of at least `least`.

    Parameters
    ----------
    value
        The argument.
    name
        What it is called, for messages.
    least
        The smallest allowed.

    Raises
    ------
    InputError
        If it is smaller, or no whole number.
    """
    whole = isinstance(value, numbers.Integral | np.integer) and not isinstance(value, bool)
    if not whole or value < least:
        raise InputError(
            f"'{name}' must be a whole number of at least {least}; got {value!r:.60}",
            fix="Choose another number",
        )
    return int(value)


def share(value: Any, name: str) -> float:
    """Return a number strictly between 0 and 1.

    Raises
    ------
    InputError
        If it is anything else.
    """
    if not is_real(value) or not 0 < value < 1:
        raise InputError(
            f"{name} must lie between 0 and 1; got {value!r:.60}", fix="Use a share such as 0.90"
        )
    return float(value)


def is_real(value: object) -> bool:
    """Whether a value is a finite number, and no yes/no value."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)
    return real and math.isfinite(value)  # type: ignore[arg-type]  # a real number


def type_name(value: object) -> str:
    """Return the type of a value in words, for messages."""
    if value is None:
        return "None"
    return class_words(type(value))


def class_words(kind: type) -> str:
    """Return a type in words, such as "a Side"."""
    name = kind.__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _is_path(path: object) -> bool:
    return isinstance(path, os.PathLike)


def _bytes(part: str) -> int:
    return len(part.encode("utf-8", "surrogateescape"))
