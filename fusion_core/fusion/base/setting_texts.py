"""Training settings as a person types them, on the command line and in the form of the app.

Lists are separated by commas: ``16, 32``. What is said per variable is written ``variable=value``,
several values joined by plus signs: ``area=income+rooms, fuel=rooms``.
"""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin, get_type_hints

from fusion_core.errors import InputError
from fusion_core.fusion.base.settings import TrainSettings


def setting_names() -> tuple[str, ...]:
    """Return the names of all training settings."""
    return tuple(TrainSettings.__dataclass_fields__)


def read_setting(name: str, text: str, *, where: str = "") -> Any:
    """Read the value of a training setting; whether it is in range the settings check.

    Parameters
    ----------
    name
        Attribute of `TrainSettings`.
    text
        What was typed.
    where
        What the person knows the setting as, for messages; its name by default.

    Raises
    ------
    InputError
        If there is no such setting, or the text is of another kind.
    """
    if name not in setting_names():
        raise InputError.unknown("training setting", name, setting_names())
    return _read(
        text.strip(), get_type_hints(TrainSettings)[name], where or f"training setting '{name}'"
    )


def setting_text(value: Any) -> str:
    """Write the value of a setting as a person would type it."""
    if isinstance(value, tuple):
        pairs = bool(value) and all(isinstance(item, tuple) for item in value)
        return ", ".join(_pair_text(*item) if pairs else setting_text(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _pair_text(name: str, value: Any) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return f"{name}={'+'.join(setting_text(item) for item in values)}"


def _read(text: str, kind: Any, where: str) -> Any:
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        read = _read_pair if get_origin(item) is tuple else _read
        return tuple(read(part.strip(), item, where) for part in text.split(",") if part.strip())
    if get_origin(kind) is Literal or kind is str:
        return text
    try:
        return kind(text)
    except ValueError as error:
        words = "a whole number" if kind is int else "a number"
        raise InputError(
            f"'{text}' is not {words}", where=where, fix="Separate the values of a list by commas"
        ) from error


def _read_pair(text: str, kind: Any, where: str) -> tuple[str, Any]:
    variable, separator, value = (part.strip() for part in text.partition("="))
    if not (variable and separator and value):
        raise InputError(
            f"'{text}' names no variable and value",
            where=where,
            fix="Write it like variable=value, several values joined by plus signs",
        )
    _, value_kind = get_args(kind)
    if get_origin(value_kind) is tuple:
        return variable, _read(value.replace("+", ","), value_kind, where)
    return variable, _read(value, value_kind, where)
