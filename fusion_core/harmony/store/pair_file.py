"""The file of a pair of surveys: its harmonies, the revisions of deleted ones, and their reviews.

One JSON object, in format version 2::

    {"format": 2, "donor": "RECS_2015", "recipient": "ACS_2015",
     "harmonies": {"numchild__agep": {"donor": {…}, "recipient": {…}, "ordered": false, …}},
     "deleted": {"key": last revision},
     "reviews": {"key": [{"when": …, "who": …, "verdict": "reviewed", "revision": 3}]}}

Version 1 had no reviews and is read as it is; the next save writes version 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from fusion_core.errors import CorruptFileError
from fusion_core.harmony.model import (
    Harmony,
    Record,
    SurveyPair,
    harmony_record,
    read_harmony,
    render,
)
from fusion_core.harmony.store.history import HistoryEntry
from fusion_core.harmony.store.review import Remark, Review, read_remark, remark_record, review_of
from fusion_core.records import Checked
from fusion_core.workspace.files import check_writable, read_json

FORMAT_VERSION: Final = 2
READABLE_VERSIONS: Final = (1, 2)
_FIELDS: Final = frozenset({"format", "donor", "recipient", "harmonies", "deleted", "reviews"})


@dataclass(frozen=True)
class PairContents(Checked):
    """What the file of a pair holds.

    Attributes
    ----------
    harmonies
        The harmonies by key.
    deleted
        The revision under which a key was deleted; revisions of a new harmony go on from there.
    reviews
        What was said about a harmony, oldest first, by key; kept when it is deleted.
    """

    harmonies: Mapping[str, Harmony] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)
    reviews: Mapping[str, tuple[Remark, ...]] = field(default_factory=dict)

    def revision(self, key: str) -> int:
        """Return the last revision given to a key; 0 when it was never used."""
        current = self.harmonies.get(key)
        return current.revision if current is not None else self.deleted.get(key, 0)

    def review(self, key: str) -> Review:
        """Tell where the review of a saved harmony stands."""
        return review_of(self.reviews.get(key, ()), self.revision(key))

    def after(self, entry: HistoryEntry) -> PairContents:
        """Return the contents after a change."""
        if entry.remark is not None:
            said = (*self.reviews.get(entry.key, ()), entry.remark)
            return replace(self, reviews={**self.reviews, entry.key: said})
        harmonies, deleted = dict(self.harmonies), dict(self.deleted)
        if entry.after is None:
            harmonies.pop(entry.key, None)
            deleted[entry.key] = entry.revision
        else:
            harmonies[entry.key] = entry.after
            deleted.pop(entry.key, None)
        return replace(self, harmonies=harmonies, deleted=deleted)

    def includes(self, entry: HistoryEntry) -> bool:
        """Whether a change of the history has reached the file."""
        if entry.remark is not None:
            return entry.remark in self.reviews.get(entry.key, ())
        return entry.revision <= self.revision(entry.key)


def render_pair(pair: SurveyPair, contents: PairContents) -> str:
    """Return the text of the file.

    Raises
    ------
    InputError
        If a number or text of it cannot be written.
    """
    record: Record = {
        "format": FORMAT_VERSION,
        "donor": str(pair.donor),
        "recipient": str(pair.recipient),
        "harmonies": {
            key: harmony_record(contents.harmonies[key]) for key in sorted(contents.harmonies)
        },
    }
    if contents.deleted:
        record["deleted"] = dict(sorted(contents.deleted.items()))
    if contents.reviews:
        record["reviews"] = {
            key: [remark_record(remark) for remark in remarks]
            for key, remarks in sorted(contents.reviews.items())
        }
    text = render(record) + "\n"
    check_writable(text, where=pair.title)
    return text


def read_pair(path: Path, pair: SurveyPair) -> PairContents:
    """Read the file; nothing where there is none.

    Raises
    ------
    CorruptFileError
        If it is damaged, of another pair, or written by a newer version.
    """
    if not path.exists():
        return PairContents()
    record = _read_record(path)
    unknown = sorted(set(record) - _FIELDS)
    if unknown:
        raise _damaged(f"There is no field '{unknown[0]}'", path)
    if (record.get("donor"), record.get("recipient")) != (str(pair.donor), str(pair.recipient)):
        raise _damaged("The file belongs to another pair of surveys", path)
    written, deleted = record.get("harmonies"), record.get("deleted", {})
    if not isinstance(written, dict) or not isinstance(deleted, dict):
        raise _damaged("The file holds no harmonies", path)
    if not all(isinstance(value, int) for value in deleted.values()):
        raise _damaged("A deleted revision is not a number", path)
    harmonies = {key: _harmony(key, item, path) for key, item in written.items()}
    # Keys as they are today; what was said of a harmony goes with it.
    today = {key: harmony.key for key, harmony in harmonies.items()}
    reviews = _reviews(record.get("reviews", {}), path)
    return PairContents(
        {harmony.key: harmony for harmony in harmonies.values()},
        {str(key): int(value) for key, value in deleted.items()},
        {today.get(key, key): remarks for key, remarks in reviews.items()},
    )


def _read_record(path: Path) -> Record:
    try:
        record = read_json(path)
    except CorruptFileError as error:
        raise _damaged(error.what, path) from error
    except RecursionError as error:
        raise _damaged("The file is nested too deeply", path) from error
    if record.get("format") not in READABLE_VERSIONS:
        raise CorruptFileError(
            f"The harmonies are stored in format {record.get('format')!r}, "
            f"this version reads {' and '.join(map(str, READABLE_VERSIONS))}",
            where=str(path),
            fix="Update the program",
        )
    return record


def _harmony(key: str, record: object, path: Path) -> Harmony:
    harmony = read_harmony(record, where=f"{path}, {key}")
    if key != harmony.key and not harmony.has_earlier_key(key):
        raise _damaged(f"'{key}' holds the harmony '{harmony.key}'", path)
    return harmony


def _reviews(record: object, path: Path) -> dict[str, tuple[Remark, ...]]:
    if not isinstance(record, dict) or not all(isinstance(item, list) for item in record.values()):
        raise _damaged("The reviews are not in the expected form", path)
    return {
        key: tuple(read_remark(item, where=f"{path}, review of {key}") for item in items)
        for key, items in record.items()
    }


def _damaged(what: str, path: Path) -> CorruptFileError:
    return CorruptFileError(
        what,
        where=str(path),
        fix="Rebuild it from its history on the Harmonize page or with `harmony harmonies recover`;"
        " nothing was changed",
    )


__all__ = ["FORMAT_VERSION", "READABLE_VERSIONS", "PairContents", "read_pair", "render_pair"]
