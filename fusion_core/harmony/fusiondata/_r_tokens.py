"""Split R text into tokens and decode its strings; shared by literals and adjustments.

A token is only ever looked at. Characters no literal needs become tokens of their own, so that the
parser can say where they are and go on behind the entry that holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_RAW_START: Final = re.compile(r"""[rR](?P<quote>["'])(?P<dashes>-*)(?P<open>[(\[{])""")
_RAW_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_TOKEN: Final = re.compile(
    r"""(?P<space>(?:[ \t\r\n\f\v\u00a0\ufeff]+|\#[^\n]*)+)
      | (?P<string>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')
      | (?P<quoted>`[^`\\]*(?:\\.[^`\\]*)*`)
      | (?P<number>0[xX][0-9A-Fa-f]+L?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?)
      | (?P<name>(?:[^\W\d_]|\.)[\w.]*)
      | (?P<sign>[(),=:+-])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,4})\}|u([0-9A-Fa-f]{1,4})|U\{([0-9A-Fa-f]{1,8})\}"
    r"|U([0-9A-Fa-f]{1,8})|x([0-9A-Fa-f]{1,2})|([0-7]{1,3})|(.))",
    re.DOTALL,
)
_SIMPLE_ESCAPES: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
    "`": "`",
    " ": " ",
    "\n": "\n",
}
_HEXADECIMAL: Final = 16


class TokenError(ValueError):
    """A text that is no R token.

    Attributes
    ----------
    what
        What is wrong.
    position
        Zero-based character position.
    """

    def __init__(self, what: str, position: int) -> None:
        super().__init__(what)
        self.what = what
        self.position = position


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of R text.

    Attributes
    ----------
    kind
        ``string``, ``raw`` (a raw string's content), ``quoted`` (a name in backticks), ``number``,
        ``name``, ``sign``, ``other`` (a character no literal needs) or ``end``.
    text
        The piece as it stands in the file.
    position
        Zero-based character position.
    """

    kind: str
    text: str
    position: int

    @property
    def is_text(self) -> bool:
        """Whether the token is a string, raw or not."""
        return self.kind in {"string", "raw"}


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text and an ``end`` token; space and comments are left out.

    Raises
    ------
    TokenError
        If a string is not closed.
    """
    position = 0
    while position < len(text):
        raw = _RAW_START.match(text, position)
        if raw is not None:
            closing = _RAW_CLOSING[raw["open"]] + raw["dashes"] + raw["quote"]
            end = text.find(closing, raw.end())
            if end < 0:
                raise TokenError("The file is cut off or a text is not closed", position)
            yield Token("raw", text[raw.end() : end], position)
            position = end + len(closing)
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            if text[position] in "\"'`":
                raise TokenError("The file is cut off or a text is not closed", position)
            yield Token("other", text[position], position)
            position += 1
            continue
        position = match.end()
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match.group(), match.start())
    yield Token("end", "", len(text))


def decoded(token: Token) -> str:
    """Return what a string or a quoted name says.

    Raises
    ------
    TokenError
        If it holds an escape R does not know, or a character that cannot exist in a text.
    """
    if token.kind == "raw":
        text = token.text
    else:

        def replaced(match: re.Match[str]) -> str:
            *codes, octal, simple = match.groups()
            if simple is not None:
                if simple not in _SIMPLE_ESCAPES:
                    raise TokenError(f"'\\{simple}' is not an R escape", token.position)
                return _SIMPLE_ESCAPES[simple]
            digits = next((code for code in codes if code is not None), None)
            point = int(octal, 8) if digits is None else int(digits, _HEXADECIMAL)
            if point > 0x10FFFF or 0xD800 <= point <= 0xDFFF:  # noqa: PLR2004 - the Unicode range
                raise TokenError("A text holds an impossible character", token.position)
            return chr(point)

        text = _ESCAPE.sub(replaced, token.text[1:-1])
    if "\0" in text:
        raise TokenError("A text holds a NUL character", token.position)
    return text


def number(token: Token) -> int | float:
    """Return the number a token stands for, infinite where it is too large; whole ones as int."""
    text = token.text.removesuffix("L")
    if text[:2].lower() == "0x":
        value = float(int(text, _HEXADECIMAL)) if len(text) < 200 else float("inf")  # noqa: PLR2004 - far beyond any float
    else:
        value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


__all__ = ["Token", "TokenError", "decoded", "number", "tokens"]
