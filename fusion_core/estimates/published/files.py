"""What is published of a donor, on disk: ``donor.json``, tables of answers, and ``predictors.parquet``.

``answers.parquet`` has a row per function of a variable's answers and column of the regression, with
its coefficient and, in single precision, how that moves along each axis; ``subgroups.parquet`` the same
of the donors in each part of another variable. ``predictors.parquet`` has a row per household of
the recipient, in the order of the implicates, encoded as the regression takes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import CorruptFileError
from fusion_core.estimates.published.published_answers import PublishedAnswers
from fusion_core.estimates.published.published_donor import PublishedDonor
from fusion_core.estimates.variance import Covariates
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FORMAT_VERSION: Final = 1
DESCRIPTION: Final = "donor.json"
ANSWERS: Final = "answers.parquet"
SUBGROUPS: Final = "subgroups.parquet"
PREDICTORS: Final = "predictors.parquet"
_WHAT: Final = "What was published of the donor"
_FIX: Final = "Open the published data set again"


def write_published_donor(donor: PublishedDonor, folder: Path) -> None:
    """Write what is published of a donor.

    Parameters
    ----------
    donor
        What there is to write.
    folder
        Where to; files of these names in it are replaced.
    """
    variables = [_described(item) | {"name": name} for name, item in donor.answers.items()]
    frames = [_frame(item).assign(variable=name) for name, item in donor.answers.items()]
    write_table(pd.concat(frames, ignore_index=True), folder / ANSWERS)
    parts = [
        _described(item) | {"of": of, "part": part, "name": name}
        for (of, part, name), item in donor.within.items()
    ]
    if parts:
        numbered = [
            _frame(item).assign(table=place) for place, item in enumerate(donor.within.values())
        ]
        write_table(pd.concat(numbered, ignore_index=True), folder / SUBGROUPS)
    encoded = donor.recipient
    predictors: dict[str, Any] = {
        f"number_{place}": encoded.numbers[:, place] for place in range(encoded.numbers.shape[1])
    }
    predictors |= {f"level_{place}": codes for place, (codes, _) in enumerate(encoded.codes)}
    if donor.regions is not None:
        predictors["region"] = donor.regions.astype(np.int16)
    write_table(pd.DataFrame(predictors, index=pd.RangeIndex(encoded.rows)), folder / PREDICTORS)
    record = {
        "format": FORMAT_VERSION,
        "donors": donor.donors,
        "factor": donor.factor,
        "degrees_of_freedom": donor.degrees_of_freedom,
        "axes": donor.replicates,
        "rows": encoded.rows,
        "numbers": int(encoded.numbers.shape[1]),
        "levels": [count for _, count in encoded.codes],
        "variables": variables,
        "subgroups": parts,
    }
    write_json(record, folder / DESCRIPTION)


def has_published_donor(folder: Path) -> bool:
    """Whether a folder holds what was published of a donor."""
    return (folder / DESCRIPTION).exists()


def read_published_donor(folder: Path) -> PublishedDonor:
    """Read what was published of a donor.

    Raises
    ------
    CorruptFileError
        If a file is missing, damaged or of another format.
    """
    path = folder / DESCRIPTION
    record = read_json(path)
    if record.get("format") != FORMAT_VERSION:
        raise CorruptFileError(f"{_WHAT} has another format", where=str(path), fix=_FIX)
    answers = read_table(folder / ANSWERS, what=_WHAT, fix=_FIX)
    predictors = read_table(folder / PREDICTORS, what=_WHAT, fix=_FIX)
    try:
        axes = [f"axis_{axis}" for axis in range(record["axes"])]
        numbers = [f"number_{place}" for place in range(record["numbers"])]
        encoded = Covariates(
            tuple(
                (predictors[f"level_{place}"].to_numpy(dtype=np.int16), int(count))
                for place, count in enumerate(record["levels"])
            ),
            np.ascontiguousarray(predictors[numbers].to_numpy(dtype=np.float32)),
            int(record["rows"]),
        )
        known = {
            item["name"]: _answers(
                item, answers[answers["variable"] == item["name"]], axes, encoded
            )
            for item in record["variables"]
        }
        within = {}
        if record.get("subgroups"):
            tables = read_table(folder / SUBGROUPS, what=_WHAT, fix=_FIX)
            rows = dict(list(tables.groupby("table", sort=False)))
            none = tables.iloc[:0]
            for place, item in enumerate(record["subgroups"]):
                key = (item["of"], int(item["part"]), item["name"])
                within[key] = _answers(item, rows.get(place, none), axes, encoded)
        return PublishedDonor.of_tables(
            known,
            encoded,
            within=within,
            factor=float(record["factor"]),
            degrees_of_freedom=float(record["degrees_of_freedom"]),
            donors=int(record["donors"]),
            households=pd.RangeIndex(encoded.rows),
            regions=predictors["region"].to_numpy(np.intp) if "region" in predictors else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptFileError(
            f"{_WHAT} is damaged: {error}", where=str(folder), fix=_FIX
        ) from error


def _described(item: PublishedAnswers) -> dict[str, Any]:
    """Return what is told of a table beside its numbers."""
    return {
        "levels": list(item.levels),
        "marks": [float(mark) for mark in item.marks],
        "steps": item.steps,
        "determined": item.determined,
        "effective_donors": None if np.isinf(item.effective) else item.effective,
        "functions": item.functions,
        "between_places": _listed(item.between),
        "unexplained": _listed(item.unexplained),
        "seen_places": None if item.seen is None else [_listed(row) for row in item.seen],
        "donors": None if item.counts is None else [int(count) for count in item.counts],
    }


def _frame(item: PublishedAnswers) -> pd.DataFrame:
    """Lay a table out, one row per function that is told and column of the regression."""
    functions, columns, axes = item.movements.shape
    frame = pd.DataFrame(
        {
            "function": np.repeat(np.arange(functions, dtype=np.int32), columns),
            "column": np.tile(np.arange(columns, dtype=np.int32), functions),
            "coefficient": item.coefficients.ravel(),
        }
    )
    moved = pd.DataFrame(
        item.movements.reshape(-1, axes).astype(np.float32),
        columns=[f"axis_{axis}" for axis in range(axes)],
    )
    return pd.concat([frame, moved], axis=1)[frame["coefficient"].notna().to_numpy()]


def _answers(
    item: dict[str, Any], rows: pd.DataFrame, axes: list[str], encoded: Covariates
) -> PublishedAnswers:
    """Read a table; functions without rows are withheld."""
    width, effective = encoded.width, item["effective_donors"]
    functions = int(item.get("functions", len(rows) // max(width, 1)))
    coefficients = np.full((functions, width), np.nan)
    movements = np.zeros((functions, width, len(axes)))
    place = rows["function"].to_numpy(dtype=np.intp), rows["column"].to_numpy(dtype=np.intp)
    coefficients[place] = rows["coefficient"].to_numpy(dtype=np.float64)
    movements[place] = rows[axes].to_numpy(dtype=np.float64)
    donors = item.get("donors")
    return PublishedAnswers(
        tuple(item["levels"]),
        np.array(item["marks"], dtype=np.float64),
        bool(item["steps"]),
        coefficients,
        movements,
        bool(item["determined"]),
        np.inf if effective is None else float(effective),
        _numbers(item.get("between_places")),
        _numbers(item.get("unexplained")),
        _numbers(item.get("seen_places")),
        None if donors is None else np.array(donors, dtype=np.intp),
    )


def _listed(numbers: Floats | None) -> list[float | None] | None:
    """Return numbers as JSON has them, without NaN."""
    if numbers is None:
        return None
    return [float(number) if np.isfinite(number) else None for number in numbers]


def _numbers(listed: list[Any] | None) -> Floats | None:
    return None if listed is None else np.array(listed, dtype=np.float64)
