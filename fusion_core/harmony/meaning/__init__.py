"""Whether two harmonies mean the same, however they are written."""

from fusion_core.harmony.meaning.comparison import Comparison, LevelComparison, compare

__all__ = ["Comparison", "LevelComparison", "compare"]
