"""Number persons within their household so that the reference person is number 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fusion_core.ingest.acs import _codes as acs_codes
from fusion_core.summaries import counted
from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY

_REFERENCE_LABELS = ("reference person", "householder", "reference person (householder)")


def number_persons(
    persons: pd.DataFrame, households: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Sort persons by household and number, the reference person first.

    Parameters
    ----------
    persons
        Person table with ``household_id``, ``person_number`` and, in every vintage, one of the
        relationship variables relshipp, relp or rel with labels.
    households
        Household table; ``np`` is compared with the number of persons found.

    Returns
    -------
    pandas.DataFrame
        The person table sorted by household and person number, numbers counted from 1.
    list of str
        What had to be changed, one sentence each.
    """
    reference = _is_reference(persons)
    notes = []
    table = persons.assign(_later=~reference)
    table = table.sort_values([HOUSEHOLD_KEY, "_later", PERSON_KEY], kind="stable")
    by_household = table.groupby(HOUSEHOLD_KEY, sort=False)
    number = (by_household.cumcount() + 1).to_numpy()
    moved = int((~table["_later"] & (table[PERSON_KEY] != 1)).sum())
    if moved:
        notes.append(
            f"In {counted(moved, 'household')} the reference person was not person 1 and was put first."
        )
    none = int(by_household["_later"].min().sum())
    if reference.any() and none:
        notes.append(
            f"{counted(none, 'household has', 'households have')} no reference person; the first person "
            "takes the place."
        )
    if not reference.any():
        notes.append("The person file names no reference person; person 1 is taken to be it.")
    if "np" in households.columns:
        notes += _compare_sizes(table, households)
    table[PERSON_KEY] = number.astype("int64")
    return table.drop(columns="_later").reset_index(drop=True), notes


def _is_reference(persons: pd.DataFrame) -> pd.Series[Any]:
    for column in acs_codes.REFERENCE_PERSON:
        name = column.lower()
        if name in persons.columns:
            labels = persons[name].astype(object).astype(str).str.lower()
            return labels.str.startswith(_REFERENCE_LABELS)
    return pd.Series(np.zeros(len(persons), dtype=bool), index=persons.index)


def _compare_sizes(persons: pd.DataFrame, households: pd.DataFrame) -> list[str]:
    found = persons.groupby(HOUSEHOLD_KEY).size()
    expected = households.set_index(HOUSEHOLD_KEY)["np"]
    different = int((found.reindex(expected.index, fill_value=0) != expected).sum())
    if not different:
        return []
    return [
        f"{counted(different, 'household has', 'households have')} another number of persons than NP says."
    ]
