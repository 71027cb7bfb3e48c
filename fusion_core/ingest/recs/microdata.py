"""Read the Residential Energy Consumption Survey (RECS) 2015 public microdata into a survey.

``DOEID`` becomes the household identifier, ``NWEIGHT`` and ``BRRWT1`` … ``BRRWT96`` the weights with
Fay's balanced repeated replication (R = 96, ε = 0.5; EIA, "Using the 2015 microdata file to compute
estimates and standard errors", 2019). Codes become the codebook's labels; -2, "not applicable",
becomes a level in words where the questionnaire says why, and zero for amounts and counts.
Imputation flags (Z…) and columns the codebook does not explain are left out and named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.families import has_replicates
from fusion_core.ingest.recs._codebook import NOT_APPLICABLE, RecsVariable, read_recs_codebook
from fusion_core.ingest.recs._rebuilt import (
    BLANK_IS_UNKNOWN,
    NOT_APPLICABLE_LEVELS,
    ORDERED,
    REBUILT,
    Rebuilt,
)
from fusion_core.ingest.tables import (
    ProblemLog,
    RawTable,
    comparable,
    is_ordered,
    keys,
    numbers,
    read_raw_table,
    weights,
    whole_or_real,
)
from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    WEIGHT,
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    Variable,
    variable_from_column,
)
from fusion_core.surveys.weight_design import WeightDesign

if TYPE_CHECKING:
    from numpy.typing import NDArray

REPLICATES: Final = 96
EDITION: Final = "2015"
EPSILON: Final = 0.5
GEOGRAPHY: Final = {"REGIONC": "region", "DIVISION": "division"}
_USED_UP: Final = ("DOEID", "NWEIGHT")


@dataclass(frozen=True)
class _Source:
    """Where a variable's raw column is found, and how its texts translate into codes."""

    raw: RawTable
    column: str
    rebuilt: Rebuilt | None = None


def read_recs(
    microdata: PathLike,
    codebook: PathLike,
    *,
    vintage: str = "2015",
    supplement: PathLike | None = None,
    name: str = "RECS",
    title: str = "",
) -> Survey:
    """Read RECS microdata with the EIA's codebook.

    Parameters
    ----------
    microdata
        CSV (plain, gzip, ZIP) or Parquet with raw, upper-case column names; a copy with only part
        of the columns is read as far as it goes.
    codebook
        The EIA's codebook, ``.xlsx``.
    vintage
        Year of the survey; also the year of its prices.
    supplement
        Further columns of the same households by ``DOEID``, from which missing published variables
        are rebuilt (see `fusion_core.ingest.recs._rebuilt`).
    name, title
        Short and full name of the survey.

    Raises
    ------
    FileProblemsError
        Listing everything that is wrong with the files.
    InputError
        If a file is missing, the codebook is not the EIA's, or the survey is of another edition
        than 2015.
    """
    identifier = SurveyId(name, vintage)
    supplement = None if supplement is None else path_of(supplement, "supplement")
    microdata, codebook = path_of(microdata, "microdata"), path_of(codebook, "codebook")
    _require_edition(identifier, microdata)
    entries = read_recs_codebook(codebook)
    log = ProblemLog()
    raw = read_raw_table(microdata)
    _require_replicates(raw, entries, log)
    _require(raw, _USED_UP, log)
    has_replicates(raw, [f"BRRWT{index}" for index in range(1, REPLICATES + 1)], log)
    log.raise_errors()
    tables = [raw]
    if supplement is not None:
        tables.append(_aligned(read_raw_table(supplement), raw, log))
        log.raise_errors()
    columns, variables = _keys(raw, log)
    rebuilt_notes = []
    for entry in entries.values():
        if entry.is_imputation_flag or entry.name in _USED_UP or entry.name.startswith("BRRWT"):
            continue
        source = _find(entry, tables)
        if source is None:
            continue
        variable, values = _convert(entry, source, log)
        columns[variable.name] = values
        variables.append(variable)
        if source.rebuilt is not None:
            rebuilt_notes.append(f"{variable.name} from {source.column}")
    log.raise_errors()

    replicates = sum(column.startswith("replicate_") for column in columns)
    household = pd.DataFrame(columns).sort_values(HOUSEHOLD_KEY).reset_index(drop=True)
    description = SurveyDescription(
        id=identifier,
        title=title or f"Residential Energy Consumption Survey {vintage}, public microdata",
        source=f"U.S. Energy Information Administration, RECS {vintage}: {microdata.name}"
        + (f", {supplement.name}" if supplement else "")
        + f"; codebook {codebook.name}",
        design=WeightDesign.fay(replicates, EPSILON) if replicates else WeightDesign(),
        geography=tuple(column for column in ("region", "division") if column in columns),
        price_year=int(vintage[:4]),
        notes=tuple(_notes(raw, entries, variables, rebuilt_notes)),
    )
    return Survey(description, Dictionary(variables), household)


