"""Known totals that stay in a workspace under a name, so that pages and commands calibrate to them.

They stand, as they were read and with how estimates are brought to them, in ``known_totals/<name>.json``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fusion_core.calibration.benchmarking import METHODS, Method
from fusion_core.calibration.known_totals import KnownTotal
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.records import Checked
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.named_files import NamedFiles, require_name

if TYPE_CHECKING:
    from pathlib import Path

    from fusion_core.estimates import Statistic
    from fusion_core.workspace.layout import Workspace


@dataclass(frozen=True)
class StoredTotals(Checked):
    """Known totals with a name.

    Attributes
    ----------
    name
        What people and addresses call them: letters, digits, hyphens and underscores.
    totals
        What is known.
    file
        Where they are from.
    method, factor
        How estimates are brought to them (`fusion_core.calibration.benchmark`).

    Raises
    ------
    InputError
        If the name cannot be one, no total is given or the method is unknown.
    """

    name: str
    totals: tuple[KnownTotal, ...]
    file: str = ""
    method: Method = "precision"
    factor: float = 2.0

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        require_name(self.name, "known totals")
        if not self.totals:
            raise InputError("No total is given", where=self.file, fix="Give at least one")
        if self.method not in METHODS:
            raise InputError.unknown("method", str(self.method), METHODS)
        if self.factor <= 1:
            raise InputError(f"The limit of movement must be above 1; got {self.factor:g}")

    @property
    def title(self) -> str:
        """What they are, for a list."""
        return f"{self.name} ({self.file})" if self.file else self.name

    def of(self, statistic: Statistic) -> tuple[KnownTotal, ...]:
        """Return the totals of a statistic; none where it is another one."""
        return tuple(item for item in self.totals if item.asked == statistic)


def keep_totals(
    workspace: Workspace, totals: StoredTotals, *, may_replace: bool = False
) -> StoredTotals:
    """Store known totals in the workspace, and return them.

    Parameters
    ----------
    workspace
        Where to.
    totals
        What is stored.
    may_replace
        Whether totals of the same name are replaced.

    Raises
    ------
    ConflictError
        If there are totals of this name that may not be replaced.
    """
    write_json(asdict(totals), _files(workspace).free(totals.name, may_replace=may_replace))
    return totals


def stored_totals(workspace: Workspace) -> tuple[tuple[StoredTotals, ...], tuple[str, ...]]:
    """Return the known totals of a workspace, by name, and what is wrong with others."""
    return _files(workspace).read_all(_read)


def open_totals(workspace: Workspace, name: str) -> StoredTotals:
    """Return known totals by their name.

    Raises
    ------
    InputError
        If there are none of this name.
    CorruptFileError
        If they are damaged.
    """
    path = _files(workspace).existing(
        name, lambda: [item.name for item in stored_totals(workspace)[0]]
    )
    return _read(path)


def _read(path: Path) -> StoredTotals:
    record: Any = read_json(path)
    try:
        totals = tuple(KnownTotal(**item) for item in record["totals"])
        return StoredTotals(**{**record, "totals": totals})
    except (TypeError, KeyError, InputError) as error:
        raise CorruptFileError(
            "The known totals are damaged", where=str(path), fix="Store them again"
        ) from error


def _files(workspace: Workspace) -> NamedFiles:
    return NamedFiles(workspace.path / "known_totals", "table of known totals")


__all__ = ["StoredTotals", "keep_totals", "open_totals", "stored_totals"]
