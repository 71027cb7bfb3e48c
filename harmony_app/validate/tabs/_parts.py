"""The parts that tabs of the Validate page are made of, from their template."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fusion_core.html_templates import Macros

part: Final = Macros(Path(__file__).parent / "templates" / "parts.html")
"""Makes a part of a tab, by the name of its macro."""


__all__ = ["part"]
