"""What the Places page shows, from its template."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fusion_core.html_templates import Macros

place_part: Final = Macros(Path(__file__).parent / "templates" / "places.html")
"""Makes a part of the page, by the name of its macro."""


__all__ = ["place_part"]
