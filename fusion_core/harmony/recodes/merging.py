"""Merge what two people did to a recode since they both had the same version.

Codes are names of classes: a class is told by its name as the common version has it, so that one
person may move classes while the other puts answers into them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from fusion_core.harmony.model import DROP, GroupCode, LevelGroup
from fusion_core.harmony.recodes.recode import Recode
from fusion_core.records import Checked

_Field = tuple[str, Hashable]


@dataclass(frozen=True, slots=True)
class Clash(Checked):
    """What both people changed, differently.

    Attributes
    ----------
    what
        What it is about: an answer, a class, the title …
    mine, theirs
        What each of them made of it, in words.
    """

    what: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class RecodeMerge(Checked):
    """Two versions of a recode put together.

    Attributes
    ----------
    mine_first, theirs_first
        The merged recode, based on their revision, with my version or theirs where both changed
        the same.
    clashes
        Where the two differ.
    """

    mine_first: Recode
    theirs_first: Recode
    clashes: tuple[Clash, ...]


def merge_recodes(base: Recode | None, mine: Recode, theirs: Recode) -> RecodeMerge:
    """Merge two versions of a recode.

    Parameters
    ----------
    base
        The version both started from; ``None`` where there was none, so that every difference
        counts as changed by both.
    mine, theirs
        The two versions.
    """
    names = dict(base.groups) if base is not None else dict(theirs.groups)
    before = {} if base is None else _fields(base, _identities(base, names))
    ours = _fields(mine, _identities(mine, names))
    others = _fields(theirs, _identities(theirs, names))
    agreed: dict[_Field, Hashable] = {}
    both: list[_Field] = []
    for field in dict.fromkeys([*others, *ours, *before]):
        old, my, their = before.get(field), ours.get(field), others.get(field)
        if my == their or (base is not None and my == old):
            agreed[field] = their
        elif base is not None and their == old:
            agreed[field] = my
        else:
            both.append(field)
    return RecodeMerge(
        _built(agreed | {field: ours.get(field) for field in both}, theirs, names),
        _built(agreed | {field: others.get(field) for field in both}, theirs, names),
        tuple(_clash(field, ours, others) for field in both if field[0] != "code"),
    )


def _identities(recode: Recode, names: Mapping[float, str]) -> dict[float, Hashable]:
    """Say which class of the common version each class is; a new one is told by its name."""
    by_name = {text.casefold(): code for code, text in names.items()}
    found: dict[float, Hashable] = {}
    for code, text in recode.groups:
        if text.casefold() in by_name:
            found[code] = by_name[text.casefold()]
    for code, text in recode.groups:
        if code not in found:
            is_renamed = code in names and code not in found.values()
            found[code] = code if is_renamed else text.casefold()
    return found


def _fields(recode: Recode, identity: Mapping[float, Hashable]) -> dict[_Field, Hashable]:
    def told(group: GroupCode) -> Hashable:
        return ("class", identity[group]) if isinstance(group, float) else group

    fields: dict[_Field, Hashable] = {
        ("title", ""): recode.title,
        ("note", ""): recode.note,
        ("ordered", ""): recode.ordered,
    }
    for code, text in recode.groups:
        fields["name", identity[code]] = text
        fields["code", identity[code]] = code
    fields |= {("answer", item.level): told(item.group) for item in recode.levels}
    fields |= {("start", item.level): told(item.group) for item in recode.prefixes}
    if recode.breakpoints:
        fields["bins", ""] = (recode.breakpoints, tuple(map(told, recode.bins)))
    return fields


def _built(fields: Mapping[_Field, Hashable], like: Recode, before: Mapping[float, str]) -> Recode:
    """Put a recode together; a class that is used stays, even where one of the two removed it."""
    bins = fields.get(("bins", ""))
    points, classes = bins if isinstance(bins, tuple) else ((), ())
    placed = [value for (kind, _), value in fields.items() if kind in {"answer", "start"}]
    names = {key[1]: value for key, value in fields.items() if key[0] == "name" and value}
    used = [value[1] for value in (*placed, *classes) if isinstance(value, tuple)]
    wanted = dict.fromkeys([*names, *used])
    codes: dict[Hashable, float] = {}
    for item in sorted(wanted, key=lambda item: _code_of(fields.get(("code", item)))):
        code = _code_of(fields.get(("code", item)))
        if code in codes.values() or code == float("inf"):
            code = max([0.0, *codes.values()]) + 1.0
        codes[item] = code

    def group(value: Hashable) -> GroupCode:
        if isinstance(value, tuple):
            return codes[value[1]]
        return DROP if value == DROP else None

    def items(kind: str) -> tuple[LevelGroup, ...]:
        found = [(key[1], group(value)) for key, value in fields.items() if key[0] == kind]
        return tuple(LevelGroup(str(text), code) for text, code in found if code is not None)

    return replace(
        like,
        title=str(fields["title", ""]),
        note=str(fields["note", ""] or ""),
        ordered=bool(fields["ordered", ""]),
        groups=tuple(
            (code, str(names.get(item) or (before[item] if isinstance(item, float) else item)))
            for item, code in sorted(codes.items(), key=lambda pair: pair[1])
        ),
        levels=items("answer"),
        prefixes=items("start"),
        breakpoints=points,
        bins=tuple(map(group, classes)),
    )


def _code_of(value: Hashable) -> float:
    return value if isinstance(value, float) else float("inf")


def _clash(
    field: _Field, ours: Mapping[_Field, Hashable], others: Mapping[_Field, Hashable]
) -> Clash:
    kind, name = field
    words = {"title": "The title", "note": "The note", "ordered": "Ordered", "bins": "The bins"}
    what = words.get(kind) or (
        f"The class {others.get(('name', name)) or ours.get(('name', name)) or name}"
        if kind == "name"
        else f"{name}…"
        if kind == "start"
        else str(name)
    )
    return Clash(what, _said(ours.get(field), ours), _said(others.get(field), others))


def _said(value: Hashable, fields: Mapping[_Field, Hashable]) -> str:
    if value is None:
        return "not there"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple) and value[0] == "class":
        return str(fields.get(("name", value[1]), value[1]))
    if isinstance(value, tuple):
        points: Sequence[float] = value[0]
        return "breaks at " + ", ".join(f"{point:g}" for point in points)
    return "left out" if value == DROP else str(value)


__all__ = ["Clash", "RecodeMerge", "merge_recodes"]
