"""The figures of the Validate page, on screen and on paper."""

from harmony_app.validate.figures.curves_svg import (
    curves_svg,
)
from harmony_app.validate.figures.known import (
    known_figure,
)
from harmony_app.validate.figures.panels import (
    CurvePanels,
)
from harmony_app.validate.figures.scatter import (
    scatter_figure,
)

__all__ = [
    "CurvePanels",
    "curves_svg",
    "known_figure",
    "scatter_figure",
]
