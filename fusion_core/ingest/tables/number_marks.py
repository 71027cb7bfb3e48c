"""Numbers written with marks – ``45,000``, ``12,5``, ``1 234``, ``$5``, ``5 %`` – as plain ones.

What a comma means is seldom said in a file. A column is only touched if each of its texts with a digit
is a number of one kind of marks; ``1,234`` alone fits both kinds and is settled by the other columns,
by the separator, or by the person. Texts without a digit, such as NA, are left to the readers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.ingest.tables._text_columns import with_texts
from fusion_core.ingest.tables.categories import category_texts
from fusion_core.ingest.tables.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fusion_core.ingest.tables.raw_table import RawTable

_PLAIN: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_POINT: Final = re.compile(r"[-+]?\d*\.\d+")
_DIGIT: Final = re.compile(r"\d")
# Thousands by commas and a decimal point, or the other way round; spaces and apostrophes are as clear.
_COMMA_GROUPS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_POINT_GROUPS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
_OTHER_GROUPS: Final = re.compile(
    r"[-+]?[1-9]\d{0,2}([ \u00a0\u202f\u2009'\u2019]\d{3})+([.,]\d+)?"
)
_DECIMAL_COMMA: Final = re.compile(r"[-+]?\d*,\d+|[-+]?\d+,")
_ONE_COMMA_GROUP: Final = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_ONE_POINT_GROUP: Final = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
_AMOUNT: Final = r"\d[\d.,'\u00a0\u202f\u2009\u2019 ]*|\.\d+"
# $1,234 and -€5; 5 % and 3€; (1,234) and ($1,234) of accountants.
_SIGNED: Final = re.compile(
    rf"(?P<minus>-?)[$€£¥]\s?(?P<before>{_AMOUNT})"
    rf"|(?P<after>-?(?:{_AMOUNT}))\s?[%€£]"
    rf"|\((?=[$€£¥]|.*[.,]\d\d)[$€£¥]?\s?(?P<inside>{_AMOUNT})\)"
)
_COMMA: Final = "decimal comma"
_GROUPS: Final = "thousands comma"


@dataclass(frozen=True, slots=True)
class _Marked:
    """A column of numbers with marks: the meanings its commas can have, and an example."""

    name: str
    meanings: frozenset[str]
    example: str
    unclear: bool


def with_plain_numbers(table: RawTable, decimal: str = "") -> RawTable:
    """Return the table with numbers written plainly, and say which columns that concerned.

    Parameters
    ----------
    table
        A table of texts.
    decimal
        ``"."`` or ``","`` if a person said what the mark of decimals is, else ``""``.
    """
    table = _without_signs(table)
    columns = {str(name): _texts(table.frame[name]) for name in table.frame.columns}
    marked = [item for name, texts in columns.items() if (item := _marked(name, texts))]
    pointed = [
        name for name, texts in columns.items() if _only_point_groups(texts) and decimal != "."
    ]
    if not marked and not (pointed and decimal):
        return table
    meaning = _meaning(decimal, marked, columns.values(), table.separator)
    changed: dict[str, Any] = {}
    said = list(table.said)
    for item in marked:
        mine = _of_column(item, meaning)
        if not mine:
            said.append(_question(table, item))
            continue
        texts = [plain_number(text, comma=mine) for text in _texts(table.frame[item.name])]
        changed[item.name] = with_texts(table.frame[item.name], texts)
        said.append(_statement(table, item, mine))
    for name in pointed if meaning == _COMMA else ():
        if not decimal:
            said.append(_question(table, _Marked(name, frozenset(), columns[name][0], True)))
            continue
        texts = [text.replace(".", "") for text in columns[name]]
        changed[name] = with_texts(table.frame[name], texts)
    return replace(table, frame=table.frame.assign(**changed), said=tuple(said))


def _without_signs(table: RawTable) -> RawTable:
    """Take currency and percent signs, and the brackets of negative amounts, from numbers."""
    changed: dict[str, Any] = {}
    said = list(table.said)
    for name in map(str, table.frame.columns):
        texts = _texts(table.frame[name])
        signed = [text for text in texts if _SIGNED.fullmatch(text.strip())]
        if not signed or not all(
            _SIGNED.fullmatch(text.strip()) or _PLAIN.fullmatch(text) or _has_marks(text)
            for text in texts
            if _DIGIT.search(text)
        ):
            continue
        changed[name] = with_texts(table.frame[name], [_unsigned(text) for text in texts])
        said.append(
            Problem(
                f"Numbers are written with signs: {signed[0]} is read as {_unsigned(signed[0])}",
                table.path.name,
                name,
                severity="warning",
            )
        )
    if not changed:
        return table
    return replace(table, frame=table.frame.assign(**changed), said=tuple(said))


def _unsigned(text: str) -> str:
    match = _SIGNED.fullmatch(text.strip())
    if match is None:
        return text
    number = match["before"] or match["after"] or match["inside"]
    is_negative = match["minus"] or match["inside"]
    return f"-{number.strip()}" if is_negative else number.strip()


def plain_number(text: str, *, comma: str) -> str:
    """Write a number without marks of thousands and with a decimal point; other texts unchanged."""
    if _OTHER_GROUPS.fullmatch(text):
        return re.sub(r"[ \u00a0\u202f\u2009'\u2019]", "", text).replace(",", ".")
    if comma == _COMMA:
        if _POINT_GROUPS.fullmatch(text) and ("," in text or text.count(".") > 1):
            return text.replace(".", "").replace(",", ".")
        return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text
    return text.replace(",", "") if _COMMA_GROUPS.fullmatch(text) else text


def _texts(column: pd.Series[Any]) -> list[str]:
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return []
    return category_texts(column)


def _marked(name: str, texts: Sequence[str]) -> _Marked | None:
    """Return what the marks of a column can mean, ``None`` if it has none or is not of numbers."""
    marked = []
    for text in texts:
        if _DIGIT.search(text) and not _PLAIN.fullmatch(text):
            # Most columns of text end here, at their first text.
            if not _has_marks(text):
                return None
            marked.append(text)
    if not marked:
        return None
    meanings = set()
    if all(_COMMA_GROUPS.fullmatch(text) or _OTHER_GROUPS.fullmatch(text) for text in marked):
        meanings.add(_GROUPS)
    if all(_is_decimal_comma(text) or _OTHER_GROUPS.fullmatch(text) for text in marked):
        meanings.add(_COMMA)
    clear = any(_OTHER_GROUPS.fullmatch(text) is None for text in marked)
    mixed = not meanings
    return _Marked(
        name, frozenset(meanings), marked[0], unclear=mixed or (clear and len(meanings) > 1)
    )


def _has_marks(text: str) -> bool:
    return any(
        pattern.fullmatch(text)
        for pattern in (_COMMA_GROUPS, _POINT_GROUPS, _OTHER_GROUPS, _DECIMAL_COMMA)
    )


def _is_decimal_comma(text: str) -> bool:
    return bool(_DECIMAL_COMMA.fullmatch(text) or _POINT_GROUPS.fullmatch(text))


def _only_point_groups(texts: Sequence[str]) -> bool:
    pointed = [text for text in texts if "." in text]
    return bool(pointed) and all(_ONE_POINT_GROUP.fullmatch(text) for text in pointed)


def _meaning(
    decimal: str, marked: Sequence[_Marked], columns: Iterable[Sequence[str]], separator: str
) -> str:
    """Return what a comma means in this file, as far as something in it tells."""
    if decimal:
        return _COMMA if decimal == "," else _GROUPS
    certain = {next(iter(item.meanings)) for item in marked if len(item.meanings) == 1}
    if len(certain) == 1:
        return certain.pop()
    if certain:
        return ""
    pointed = any(
        _POINT.fullmatch(text) and not _ONE_POINT_GROUP.fullmatch(text)
        for texts in columns
        for text in texts
    )
    # Between commas a comma in quotes is not a decimal mark: that country separates by semicolons.
    return _GROUPS if pointed or separator in {",", ""} else ""


def _of_column(item: _Marked, meaning: str) -> str:
    if not item.unclear and item.meanings:
        return meaning if meaning in item.meanings else next(iter(item.meanings))
    return meaning if meaning in item.meanings else ""


def _statement(table: RawTable, item: _Marked, meaning: str) -> Problem:
    example = plain_number(item.example, comma=meaning)
    return Problem(
        f"Numbers are written with marks: {item.example} is read as {example}",
        table.path.name,
        item.name,
        fix="Say with --decimal what the decimal mark is if this is wrong",
        severity="warning",
    )


def _question(table: RawTable, item: _Marked) -> Problem:
    what = f"'{item.example}' can be a number with decimals or with a mark of thousands"
    if not item.unclear or (not item.meanings and "," in item.example):
        what = f"Numbers such as '{item.example}' mix marks of decimals and of thousands"
    return Problem(
        what,
        table.path.name,
        item.name,
        fix="Say with --decimal '.' or --decimal ',' what the decimal mark is",
    )
