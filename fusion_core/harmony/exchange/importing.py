"""Bring harmony files into a workspace: first a plan of what would happen, then the saving.

Each file stands on its own. One that cannot be read, or is about surveys that are not there, says
so and keeps nothing of the others from coming in. Harmonies that exist already are left as they are
unless the file is told to win; then they get a new revision, and the history holds the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from fusion_core.errors import HarmonyError, InputError
from fusion_core.harmony.editing import Change, harmony_changes
from fusion_core.harmony.fusiondata import ImportedEntry, interpret, read_harmony_file
from fusion_core.harmony.model import Harmony, SurveyPair
from fusion_core.harmony.store import HarmonyStore
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, SurveyId

DictionaryOf = Callable[[SurveyId], Dictionary | None]
"""Returns a survey's dictionary, or ``None`` where it is not at hand."""

Standing = Literal["new", "same", "different", "none"]
"""How a harmony of a file stands to the workspace; ``none`` for an entry that is skipped."""

Outcome = Literal["added", "replaced", "kept", "same", "skipped"]
"""What became of it: ``kept`` means that the workspace's own was left as it is."""


@dataclass(frozen=True, slots=True)
class PlannedEntry(Checked):
    """One entry of a file beside what the workspace holds.

    Attributes
    ----------
    entry
        What was read.
    standing
        Whether the workspace has this harmony already.
    changes
        Where the file's harmony differs from the workspace's: before is what is stored.
    """

    entry: ImportedEntry
    standing: Standing
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedFile(Checked):
    """What importing a file would do.

    Attributes
    ----------
    name
        The file.
    pair
        The surveys it is about; ``None`` where it could not be read.
    entries
        Its entries in their order.
    remarks
        What is to be said of the file as a whole.
    error
        Why nothing of it can be imported; ``None`` otherwise.
    """

    name: str
    pair: SurveyPair | None = None
    entries: tuple[PlannedEntry, ...] = ()
    remarks: tuple[str, ...] = ()
    error: HarmonyError | None = field(default=None, compare=False)

    def count(self, standing: Standing) -> int:
        """Return how many entries stand so to the workspace."""
        return sum(item.standing == standing for item in self.entries)


def plan_import(
    path: Path, folder: Path, dictionary_of: DictionaryOf, *, needs_surveys: bool = False
) -> PlannedFile:
    """Read a file and compare it with what the workspace holds; nothing is saved.

    Parameters
    ----------
    path
        A fusionData ``.R`` file, a JSON copy of one, or JSON exported here.
    folder
        The workspace.
    dictionary_of
        Where to find dictionaries; they say which variables belong to persons.
    needs_surveys
        Whether a file about surveys the workspace does not have is refused rather than remarked on.
    """
    try:
        file = read_harmony_file(path)
        pair = file.pair
        known = {survey: dictionary_of(survey) for survey in (pair.donor, pair.recipient)}
        read = interpret(file, donor=known[pair.donor], recipient=known[pair.recipient])
        stored = {item.key: item for item in HarmonyStore(folder, read.pair).load().harmonies}
    except HarmonyError as error:
        return PlannedFile(path.name, error=error)
    absent = [survey.title for survey, dictionary in known.items() if dictionary is None]
    remarks, named = read.remarks, " and no ".join(absent)
    if absent and needs_surveys:
        refusal = InputError(
            f"The file is about {read.pair.title}, but the workspace has no {named}",
            fix="Import that survey, or its dictionary, on the Surveys page first",
        )
        return PlannedFile(path.name, read.pair, error=refusal)
    if absent:
        remarks += (f"The workspace has no {named}, so its variables could not be checked",)
    entries = tuple(_planned(entry, stored) for entry in read.entries)
    return PlannedFile(path.name, read.pair, entries, remarks)


def _planned(entry: ImportedEntry, stored: Mapping[str, Harmony]) -> PlannedEntry:
    if entry.harmony is None:
        return PlannedEntry(entry, "none")
    existing = stored.get(entry.key)
    if existing is None:
        return PlannedEntry(entry, "new")
    changes = tuple(harmony_changes(existing, entry.harmony))
    return PlannedEntry(entry, "different" if changes else "same", changes)


def carry_out(
    plan: PlannedFile, folder: Path, *, author: str, replace: bool = False
) -> dict[int, Outcome]:
    """Save what a plan says.

    Parameters
    ----------
    plan
        What `plan_import` returned.
    folder
        The workspace.
    author
        Who imports.
    replace
        Whether the file wins where the workspace has another version of a harmony.

    Returns
    -------
    dict
        What became of each entry, by its position in the plan.

    Raises
    ------
    InputError
        If the file of the pair is damaged or cannot be written; nothing of this file is saved then.
    """
    wanted: set[Standing] = {"new", "different"} if replace else {"new"}
    harmonies = [
        item.entry.harmony
        for item in plan.entries
        if item.entry.harmony is not None and item.standing in wanted
    ]
    saved: set[str] = set()
    if harmonies and plan.pair is not None:
        store = HarmonyStore(folder, plan.pair)
        found = store.save_all(harmonies, author=author, replace_existing=replace)
        saved = {harmony.key for harmony in found}
    return {
        place: _outcome(item, item.entry.key in saved) for place, item in enumerate(plan.entries)
    }


def _outcome(item: PlannedEntry, saved: bool) -> Outcome:
    if saved and item.standing in {"new", "different"}:
        return "added" if item.standing == "new" else "replaced"
    # A new one that was not saved met one that someone else saved since the plan was made.
    return _UNSAVED[item.standing]


_UNSAVED: Final[dict[Standing, Outcome]] = {
    "new": "kept",
    "different": "kept",
    "same": "same",
    "none": "skipped",
}


__all__ = [
    "DictionaryOf",
    "Outcome",
    "PlannedEntry",
    "PlannedFile",
    "Standing",
    "carry_out",
    "plan_import",
]
