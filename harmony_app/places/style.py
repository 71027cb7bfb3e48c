"""Style sheets of the Places page: its own, and those it shares with the Surveys page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_ASSETS: Final = Path(__file__).parent / "assets"
_SHARED: Final = Path(__file__).parents[1] / "surveys" / "assets"


def own_style(name: str) -> list[str]:
    """Read a style sheet of this page."""
    return [(_ASSETS / f"{name}.css").read_text(encoding="utf-8")]


def shared_style(name: str) -> list[str]:
    """Read a style sheet the Surveys page has too."""
    return [(_SHARED / f"{name}.css").read_text(encoding="utf-8")]
