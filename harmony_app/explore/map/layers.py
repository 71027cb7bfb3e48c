"""From estimates to what a map shows: classes, colours, hatching, hover texts and a legend.

Everything here is plain arrays and strings in the order of the areas, so that a new view changes
columns of the figure's data in place and never sends a polygon twice.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fusion_core.calibration import CALIBRATION_COLUMNS
from fusion_core.errors import InputError
from fusion_core.estimates.margins import FRECHET_COLUMNS, MARGIN_LATER, class_doubt
from fusion_core.estimates.places import ALLOCATED
from fusion_core.geography.codes import match_areas
from harmony_app.explore.view import class_edges, classify, words
from harmony_app.shell.look import (
    PaletteName,
    Quantity,
    axis_numbers,
    figure_colours,
    sequential_palette,
)

if TYPE_CHECKING:
    from fusion_core.estimates.margins import ClassDoubt
    from harmony_app.explore.map.two_way import TwoWayLegend
    from harmony_app.explore.view import ExploreState, HatchRule
    from harmony_app.shell.session import Theme

ESTIMATE_COLUMNS: Final = (
    "n",
    "estimate",
    "standard_error",
    "moe",
    "lower",
    "upper",
    "cv",
    "reliability",
)
SMOOTHED_COLUMNS: Final = (
    "direct",
    "direct_moe",
    "weight_of_direct",
    "for_maps",
    "smooth_rank",
    "fused",
)
"""What areas have besides where they borrowed strength; `for_maps` is coloured and put in order."""
_DOTS: Final = {
    "high": "good",
    "medium": "warn",
    "incomplete": "warn",
    "low": "bad",
    "undefined": "muted",
}


@dataclass(frozen=True)
class LegendEntry:
    """One line of the legend: a colour, the range it stands for, and how many areas have it."""

    colour: str
    label: str
    areas: int


@dataclass(frozen=True)
class MapLayer:
    """What the map shows of one view, in the order of the areas.

    Attributes
    ----------
    codes
        Class of each area, −1 without a value.
    palette
        Colour of each class.
    unreliable
        Positions of the areas to hatch.
    legend
        The classes, low to high.
    without_value
        Number of areas without a value.
    doubt
        How many areas may be in another class; ``None`` where estimates are not what is coloured,
        or have no margins.
    two_way
        The legend of a map of two variables, whose hatched areas are those of an uncertain class.
    hatched_when
        When an area is hatched, where that is not for being too uncertain.
    """

    codes: NDArray[np.int64]
    palette: tuple[str, ...]
    unreliable: tuple[int, ...]
    legend: tuple[LegendEntry, ...]
    without_value: int
    doubt: ClassDoubt | None = None
    two_way: TwoWayLegend | None = None
    hatched_when: str = ""


def align(estimates: pd.DataFrame, areas: pd.DataFrame, area_column: str) -> pd.DataFrame:
    """Put estimates in the order of the areas; areas without an estimate get missing values.

    Column ``stored`` is the area as the survey writes it, which questions about it must name.

    Parameters
    ----------
    estimates
        One row per area with an estimate (`fusion_core.estimates.analyze`).
    areas
        `area_id` and `name`, in the order of the map.
    area_column
        Column of `estimates` that holds the area, in any way `match_areas` knows.

    Raises
    ------
    InputError
        If the survey writes one area in two ways, whose estimates cannot be put together.
    """
    columns = [
        name
        for name in (
            *ESTIMATE_COLUMNS,
            "fusion_share",
            "assumption",
            ALLOCATED,
            *FRECHET_COLUMNS,
            *SMOOTHED_COLUMNS,
            *CALIBRATION_COLUMNS,
        )
        if name in estimates
    ]
    stored = estimates[area_column].astype(str)
    keyed = estimates[columns].assign(stored=stored, area_id=stored.map(match_areas(stored, areas)))
    keyed = keyed.dropna(subset="area_id").drop_duplicates(["area_id", "stored"])
    twice = keyed[keyed["area_id"].duplicated(keep=False)]
    if len(twice):
        first, second = twice.sort_values("area_id", kind="stable")["stored"].head(2)
        raise InputError(
            f"'{first}' and '{second}' both mean the {area_column} {twice['area_id'].min()}",
            fix="Write every area in one way in the survey's file and import it again",
        )
    ids = areas["area_id"].astype(str)
    found = keyed.set_index("area_id").reindex(ids)
    found["stored"] = found["stored"].fillna(pd.Series(ids.to_numpy(), index=found.index))
    table = pd.DataFrame(
        {"area_id": ids.to_numpy(), "name": areas["name"].astype(str).to_numpy()}
    ).join(found.reset_index(drop=True))
    table["n"] = table["n"].fillna(0).astype("int64")
    return table


def measured_values(table: pd.DataFrame, state: ExploreState) -> NDArray[np.float64]:
    """Return the numbers a view colours: estimates, margins of error or CVs."""
    estimate = "for_maps" if "for_maps" in table else "estimate"
    column = {"table": "external", "estimate": estimate}.get(state.measure, state.measure)
    return table[column].to_numpy(dtype=float)


def unreliable_positions(table: pd.DataFrame, rule: HatchRule) -> tuple[int, ...]:
    """Return the positions of the areas whose estimate is too uncertain under a rule.

    An estimate without a margin of error is too uncertain under any rule; an area without an
    estimate is not hatched, it is shown as empty.
    """
    if rule.measure == "never":
        return ()
    values = table[rule.measure].to_numpy(dtype=float)
    estimated = np.isfinite(table["estimate"].to_numpy(dtype=float))
    unknown = ~np.isfinite(table["moe"].to_numpy(dtype=float))
    if "assumption" in table:
        # Margins that are still being computed are not unknown.
        unknown &= table["assumption"].ne(MARGIN_LATER).to_numpy()
    with np.errstate(invalid="ignore"):
        uncertain = estimated & (unknown | (values > rule.limit))
    return tuple(int(position) for position in np.flatnonzero(uncertain))


def map_layer(
    table: pd.DataFrame,
    state: ExploreState,
    quantity: Quantity,
    theme: Theme,
    *,
    like: pd.DataFrame | None = None,
) -> MapLayer:
    """Put every area into a class and describe the classes.

    Parameters
    ----------
    table
        Aligned estimates, see `align`.
    state
        The view.
    quantity
        What kind of number the estimate is.
    theme
        Light or dark page.
    like
        Estimates whose classes are taken, for a map beside theirs.
    """
    values = measured_values(table, state)
    errors = _errors(table) if state.measure == "estimate" else None
    own = table if like is None else like
    known = errors if like is None or errors is None else _errors(like)
    edges = class_edges(
        measured_values(own, state), state.class_method, state.classes, state.breaks, known
    )
    codes = classify(values, edges)
    classes = max(len(edges) - 1, 0)
    ramp: PaletteName = "estimate" if state.measure == "estimate" else "uncertainty"
    palette = tuple(sequential_palette(ramp, classes, theme)) if classes else ()
    labels = edge_labels(edges, state, quantity)
    legend = tuple(
        LegendEntry(palette[index], labels[index], int((codes == index).sum()))
        for index in range(classes)
    )
    return MapLayer(
        codes=codes,
        palette=palette,
        unreliable=unreliable_positions(table, state.hatch),
        legend=legend,
        without_value=int(((codes < 0) & _inside(table)).sum()),
        doubt=None if errors is None else class_doubt(values, errors, edges),
    )


def _inside(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which areas are asked for: all of them, or those of a place."""
    if "inside" not in table:
        return np.full(len(table), True)
    return np.asarray(table["inside"].to_numpy(dtype=bool))


