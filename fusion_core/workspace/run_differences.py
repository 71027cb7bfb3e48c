"""Two requests for a fusion side by side: what was asked differently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from fusion_core.workspace.runs import RunSpec

_NOT_SETTINGS = frozenset({"format", "name"})


def setting_differences(first: RunSpec, second: RunSpec) -> pd.DataFrame:
    """Return the settings in which two requests differ.

    Parameters
    ----------
    first, second
        The requests.

    Returns
    -------
    DataFrame
        One row per setting: ``setting`` (such as ``train.method``), ``first`` and ``second``, as text; a
        setting one of them lacks is empty.
    """
    one, other = (dict(_flat(spec.to_record())) for spec in (first, second))
    rows = [
        (name, one.get(name, ""), other.get(name, ""))
        for name in dict.fromkeys([*one, *other])
        if one.get(name, "") != other.get(name, "")
    ]
    return pd.DataFrame(rows, columns=["setting", "first", "second"])


def _flat(record: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in record.items():
        if not prefix and name in _NOT_SETTINGS:
            continue
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", _text(value)))
    return found


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
