"""Whether the rows of a household and a person file can belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion_core.ingest.tables import key_texts

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.ingest.tables import ProblemLog, RawTable


def check_membership(
    households: tuple[RawTable, str], persons: tuple[RawTable, str], log: ProblemLog
) -> None:
    """Report persons of no household, and households without a person.

    Parameters
    ----------
    households, persons
        Each file with its column of household identifiers.
    log
        Where problems go: lost persons are errors, empty households only said.
    """
    (homes, home_key), (people, person_key) = households, persons
    known, found = key_texts(homes.frame[home_key]), key_texts(people.frame[person_key])
    lost = np.flatnonzero((found.notna() & ~found.isin(set(known))).to_numpy())
    if len(lost):
        people.report(
            log,
            f"The household '{found.iloc[lost[0]]}' is not in {homes.path.name}"
            + _lost_zeros(known, found.iloc[lost]),
            column=person_key,
            positions=lost,
            fix="Use the household and person file of the same survey",
        )
    empty = np.flatnonzero((known.notna() & ~known.isin(set(found))).to_numpy())
    if len(empty) and len(lost) < len(found):
        file, row = homes.place(int(empty[0]))
        log.add(
            f"The household '{known.iloc[empty[0]]}' has no person in {people.path.name}",
            file=file,
            column=home_key,
            row=row,
            rows=len(empty),
            fix="Check that the person file is complete; predictors from persons are missing there",
            severity="warning",
        )


def _lost_zeros(known: pd.Series, lost: pd.Series) -> str:
    """Say so where identifiers differ by leading zeros alone, as spreadsheets take them away."""
    short = {str(key).lstrip("0") for key in known.dropna()}
    if lost.map(lambda key: str(key).lstrip("0") in short).all():
        return ", though one that differs in leading zeros is"
    return ""
