"""Which layout of implicates is read best: a column per implicate, a list per household, or long?

Writes the table for readers: ``python tests/studies/measure_implicate_layout.py
assets/measured/implicate_layout.md``. Every question is the mean per area and implicate of one
variable, asked of files just written, the best of three times.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from support.machine import describe

HOUSEHOLDS, COUNT, AREAS, DONORS = 200_000, 40, 360, 5_000
REPEATS = 3
NAMES = [f"implicate_{number:02}" for number in range(1, COUNT + 1)]
LAYOUTS = ("column per implicate", "fixed-size list", "long")
TABLE = """# Layout of implicates on disk

{machine}- One numeric variable of {households:,} households × {count} implicates, values of {donors:,} donors
  (seed 1); Parquet, zstd; {areas} areas; DuckDB and pyarrow with one thread
- Again: `python tests/benchmarks/{script} {to}`

Processor seconds of the mean per area and implicate, the best of {repeats}, reading the files included;
pyarrow: of reading into one array of shape (households, implicates).

| layout | MB | write s | DuckDB s | pandas s | pyarrow s |
|---|---:|---:|---:|---:|---:|
{rows}
"""


def tables(values: np.ndarray, area: np.ndarray) -> dict[str, pa.Table]:
    """Return the same implicates in every layout; only the long one repeats the area."""
    flat = pa.array(values.ravel())
    return {
        LAYOUTS[0]: pa.table({name: values[:, place] for place, name in enumerate(NAMES)}),
        LAYOUTS[1]: pa.table({"implicates": pa.FixedSizeListArray.from_arrays(flat, COUNT)}),
        LAYOUTS[2]: pa.table(
            {
                "area": np.repeat(area, COUNT),
                "implicate": np.tile(np.arange(1, COUNT + 1, dtype=np.int8), len(area)),
                "value": flat,
            }
        ),
    }


def duckdb_query(layout: str, path: Path, areas: Path) -> Callable[[], object]:
    """Return what asks DuckDB; positions join households and their area."""
    joined = f"read_parquet('{areas}') POSITIONAL JOIN read_parquet('{path}')"
    query = {
        LAYOUTS[0]: f"FROM {joined} SELECT area, avg(COLUMNS('implicate_.*')) GROUP BY area",
        LAYOUTS[1]: f"FROM {joined} SELECT area, "
        + ", ".join(f"avg(implicates[{number}])" for number in range(1, COUNT + 1))
        + " GROUP BY area",
        LAYOUTS[2]: f"FROM read_parquet('{path}') SELECT area, implicate, avg(value) GROUP BY ALL",
    }[layout]
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return lambda: connection.execute(query).fetchall()


def pandas_question(layout: str, path: Path, areas: Path) -> Callable[[], object]:
    """Return what asks pandas."""

    def wide() -> object:
        return pd.read_parquet(path).groupby(pd.read_parquet(areas)["area"].to_numpy()).mean()

    def lists() -> object:
        stacked = np.stack(pd.read_parquet(path)["implicates"].to_list())
        area = pd.read_parquet(areas)["area"].to_numpy()
        return pd.DataFrame(stacked).groupby(area).mean()

    def long() -> object:
        return pd.read_parquet(path).groupby(["area", "implicate"])["value"].mean()

    return dict(zip(LAYOUTS, (wide, lists, long), strict=True))[layout]


def array_reader(layout: str, path: Path) -> Callable[[], object]:
    """Return what reads one array."""

    def wide() -> object:
        return np.column_stack([column.to_numpy() for column in pq.read_table(path).columns])

    def lists() -> object:
        column = pq.read_table(path)["implicates"].combine_chunks()
        return column.flatten().to_numpy().reshape(-1, COUNT)

    def long() -> object:
        return pq.read_table(path, columns=["value"])["value"].to_numpy().reshape(-1, COUNT)

    return dict(zip(LAYOUTS, (wide, lists, long), strict=True))[layout]


def best(work: Callable[[], object]) -> float:
    """Return the fewest processor seconds."""
    seconds = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def lines(folder: Path) -> list[str]:
    """Measure; returns the rows of the table."""
    pa.set_cpu_count(1)
    draw = np.random.default_rng(1)
    observed = draw.gamma(2, 400, DONORS).round(1)
    values = observed[draw.integers(0, DONORS, (HOUSEHOLDS, COUNT))]
    area = np.sort(draw.integers(0, AREAS, HOUSEHOLDS)).astype(np.int16)
    areas = folder / "areas.parquet"
    pq.write_table(pa.table({"area": area}), areas)
    found = []
    for place, (layout, table) in enumerate(tables(values, area).items()):
        path = folder / f"{place}.parquet"
        write = best(lambda table=table, path=path: pq.write_table(table, path, compression="zstd"))
        asked = [
            best(question)
            for question in (
                duckdb_query(layout, path, areas),
                pandas_question(layout, path, areas),
                array_reader(layout, path),
            )
        ]
        cells = " | ".join(f"{seconds:.2f}" for seconds in (write, *asked))
        found.append(f"| {layout} | {path.stat().st_size / 1e6:.1f} | {cells} |")
        print(found[-1], file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Measure and write the table."""
    machine = describe()
    with tempfile.TemporaryDirectory() as name:
        rows = lines(Path(name))
    text = TABLE.format(
        machine=machine,
        households=HOUSEHOLDS,
        count=COUNT,
        donors=DONORS,
        areas=AREAS,
        script=Path(__file__).name,
        to=sys.argv[1],
        repeats=REPEATS,
        rows="\n".join(rows),
    )
    Path(sys.argv[1]).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
