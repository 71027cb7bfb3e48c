"""How figures look in either theme: Bokeh styling, map palettes and hidden tool bars.

Bokeh draws on a canvas, where the page's style sheet has no say; so colours come from the session's
theme and are set on the figure once, when it is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from bokeh.palettes import brewer

from harmony_app.shell.look.theme import figure_colours

if TYPE_CHECKING:
    from bokeh.plotting import figure

    from harmony_app.shell.session import Theme

FONT: Final = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
PaletteName = Literal["estimate", "uncertainty"]
# Both ramps grow monotonically in lightness, so they are read in order with any colour vision and
# in print; two hues keep a map of uncertainty from being taken for a map of estimates.
_RAMPS: Final[dict[PaletteName, str]] = {"estimate": "YlGnBu", "uncertainty": "YlOrBr"}
FEWEST_CLASSES: Final = 2
MOST_CLASSES: Final = 9


def sequential_palette(name: PaletteName, classes: int, theme: Theme) -> list[str]:
    """Return `classes` colours from low to high.

    On a light page high values are dark, on a dark page they are bright: either way they stand out.

    Parameters
    ----------
    name
        ``estimate`` (yellow–green–blue) or ``uncertainty`` (yellow–orange–brown); ColorBrewer.
    classes
        Number of colours; kept between 1 and 9.
    theme
        Light or dark page.
    """
    wanted = min(max(classes, 1), MOST_CLASSES)
    ramp = brewer[_RAMPS[name]]
    dark_to_light = list(ramp[max(wanted, 3)])
    if wanted == 1:
        dark_to_light = [dark_to_light[1]]
    elif wanted == FEWEST_CLASSES:
        dark_to_light = [dark_to_light[0], dark_to_light[2]]
    return dark_to_light if theme == "dark" else dark_to_light[::-1]


def diverging_palette(theme: Theme) -> tuple[str, ...]:
    """Return five colours from less to more, the middle one that of no difference; ColorBrewer PuOr.

    Told apart with any colour vision.
    """
    middle = "#3a4452" if theme == "dark" else "#f1f1f1"
    return ("#5e3c99", "#b2abd2", middle, "#fdb863", "#e66101")


def two_way_palette(theme: Theme) -> tuple[str, ...]:
    """Return the nine colours of a map of two variables.

    The first variable turns grey into blue-green, the second into purple; where both are high the
    colour is darkest on a light page and brightest on a dark one. Source of the light ramp: J.
    Stevens, *Bivariate Choropleth Maps* (2015), told apart with any colour vision.

    Returns
    -------
    tuple
        Colour of class i of the first and j of the second variable at 3 i + j.
    """
    return _TWO_WAY[theme]


_TWO_WAY: Final[dict[Theme, tuple[str, ...]]] = {
    "light": (
        *("#e8e8e8", "#dfb0d6", "#be64ac"),
        *("#ace4e4", "#a5add3", "#8c62aa"),
        *("#5ac8c8", "#5698b9", "#3b4994"),
    ),
    "dark": (
        *("#3a4452", "#74507c", "#b05fa6"),
        *("#3d6f78", "#7f7fa8", "#c08fd0"),
        *("#40a3a8", "#86b9d6", "#f0e8ff"),
    ),
}


def style_figure(plot: figure, theme: Theme, *, grid: bool = True) -> figure:
    """Give a figure the page's colours and font and take the logo off; return the same figure."""
    colours = figure_colours(theme)
    plot.background_fill_color = colours["surface"]
    plot.border_fill_color = colours["surface"]
    plot.outline_line_color = None
    plot.toolbar.logo = None
    for axis in plot.axis:
        axis.axis_line_color = colours["border"]
        axis.major_tick_line_color = colours["border"]
        axis.minor_tick_line_color = None
        axis.major_label_text_color = colours["muted"]
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = "12px"
        axis.axis_label_text_color = colours["muted"]
        axis.axis_label_text_font = FONT
        axis.axis_label_text_font_size = "12px"
        axis.axis_label_text_font_style = "normal"
    for line in plot.grid:
        line.grid_line_color = colours["grid"] if grid else None
    plot.title.text_color = colours["text"]
    plot.title.text_font = FONT
    plot.title.text_font_size = "14px"
    return plot
