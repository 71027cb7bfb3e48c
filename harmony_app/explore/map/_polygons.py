"""What the fused map and the donor's map draw alike: filled areas, of which some are hatched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harmony_app.shell.look import figure_colours

if TYPE_CHECKING:
    from bokeh.models import CDSView, ColumnDataSource, GlyphRenderer
    from bokeh.plotting import figure

    from harmony_app.shell.session import Theme

# Bokeh skips the hatch of a shape whose fill is fully transparent.
_ALMOST_TRANSPARENT: Final = 0.01


def draw_areas(
    plot: figure,
    source: ColumnDataSource,
    hatched: CDSView,
    theme: Theme,
    *,
    fill_color: str,
    line_color: str,
) -> GlyphRenderer:
    """Draw areas that a selection does not change, and hatch those of a view.

    Parameters
    ----------
    plot
        The figure.
    source
        The polygons, columns ``xs`` and ``ys``.
    hatched
        Which of them are hatched.
    theme
        Light or dark page.
    fill_color, line_color
        A colour, or the column that holds it.

    Returns
    -------
    The filled areas, for hovering.
    """
    colours = figure_colours(theme)
    fill = plot.multi_polygons(
        "xs", "ys", source=source, fill_color=fill_color, line_color=line_color, line_width=0.4
    )
    hatch = plot.multi_polygons(
        "xs",
        "ys",
        source=source,
        view=hatched,
        fill_color=colours["surface"],
        fill_alpha=_ALMOST_TRANSPARENT,
        line_alpha=0,
        hatch_pattern="right_diagonal_line",
        hatch_color=colours["text"],
        hatch_alpha=0.42,
        hatch_scale=9,
        hatch_weight=0.7,
    )
    for renderer in (fill, hatch):
        renderer.nonselection_glyph = None
        renderer.selection_glyph = None
    return fill
