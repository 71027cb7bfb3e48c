"""The words of figures that compare estimates with an independent table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fusion_core.estimates.places import SUMS
from fusion_core.estimates.statistics import SHARES, Statistic
from fusion_core.geography.codes import match_areas
from fusion_core.geography.levels import level_words
from harmony_app.explore.map import (
    WITHIN_BOTH,
    FigureTexts,
    difference_layer,
    figure_svg,
    rank_layer,
)
from harmony_app.figures.areas import AreaDots, area_marks, area_panel, table_dots
from harmony_app.figures.printing import Sheet
from harmony_app.shell.look import count

if TYPE_CHECKING:
    from fusion_core.execution.comparing import TableComparison
    from harmony_app.explore.map import AreaShapes, MapLayer
    from harmony_app.shell.session import Theme


@dataclass(frozen=True)
class ComparisonWords:
    """What is compared with what.

    Attributes
    ----------
    statistic
        What is estimated.
    title
        The variable in words.
    by
        Kind of area.
    table
        Name of the table.
    same
        Whether the table holds the same quantity.
    where
        Condition on households; empty for all.
    """

    statistic: Statistic
    title: str
    by: str
    table: str
    same: bool = True
    where: str = ""

    @property
    def relative(self) -> bool:
        """Whether differences are told in per cent of the table's values."""
        return self.statistic.kind in SUMS

    @property
    def heading(self) -> str:
        """The variable, and the level where one is compared."""
        level = f": {self.statistic.level}" if self.statistic.level else ""
        return f"{self.title[:1].upper()}{self.title[1:]}{level}"

    def subtitle(self, areas: int) -> str:
        """Say what is estimated, and of how many areas."""
        among = f", households where {self.where}" if self.where else ""
        return f"{self.statistic.kind.replace('_', ' ')} by {level_words(self.by)}, {count(areas, 'area')}{among}"


def comparison_dots(
    found: TableComparison, words: ComparisonWords, *, ranks: bool = False
) -> AreaDots:
    """Return the areas of a comparison as dots, by their values or their ranks."""
    return table_dots(
        found.comparison.points,
        ranks=ranks,
        same=words.same,
        share=words.statistic.kind in SHARES,
        counts=words.relative,
    )


def comparison_sheet(
    found: TableComparison, words: ComparisonWords, source: str, *, synthetic: bool
) -> Sheet:
    """Return the figure of dots, values beside ranks, with its words.

    Parameters
    ----------
    found
        The comparison.
    words
        What is compared.
    source
        Where the estimates come from.
    synthetic
        Whether the data are generated.
    """
    points = found.comparison.points
    both = [comparison_dots(found, words, ranks=ranks) for ranks in (False, True)]
    said = [f"{words.subtitle(len(points)).capitalize()}."]
    said += [finding.text for finding in found.findings]
    said.append(_note(found, words, source, synthetic=synthetic))
    return Sheet(
        title=f"{words.heading} against {words.table}",
        caption=" ".join(said),
        draw=lambda look: look.layout([area_panel(dots, look) for dots in both]),
        legend=area_marks(same=words.same),
        columns=2,
        panel=0.9,
    )


def layer_of_differences(
    shapes: AreaShapes, found: TableComparison, words: ComparisonWords, theme: Theme
) -> MapLayer:
    """Return the map of differences; see `difference_layer`."""
    points = found.comparison.points
    codes = match_areas(points["area"], shapes.areas)
    keyed = points.set_index(points["area"].map(codes))
    table = keyed[keyed.index.notna()].reindex(shapes.areas["area_id"].astype(str))
    if not words.same:
        return rank_layer(table, theme)
    return difference_layer(
        table,
        theme,
        relative=words.relative,
        share=words.statistic.kind in SHARES,
    )


def difference_svg(
    shapes: AreaShapes,
    found: TableComparison,
    words: ComparisonWords,
    source: str,
    *,
    synthetic: bool,
) -> str:
    """Draw the differences as a map for a report.

    Parameters
    ----------
    shapes
        The areas.
    found, words, source, synthetic
        As in `comparison_sheet`.
    """
    texts = FigureTexts(
        title=f"{words.heading}: estimates minus {words.table}",
        subtitle=words.subtitle(len(found.comparison.points)),
        hatch=WITHIN_BOTH,
        note=_note(found, words, source, synthetic=synthetic),
    )
    return figure_svg(shapes, layer_of_differences(shapes, found, words, "light"), texts)


def _note(found: TableComparison, words: ComparisonWords, source: str, *, synthetic: bool) -> str:
    parts = ["SYNTHETIC DATA: no row describes a real household."] if synthetic else []
    column = found.columns.value
    parts += [f"Source: {source}; {words.table}, column {column}."]
    return " ".join([*parts, *found.notes])
