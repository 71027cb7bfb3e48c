"""Write the demo workspace: surveys, harmonies, geography, truth."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from fusion_core.arguments import PathLike, path_of
from fusion_core.demo.harmonies import AUTHOR, PAIR, exercises, ready_made
from fusion_core.demo.samples import (
    BLOCK,
    FUSION_VARIABLES,
    BlockGroups,
    draw_donor,
    draw_recipient,
    make_block_groups,
    subgroups,
    true_values,
)
from fusion_core.demo.world import (
    DEFAULT_SEED,
    DEMO_VERSION,
    DONOR,
    RECIPIENT,
    REGIONS,
    STATE_CODE,
    STATE_NAME,
    DemoSize,
    Places,
    Population,
    make_population,
    stream,
)
from fusion_core.errors import HarmonyError, InputError
from fusion_core.geography.boundaries import MAP_CRS, write_areas
from fusion_core.geography.location import write_intersections
from fusion_core.geography.spatial import SpatialTable, write_spatial_table
from fusion_core.harmony.store import HarmonyStore
from fusion_core.spreadsheets import csv_text
from fusion_core.workspace.files import read_json, replace_file, write_json, write_text
from fusion_core.workspace.layout import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Progress = Callable[[float, str], None]

TITLE = f"Demo: the fictional state of {STATE_NAME} (synthetic)"
RECORD = "demo.json"


def build_demo(
    folder: PathLike,
    *,
    seed: int = DEFAULT_SEED,
    quick: bool = False,
    progress: Progress | None = None,
) -> Workspace:
    """Build the demo workspace, or build an earlier one again.

    Surveys, boundaries and truth are written anew and harmonies already there are kept. Runs that
    belong to the earlier surveys are moved to a folder ``runs-of-earlier-demo``, because their
    rows would no longer match.

    Parameters
    ----------
    folder
        A new or empty folder, or an earlier demo.
    seed
        Seed of everything; the same seed gives the same files.
    quick
        Build a small state (20 PUMAs) for tests instead of the full one.
    progress
        Called with the share done and a sentence.

    Raises
    ------
    InputError
        If the folder holds something else than a demo.
    """
    report, folder = progress or _silent, path_of(folder, "folder")
    workspace = _open(folder)
    (folder / RECORD).unlink(missing_ok=True)
    _set_runs_aside(workspace)
    size = DemoSize.quick() if quick else DemoSize.full()
    report(0.0, f"Populating the fictional state of {STATE_NAME}")
    population = make_population(size, seed)
    report(0.35, "Drawing the recipient survey and its replicate weights")
    recipient = draw_recipient(population, size.recipient_households, stream(seed, "recipient"))
    workspace.add_survey(recipient)
    report(0.75, "Drawing the energy survey")
    workspace.add_survey(draw_donor(population, size.donor_households, stream(seed, "donor")))
    report(0.80, "Writing boundaries and spatial predictors")
    write_geography(workspace, population.places)
    report(0.85, "Computing the truth of every area")
    _write_truth(workspace, population)
    report(0.92, "Publishing the tables of block groups")
    _write_block_groups(workspace, make_block_groups(population, size.recipient_households, seed))
    report(0.97, "Saving the ready-made harmonies")
    HarmonyStore(folder, PAIR).save_all(ready_made(), author=AUTHOR)
    write_json(_record(population, seed=seed, quick=quick), folder / RECORD)
    report(1.0, "The demo is ready")
    return workspace


def ensure_demo(
    folder: PathLike,
    *,
    seed: int | None = None,
    quick: bool | None = None,
    progress: Progress | None = None,
) -> Workspace:
    """Open the demo in `folder`; build it when it is absent, unfinished or of another version.

    Parameters
    ----------
    folder, progress
        As in `build_demo`.
    seed, quick
        As in `build_demo`; ``None`` takes what is there, or the defaults.
    """
    if is_current(folder, seed=seed, quick=quick):
        return Workspace.open(folder)
    return build_demo(
        folder, seed=DEFAULT_SEED if seed is None else seed, quick=bool(quick), progress=progress
    )


def is_current(folder: PathLike, *, seed: int | None = None, quick: bool | None = None) -> bool:
    """Whether `folder` holds a complete demo of this version, of the given seed and size if any."""
    try:
        record = read_json(path_of(folder, "folder") / RECORD)
    except HarmonyError:
        return False
    wanted = {"version": DEMO_VERSION, "seed": seed, "quick": quick}
    return all(value is None or record.get(name) == value for name, value in wanted.items())


def _set_runs_aside(workspace: Workspace) -> None:
    if not workspace.runs_folder.exists() or not any(workspace.runs_folder.iterdir()):
        return
    target = workspace.path / "runs-of-earlier-demo"
    number = 1
    while target.exists():
        number += 1
        target = workspace.path / f"runs-of-earlier-demo-{number}"
    workspace.runs_folder.rename(target)


def _open(folder: Path) -> Workspace:
    if (folder / "workspace.json").exists():
        workspace = Workspace.open(folder)
        if workspace.title != TITLE:
            raise InputError(
                "The folder holds a workspace of its own, not the demo",
                where=str(folder),
                fix="Choose an empty folder for the demo",
            )
        return workspace
    return Workspace.create(folder, title=TITLE, synthetic=True)


def write_geography(workspace: Workspace, places: Places) -> None:
    """Write the boundaries, intersections and spatial predictors of some places."""
    import geopandas as gpd  # slow to import, and a demo that is there needs none

    table = places.table
    kinds: dict[str, tuple[list[str], list[str], Any]] = {
        "puma": (
            table["puma"].tolist(),
            [f"{name} PUMA" for name in table["name"]],
            places.map.pumas,
        ),
        "region": (list(REGIONS), list(REGIONS), places.regions),
        "state": ([STATE_CODE], [STATE_NAME], [places.map.outline]),
    }
    for kind, (ids, names, shapes) in kinds.items():
        areas = gpd.GeoDataFrame(
            {"area_id": ids, "name": names}, geometry=list(shapes), crs=MAP_CRS
        )
        write_areas(workspace, areas, kind)
    write_intersections(workspace, "region", places.intersections)
    for spatial in _spatial_tables(table):
        write_spatial_table(workspace, spatial)


def _spatial_tables(table: pd.DataFrame) -> list[SpatialTable]:
    climate = {
        "hdd": "Heating degree days, base 65 °F, 30-year average",
        "cdd": "Cooling degree days, base 65 °F, 30-year average",
    }
    market = {
        "price": "Average residential electricity price, cents per kWh",
        "gas_network": "Share of homes within reach of a utility gas network",
        "density": "Households per square kilometre of land",
    }
    source = f"Synthetic, like everything about {STATE_NAME}"
    return [
        SpatialTable(
            "climate",
            "Climate normals (synthetic)",
            table[["puma", *climate]].round(1),
            climate,
            source=source,
            vintage="always",
        ),
        SpatialTable(
            "energy",
            "Energy market and settlement (synthetic)",
            table[["puma", *market]].round(3),
            market,
            source=source,
            vintage="2022",
        ),
    ]


def _write_truth(workspace: Workspace, population: Population) -> None:
    folder = workspace.path / "truth"
    with replace_file(folder / "truth.parquet") as temporary:
        true_values(population).to_parquet(temporary, index=False, compression="zstd")
    conditions = {group.name: group.condition for group in subgroups(population)}
    write_json(conditions, folder / "subgroups.json")


def _write_block_groups(workspace: Workspace, made: BlockGroups) -> None:
    """Write outlines, published tables, the definitions of their counts, and the truth they hide."""
    import geopandas as gpd

    write_areas(workspace, gpd.GeoDataFrame(made.shapes, crs=MAP_CRS), "block_group")
    tables = {f"{level}s": table for level, table in made.tables.items()}
    for name, table in (*tables.items(), ("constraints", made.constraints)):
        write_text(csv_text(table), workspace.path / "tables" / f"{name}.csv")
    with replace_file(workspace.path / "truth" / "block_groups.parquet") as temporary:
        made.truth.to_parquet(temporary, index=False, compression="zstd")


def _record(population: Population, *, seed: int, quick: bool) -> dict[str, Any]:
    return {
        "version": DEMO_VERSION,
        "seed": seed,
        "quick": quick,
        "synthetic": True,
        "state": STATE_NAME,
        "households": len(population.households),
        "persons": len(population.persons),
        "donor": str(DONOR),
        "recipient": str(RECIPIENT),
        "fusion_variables": [
            list(item) if isinstance(item, tuple) else item for item in FUSION_VARIABLES
        ],
        "block": list(BLOCK),
        "left_to_make": [
            {name: value for name, value in asdict(item).items() if name != "solution"}
            for item in exercises()
        ],
    }


def _silent(share: float, sentence: str) -> None:
    """Report progress to nobody."""
