"""The panels around the map, from their template."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fusion_core.html_templates import Macros

panel: Final = Macros(Path(__file__).parent / "templates" / "panels.html")
"""Makes a panel, by the name of its macro."""


__all__ = ["panel"]
