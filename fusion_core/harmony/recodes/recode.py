"""A recode: a grouping of answers with a name, used by several harmonies and changed in one place.

A recode knows answers by their label, by what their label starts with (the sections of occupation
and industry lists), and numbers by bins. It says nothing of the variables it is used for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final

from fusion_core.errors import InputError
from fusion_core.harmony.labels import Range, read_range
from fusion_core.harmony.model import (
    GroupCode,
    Harmony,
    LevelGroup,
    Record,
    RecordReader,
    SideName,
    bin_labels,
    check_breakpoints,
    corrupt,
    read_group,
    read_group_name,
    read_level_group,
)
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted
from fusion_core.text_similarity import normalise_label

NAME_LIMIT: Final = 60
TITLE_LIMIT: Final = 120
FORMAT_VERSION: Final = 1

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_FIELDS: Final = frozenset(
    {
        "format",
        "name",
        "title",
        "source",
        "note",
        "ordered",
        "groups",
        "levels",
        "prefixes",
        "breakpoints",
        "bins",
        "author",
        "modified",
        "revision",
    }
)


@dataclass(frozen=True, repr=False)
class Recode(Checked, Summarized):
    """A named grouping of answers.

    Attributes
    ----------
    name
        Lower-case letters, digits and hyphens, such as ``education-5``.
    title
        What people read.
    groups
        Codes and names of the groups, in increasing order of the codes.
    levels
        Groups of answers by their label; compared exactly first, then without case and punctuation.
    prefixes
        Groups of answers by what their label starts with, such as ``MGR``, the longest first.
    breakpoints, bins
        Bins of a number, left-closed, and their groups: one more than there are breakpoints. A
        label that names a range within one bin is in its group.
    ordered
        Whether the groups have an order that increases with their code.
    source, note
        Where the grouping comes from, and what its users should know.
    author, modified, revision
        Bookkeeping, as in a harmony; revision 0 is one that ships with the program.
    """

    name: str
    title: str
    groups: tuple[tuple[float, str], ...]
    levels: tuple[LevelGroup, ...] = ()
    prefixes: tuple[LevelGroup, ...] = ()
    breakpoints: tuple[float, ...] = ()
    bins: tuple[GroupCode, ...] = ()
    ordered: bool = False
    source: str = ""
    note: str = ""
    author: str = ""
    modified: str = ""
    revision: int = 0

    def __post_init__(self) -> None:
        """Refuse what could not be used.

        Raises
        ------
        InputError
            If the name is none, groups are missing, or bins and breakpoints do not fit.
        """
        super().__post_init__()
        for field in ("levels", "prefixes"):
            items = tuple(
                LevelGroup(item.level, _code(item.group)) for item in getattr(self, field)
            )
            object.__setattr__(self, field, items)
        object.__setattr__(self, "bins", tuple(map(_code, self.bins)))
        object.__setattr__(self, "groups", tuple((float(c), text) for c, text in self.groups))
        object.__setattr__(self, "breakpoints", tuple(map(float, self.breakpoints)))
        check_name(self.name)
        if not self.groups:
            raise InputError(
                "The recode has no groups",
                where=self.name,
                fix="Put at least one answer in a group",
            )
        check_breakpoints(self.breakpoints, where=self.name)
        if len(self.bins) != (len(self.breakpoints) + 1 if self.breakpoints else 0):
            raise InputError(
                f"{len(self.breakpoints)} breakpoints make {len(self.breakpoints) + 1} bins; "
                f"{len(self.bins)} have a group",
                where=self.name,
                fix="Give one group for each bin",
            )
        known = {code for code, _ in self.groups}
        used = (*(item.group for item in (*self.levels, *self.prefixes)), *self.bins)
        for group in used:
            if isinstance(group, float) and group not in known:
                raise InputError(
                    f"Group {group:g} is used but not listed",
                    where=self.name,
                    fix="Add it to the groups, with a name",
                )

    def _title(self) -> str:
        return self.name

    def _facts(self) -> dict[str, object]:
        return {
            "title": self.title,
            "groups": f"{len(self.groups)}{', ordered' if self.ordered else ''}",
            "knows": f"{counted(len(self.levels), 'answer')}, "
            f"{counted(len(self.prefixes), 'section')}, {counted(len(self.bins), 'bin')}",
            "source": self.source,
        }

    @property
    def is_standard(self) -> bool:
        """Whether it ships with the program."""
        return self.revision == 0

    def group_of(self, label: str) -> GroupCode:
        """Return the group of an answer; ``None`` where the recode does not know it.

        Examples
        --------
        >>> ages = Recode("age-2", "Age", ((1, "minor"), (2, "adult")), breakpoints=(18,), bins=(1, 2))
        >>> ages.group_of("65 years or older")
        2.0
        """
        exact, loose, starts = self._lookup
        if label in exact:
            return exact[label]
        key = normalise_label(label)
        if key in loose:
            return loose[key]
        found = next((group for start, group in starts if _starts(key, start)), None)
        return self._bin_of(label) if found is None else found

    @cached_property
    def _lookup(
        self,
    ) -> tuple[dict[str, GroupCode], dict[str, GroupCode], list[tuple[str, GroupCode]]]:
        exact = {item.level: item.group for item in self.levels}
        loose: dict[str, GroupCode] = {}
        for item in self.levels:
            loose.setdefault(normalise_label(item.level), item.group)
        loose.pop("", None)
        starts = [(normalise_label(item.level), item.group) for item in self.prefixes]
        return exact, loose, sorted(starts, key=lambda item: -len(item[0]))

    def _bin_of(self, label: str) -> GroupCode:
        """Return the group of a label that names a range within one bin, or within one group."""
        found = read_range(label) if self.breakpoints else None
        if found is None:
            return None
        groups = {
            group
            for group, edges in zip(self.bins, _edges(self.breakpoints), strict=True)
            if edges[0] < found[1] and found[0] < edges[1]
        }
        return groups.pop() if len(groups) == 1 else None

    @property
    def bin_levels(self) -> tuple[LevelGroup, ...]:
        """The bins as a side's levels, with their groups."""
        return tuple(
            LevelGroup(label, group)
            for label, group in zip(bin_labels(self.breakpoints), self.bins, strict=True)
        )