def _errors(table: pd.DataFrame) -> NDArray[np.float64] | None:
    """Return the standard errors of aligned estimates, ``None`` where there are none yet."""
    if "standard_error" not in table:
        return None
    return np.asarray(table["standard_error"].to_numpy(dtype=float))


def edge_labels(
    edges: NDArray[np.float64], state: ExploreState, quantity: Quantity
) -> tuple[str, ...]:
    """Return the range of each class in words, with just enough digits to tell edges apart."""
    if len(edges) < 2:  # noqa: PLR2004 - two edges make one class
        return ()
    step = float(np.min(np.diff(edges))) if edges[0] != edges[-1] else None
    if state.measure == "cv":
        texts = axis_numbers(edges.tolist(), share=True)
    elif state.measure == "moe" and quantity.share:
        texts = axis_numbers((edges * 100).tolist())
    else:
        texts = [quantity.value(float(edge), step, unit=False) for edge in edges]
    if texts[0] == texts[-1]:
        return (texts[0],)
    return tuple(f"{low} – {high}" for low, high in itertools.pairwise(texts))


def hover_columns(
    table: pd.DataFrame, quantity: Quantity, theme: Theme, local: str = ""
) -> dict[str, list[str]]:
    """Return the texts of the hover card, one list per line, in the order of the areas.

    Parameters
    ----------
    table
        The aligned estimates.
    quantity
        What kind of number was estimated.
    theme
        Light or dark page.
    local
        What margins of areas contain, in a few words; empty says nothing.
    """
    colours = figure_colours(theme)
    values, intervals, notes, dots = [], [], [], []
    records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    for row in records:
        if not np.isfinite(row["estimate"]):
            values.append("no estimate")
            intervals.append(words.no_estimate_sentence(row))
            notes.append(" ")
            dots.append(colours["surface"])
            continue
        values.append(words.estimate_phrase(row, quantity))
        beside = words.table_phrase(row, quantity) or words.calibrated_phrase(row, quantity)
        intervals.append(beside or words.interval_sentence(row, quantity))
        told = (words.reliability_phrase(row), words.allocated_phrase(row) or local)
        notes.append(". ".join(filter(None, told)))
        dots.append(colours[_DOTS.get(str(row["reliability"]), "muted")])
    return {"value": values, "interval": intervals, "note": notes, "dot": dots}
