"""A view as classes and colours, and as a figure for a report: for the page and for commands alike."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from fusion_core.calibration import Z90
from fusion_core.estimates.places import SUMS
from harmony_app.explore.map import (
    Beside,
    FigureTexts,
    TwoWayView,
    difference_layer,
    figure_svg,
    hover_columns,
    map_layer,
    rank_layer,
    two_way_hover,
    two_way_layer,
)
from harmony_app.explore.view import CALIBRATION_MEASURES, TABLE_MEASURES, HatchRule, words
from harmony_app.shell.look import Quantity

if TYPE_CHECKING:
    from fusion_core.estimates.places import DonorResolution
    from harmony_app.explore.data.answer import Answer
    from harmony_app.explore.data.catalogue import Source
    from harmony_app.explore.data.method_note import MethodNote
    from harmony_app.explore.map import AreaShapes, MapLayer
    from harmony_app.explore.view import ExploreState
    from harmony_app.shell.session import Theme

_MEASURE_PREFIX: Final = {
    "estimate": "",
    "moe": "90 % margin of error: ",
    "cv": "Coefficient of variation: ",
    "table": "Independent table {table}: ",
    "difference": "Estimate minus {table}: ",
    "uncalibrated": "Before calibration: ",
    "moved": "Moved by calibration: ",
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
    if state.measure in TABLE_MEASURES and answer.against is not None and state.view != "donor":
        return _table_layer(answer, state, quantity, theme)
    if state.measure in CALIBRATION_MEASURES and answer.calibrated and state.view != "donor":
        return _calibration_layer(answer, state, quantity, theme)
    return map_layer(answer.table, _own_measure(state), quantity, theme)


def _table_layer(answer: Answer, state: ExploreState, quantity: Quantity, theme: Theme) -> MapLayer:
    """Return an independent table in the classes of the estimates, or the differences from it."""
    related = answer.against is not None and not answer.against.same
    if state.measure == "difference" and related:
        return rank_layer(answer.table, theme)
    if state.measure == "difference":
        relative = answer.request.statistic.kind in SUMS
        return difference_layer(answer.table, theme, relative=relative, share=quantity.share)
    table = answer.table.assign(estimate=answer.table["external"], moe=answer.table["external_moe"])
    plain = replace(state, measure="estimate", hatch=HatchRule("never", math.inf))
    if related:
        return replace(map_layer(table, plain, Quantity(), theme), doubt=None)
    layer = map_layer(table, plain, quantity, theme, like=answer.table)
    return replace(layer, doubt=None)


def _calibration_layer(
    answer: Answer, state: ExploreState, quantity: Quantity, theme: Theme
) -> MapLayer:
    """Return estimates before calibration in the classes of those after, or how far they moved."""
    table, moe = answer.table, answer.table["uncalibrated_moe"]
    if state.measure == "uncalibrated":
        error = moe / Z90
        plain = table.assign(
            estimate=table["uncalibrated"],
            moe=moe,
            standard_error=error,
            cv=error / table["uncalibrated"].abs(),
        )
        return map_layer(plain, _own_measure(state), quantity, theme, like=table)
    moved = table.assign(
        difference=table["moved"],
        external=table["uncalibrated"],
        within_moe=table["moved"].abs() <= moe,
    )
    relative = answer.request.statistic.kind in SUMS
    layer = difference_layer(moved, theme, relative=relative, share=quantity.share)
    return replace(layer, hatched_when="moved by less than the margin before calibration")


def _own_measure(state: ExploreState) -> ExploreState:
    """Return a view of the estimates themselves where nothing beside them can be shown."""
    beside = (*TABLE_MEASURES, *CALIBRATION_MEASURES)
    return replace(state, measure="estimate") if state.measure in beside else state


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
    layer = map_layer(table, _own_measure(state), quantity, theme, like=answer.table)
    texts = [
        f"Donor alone, {row['place']}: {words.estimate_phrase(row, quantity)}"  # type: ignore[arg-type]
        if np.isfinite(row["estimate"])
        else "Donor alone: no estimate"
        for row in table.to_dict("records")
    ]
    title = f"{donor.donor.title} alone, by {donor.kind}"
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
    layer = layer_of(state, source, answer, "light")
    hatch = layer.hatched_when or f"too uncertain ({words.hatch_phrase(state.hatch)})"
    if request.second is not None and donor is None:
        second = words.statistic_phrase(request.second, _quantities(source, answer)[1])
        phrases += [second[:1].lower() + second[1:]] if second != phrases[0] else []
        hatch = "class uncertain in either variable"
    has_beside = answer.against is not None or bool(answer.calibrated)
    own = state if has_beside and donor is None else _own_measure(state)
    measure = "" if request.second and donor is None else _MEASURE_PREFIX[own.measure]
    texts = FigureTexts(
        title=words.view_title(request, source.columns),
        subtitle=f"{measure.format(table=answer.table_title)}{' and '.join(phrases)}, {words.subgroup_phrase(state)}",
        hatch=hatch,
        note=note.figure_note(),
    )
    beside = None
    if donor is not None:
        found = donor_map(state, source, answer, donor, "light")
        fused = f"Fused onto {source.survey.title}, by {words.kind_words(state.area_kind)}"
        beside = Beside(found.layer, (fused, found.title), found.told, found.places)
    return figure_svg(shapes, layer, texts, beside)


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