def _code(group: GroupCode) -> GroupCode:
    """Return a group as it is compared: numbers as floats."""
    return float(group) if isinstance(group, int) else group


def check_name(name: str) -> str:
    """Return the name if it can be one.

    Raises
    ------
    InputError
        If it has other characters than lower-case letters, digits and hyphens, or is too long.
    """
    if not _NAME.fullmatch(name) or len(name) > NAME_LIMIT:
        raise InputError(
            f"'{name}' cannot be the name of a recode",
            fix=f"Use up to {NAME_LIMIT} lower-case letters, digits and hyphens, as in education-5",
        )
    return name


def name_from(title: str) -> str:
    """Return a name for a title: ``Education, 5 classes`` becomes ``education-5-classes``."""
    return normalise_label(title).replace(" ", "-")[:NAME_LIMIT].strip("-")


def recode_of_side(
    harmony: Harmony, side: SideName, *, name: str, title: str, note: str = ""
) -> Recode:
    """Return the grouping of one side of a harmony as a recode.

    Groups without a name get that of their only answer, on this side or the other, or are called by
    their number.

    Raises
    ------
    InputError
        If the side has no groups.
    """
    half = harmony.side(side)
    named = dict(harmony.group_names)
    codes = sorted({float(g.group) for g in half.levels if isinstance(g.group, int | float)})
    if not codes:
        raise InputError(
            f"'{half.variable}' has no groups to save", fix="Put its answers into groups first"
        )
    other = harmony.donor if side == "recipient" else harmony.recipient
    groups = tuple(
        (code, named.get(code) or _called((half.levels, other.levels), code)) for code in codes
    )
    grouped = tuple(item for item in half.levels if item.group is not None)
    return Recode(
        name=name,
        title=title.strip() or name,
        groups=groups,
        levels=() if half.breakpoints else grouped,
        breakpoints=half.breakpoints,
        bins=tuple(item.group for item in half.levels) if half.breakpoints else (),
        ordered=harmony.ordered,
        note=note,
    )


