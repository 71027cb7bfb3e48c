"""Models that somebody changed on purpose, with manifests that fit: loaded and used one after the other.

``python crafted_models.py MODEL.zip RECIPIENT.parquet FIRST LAST`` crafts a model per number and prints
a line for each: what was changed, and whether it was refused or drew answers of donors. A model that
ends the process ends the output too.
"""

import hashlib
import io
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

NUMBERS = (-1, 0, 1, 2, 3, 63, 64, 65, 1000, 2**31 - 1, -(2**31), 2**40, 1e300, float("nan"))


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(files: dict[str, bytes], path: Path) -> Path:
    """Zip files with a manifest that fits them."""
    manifest = json.loads(files["manifest.json"])
    others = {name: content for name, content in files.items() if name != "manifest.json"}
    manifest["files"] = {
        name: hashlib.sha256(content).hexdigest() for name, content in others.items()
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in others.items():
            archive.writestr(name, content)
        archive.writestr("manifest.json", json.dumps(manifest))
    return path


def crafted(files: dict[str, bytes], seed: int) -> tuple[str, dict[str, bytes]]:
    """Return one change of a model's files, chosen by a number, and the files with it."""
    draw = np.random.default_rng(seed)
    names = sorted(name for name in files if name != "manifest.json")
    name = str(draw.choice([item for item in names if "/" in item or draw.random() < 0.3]))
    content = files[name]
    if name.endswith(".txt"):
        changed = _text(content, draw)
    elif name.endswith(".parquet"):
        changed = _table(content, draw)
    else:
        changed = _record(content, draw)
    return name, {**files, name: changed}


def _text(content: bytes, draw: np.random.Generator) -> bytes:
    text = content.decode()
    if draw.random() < 0.2:  # a line repeated, or left out
        lines = text.splitlines(keepends=True)
        at = int(draw.integers(len(lines)))
        return "".join(lines[:at] + lines[at + int(draw.integers(2)) * 2 :]).encode()
    found = list(re.finditer(r"(?<=[= ])-?\d+(?=[ \n])", text))
    spot = found[int(draw.integers(len(found)))]
    number = str(draw.choice([str(each) for each in NUMBERS]))
    return (text[: spot.start()] + number + text[spot.end() :]).encode()


def _table(content: bytes, draw: np.random.Generator) -> bytes:
    table = pq.read_table(io.BytesIO(content))
    if draw.random() < 0.15:
        table = table.slice(0, int(draw.integers(table.num_rows)))
    else:
        at = int(draw.integers(table.num_columns))
        table = table.set_column(at, table.column_names[at], _changed(table[at], draw))
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _changed(column: Any, draw: np.random.Generator) -> Any:
    values = column.to_pylist()
    row = int(draw.integers(len(values)))
    number = NUMBERS[int(draw.integers(len(NUMBERS)))]
    if isinstance(values[row], list):
        values[row] = [number, *values[row]] if draw.random() < 0.5 else []
    else:
        values[row] = number
    try:
        return pa.array(values, column.type)
    except (pa.ArrowException, OverflowError, TypeError):
        return pa.array([str(value) for value in values])


def _record(content: bytes, draw: np.random.Generator) -> bytes:
    record = json.loads(content)
    spots: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            spots.append((value, key))
            if isinstance(each, dict | list):
                walk(each)

    walk(record)
    holder, key = spots[int(draw.integers(len(spots)))]
    options = [-1, 0, 7, 10**6, None, "x", [], {}, 0.5]
    holder[key] = options[int(draw.integers(len(options)))]
    return json.dumps(record).encode()


def use(path: Path, recipient: pd.DataFrame, donors: dict[str, set[float]]) -> str:
    """Load a model and draw with it; tell what came of it."""
    from fusion_core import FusionModel, fuse
    from fusion_core.errors import HarmonyError

    try:
        model = FusionModel.load(path)
        drawn = fuse(recipient, model, implicates=2, seed=1)
        model.summary()
    except HarmonyError as error:
        return f"refused: {error.message}"
    for name, known in donors.items():
        if name in drawn.names and not set(np.unique(drawn[name].values)) <= known:
            return f"STRANGE: {name}"
    return "drew"


def main(model: Path, households: Path, first: int, last: int) -> None:
    files, recipient = files_of(model), pd.read_parquet(households)
    work = model.with_name("crafted.zip")
    for seed in range(first, last):
        name, changed = crafted(files, seed)
        print(seed, name, end=" ", flush=True)
        print(use(pack(changed, work), recipient, {}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
