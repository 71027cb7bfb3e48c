"""Derived outcomes of loaded households: computed in every implicate, and asked of every donor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.derived.evaluation import compute_on
from fusion_core.estimates.runs._stored_implicates import LazyImplicates
from fusion_core.estimates.statistics import Coded, Column, DrawnTable
from fusion_core.estimates.variance import Donors, ask_donor_values, samples_of
from fusion_core.fusion import FusedVariable, Implicates
from fusion_core.lru_cache import LruCache
from fusion_core.surveys.model import Variable

if TYPE_CHECKING:
    from fusion_core.derived.definition import DerivedVariable
    from fusion_core.estimates.statistics import Drawn
    from fusion_core.estimates.variance import Donor, DonorSample
    from fusion_core.fusion.base import Stream
    from fusion_core.harmony.expressions import CheckedExpression

_YES_NO: Final = ("No", "Yes")


@dataclass(frozen=True)
class Outcome:
    """A derived outcome that was checked against the columns there are.

    Attributes
    ----------
    name
        What it is asked for by.
    definition
        Its definition.
    checked
        Its expression, outcomes it is built from written out.
    is_saved
        Whether it is listed among the variables, or was only asked for once.
    """

    name: str
    definition: DerivedVariable
    checked: CheckedExpression
    is_saved: bool = True

    @property
    def is_condition(self) -> bool:
        """Whether it says of every household that something holds or not."""
        return self.checked.kind == "boolean" and not self.definition.levels

    @property
    def can_be_written_out(self) -> bool:
        """Whether other expressions may read it: it is what its expression says, without labels."""
        plain = not self.definition.levels and not self.definition.breakpoints
        return plain and self.checked.kind in {"boolean", "number"}

    def evaluate(self, checked: CheckedExpression, frame: pd.DataFrame) -> pd.Series[Any]:
        """Return its values on a frame; see `compute_on`."""
        return compute_on(self.definition, checked, frame)


class _Variables(Mapping[str, FusedVariable]):
    """Fused variables, and outcomes that are computed like them."""

    def __init__(self, base: Implicates, memory: LruCache) -> None:
        self.base = base
        self.outcomes: dict[str, Outcome] = {}
        self.compute: dict[str, Callable[[], FusedVariable]] = {}
        self._kept = memory.shelf(self)

    def __getitem__(self, name: str) -> FusedVariable:
        if name in self.compute:
            return self._kept.get(name, self.compute[name])
        return self.base.variables[name]

    def __contains__(self, name: object) -> bool:
        return name in self.compute or name in self.base.variables

    def __iter__(self) -> Iterator[str]:
        yield from self.base.variables
        yield from (name for name, outcome in self.outcomes.items() if outcome.is_saved)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class OutcomeImplicates(LazyImplicates):
    """Implicates with the outcomes built from them.

    Parameters
    ----------
    base
        The implicates of a run or of several.
    memory
        Where outcomes that were computed are kept.
    """

    def __init__(self, base: Implicates, memory: LruCache) -> None:
        super().__init__(_Variables(base, memory), base.notes, base.index, base.donor, base.weight)
        object.__setattr__(self, "base", base)

    base: Implicates

    def add(self, outcome: Outcome, table: pd.DataFrame) -> None:
        """Let an outcome be asked for like a fused variable.

        Parameters
        ----------
        outcome
            One that reads a fused variable.
        table
            The households, in the order of the implicates.
        """
        known = self.variables
        if isinstance(known, _Variables):
            known.outcomes[outcome.name] = outcome
            known.compute[outcome.name] = partial(self._computed, outcome, table)

    def _computed(self, outcome: Outcome, table: pd.DataFrame) -> FusedVariable:
        found = DrawnTable(table, self.base).evaluate(outcome.checked, outcome.evaluate)
        variable = drawn_variable(outcome.name, found, self.count)
        return replace(variable, streams=self._streams(outcome))

    def _streams(self, outcome: Outcome) -> tuple[Stream, ...]:
        streams = self.base.streams
        found = [item for name in outcome.checked.columns for item in streams.get(name, ())]
        return tuple(dict.fromkeys(found))

    def levels_of(self, name: str) -> tuple[tuple[str, ...], bool]:
        """Return a variable's levels and whether they are ordered, without reading it if possible."""
        known = self.variables
        outcome = known.outcomes.get(name) if isinstance(known, _Variables) else None
        if outcome is None:
            if isinstance(self.base, LazyImplicates):
                return self.base.levels_of(name)
            return self.base[name].levels, self.base[name].ordered
        if outcome.is_condition:
            return _YES_NO, False
        if outcome.can_be_written_out:
            return (), False
        return super().levels_of(name)

    @property
    def streams(self) -> Mapping[str, tuple[Stream, ...]]:
        """Which random numbers decided each fused variable."""
        return self.base.streams

    @property
    def count(self) -> int:
        """The number M of implicates."""
        return self.base.count

    @property
    def rows(self) -> int:
        """The number of households."""
        return self.base.rows


