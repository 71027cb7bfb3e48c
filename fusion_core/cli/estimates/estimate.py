"""`harmony estimate`: a statistic by area or any other group, with its margin of error."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.estimates.statistics import (
    Wish,
    area_notes,
    chosen_source,
    estimates_of,
    read_by,
    without_damaged,
)
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, table

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.estimates.runs import Source
    from fusion_core.workspace.layout import Workspace

_SHOWN = 200
_LEFT_OUT = 1
"""Exit code when the files of some variables are damaged, and the others are estimated."""

VariableOption = Annotated[
    list[str] | None,
    typer.Option(
        "--variable",
        "-v",
        metavar="NAME",
        help="A fused variable or one of the recipient; or a statistic in short form, such as "
        'share:main_ac="Heat pump" or quantile:elec_kwh@0.9. May be repeated.',
        show_default="every fused variable",
    ),
]
StatisticOption = Annotated[
    str,
    typer.Option(
        "--statistic",
        "-s",
        metavar="KIND",
        help="mean, total, share, count, median, quantile, ratio, share_above, share_below or gini.",
        show_default="mean of numbers, share of categories",
    ),
]
OneVariableOption = Annotated[
    str,
    typer.Option(
        "--variable",
        "-v",
        metavar="NAME",
        help="A variable, or a statistic in short form such as share:main_ac=None.",
    ),
]
LevelOption = Annotated[str, typer.Option(metavar="TEXT", help="Only this level of a category.")]
AboveOption = Annotated[
    float | None, typer.Option(metavar="NUMBER", help="Share of households above this number.")
]
BelowOption = Annotated[
    float | None, typer.Option(metavar="NUMBER", help="Share of households below this number.")
]
QuantileOption = Annotated[
    float | None, typer.Option(min=0.0, max=1.0, help="Quantile, such as 0.9.")
]
PerOption = Annotated[str, typer.Option(metavar="NAME", help="Ratio to this variable.")]
ByOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Column, or fused variable with levels, that forms groups; repeat it "
        "to cross several; 'none' gives one figure for everybody.",
        show_default="puma",
    ),
]
WhereOption = Annotated[
    str,
    typer.Option(
        metavar="CONDITION",
        help='Only households that meet it, such as "hincp < 40000 AND np > 2".',
    ),
]
WithinOption = Annotated[
    str,
    typer.Option(
        metavar="PLACE",
        help='Only households of a place: a state, county or city such as "New York".',
    ),
]
ConditionOption = Annotated[
    str,
    typer.Option(
        metavar="CONDITION",
        help="Share of households that meet it, such as \"insecure = 'Yes' AND price = 'Agree'\".",
    ),
]
ExpressionOption = Annotated[
    str,
    typer.Option(
        "--expression",
        "-e",
        metavar="EXPRESSION",
        help='A number of every household, such as "cost / hincp": its mean, or another --statistic.',
    ),
]
ConfidenceOption = Annotated[
    float, typer.Option(min=0.5, max=0.999, help="Confidence level of the margins of error.")
]
SurveyOption = Annotated[
    str, typer.Option(metavar="SURVEY", help="Take this survey alone, without a run.")
]
MethodOption = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="How margins are computed: replicates (all replicate weights for every implicate), or "
        "as the R packages do: paper (fusionModel), fusionacs.",
    ),
]


def estimate(
    *,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run: its id, the start of it, or 'latest'; or a combination of runs.",
        ),
    ] = "latest",
    variable: VariableOption = None,
    statistic: StatisticOption = "",
    level: LevelOption = "",
    above: AboveOption = None,
    below: BelowOption = None,
    quantile: QuantileOption = None,
    per: PerOption = "",
    condition: ConditionOption = "",
    expression: ExpressionOption = "",
    by: ByOption = None,
    where: WhereOption = "",
    within: WithinOption = "",
    confidence: ConfidenceOption = 0.90,
    survey: SurveyOption = "",
    method: MethodOption = "replicates",
    highest: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the N highest estimates.")
    ] = None,
    lowest: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the N lowest estimates.")
    ] = None,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Estimate a statistic by area, for everybody or for a subgroup, with margins of error.

    The margin counts the sampling error of both surveys, the bias of the models that the donor shows,
    and what areas have beyond the predictors as far as the run's known answers tell it. Example:

    harmony estimate latest --variable insecure --level Yes --highest 3

    Differences between groups, areas, runs and years: harmony difference.
    """
    from fusion_core.estimates import EstimateCache

    opened = open_workspace(workspace)
    source = chosen_source(opened, survey or run)
    wish = Wish(
        variables=tuple(variable or ()),
        statistic=statistic,
        level=level,
        above=above,
        below=below,
        quantile=quantile,
        per=per,
        by=read_by(by),
        where=where,
        within=within,
        confidence=confidence,
        method=method,
        condition=condition,
        expression=expression,
    )
    cache = EstimateCache()
    wish, damaged = without_damaged(opened, source, wish, cache)
    found = estimates_of(opened, source, wish, cache)
    own = cache.source(opened, source).notes
    notes = [
        *own,
        *area_notes(opened, source, found, wish.by),
        *_local_notes(opened, source, found),
    ]
    if highest is not None or lowest is not None:
        count = highest or lowest or len(found)
        found = found.sort_values("estimate", ascending=highest is None).head(count)
    record = {
        "source": survey or getattr(source, "id", ""),
        "by": wish.by,
        "where": where,
        "within": within,
        "confidence": confidence,
        "synthetic": opened.synthetic,
        "estimates": found,
        "notes": notes,
        "failures": damaged,
    }

    def show(console: Console) -> None:
        _show(console, found, wish, opened.synthetic)
        for note in notes:
            console.print(note, markup=False)
        for name, sentence in damaged.items():
            console.print(f"Not estimated: {name}. {sentence}", markup=False)

    Output(json).result(record, show)
    if damaged:
        raise typer.Exit(_LEFT_OUT)