def _require_edition(survey: SurveyId, microdata: Path) -> None:
    """Refuse another edition: its codes, weights and replicates are others."""
    if survey.vintage[:4] != EDITION:
        raise InputError(
            f"This reader knows RECS {EDITION} only, not {survey.vintage}",
            where=microdata.name,
            fix="Use the reader generic, with the codebook of that edition",
        )


def _require_replicates(raw: RawTable, entries: dict[str, RecsVariable], log: ProblemLog) -> None:
    """Refuse a file whose replicate weights the codebook does not know: it is of another edition."""
    unknown = [
        str(column)
        for column in raw.frame.columns
        if re.fullmatch(r"NWEIGHT\d+", str(column)) and str(column) not in entries
    ]
    if unknown:
        log.add(
            f"The codebook does not know the replicate weights {unknown[0]} … {unknown[-1]}: it is of"
            " another edition than the file",
            file=raw.path.name,
            fix="Use the reader generic, with the codebook of the file's edition",
        )


def _require(raw: RawTable, columns: tuple[str, ...], log: ProblemLog) -> None:
    for column in columns:
        if column not in raw.frame.columns:
            log.add(
                f"The column {column} is missing",
                file=raw.path.name,
                fix="Use the RECS public microdata as the EIA publishes it",
            )


def _aligned(supplement: RawTable, raw: RawTable, log: ProblemLog) -> RawTable:
    """Bring the supplement's rows into the order of the microdata."""
    _require(supplement, ("DOEID",), log)
    if log.errors:
        return supplement
    keyed = supplement.frame.assign(DOEID=keys(supplement, "DOEID", log, unique=True))
    keyed = keyed.set_index("DOEID")
    wanted = raw.frame["DOEID"].astype(object)
    absent = np.flatnonzero(~wanted.isin(set(keyed.index)).to_numpy())
    if len(absent):
        raw.report(
            log,
            f"The household '{wanted.iloc[absent[0]]}' is not in {supplement.path.name}",
            column="DOEID",
            positions=absent,
            fix="Use a supplement of the same households",
        )
        return supplement
    return RawTable(supplement.path, keyed.loc[wanted].reset_index(), supplement.parts)


def _keys(raw: RawTable, log: ProblemLog) -> tuple[dict[str, Any], list[Variable]]:
    columns: dict[str, Any] = {
        HOUSEHOLD_KEY: keys(raw, "DOEID", log, unique=True).astype(str).to_numpy(),
        WEIGHT: weights(raw, "NWEIGHT", log),
    }
    for index in range(1, REPLICATES + 1):
        if f"BRRWT{index}" in raw.frame.columns:
            columns[f"replicate_{index}"] = numbers(raw, f"BRRWT{index}", log)
    variables = [
        Variable(HOUSEHOLD_KEY, "Respondent identifier (DOEID)", role="key"),
        Variable(WEIGHT, "Final sample weight (NWEIGHT)", type="continuous", role="weight"),
    ]
    return columns, variables


def _find(entry: RecsVariable, tables: list[RawTable]) -> _Source | None:
    """Find the raw column of a variable, else a recode it can be rebuilt from."""
    for raw in tables:
        if entry.name in raw.frame.columns:
            return _Source(raw, entry.name)
    for rebuilt in REBUILT.get(entry.name, ()):
        for raw in tables:
            if rebuilt.source in raw.frame.columns:
                return _Source(raw, rebuilt.source, rebuilt)
    return None


def _convert(entry: RecsVariable, source: _Source, log: ProblemLog) -> tuple[Variable, Any]:
    note = "" if source.rebuilt is None else f"Rebuilt from the recode {source.column}."
    if entry.kind == "number":
        return _number(entry, source, log, note)
    return _code(entry, source, log, note)


