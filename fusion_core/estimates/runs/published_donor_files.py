"""What is published of a donor, on disk: ``donor.json``, ``answers.parquet`` and ``predictors.parquet``.

``answers.parquet`` has a row per function of a variable's answers and column of the regression, with
its coefficient and, in single precision, how that moves along each axis. ``predictors.parquet`` has a row per household of
the recipient, in the order of the implicates, encoded as the regression takes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import CorruptFileError
from fusion_core.estimates.variance import Covariates, PublishedAnswers, PublishedDonor
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FORMAT_VERSION: Final = 1
DESCRIPTION: Final = "donor.json"
ANSWERS: Final = "answers.parquet"
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
    variables = [
        {
            "name": name,
            "levels": list(item.levels),
            "marks": [float(mark) for mark in item.marks],
            "steps": item.steps,
            "determined": item.determined,
            "effective_donors": None if np.isinf(item.effective) else item.effective,
            "between_places": _listed(item.between),
            "unexplained": _listed(item.unexplained),
            "seen_places": None if item.seen is None else [_listed(row) for row in item.seen],
        }
        for name, item in donor.answers.items()
    ]
    frames = []
    for name, item in donor.answers.items():
        functions, columns, axes = item.movements.shape
        frame = pd.DataFrame(
            {
                "variable": name,
                "function": np.repeat(np.arange(functions, dtype=np.int32), columns),
                "column": np.tile(np.arange(columns, dtype=np.int32), functions),
                "coefficient": item.coefficients.ravel(),
            }
        )
        moved = pd.DataFrame(
            item.movements.reshape(-1, axes).astype(np.float32),
            columns=[f"axis_{axis}" for axis in range(axes)],
        )
        frames.append(pd.concat([frame, moved], axis=1))
    write_table(pd.concat(frames, ignore_index=True), folder / ANSWERS)
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
        known = {}
        for item in record["variables"]:
            own = answers[answers["variable"] == item["name"]]
            shape = (-1, encoded.width)
            effective = item["effective_donors"]
            known[item["name"]] = PublishedAnswers(
                tuple(item["levels"]),
                np.array(item["marks"], dtype=np.float64),
                bool(item["steps"]),
                own["coefficient"].to_numpy(dtype=np.float64).reshape(shape),
                own[axes].to_numpy(dtype=np.float64).reshape(*shape, len(axes)),
                bool(item["determined"]),
                np.inf if effective is None else float(effective),
                _numbers(item.get("between_places")),
                _numbers(item.get("unexplained")),
                _numbers(item.get("seen_places")),
            )
        return PublishedDonor.of_tables(
            known,
            encoded,
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


def _listed(numbers: Floats | None) -> list[float | None] | None:
    """Return numbers as JSON has them, without NaN."""
    if numbers is None:
        return None
    return [float(number) if np.isfinite(number) else None for number in numbers]


def _numbers(listed: list[Any] | None) -> Floats | None:
    return None if listed is None else np.array(listed, dtype=np.float64)
