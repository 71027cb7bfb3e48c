"""What the Validate page compares with an independent table: its figures and their words."""

from harmony_app.validate.figures.comparison_words import (
    ComparisonWords,
    comparison_dots,
    comparison_sheet,
    difference_svg,
    layer_of_differences,
)
from harmony_app.validate.figures.difference_map import difference_map

__all__ = [
    "ComparisonWords",
    "comparison_dots",
    "comparison_sheet",
    "difference_map",
    "difference_svg",
    "layer_of_differences",
]
