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
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    return (
        f"- Measured {datetime.now(UTC):%Y-%m-%d}, {OURS} {importlib.metadata.version(OURS)}\n"
        f"- {processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}; "
        f"load before the start {os.getloadavg()[0]:.1f}\n"
        f"- Python {platform.python_version()}, {versions}\n"
    )
