"""Read an extract of IPUMS USA or IPUMS CPS: one CSV of persons and its DDI codebook.

A rectangular extract repeats the household's answers with every person; they are taken from the
first and must not differ. Households are those of ``SERIAL`` within ``SAMPLE`` (CPS: ``YEAR`` and
``MONTH``); group quarters (``GQ`` 3 and 4) leave. In CSV files weights carry their decimals.

Variance: IPUMS USA, successive differences with the 80 replicates ``REPWT`` of households and
``REPWTP`` of persons, 4/80; IPUMS CPS ASEC with 160, 4/160 (IPUMS, "Replicate Weights").
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.ingest.families import numbers_or_nan, with_columns, with_reference_first
from fusion_core.ingest.generic import Choices, LoadedTable, read_loaded
from fusion_core.ingest.ipums._ddi import Ddi, read_ddi
from fusion_core.ingest.reader import (
    TABLES,
    FileSlot,
    ImportRequest,
    Progress,
    Reader,
    say_nothing,
)
from fusion_core.ingest.tables import (
    ProblemLog,
    RawTable,
    key_texts,
    problem,
    read_raw_table,
    require_content,
)
from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY, Survey, SurveyDescription, SurveyId

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WEIGHTS: Final = {
    "household": ("HHWT", "ASECWTH", "HWTSUPP", "HWTFINL"),
    "person": ("PERWT", "ASECWT", "WTSUPP", "WTFINL"),
}
_STEMS: Final = {"household": "REPWT", "person": "REPWTP"}
_KEYS: Final = ("YEAR", "MONTH", "SAMPLE", "SERIAL")
_SAMPLES: Final = ("SAMPLE", "YEAR", "MONTH")
_NUMBER: Final = "PERNUM"
_GROUP_QUARTERS: Final = (3.0, 4.0)
_TITLES: Final = {"USA": "IPUMS USA", "CPS": "IPUMS Current Population Survey"}
_SHOWN: Final = 3


def read_ipums(
    extract: PathLike,
    codebook: PathLike,
    *,
    vintage: str,
    name: str = "ACS",
    title: str = "",
    progress: Progress = say_nothing,
) -> Survey:
    """Read an extract with its codebook.

    Parameters
    ----------
    extract
        The CSV file, plain or gzipped, with one row per person (or per household).
    codebook
        The DDI file, ``.xml``.
    vintage
        Year of the sample.
    name, title
        Short and full name of the survey.
    progress
        Told the share done, from 0 to 1, and what is being done.

    Raises
    ------
    FileProblemsError
        If the extract holds several samples, another year's, columns the codebook does not know, or
        persons of one household with different household answers.
    InputError
        If a file cannot be read.
    """
    survey = SurveyId(name, vintage)
    extract, codebook = path_of(extract, "extract"), path_of(codebook, "codebook")
    ddi = read_ddi(codebook)
    _refuse_fixed_columns(extract)
    progress(0.0, f"Reading {extract.name}")
    raw = read_raw_table(extract)
    raw = dataclasses.replace(raw, frame=raw.frame.rename(columns=lambda c: str(c).strip().upper()))
    _check(raw, ddi, survey)
    raw, notes = _without_group_quarters(raw)
    raw = with_columns(raw, {HOUSEHOLD_KEY: _household_keys(raw)})
    persons = None
    homes = raw
    if _NUMBER in raw.frame.columns:
        progress(0.3, "Telling households from persons")
        homes, persons, said = _split(raw, ddi)
        homes, persons, unweighted = _weighted(homes, persons)
        notes += [*said, *unweighted]
    progress(0.5, "Converting the columns")
    return read_loaded(
        LoadedTable(homes, ddi.entries),
        None if persons is None else LoadedTable(persons, ddi.entries),
        description=SurveyDescription(
            survey,
            title or f"{_TITLES.get(ddi.collection, 'IPUMS')} {vintage}",
            f"{ddi.title or 'IPUMS extract'}: {extract.name}; codebook {codebook.name}. Cite IPUMS as"
            " its terms of use ask.",
            price_year=survey.years[-1] if survey.years else None,
            notes=tuple(notes),
        ),
        choices=_choices(homes, "household"),
        person_choices=None if persons is None else _choices(persons, "person"),
    )


def _refuse_fixed_columns(extract: Path) -> None:
    if extract.name.lower().endswith((".dat", ".dat.gz")):
        require_content(extract)
        raise problem(
            "The extract is of fixed columns",
            extract.name,
            "Ask IPUMS for the same extract as CSV: Change data format, Comma delimited (.csv)",
        )


def _check(raw: RawTable, ddi: Ddi, survey: SurveyId) -> None:
    """Refuse what no codebook or household of this extract explains."""
    log = ProblemLog()
    columns = [str(name) for name in raw.frame.columns]
    if "SERIAL" not in columns:
        log.add(
            "The column SERIAL is missing",
            file=raw.path.name,
            fix="Use an extract of IPUMS USA or IPUMS CPS as it is",
        )
    unknown = [name for name in columns if name.lower() not in ddi.entries]
    if unknown:
        more = f" and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
        log.add(
            f"The codebook does not know {', '.join(unknown[:_SHOWN])}{more}: it is of another extract",
            file=raw.path.name,
            fix="Use the .xml file that came with this extract",
        )
    log.raise_errors()
    for column in _SAMPLES:
        if column in columns and raw.frame[column].nunique() > 1:
            found = sorted(map(str, raw.frame[column].dropna().unique()))
            log.add(
                f"The extract holds {len(found)} samples ({column} {', '.join(found[:_SHOWN])}): each"
                " stands for the whole population",
                file=raw.path.name,
                column=column,
                fix="Ask IPUMS for one sample at a time and import each as a vintage of its own",
            )
            break
    else:
        _check_year(raw, survey, log)
    log.raise_errors()


def _check_year(raw: RawTable, survey: SurveyId, log: ProblemLog) -> None:
    if "YEAR" not in raw.frame.columns or not survey.years:
        return
    year = int(np.nanmax(numbers_or_nan(raw.frame["YEAR"])))
    if year not in range(survey.years[0], survey.years[-1] + 1):
        log.add(
            f"The extract is of {year}, the survey is to be {survey.vintage}",
            file=raw.path.name,
            column="YEAR",
            fix=f"Import it as {year}, or use the extract of {survey.vintage}",
        )


def _without_group_quarters(raw: RawTable) -> tuple[RawTable, list[str]]:
    if "GQ" not in raw.frame.columns:
        return raw, []
    gone = np.isin(numbers_or_nan(raw.frame["GQ"]), _GROUP_QUARTERS)
    if not gone.any():
        return raw, []
    frame = raw.frame[~gone].reset_index(drop=True)
    return dataclasses.replace(raw, frame=frame), [
        f"{int(gone.sum()):,} rows of group quarters (GQ 3 and 4) were left out."
    ]


def _household_keys(raw: RawTable) -> NDArray[Any]:
    """Return a key of the household: the serial number, within its sample and month."""
    parts = [key_texts(raw.frame[name]) for name in _KEYS if name in raw.frame.columns]
    return np.asarray(parts[-1].astype(object))  # one sample: the serial number alone is unique


def _split(raw: RawTable, ddi: Ddi) -> tuple[RawTable, RawTable, list[str]]:
    """Return households and persons of a rectangular extract."""
    codes, _ = pd.factorize(raw.frame[HOUSEHOLD_KEY])
    first = np.flatnonzero(~pd.Series(codes).duplicated().to_numpy())
    shared = _shared(raw, ddi, codes, first)
    kept = [name for name in raw.frame.columns if name in shared or name == HOUSEHOLD_KEY]
    own = [name for name in raw.frame.columns if name not in shared and name not in _KEYS]
    homes = dataclasses.replace(raw, frame=raw.frame[kept].iloc[first].reset_index(drop=True))
    persons = dataclasses.replace(raw, frame=raw.frame[own])
    relate = next((name for name in ("RELATE",) if name in own), None)
    is_reference = (
        numbers_or_nan(raw.frame[_NUMBER]) == 1
        if relate is None
        # 1 in IPUMS USA, 101 in IPUMS CPS: head or householder
        else np.isin(numbers_or_nan(raw.frame[relate]), (1.0, 101.0))
    )
    persons, notes = with_reference_first(persons, HOUSEHOLD_KEY, _NUMBER, is_reference)
    return homes, persons, list(notes)


def _weighted(homes: RawTable, persons: RawTable) -> tuple[RawTable, RawTable, list[str]]:
    """Keep what has a positive weight: noninterviews have 0, a few old records less."""
    notes = []
    kept = []
    for level, table in (("household", homes), ("person", persons)):
        weight = _weight(table, level)
        positive = np.ones(len(table.frame), dtype=bool)
        if weight:
            positive = ~(numbers_or_nan(table.frame[weight]) <= 0)
        if not positive.all():
            notes.append(
                f"{int((~positive).sum()):,} {level}s whose weight is not positive were left out."
            )
        kept.append(positive)
    known = set(homes.frame.loc[kept[0], HOUSEHOLD_KEY].astype(object))
    inside = persons.frame[HOUSEHOLD_KEY].astype(object).isin(known).to_numpy()
    rows = [
        table.frame[chosen] for table, chosen in ((homes, kept[0]), (persons, kept[1] & inside))
    ]
    first, second = (frame.reset_index(drop=True) for frame in rows)
    return (
        dataclasses.replace(homes, frame=first),
        dataclasses.replace(persons, frame=second),
        notes,
    )


def _weight(table: RawTable, level: str) -> str:
    """Return the column of the weight of households or persons, else ``""``."""
    return next((name for name in _WEIGHTS[level] if name in table.frame.columns), "")


def _shared(
    raw: RawTable, ddi: Ddi, codes: NDArray[np.intp], first: NDArray[np.intp]
) -> frozenset[str]:
    """Return the columns of households, after looking that persons agree on them."""
    weights = {*_WEIGHTS["household"], *_replicates(raw, "household")}
    candidates = [
        str(name)
        for name in raw.frame.columns
        if name in ddi.of_households or name in weights or name in _KEYS
    ]
    log = ProblemLog()
    for name in candidates:
        series = raw.frame[name]
        values = (
            series.to_numpy()
            if pd.api.types.is_float_dtype(series)
            else series.cat.codes.to_numpy().astype("float64")
        )
        different = np.flatnonzero(~np.isclose(values, values[first][codes], equal_nan=True))
        if len(different):
            raw.report(
                log,
                "Two persons of one household have different values of a household's variable",
                column=name,
                positions=different,
                fix="Use one extract as IPUMS made it: two may have been put together",
            )
    log.raise_errors()
    return frozenset(candidates)


def _replicates(raw: RawTable, level: str) -> list[str]:
    stem = _STEMS[level]
    return [
        str(name)
        for name in raw.frame.columns
        if str(name).startswith(stem) and str(name)[len(stem) :].isdigit()
    ]


def _choices(table: RawTable, level: str) -> Choices:
    columns = [str(name) for name in table.frame.columns]
    replicates: Sequence[str] = _replicates(table, level)
    weight = _weight(table, level) or "-"
    others = {name for names in _WEIGHTS.values() for name in names if name != weight}
    used_up = {
        "YEAR",
        "MONTH",
        "SAMPLE",
        "SERIAL",
        "CBSERIAL",
        "STRATA",
        "CLUSTER",
        "REPWT",
        "REPWTP",
    }
    return Choices(
        key=HOUSEHOLD_KEY,
        person_number=PERSON_KEY if level == "person" else "",
        weight=weight,
        replicates=(_STEMS[level],) if replicates and weight != "-" else ("-",),
        design="sdr" if replicates and weight != "-" else "",
        left_out=tuple(name for name in columns if name in others or name in used_up),
    )


def _read(request: ImportRequest, progress: Progress) -> Survey:
    return read_ipums(
        request.files["household"],
        request.files["codebook"],
        vintage=request.survey.vintage,
        name=request.survey.name,
        title=request.title,
        progress=progress,
    )


READER: Final = Reader(
    "ipums",
    "IPUMS USA or IPUMS CPS extract",
    "A comma-delimited extract of one sample, with its DDI codebook.",
    (
        FileSlot("household", "Extract", True, TABLES, "usa_00001.csv.gz or cps_00001.csv.gz"),
        FileSlot(
            "codebook", "Codebook (DDI)", True, (".xml",), "usa_00001.xml, from the same page"
        ),
    ),
    _read,
    variance="Successive differences: 80 replicates of USA, 160 of CPS ASEC, factor 4/R (IPUMS)",
)
