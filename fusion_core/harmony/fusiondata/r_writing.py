"""Write R literals so that R, and `r_literals`, read back what was meant."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from fusion_core.harmony.fusiondata._r_literals import CONSTANTS, Scalar, Value

_CONTROL: Final = re.compile(r"[\x01-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_ESCAPES: Final = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SYNTACTIC: Final = re.compile(r"(?:[A-Za-z]|\.(?![0-9]))[A-Za-z0-9._]*")
_RESERVED: Final = frozenset(
    {
        *CONSTANTS,
        "NULL",
        "Inf",
        "if",
        "else",
        "repeat",
        "while",
        "function",
        "for",
        "next",
        "break",
        "in",
    }
)


def write_r(value: Value | Mapping[str, object], *, indent: int = 0) -> str:
    """Write a literal the way published harmony files are laid out."""
    if isinstance(value, Mapping):
        pad = " " * (indent + 2)
        entries = [
            f"{pad}{r_name(name)} = {write_r(item, indent=indent + 2)}"  # type: ignore[arg-type]  # a Value by construction
            for name, item in value.items()
        ]
        return "list(\n" + ",\n".join(entries) + ")"
    if not value:
        return '""'
    if len(value) == 1:
        return _literal(value[0])
    return _range(value) or "c(" + ", ".join(_literal(item) for item in value) + ")"


def quoted(text: str, quote: str = '"') -> str:
    """Write a text as R does, so that it reads back as the same; control characters as escapes."""
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    written = _CONTROL.sub(lambda match: _ESCAPES.get(match[0], f"\\u{ord(match[0]):04x}"), escaped)
    return f"{quote}{written}{quote}"


def _range(value: Sequence[Scalar]) -> str | None:
    """Write consecutive whole numbers as a range."""
    numbers = [item for item in value if isinstance(item, int) and not isinstance(item, bool)]
    if len(numbers) != len(value):
        return None
    steps = {after - before for before, after in pairwise(numbers)}
    return f"{numbers[0]}:{numbers[-1]}" if steps in ({1}, {-1}) and min(numbers) >= 0 else None


def _literal(item: Scalar) -> str:
    if item is None:
        return "NA"
    if isinstance(item, bool):
        return "TRUE" if item else "FALSE"
    if isinstance(item, str):
        return quoted(item)
    if not math.isfinite(item):
        return "NaN" if math.isnan(item) else ("Inf" if item > 0 else "-Inf")
    return repr(item)


def r_name(name: str) -> str:
    """Write a name so that R takes it for nothing but a name: in backticks where needed."""
    plain = _SYNTACTIC.fullmatch(name) and name not in _RESERVED
    return name if plain else quoted(name, "`")


__all__ = ["quoted", "r_name", "write_r"]
