"""Two variables on one map: nine colours, their legend, and what the hover card says of both."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from fusion_core.estimates.margins import two_way_classes
from harmony_app.explore.map.layers import ESTIMATE_COLUMNS, MapLayer, edge_labels
from harmony_app.explore.view import TWO_WAY_CLASSES, class_edges, words
from harmony_app.shell.look import figure_colours, two_way_palette

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.estimates.margins import TwoWayClasses
    from harmony_app.explore.view import ExploreState
    from harmony_app.shell.look import Quantity
    from harmony_app.shell.session import Theme

SECOND: Final = "second_"
CLASS_WORDS: Final = ("low", "middle", "high")


@dataclass(frozen=True)
class TwoWayCell:
    """One colour of the legend: how many areas have it, and how many of them surely."""

    colour: str
    areas: int
    surely: int


@dataclass(frozen=True)
class TwoWayLegend:
    """The legend of a map of two variables.

    Attributes
    ----------
    titles
        Names of the first variable, which runs to the right, and of the second, which runs up.
    ranges
        The range of each class of either variable, from low to high.
    rows
        The cells, the highest class of the second variable first.
    doubt
        How many areas may belong elsewhere, in a sentence.
    """

    titles: tuple[str, str]
    ranges: tuple[tuple[str, ...], tuple[str, ...]]
    rows: tuple[tuple[TwoWayCell, ...], ...]
    doubt: str


@dataclass(frozen=True)
class TwoWayView:
    """How two variables are written.

    Attributes
    ----------
    quantities
        What kind of numbers they are.
    titles
        What they are called.
    """

    quantities: tuple[Quantity, Quantity]
    titles: tuple[str, str]


def with_second(table: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Put the aligned estimates of a second variable beside those of the first.

    Parameters
    ----------
    table, other
        Aligned estimates (`harmony_app.explore.map.align`) of the same areas.
    """
    kept = [name for name in (*ESTIMATE_COLUMNS, "assumption") if name in other]
    return table.join(other[kept].add_prefix(SECOND))


def second_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates of the second variable as a table of their own."""
    own = [name for name in table.columns if name.startswith(SECOND)]
    renamed = table[own].rename(columns=lambda name: name.removeprefix(SECOND))
    return table[["area_id", "name", "stored"]].join(renamed)


def two_way_layer(
    table: pd.DataFrame, state: ExploreState, view: TwoWayView, theme: Theme
) -> MapLayer:
    """Put every area into one of nine classes, and mark those whose class is uncertain.

    Parameters
    ----------
    table
        Aligned estimates of both (`with_second`).
    state
        The view, whose way of making classes holds for both; breaks of one's own do not.
    view
        How the two are written.
    theme
        Light or dark page.
    """
    found, edges = classes_of(table, state)
    plain = dataclasses.replace(state, measure="estimate")
    ranges = tuple(
        edge_labels(item, plain, quantity)
        for item, quantity in zip(edges, view.quantities, strict=True)
    )
    palette = two_way_palette(theme)
    rows = tuple(
        tuple(
            TwoWayCell(palette[_code(first, second)], *found.counts(first, second))
            for first in range(TWO_WAY_CLASSES)
        )
        for second in reversed(range(TWO_WAY_CLASSES))
    )
    codes = np.where(found.shown, _code(found.first, found.second), -1)
    inside = table["inside"].to_numpy(bool) if "inside" in table else np.full(len(table), True)
    return MapLayer(
        codes=codes.astype(np.int64),
        palette=palette,
        unreliable=tuple(int(place) for place in np.flatnonzero(found.unsure)),
        legend=(),
        without_value=int((~found.shown & inside).sum()),
        two_way=TwoWayLegend(view.titles, (ranges[0], ranges[1]), rows, found.sentence),
    )


def classes_of(
    table: pd.DataFrame, state: ExploreState
) -> tuple[TwoWayClasses, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the classes of both variables, and the edges of either."""
    method = "quantile" if state.class_method == "manual" else state.class_method
    parts = []
    for prefix in ("", SECOND):
        values = table[f"{prefix}estimate"].to_numpy(dtype=float)
        name = f"{prefix}standard_error"
        errors = table[name].to_numpy(dtype=float) if name in table else np.full(len(table), np.nan)
        edges = class_edges(values, method, TWO_WAY_CLASSES, (), errors)
        parts.append((values, errors, edges))
    return two_way_classes(parts[0], parts[1]), (parts[0][2], parts[1][2])


def two_way_columns(table: pd.DataFrame, state: ExploreState) -> pd.DataFrame:
    """Return the table with the class of every area in either variable, and whether it is unsure.

    Parameters
    ----------
    table, state
        As in `two_way_layer`.
    """
    found, _ = classes_of(table, state)

    def spoken(codes: NDArray[np.int64]) -> list[str]:
        return ["" if code < 0 else CLASS_WORDS[int(code)] for code in codes]

    columns = pd.DataFrame(
        {
            "class": spoken(found.first),
            f"{SECOND}class": spoken(found.second),
            "class_unsure": found.unsure,
        },
        index=table.index,
    )
    return table.join(columns)


def two_way_hover(
    table: pd.DataFrame, state: ExploreState, view: TwoWayView, theme: Theme
) -> dict[str, list[str]]:
    """Return the texts of the hover card, one list per line, in the order of the areas.

    Parameters
    ----------
    table, state, view, theme
        As in `two_way_layer`.
    """
    found, _ = classes_of(table, state)
    colours = figure_colours(theme)
    other = second_of(table)
    lines: dict[str, list[str]] = {"value": [], "interval": [], "note": [], "dot": []}
    pairs = zip(table.to_dict("records"), other.to_dict("records"), strict=True)
    for place, (first, second) in enumerate(pairs):
        if not found.shown[place]:
            for name, text in (("value", "no estimate"), ("interval", " "), ("note", " ")):
                lines[name].append(text)
            lines["dot"].append(colours["surface"])
            continue
        said = [
            f"{title}: {words.estimate_phrase(row, quantity)}"  # type: ignore[arg-type]
            for title, row, quantity in zip(
                view.titles, (first, second), view.quantities, strict=True
            )
        ]
        lines["value"].append(said[0])
        lines["interval"].append(said[1])
        lines["note"].append(_class_words(found, place))
        lines["dot"].append(colours["warn" if found.unsure[place] else "good"])
    return lines


def _class_words(found: TwoWayClasses, place: int) -> str:
    """Say in which class an area is in either variable, and whether it surely is."""
    words_of = [CLASS_WORDS[int(codes[place])] for codes in (found.first, found.second)]
    unsure = [bool(item[place]) for item in (found.unsure_first, found.unsure_second)]
    if not any(unsure):
        return f"surely {words_of[0]} in the first, {words_of[1]} in the second"
    told = [
        f"{'perhaps ' if doubt else ''}{word} in the {name}"
        for word, doubt, name in zip(words_of, unsure, ("first", "second"), strict=True)
    ]
    return ", ".join(told)


def _code(
    first: NDArray[np.int64] | int, second: NDArray[np.int64] | int
) -> NDArray[np.int64] | int:
    return first * TWO_WAY_CLASSES + second
