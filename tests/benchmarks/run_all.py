"""Run every benchmark and write one Markdown report with the machine and the versions it ran on."""

import importlib.metadata
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

HERE = Path(__file__).parent
LIBRARIES = ("numpy", "pandas", "lightgbm", "scikit-learn", "duckdb", "panel", "bokeh")


def machine() -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Python {platform.python_version()} on {platform.system()}; {versions}"
    )


def main() -> int:
    wanted = sys.argv[1:]
    parts = [f"# Benchmarks\n\n{machine()}\n"]
    failed = False
    for path in sorted(HERE.glob("benchmark_*.py")):
        if wanted and path.stem.removeprefix("benchmark_") not in wanted:
            continue
        print(f"Running {path.name} …", file=sys.stderr, flush=True)
        command = [sys.executable, str(path)]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        failed |= done.returncode != 0
        parts.append(done.stdout if done.returncode == 0 else f"{path.name} failed\n")
    report = "\n".join(parts)
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    (results / "latest.md").write_text(report, encoding="utf-8")
    print(report)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
