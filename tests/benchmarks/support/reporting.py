"""What a benchmark reports: typed rows, one Markdown table, and the same way to run each alone.

A benchmark is a module ``benchmark_*.py`` with one public function ``measure(*, quick: bool) ->
list[Row]``. It raises `Unavailable` where it cannot measure, for want of data or of a browser; any
other error is a failure, and the others still run.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COLUMNS = ("topic", "what", "value", "unit", "compared with", "ratio", "note")
SHARED = Path(__file__).parents[4] / "shared" / "data"
"""Real public survey data and reference results, where they are at hand."""


class Unavailable(Exception):  # noqa: N818 - not an error: there is nothing to measure with
    """Something a benchmark needs is not on this machine; the sentence says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured figure.

    Attributes
    ----------
    topic
        Which part of the product it is about.
    what
        What was measured, on how much.
    value
        The figure; ``None`` where nothing could be measured, which `note` explains.
    unit
        Of the value.
    baseline
        What it is compared with, and that one's figure, such as ``"R: 19.8 s"``.
    ratio
        Baseline ÷ value where less is better, value ÷ baseline where more is: above 1 is better.
    note
        What a reader must know to judge the figure.
    """

    topic: str
    what: str
    value: float | None
    unit: str
    baseline: str = ""
    ratio: float | None = None
    note: str = ""

    def against(self, name: str, figure: float) -> Row:
        """Return the row compared with another figure in the same unit, of which less is better."""
        ratio = figure / self.value if self.value else None
        return dataclasses.replace(
            self, baseline=f"{name}: {number(figure)} {self.unit}".rstrip(), ratio=ratio
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one benchmark.

    Attributes
    ----------
    topic
        The benchmark's name.
    rows
        Its figures.
    failure
        Why it failed, in a sentence; empty when it did not.
    absent
        Why it could not measure; empty when it could.
    """

    topic: str
    rows: tuple[Row, ...] = ()
    failure: str = ""
    absent: str = ""

    def table_rows(self) -> tuple[Row, ...]:
        """Return the rows to show, one with the reason where there are no figures."""
        if self.failure:
            return (self._without_figure("failed", self.failure),)
        if self.absent:
            return (self._without_figure("not measured", self.absent),)
        return self.rows

    def _without_figure(self, what: str, why: str) -> Row:
        return Row(topic=self.topic, what=f"**{what}**", value=None, unit="", note=why)


def require_shared_data() -> Path:
    """Return the folder of real survey data.

    Raises
    ------
    Unavailable
        If it is not beside the checkout.
    """
    if not SHARED.exists():
        raise Unavailable("The folder shared/data of real surveys is not beside the checkout.")
    return SHARED


def number(value: float) -> str:
    """Write a figure with three digits that count, and thousands apart."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def markdown(rows: Iterable[Row]) -> str:
    """Write rows as a Markdown table."""
    lines = [
        "| " + " | ".join(COLUMNS) + " |",
        "|" + "|".join("---:" if name in {"value", "ratio"} else "---" for name in COLUMNS) + "|",
    ]
    for row in rows:
        value = "–" if row.value is None else number(row.value)
        ratio = "" if row.ratio is None else f"{number(row.ratio)} ×"
        cells = (row.topic, row.what, value, row.unit, row.baseline, ratio, row.note)
        lines.append("| " + " | ".join(_cell(text) for text in cells) + " |")
    return "\n".join(lines) + "\n"


def run_alone(measure: Callable[..., Sequence[Row]], arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark as a script: print its table, or write its outcome for `run_all`.

    Returns the exit code: 1 if it failed.
    """
    parser = argparse.ArgumentParser(description=sys.modules[measure.__module__].__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it works")
    parser.add_argument("--json", type=Path, help="write the outcome to this file")
    given = parser.parse_args(arguments)
    outcome = _outcome(measure, quick=given.quick)
    if given.json:
        given.json.write_text(json.dumps(dataclasses.asdict(outcome)), encoding="utf-8")
    else:
        print(markdown(outcome.table_rows()))
    return int(bool(outcome.failure))


def read_outcome(path: Path) -> Outcome:
    """Read what a benchmark wrote.

    Raises
    ------
    OSError, ValueError, TypeError
        If it wrote nothing, or something else.
    """
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    rows = tuple(Row(**row) for row in record.pop("rows"))
    return Outcome(**record, rows=rows)


def topic_of(path: Path) -> str:
    """Return the topic a benchmark's file name states."""
    return path.stem.removeprefix("benchmark_").replace("_", " ")


def _outcome(measure: Callable[..., Sequence[Row]], *, quick: bool) -> Outcome:
    topic = topic_of(Path(sys.modules[measure.__module__].__file__ or sys.argv[0]))
    try:
        return Outcome(topic, rows=tuple(measure(quick=quick)))
    except Unavailable as reason:
        return Outcome(topic, absent=str(reason))
    except Exception as error:  # noqa: BLE001 - whatever it is, the table says it
        traceback.print_exc()
        return Outcome(topic, failure=f"{type(error).__name__}: {error}")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
