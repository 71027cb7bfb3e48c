"""Take over harmonies from fusionData's published ``.R`` files, JSON copies of them, or our own JSON.

A file is read as literals and never evaluated. What cannot be expressed here is kept as it is and
reported by name, so that a person can finish it (`fusion_core.harmony.fusiondata.writing` is the way
back).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from fusion_core.arguments import PathLike
from fusion_core.errors import ExpressionError, InputError
from fusion_core.harmony.fusiondata.files import (
    FileEntry,
    HarmonyFile,
    PlainEntry,
    as_list,
    read_harmony_file,
)
from fusion_core.harmony.fusiondata.r_adjustments import Translation, translate_adjustment
from fusion_core.harmony.model import (
    DROP,
    Aggregator,
    GroupCode,
    Harmony,
    HarmonySet,
    LevelGroup,
    Side,
    SideName,
    SurveyPair,
    check_breakpoints,
    possible_pairs,
    split_key,
)
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, RespondentLevel

Status = Literal["imported", "translated", "flagged", "skipped"]
"""What became of an entry: taken over as it is; with an adjustment written anew; with something a
person must finish; not at all."""

_AGGREGATORS: Final[dict[str, Aggregator]] = {
    "": "automatic",
    "reference": "reference",
    "sum": "sum",
    "min": "minimum",
    "max": "maximum",
    "mean": "mean",
    "median": "median",
    "any": "any",
}


@dataclass(frozen=True, slots=True)
class ImportedEntry(Checked):
    """What became of one entry of a file.

    Attributes
    ----------
    key
        Name of the entry.
    harmony
        The harmony, or ``None`` where it could not be read.
    remarks
        What is worth knowing, one sentence each; of an entry that was skipped, why.
    todo
        What a person must do before the harmony is right, one sentence each.
    translations
        Adjustments that were translated: R text and what it became.
    """

    key: str
    harmony: Harmony | None
    remarks: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> Status:
        """What became of the entry, in one word."""
        if self.harmony is None:
            return "skipped"
        if self.todo:
            return "flagged"
        return "translated" if self.translations else "imported"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The harmonies of a file and a report on every entry.

    Attributes
    ----------
    pair
        Donor and recipient, from the file's name or content.
    entries
        One per entry of the file, in its order.
    remarks
        What is to be said of the file as a whole.
    """

    pair: SurveyPair
    entries: tuple[ImportedEntry, ...]
    remarks: tuple[str, ...] = ()

    @property
    def harmonies(self) -> tuple[Harmony, ...]:
        """The harmonies that could be read."""
        return tuple(entry.harmony for entry in self.entries if entry.harmony is not None)

    @property
    def harmony_set(self) -> HarmonySet:
        """The harmonies with their pair."""
        return HarmonySet(self.pair, self.harmonies)


@dataclass(frozen=True, slots=True)
class _Known:
    """Where to look up which variables belong to persons."""

    dictionaries: Mapping[SideName, Dictionary | None]
    persons: frozenset[str]

    def respondent(self, side: SideName, variable: str) -> tuple[RespondentLevel, str]:
        """Return the level of a variable and what is to be done about it."""
        dictionary = self.dictionaries[side]
        if dictionary is not None and variable in dictionary:
            return dictionary[variable].respondent, ""
        guess: RespondentLevel = (
            "person" if side == "recipient" and variable in self.persons else "household"
        )
        if dictionary is None:
            return guess, ""
        error = InputError.unknown("variable", variable, dictionary)
        return guess, f"Choose another {side} variable: {error}"


def read_harmonies(
    path: PathLike, *, donor: Dictionary | None = None, recipient: Dictionary | None = None
) -> ImportResult:
    """Read a harmony file: fusionData's ``.R``, a JSON copy of one, or JSON exported here.

    Parameters
    ----------
    path
        The file; an ``.R`` file is named ``DONOR_VINTAGE__ACS_VINTAGE.R``.
    donor, recipient
        Dictionaries that say which variables belong to persons; without them a variable is taken
        for a person variable where the file aggregates it.

    Raises
    ------
    InputError
        If the file is missing, cut off or no list of harmonies. An odd entry is no reason to
        refuse it: the entry is skipped and reported.
    """
    return interpret(read_harmony_file(path), donor=donor, recipient=recipient)


