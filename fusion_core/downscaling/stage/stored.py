"""Allocations on disk: one file per PUMA in a folder of the workspace, solved once for every run.

``downscaling/<name>/allocation.json`` says what was asked and found; ``<puma>.npz`` holds the households,
their characteristics, and the multipliers of the allocation and of its draws, from which weights follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fusion_core.downscaling.solving import AreaEffects, truth_of
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.records import Checked
from fusion_core.workspace.files import read_json, write_json
from fusion_core.workspace.folders import own_files, remove_folder, replace_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.downscaling.solving import Allocation, Draw
    from fusion_core.workspace.layout import Workspace

RECORD: Final = "allocation.json"
FORMAT: Final = 2
"""Raised whenever the possible truths of stored draws would be others."""
_OWN: Final = own_files(r"allocation\.json|[0-9A-Za-z]+\.npz")
_WHAT: Final = "the allocation"
_ARRAYS: Final = ("households", "areas", "characteristics", "multipliers", "priors", "seeds")


@dataclass(frozen=True)
class PumaAllocation(Checked):
    """The households of one PUMA with what allocates them to its areas.

    Attributes
    ----------
    puma
        The PUMA.
    households
        Keys of its households.
    areas
        Codes of its finest areas.
    characteristics
        Shape (households, constraints).
    multipliers
        Of the allocation and then of its draws, shape (1 + draws, areas, constraints).
    priors
        Household weights before allocation, same order, shape (1 + draws, households).
    seeds
        Of the possible truths of the draws, shape (draws,).
    effects
        How much areas differ.
    """

    puma: str
    households: NDArray[Any]
    areas: tuple[str, ...]
    characteristics: NDArray[np.float32]
    multipliers: NDArray[np.float32]
    priors: NDArray[np.float32]
    seeds: NDArray[np.int64]
    effects: AreaEffects

    @classmethod
    def of(
        cls,
        puma: str,
        households: NDArray[Any],
        allocation: Allocation,
        draws: Sequence[Draw],
        effects: AreaEffects,
    ) -> PumaAllocation:
        """Keep an allocation and its draws."""
        problem = allocation.problem
        multipliers = [allocation.multipliers, *(draw.allocation.multipliers for draw in draws)]
        return cls(
            puma,
            households.astype(str),
            problem.areas,
            problem.characteristics.astype(np.float32),
            np.array(multipliers, dtype=np.float32),
            np.array([problem.weights, *(draw.prior for draw in draws)], dtype=np.float32),
            np.array([draw.seed for draw in draws], dtype=np.int64),
            effects,
        )

    @property
    def draws(self) -> int:
        """Number of draws beside the allocation itself."""
        return len(self.priors) - 1

    def weights(self, draw: int = 0) -> NDArray[np.float64]:
        """Return the weights of households × areas: of the allocation, or of a draw from 1 on."""
        logs = -(self.characteristics @ self.multipliers[draw].T).astype(np.float64)
        logs -= logs.max()
        weights = np.exp(logs, out=logs) * self.priors[draw][:, None]
        return np.asarray(weights * (self.priors[draw].sum(dtype=np.float64) / weights.sum()))

    def truth(self, draw: int) -> NDArray[np.float64]:
        """Return the weights of the possible truth that a draw, from 1 on, would have estimated."""
        x = self.characteristics.astype(np.float64)
        return truth_of(self.weights(), x, self.effects, int(self.seeds[draw - 1]))


@dataclass(frozen=True)
class StoredAllocation(Checked):
    """An allocation in a workspace.

    Attributes
    ----------
    name
        What it is called.
    folder
        Where it is.
    record
        What was asked and found.
    """

    name: str
    folder: Path
    record: Mapping[str, Any]

    @property
    def pumas(self) -> tuple[str, ...]:
        """The PUMAs it allocates."""
        return tuple(self.record["pumas"])

    @property
    def effects(self) -> AreaEffects:
        """How much areas differ."""
        return AreaEffects(float(self.record["seen"]), float(self.record["unseen"]))

    @property
    def recipient(self) -> str:
        """The survey whose households are allocated."""
        return str(self.record["recipient"])

    @property
    def inside(self) -> float:
        """Share of the published counts met within their margins."""
        told = self.record["pumas"].values()
        areas = [len(item["areas"]) for item in told]
        return float(np.average([item["inside"] for item in told], weights=areas))

    def puma_of_areas(self) -> dict[str, str]:
        """Return the PUMA of every finest area."""
        pumas = self.record["pumas"]
        return {area: puma for puma in pumas for area in pumas[puma]["areas"]}

    def read(self, puma: str) -> PumaAllocation:
        """Read one PUMA.

        Raises
        ------
        InputError
            If it is not among those allocated, or its file is damaged.
        """
        if puma not in self.record["pumas"]:
            raise InputError.unknown("PUMA", puma, self.pumas, where=self.name)
        path = self.folder / f"{puma}.npz"
        try:
            with np.load(path, allow_pickle=False) as file:
                parts = {name: file[name] for name in _ARRAYS}
        except (OSError, ValueError, KeyError) as error:
            raise CorruptFileError(
                f"The allocation of PUMA {puma} is damaged", where=str(path), fix="Allocate again"
            ) from error
        return PumaAllocation(
            puma,
            parts["households"],
            tuple(map(str, parts["areas"])),
            parts["characteristics"],
            parts["multipliers"],
            parts["priors"],
            parts["seeds"],
            self.effects,
        )


def write_puma(folder: Path, found: PumaAllocation) -> None:
    """Write one PUMA into the folder of an allocation that is being made."""
    np.savez_compressed(
        folder / f"{found.puma}.npz",
        households=found.households,
        areas=np.array(found.areas),
        characteristics=found.characteristics,
        multipliers=found.multipliers,
        priors=found.priors,
        seeds=found.seeds,
    )


def allocations_folder(workspace: Workspace) -> Path:
    """Return the folder of all allocations of a workspace."""
    return workspace.path / "downscaling"


def new_allocation(workspace: Workspace, name: str, *, may_replace: bool) -> Any:
    """Return a context whose folder becomes the allocation when the block succeeds."""
    path = allocations_folder(workspace) / name
    return replace_folder(path, _OWN, what=_WHAT, may_replace=may_replace)


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write what was asked and found into the folder of an allocation that is being made."""
    write_json({"format": FORMAT, **record}, folder / RECORD)


