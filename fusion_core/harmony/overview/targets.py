"""One recipient variable as all surveys answer it: a row per answer, a column per donor.

Donors ask the same thing in different words. The table lines up what each donor's answers meet, so
that a disagreement shows as two cells side by side. Harmonies of one donor that say the same in
several years of the recipient are one column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fusion_core.harmony.editing import assign
from fusion_core.harmony.model import GroupCode, Harmony, HarmonySet, SideName, SurveyPair, is_group
from fusion_core.records import Checked
from fusion_core.surveys.model import SurveyId
from fusion_core.text_similarity import normalise_label


@dataclass(frozen=True, slots=True)
class TargetPlace(Checked):
    """A saved harmony of a column.

    Attributes
    ----------
    pair
        The pair of surveys.
    key
        Key of the harmony.
    revision
        Its revision when the table was made.
    """

    pair: SurveyPair
    key: str
    revision: int


@dataclass(frozen=True, slots=True)
class TargetGroup(Checked):
    """A group of a column.

    Attributes
    ----------
    code, name
        The group; the name is empty where it has none.
    answers
        The donor's answers in it.
    """

    code: float
    name: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetColumn(Checked):
    """How one donor variable meets the recipient variable, in one or several years of it.

    Attributes
    ----------
    donor, variable
        The donor survey and its variable.
    places
        The harmonies that say so; a change of the column goes to all of them.
    groups
        Its groups, in the order of their codes.
    open_answers
        The donor's answers without a group.
    cells
        The group of every answer of the recipient, by `TargetRow.key`; an answer that no vintage
        of the column has is missing.
    recode
        Name of the recode the recipient's side follows; empty for none.
    """

    donor: SurveyId
    variable: str
    places: tuple[TargetPlace, ...]
    groups: tuple[TargetGroup, ...]
    open_answers: tuple[str, ...]
    cells: Mapping[str, GroupCode]
    recode: str = ""


@dataclass(frozen=True, slots=True)
class TargetRow(Checked):
    """Answers of the recipient that every donor treats alike.

    Attributes
    ----------
    labels
        The answers.
    keys
        What cells name them by: the labels without case and punctuation.
    """

    labels: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def key(self) -> str:
        """What cells name the row by."""
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class TargetTable(Checked):
    """A recipient variable as all donors answer it.

    Attributes
    ----------
    variable
        The recipient variable.
    columns, rows
        What stands in it.
    as_number
        Harmonies that use the variable as a number, and so have no answers to line up.
    """

    variable: str
    columns: tuple[TargetColumn, ...] = ()
    rows: tuple[TargetRow, ...] = ()
    as_number: tuple[TargetPlace, ...] = field(default=())


def target_variables(sets: Iterable[HarmonySet]) -> dict[str, int]:
    """Return the recipient variables with grouped harmonies, and how many, the most used first."""
    counts: dict[str, int] = {}
    for item in sets:
        for harmony in item.harmonies:
            if harmony.recipient.is_grouped:
                name = harmony.recipient.variable
                counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def target_table(sets: Sequence[HarmonySet], variable: str) -> TargetTable:
    """Line up what all donors' answers meet of a recipient variable.

    Parameters
    ----------
    sets
        The harmonies of all pairs.
    variable
        The recipient variable.
    """
    found = [
        (item.pair, harmony)
        for item in sorted(sets, key=lambda one: (str(one.pair.donor), str(one.pair.recipient)))
        for harmony in item.harmonies
        if harmony.recipient.variable == variable
    ]
    grouped = [(pair, harmony) for pair, harmony in found if harmony.recipient.is_grouped]
    labels = _all_labels([harmony for _, harmony in grouped])
    columns: list[TargetColumn] = []
    for pair, harmony in grouped:
        column = _column(pair, harmony)
        same = next((at for at, item in enumerate(columns) if _agree(item, column)), None)
        if same is None:
            columns.append(column)
        else:
            columns[same] = _joined(columns[same], column)
    return TargetTable(
        variable,
        tuple(columns),
        _rows(labels, columns),
        tuple(_place(pair, h) for pair, h in found if not h.recipient.is_grouped),
    )


def regroup(
    harmony: Harmony, side: SideName, answers: Collection[str], group: GroupCode
) -> Harmony:
    """Put answers into a group, compared without case and punctuation; absent ones do not matter.

    Parameters
    ----------
    harmony
        The harmony.
    side
        The side whose answers they are.
    answers
        The answers.
    group
        Their group.
    """
    wanted = set(map(normalise_label, answers))
    chosen = [i.level for i in harmony.side(side).levels if normalise_label(i.level) in wanted]
    return assign(harmony, side, chosen, group)


def _all_labels(harmonies: Iterable[Harmony]) -> dict[str, str]:
    """Return the labels of all vintages by their key, each behind the one it stands behind."""
    order: list[str] = []
    shown: dict[str, str] = {}
    for harmony in harmonies:
        before = -1
        for item in harmony.recipient.levels:
            key = normalise_label(item.level)
            if key in shown:
                before = order.index(key)
                continue
            shown[key] = item.level
            before += 1
            order.insert(before, key)
    return {key: shown[key] for key in order}


def _column(pair: SurveyPair, harmony: Harmony) -> TargetColumn:
    answers: dict[float, list[str]] = {code: [] for code in harmony.recipient.group_codes}
    for item in harmony.donor.levels:
        if isinstance(item.group, int | float):
            answers.setdefault(float(item.group), []).append(item.level)
    names = dict(harmony.group_names)
    return TargetColumn(
        pair.donor,
        harmony.donor.variable,
        (_place(pair, harmony),),
        tuple(TargetGroup(c, names.get(c, ""), tuple(answers[c])) for c in sorted(answers)),
        tuple(item.level for item in harmony.donor.levels if item.group is None),
        {normalise_label(item.level): item.group for item in harmony.recipient.levels},
        harmony.recipient.recode,
    )


def _place(pair: SurveyPair, harmony: Harmony) -> TargetPlace:
    return TargetPlace(pair, harmony.key, harmony.revision)


def _agree(one: TargetColumn, other: TargetColumn) -> bool:
    """Whether two vintages of a donor's harmony say the same with the same codes."""
    if (one.donor, one.variable, one.recode) != (other.donor, other.variable, other.recode):
        return False
    if (one.groups, one.open_answers) != (other.groups, other.open_answers):
        return False
    return all(other.cells.get(key, group) == group for key, group in one.cells.items())


def _joined(one: TargetColumn, other: TargetColumn) -> TargetColumn:
    return TargetColumn(
        one.donor,
        one.variable,
        (*one.places, *other.places),
        one.groups,
        one.open_answers,
        {**other.cells, **one.cells},
        one.recode,
    )


def _rows(labels: Mapping[str, str], columns: Sequence[TargetColumn]) -> tuple[TargetRow, ...]:
    """Put answers into one row that every column treats alike; open ones stay by themselves."""
    together: dict[tuple[object, ...], list[str]] = {}
    for key in labels:
        cells = tuple(column.cells.get(key, "absent") for column in columns)
        decided = any(is_group(cell) for cell in cells if not isinstance(cell, str))
        together.setdefault(cells if decided else (key,), []).append(key)
    return tuple(
        TargetRow(tuple(labels[key] for key in keys), tuple(keys)) for keys in together.values()
    )


__all__ = [
    "TargetColumn",
    "TargetGroup",
    "TargetPlace",
    "TargetRow",
    "TargetTable",
    "regroup",
    "target_table",
    "target_variables",
]
