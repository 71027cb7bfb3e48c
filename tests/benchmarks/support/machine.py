"""The machine and the versions a benchmark ran on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import psutil

LIBRARIES = ("lightgbm", "numba", "numpy", "duckdb", "pandas", "pyarrow", "scikit-learn", "panel")
OURS = "survey-harmonization-tool"


def processor() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe() -> str:
    """Return machine, versions and date as a Markdown list."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    busy = (
        "- **The machine was busy: seconds on the clock are too long.**\n" if load > cores else ""
    )
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    return (
        f"- Measured {datetime.now(UTC):%Y-%m-%d}, {OURS} {importlib.metadata.version(OURS)}\n"
        f"- {processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()}; "
        f"load before the start {load:.1f}\n"
        f"- Python {platform.python_version()}, {versions}\n"
        f"{busy}"
    )
