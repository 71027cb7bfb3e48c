"""One statistic over the years of a recipient: of every area, and of all together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from fusion_core.errors import InputError
from fusion_core.estimates.runs import area_series, recipient_of, years_of
from fusion_core.workspace.combinations import Combination
from harmony_app.explore.view import is_small, words
from harmony_app.figures.years import YearLine, YearView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_core.estimates.runs import EstimateCache
    from fusion_core.workspace.layout import Workspace
    from harmony_app.explore.data.answer import Answer
    from harmony_app.explore.data.catalogue import Source
    from harmony_app.explore.view import EstimateRequest
    from harmony_app.shell.look import Quantity

EVERYBODY: Final = "All areas together"
OF_YEARS: Final = (
    "Each year is a sample of its own. What changed is tested against the first year, allowing for the number of areas"
    " and years (90 %, Holm)."
)
OF_FUSED: Final = (
    "A donor interviewed in one year was fused onto every year: a change shows how the households changed in what both"
    " surveys ask, not how behaviour changed among households that are alike."
)


@dataclass(frozen=True)
class Followed:
    """A statistic over years.

    Attributes
    ----------
    request
        What was asked.
    years
        Years of the recipient, oldest first.
    table
        One row per year and area, ``stored`` the area as the survey writes it, and empty of all areas together:
        estimate and margins, then ``change``, ``change_moe``, ``p_adjusted`` and ``changed`` against the first year.
    notes
        What to know of it, in sentences.
    """

    request: EstimateRequest
    years: tuple[str, ...]
    table: pd.DataFrame
    notes: tuple[str, ...]

    def of(self, stored: str) -> pd.DataFrame:
        """Return the years of one area, or of all together where it is empty; a row for each year."""
        rows = self.table[self.table["stored"] == stored]
        return rows.set_index("year").reindex(list(self.years)).reset_index()


def follow(
    workspace: Workspace,
    source: Source,
    request: EstimateRequest,
    where: str,
    cache: EstimateCache,
) -> Followed:
    """Estimate a view's statistic in every year of its recipient.

    Parameters
    ----------
    workspace
        The project.
    source, request
        What is looked at.
    where
        Condition on households, that of the place included.
    cache
        Where loaded data are kept.

    Raises
    ------
    InputError
        If there is one year only, or the source is a combination of runs.
    """
    if isinstance(source.run, Combination):
        raise InputError(
            "The years of a combination of runs are not followed",
            fix="Choose one of its runs under “Estimates from”",
        )
    asked = source.run or source.survey
    sources = years_of(workspace, asked, request.statistic)
    options: dict[str, Any] = {"where": where, "cache": cache}
    together = area_series(workspace, sources, request.statistic, **options)
    notes = [OF_YEARS, *([OF_FUSED] if source.is_fused else [])]
    notes += sorted({str(text) for text in together.changes["assumption"] if str(text)})
    parts = [_joined(together.estimates, together.changes, "")]
    kind = request.area_kind
    try:
        _refuse_unnamed(source, kind)
        areas = area_series(workspace, sources, request.statistic, (kind,), **options)
        parts.append(_joined(areas.estimates, areas.changes, kind))
    except InputError as error:
        notes.insert(0, error.message)
    years = tuple(recipient_of(workspace, item).vintage for item in sources)
    return Followed(request, years, pd.concat(parts, ignore_index=True), tuple(notes))


def _refuse_unnamed(source: Source, kind: str) -> None:
    if is_small(kind) or source.is_by_shares(kind):
        raise InputError(
            f"No {words.kind_words(kind)} is followed over years: the survey's households do not name theirs",
            fix="Choose PUMAs under “By”, or read all areas together",
        )


def _joined(estimates: pd.DataFrame, changes: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Put what changed beside the estimates."""
    keys = ["year", *([kind] if kind else [])]
    columns = {
        "difference": "change",
        "moe": "change_moe",
        "p_adjusted": "p_adjusted",
        "differs": "changed",
    }
    beside = changes[[*keys, *columns]].rename(columns=columns)
    table = estimates.merge(beside, on=keys, how="left")
    table["stored"] = table[kind].astype(str) if kind else ""
    return table


def followed_view(
    followed: Followed, areas: Sequence[tuple[str, str]], quantity: Quantity, axis: str
) -> YearView:
    """Return the lines of some areas, and of all together.

    Parameters
    ----------
    followed
        The years.
    areas
        Each area as the survey writes it, and its name.
    quantity
        What kind of number was estimated.
    axis
        What it is called.
    """
    lines = [_line(followed, "", EVERYBODY)]
    known = set(followed.table["stored"])
    lines += [_line(followed, stored, name) for stored, name in areas if stored in known]
    return YearView(followed.years, tuple(lines), axis, quantity.share)


def _line(followed: Followed, stored: str, name: str) -> YearLine:
    rows = followed.of(stored)
    estimate, lower, upper = (
        rows[column].to_numpy(dtype=float) for column in ("estimate", "lower", "upper")
    )
    return YearLine(name, estimate, lower, upper, everybody=not stored)


def followed_rows(followed: Followed, answer: Answer) -> pd.DataFrame:
    """Return the years of all areas of a map, and of all together, as a table to take away."""
    named = answer.rows[["stored", "area_id", "name"]]
    named = pd.concat([pd.DataFrame([{"stored": "", "area_id": "", "name": EVERYBODY}]), named])
    rows = followed.table.merge(named, on="stored", how="inner")
    rows["changed"] = rows["changed"].where(rows["change"].notna()).map({True: "yes", False: "no"})
    order = np.lexsort((rows["year"], rows["name"], rows["stored"] != ""))
    return rows.iloc[order].reset_index(drop=True)


__all__ = ["EVERYBODY", "Followed", "follow", "followed_rows", "followed_view"]
