"""`harmony smooth`: direct estimates of areas that borrow strength from each other."""

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
    StatisticOption,
    WhereOption,
)
from fusion_core.cli.estimates.statistics import (
    Wish,
    add_names,
    chosen_source,
    known_variables,
    read_statistics,
)
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.errors import InputError
from fusion_core.estimates.statistics import SHARES

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.estimates.smoothing import Smoothed

_SHOWN = 25


def smooth(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SURVEY|RUN",
            help="A survey, to smooth its own variables; or a run, to smooth what its donor says.",
        ),
    ],
    *,
    variable: OneVariableOption,
    by: Annotated[
        str, typer.Option(metavar="COLUMN", help="Column of areas, of a survey.")
    ] = "puma",
    covariate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="What is known of PUMAs, a column of a spatial table such as climate.hdd.",
        ),
    ] = None,
    statistic: StatisticOption = "",
    level: LevelOption = "",
    above: AboveOption = None,
    below: BelowOption = None,
    per: PerOption = "",
    where: WhereOption = "",
    confidence: ConfidenceOption = 0.90,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the table as CSV.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Smooth direct estimates of areas with a Fay–Herriot model.

    Only where people were asked: a survey's own variables by area, or a donor's at the places it publishes, with the
    fused estimates there as covariate, to which PUMAs are then made to agree. Fused areas share the donor's error and
    are not smoothed. Examples:

    harmony smooth ACS_2024 -v share:ten=Rented --covariate density.DENS

    harmony smooth latest -v mean:hhvehcnt
    """
    from fusion_core.estimates import EstimateCache
    from fusion_core.estimates.smoothing import smooth_donor, smooth_survey
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.runs import Run

    opened = open_workspace(workspace)
    chosen = chosen_source(opened, source)
    wish = Wish(
        variables=(variable,), statistic=statistic, level=level, above=above, below=below, per=per
    )
    cache = EstimateCache()
    [asked] = read_statistics(wish, known_variables(opened, chosen, cache), default=())
    if isinstance(chosen, SurveyId):
        found = smooth_survey(
            opened,
            chosen,
            asked,
            by,
            where,
            covariates=tuple(covariate or ()),
            confidence=confidence,
            cache=cache,
        )
        shown = add_names(opened, chosen, found.table, (by,))
    elif isinstance(chosen, Run) and not (where or covariate or by != "puma"):
        found = smooth_donor(opened, chosen, asked, confidence=confidence, cache=cache)
        shown = found.table
    else:
        raise InputError(
            "What a donor says is smoothed for all households of one run, at the places it publishes",
            fix="Leave out --where, --covariate and --by, and name a single run",
        )
    if to is not None:
        from fusion_core.spreadsheets import csv_text
        from fusion_core.workspace.files import write_text

        write_text(csv_text(shown if found.pumas is None else found.pumas), to)
    record = {"sentence": found.sentence, "areas": shown, "pumas": found.pumas}
    is_share = asked.kind in SHARES
    Output(json).result(record, lambda console: _show(console, found, shown, is_share))


def _show(console: Console, found: Smoothed, shown: pd.DataFrame, is_share: bool) -> None:
    written = percent if is_share else number
    keys = [each for each in (shown.columns[0], "name") if each in shown]
    rows = [
        (
            row["rank"],
            *(row[key] for key in keys),
            written(row["direct"]),
            f"± {written(row['direct_moe'])}",
            written(row["estimate"]),
            f"± {written(row['moe'])}",
            percent(row["weight_of_direct"]),
        )
        for row in shown.sort_values("rank").head(_SHOWN).to_dict("records")
    ]
    headings = ("rank", *keys, "asked", "margin", "smoothed", "margin", "own weight")
    console.print(table(headings, rows))
    if len(shown) > len(rows):
        console.print(f"… {len(shown) - len(rows):,} more; see --json or --to.", markup=False)
    console.print(found.sentence, markup=False)


__all__ = ["smooth"]
