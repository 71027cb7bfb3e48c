"""What objects say of themselves: a few lines in a terminal, the same as a small table in a notebook."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from fusion_core.html_templates import Macros

_LONGEST_VALUE: Final = 100
_LONGEST_TITLE: Final = 120
_LONGEST_NAME: Final = 24
_NAMES_SHOWN: Final = 6
_MACROS: Final = Macros(Path(__file__).parent / "templates" / "summary.html")


class Summarized:
    """An object that is shown by a title and a few facts, never by everything it holds."""

    __slots__ = ()

    def _facts(self) -> Mapping[str, object]:
        """Return what is worth a line each; empty texts and ``None`` are left out."""
        raise NotImplementedError

    def _title(self) -> str:
        """Return what the object is, without its class."""
        return ""

    def __repr__(self) -> str:
        facts = _shown(self._facts())
        width = max(map(len, facts), default=0)
        lines = [f"  {name:<{width}}  {text}" for name, text in facts.items()]
        return "\n".join([f"<{self._headline()}>", *lines])

    def _repr_html_(self) -> str:
        return _MACROS("summary", self._headline(), _shown(self._facts()))

    def _headline(self) -> str:
        return f"{type(self).__name__} {_clipped(self._title(), _LONGEST_TITLE)}".rstrip()


def listed(names: Collection[object], *, most: int = _NAMES_SHOWN) -> str:
    """Return how many names there are and the first of them, such as ``9: rooms, tenure, …``.

    Parameters
    ----------
    names
        What is listed.
    most
        How many of them are shown.
    """
    if not names:
        return "0"
    shown = [_clipped(str(name), _LONGEST_NAME) for name in islice(names, most)]
    more = ", …" if len(names) > most else ""
    return f"{len(names):,}: {', '.join(shown)}{more}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, such as ``1 household`` or ``2,000 households``.

    Parameters
    ----------
    number
        How many.
    one, many
        The noun for one and for several; with an s where `many` is left out.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def ordinal(number: int) -> str:
    """Return a place in a row, such as ``1st``, ``12th`` or ``22nd``."""
    endings = {1: "st", 2: "nd", 3: "rd"}
    is_teen = number // 10 % 10 == 1
    return f"{number:,}{'th' if is_teen else endings.get(number % 10, 'th')}"


def _shown(facts: Mapping[str, object]) -> dict[str, str]:
    texts = {name: "" if value is None else str(value) for name, value in facts.items()}
    return {
        _clipped(name, _LONGEST_NAME): _clipped(text, _LONGEST_VALUE)
        for name, text in texts.items()
        if text
    }


def _clipped(text: str, longest: int) -> str:
    """Return a text on one line, cut where it is too long; what a terminal would obey is left out."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
