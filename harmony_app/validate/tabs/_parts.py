"""The parts that tabs of the Validate page are made of, from their template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fusion_core.html_templates import html_templates


def part(name: str, *values: Any) -> str:
    """Return what a macro of the template makes of some values, as HTML."""
    folder = Path(__file__).parent / "templates"
    return str(getattr(html_templates(folder).get_template("parts.html").module, name)(*values))


__all__ = ["part"]
