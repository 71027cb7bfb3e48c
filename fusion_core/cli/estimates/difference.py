"""`harmony difference`: which differences between groups, areas, runs or years are more than chance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.estimates.estimate import (
    AboveOption,
    BelowOption,
    ConditionOption,
    ConfidenceOption,
    ExpressionOption,
    LevelOption,
    OneVariableOption,
    PerOption,
    QuantileOption,
    StatisticOption,
    SurveyOption,
    WhereOption,
)
from fusion_core.cli.estimates.statistics import (
    Wish,
    add_names,
    chosen_source,
    known_variables,
    read_by,
    read_group,
    read_statistics,
)
from fusion_core.cli.options import JsonOption, RunArgument, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import Console

    from fusion_core.estimates import EstimateCache, Statistic
    from fusion_core.estimates.runs import Group, Source
    from fusion_core.workspace.layout import Workspace

_SHOWN = 200
_SMALLEST_P = 0.001
MANY_COMPARISONS = (
    "p is adjusted for the number of comparisons (Holm); otherwise about one in ten pairs that do not"
    " differ would seem to."
)


def difference(
    *,
    run: RunArgument = "latest",
    variable: OneVariableOption = "",
    condition: ConditionOption = "",
    expression: ExpressionOption = "",
    group: Annotated[
        list[str] | None,
        typer.Option(
            "--group",
            "-g",
            metavar="GROUP",
            help="A group, as COLUMN=VALUE or a condition such as 'hincp < 40000'. Two are compared "
            "with each other; with --by, every group with this one.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Compare every group of this column or fused variable, such as puma; repeat it to "
            "cross several.",
        ),
    ] = None,
    other: Annotated[
        str,
        typer.Option(
            "--with",
            metavar="RUN",
            help="Compare with another run or survey, such as that of an earlier year.",
        ),
    ] = "",
    common_numbers: Annotated[
        bool,
        typer.Option(
            "--common-numbers",
            help="With --with: also compare runs of one seed, whose random numbers are the same.",
        ),
    ] = False,
    statistic: StatisticOption = "",
    level: LevelOption = "",
    above: AboveOption = None,
    below: BelowOption = None,
    quantile: QuantileOption = None,
    per: PerOption = "",
    where: WhereOption = "",
    confidence: ConfidenceOption = 0.90,
    survey: SurveyOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Test which differences between groups, areas, runs or years are more than chance.

    Implicates and replicate weights the two sides share are taken into account. Examples:

    harmony difference -v insecure --level Yes -g "hincp < 40000" -g "ten=Rented"

    harmony difference -v insecure --level Yes --by puma

    harmony difference latest -v elec_kwh --with 2015-run --by state
    """
    from fusion_core.estimates import EstimateCache

    opened = open_workspace(workspace)
    source = chosen_source(opened, survey or run)
    wish = Wish(
        variables=(variable,) if variable else (),
        statistic=statistic,
        level=level,
        above=above,
        below=below,
        quantile=quantile,
        per=per,
        by=read_by(by) if by else (),
        where=where,
        confidence=confidence,
        condition=condition,
        expression=expression,
    )
    cache = EstimateCache()
    known = known_variables(opened, source, cache)
    asked = read_statistics(wish, known, default=())[0]
    groups = [read_group(text, known) for text in group or ()]
    found = _compared(
        opened,
        source,
        asked,
        wish,
        groups=groups,
        other=other,
        cache=cache,
        common_numbers=common_numbers,
    )
    found = add_names(opened, source, found, wish.by)
    record = {
        "source": survey or getattr(source, "id", ""),
        "with": other,
        "groups": list(group or ()),
        "by": wish.by,
        "where": where,
        "confidence": confidence,
        "synthetic": opened.synthetic,
        "comparisons": found,
    }
    Output(json).result(record, lambda console: _show(console, found, wish, opened.synthetic))


def _compared(
    workspace: Workspace,
    source: Source,
    statistic: Statistic,
    wish: Wish,
    *,
    groups: Sequence[Group],
    other: str,
    cache: EstimateCache,
    common_numbers: bool,
) -> pd.DataFrame:
    from fusion_core.estimates.runs import compare_each, compare_groups, compare_sources

    settings: dict[str, Any] = {"where": wish.where, "confidence": wish.confidence, "cache": cache}
    if other:
        if groups:
            raise InputError(
                "Groups are not compared across runs", fix="Give the group as --where, or use --by"
            )
        second = chosen_source(workspace, other)
        return compare_sources(
            workspace, source, second, statistic, wish.by, common_numbers=common_numbers, **settings
        )
    if wish.by:
        if len(groups) > 1:
            raise InputError("--by takes one group to compare with", fix="Give --group once")
        reference = groups[0] if groups else ""
        return compare_each(workspace, source, statistic, wish.by, reference, **settings)
    if len(groups) != 2:  # noqa: PLR2004 - a pair
        raise InputError(
            f"Two groups are compared, not {len(groups)}",
            fix="Give --group twice, or --by COLUMN, or --with another run",
        )
    found = compare_groups(workspace, source, statistic, groups[0], groups[1], **settings)
    return found.frame(statistic)


def _show(console: Console, found: pd.DataFrame, wish: Wish, synthetic: bool) -> None:
    keys = [*wish.by, *(["name"] if "name" in found.columns else [])]
    rows = [
        (
            *(row[name] for name in keys),
            _amount(row, "first"),
            _amount(row, "second"),
            _amount(row, "difference"),
            _margin(row),
            number(row["ratio"], digits=3),
            _p_value(row["p_adjusted"]),
            "yes" if row["differs"] else "no",
        )
        for row in found.head(_SHOWN).to_dict("records")
    ]
    differs = f"differ at {percent(wish.confidence, 0)}"
    headings = (*keys, "first", "second", "difference", "margin", "ratio", "p", differs)
    console.print(table(headings, rows))
    if len(found) > _SHOWN:
        console.print(f"… {len(found) - _SHOWN:,} more; see --json.", markup=False)
    if len(found) > 1:
        console.print(MANY_COMPARISONS, markup=False)
    for sentence in sorted({str(text) for text in found["assumption"] if text}):
        console.print(sentence, markup=False)
    if synthetic:
        console.print("Synthetic data: no figure describes a real place.", markup=False)


def _p_value(value: float) -> str:
    return "< 0.001" if value < _SMALLEST_P else number(value, digits=2)


def _margin(row: dict[Any, Any]) -> str:
    """Return the margin of a difference, and where it stands what it lacks."""
    from fusion_core.estimates.margins import DONOR_UNKNOWN, NO_DONOR

    lacking = any(note in row["assumption"] for note in (NO_DONOR, DONOR_UNKNOWN))
    return f"± {_amount(row, 'moe')}{' (incomplete)' if lacking else ''}"


def _amount(row: dict[Any, Any], name: str) -> str:
    from fusion_core.estimates.statistics import SHARES

    value = row[name]
    return percent(value) if row["statistic"] in SHARES else number(value)
