"""Read and write R literals: ``list``, ``c``, ``a:b``, strings, numbers, TRUE/FALSE, NA – no more.

Nothing is evaluated. A file that holds anything else, such as a function call, is refused with the
line and column where it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fusion_core.errors import InputError

Scalar = bool | int | float | str | None
"""One element of a vector; ``None`` is NA."""

Vector = tuple[Scalar, ...]
Value = Vector | dict[str, "Value"]
"""A vector (a single literal is a vector of one), or a named list."""

MAXIMUM_CHARACTERS: Final = 50_000_000
_MAXIMUM_RANGE: Final = 100_000
_MAXIMUM_DEPTH: Final = 20
_TOKEN: Final = re.compile(
    r"""(?P<space>(?:[ \t\r\n\f\ufeff]+|\#[^\n]*)+)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<quoted>`(?:[^`\\]|\\.)+`)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?)
      | (?P<name>[A-Za-z.][A-Za-z0-9._]*)
      | (?P<sign>[(),=:+-])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,4})\}|u([0-9A-Fa-f]{1,4})|U\{([0-9A-Fa-f]{1,8})\}"
    r"|U([0-9A-Fa-f]{1,8})|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
_SIMPLE_ESCAPES: Final = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
    "\\": "\\", '"': '"', "'": "'", "`": "`", " ": " ", "\n": "\n",
}  # fmt: skip
_CONSTANTS: Final[dict[str, Scalar]] = {
    "TRUE": True, "T": True, "FALSE": False, "F": False, "NA": None, "NA_character_": None,
    "NA_integer_": None, "NA_real_": None,
}  # fmt: skip
_EMPTY_VECTORS: Final = frozenset({"logical", "character", "integer", "numeric"})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


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
    if len(text) > MAXIMUM_CHARACTERS:
        raise InputError(
            "The file is too large for a harmony file", where=where, fix="Check the file"
        )
    parser = _Parser(text, where)
    value = parser.value(0)
    parser.expect_end()
    return value


