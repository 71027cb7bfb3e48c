"""What a harmony does to both surveys, as plain objects ready to be drawn."""

from fusion_core.harmony.previews.preview import (
    GroupPreview,
    HarmonyPreview,
    Histogram,
    LevelPreview,
    preview,
)

__all__ = [
    "GroupPreview",
    "HarmonyPreview",
    "Histogram",
    "LevelPreview",
    "preview",
]
