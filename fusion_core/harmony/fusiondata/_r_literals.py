"""Read R literals: ``list``, ``c``, ``a:b``, strings, numbers, TRUE/FALSE, NA – no more.

Nothing is evaluated. Whatever else a text holds, such as a function call, is refused with the line
and column where it does; `parse_r_entries` refuses only the entry that holds it.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.fusiondata._r_tokens import Token, TokenError, decoded, number, tokens

Scalar = bool | int | float | str | None
"""One element of a vector; ``None`` is NA."""

Vector = tuple[Scalar, ...]
Value = Vector | dict[str, "Value"]
"""A vector (a single literal is a vector of one), or a named list."""

MAXIMUM_CHARACTERS: Final = 10_000_000
"""A hundred times the largest published file."""

_MAXIMUM_TOKENS: Final = 250_000
_MAXIMUM_ENTRIES: Final = 10_000
_MAXIMUM_ELEMENTS: Final = 1_000_000
_MAXIMUM_RANGE: Final = 100_000
_MAXIMUM_DEPTH: Final = 20
CONSTANTS: Final[dict[str, Scalar]] = {
    "TRUE": True,
    "T": True,
    "FALSE": False,
    "F": False,
    "NA": None,
    "NA_character_": None,
    "NA_integer_": None,
    "NA_real_": None,
    "NaN": math.nan,
}
"""What R reads as a value rather than a name."""
_EMPTY_VECTORS: Final = frozenset({"logical", "character", "integer", "numeric", "double"})
_NAMES: Final = frozenset({"names", ".Names"})
_FACTOR_LEVELS: Final = ("levels", ".Label")
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry of a list, readable or not.

    Attributes
    ----------
    name
        Its name; empty where it has none.
    value
        What it holds; ``None`` where it is no literal.
    problem
        Why it could not be read, one sentence with line and column; empty otherwise.
    """

    name: str
    value: Value | None
    problem: str = ""


def parse_r(text: str, *, where: str = "") -> Value:
    """Read one R literal.

    Parameters
    ----------
    text
        What ``dput`` wrote.
    where
        File name, for messages.

    Raises
    ------
    InputError
        If the text holds anything but literals, is cut off, or is nested absurdly deep; the error
        names line and column.
    """
    parser = _Parser(text, where)
    value = parser.value(0)
    parser.expect_end()
    return value


def parse_r_entries(text: str, *, where: str = "") -> tuple[ListEntry, ...]:
    """Read one R list; an entry that is no literal is reported and the others are read.

    Raises
    ------
    InputError
        If the text is no list, is cut off, or goes on behind the list.
    """
    parser = _Parser(text, where)
    entries = parser.entries()
    parser.expect_end()
    return entries


