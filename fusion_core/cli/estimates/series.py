"""`harmony series`: one statistic over the years of a recipient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.estimates.estimate import (
    AboveOption,
    BelowOption,
    ConfidenceOption,
    LevelOption,
    OneVariableOption,
    PerOption,
    QuantileOption,
    StatisticOption,
    WhereOption,
)
from fusion_core.cli.estimates.statistics import (
    Wish,
    chosen_source,
    known_variables,
    read_statistics,
)
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.errors import InputError
from fusion_core.estimates.statistics import SHARES

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.estimates.runs import Series

_SHOWN = 60


def series(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SURVEY|RUN ...",
            help="One per year; of a single one, the other years of its recipient are found.",
        ),
    ],
    *,
    variable: OneVariableOption,
    by: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Column that forms groups.")
    ] = None,
    statistic: StatisticOption = "",
    level: LevelOption = "",
    above: AboveOption = None,
    below: BelowOption = None,
    quantile: QuantileOption = None,
    per: PerOption = "",
    where: WhereOption = "",
    confidence: ConfidenceOption = 0.90,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Estimate a statistic in every year of a recipient, and test what changed since the first.

    Years are those of a survey's vintages, or of runs of one donor onto several vintages, as harmony apply makes
    them. Examples:

    harmony series ACS_2024 -v share:ten=Rented

    harmony series latest -v insecure --level Yes --by state
    """
    from fusion_core.estimates import EstimateCache
    from fusion_core.estimates.runs import area_series, years_of
    from fusion_core.workspace.combinations import Combination

    opened = open_workspace(workspace)
    chosen = [chosen_source(opened, text) for text in sources]
    wish = Wish(
        variables=(variable,),
        statistic=statistic,
        level=level,
        above=above,
        below=below,
        quantile=quantile,
        per=per,
        by=tuple(by or ()),
        where=where,
        confidence=confidence,
    )
    cache = EstimateCache()
    [asked] = read_statistics(wish, known_variables(opened, chosen[0], cache), default=())
    if len(chosen) == 1:
        if isinstance(chosen[0], Combination):
            raise InputError(
                "The years of a combination are not found by themselves",
                fix="Name one combination for each year",
            )
        chosen = list(years_of(opened, chosen[0], asked))
    found = area_series(opened, chosen, asked, wish.by, where, confidence=confidence, cache=cache)
    record = {"estimates": found.estimates, "changes": found.changes}
    is_share = asked.kind in SHARES
    Output(json).result(record, lambda console: _show(console, found, wish.by, is_share))


def _show(console: Console, found: Series, by: tuple[str, ...], is_share: bool) -> None:
    written = percent if is_share else number
    changes = found.changes.set_index(["year", *by]).to_dict("index")
    rows = []
    for row in found.estimates.head(_SHOWN).to_dict("records"):
        key = (row["year"], *(row[name] for name in by))
        change = changes.get(key if by else row["year"])
        told = (
            "" if change is None else f"{written(change['difference'])} ± {written(change['moe'])}"
        )
        sure = "" if change is None else "yes" if change["differs"] else "could be chance"
        rows.append((*key, written(row["estimate"]), f"± {written(row['moe'])}", told, sure))
    headings = ("year", *by, "estimate", "margin", "since the first", "changed")
    console.print(table(headings, rows))
    if len(found.estimates) > len(rows):
        console.print(f"… {len(found.estimates) - len(rows):,} more; see --json.", markup=False)
    for sentence in sorted({str(text) for text in found.changes["assumption"] if str(text)}):
        console.print(sentence, markup=False)


__all__ = ["series"]
