"""How long training and fusing take, and how good the implicates are on held-out households."""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from fusion_core.fusion import Implicates, TrainSettings, fuse, train

REFERENCE = Path(__file__).parents[3] / "shared" / "data" / "reference" / "fusionmodel"
# fusionModel 2.4 on the RECS halves, best of three runs on two cores, in seconds.
R_TRAIN_PAPER, R_FUSE_40 = 19.8, 8.2
WORKERS = 2


def measured(work: Callable[[], Any]) -> tuple[Any, float, float, float]:
    """Return the result, wall and processor seconds, and the peak growth of memory in GB."""
    process = psutil.Process()
    before = peak = process.memory_info().rss
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    start, processor = time.perf_counter(), time.process_time()
    try:
        result = work()
    finally:
        seconds, busy = time.perf_counter() - start, time.process_time() - processor
        done.set()
        watcher.join()
    return result, seconds, busy, (peak - before) / 1e9


def households(rows: int, seed: int) -> pd.DataFrame:
    """Synthetic households: 16 predictors, 5 single fusion variables and a block of three shares."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({f"number_{i}": draw.gamma(2, 2, rows).round(2) for i in range(8)})
    for i in range(8):
        levels = [f"level {j}" for j in range(3 + i)]
        values = draw.choice(levels, rows, p=draw.dirichlet(np.full(len(levels), 5.0)))
        frame[f"class_{i}"] = pd.Categorical(values, levels, ordered=i % 2 == 0)
    signal = frame["number_0"] + 0.5 * frame["number_1"] * frame["class_1"].cat.codes
    frame["fuel"] = pd.Categorical.from_codes(
        np.clip(signal + draw.normal(0, 1.5, rows), 0, 3).astype(int),
        ["gas", "oil", "wood", "none"],
    )
    frame["owner"] = pd.Categorical.from_codes(
        (draw.random(rows) < 1 / (1 + np.exp(3 - signal))).astype(int), ["no", "yes"]
    )
    frame["area"] = (100 * signal + draw.gamma(2, 50 + 20 * frame["number_0"])).round()
    frame["power"] = (3 * frame["area"] + draw.gamma(2, 300, rows)).round()
    frame["gas"] = np.where(frame["fuel"] == "gas", (0.2 * frame["area"]).round() + 1, 0.0)
    heating = draw.beta(2 + frame["class_3"].cat.codes, 5)
    cooling = (1 - heating) * draw.beta(1 + frame["number_2"], 8)
    frame["heating"], frame["cooling"] = heating.round(3), cooling.round(3)
    frame["other"] = (1 - frame["heating"] - frame["cooling"]).round(3)
    return frame.assign(weight=draw.gamma(4, 100, rows))


def recs_half(name: str) -> pd.DataFrame:
    """One RECS half with its categorical types."""
    schema = json.loads((REFERENCE / "donor_recipient_schema.json").read_text())["donor"]
    frame = pd.read_parquet(REFERENCE / f"{name}.parquet")
    for column in frame.columns:
        levels = schema.get(column, {}).get("levels")
        if levels and frame[column].dtype != bool:
            ordered = schema[column]["type"] == "ordinal"
            frame[column] = pd.Categorical(frame[column], levels, ordered=ordered)
    return frame


def crps(draws: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean fair ensemble CRPS."""
    count = draws.shape[1]
    ranks = 2 * np.arange(1, count + 1) - count - 1
    spread = (np.sort(draws, axis=1) * ranks).sum(axis=1) / (count * (count - 1))
    return float((np.abs(draws - truth[:, None]).mean(axis=1) - spread).mean())


def quality(implicates: Implicates, truth: pd.DataFrame) -> str:
    """Return the scores of the numeric RECS variables as table cells."""
    cells = []
    for name in ("square_feet", "electricity", "natural_gas"):
        draws, actual = implicates[name].values.astype(float), truth[name].to_numpy(float)
        low, high = np.quantile(draws, [0.1, 0.9], axis=1, method="hazen")
        inside = np.mean((low <= actual) & (actual <= high))
        cells.append(f"{crps(draws, actual):.1f} ({inside:.0%})")
    return " | ".join(cells)


def benchmark_recs() -> None:
    schema = json.loads((REFERENCE / "donor_recipient_schema.json").read_text())
    donor, recipient, truth = map(recs_half, ("donor", "recipient", "recipient_truth"))
    print("RECS halves, 2,843 donors, 2,843 × 40 implicates, 5 variables, 13 predictors\n")
    print("| settings | train s | × R | fuse s | × R | square_feet | electricity | natural_gas |")
    print("|---|---|---|---|---|---|---|---|")
    for preset in ("quick", "paper", "production"):
        settings = TrainSettings.preset(preset).replace(workers=WORKERS)
        model, training, _, _ = measured(
            lambda settings=settings: train(
                donor, schema["fusion_vars"], schema["predictors"], settings=settings
            )
        )
        implicates, fusing, _, _ = measured(
            lambda model=model: fuse(recipient, model, m=40, threads=WORKERS)
        )
        times = f"{training:.1f} | {R_TRAIN_PAPER / training:.1f} | {fusing:.1f} | {R_FUSE_40 / fusing:.1f}"
        print(f"| {preset} | {times} | {quality(implicates, truth)} |")
    reference = Implicates.from_long(
        pd.read_parquet(REFERENCE / "fused_recipient_M40_paper.parquet"), implicate="M"
    )
    print(f"| R, paper | {R_TRAIN_PAPER} | 1 | {R_FUSE_40} | 1 | {quality(reference, truth)} |")
    print("\nScores: CRPS (share of true values inside the 80 % interval of the draws).\n")


def benchmark_quick_look() -> None:
    donor, recipient = households(5_000, 1), households(25_000, 2)
    x = [name for name in donor.columns if name.startswith(("number_", "class_"))]
    y = ["fuel", "owner", "area", "power", "gas", ["heating", "cooling", "other"]]
    settings = TrainSettings.preset("quick").replace(workers=WORKERS)
    model, *training = measured(lambda: train(donor, y, x, weight="weight", settings=settings))
    _, *fusing = measured(lambda: fuse(recipient[x], model, m=10, threads=WORKERS))
    print("Quick look, 5,000 donors, 25,000 × 10 implicates, 8 variables, 16 predictors\n")
    print("| stage | wall s | processor s | peak memory GB |\n|---|---|---|---|")
    for stage, (wall, busy, memory) in (("train", training), ("fuse", fusing)):
        print(f"| {stage} | {wall:.1f} | {busy:.1f} | {memory:.2f} |")
    print()


def main() -> int:
    print("## Train and fuse\n")
    benchmark_quick_look()
    if REFERENCE.exists():
        benchmark_recs()
    return 0


if __name__ == "__main__":
    sys.exit(main())