def updated(before: Recode, after: Recode) -> Recode:
    """Return a recode with a new grouping that forgets no answer it knew and no source it had.

    Answers of other surveys and years keep their group as long as it still exists.

    Parameters
    ----------
    before
        The recode as it is.
    after
        The grouping of one side, see `recode_of_side`.
    """
    codes = {code for code, _ in after.groups}
    said = {item.level for item in after.levels}
    kept = [item for item in before.levels if item.level not in said and _lives(item.group, codes)]
    bins_stay = not after.breakpoints and all(_lives(group, codes) for group in before.bins)
    return replace(
        after,
        levels=(*after.levels, *kept),
        prefixes=tuple(item for item in before.prefixes if _lives(item.group, codes)),
        breakpoints=before.breakpoints if bins_stay else after.breakpoints,
        bins=before.bins if bins_stay else after.bins,
        source=before.source,
        note=after.note or before.note,
        revision=before.revision,
    )


def _lives(group: GroupCode, codes: set[float]) -> bool:
    return not isinstance(group, float) or group in codes


def _called(sides: Iterable[Sequence[LevelGroup]], code: float) -> str:
    for levels in sides:
        members = [item.level for item in levels if item.group == code]
        if len(members) == 1:
            return members[0]
    return f"group {code:g}"


def _starts(label: str, start: str) -> bool:
    return label == start or label.startswith(f"{start} ")


def _edges(breakpoints: tuple[float, ...]) -> list[Range]:
    points = (float("-inf"), *breakpoints, float("inf"))
    return list(pairwise(points))


def recode_record(recode: Recode) -> Record:
    """Return the JSON form of a recode."""
    record: Record = {
        "format": FORMAT_VERSION,
        "name": recode.name,
        "title": recode.title,
    }
    record |= {key: getattr(recode, key) for key in ("source", "note") if getattr(recode, key)}
    record["ordered"] = recode.ordered
    record["groups"] = [[_tidy(code), name] for code, name in recode.groups]
    for field in ("prefixes", "levels"):
        items: tuple[LevelGroup, ...] = getattr(recode, field)
        if items:
            record[field] = [[item.level, _tidy(item.group)] for item in items]
    if recode.breakpoints:
        record["breakpoints"] = [_tidy(point) for point in recode.breakpoints]
        record["bins"] = [_tidy(group) for group in recode.bins]
    record |= {key: getattr(recode, key) for key in ("author", "modified") if getattr(recode, key)}
    if recode.revision:
        record["revision"] = recode.revision
    return record


def _tidy(value: GroupCode) -> float | int | str | None:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def read_recode(record: object, *, where: str) -> Recode:
    """Check a JSON record and return the recode it describes.

    Raises
    ------
    CorruptFileError
        Naming the field that is missing, misspelt or of the wrong kind.
    InputError
        If it could not be used.
    """
    fields = RecordReader(record, where, _FIELDS)
    return Recode(
        name=fields.required_text("name"),
        title=fields.required_text("title"),
        groups=fields.each("groups", read_group_name),
        levels=fields.each("levels", read_level_group),
        prefixes=fields.each("prefixes", read_level_group),
        breakpoints=tuple(_number(item, where) for item in fields.items("breakpoints")),
        bins=tuple(read_group(item, f"{where}, bins") for item in fields.items("bins")),
        ordered=fields.boolean("ordered"),
        source=fields.text("source"),
        note=fields.text("note"),
        author=fields.text("author"),
        modified=fields.text("modified"),
        revision=fields.integer("revision") or 0,
    )


def _number(value: object, where: str) -> float:
    found = read_group(value, where)
    if not isinstance(found, float):
        raise corrupt("A number was expected", where)
    return found


__all__ = [
    "NAME_LIMIT",
    "TITLE_LIMIT",
    "Recode",
    "check_name",
    "name_from",
    "read_recode",
    "recode_of_side",
    "recode_record",
    "updated",
]
