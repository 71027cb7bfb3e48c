"""`harmony answer`: one answer on one page, with whether it may be published."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.estimates.estimate import (
    AboveOption,
    BelowOption,
    LevelOption,
    OneVariableOption,
    PerOption,
    QuantileOption,
    StatisticOption,
    SurveyOption,
    WhereOption,
    WithinOption,
)
from fusion_core.cli.estimates.statistics import (
    Wish,
    area_names,
    chosen_source,
    known_variables,
    read_statistics,
)
from fusion_core.cli.options import JsonOption, RunArgument, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, show_path
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


def answer(
    *,
    run: RunArgument = "latest",
    variable: OneVariableOption,
    area: Annotated[
        str,
        typer.Option(metavar="COLUMN=CODE", help="The area asked about.", show_default="everybody"),
    ] = "",
    by: Annotated[
        str,
        typer.Option(metavar="COLUMN", help="Also rank these areas; 'none' for no ranking."),
    ] = "puma",
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page to print, HTML.")
    ] = None,
    statistic: StatisticOption = "",
    level: LevelOption = "",
    above: AboveOption = None,
    below: BelowOption = None,
    quantile: QuantileOption = None,
    per: PerOption = "",
    where: WhereOption = "",
    within: WithinOption = "",
    survey: SurveyOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Answer one question on one page: the figure, its range, and whether it may be published.

    Example: harmony answer latest -v insecure --level Yes --area puma=9900100 --to answer.html
    """
    from fusion_core.estimates import EstimateCache
    from fusion_core.publishing import answer_sheet

    opened = open_workspace(workspace)
    source = chosen_source(opened, survey or run)
    cache = EstimateCache()
    wish = Wish(
        variables=(variable,),
        statistic=statistic,
        level=level,
        above=above,
        below=below,
        quantile=quantile,
        per=per,
        where=where,
    )
    [asked] = read_statistics(wish, known_variables(opened, source, cache), default=())
    kind = "" if by == "none" else by
    sheet = answer_sheet(
        opened,
        source,
        asked,
        area=_read_area(area),
        by=kind,
        where=where,
        within=within,
        names=area_names(opened, source, area.partition("=")[0].strip() or kind),
        cache=cache,
    )
    if to is not None:
        from fusion_core.workspace.files import write_text

        write_text(sheet.html(), to)
    record = {
        "source": survey or getattr(source, "id", ""),
        "file": "" if to is None else str(to),
        **dataclasses.asdict(sheet),
    }

    def show(console: Console) -> None:
        console.print(sheet.question, style="bold", markup=False)
        console.print(f"{sheet.figure}. {sheet.range}", markup=False)
        console.print(f"May I publish this? {sheet.verdict_words}", markup=False)
        for reason in sheet.reasons:
            console.print(f"  – {reason}", markup=False)
        for sentence in filter(None, (sheet.ranking_sentence, *sheet.rests_on, sheet.source)):
            console.print(sentence, markup=False)
        if to is not None:
            console.print(f"The page is in {show_path(to)}", markup=False)

    Output(json).result(record, show)


def _read_area(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    name, mark, value = (part.strip() for part in text.partition("="))
    if not (name and mark and value):
        raise InputError(f"'{text}' names no area", fix="Write it like puma=9900100")
    return {name: value}