class _Parser:
    """Recursive descent over the tokens of one literal."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where
        self._tokens = list(self._split(text))
        self._next = 0

    def _split(self, text: str) -> Iterable[_Token]:
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                character = text[position]
                what = (
                    "A text is not closed"
                    if character in "\"'`"
                    else f"'{character if character.isprintable() else '?'}' is not allowed in a literal"
                )
                raise self._error(what, position)
            position = match.end()
            if match.lastgroup != "space":
                yield _Token(str(match.lastgroup), match.group(), match.start())
        yield _Token("end", "", len(text))

    def _error(self, what: str, position: int) -> InputError:
        line = self._text.count("\n", 0, position) + 1
        column = position - (self._text.rfind("\n", 0, position) + 1) + 1
        place = f"line {line}, column {column}"
        return InputError(
            what,
            where=f"{self._where}, {place}" if self._where else place,
            fix="A harmony file holds only lists, vectors, texts and numbers; nothing was imported",
        )

    @property
    def _current(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._current
        self._next += 1
        return token

    def _accept(self, text: str) -> bool:
        found = self._current.kind == "sign" and self._current.text == text
        self._next += found
        return found

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(f"'{text}' was expected")

    def _unexpected(self, wanted: str) -> InputError:
        token = self._current
        if token.kind == "end":
            return self._error(f"The file is cut off: {wanted}", token.position)
        return self._error(f"{wanted}, not '{token.text[:40]}'", token.position)

    def expect_end(self) -> None:
        """Refuse anything after the literal."""
        if self._current.kind != "end":
            raise self._unexpected("The end of the file was expected")

    def value(self, depth: int) -> Value:
        """Read a list or a vector."""
        if depth > _MAXIMUM_DEPTH:
            raise self._error("The literal is nested too deeply", self._current.position)
        token = self._current
        if token.kind == "name":
            following = self._tokens[self._next + 1] if token.text not in _CONSTANTS else None
            if following is not None and following.text == "(":
                return self._call(depth)
            if token.text == "NULL":
                self._take()
                return ()
        return self._vector()

    def _call(self, depth: int) -> Value:
        token = self._take()
        self._expect("(")
        if token.text == "list":
            return self._named(depth)
        if token.text == "c":
            return self._combined(depth)
        if token.text in _EMPTY_VECTORS:
            if self._current.text != "0":
                raise self._unexpected("0 was expected")
            self._take()
            self._expect(")")
            return ()
        raise self._error(f"The function '{token.text}' is not allowed", token.position)

    def _named(self, depth: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        if self._accept(")"):
            return found
        while True:
            token = self._take()
            if token.kind not in {"name", "quoted", "string"}:
                self._next -= 1
                raise self._unexpected("The name of a list entry was expected")
            name = token.text if token.kind == "name" else self._unescaped(token)
            self._expect("=")
            if name in found:
                raise self._error(f"The list has two entries named '{name[:60]}'", token.position)
            found[name] = self.value(depth + 1)
            if self._accept(")"):
                return found
            self._expect(",")

    def _combined(self, depth: int) -> Vector:
        found: list[Scalar] = []
        if self._accept(")"):
            return ()
        while True:
            position = self._current.position
            part = self.value(depth + 1)
            if isinstance(part, dict):
                raise self._error("A list inside a vector is not allowed", position)
            found.extend(part)
            if self._accept(")"):
                return tuple(found)
            self._expect(",")

    def _vector(self) -> Vector:
        position = self._current.position
        first = self._scalar()
        if not self._accept(":"):
            return (first,)
        last = self._scalar()
        if not _is_whole(first) or not _is_whole(last):
            raise self._error("A range needs whole numbers", position)
        low, high = int(first), int(last)  # type: ignore[arg-type]  # both are numbers here
        if abs(high - low) > _MAXIMUM_RANGE:
            raise self._error("The range is too long", position)
        return tuple(range(low, high + 1)) if low <= high else tuple(range(low, high - 1, -1))

    def _scalar(self) -> Scalar:
        start = self._next
        while self._current.text in {"-", "+"} and self._current.kind == "sign":
            self._take()
        signs = self._tokens[start : self._next]
        token = self._take()
        if token.kind == "number":
            number = _number(token.text)
            if isinstance(number, float) and number == float("inf"):
                raise self._error("The number is too large", token.position)
            negative = sum(sign.text == "-" for sign in signs) % 2
            return -number if negative else number
        if not signs and token.kind == "string":
            return self._unescaped(token)
        if not signs and token.kind == "name" and token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        self._next -= 1
        if token.kind == "name":
            raise self._error(
                f"The name '{token.text[:40]}' is not allowed in a literal", token.position
            )
        raise self._unexpected("A text or a number was expected")

    def _unescaped(self, token: _Token) -> str:
        def replaced(match: re.Match[str]) -> str:
            *codes, octal, simple = match.groups()
            digits = next((code for code in codes if code is not None), None)
            if simple is not None:
                if simple not in _SIMPLE_ESCAPES:
                    raise self._error(f"'\\{simple}' is no R escape", token.position)
                return _SIMPLE_ESCAPES[simple]
            point = int(octal, 8) if digits is None else int(digits, 16)
            if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:  # noqa: PLR2004 - the Unicode range
                raise self._error("A text holds an impossible character", token.position)
            return chr(point)

        return _ESCAPE.sub(replaced, token.text[1:-1])


def _number(text: str) -> int | float:
    text = text.removesuffix("L")
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _is_whole(value: Scalar) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def write_r(value: Value | Mapping[str, object], *, indent: int = 0) -> str:
    """Write a literal the way published harmony files are laid out."""
    if isinstance(value, Mapping):
        pad = " " * (indent + 2)
        entries = [
            f"{pad}{_name(name)} = {write_r(item, indent=indent + 2)}"  # type: ignore[arg-type]  # a Value by construction
            for name, item in value.items()
        ]
        return "list(\n" + ",\n".join(entries) + ")"
    if not value:
        return '""'
    if len(value) == 1:
        return _literal(value[0])
    return _range(value) or "c(" + ", ".join(_literal(item) for item in value) + ")"


def _range(value: Sequence[Scalar]) -> str | None:
    """Write consecutive whole numbers as a range."""
    numbers = [item for item in value if isinstance(item, int) and not isinstance(item, bool)]
    if len(numbers) != len(value):
        return None
    steps = {after - before for before, after in pairwise(numbers)}
    return f"{numbers[0]}:{numbers[-1]}" if steps in ({1}, {-1}) and numbers[0] >= 0 else None


def _literal(item: Scalar) -> str:
    if item is None:
        return "NA"
    if isinstance(item, bool):
        return "TRUE" if item else "FALSE"
    if isinstance(item, str):
        escaped = item.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return '"' + escaped.replace("\t", "\\t").replace("\r", "\\r") + '"'
    return repr(item)


def _name(name: str) -> str:
    if re.fullmatch(r"[A-Za-z.][A-Za-z0-9._]*", name):
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


__all__ = ["Scalar", "Value", "Vector", "parse_r", "write_r"]
