"""The small parts of every page: a line of text, an error, a status, a message."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fusion_core.html_templates import Macros

page_part: Final = Macros(Path(__file__).parent / "templates" / "parts.html")
"""Makes a part of a page, by the name of its macro."""


__all__ = ["page_part"]
