"""Known answers on disk: three Parquet tables, ``known_answers.json``, and ``area_rule.json``."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fusion_core.arguments import PathLike, path_of, require_type
from fusion_core.errors import CorruptFileError
from fusion_core.validation.known_answers.known_answers import KnownAnswers
from fusion_core.validation.known_answers.settings import KnownAnswerSettings
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.folders import own_files, replace_folder
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.estimates.variance import AreaRule

FORMAT_VERSION: Final = 2
_WITHOUT_REGIONS: Final = 1
"""Written before regions had a part: without `KnownAnswers.seen` and where areas lie."""
KNOWN_ANSWERS: Final = "known_answers"
"""Folder within that of a run's validation."""
_FILE: Final = "known_answers.json"
_TABLES: Final = ("areas", "hidden", "seen")
RULE_FILE: Final = "area_rule.json"
_OWN: Final = own_files(rf"(known_answers|area_rule)\.json|({'|'.join(_TABLES)})\.parquet")


def write_known_answers(
    answers: KnownAnswers,
    folder: PathLike,
    *,
    settings: KnownAnswerSettings,
    rule: AreaRule,
    fingerprint: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """Write known answers; earlier ones are replaced once the new ones are complete.

    Parameters
    ----------
    answers
        What came out.
    folder
        Where to.
    settings
        How they were asked for.
    rule
        What they teach of other variables (`learn_rule`), for whoever estimates.
    fingerprint
        What they were computed from, see `fusion_core.validation.report.fingerprint_files`.
    facts
        More to remember, such as the seconds it took.

    Raises
    ------
    InputError
        If the disk is full or the folder cannot be written; earlier ones are kept.
    """
    require_type(answers, KnownAnswers, "answers", fix="Make them with ask_known_answers")
    record = {
        "format": FORMAT_VERSION,
        "settings": dataclasses.asdict(settings),
        "notes": list(answers.notes),
        "fingerprint": fingerprint,
        "facts": facts or {},
    }
    with replace_folder(path_of(folder, "folder"), _OWN, what="the known answers") as new:
        for name in _TABLES:
            write_table(getattr(answers, name), new / f"{name}.parquet")
        write_json({"format": FORMAT_VERSION, **rule.to_record()}, new / RULE_FILE)
        write_json(record, new / _FILE)


def has_known_answers(folder: Path) -> bool:
    """Whether known answers are in a folder."""
    return (folder / _FILE).is_file()


def read_known_answers(folder: PathLike) -> KnownAnswers:
    """Read known answers.

    Parameters
    ----------
    folder
        Where `write_known_answers` wrote them.

    Raises
    ------
    CorruptFileError
        If a file is missing, damaged or of an unknown format version.
    """
    folder = path_of(folder, "folder")
    record = _record(folder)
    is_earlier = record["format"] == _WITHOUT_REGIONS
    tables = {
        name: read_table(
            folder / f"{name}.parquet",
            what="A table of the known answers",
            fix="Ask for them again",
        )
        for name in (_TABLES[:-1] if is_earlier else _TABLES)
    }
    if is_earlier:
        tables["areas"] = tables["areas"].assign(region=-1, apart=np.nan)
    return KnownAnswers(notes=tuple(record["notes"]), **tables)


def read_known_facts(folder: Path) -> dict[str, Any]:
    """Return what was remembered of known answers, with their ``fingerprint``.

    Raises
    ------
    CorruptFileError
        If the record is missing, damaged or of an unknown format version.
    """
    record = _record(folder)
    return {**record["facts"], "settings": record["settings"], "fingerprint": record["fingerprint"]}


def _record(folder: Path) -> dict[str, Any]:
    path = folder / _FILE
    record = read_json(path)
    if record.get("format") not in {FORMAT_VERSION, _WITHOUT_REGIONS}:
        raise CorruptFileError(
            "The known answers were written by another version",
            where=str(path),
            fix="Ask for them again",
        )
    return record
