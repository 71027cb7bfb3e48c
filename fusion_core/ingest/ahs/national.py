"""Read the AHS national public use file, 2015 to 2023, as the Census Bureau publishes it.

``household.csv`` and ``person.csv``, alone or in the ZIP of the release, hold codes in single
quotation marks; −6 and N are "not applicable", −9 and M "not reported". Households are the occupied
units (``INTSTATUS`` 1). ``CONTROL`` identifies them; persons carry the weight of their household.
Edit flags (J…) and the weights of the split samples are left out.

Variance: successive differences with 160 replicates, ``REPWEIGHT1`` … ``REPWEIGHT160``, 4/160
Σ (θ_r − θ)² (Census Bureau, "Getting Started with the AHS PUF: 2015 and Beyond").
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.ahs._codebook import SPECIAL, bare_code, read_ahs_codebook, with_own
from fusion_core.ingest.families import (
    check_persons,
    has_replicates,
    has_table,
    joined,
    numbers_or_nan,
    require_columns,
    table_in,
    with_reference_first,
)
from fusion_core.ingest.generic import Choices, CodebookEntry, LoadedTable, read_loaded
from fusion_core.ingest.reader import (
    CODEBOOKS,
    TABLES,
    FileSlot,
    ImportRequest,
    Progress,
    PublishedTotal,
    Reader,
    say_nothing,
)
from fusion_core.ingest.tables import ProblemLog, RawTable, key_texts
from fusion_core.surveys.model import PERSON_KEY, Survey, SurveyDescription, SurveyId

if TYPE_CHECKING:
    from numpy.typing import NDArray

EDITIONS: Final = ("2015", "2017", "2019", "2021", "2023")
REPLICATES: Final = 160
KEY: Final = "CONTROL"
_WEIGHT: Final = "WEIGHT"
_PERSON: Final = "PLINE"
_NAMES: Final = {"household": r"(household|ahs\d{4}n)\.csv", "person": r"person\.csv"}
_OCCUPIED: Final = "1"
_SPLIT: Final = re.compile(r"SP[12](REP)?WEIGHT\d*")
_YEAR: Final = re.compile(r"20(15|17|19|21|23)")


def read_ahs(
    household: PathLike,
    *,
    vintage: str,
    person: PathLike | None = None,
    codebook: PathLike | None = None,
    name: str = "AHS",
    title: str = "",
    progress: Progress = say_nothing,
) -> Survey:
    """Read the national public use file.

    Parameters
    ----------
    household, person
        The files, or the ZIP or folder of the release in place of the first.
    vintage
        ``"2015"``, ``"2017"`` … ``"2023"``.
    codebook
        Codes and labels: what the Census Bureau's codebook page exports, or a table with variable,
        code and label. What it does not describe, the package does for some variables; other codes
        stay codes.
    name, title
        Short and full name of the survey.
    progress
        Told the share done, from 0 to 1, and what is being done.

    Raises
    ------
    FileProblemsError
        Listing everything that is wrong with the files.
    InputError
        If a file cannot be read, or the vintage is none of the national survey's.
    """
    survey = SurveyId(name, vintage)
    if vintage not in EDITIONS:
        raise InputError.unknown("edition of the AHS", vintage, EDITIONS)
    household = path_of(household, "household")
    entries = {} if codebook is None else read_ahs_codebook(path_of(codebook, "codebook"), vintage)
    progress(0.0, f"Reading {household.name}")
    log = ProblemLog()
    homes = _read_table(household, "household", "household file", vintage, log)
    require_columns(homes, (KEY, _WEIGHT), "household file of the national survey since 2015", log)
    names = [f"REPWEIGHT{index}" for index in range(1, REPLICATES + 1)]
    complete = has_replicates(homes, names, log)
    log.raise_errors()
    homes, notes = _occupied(homes)
    entries, homes, unknown = with_own(entries, homes)
    notes += unknown
    person = household if person is None and has_table(household, _NAMES["person"]) else person
    persons = None
    if person is not None:
        progress(0.5, "Reading persons")
        persons, said = _persons(path_of(person, "person"), homes, entries, vintage, log)
        notes += said
    if not complete:
        notes.append(
            "The file lacks the 160 replicate weights: margins follow from the weight alone."
        )
    progress(0.7, "Converting the columns")
    choices = Choices(
        key=KEY,
        weight=_WEIGHT,
        replicates=("REPWEIGHT",) if complete else ("-",),
        design="sdr" if complete else "",
    )
    return read_loaded(
        LoadedTable(homes, _with_special(homes, entries)),
        None if persons is None else LoadedTable(persons, _with_special(persons, entries)),
        description=SurveyDescription(
            survey,
            title or f"American Housing Survey {vintage}, national public use file",
            f"U.S. Census Bureau, American Housing Survey {vintage}: {household.name}",
            price_year=int(vintage),
            notes=tuple(notes),
        ),
        choices=choices,
        person_choices=Choices(
            key=KEY,
            person_number=PERSON_KEY,
            weight=_WEIGHT,
            replicates=("-",),
        ),
    )


def _with_special(table: RawTable, entries: dict[str, CodebookEntry]) -> dict[str, CodebookEntry]:
    """Return what is known of each column, with the codes every variable of the survey has."""
    names = [str(name) for name in table.frame.columns if "WEIGHT" not in str(name)]
    known = [entries.get(name.lower(), CodebookEntry(name)) for name in names]
    return {
        entry.name.lower(): dataclasses.replace(entry, kinds=SPECIAL | entry.kinds)
        for entry in known
    }


def _read_table(path: Path, slot: str, what: str, vintage: str, log: ProblemLog) -> RawTable:
    table = table_in(path, _NAMES[slot], what, keep=lambda name: not _SPLIT.fullmatch(name))
    years = {match.group(0) for match in _YEAR.finditer(f"{path.name} {table.parts[0].name}")}
    if years and vintage not in years:
        log.add(
            f"The name of the {what} says {min(years)}, the survey is to be {vintage}",
            file=table.parts[0].name,
            fix=f"Use the file of {vintage}, or import it as {min(years)}",
        )
    # An edit flag is J and the name of the variable it is about.
    names = {str(name) for name in table.frame.columns}
    flags = [name for name in names if name.startswith("J") and name[1:] in names]
    return _unquoted(dataclasses.replace(table, frame=table.frame.drop(columns=flags)))


def _unquoted(table: RawTable) -> RawTable:
    """Return the table with the keys without the quotation marks around them."""
    frame = table.frame.copy(deep=False)
    for key in (KEY, "INTSTATUS", _PERSON):
        if key in frame.columns and not pd.api.types.is_float_dtype(frame[key]):
            column = frame[key].astype("category")
            frame[key] = column.cat.rename_categories(
                [bare_code(text) for text in column.cat.categories]
            )
    return dataclasses.replace(table, frame=frame)


def _occupied(homes: RawTable) -> tuple[RawTable, list[str]]:
    """Keep the occupied units, which alone are households, and say how many left."""
    if "INTSTATUS" not in homes.frame.columns:
        return homes, ["The file has no INTSTATUS: every row is taken to be an occupied unit."]
    status = homes.frame["INTSTATUS"].map(
        lambda text: f"{text:g}" if isinstance(text, float) else text
    )
    kept = (status.astype(object) == _OCCUPIED).to_numpy()
    gone = float(np.nansum(numbers_or_nan(homes.frame[_WEIGHT])[~kept]))
    notes = [
        (
            f"{int((~kept).sum()):,} vacant units and usual residences elsewhere (weighted {gone:,.0f})"
            " were left out."
        )
    ]
    return _rows(homes, kept, without=("INTSTATUS",)), notes if (~kept).any() else []


def _rows(table: RawTable, kept: NDArray[np.bool_], without: tuple[str, ...] = ()) -> RawTable:
    frame = table.frame[kept].drop(columns=list(without)).reset_index(drop=True)
    texts = frame.select_dtypes("category")
    for name in texts:
        frame[name] = texts[name].cat.remove_unused_categories()
    return RawTable(table.path, frame, table.parts, table.left_out, table.separator, table.said)


def _persons(
    path: Path, homes: RawTable, entries: dict[str, CodebookEntry], vintage: str, log: ProblemLog
) -> tuple[RawTable, list[str]]:
    persons = _read_table(path, "person", "person file", vintage, log)
    require_columns(persons, (KEY, _PERSON), "person file (person.csv)", log)
    log.raise_errors()
    inside = key_texts(persons.frame[KEY]).isin(set(key_texts(homes.frame[KEY]))).to_numpy()
    notes = []
    if not inside.all():
        notes.append(f"{int((~inside).sum()):,} persons of units left out were left out with them.")
    persons = _rows(persons, inside)
    notes += check_persons(homes, persons, KEY, _PERSON, log)
    log.raise_errors()
    persons = joined(persons, homes, (KEY,), (_WEIGHT,), log)
    log.raise_errors()
    persons, said = with_reference_first(persons, KEY, _PERSON, _householders(persons, entries))
    return persons, [*notes, *said, "Persons carry the weight of their household."]


def _householders(persons: RawTable, entries: dict[str, CodebookEntry]) -> NDArray[np.bool_]:
    """Return who the householder is: by the labels of REL, else the first line of the roster."""
    entry = entries.get("rel")
    if entry is not None and "REL" in persons.frame.columns:
        codes = {
            c.lstrip("0") for c, label in entry.labels.items() if "householder" in label.lower()
        }
        found = persons.frame["REL"].astype(object).map(lambda text: bare_code(text).lstrip("0"))
        is_householder = found.isin(codes).to_numpy()
        if is_householder.any():
            return is_householder
    return np.asarray(numbers_or_nan(persons.frame[_PERSON]) == 1)


def _read(request: ImportRequest, progress: Progress) -> Survey:
    return read_ahs(
        **request.files,
        vintage=request.survey.vintage,
        name=request.survey.name,
        title=request.title,
        progress=progress,
    )


_TABLE: Final = "Census Bureau, AHS national summary tables (from general knowledge)"
READER: Final = Reader(
    "ahs",
    "AHS national 2015–2023 (Census Bureau)",
    "American Housing Survey: occupied units of the national public use file.",
    (
        FileSlot(
            "household", "Household file", True, TABLES, "household.csv, or the release's ZIP"
        ),
        FileSlot("person", "Person file", False, TABLES, "person.csv"),
        FileSlot(
            "codebook", "Codebook", False, CODEBOOKS, "ahsdict_….csv of the AHS codebook page"
        ),
    ),
    _read,
    name="AHS",
    variance="Successive differences, 160 replicates, factor 4/160 (Getting Started with the AHS PUF)",
    published={
        "2019": PublishedTotal(124_135_000, "AHS 2019 summary tables, occupied units"),
        "2017": PublishedTotal(121_560_000, _TABLE, 0.002),
        "2021": PublishedTotal(128_504_000, _TABLE, 0.002),
    },
)
