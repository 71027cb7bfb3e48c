"""The map: boundaries, layers, colours, and the figure of it."""

from harmony_app.explore.map.differences import (
    WITHIN_BOTH,
    difference_layer,
    rank_layer,
)
from harmony_app.explore.map.figure_svg import (
    Beside,
    FigureTexts,
    figure_svg,
)
from harmony_app.explore.map.layers import (
    SMOOTHED_COLUMNS,
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
    outlines,
    shapes_of,
)
from harmony_app.explore.map.two_way import (
    CLASS_WORDS,
    SECOND,
    TwoWayLegend,
    TwoWayView,
    second_of,
    two_way_columns,
    two_way_hover,
    two_way_layer,
    with_second,
)

__all__ = [
    "CLASS_WORDS",
    "SECOND",
    "SMOOTHED_COLUMNS",
    "WITHIN_BOTH",
    "AreaShapes",
    "Beside",
    "FigureTexts",
    "MapFigure",
    "MapLayer",
    "TwoWayLegend",
    "TwoWayView",
    "align",
    "area_shapes",
    "difference_layer",
    "figure_svg",
    "hover_columns",
    "map_layer",
    "outlines",
    "rank_layer",
    "second_of",
    "shapes_of",
    "two_way_columns",
    "two_way_hover",
    "two_way_layer",
    "unreliable_positions",
    "with_second",
]