def interpret(
    file: HarmonyFile, *, donor: Dictionary | None = None, recipient: Dictionary | None = None
) -> ImportResult:
    """Make harmonies of the entries of a file; see `read_harmonies`."""
    dictionaries: dict[SideName, Dictionary | None] = {"donor": donor, "recipient": recipient}
    persons = frozenset(
        _variables(key, dictionaries)[1]
        for key, plain in file.plain.items()
        if plain["acs"].get("agg")
    )
    known = _Known(dictionaries, persons)
    return ImportResult(
        file.pair, tuple(_imported(entry, known) for entry in file.entries), file.remarks
    )


def _variables(key: str, known: Mapping[SideName, Dictionary | None]) -> tuple[str, str]:
    """Return the variables an entry is named after: those that exist, where several are possible."""
    donors, recipients = known["donor"], known["recipient"]
    for donor, recipient in [split_key(key), *possible_pairs(key)]:
        if (donors is None or donor in donors) and (recipients is None or recipient in recipients):
            return donor, recipient
    return split_key(key)


def _imported(entry: FileEntry, known: _Known) -> ImportedEntry:
    if entry.plain is None:
        if entry.harmony is None:
            return ImportedEntry(entry.key, None, (_sentence(entry.problem),))
        return _whole(entry.harmony, known)
    try:
        return _entry(entry.key, entry.plain, known)
    except InputError as error:
        return ImportedEntry(entry.key, None, (str(error),))


def _whole(harmony: Harmony, known: _Known) -> ImportedEntry:
    """Take a harmony over that was written by this project."""
    for side in (harmony.donor, harmony.recipient):
        if len({item.level for item in side.levels}) < len(side.levels):
            problem = f"A level of '{side.variable}' is listed twice."
            return ImportedEntry(harmony.key, None, (problem,))
    sides: tuple[tuple[SideName, str], ...] = (
        ("donor", harmony.donor.variable),
        ("recipient", harmony.recipient.variable),
    )
    todo = [known.respondent(side, variable)[1] for side, variable in sides]
    return ImportedEntry(harmony.key, harmony, todo=tuple(item for item in todo if item))


@dataclass(slots=True)
class _Notes:
    """What is said of an entry while its sides are read."""

    start: str = ""
    remarks: list[str] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)
    translations: list[tuple[str, str]] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        self.remarks.append(self.start + sentence)

    def ask(self, sentence: str) -> None:
        self.todo.append(self.start + sentence)


def _entry(key: str, plain: PlainEntry, known: _Known) -> ImportedEntry:
    first, second = _variables(key, known.dictionaries)
    if not first or not second:
        raise InputError(
            f"'{key}' does not name two variables", fix="Name entries like numchild__agep"
        )
    notes = _Notes()
    halves: tuple[tuple[SideName, str, PlainEntry], ...] = (
        ("donor", first, plain["donor"]),
        ("recipient", second, plain["acs"]),
    )
    sides = []
    for name, variable, half in halves:
        respondent, unknown = known.respondent(name, variable)
        notes.todo += [unknown] if unknown else []
        notes.start = f"{name.capitalize()}: "
        sides.append(_side(half, variable, respondent, notes))
    harmony = Harmony(
        donor=sides[0],
        recipient=sides[1],
        ordered=plain.get("ordered") is True,
        comment=plain.get("comment") or "",
        modified=(plain.get("modified") or "").replace(" ", "T", 1),
    )
    return ImportedEntry(
        key, harmony, tuple(notes.remarks), tuple(notes.todo), tuple(notes.translations)
    )


