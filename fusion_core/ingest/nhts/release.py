"""Read the National Household Travel Survey of 2017 or 2022 as the FHWA publishes it.

Files are ``hhpub.csv``, ``perpub.csv``, ``vehpub.csv`` and ``trippub.csv`` of 2017 (2022:
``hhv2pub.csv`` …), alone or in the ZIP of the release, and the replicate weights ``hhwgt.csv`` and
``perwgt.csv``. Codes become the labels of the published codebook, which is part of this package;
negative codes are "appropriate skip" (−1) and missing answers. Vehicles and trips are summed to the
household by a table of rules (see `fusion_core.ingest.families.summing`).

Variance: 2017 publishes 98 replicates, one for each of 7 groups deleted from each of 14 strata, so a
stratified jackknife with the factor 6/7 (Westat, 2017 NHTS Weighting Report). 2022 publishes none;
its guide takes Taylor series over ``STRATUMID``, and margins here follow from the weights alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.families import (
    SumRule,
    check_persons,
    check_same_households,
    has_replicates,
    has_table,
    joined,
    numbers_or_nan,
    read_rules,
    require_columns,
    summed,
    table_in,
    with_columns,
    with_reference_first,
)
from fusion_core.ingest.generic import (
    Choices,
    CodebookEntry,
    LoadedTable,
    read_loaded,
)
from fusion_core.ingest.nhts._codebook import codebook_of
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

_OWN: Final = Path(__file__).parent / "tables"
KEY: Final = "HOUSEID"
_PERSON: Final = "PERSONID"
REPLICATES: Final = 98
_WEIGHTS: Final = {"household": "WTHHFIN", "person": "WTPERFIN"}
_RECORDS: Final = ("vehicle", "trip")
_NAMES: Final = {
    "household": r"hh(v2)?pub\.csv",
    "person": r"per(v2)?pub\.csv",
    "vehicle": r"veh(v2)?pub\.csv",
    "trip": r"trip(v2)?pub\.csv",
    "replicates": r"hhwgt\.csv",
    "person_replicates": r"perwgt\.csv",
}
_SELF: Final = {"2017": "1", "2022": "7"}
"""Code of R_RELAT for the respondent who listed the household, its reference person."""
_OTHER_WEIGHTS: Final = ("WTHHFIN5D", "WTHHFIN2D", "WTPERFIN5D", "WTPERFIN2D")
"""Weights of 2022 for weekdays and weekends alone; neither weights of the survey nor replicates."""


@dataclass(frozen=True)
class _Release:
    """The files of one release, and what is being found wrong with them."""

    files: dict[str, Path]
    edition: str
    log: ProblemLog

    def table(self, slot: str, what: str, columns: frozenset[str] | None = None) -> RawTable:
        """Read a file, of which some columns where they are named, and check its edition."""
        wanted = None if columns is None else columns | {KEY, "TDAYDATE"}
        table = table_in(
            self.files[slot],
            _NAMES[slot],
            what,
            keep=None if wanted is None else wanted.__contains__,
        )
        found = edition_of(table)
        if found and found != self.edition:
            self.log.add(
                f"The {what} is of the NHTS {found}, not {self.edition}",
                file=table.parts[0].name,
                fix=f"Use the files of {self.edition} throughout, or import it as {found}",
            )
        self.log.raise_errors()
        return table


def read_nhts(
    household: PathLike,
    *,
    vintage: str,
    person: PathLike | None = None,
    vehicle: PathLike | None = None,
    trip: PathLike | None = None,
    replicates: PathLike | None = None,
    person_replicates: PathLike | None = None,
    codebook: PathLike | None = None,
    rules: PathLike | None = None,
    name: str = "NHTS",
    title: str = "",
    progress: Progress = say_nothing,
) -> Survey:
    """Read a release of the NHTS.

    Parameters
    ----------
    household, person, vehicle, trip
        The files as published; where one is a ZIP or folder, the others are taken from it too.
    vintage
        ``"2017"`` or ``"2022"``.
    replicates, person_replicates
        Replicate weights of 2017, ``hhwgt.csv`` and ``perwgt.csv``.
    codebook
        The FHWA's codebook workbook, whose questions, codes and labels go before those of this
        package; or a table with variable, code and label in place of them.
    rules
        How vehicles and trips become variables of the household, in place of the usual rules.
    name, title
        Short and full name of the survey.
    progress
        Told the share done, from 0 to 1, and what is being done.

    Raises
    ------
    FileProblemsError
        Listing everything that is wrong: another edition, households a file lacks, ….
    InputError
        If a file or a rule cannot be read, or the vintage is neither of the two.
    """
    survey = SurveyId(name, vintage)
    if vintage not in _SELF:
        raise InputError.unknown("edition of the NHTS", vintage, _SELF)
    given = {
        "household": household,
        "person": person,
        "vehicle": vehicle,
        "trip": trip,
        "replicates": replicates,
        "person_replicates": person_replicates,
    }
    files = _files({slot: path_of(path, slot) for slot, path in given.items() if path is not None})
    release = _Release(files, vintage, ProblemLog())
    entries = codebook_of(None if codebook is None else path_of(codebook, "codebook"), vintage)
    sums = read_rules(rules or _OWN / f"rules_{vintage}.csv", _RECORDS)
    progress(0.0, "Reading households")
    homes, described, notes = _households(release, sums, rules is not None, progress)
    entries = entries | described
    persons = None
    if "person" in files:
        progress(0.6, "Reading persons")
        persons, said = _persons(release, homes)
        notes += said
    progress(0.8, "Converting the columns")
    jackknife = "replicates" in files
    choices = Choices(
        key=KEY,
        weight=_WEIGHTS["household"],
        replicates=(_WEIGHTS["household"],) if jackknife else ("-",),
        design="jkn:7" if jackknife else "",
        left_out=_present(homes, _OTHER_WEIGHTS),
    )
    own = Choices(
        key=KEY,
        person_number=PERSON_KEY,
        weight=_WEIGHTS["person"],
        replicates=(_WEIGHTS["person"],) if "person_replicates" in files else ("-",),
        design="jkn:7" if "person_replicates" in files else "",
        left_out=() if persons is None else _present(persons, _OTHER_WEIGHTS),
    )
    return read_loaded(
        LoadedTable(homes, entries),
        None if persons is None else LoadedTable(persons, entries),
        description=SurveyDescription(
            survey,
            title or f"National Household Travel Survey {vintage}",
            "Federal Highway Administration, National Household Travel Survey"
            f" {vintage}: {', '.join(dict.fromkeys(path.name for path in files.values()))}",
            price_year=int(vintage),
            notes=tuple(notes),
        ),
        choices=choices,
        person_choices=own,
    )


def edition_of(table: RawTable) -> str:
    """Return the year of a file by its travel days; empty where it holds none."""
    if "TDAYDATE" not in table.frame.columns:
        return ""
    days = numbers_or_nan(table.frame["TDAYDATE"])
    if not np.isfinite(days).any():
        return ""
    year = int(np.nanmax(days)) // 100
    return {2016: "2017", 2023: "2022"}.get(year, str(year))


def _files(given: dict[str, Path]) -> dict[str, Path]:
    """Return the files, those not named taken from the ZIP or folder that holds them."""
    found = {
        slot: path
        for slot, pattern in _NAMES.items()
        for path in dict.fromkeys(given.values())
        if slot not in given and has_table(path, pattern)
    }
    return given | found


def _households(
    release: _Release, rules: tuple[SumRule, ...], chosen: bool, progress: Progress
) -> tuple[RawTable, dict[str, CodebookEntry], list[str]]:
    homes = release.table("household", "household file")
    weight = _WEIGHTS["household"]
    require_columns(homes, (KEY, weight), "household file (hhpub.csv)", release.log)
    release.log.raise_errors()
    notes = []
    if "replicates" in release.files:
        homes = _with_replicates(release, homes, "replicates", (KEY,), weight)
    elif release.edition == "2022":
        notes.append(
            "NHTS 2022 publishes no replicate weights: margins of error follow from the weights alone,"
            " not from the strata (STRATUMID) its guide uses."
        )
    entries: dict[str, CodebookEntry] = {}
    households = pd.Index(key_texts(homes.frame[KEY]).astype(object))
    for place, slot in enumerate(_RECORDS):
        own = [rule for rule in rules if rule.table == slot]
        if not own or not households.is_unique:
            continue
        if slot not in release.files:
            if chosen:
                release.log.add(
                    f"The rules sum {slot}s, but there is no {slot} file",
                    fix=f"Give the {slot} file, or leave the rules out",
                )
            continue
        progress(0.2 + 0.2 * place, f"Summing {slot}s to the household")
        columns = frozenset(name for rule in own for name in rule.columns)
        records = release.table(slot, f"{slot} file", columns)
        _check_known(records, households, homes.parts[0].name, release.log)
        release.log.raise_errors()
        for rule in own:
            values, entry = summed(rule, records, KEY, households)
            homes = with_columns(homes, {rule.variable: values})
            entries[rule.variable.lower()] = entry
        notes.append(
            f"Summed from {len(records.frame):,} {slot}s: {', '.join(r.variable for r in own)}."
        )
    release.log.raise_errors()
    return homes, entries, notes


def _persons(release: _Release, homes: RawTable) -> tuple[RawTable, list[str]]:
    persons = release.table("person", "person file")
    require_columns(persons, (KEY, _PERSON), "person file (perpub.csv)", release.log)
    release.log.raise_errors()
    notes = check_persons(homes, persons, KEY, _PERSON, release.log)
    release.log.raise_errors()
    if "person_replicates" in release.files:
        keys = (KEY, _PERSON)
        persons = _with_replicates(release, persons, "person_replicates", keys, _WEIGHTS["person"])
    if "R_RELAT" in persons.frame.columns:
        is_self = numbers_or_nan(persons.frame["R_RELAT"]) == float(_SELF[release.edition])
    else:
        is_self = numbers_or_nan(persons.frame[_PERSON]) == 1
    persons, said = with_reference_first(persons, KEY, _PERSON, is_self)
    return persons, [*notes, *said]


def _with_replicates(
    release: _Release, table: RawTable, slot: str, keys: tuple[str, ...], weight: str
) -> RawTable:
    replicates = table_in(release.files[slot], _NAMES[slot], "file of replicate weights")
    if len(keys) == 1:
        check_same_households(table, replicates, KEY, weight, release.log)
    columns = [f"{weight}{index}" for index in range(1, REPLICATES + 1)]
    if not has_replicates(replicates, columns, release.log) and not release.log.errors:
        release.log.add(
            f"The file holds no replicates of {weight}",
            file=replicates.parts[0].name,
            fix="Use hhwgt.csv for households and perwgt.csv for persons",
        )
    release.log.raise_errors()
    table = joined(table, replicates, keys, columns, release.log)
    release.log.raise_errors()
    return table


def _check_known(records: RawTable, households: pd.Index, homes: str, log: ProblemLog) -> None:
    keys = key_texts(records.frame[KEY])
    lost = np.flatnonzero(~keys.isin(set(households)).to_numpy())
    if len(lost):
        records.report(
            log,
            f"The household '{keys.iloc[lost[0]]}' is not in {homes}",
            column=KEY,
            positions=lost,
            fix="Use the files of one edition",
        )


def _present(table: RawTable, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name in table.frame.columns)


def _read(request: ImportRequest, progress: Progress) -> Survey:
    return read_nhts(
        **request.files,
        vintage=request.vintage,
        name=request.name,
        title=request.title,
        progress=progress,
    )


READER: Final = Reader(
    "nhts",
    "NHTS 2017, 2022 (FHWA)",
    "National Household Travel Survey: the whole release as one ZIP, or its files one by one.",
    (
        FileSlot("household", "Household file", True, TABLES, "hhpub.csv, or the release csv.zip"),
        FileSlot("person", "Person file", False, TABLES, "perpub.csv"),
        FileSlot("vehicle", "Vehicle file", False, TABLES, "vehpub.csv, summed to the household"),
        FileSlot("trip", "Trip file", False, TABLES, "trippub.csv, summed to the household"),
        FileSlot("replicates", "Replicate weights", False, TABLES, "hhwgt.csv of 2017"),
        FileSlot(
            "person_replicates", "Replicate weights of persons", False, TABLES, "perwgt.csv of 2017"
        ),
        FileSlot(
            "rules",
            "Rules of summing",
            False,
            (".csv",),
            "variable, table, rule, column, where, label, unit; the usual ones if none",
        ),
        FileSlot(
            "codebook",
            "Codebook",
            False,
            CODEBOOKS,
            "The FHWA's codebook (.xlsx), or a table in place of the package's codes",
        ),
    ),
    _read,
    name="NHTS",
    variance="2017: stratified jackknife, 98 replicates, factor 6/7 (Weighting Report); 2022: none",
    published={
        "2017": PublishedTotal(118_208_000, "Summary of Travel Trends 2017, table 1a", 0.0001),
        "2022": PublishedTotal(127_544_707, "2022 NHTS Data User Guide, table 10", 0.0001),
    },
)