def list_allocations(workspace: Workspace) -> list[StoredAllocation]:
    """Return the allocations of a workspace in the order of their names, without earlier versions'."""
    folder = allocations_folder(workspace)
    if not folder.is_dir():
        return []
    paths = sorted(item for item in folder.iterdir() if (item / RECORD).is_file())
    current = [path.name for path in paths if read_json(path / RECORD).get("format") == FORMAT]
    return [open_allocation(workspace, name) for name in current]


def open_allocation(workspace: Workspace, name: str) -> StoredAllocation:
    """Open an allocation.

    Raises
    ------
    InputError
        If there is none of this name, it is damaged, or an earlier version made it.
    """
    folder = allocations_folder(workspace) / name
    if not (folder / RECORD).is_file():
        parent = allocations_folder(workspace)
        known = [item.name for item in parent.iterdir()] if parent.is_dir() else []
        raise InputError.unknown("allocation", name, sorted(known))
    record = read_json(folder / RECORD)
    if record.get("format") != FORMAT:
        raise InputError(
            f"The allocation '{name}' was made by an earlier version, whose margins were too small",
            where=str(folder),
            fix="Allocate again with --replace",
        )
    return StoredAllocation(name, folder, record)


def remove_allocation(workspace: Workspace, name: str) -> None:
    """Remove an allocation.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    folder = allocations_folder(workspace) / name
    if not (folder / RECORD).is_file():
        open_allocation(workspace, name)  # says which there are
    remove_folder(folder, _OWN, what=_WHAT)


__all__ = [
    "PumaAllocation",
    "StoredAllocation",
    "list_allocations",
    "new_allocation",
    "open_allocation",
    "remove_allocation",
    "write_puma",
    "write_record",
]
