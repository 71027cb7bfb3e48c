"""What pages say of runs in progress."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fusion_core.html_templates import Macros

run_part: Final = Macros(Path(__file__).parent / "templates" / "runs.html")
"""Makes the part of a page about a run, by the name of its macro."""


__all__ = ["run_part"]
