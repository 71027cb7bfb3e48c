"""Published totals: which variable, where, how much, and how sure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.errors import InputError
from fusion_core.estimates import Statistic
from fusion_core.ingest.generic import load_table
from fusion_core.ingest.tables import ProblemLog
from fusion_core.places.files import read_numbers
from fusion_core.records import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.arguments import PathLike
    from fusion_core.ingest.tables import RawTable

EVERYWHERE: Final = "all"
_Z90: Final = 1.645
_ERRORS: Final = {"standard_error": 1.0, "se": 1.0, "moe": 1 / _Z90, "rse": 0.01}
_STATISTICS: Final = ("mean", "total", "share", "count")


@dataclass(frozen=True)
class KnownTotal(Checked):
    """A published figure to agree with.

    Attributes
    ----------
    variable, level, statistic
        As in estimates; `level` is empty for numbers.
    area
        ``all``, the beginning of PUMA codes such as a state, or a place whose shares of PUMAs the
        workspace knows.
    value, standard_error
        The figure and its error; 0 where it is exact.
    """

    variable: str
    level: str
    statistic: str
    area: str
    value: float
    standard_error: float

    @property
    def asked(self) -> Statistic:
        """The statistic it is a figure of."""
        return Statistic(self.statistic, self.variable, level=self.level or None)  # type: ignore[arg-type]  # one of `_STATISTICS`

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        level = f" = {self.level}" if self.level else ""
        return f"{self.statistic} of {self.variable}{level} in {self.area}"


def read_totals(path: PathLike) -> tuple[KnownTotal, ...]:
    """Read totals from a table.

    Columns are ``variable``, ``value``, one of ``standard_error``, ``moe`` (of 90 %) and ``rse`` (in
    percent), and, where wanted, ``level``, ``statistic`` (mean, total, share or count; by default the
    mean, or the share of a level) and ``area`` (by default ``all``).

    Raises
    ------
    InputError
        If a column is missing, a value or an error is none, or a total occurs twice.
    """
    raw, where = load_table(path).raw, Path(path).name
    names = {str(name).lower(): str(name) for name in raw.frame.columns}
    for name in ("variable", "value"):
        if name not in names:
            raise InputError(
                f"There is no column '{name}'",
                where=where,
                fix="Give the columns variable, value and standard_error",
            )
    error = next((name for name in _ERRORS if name in names), "")
    if not error:
        raise InputError(
            "The totals have no errors",
            where=where,
            fix="Add a column standard_error, moe or rse; 0 where a total is exact",
        )
    log = ProblemLog()
    values = _numbers(raw, names["value"], log)
    errors = _numbers(raw, names[error], log) * _ERRORS[error]
    log.raise_errors()
    errors = errors * np.abs(values) if error == "rse" else errors
    texts = raw.frame.astype(object).where(raw.frame.notna(), "")
    found = []
    for row in range(len(texts)):

        def text(name: str, row: int = row) -> str:
            return str(texts[names[name]].iloc[row]).strip() if name in names else ""

        level = text("level")
        statistic = text("statistic") or ("share" if level else "mean")
        if statistic not in _STATISTICS:
            raise InputError.unknown("statistic", statistic, _STATISTICS, where=where)
        if np.isnan(values[row]) or np.isnan(errors[row]) or errors[row] < 0:
            raise InputError(
                f"The total of '{text('variable')}' has no value or no error",
                where=f"{where}, row {row + 2:,}",
                fix="Complete the row; write 0 for the error of an exact total",
            )
        found.append(
            KnownTotal(
                text("variable"),
                level,
                statistic,
                text("area") or EVERYWHERE,
                float(values[row]),
                float(errors[row]),
            )
        )
    titles = [item.title for item in found]
    twice = next((title for title in titles if titles.count(title) > 1), None)
    if twice:
        raise InputError(f"The {twice} is given twice", where=where, fix="Keep one of them")
    return tuple(found)


def _numbers(raw: RawTable, column: str, log: ProblemLog) -> NDArray[np.float64]:
    return read_numbers(raw, column, log)


__all__ = ["EVERYWHERE", "KnownTotal", "read_totals"]
