"""What a command prints: text for people, or exactly one JSON object for scripts.

Results go to standard output, progress and errors of the text form to standard error. With
``--json`` standard output holds one object, or one per line where a command lists things; an error
is ``{"error": {…}}``.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from fusion_core.errors import ExpressionError, HarmonyError

ProgressCallback = Callable[[float, str], None]
_STEP = 0.1


@dataclasses.dataclass(frozen=True)
class Output:
    """Where a command's result goes.

    Attributes
    ----------
    as_json
        Whether one JSON object is printed instead of text.
    """

    as_json: bool = False

    def result(self, record: Mapping[str, Any], show: Callable[[Console], None]) -> None:
        """Print the result: `record` as JSON, or whatever `show` writes for people."""
        if self.as_json:
            sys.stdout.write(json.dumps(plain(record), ensure_ascii=False, indent=1) + "\n")
        else:
            # Tables in a pipe or a file must not be cut at 80 columns.
            width = None if sys.stdout.isatty() else 160
            show(Console(width=width, highlight=False, soft_wrap=True))

    def lines(self, records: Iterable[Mapping[str, Any]], show: Callable[[Console], None]) -> None:
        """Print a list of results: one JSON object per line, or whatever `show` writes."""
        if self.as_json:
            for record in records:
                sys.stdout.write(json.dumps(plain(record), ensure_ascii=False) + "\n")
        else:
            self.result({}, show)

    @contextmanager
    def progress(self) -> Iterator[ProgressCallback]:
        """Yield a progress callback: a bar in a terminal, a line every tenth in a log."""
        if self.as_json:
            yield _nothing
        elif sys.stderr.isatty():
            with _bar() as bar:
                task = bar.add_task("", total=1.0)

                def update(share: float, sentence: str) -> None:
                    bar.update(task, completed=share, description=escape(sentence))

                yield update
        else:
            yield _log_lines()


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = "") -> Table:
    """Build a table of plain cells; numbers are right-aligned.

    Parameters
    ----------
    columns
        Headings.
    rows
        Cells of each row; text is shown as it is, never as markup.
    title
        Heading of the whole table.
    """
    result = Table(title=escape(title) or None, title_justify="left", header_style="bold", box=None)
    for position, name in enumerate(columns):
        cells = [row[position] for row in rows]
        numeric = bool(cells) and all(_looks_numeric(cell) for cell in cells)
        result.add_column(escape(name), justify="right" if numeric else "left")
    for row in rows:
        result.add_row(*[escape(str(cell)) for cell in row])
    return result


def number(value: float | None, *, digits: int = 3) -> str:
    """Write a number for people: thousands separated, about `digits` significant digits.

    Parameters
    ----------
    value
        The number; missing ones show as a dash.
    digits
        Significant digits of numbers below a thousand.
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0 or abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share as a percentage."""
    return "–" if share is None or not math.isfinite(share) else f"{100 * share:.{digits}f} %"


def points(difference: float, margin: float) -> str:
    """Write a difference of two shares, with its margin of error, in percentage points."""
    return f"{100 * difference:.1f} ± {100 * margin:.1f} percentage points"


def error_record(error: HarmonyError) -> dict[str, Any]:
    """Return the JSON form of an error a user can act on."""
    record: dict[str, Any] = {
        "kind": type(error).__name__,
        "message": error.message,
        "what": error.what,
        "where": error.where,
        "fix": error.fix,
    }
    if isinstance(error, ExpressionError):
        record["position"] = error.position
    return {"error": record}


def plain(value: Any) -> Any:
    """Turn a value into what JSON can hold; NaN and infinity become null."""
    if isinstance(value, pd.DataFrame):
        value = value.to_dict("records")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    elif isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    missing = value is pd.NA or value is pd.NaT
    if missing or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def write_error(error: HarmonyError, *, as_json: bool) -> None:
    """Print an error: one sentence on standard error, or the JSON object on standard output."""
    if as_json:
        sys.stdout.write(json.dumps(plain(error_record(error)), ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"Error: {error.message}\n")


def show_path(path: Path) -> str:
    """Write a path for people: relative to the current folder where that is shorter."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _bar() -> Progress:
    return Progress(
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )


def _log_lines() -> ProgressCallback:
    reached = -_STEP

    def update(share: float, sentence: str) -> None:
        nonlocal reached
        if share >= reached + _STEP or (share >= 1.0 and reached < 1.0):
            reached = share
            sys.stderr.write(f"{share:4.0%} {sentence}\n")
            sys.stderr.flush()

    return update


def _nothing(share: float, sentence: str) -> None:
    """Report progress to nobody: a script reads one JSON object."""


def _looks_numeric(cell: Any) -> bool:
    text = str(cell).strip("±–").replace(",", "").replace("%", "").replace(".", "").strip()
    return text == "" or text.lstrip("-").isdigit()