class _Parser:
    """Recursive descent over the tokens of one literal."""

    def __init__(self, text: str, where: str) -> None:
        self._where = where
        if len(text) > MAXIMUM_CHARACTERS:
            raise self._too_large()
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        try:
            self._tokens = list(islice(tokens(text), _MAXIMUM_TOKENS))
        except TokenError as error:
            raise self._error(error.what, error.position) from error
        if self._tokens[-1].kind != "end":
            raise self._too_large()
        self._next = 0
        self._elements = 0

    def _too_large(self) -> InputError:
        return InputError(
            "The file is too large for a harmony file", where=self._where, fix="Check the file"
        )

    def _error(self, what: str, position: int) -> InputError:
        line = bisect_right(self._line_starts, position)
        place = f"line {line}, column {position - self._line_starts[line - 1] + 1}"
        return InputError(
            what,
            where=f"{self._where}, {place}" if self._where else place,
            fix="A harmony file holds only lists, vectors, texts and numbers",
        )

    @property
    def _current(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._current
        self._next += 1
        return token

    def _sees(self, text: str, ahead: int = 0) -> bool:
        token = self._tokens[min(self._next + ahead, len(self._tokens) - 1)]
        return token.kind == "sign" and token.text == text

    def _accept(self, text: str) -> bool:
        found = self._sees(text)
        self._next += found
        return found

    def _accept_call(self, *names: str) -> bool:
        found = self._current.kind == "name" and self._current.text in names and self._sees("(", 1)
        self._next += 2 * found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(f"'{text}' was expected")

    def _unexpected(self, wanted: str) -> InputError:
        token = self._current
        if token.kind == "end":
            return self._error(f"The file is cut off: {wanted}", token.position)
        if token.kind == "other":
            shown = token.text if token.text.isprintable() else "?"
            return self._error(f"'{shown}' is not allowed in a literal", token.position)
        return self._error(f"{wanted}, not '{token.text[:40]}'", token.position)

    def expect_end(self) -> None:
        """Refuse anything after the literal."""
        if self._current.kind != "end":
            raise self._unexpected("The end of the file was expected")

    # Lists -----------------------------------------------------------------------------------

    def entries(self) -> tuple[ListEntry, ...]:
        """Read the entries of a list, each on its own."""
        wrapped = self._accept_call("structure")
        start = self._current
        if not self._accept_call("list"):
            if start.kind == "end":
                raise self._unexpected("A list was expected")
            raise self._error("The file holds no list of harmonies", start.position)
        found: list[ListEntry] = []
        while not self._accept(")"):
            found.append(self._entry())
            if len(found) > _MAXIMUM_ENTRIES:
                raise self._too_large()
            if not self._accept(","):
                self._expect(")")
                break
        names = self._attributes(1).get(".names", ()) if wrapped else ()
        return tuple(
            ListEntry(entry.name or _name_at(names, place), entry.value, entry.problem)
            for place, entry in enumerate(found)
        )

    def _entry(self) -> ListEntry:
        name, start = "", self._next
        try:
            name, start = self._label(), self._next
            value = self.value(1)
            if not (self._sees(",") or self._sees(")")):
                raise self._unexpected("',' was expected")
        except InputError as error:
            self._next = start
            if not self._skip_entry():
                # Nobody knows where the next entry starts.
                what = error.what
                if "cut off" not in what:
                    what = f"The file is cut off or a bracket is missing: {what}"
                raise InputError(what, where=error.where, fix=error.fix) from error
            return ListEntry(name, None, str(error))
        return ListEntry(name, value)

    def _skip_entry(self) -> bool:
        """Go to the comma or bracket behind an entry; ``False`` where the file ends before."""
        depth = 0
        for place in range(self._next, len(self._tokens) - 1):
            token = self._tokens[place]
            if token.kind not in {"sign", "other"}:
                continue
            if depth == 0 and token.text in {",", ")"}:
                self._next = place
                return True
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            if depth < 0:
                return False
        return False

    def _label(self) -> str:
        """Read ``name =`` where an entry has one."""
        token = self._current
        if token.kind not in {"name", "quoted", "string", "raw"} or not self._sees("=", 1):
            return ""
        self._next += 2
        return token.text if token.kind == "name" else self._decoded(token)

    def _pairs(self, depth: int) -> list[tuple[str, Value, int]]:
        """Read the entries of a list up to its closing bracket."""
        found: list[tuple[str, Value, int]] = []
        while not self._accept(")"):
            position = self._current.position
            found.append((self._label(), self.value(depth + 1), position))
            if not self._accept(","):
                self._expect(")")
                break
        return found

    def _named(self, pairs: list[tuple[str, Value, int]], names: Value = ()) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for place, (label, value, position) in enumerate(pairs):
            name = label or _name_at(names, place)
            if not name:
                raise self._error("The name of a list entry was expected", position)
            if name in found:
                raise self._error(f"The list has two entries named '{name[:60]}'", position)
            found[name] = value
        return found

    # Calls and vectors -----------------------------------------------------------------------

    def value(self, depth: int) -> Value:
        """Read a list or a vector."""
        if depth > _MAXIMUM_DEPTH:
            raise self._error("The literal is nested too deeply", self._current.position)
        if self._accept_call("list"):
            return self._named(self._pairs(depth))
        if self._accept_call("c"):
            return self._combined(depth)
        if self._accept_call("structure"):
            return self._structure(depth)
        token = self._current
        if token.kind == "name" and self._sees("(", 1):
            return self._empty_vector()
        if token.kind == "name" and token.text == "NULL":
            self._take()
            return ()
        return self._vector()

    def _empty_vector(self) -> Vector:
        token = self._take()
        if token.text not in _EMPTY_VECTORS:
            raise self._error(f"The function '{token.text[:40]}' is not allowed", token.position)
        self._expect("(")
        if self._current.text != "0":
            raise self._unexpected("0 was expected")
        self._take()
        self._expect(")")
        return ()

    def _structure(self, depth: int) -> Value:
        """Read ``structure(value, names = …, class = …)``, which older ``dput`` writes."""
        if self._accept_call("list"):
            pairs = self._pairs(depth)
            return self._named(pairs, self._attributes(depth).get(".names", ()))
        position = self._current.position
        value = self.value(depth + 1)
        labels = self._attributes(depth).get(".levels")
        if labels is None or isinstance(value, dict) or isinstance(labels, dict):
            return value
        if not all(
            code is None or (_is_whole(code) and 0 < int(code) <= len(labels)) for code in value
        ):
            raise self._error("A factor has codes without a level", position)
        return tuple(None if code is None else labels[int(code) - 1] for code in value)

    def _attributes(self, depth: int) -> dict[str, Value]:
        """Read the attributes of ``structure`` up to its bracket; all but two mean nothing here."""
        found: dict[str, Value] = {}
        while self._accept(","):
            name = self._label()
            if not name:
                raise self._unexpected("The name of an attribute was expected")
            value = self.value(depth + 1)
            if name in _NAMES:
                found[".names"] = value
            elif name in _FACTOR_LEVELS:
                found[".levels"] = value
        self._expect(")")
        return found

    def _combined(self, depth: int) -> Vector:
        found: list[Scalar] = []
        while not self._accept(")"):
            position = self._current.position
            self._label()  # a named vector: the names mean nothing here
            part = self.value(depth + 1)
            if isinstance(part, dict):
                raise self._error("A list inside a vector is not allowed", position)
            found.extend(part)
            if not self._accept(","):
                self._expect(")")
                break
        return tuple(found)

    def _vector(self) -> Vector:
        position = self._current.position
        first = self._scalar()
        values: Vector = (first,)
        if self._accept(":"):
            last = self._scalar()
            if not _is_whole(first) or not _is_whole(last):
                raise self._error("A range needs whole numbers", position)
            low, high = int(first), int(last)  # type: ignore[arg-type]  # both are numbers here
            if abs(high - low) > _MAXIMUM_RANGE:
                raise self._error("The range is too long", position)
            step = 1 if low <= high else -1
            values = tuple(range(low, high + step, step))
        self._elements += len(values)
        if self._elements > _MAXIMUM_ELEMENTS:
            raise self._error("The file holds too many values", position)
        return values

    def _scalar(self) -> Scalar:
        negative = signed = False
        while self._sees("-") or self._sees("+"):
            signed = True
            negative ^= self._take().text == "-"
        token = self._take()
        if token.kind == "number":
            return -number(token) if negative else number(token)
        if token.kind == "name" and token.text == "Inf":
            return -math.inf if negative else math.inf
        if not signed and token.is_text:
            return self._decoded(token)
        if not signed and token.kind == "name" and token.text in CONSTANTS:
            return CONSTANTS[token.text]
        self._next -= 1
        if token.kind == "name":
            what = f"The name '{token.text[:40]}' is not allowed in a literal"
            raise self._error(what, token.position)
        raise self._unexpected("A text or a number was expected")

    def _decoded(self, token: Token) -> str:
        try:
            return decoded(token)
        except TokenError as error:
            raise self._error(error.what, error.position) from error


def _name_at(names: Value, place: int) -> str:
    name = names[place] if isinstance(names, tuple) and place < len(names) else ""
    return name if isinstance(name, str) else ""


def _is_whole(value: Scalar) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


__all__ = [
    "CONSTANTS",
    "ListEntry",
    "Scalar",
    "Value",
    "Vector",
    "parse_r",
    "parse_r_entries",
]
