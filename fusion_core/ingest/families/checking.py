"""What the tables of a release must hold, and hold of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from fusion_core.ingest.tables import ProblemLog, RawTable, key_texts
from fusion_core.summaries import counted

_FEW: Final = 0.05
"""Largest share of households without a person that a whole person file may leave."""


def require_columns(table: RawTable, columns: Sequence[str], what: str, log: ProblemLog) -> None:
    """Report the columns a table of a release always has and this one has not.

    Parameters
    ----------
    table, columns
        The table, and what it must have.
    what
        What it is to be, with its name as published: "person file (person.csv)".
    log
        Where it is reported.
    """
    for column in columns:
        if column not in table.frame.columns:
            log.add(
                f"The column {column} is missing: this is not the {what}",
                file=table.parts[0].name,
                fix="Use the file as it is published",
            )


def has_replicates(table: RawTable, names: Sequence[str], log: ProblemLog) -> bool:
    """Whether a table holds all replicate weights of a release; some of them are reported.

    Parameters
    ----------
    table, names
        The table, and the names of all replicate weights.
    log
        Where it is reported that some are missing: their factor would be wrong.
    """
    lacking = [name for name in names if name not in table.frame.columns]
    if lacking and len(lacking) < len(names):
        log.add(
            f"{len(lacking)} of the {len(names)} replicate weights are missing, such as {lacking[0]}"
            if len(lacking) > 1
            else f"The replicate weight {lacking[0]} is missing; the other {len(names) - 1} are there",
            file=table.parts[0].name,
            fix="Use the file as it is published, with all replicate weights or with none",
        )
    return not lacking


def check_persons(
    homes: RawTable, persons: RawTable, key: str, number: str, log: ProblemLog
) -> list[str]:
    """Report persons listed twice, and a person file that lacks the persons of many households.

    Parameters
    ----------
    homes, persons
        The tables.
    key, number
        The columns of the household's identifier and of the person's number in it.
    log
        Where it is reported.

    Returns
    -------
    list of str
        How many households have no person, where they are few.
    """
    people = key_texts(persons.frame[key]).astype(object).reset_index(drop=True)
    listed = pd.DataFrame({"key": people, "number": persons.frame[number].astype(str).to_numpy()})
    twice = np.flatnonzero(listed.duplicated().to_numpy())
    if len(twice):
        persons.report(
            log,
            f"Person {listed['number'].iloc[twice[0]]} of household '{people.iloc[twice[0]]}' is"
            " listed twice",
            column=number,
            positions=twice,
            fix="Keep one of them: two files may have been put together",
        )
    keys = key_texts(homes.frame[key]).astype(object)
    alone = np.flatnonzero(~keys.isin(set(people)).to_numpy())
    if len(alone) > _FEW * len(keys):
        homes.report(
            log,
            f"{len(alone):,} of {len(keys):,} households have no person in {persons.parts[0].name},"
            f" such as '{keys.iloc[alone[0]]}'",
            column=key,
            positions=alone,
            fix="Use the household and person file of the same edition, both whole",
        )
    elif len(alone):
        return [f"{counted(len(alone), 'household has', 'households have')} no person."]
    return []
