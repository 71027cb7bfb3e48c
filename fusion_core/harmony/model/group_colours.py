"""Colours of groups, told apart by people with the common colour-vision deficiencies."""

from __future__ import annotations

from typing import Final

GROUP_COLOURS: Final = (
    "#3f82dc",
    "#d9822b",
    "#3d9a6a",
    "#9a55c0",
    "#c4514f",
    "#2a9d9d",
    "#8a6d3b",
    "#ca6097",
    "#5f6fb5",
    "#7a9a2e",
)
"""Group 1 has the first; after the last they start over, so the group's code is always shown too."""


def group_colour(code: float) -> str:
    """Return the colour of a group's code."""
    return GROUP_COLOURS[(round(code) - 1) % len(GROUP_COLOURS)]


__all__ = ["GROUP_COLOURS", "group_colour"]
