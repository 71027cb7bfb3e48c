"""The figures of the Validate page, on screen and on paper."""

from harmony_app.validate.figures.comparison_svg import (
    comparison_svg,
)
from harmony_app.validate.figures.comparison_words import (
    ComparisonWords,
    comparison_texts,
    difference_svg,
    layer_of_differences,
)
from harmony_app.validate.figures.known import (
    known_figure,
)
from harmony_app.validate.figures.scatter import (
    difference_map,
    scatter_figure,
)

__all__ = [
    "ComparisonWords",
    "comparison_svg",
    "comparison_texts",
    "difference_map",
    "difference_svg",
    "known_figure",
    "layer_of_differences",
    "scatter_figure",
]