def _number(
    entry: RecsVariable, source: _Source, log: ProblemLog, note: str
) -> tuple[Variable, Any]:
    values = numbers(source.raw, source.column, log)
    not_applicable = values == float(NOT_APPLICABLE)
    if NOT_APPLICABLE in entry.labels and not_applicable.any():
        unknown = entry.name.startswith(BLANK_IS_UNKNOWN)
        values = np.where(not_applicable, np.nan if unknown else 0.0, values)
        kind = "Missing" if unknown else "0"
        note = f"{note} {kind} where the question does not apply.".strip()
    column: pd.Series[Any] = pd.Series(whole_or_real(values))
    variable = variable_from_column(
        entry.name.lower(), column, description=entry.description, unit=_unit(entry), note=note
    )
    return variable, column.to_numpy()


def _code(entry: RecsVariable, source: _Source, log: ProblemLog, note: str) -> tuple[Variable, Any]:
    labels = dict(entry.labels)
    if NOT_APPLICABLE in labels:
        words = NOT_APPLICABLE_LEVELS.get(entry.name, labels.pop(NOT_APPLICABLE))
        labels.pop(NOT_APPLICABLE, None)
        labels = {NOT_APPLICABLE: words, **labels}
        note = f"{note} Code -2, not applicable, is the level '{words}'.".strip()
    translation = _translation(labels, entry, source)
    column = source.raw.frame[source.column]
    found = [translation.get(str(text)) for text in column.cat.categories]
    _report_unknown(source, found, log)
    answers: NDArray[Any] = np.array([*found, None], dtype=object)[column.cat.codes.to_numpy()]
    names, codes = _levels(entry, labels)
    ordered = entry.name in ORDERED or is_ordered(names)
    values = pd.Categorical(pd.Series(answers), categories=names, ordered=ordered)
    is_geography = entry.name in GEOGRAPHY
    variable = variable_from_column(
        GEOGRAPHY.get(entry.name, entry.name.lower()),
        pd.Series(values),
        description=entry.description,
        role="geography" if is_geography else "answer",
        codes=tuple(codes),
        note=note,
    )
    return variable, values


def _levels(entry: RecsVariable, labels: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return labels and codes in codebook order, except that scales run upwards."""
    items = list(labels.items())
    if entry.name.startswith("SCALE"):
        items.reverse()  # the codebook lists frequencies from "almost every month" to "never"
    return [label for _, label in items], [code for code, _ in items]


def _translation(labels: dict[str, str], entry: RecsVariable, source: _Source) -> dict[str, str]:
    """Map each text of the column to a level: by code, else – for a recode – by its words."""
    result = dict(labels)
    if source.rebuilt is None:
        return result
    by_words = {comparable(label): label for label in labels.values()}
    by_words |= {comparable(label): labels[code] for code, label in entry.labels.items()}
    for text in source.raw.frame[source.column].cat.categories:
        code = source.rebuilt.codes.get(str(text))
        level = labels.get(code) if code is not None else by_words.get(comparable(str(text)))
        if level is not None:
            result[str(text)] = level
    return result


def _report_unknown(source: _Source, found: list[str | None], log: ProblemLog) -> None:
    column = source.raw.frame[source.column]
    codes = column.cat.codes.to_numpy()
    for position, label in enumerate(found):
        if label is not None:
            continue
        rows = np.flatnonzero(codes == position)
        if len(rows):
            source.raw.report(
                log,
                f"The code '{column.cat.categories[position]}' is not in the codebook",
                column=source.column,
                positions=rows,
                fix="Use the codebook of the same release",
            )


def _unit(entry: RecsVariable) -> str:
    units = {
        "us dollars": "dollars per year",
        "kilowatthours": "kWh per year",
        "thousand btu": "thousand Btu per year",
    }
    return units.get(entry.unit.lower(), entry.unit.lower() if len(entry.unit) < 60 else "")  # noqa: PLR2004 - longer texts are no units


def _notes(
    raw: RawTable,
    entries: dict[str, RecsVariable],
    variables: list[Variable],
    rebuilt: list[str],
) -> list[str]:
    substantive = [
        entry
        for entry in entries.values()
        if not entry.is_imputation_flag
        and entry.name not in _USED_UP
        and not entry.name.startswith("BRRWT")
    ]
    read = sum(variable.role in {"answer", "geography"} for variable in variables)
    notes = [f"{read} of the codebook's {len(substantive)} variables are in the files."]
    if rebuilt:
        notes.append("Rebuilt from labelled recodes: " + ", ".join(rebuilt) + ".")
    known = {*entries, *_USED_UP}
    sources = {item.source for items in REBUILT.values() for item in items}
    left = [
        str(column)
        for column in raw.frame.columns
        if column not in known and column not in sources and not str(column).startswith("BRRWT")
    ]
    if left:
        notes.append(f"Columns the codebook does not explain were left out: {', '.join(left)}.")
    return notes