class _OutcomeColumns(Mapping[str, Column]):
    """A donor's answers, and what it would contribute to outcomes that read some of them."""

    def __init__(self, base: Mapping[str, Column]) -> None:
        # What was added to another set of households is none of these.
        self.answers: Mapping[str, Column] = (
            base.answers if isinstance(base, _OutcomeColumns) else base
        )
        self._compute: dict[str, Callable[[], Column | None]] = {}
        self._found: dict[str, Column | None] = {}

    def add(self, name: str, compute: Callable[[], Column | None]) -> None:
        self._compute[name] = compute
        self._found.pop(name, None)

    def __getitem__(self, name: str) -> Column:
        if name in self.answers:
            return self.answers[name]
        if name not in self._compute:
            raise KeyError(name)
        if name not in self._found:
            self._found[name] = self._compute[name]()
        column = self._found[name]
        if column is None:  # the donor cannot be asked, which is another thing than not concerned
            raise KeyError(name)
        return column

    def __contains__(self, name: object) -> bool:
        return name in self.answers or name in self._compute

    def __iter__(self) -> Iterator[str]:
        return iter(self.answers)

    def __len__(self) -> int:
        return len(self.answers)


def with_outcome_columns(donor: Donor | None) -> Donor | None:
    """Return a donor, or several, that can be asked for outcomes too."""
    if donor is None:
        return None
    samples = tuple(
        replace(sample, columns=_OutcomeColumns(sample.columns)) for sample in samples_of(donor)
    )
    return Donors(samples) if isinstance(donor, Donors) else samples[0]


def ask_donors_for(outcome: Outcome, households: DrawnTable, donor: Donor | None) -> None:
    """Let the donors whose variables an outcome reads be asked for it, when it is needed.

    Parameters
    ----------
    outcome
        The outcome.
    households
        The recipient with the fused variables the outcome reads.
    donor
        As `with_outcome_columns` returned it.
    """
    for sample in samples_of(donor):
        read = [name for name in outcome.checked.columns if name in set(sample.columns)]
        if read and isinstance(sample.columns, _OutcomeColumns):
            sample.columns.add(
                outcome.name, partial(_asked, outcome, households, tuple(read), sample)
            )


def _asked(
    outcome: Outcome, households: DrawnTable, read: tuple[str, ...], sample: DonorSample
) -> Column | None:
    return ask_donor_values(outcome.checked, households, read, sample, outcome.evaluate)


def drawn_variable(name: str, found: Drawn, count: int) -> FusedVariable:
    """Return the values of an expression as a fused variable of so many implicates."""
    if not isinstance(found, Coded):
        return FusedVariable(name, _wide(found, count))
    distinct = found.distinct
    if not isinstance(distinct.dtype, pd.CategoricalDtype):
        numbers = distinct.to_numpy(dtype=np.float64, na_value=np.nan)
        return FusedVariable(name, _wide(numbers[found.codes], count))
    levels = tuple(map(str, distinct.cat.categories))
    smallest = np.min_scalar_type(-max(len(levels), 2))
    codes = distinct.cat.codes.to_numpy().astype(smallest)
    return FusedVariable(name, _wide(codes[found.codes], count), levels, bool(distinct.cat.ordered))


def drawn_column(found: Drawn) -> pd.Series[Any]:
    """Return the values of an expression over the households' own answers as a column."""
    variable = drawn_variable("", found, 1)
    return variable.column(0)


def _wide(values: np.ndarray[Any, Any], count: int) -> np.ndarray[Any, Any]:
    return values if values.shape[1] == count else np.repeat(values, count, axis=1)


def written_out(checked: CheckedExpression, outcomes: Mapping[str, Outcome]) -> CheckedExpression:
    """Return an expression with the outcomes it reads written out, as far as they can be.

    Parameters
    ----------
    checked
        The expression.
    outcomes
        By name.
    """
    from sqlglot import exp

    from fusion_core.harmony.expressions import CheckedExpression as Checked
    from fusion_core.harmony.expressions import finite_sql, parse_expression

    known = {name: item for name, item in outcomes.items() if item.can_be_written_out}
    if not set(checked.columns) & set(known):
        return checked

    def placed(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Column) or node.name not in known:
            return node
        outcome = known[node.name]
        inner = f"({outcome.checked.sql})"
        if outcome.is_condition:
            inner = f"CASE WHEN {inner} THEN 'Yes' WHEN NOT {inner} THEN 'No' END"
        return exp.paren(parse_expression(inner))

    tree = parse_expression(checked.sql).transform(placed)
    names = tuple(sorted({column.name for column in tree.find_all(exp.Column)}))
    sql = tree.sql("duckdb", comments=False, identify=True)
    return Checked(checked.text, sql, finite_sql(tree.copy()), names, checked.kind)


def described(outcome: Outcome, levels: tuple[str, ...], ordered: bool) -> Variable:
    """Return the dictionary entry of an outcome."""
    kind = "continuous" if not levels else "ordered" if ordered else "nominal"
    return Variable(
        outcome.name,
        type=kind,  # type: ignore[arg-type]
        levels=levels,
        description=outcome.definition.label,
        unit=outcome.definition.unit,
        definition=outcome.definition.definition,
    )
