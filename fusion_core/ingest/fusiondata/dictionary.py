"""Read fusionData's variable dictionaries into surveys of which only the dictionary is known.

The dictionaries are tables with one row per variable: name, description, type (``fct``, ``ord``,
``lgl``, ``int``, ``dbl``), the levels of categories as a JSON list and the summary of numbers.
Harmonies can be made and checked against such a survey before its microdata are at hand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import InputError
from fusion_core.ingest.tables import ProblemLog, read_parquet, require_content
from fusion_core.summaries import counted
from fusion_core.surveys.model import (
    Dictionary,
    RespondentLevel,
    Survey,
    SurveyDescription,
    SurveyId,
    Variable,
    VariableRole,
    VariableType,
)

_REQUIRED: Final = ("survey", "vintage", "variable", "description", "type", "levels_json")
_TYPES: Final[dict[str, VariableType]] = {
    "fct": "nominal",
    "lgl": "nominal",
    "labelled": "nominal",
    "ord": "ordered",
    "int": "integer",
    "dbl": "continuous",
}
_ROLES: Final[dict[str, VariableRole]] = {
    "hid": "key",
    "pid": "key",
    "weight": "weight",
    "state": "geography",
    "puma10": "geography",
    "region": "geography",
    "division": "geography",
    "year": "key",
}


def read_fusiondata_dictionary(path_h: PathLike, path_p: PathLike | None = None) -> Survey:
    """Read the household and, if any, the person dictionary of a survey.

    Parameters
    ----------
    path_h, path_p
        ``<SURVEY>_<VINTAGE>_H.parquet`` and ``…_P.parquet``. A variable named in both – keys,
        weight and area – is kept once, as a household variable.

    Raises
    ------
    InputError
        If a file is missing, damaged or no such dictionary, or the two are of different surveys.
    """
    path_h = path_of(path_h, "path_h")
    path_p = None if path_p is None else path_of(path_p, "path_p")
    tables = [(_table(path_h), "household")]
    if path_p is not None:
        tables.append((_table(path_p), "person"))
    surveys = {(str(table["survey"].iloc[0]), str(table["vintage"].iloc[0])) for table, _ in tables}
    if len(surveys) > 1:
        raise InputError(
            "The two dictionaries are of different surveys: "
            + " and ".join(f"{name} {vintage}" for name, vintage in sorted(surveys)),
            where=f"{path_h.name}, {path_p.name if path_p else ''}",
            fix="Choose the household and person dictionary of one survey",
        )
    name, vintage = surveys.pop()
    variables: dict[str, Variable] = {}
    for table, respondent in tables:
        level: RespondentLevel = "household" if respondent == "household" else "person"
        for row in table.to_dict("records"):
            variable = _variable({str(key): value for key, value in row.items()}, level)
            variables.setdefault(variable.name, variable)
    rows = int(tables[0][0]["n"].max()) if "n" in tables[0][0].columns else 0
    notes = ["Only the dictionary is known; there are no microdata."]
    if rows:
        notes.append(f"The dictionary was made from {counted(rows, 'household')}.")
    description = SurveyDescription(
        id=SurveyId(name, vintage),
        title=f"{name} {vintage}, dictionary",
        source="fusionData dictionary: "
        + ", ".join(path.name for path in (path_h, path_p) if path is not None),
        notes=tuple(notes),
    )
    return Survey(description, Dictionary(list(variables.values())))


def _table(path: Path) -> pd.DataFrame:
    require_content(path)
    table = read_parquet(path)
    log = ProblemLog()
    for column in _REQUIRED:
        if column not in table.columns:
            log.add(
                f"The column {column} is missing",
                file=path.name,
                fix="Choose a fusionData dictionary such as RECS_2015_H.parquet",
            )
    log.raise_errors()
    return table


def _variable(row: dict[str, Any], respondent: RespondentLevel) -> Variable:
    text = row["levels_json"]
    levels = tuple(str(level) for level in json.loads(text)) if isinstance(text, str) else ()
    kind = str(row["type"]).partition("+")[0]
    variable_type = _TYPES.get(kind, "nominal" if levels else "continuous")
    if not levels and variable_type in {"nominal", "ordered"}:
        variable_type = "nominal"
    elif levels and variable_type in {"integer", "continuous"}:
        variable_type = "nominal"  # labelled numbers, e.g. ``dbl+lbl``
    name = str(row["variable"]).lower()
    note = "Made by fusionData, not published by the survey." if row.get("custom") is True else ""
    return Variable(
        name=name,
        description=_text(row["description"]),
        respondent=respondent,
        type=variable_type,
        role=_ROLES.get(name, "answer"),
        levels=levels,
        minimum=_number(row.get("min")),
        median=_number(row.get("median")),
        mean=_number(row.get("mean")),
        maximum=_number(row.get("max")),
        note=note,
    )


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