def _side(record: PlainEntry, variable: str, respondent: RespondentLevel, notes: _Notes) -> Side:
    """Return a side; what is to be said of it goes into the notes."""
    text = str(record.get("adj") or "").strip()
    translation = Translation()
    if text:
        try:
            translation = translate_adjustment(text, variable)
        except ExpressionError as error:
            notes.ask(
                f"the adjustment is kept as written in R; rewrite it as an expression. {error}"
            )
            translation = Translation(adjustment=text)
        else:
            written = translation.adjustment or f"asked where {translation.universe}"
            notes.translations.append((text, written))
    side = _built(record, variable, respondent, translation)
    side = replace(side, levels=_merged(side, notes))
    side = _outside_filled(side, record, translation, notes)
    if any(item.group is None for item in side.levels):
        levels = [item.level for item in side.levels if item.group is None]
        notes.say(f"rows with {', '.join(repr(level) for level in levels)} are dropped (NA)")
        dropped = tuple(
            LevelGroup(item.level, DROP) if item.group is None else item for item in side.levels
        )
        side = replace(side, levels=dropped)
    if side.breakpoints:
        notes.todo += [notes.start + sentence for sentence in _bins_to_mend(side)]
    return side


def _outside_filled(
    side: Side, record: PlainEntry, translation: Translation, notes: _Notes
) -> Side:
    """Say where the rows outside the universe go, and decide it where R does."""
    if not translation.outside_level:
        return side
    others = f"rows for which not ({translation.universe})"
    if side.outside_universe is not None:
        notes.say(f"{others} are in the group of '{translation.outside_level}'")
        return side
    if translation.outside_level in as_list(record.get("levels")):
        notes.say(f"{others} are dropped (NA)")
        return replace(side, outside_universe=DROP)
    notes.ask(f"'{translation.outside_level}' has no group; choose one for {others}")
    return side


def _bins_to_mend(side: Side) -> list[str]:
    """Say what is wrong with breakpoints that are kept as they are."""
    try:
        check_breakpoints(side.breakpoints)
    except InputError as error:
        return [f"set the breakpoints again. {error}"]
    if len(side.levels) == len(side.breakpoints) + 1:
        return []
    sentence = (
        "breakpoints are set although levels are listed; fusionData bins the positions of the "
        "labels. Remove the breakpoints"
    )
    return [sentence]


def _merged(side: Side, notes: _Notes) -> tuple[LevelGroup, ...]:
    """Keep a level that is listed twice once, if both times it has the same group."""
    groups: dict[str, GroupCode] = {}
    for item in side.levels:
        if item.level in groups and (side.breakpoints or groups[item.level] != item.group):
            raise InputError(
                f"The level '{item.level}' is listed twice",
                where=side.variable,
                fix="Remove one of the two from the file",
            )
        if item.level in groups:
            notes.say(f"'{item.level}' is listed twice with the same group; one was kept")
        groups[item.level] = item.group
    return tuple(LevelGroup(level, group) for level, group in groups.items())


def _sentence(problem: str) -> str:
    return problem if problem[-1:] == "." else f"{problem[:1].upper()}{problem[1:]}."


def _built(
    record: Mapping[str, Any], variable: str, respondent: RespondentLevel, translation: Translation
) -> Side:
    groups, labels = (
        as_list(record.get("groups")),
        [str(item) for item in as_list(record.get("levels"))],
    )
    codes: list[GroupCode] = [None if code is None else float(code) for code in groups]
    levels = [LevelGroup(level, code) for level, code in zip(labels, codes, strict=True)]
    outside: GroupCode = None
    if translation.outside_level:
        outside = next((i.group for i in levels if i.level == translation.outside_level), None)
        if translation.adds_level:
            levels = [item for item in levels if item.level != translation.outside_level]
    aggregator = _text(record.get("agg"))
    if aggregator not in _AGGREGATORS:
        raise InputError(
            f"The aggregator '{aggregator}' is unknown",
            where=variable,
            fix=f"Use one of {', '.join(name for name in _AGGREGATORS if name)}",
        )
    return Side(
        variable=variable,
        respondent=respondent,
        adjustment=translation.adjustment,
        breakpoints=tuple(float(item) for item in as_list(record.get("breaks"))),
        levels=() if len(groups) == 1 else tuple(levels),
        aggregator=_AGGREGATORS[aggregator],
        universe=translation.universe,
        outside_universe=outside,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


__all__ = [
    "ImportResult",
    "ImportedEntry",
    "Status",
    "interpret",
    "read_harmonies",
]
