"""One look for every widget: a Panel design that carries the project's style sheet into each one.

Colours are CSS custom properties set on the page (`assets/frame.css`), light or dark; they inherit
into the shadow roots of Panel's widgets, so one style sheet serves both themes. Bokeh figures are
drawn on a canvas and take their colours from `figure_colours`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from panel.theme import Inherit
from panel.theme.base import Design
from panel.viewable import Viewable

if TYPE_CHECKING:
    from harmony_app.shell.session import Theme

_WIDGET_STYLE = (Path(__file__).parents[1] / "assets" / "widgets.css").read_text(encoding="utf-8")


class HarmonyDesign(Design):
    """Panel design: every component gets the project's widget style sheet."""

    modifiers: Final = {Viewable: {"stylesheets": [Inherit, _WIDGET_STYLE]}}


LIGHT: Final = {
    "background": "#f5f7fa",
    "surface": "#ffffff",
    "text": "#1a2230",
    "muted": "#5b6675",
    "border": "#dde3ea",
    "grid": "#e8edf2",
    "accent": "#0b6e8f",
    "accent_soft": "#e3f1f6",
    "good": "#237a52",
    "warn": "#8a5c00",
    "bad": "#b3261e",
}
DARK: Final = {
    "background": "#12171e",
    "surface": "#1b222c",
    "text": "#e7ecf2",
    "muted": "#a3afbd",
    "border": "#334050",
    "grid": "#2a3442",
    "accent": "#4fb3d3",
    "accent_soft": "#17323d",
    "good": "#5fc491",
    "warn": "#e0b04a",
    "bad": "#f28b82",
}


def figure_colours(theme: Theme) -> dict[str, str]:
    """Return the colours a Bokeh figure uses in this theme, by role."""
    return DARK if theme == "dark" else LIGHT
