"""Number persons within their household so that the reference person is number 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.ingest.families.joining import with_columns
from fusion_core.ingest.families.summing import numbers_or_nan
from fusion_core.ingest.tables import RawTable, key_texts
from fusion_core.surveys.model import PERSON_KEY


def with_reference_first(
    persons: RawTable, key: str, number: str, is_reference: NDArray[np.bool_]
) -> tuple[RawTable, tuple[str, ...]]:
    """Return the persons with a column `person_number` that counts the reference person as 1.

    Parameters
    ----------
    persons
        The person table.
    key, number
        Columns of the household's identifier and of the person's number as published.
    is_reference
        Which rows are reference persons.

    Returns
    -------
    RawTable
        The table with the new numbers in place of the published ones.
    tuple of str
        What had to be changed, one sentence each.
    """
    order: pd.DataFrame = pd.DataFrame(
        {
            "household": key_texts(persons.frame[key]).to_numpy(),
            "later": ~is_reference,
            "number": numbers_or_nan(persons.frame[number]),
        }
    )
    ranked = order.sort_values(["household", "later", "number"], kind="stable")
    place: pd.Series[Any] = ranked.groupby("household", sort=False).cumcount() + 1
    new = place.sort_index().to_numpy()
    moved = int((is_reference & (order["number"] != 1).to_numpy()).sum())
    none = int(order.groupby("household")["later"].min().sum())
    notes = []
    if moved:
        notes.append(
            f"In {moved:,} households the reference person was not person 1 and was put first."
        )
    if none:
        notes.append(
            f"{none:,} households have no reference person; their first person takes the place."
        )
    table = with_columns(persons, {PERSON_KEY: new.astype(str)})
    kept = [name for name in table.frame.columns if name != number]
    return RawTable(table.path, table.frame[kept], table.parts, table.left_out), tuple(notes)
