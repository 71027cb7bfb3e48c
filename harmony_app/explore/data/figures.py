"""A view as classes and colours, and as a figure for a report: for the page and for commands alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harmony_app.explore.map import (
    FigureTexts,
    TwoWayView,
    figure_svg,
    hover_columns,
    map_layer,
    two_way_hover,
    two_way_layer,
)
from harmony_app.explore.view import words

if TYPE_CHECKING:
    from harmony_app.explore.data.catalogue import Source
    from harmony_app.explore.data.estimates import Answer
    from harmony_app.explore.data.method_note import MethodNote
    from harmony_app.explore.map import AreaShapes, MapLayer
    from harmony_app.explore.view import ExploreState
    from harmony_app.shell.look import Quantity
    from harmony_app.shell.session import Theme

_MEASURE_PREFIX: Final = {
    "estimate": "",
    "moe": "90 % margin of error: ",
    "cv": "Coefficient of variation: ",
}


def layer_of(state: ExploreState, source: Source, answer: Answer, theme: Theme) -> MapLayer:
    """Return classes, colours and legend of a view, of one variable or of two.

    Parameters
    ----------
    state, source
        What is looked at.
    answer
        The numbers.
    theme
        Light or dark page.
    """
    both = _both(source, answer)
    if both is not None:
        return two_way_layer(answer.table, state, both, theme)
    quantity = words.quantity_of(answer.request.statistic, source.columns)
    return map_layer(answer.table, state, quantity, theme)


def hover_of(
    state: ExploreState, source: Source, answer: Answer, theme: Theme
) -> dict[str, list[str]]:
    """Return the texts of the map's hover card; see `layer_of`."""
    both = _both(source, answer)
    if both is not None:
        return two_way_hover(answer.table, state, both, theme)
    quantity = words.quantity_of(answer.request.statistic, source.columns)
    local = "" if source.local is None else source.local.margins
    return hover_columns(answer.table, quantity, theme, local)


def view_figure(
    state: ExploreState, source: Source, answer: Answer, note: MethodNote, shapes: AreaShapes
) -> str:
    """Draw a view as a stand-alone SVG document, always on white.

    Parameters
    ----------
    state, source
        What is looked at.
    answer, note
        The numbers, and where they come from.
    shapes
        The areas.
    """
    request = answer.request
    phrases = [words.statistic_phrase(request.statistic, _quantities(source, answer)[0])]
    hatch = f"too uncertain ({words.hatch_phrase(state.hatch)})"
    if request.second is not None:
        second = words.statistic_phrase(request.second, _quantities(source, answer)[1])
        phrases += [second[:1].lower() + second[1:]] if second != phrases[0] else []
        hatch = "class uncertain in either variable"
    measure = "" if request.second else _MEASURE_PREFIX[state.measure]
    texts = FigureTexts(
        title=words.view_title(request, source.columns),
        subtitle=f"{measure}{' and '.join(phrases)}, {words.subgroup_phrase(state)}",
        hatch=hatch,
        note=note.figure_note(),
    )
    return figure_svg(shapes, layer_of(state, source, answer, "light"), texts)


def _both(source: Source, answer: Answer) -> TwoWayView | None:
    """Return how the two variables of a view are written; ``None`` for a view of one."""
    request = answer.request
    if request.second is None:
        return None
    titles = [words.map_title(item, source.columns) for item in (request.statistic, request.second)]
    first, second = _quantities(source, answer)
    return TwoWayView((first, second), (titles[0], titles[1]))


def _quantities(source: Source, answer: Answer) -> tuple[Quantity, Quantity]:
    request = answer.request
    asked = (request.statistic, request.second or request.statistic)
    first, second = (words.quantity_of(item, source.columns) for item in asked)
    return first, second
