"""`harmony rank`: areas or other groups in order, with the ranks each may have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    SurveyOption,
    WhereOption,
    WithinOption,
    amounts,
)
from fusion_core.cli.estimates.statistics import (
    Wish,
    add_names,
    chosen_source,
    households_of,
    is_by_shares,
    known_variables,
    read_by,
    read_statistics,
)
from fusion_core.cli.options import JsonOption, RunArgument, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, points, table
from fusion_core.estimates.statistics import SHARES

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.estimates.api import Difference
    from fusion_core.estimates.statistics import Statistic

_SHOWN = 25
# From this share of areas on that may hold any rank, an order says nothing.
_MOSTLY = 0.9


def rank(
    *,
    run: RunArgument = "latest",
    variable: OneVariableOption,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Column that forms groups.", show_default="puma"),
    ] = None,
    top: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many first places to be sure of.")
    ] = 10,
    lowest: Annotated[bool, typer.Option("--lowest", help="Start from the lowest.")] = False,
    statistic: StatisticOption = "",
    level: LevelOption = "",
    above: AboveOption = None,
    below: BelowOption = None,
    quantile: QuantileOption = None,
    per: PerOption = "",
    where: WhereOption = "",
    within: WithinOption = "",
    confidence: ConfidenceOption = 0.90,
    survey: SurveyOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Rank areas, and say which ranks each may have and which are surely among the first.

    Ranks follow from the differences between all pairs of areas at once, under the replicate weights
    and implicates they share. Example:

    harmony rank latest -v insecure --level Yes --top 10
    """
    from fusion_core.estimates import EstimateCache
    from fusion_core.estimates.places import allocated_areas
    from fusion_core.estimates.runs import area_ranks, compare_in_source

    opened = open_workspace(workspace)
    source = chosen_source(opened, survey or run)
    wish = Wish(
        variables=(variable,),
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
    )
    cache = EstimateCache()
    [asked] = read_statistics(wish, known_variables(opened, source, cache), default=())
    within_where = households_of(opened, source, wish, cache)
    pair, last = None, top
    if is_by_shares(opened, source, wish, cache):
        areas = allocated_areas(opened, source, asked, wish.by[0], within_where, cache=cache)
        ranking = areas.ranking(lowest=lowest, top=top, confidence=confidence)
        last = min(top, int((ranking.table["rank"] > 0).sum()))
        pair = ranking.first_against(areas.kind, last, areas.difference)
    else:
        ranking = area_ranks(
            opened,
            source,
            asked,
            wish.by,
            within_where,
            lowest=lowest,
            top=top,
            confidence=confidence,
            cache=cache,
        )
        if len(wish.by) == 1:
            loaded = cache.source(opened, source)
            last = min(top, int((ranking.table["rank"] > 0).sum()))
            (column,) = wish.by
            pair = ranking.first_against(
                column,
                last,
                lambda first, other: compare_in_source(
                    loaded, asked, {column: first}, {column: other}, where=within_where
                ),
            )
    found = ranking.table
    found = add_names(opened, source, found.copy(), wish.by)
    record = {
        "source": survey or getattr(source, "id", ""),
        "by": wish.by,
        "where": where,
        "within": within,
        "top": top,
        "lowest": lowest,
        "confidence": confidence,
        "synthetic": opened.synthetic,
        "surely_among": int(found["surely_among"].sum()),
        "may_be_among": int(found["may_be_among"].sum()),
        "may_lead": int(found["may_lead"].sum()),
        "first_against_last": None
        if pair is None
        else {
            "difference": pair.difference,
            "moe": pair.moe,
            "p_adjusted": pair.p_adjusted,
            "differs": pair.is_significant,
        },
        "ranks": found,
    }

    def show(console: Console) -> None:
        _show(console, found, wish, top=top, lowest=lowest)
        if pair is not None:
            console.print(pair_sentence(pair, asked, last), markup=False)
        if opened.synthetic:
            console.print("Synthetic data: no figure describes a real place.", markup=False)

    Output(json).result(record, show)


def _show(console: Console, found: pd.DataFrame, wish: Wish, *, top: int, lowest: bool) -> None:
    keys = [*wish.by, *(["name"] if "name" in found.columns else [])]
    rows: list[tuple[Any, ...]] = []
    for row in found.head(max(_SHOWN, top)).to_dict("records"):
        value, moe = amounts(row)
        rows.append(
            (
                row["rank"] or "–",
                *(row[name] for name in keys),
                value,
                f"± {moe}",
                _span(row, len(found)),
                "surely" if row["surely_among"] else "perhaps" if row["may_be_among"] else "no",
                row["reliability"],
            )
        )
    among = f"among the {top} {'lowest' if lowest else 'highest'}"
    headings = ("rank", *keys, "estimate", "margin", "may be", among, "reliability")
    console.print(table(headings, rows))
    if len(found) > len(rows):
        console.print(f"… {len(found) - len(rows):,} more; see --json.", markup=False)
    for sentence in rank_sentences(found, top=top, lowest=lowest, confidence=wish.confidence):
        console.print(sentence, markup=False)
    for sentence in sorted({str(text) for text in found["assumption"].dropna() if str(text)}):
        console.print(sentence, markup=False)


def _span(row: dict[Any, Any], count: int) -> str:
    """Return the ranks a group may have, in a word where that is any."""
    best, worst = int(row["best_rank"]), int(row["worst_rank"])
    return "any rank" if (best, worst) == (1, count) else f"{best:,}–{worst:,}"


def pair_sentence(pair: Difference, statistic: Statistic, place: int) -> str:
    """Say whether the first differs from the last of the first places.

    Parameters
    ----------
    pair
        The difference, as `Ranking.first_against` returns it.
    statistic
        What was ranked.
    place
        The place of the other.
    """
    gap = abs(pair.difference)
    is_share = statistic.kind in SHARES
    size = points(gap, pair.moe) if is_share else f"{number(gap)} ± {number(pair.moe)}"
    if pair.is_significant:
        return f"The first differs from number {place} by {size}, allowing for their choice."
    return f"The first and number {place} differ by {size}: that could be chance."


def rank_sentences(found: pd.DataFrame, *, top: int, lowest: bool, confidence: float) -> list[str]:
    """Say what a ranking tells and what not.

    Parameters
    ----------
    found
        As `fusion_core.estimates.rank` returns it.
    top, lowest, confidence
        As there.
    """
    extreme = "lowest" if lowest else "highest"
    anywhere = int((found["best_rank"].eq(1) & found["worst_rank"].eq(len(found))).sum())
    if len(found) > 1 and anywhere > _MOSTLY * len(found):
        return [
            (
                f"The order is not known: {anywhere:,} of {len(found):,} may hold any rank. Margins are"
                " wider than the differences between them; ask about larger areas, or a place with --within."
            ),
            f"All ranks lie within their bounds at once with {percent(confidence, 0)} confidence.",
        ]
    lead = int(found["may_lead"].sum())
    surely, perhaps = int(found["surely_among"].sum()), int(found["may_be_among"].sum())
    first = "The first" if lead == 1 else f"{lead:,} of {len(found):,} may be"
    return [
        f"Surely among the {top} {extreme}: {surely:,}; perhaps: {perhaps - surely:,} more.",
        f"{first} {'is surely ' if lead == 1 else ''}the {extreme}.",
        f"All ranks lie within their bounds at once with {percent(confidence, 0)} confidence.",
    ]
