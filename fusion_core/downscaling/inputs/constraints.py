"""Which published counts the allocation has to meet, and which households each of them counts.

A constraint names a published count, or a sum of several, and says with an expression over the
recipient's household variables how many a household counts for: a condition for households, a number
for persons. Counts of one table stand together, so that whole tables can be held out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.arguments import refuse_repeats
from fusion_core.downscaling.inputs.count_files import CountFile, standard_errors, summed_margin
from fusion_core.downscaling.solving import PublishedCounts
from fusion_core.errors import InputError
from fusion_core.ingest.generic import load_table
from fusion_core.records import Checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fusion_core.arguments import PathLike
    from fusion_core.surveys.model import Variable

_COLUMNS: Final = ("name", "counts", "households")
_IMPLAUSIBLE: Final = 4.0
"""Standard errors beyond which a coarser area's count contradicts the sum of its parts."""


@dataclass(frozen=True)
class Constraint(Checked):
    """A published count and the households it counts.

    Attributes
    ----------
    name
        What is counted.
    counts
        Names of the published counts it is the sum of.
    households
        Expression over household variables: a condition, or the number a household counts for.
    table
        The table it belongs to.
    """

    name: str
    counts: tuple[str, ...]
    households: str
    table: str


def read_constraints(path: PathLike) -> tuple[Constraint, ...]:
    """Read constraints from a table with columns ``name``, ``counts``, ``households``, ``table``.

    ``counts`` joins several published counts by ``+``; ``table`` may be left out, then it is what the
    names of the counts begin with.

    Raises
    ------
    InputError
        If a column is missing, a cell is empty or a name occurs twice.
    """
    raw, where = load_table(path).raw, Path(path).name
    frame = raw.frame.rename(columns=lambda name: str(name).lower())
    for name in _COLUMNS:
        if name not in frame.columns:
            raise InputError(
                f"There is no column '{name}'",
                where=where,
                fix="Give the columns name, counts, households and, if wanted, table",
            )
    frame = frame.astype(object).where(frame.notna(), "")
    found = []
    for place, row in enumerate(frame.to_dict("records")):
        empty = next((name for name in _COLUMNS if not str(row[name]).strip()), None)
        if empty:
            raise InputError(
                f"The column '{empty}' is empty",
                where=f"{where}, row {place + 2:,}",
                fix="Complete the row, or remove it",
            )
        counts = tuple(part.strip() for part in str(row["counts"]).split("+"))
        table = str(row.get("table", "")).strip() or re.split(r"[_ ]", counts[0])[0]
        name, households = str(row["name"]).strip(), str(row["households"]).strip()
        found.append(Constraint(name, counts, households, table))
    refuse_repeats([item.name for item in found], "constraint", where)
    return tuple(found)


def tables_of(constraints: Sequence[Constraint]) -> dict[str, tuple[str, ...]]:
    """Return the names of the constraints of each table."""
    found: dict[str, tuple[str, ...]] = {}
    for item in constraints:
        found[item.table] = (*found.get(item.table, ()), item.name)
    return found


def published_counts(constraints: Sequence[Constraint], file: CountFile) -> PublishedCounts:
    """Return what a file publishes of constraints; sums get the margins of sums.

    A count the file lacks is not published for its level.

    Raises
    ------
    InputError
        If the file has none of the counts, or counts have no margins, or those of most areas are 0.
    """
    for item in constraints:
        lacking = [name for name in item.counts if name in file.bare]
        if lacking and set(item.counts) <= {*file.counts.columns, *file.bare}:
            raise InputError(
                f"The count '{lacking[0]}' has no margin of error beside it",
                where=f"table of {file.level.replace('_', ' ')}s, constraint '{item.name}'",
                fix=f"Add its margin as {lacking[0]}_moe, or leave the constraint out",
            )
    known = [item for item in constraints if set(item.counts) <= set(file.counts.columns)]
    if not known:
        raise InputError(
            f"The table of {file.level.replace('_', ' ')}s has none of the counts the constraints name",
            where=", ".join(map(str, file.counts.columns[:6])),
            fix="Name its columns in the constraints, as B25003_002 for B25003_002E",
        )
    counts, errors = [], []
    for item in known:
        parts = list(item.counts)
        count = file.counts[parts].to_numpy(float)
        margin = file.margins[parts].to_numpy(float)
        total = count.sum(axis=1)
        _refuse_zero_margins(item.name, file, count, margin)
        held = summed_margin(count, margin) if len(parts) > 1 else margin[:, 0]
        counts.append(total)
        errors.append(standard_errors(total, held))
    names = tuple(item.name for item in known)
    areas = tuple(map(str, file.counts.index))
    return PublishedCounts(areas, names, np.column_stack(counts), np.column_stack(errors))


def _refuse_zero_margins(
    name: str, file: CountFile, count: NDArray[np.float64], margin: NDArray[np.float64]
) -> None:
    """Refuse margins that were filled with 0, which would make estimates of a survey exact."""
    some = count > 0
    zero = int((some & (margin == 0)).sum())
    if 2 * zero > some.sum():
        level = file.level.replace("_", " ")
        raise InputError(
            f"The margins of error of {zero:,} of {some.sum():,} counts are 0, as if they were exact",
            where=f"table of {level}s, constraint '{name}'",
            fix="Give the published margins; a count that is controlled has the margin -555555555",
        )


