"""A view as classes and colours, and as a figure for a report: for the page and for commands alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from harmony_app.explore.map import (
    Beside,
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
    from fusion_core.estimates.places import DonorResolution
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
    both = _both(state, source, answer)
    if both is not None:
        return two_way_layer(answer.table, state, both, theme)
    quantity = words.quantity_of(answer.request.statistic, source.columns)
    return map_layer(answer.table, state, quantity, theme)


def hover_of(
    state: ExploreState, source: Source, answer: Answer, theme: Theme
) -> dict[str, list[str]]:
    """Return the texts of the map's hover card; see `layer_of`."""
    both = _both(state, source, answer)
    if both is not None:
        return two_way_hover(answer.table, state, both, theme)
    quantity = words.quantity_of(answer.request.statistic, source.columns)
    local = "" if source.local is None else source.local.margins
    return hover_columns(answer.table, quantity, theme, local)


@dataclass(frozen=True)
class DonorMap:
    """The donor's own estimates as a map beside the fused one.

    Attributes
    ----------
    layer
        Classes and colours, those of the fused map.
    texts
        What the hover card says of each area.
    title, told
        What it is, in short and in a sentence.
    places
        The place of each area.
    """

    layer: MapLayer
    texts: list[str]
    title: str
    told: str
    places: tuple[str, ...]


def donor_map(
    state: ExploreState, source: Source, answer: Answer, donor: DonorResolution, theme: Theme
) -> DonorMap:
    """Show the donor's own estimates in the classes of the fused map.

    Parameters
    ----------
    state, source, answer, theme
        As in `layer_of`.
    donor
        What the donor says at the finest places it publishes.
    """
    quantity = words.quantity_of(answer.request.statistic, source.columns)
    own = donor.of_areas(answer.table["stored"])
    table = answer.table[["area_id", "name", "stored"]].join(own)
    if "inside" in answer.table:
        table["inside"] = answer.table["inside"]
        table.loc[~table["inside"], ["estimate", "moe"]] = np.nan
    layer = map_layer(table, state, quantity, theme, like=answer.table)
    texts = [
        f"Donor alone, {row['place']}: {words.estimate_phrase(row, quantity)}"  # type: ignore[arg-type]
        if np.isfinite(row["estimate"])
        else "Donor alone: no estimate"
        for row in table.to_dict("records")
    ]
    title = f"{donor.donor.title} alone, by {donor.column}"
    places = tuple(own["place"].fillna("").astype(str))
    return DonorMap(layer, texts, title, donor.sentence, places)


def view_figure(
    state: ExploreState,
    source: Source,
    answer: Answer,
    note: MethodNote,
    shapes: AreaShapes,
    *,
    donor: DonorResolution | None = None,
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
    donor
        What the donor alone says, to draw beside it.
    """
    request = answer.request
    phrases = [words.statistic_phrase(request.statistic, _quantities(source, answer)[0])]
    hatch = f"too uncertain ({words.hatch_phrase(state.hatch)})"
    if request.second is not None and donor is None:
        second = words.statistic_phrase(request.second, _quantities(source, answer)[1])
        phrases += [second[:1].lower() + second[1:]] if second != phrases[0] else []
        hatch = "class uncertain in either variable"
    measure = "" if request.second and donor is None else _MEASURE_PREFIX[state.measure]
    texts = FigureTexts(
        title=words.view_title(request, source.columns),
        subtitle=f"{measure}{' and '.join(phrases)}, {words.subgroup_phrase(state)}",
        hatch=hatch,
        note=note.figure_note(),
    )
    beside = None
    if donor is not None:
        found = donor_map(state, source, answer, donor, "light")
        fused = f"Fused onto {source.survey.title}, by {words.kind_words(state.area_kind)}"
        beside = Beside(found.layer, (fused, found.title), found.told, found.places)
    return figure_svg(shapes, layer_of(state, source, answer, "light"), texts, beside)


def _both(state: ExploreState, source: Source, answer: Answer) -> TwoWayView | None:
    """Return how two variables are written; ``None`` for a view of one, as beside a donor."""
    request = answer.request
    if request.second is None or state.view == "donor":
        return None
    titles = [words.map_title(item, source.columns) for item in (request.statistic, request.second)]
    first, second = _quantities(source, answer)
    return TwoWayView((first, second), (titles[0], titles[1]))


def _quantities(source: Source, answer: Answer) -> tuple[Quantity, Quantity]:
    request = answer.request
    asked = (request.statistic, request.second or request.statistic)
    first, second = (words.quantity_of(item, source.columns) for item in asked)
    return first, second
