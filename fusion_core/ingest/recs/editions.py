"""Read RECS 2015 or 2020, and tell at once when file, codebook and vintage are not of one edition.

RECS 2020 (EIA, "2020 RECS: Using the microdata file to compute estimates and relative standard
errors", 2023) publishes 60 jackknife replicates ``NWEIGHT1`` … ``NWEIGHT60``; the variance is
(59/60) Σ (θ_r − θ)². Its codebook is a table under a title, with codes and labels in one cell; −2 is
"not applicable". RECS 2015 is read by `fusion_core.ingest.recs.microdata`.
"""

from __future__ import annotations

import dataclasses
import re
import zipfile
from pathlib import Path
from typing import Final

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.families import has_replicates
from fusion_core.ingest.generic import (
    Choices,
    CodebookEntry,
    LoadedTable,
    read_codebook,
    read_loaded,
)
from fusion_core.ingest.reader import (
    TABLES,
    FileSlot,
    ImportRequest,
    Progress,
    PublishedTotal,
    Reader,
)
from fusion_core.ingest.recs._rebuilt import NOT_APPLICABLE_LEVELS, ORDERED
from fusion_core.ingest.recs.microdata import read_recs
from fusion_core.ingest.tables import ProblemLog, RawTable, problem, read_raw_table
from fusion_core.surveys.model import Survey, SurveyDescription, SurveyId

EDITIONS: Final = ("2015", "2020")
REPLICATES_2020: Final = 60
_NOT_APPLICABLE: Final = "-2"
_RENAMED: Final = {"REGIONC": "region", "DIVISION": "division", "STATE_FIPS": "state"}
_MARKS: Final = {"2015": re.compile(r"BRRWT\d+"), "2020": re.compile(r"NWEIGHT\d+|BA_climate")}
_TITLE_ROWS: Final = 6
_UNKNOWN_WITHOUT: Final = re.compile(r"temp(home|gone|nite)")
"""Thermostat settings, of which zero degrees would be a false answer."""


def read_recs_edition(
    microdata: PathLike,
    codebook: PathLike,
    *,
    vintage: str,
    supplement: PathLike | None = None,
    name: str = "RECS",
    title: str = "",
) -> Survey:
    """Read RECS microdata with the EIA's codebook of the same edition.

    Parameters
    ----------
    microdata, codebook, supplement, name, title
        As in `fusion_core.ingest.recs.read_recs`.
    vintage
        ``"2015"`` or ``"2020"``.

    Raises
    ------
    FileProblemsError
        Listing everything that is wrong: a file or codebook of another edition, an unknown code, ….
    InputError
        If a file cannot be read, or the edition is not known.
    """
    survey = SurveyId(name, vintage)
    year = vintage[:4]
    microdata, codebook = path_of(microdata, "microdata"), path_of(codebook, "codebook")
    if year not in EDITIONS:
        raise InputError(
            f"This reader knows RECS {' and '.join(EDITIONS)}, not {vintage}",
            where=microdata.name,
            fix="Use the reader generic, with the codebook of that edition",
        )
    described = codebook_year(codebook)
    if described not in {year, ""}:
        raise problem(
            f"The codebook is that of RECS {described}, the survey is to be RECS {year}",
            codebook.name,
            f"Use the EIA's codebook of RECS {year}",
        )
    if year == "2015":
        return read_recs(
            microdata, codebook, vintage=vintage, supplement=supplement, name=name, title=title
        )
    if supplement is not None:
        raise problem(
            "RECS 2020 is read from its one file",
            path_of(supplement, "supplement").name,
            "Leave it out",
        )
    return _read_2020(read_raw_table(microdata), codebook, survey, title)


def codebook_year(path: Path) -> str:
    """Return the year a codebook of the EIA names in its title; empty where it names none."""
    from openpyxl import load_workbook

    try:
        sheet = load_workbook(path, read_only=True).worksheets[0]
        rows = list(sheet.iter_rows(max_row=_TITLE_ROWS, max_col=1, values_only=True))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return ""  # said in better words by who reads it whole
    titles = " ".join(str(row[0]) for row in rows if row and row[0])
    found = re.search(r"(20[0-3]\d)(?= RECS)|(?<=RECS )(20[0-3]\d)", titles)
    return found.group(0) if found else ""


def file_edition(raw: RawTable) -> str:
    """Return the edition whose replicate weights a file holds; empty where it holds none."""
    names = [str(name) for name in raw.frame.columns]
    return next(
        (year for year, mark in _MARKS.items() if any(mark.fullmatch(name) for name in names)), ""
    )


