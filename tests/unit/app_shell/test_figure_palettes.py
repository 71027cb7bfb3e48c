"""Map colours can be read in order, in either theme, with any number of classes."""

import pytest
from bokeh.plotting import figure

from harmony_app.shell.look.figures import sequential_palette, style_figure
from harmony_app.shell.look.theme import figure_colours


def lightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2


@pytest.mark.parametrize("classes", range(1, 10))
@pytest.mark.parametrize("name", ["estimate", "uncertainty"])
def test_lightness_is_monotone_and_high_values_stand_out(name, classes):
    light = [lightness(colour) for colour in sequential_palette(name, classes, "light")]
    dark = [lightness(colour) for colour in sequential_palette(name, classes, "dark")]
    assert len(light) == classes
    assert light == sorted(light, reverse=True)
    assert dark == sorted(dark)


def test_estimates_and_uncertainty_have_different_hues():
    assert set(sequential_palette("estimate", 5, "light")).isdisjoint(
        sequential_palette("uncertainty", 5, "light")
    )


def test_a_styled_figure_takes_its_colours_from_the_theme():
    plot = style_figure(figure(), "dark")
    assert plot.background_fill_color == figure_colours("dark")["surface"]
    assert plot.toolbar.logo is None
