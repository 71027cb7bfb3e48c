"""Everything that is wrong with a raw file, collected before anything is reported or stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from fusion_core.errors import InputError
from fusion_core.records import Checked

Severity = Literal["error", "warning"]
SHOWN_AT_MOST: Final = 20
_MANY_COLUMNS: Final = 4


@dataclass(frozen=True, slots=True)
class Problem(Checked):
    """One thing that is wrong with a file, said so that a person can find and mend it.

    Attributes
    ----------
    what
        What is wrong, a clause without a final full stop.
    file
        Name of the file it was found in.
    column
        Column it was found in, empty when it concerns the whole file.
    row
        Row of the file as a spreadsheet counts (the header is row 1); ``None`` when it concerns
        the whole column or file.
    rows
        Number of rows with the same problem; `row` is the first of them.
    fix
        What the user can do, a sentence without a final full stop.
    severity
        An error keeps the file out; a warning is only shown.
    """

    what: str
    file: str = ""
    column: str = ""
    row: int | None = None
    rows: int = 1
    fix: str = ""
    severity: Severity = "error"

    @property
    def where(self) -> str:
        """The place: file, column and row, as far as known."""
        parts = [self.file] if self.file else []
        if self.column:
            parts.append(f"column '{self.column}'")
        if self.row is not None:
            more = f" and {self.rows - 1:,} more" if self.rows > 1 else ""
            parts.append(f"row {self.row:,}{more}")
        return ", ".join(parts)

    @property
    def sentence(self) -> str:
        """The whole message: what (where). How to fix it."""
        place = f" ({self.where})" if self.where else ""
        remedy = f" {self.fix}." if self.fix else ""
        return f"{self.what}{place}.{remedy}"


class FileProblemsError(InputError):
    """A raw file cannot be read as a survey; nothing was stored.

    Attributes
    ----------
    problems
        Everything that was found, errors first.
    """

    is_list = True

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = tuple(sorted(problems, key=lambda item: item.severity != "error"))
        first, *others = self.problems
        if not others:
            super().__init__(first.what, where=first.where, fix=first.fix)
            return
        shown = [item.sentence for item in self.problems[:SHOWN_AT_MOST]]
        hidden = len(self.problems) - len(shown)
        more = f"\n… and {hidden} more" if hidden else ""
        super().__init__(
            f"Nothing was stored; {len(self.problems)} problems were found:\n"
            + "\n".join(shown).removesuffix(".")
            + more
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the list of problems when the error crosses a process boundary."""
        return (FileProblemsError, (self.problems,))


def problem(what: str, file: str, fix: str) -> FileProblemsError:
    """Return the error of one problem that concerns a whole file."""
    return FileProblemsError((Problem(what, file, fix=fix),))


def gathered(problems: Iterable[Problem]) -> list[Problem]:
    """Say in one sentence what many columns of a file have alike: one kind, one remedy."""
    alike: dict[tuple[object, ...], list[Problem]] = {}
    for place, item in enumerate(problems):
        kind = (item.file, item.fix, item.severity) if item.column and item.fix else (place,)
        alike.setdefault(kind, []).append(item)
    found: list[Problem] = []
    for first, *others in alike.values():
        if len(others) < _MANY_COLUMNS:
            found += [first, *others]
        else:
            more = f"{len(others):,} more columns, {others[0].column} to {others[-1].column}"
            found.append(replace(first, what=f"{first.what}; likewise in {more}"))
    return found


@dataclass
class ProblemLog(Checked):
    """Collects problems while a file is read, and raises them together."""

    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        what: str,
        *,
        file: str = "",
        column: str = "",
        row: int | None = None,
        rows: int = 1,
        fix: str = "",
        severity: Severity = "error",
    ) -> None:
        """Note a problem; the arguments are those of `Problem`."""
        self.problems.append(Problem(what, file, column, row, rows, fix, severity))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the file out."""
        return tuple(item for item in self.problems if item.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that are only shown."""
        return tuple(item for item in self.problems if item.severity == "warning")

    def raise_errors(self) -> None:
        """Raise all errors found so far as one `FileProblemsError`, if there are any."""
        if self.errors:
            raise FileProblemsError(self.errors)