def _show(console: Console, found: pd.DataFrame, wish: Wish, synthetic: bool) -> None:
    keys = [*wish.by, *(["name"] if "name" in found.columns else [])]
    bounded = "frechet_lower" in found
    parted = "allocated" in found
    rows = []
    for row in found.head(_SHOWN).to_dict("records"):
        level = row["level"]
        value, moe = amounts(row)
        rows.append(
            (
                *(row[name] for name in keys),
                row["variable"],
                level if isinstance(level, str) else "",
                row["statistic"],
                value,
                f"± {moe}",
                *([_bounds(row)] if bounded else []),
                *([percent(row["allocated"], 0)] if parted else []),
                number(row["cv"] * 100, digits=2),
                row["n"],
                row["reliability"],
            )
        )
    columns = (
        *keys,
        "variable",
        "level",
        "statistic",
        "estimate",
        "margin",
        *(["bounds"] if bounded else []),
        *(["allocated"] if parted else []),
        "CV %",
        "rows",
        "reliability",
    )
    console.print(table(columns, rows))
    if len(found) > _SHOWN:
        console.print(f"… {len(found) - _SHOWN:,} more; see `harmony export`.", markup=False)
    notes = sorted({str(text) for text in found["assumption"].dropna() if str(text)})
    for sentence in notes:
        console.print(sentence, markup=False)
    if parted:
        console.print(
            "Allocated: share of an area's households from PUMAs its border cuts, which are taken to"
            " be alike in all their parts.",
            markup=False,
        )
    console.print(f"Margins of error at {percent(wish.confidence, 0)} confidence.", markup=False)
    if wish.method == "replicates" and _contains_donor(found):
        from fusion_core.estimates.margins import FUSED_MARGINS

        console.print(FUSED_MARGINS, markup=False)
    if synthetic:
        console.print("Synthetic data: no figure describes a real place.", markup=False)


def _local_notes(workspace: Workspace, source: Source, found: pd.DataFrame) -> list[str]:
    """Say what a run knows of location, where anything was fused."""
    from fusion_core.estimates.margins import local_knowledge
    from fusion_core.surveys.model import SurveyId

    if isinstance(source, SurveyId) or not (found["fusion_share"] > 0).any():
        return []
    return [local_knowledge(workspace, source).margins]


def _contains_donor(found: pd.DataFrame) -> bool:
    """Whether any margin contains what the donor adds to it."""
    from fusion_core.estimates.margins import DONOR_UNKNOWN, NO_DONOR

    lacking = found["assumption"].map(
        lambda note: any(text in note for text in (NO_DONOR, DONOR_UNKNOWN))
    )
    return bool(((found["fusion_share"] > 0) & ~lacking).any())


def _bounds(row: dict[Any, Any]) -> str:
    """Return the range that holds however the donors depend on each other."""
    from fusion_core.estimates.statistics import SHARES

    shown = percent if row["statistic"] in SHARES else number
    ends = [row["frechet_lower"], row["frechet_upper"]]
    return "" if any(map(isnan, ends)) else " – ".join(map(shown, ends))


def amounts(row: dict[Any, Any]) -> tuple[str, str]:
    """Return an estimate and its margin as people read them."""
    from fusion_core.estimates.statistics import SHARES

    if row["statistic"] in SHARES:
        return percent(row["estimate"]), percent(row["moe"])
    return number(row["estimate"]), number(row["moe"])
