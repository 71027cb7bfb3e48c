"""Records whose fields hold what their types say, checked when one is made.

A dataclass believes whatever it is given, and what cannot be meant is found out far away, by a library
whose message names neither the record nor the field. A record that derives from `Checked` refuses it
in one sentence. The rules follow from the annotations, once per class, and a value of the very type
named costs one look-up.
"""

from __future__ import annotations

import numbers
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias, Union

import numpy as np

from fusion_core.arguments import class_words, type_name
from fusion_core.errors import InputError

_Test: TypeAlias = Callable[[object], bool]
_NUMBERS: Final[dict[object, tuple[frozenset[type], type, str]]] = {
    bool: (frozenset({bool}), np.bool_, "True or False"),
    int: (frozenset({int}), numbers.Integral, "a whole number"),
    float: (frozenset({float, int, np.float64}), numbers.Real, "a number"),
}
_WORDS: Final = {str: "a string", types.NoneType: "None"}


class Checked:
    """A dataclass that refuses, in one sentence, what a field cannot hold.

    A list is taken for a tuple. Mappings of a kind of their own are not looked into, since they may
    read from disk what they hold.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        record: Any = self.__class__
        for name, rule in _rules(record):
            value = getattr(self, name)
            if type(value) in rule.types or rule.fits(value):
                continue
            if isinstance(value, list) and rule.fits(tuple(value)):
                object.__setattr__(self, name, tuple(value))
                continue
            kind = type(self).__name__
            if rule.options and isinstance(value, str):
                raise InputError.unknown(name, value, rule.options, where=kind)
            raise InputError(
                f"'{name}' must be {rule.words}; got {_told(value)}",
                where=kind,
                fix=f"help({kind}) says what each field holds",
            )


class _Rule(NamedTuple):
    """What a field may hold: exact types that need no closer look, a test for others, and words."""

    types: frozenset[type]
    fits: _Test
    words: str
    options: tuple[str, ...] = ()
    """The texts it may be, where they are few."""


@cache
def _rules(record: Any) -> tuple[tuple[str, _Rule], ...]:
    hints = typing.get_type_hints(record)
    made = ((one.name, _rule(hints[one.name])) for one in fields(record) if one.init)
    return tuple((name, rule) for name, rule in made if rule is not None)


def _rule(hint: Any) -> _Rule | None:
    """Return the rule of an annotation; ``None`` where it allows everything."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    kind = origin or hint
    if kind in _COMPOSED:
        return _COMPOSED[kind](inner)
    if kind in _NUMBERS:
        exact, wider, words = _NUMBERS[kind]
        return _Rule(
            exact, lambda value: isinstance(value, wider) and type(value) is not bool, words
        )
    if not isinstance(kind, type) or kind is object or not _can_be_asked_for(kind):
        return None
    words = _WORDS.get(kind) or class_words(kind)
    return _Rule(frozenset({kind}), lambda value: isinstance(value, kind), words)


def _literal(options: tuple[Any, ...]) -> _Rule:
    kinds = {type(one) for one in options}  # True equals 1, and is another value
    words = " or ".join(repr(one) for one in options)
    texts = options if kinds == {str} else ()
    return _Rule(frozenset(), lambda value: type(value) in kinds and value in options, words, texts)


def _can_be_asked_for(kind: type) -> bool:
    """Whether `isinstance` knows a type; it does not know protocols."""
    try:
        isinstance(None, kind)
    except TypeError:
        return False
    return True


def _either(options: tuple[Any, ...]) -> _Rule | None:
    rules = [_rule(one) for one in options]
    known = [rule for rule in rules if rule is not None]
    if len(known) < len(rules):
        return None
    exact = frozenset().union(*(rule.types for rule in known))
    words = " or ".join(dict.fromkeys(rule.words for rule in known))
    return _Rule(exact, lambda value: any(_holds(rule, value) for rule in known), words)


def _tuple(inner: tuple[Any, ...]) -> _Rule:
    if len(inner) == 2 and inner[1] is Ellipsis:  # noqa: PLR2004 - an item and the dots
        item = _rule(inner[0])
        if item is None:
            return _Rule(frozenset({tuple}), lambda value: isinstance(value, tuple), "a tuple")
        words = f"a tuple whose items are each {item.words}"
        return _Rule(
            frozenset(), lambda value: isinstance(value, tuple) and _each_holds(item, value), words
        )
    items = [_rule(one) for one in inner]

    def fits(value: object) -> bool:
        return (
            isinstance(value, tuple)
            and len(value) == len(items)
            and all(
                rule is None or _holds(rule, one) for rule, one in zip(items, value, strict=True)
            )
        )

    told = ", ".join("anything" if rule is None else rule.words for rule in items)
    return _Rule(frozenset(), fits, f"a tuple of {told}")


def _mapping(inner: tuple[Any, ...]) -> _Rule:
    rules = [_rule(one) for one in inner]

    def fits(value: object) -> bool:
        if not isinstance(value, Mapping):
            return False
        parts = (
            ((value.keys(), rules[0]), (value.values(), rules[1])) if type(value) is dict else ()
        )
        return all(rule is None or _each_holds(rule, part) for part, rule in parts)

    words = [rule.words for rule in rules if rule is not None]
    return _Rule(
        frozenset(), fits, " of ".join(["a mapping", " to ".join(words)][: 1 + bool(words)])
    )


def _holds(rule: _Rule, value: object) -> bool:
    return type(value) in rule.types or rule.fits(value)


def _each_holds(rule: _Rule, values: Iterable[object]) -> bool:
    return rule.types.issuperset(map(type, values)) or all(_holds(rule, one) for one in values)


def _told(value: object) -> str:
    if isinstance(value, str | bool | numbers.Number):
        return f"{value!r:.60}"
    if isinstance(value, list | tuple) and value:
        kinds = dict.fromkeys(type_name(one) for one in value)
        return f"{type_name(value)} of {', '.join(kinds):.60}"
    return type_name(value)


_COMPOSED: Final[dict[object, Callable[[tuple[Any, ...]], _Rule | None]]] = {
    Literal: _literal,
    Union: _either,
    types.UnionType: _either,
    tuple: _tuple,
    dict: _mapping,
    Mapping: _mapping,
}