def characteristics(
    constraints: Sequence[Constraint],
    table: pd.DataFrame,
    variables: Mapping[str, Variable],
) -> pd.DataFrame:
    """Return how many each household counts for, one column per constraint.

    A household whose answer is missing counts for nobody.

    Parameters
    ----------
    constraints
        The constraints.
    table
        One row per household with the columns their expressions read.
    variables
        What is known of these columns.

    Raises
    ------
    ExpressionError
        If an expression is not allowed or reads something unknown.
    InputError
        If an expression is a text, or negative for a household.
    """
    from fusion_core.harmony.expressions import ExpressionEngine, check_expression

    engine, found = ExpressionEngine(), {}
    for item in constraints:
        checked = check_expression(item.households, variables, where=f"constraint '{item.name}'")
        values = engine.evaluate(checked, table)
        if values.dtype == object:
            raise InputError(
                f"The expression of '{item.name}' is a text",
                where=item.households,
                fix="Write a condition, or a number of persons",
            )
        numbers = values.astype("Float64").fillna(0.0).to_numpy(float)
        if (numbers < 0).any():
            raise InputError(
                f"The expression of '{item.name}' is negative for some households",
                where=item.households,
                fix="Count 0 or more for every household",
            )
        if not numbers.any():
            raise InputError(
                f"No household of the recipient counts for '{item.name}'",
                where=item.households,
                fix="Correct the expression, or leave the constraint out",
            )
        found[item.name] = numbers
    return pd.DataFrame(found, index=table.index)


def refuse_contradictions(coarse: PublishedCounts, fine: PublishedCounts) -> None:
    """Check that counts of coarser areas are the sums of their parts, within their errors.

    A table may cover more places than the other: areas without any part are not looked at.

    Raises
    ------
    InputError
        Naming the count that contradicts its parts most, as tables of different years do.
    """
    names = tuple(name for name in coarse.names if name in fine.names)
    one, other = coarse.select(names), fine.select(names)
    length = len(coarse.areas[0])
    member = pd.Index(coarse.areas).get_indexer(pd.Index([area[:length] for area in fine.areas]))
    sums, variances = np.zeros(one.counts.shape), np.zeros(one.counts.shape)
    inside = member >= 0
    np.add.at(sums, member[inside], other.counts[inside])
    np.add.at(variances, member[inside], other.errors[inside] ** 2)
    off = np.abs(one.counts - sums) / np.sqrt(one.errors**2 + variances)
    divided = np.isin(np.arange(len(coarse.areas)), member)
    off = np.nan_to_num(off) * divided[:, None]
    if off.size and off.max() > _IMPLAUSIBLE:
        area, name = np.unravel_index(int(np.argmax(off)), off.shape)
        raise InputError(
            f"Area {coarse.areas[area]} has {one.counts[area, name]:,.0f} of '{names[name]}' and its "
            f"parts add up to {sums[area, name]:,.0f}, which their margins do not explain",
            where="published counts",
            fix="Give tables of the same years and the same census for all levels",
        )


def refuse_unequal_sums(
    tables: Mapping[str, tuple[str, ...]], counted: pd.DataFrame, published: PublishedCounts
) -> None:
    """Check that the counts of a table add up to a count they are the parts of, within their errors.

    Parts of a count are told by the households: where every household counts for the parts together as
    often as for the count.

    Parameters
    ----------
    tables
        Constraints of each table.
    counted
        How many each household counts for, one column per constraint.
    published
        Counts of one level.

    Raises
    ------
    InputError
        Naming the area whose parts are farthest from their sum, as with a definition that leaves some out.
    """
    place = {name: column for column, name in enumerate(published.names)}
    for title, names in tables.items():
        parts = [name for name in names if name in place]
        summed = counted[parts].sum(axis=1).to_numpy()
        wholes = [
            name
            for name in published.names
            if name not in parts and np.array_equal(counted[name].to_numpy(), summed)
        ]
        if len(parts) < 2 or not wholes:  # noqa: PLR2004 - a sum has two terms
            continue
        columns, whole = [place[name] for name in parts], place[wholes[0]]
        sums = published.counts[:, columns].sum(axis=1)
        errors = published.errors[:, [*columns, whole]]
        off = np.abs(published.counts[:, whole] - sums) / np.sqrt((errors**2).sum(axis=1))
        off = np.nan_to_num(off)
        if off.max() > _IMPLAUSIBLE:
            area = int(np.argmax(off))
            raise InputError(
                f"Table '{title}' adds up to {sums[area]:,.0f} in area {published.areas[area]}, where "
                f"'{wholes[0]}' is {published.counts[area, whole]:,.0f}; their margins do not explain that",
                where="published counts",
                fix="Check which published counts the constraints name, and that all are of one year",
            )


__all__ = [
    "Constraint",
    "characteristics",
    "published_counts",
    "read_constraints",
    "refuse_contradictions",
    "refuse_unequal_sums",
    "tables_of",
]