def _read_2020(raw: RawTable, codebook: Path, survey: SurveyId, title: str) -> Survey:
    log = ProblemLog()
    found = file_edition(raw)
    if found not in {survey.vintage[:4], ""}:
        log.add(
            f"The file is of RECS {found}, the survey is to be RECS {survey.vintage}",
            file=raw.path.name,
            fix=f"Use the public microdata of RECS {survey.vintage}, or import it as {found}",
        )
    for column in ("DOEID", "NWEIGHT"):
        if column not in raw.frame.columns:
            log.add(
                f"The column {column} is missing",
                file=raw.path.name,
                fix="Use the RECS public microdata as the EIA publishes it",
            )
    replicates = [f"NWEIGHT{index}" for index in range(1, REPLICATES_2020 + 1)]
    complete = has_replicates(raw, replicates, log)
    log.raise_errors()
    entries = {name: _described(entry) for name, entry in read_codebook(codebook).items()}
    names = [str(name) for name in raw.frame.columns]
    flags = [name for name in names if _is_flag(name, entries)]
    used = {"DOEID", "NWEIGHT", *replicates}
    unexplained = [name for name in names if name.lower() not in entries and name not in used]
    notes = []
    if unexplained:
        notes.append(
            f"Columns the codebook does not explain were left out: {', '.join(unexplained)}."
        )
    if flags:
        notes.append(f"{len(flags):,} imputation flags (Z…) were left out.")
    if not complete:
        notes.append(
            "The file lacks the 60 replicate weights: margins follow from the weights alone."
        )
    left_out = {*flags, *unexplained, "state_postal", "state_name"} & set(names)
    if not complete:
        left_out |= set(replicates) & set(names)
    return read_loaded(
        LoadedTable(_without_not_applicable(raw, entries), entries),
        None,
        description=SurveyDescription(
            survey,
            title or f"Residential Energy Consumption Survey {survey.vintage}, public microdata",
            f"U.S. Energy Information Administration, RECS {survey.vintage}: {raw.path.name};"
            f" codebook {codebook.name}",
            price_year=int(survey.vintage[:4]),
            notes=tuple(notes),
        ),
        choices=Choices(
            key="DOEID",
            weight="NWEIGHT",
            replicates=("NWEIGHT",) if complete else ("-",),
            design="jk1" if complete else "",
            left_out=tuple(name for name in names if name in left_out),
            renamed={old: new for old, new in _RENAMED.items() if old in names},
        ),
    )


def _is_flag(name: str, entries: dict[str, CodebookEntry]) -> bool:
    entry = entries.get(name.lower())
    return entry is not None and entry.description.lower().startswith("imputation")


def _described(entry: CodebookEntry) -> CodebookEntry:
    """Say in words what "not applicable" means where the questionnaire does, and what is a number."""
    labels = dict(entry.labels)
    answers = [code for code in labels if code != _NOT_APPLICABLE]
    if entry.ranges or not answers:
        return dataclasses.replace(entry, labels={}, type=entry.type or "continuous")
    if _NOT_APPLICABLE in labels:
        words = NOT_APPLICABLE_LEVELS.get(entry.name, labels.pop(_NOT_APPLICABLE))
        labels = {_NOT_APPLICABLE: words, **labels}  # "no garage" before one for one car
    if entry.name.startswith("SCALE") and "0" in labels:
        # The codebook lists frequencies from "almost every month" to "never"; scales run upwards.
        labels = dict(
            reversed([*((c, t) for c, t in labels.items() if c != "0"), ("0", labels["0"])])
        )
    return dataclasses.replace(
        entry,
        labels=labels,
        type="ordered" if entry.name in ORDERED else "nominal",
        kinds={_NOT_APPLICABLE: "value"} if _NOT_APPLICABLE in labels else {},
    )


def _without_not_applicable(raw: RawTable, entries: dict[str, CodebookEntry]) -> RawTable:
    """Return the table in which −2 of an amount or count is zero, and of a temperature no answer."""
    import pandas as pd

    changed = {}
    for column in raw.frame.columns:
        entry = entries.get(str(column).lower())
        series = raw.frame[column]
        if entry is None or entry.type not in {"continuous", "integer"} or entry.labels:
            continue
        if pd.api.types.is_float_dtype(series):
            zero = float("nan") if _UNKNOWN_WITHOUT.match(str(column).lower()) else 0.0
            changed[column] = series.where(series != float(_NOT_APPLICABLE), zero)
        elif _NOT_APPLICABLE in series.cat.categories:
            plain = series.astype(object)
            zero_text = None if _UNKNOWN_WITHOUT.match(str(column).lower()) else "0"
            changed[column] = plain.where(plain != _NOT_APPLICABLE, zero_text).astype("category")
    return dataclasses.replace(raw, frame=raw.frame.assign(**changed))


def _read(request: ImportRequest, progress: Progress) -> Survey:
    progress(0.0, f"Reading {request.files['household'].name}")
    return read_recs_edition(
        request.files["household"],
        request.files["codebook"],
        vintage=request.survey.vintage,
        supplement=request.files.get("supplement"),
        name=request.survey.name,
        title=request.title,
    )


READER: Final = Reader(
    "recs",
    "RECS 2015, 2020 (EIA)",
    "Residential Energy Consumption Survey with the EIA's codebook of the same edition.",
    (
        FileSlot("household", "Microdata", True, TABLES, "recs2020_public_v7.csv"),
        FileSlot("codebook", "Codebook", True, (".xlsx",), "RECS 2020 Codebook … v7.xlsx"),
        FileSlot("supplement", "Supplement", False, TABLES, "2015: more columns by DOEID, if any."),
    ),
    _read,
    name="RECS",
    variance="2015: Fay's BRR, 96 replicates, ε = 0.5; 2020: jackknife, 60 replicates, 59/60 (EIA)",
    published={
        "2015": PublishedTotal(118_208_250, "EIA, RECS 2015 tables: 118.2 million homes"),
        "2020": PublishedTotal(123_530_000, "EIA, RECS 2020 table HC2.1: 123.53 million homes"),
    },
)
