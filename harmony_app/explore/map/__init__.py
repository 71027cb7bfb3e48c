"""The map: boundaries, layers, colours, and the figure of it."""

from harmony_app.explore.map.figure_svg import (
    FigureTexts,
    figure_svg,
)
from harmony_app.explore.map.layers import (
    MapLayer,
    align,
    hover_columns,
    map_layer,
    unreliable_positions,
)
from harmony_app.explore.map.map_figure import (
    MapFigure,
)
from harmony_app.explore.map.shapes import (
    AreaShapes,
    area_shapes,
)

__all__ = [
    "AreaShapes",
    "FigureTexts",
    "MapFigure",
    "MapLayer",
    "align",
    "area_shapes",
    "figure_svg",
    "hover_columns",
    "map_layer",
    "unreliable_positions",
]
