"""Largest memory of fusing from Parquet to Parquet and of reading the result: flat in N and M?

Writes the table for readers: ``python tests/studies/measure_fusing_memory.py
assets/measured/fusing_memory.md``. Trees are small, since memory does not depend on them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from support.machine import describe
from support.made_up_households import made_up
from support.measuring import Usage, in_own_process, metered

from fusion_core.fusion import (
    TrainSettings,
    export_implicates,
    fuse_to_folder,
    open_implicates,
    train,
)

SIZES = ((50_000, 5), (200_000, 5), (800_000, 5), (50_000, 40), (200_000, 40), (800_000, 40))
SMALL = 250_000_000
PREDICTORS, VARIABLES, DONORS = 13, 5, 2_000
WARM_UP_ROWS = 500
TABLE = """# Memory of fusing, and of reading implicates

{machine}- Made-up data (seeds 1 and 2): {donors:,} donors, {predictors} predictors, {variables} fusion
  variables, small trees; one thread; every figure from a process of its own, libraries included
- Again: `python tests/benchmarks/{script} {to}`

Largest resident memory in GB, and processor seconds. *Read* goes through all implicates by
`open_implicates(…).blocks()`, *export* writes one variable as a long CSV.

| households | implicates | memory allowed | fuse | read | export | fuse s | read s | export s |
|---:|---:|---|---:|---:|---:|---:|---:|---:|
{rows}
"""


def write_model(folder: Path) -> None:
    """Train small trees."""
    donor = made_up(DONORS, predictors=PREDICTORS, variables=VARIABLES, seed=1)
    settings = TrainSettings.preset("quick").replace(maximum_trees=20, leaves=(8,))
    train(donor.table, donor.variables, donor.predictors, settings=settings, seed=0).save(folder)


def write_recipient(rows: int, path: Path) -> None:
    """Write the predictors of made-up households."""
    found = made_up(rows, predictors=PREDICTORS, variables=VARIABLES, seed=2)
    found.table[list(found.predictors)].to_parquet(path, index=False)


def fuse_all(folder: Path, rows: int, m: int, memory: int | None) -> Usage:
    """Fuse, reading the model and the recipient included."""
    few = folder / "few.parquet"
    if not few.exists():
        write_recipient(WARM_UP_ROWS, few)
    fuse_to_folder(few, folder / "model", folder / "warm", implicates=2, seed=0)
    with metered() as meter:
        fuse_to_folder(
            folder / f"{rows}.parquet",
            folder / "model",
            folder / "out",
            implicates=m,
            memory=memory,
            seed=0,
        )
    return meter.usage


def read_blocks(folder: Path) -> Usage:
    """Read all implicates block by block."""
    with metered() as meter:
        for _ in open_implicates(folder / "out").blocks():
            pass
    return meter.usage


def export_long(folder: Path) -> Usage:
    """Write one variable as a long CSV."""
    opened = open_implicates(folder / "out")
    with metered() as meter:
        export_implicates(opened, folder / "long.csv", kind="csv", variables=opened.names[:1])
    return meter.usage


def lines(folder: Path) -> list[str]:
    """Measure; returns the rows of the table."""
    in_own_process(write_model, folder / "model")
    found = []
    for rows, m, memory in [*((*size, None) for size in SIZES), (*SIZES[-1], SMALL)]:
        path = folder / f"{rows}.parquet"
        if not path.exists():
            in_own_process(write_recipient, rows, path)
        usages = [
            in_own_process(fuse_all, folder, rows, m, memory),
            in_own_process(read_blocks, folder),
            in_own_process(export_long, folder),
        ]
        cells = [f"{usage.memory / 1e9:.2f}" for usage in usages]
        allowed = "default" if memory is None else f"{memory / 1e6:.0f} MB"
        seconds = " | ".join(f"{usage.cpu:.0f}" for usage in usages)
        found.append(f"| {rows:,} | {m} | {allowed} | {' | '.join(cells)} | {seconds} |")
        print(found[-1], file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Measure and write the table."""
    machine = describe()
    with tempfile.TemporaryDirectory() as name:
        rows = lines(Path(name))
    text = TABLE.format(
        machine=machine,
        script=Path(__file__).name,
        to=sys.argv[1],
        rows="\n".join(rows),
        donors=DONORS,
        predictors=PREDICTORS,
        variables=VARIABLES,
    )
    Path(sys.argv[1]).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
