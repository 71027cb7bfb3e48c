"""`harmony outcome`: outcomes built from fused and recipient variables, kept with a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.estimates import chosen_fusion
from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from fusion_core.derived.definition import DerivedVariable
    from fusion_core.workspace.combinations import Combination
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run


def outcome(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run, or a combination of runs.")
    ] = "latest",
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Name of the outcome.")] = "",
    *,
    expression: Annotated[
        str,
        typer.Option(
            "--expression",
            "-e",
            help='What it is: a number such as "cost / hincp", or a condition such as '
            "\"insecure = 'Yes' AND price = 'Agree'\".",
        ),
    ] = "",
    label: Annotated[str, typer.Option(help="What it measures, in words.")] = "",
    unit: Annotated[str, typer.Option(help="Unit of a number.")] = "",
    levels: Annotated[
        str, typer.Option(metavar="LEVELS", help='Labels of its values, such as "1=Yes,0=No".')
    ] = "",
    bins: Annotated[
        str, typer.Option(metavar="NUMBERS", help='Cut a number into bins from these: "0.06,0.1".')
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Show what it would be, but store nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an outcome of this name.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the outcome.")] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Keep an outcome built from fused and recipient variables with a run or combination.

    It is then a variable like any other: of harmony estimate, difference and export, of filters, and
    on the Explore page. Without a name, all outcomes are listed. Example:

    harmony outcome latest burden --expression "elec_cost / hincp" --label "Energy burden"

    The mean of burden is the mean of households' ratios; the ratio of the totals is another figure:
    harmony estimate -v elec_cost --per hincp.
    """
    from fusion_core.derived.outcomes import remove_outcome

    opened, output = open_workspace(workspace), Output(json)
    source = chosen_fusion(opened, run)
    if not name:
        _list(source, output)
    elif remove:
        remove_outcome(source.derived_path, name)
        output.result(
            {"source": source.id, "removed": name},
            lambda console: console.print(f"Removed {name}", markup=False),
        )
    else:
        given = _definition(name, expression, label=label, unit=unit, levels=levels, bins=bins)
        _store(opened, source, given, output, check=check, may_replace=replace)


def _definition(
    name: str, expression: str, *, label: str, unit: str, levels: str, bins: str
) -> DerivedVariable:
    from fusion_core.derived.definition import DerivedVariable, read_breakpoints, read_levels

    if not expression.strip():
        raise InputError(
            "No expression is given",
            where=name,
            fix='Give one, such as --expression "cost / hincp"',
        )
    return DerivedVariable(
        name=name,
        expression=expression.strip(),
        label=label.strip(),
        unit=unit.strip(),
        levels=read_levels(levels),
        breakpoints=read_breakpoints(bins),
    )


def _store(
    workspace: Workspace,
    source: Run | Combination,
    given: DerivedVariable,
    output: Output,
    *,
    check: bool,
    may_replace: bool,
) -> None:
    from fusion_core.estimates.runs import save_outcome, try_outcome

    store = try_outcome if check else save_outcome
    found = store(workspace, source, given, may_replace=may_replace)
    record = {
        "source": source.id,
        "stored": not check,
        "outcome": given.to_record(),
        "estimates": found,
    }

    def show(console: Console) -> None:
        done = "Would be" if check else "Kept"
        console.print(f"{done}: {given.name} = {given.definition}", markup=False)
        console.print(_overall(found))

    output.result(record, show)


def _overall(found: pd.DataFrame) -> object:
    rows = [
        (
            row["level"] or row["statistic"],
            percent(row["estimate"]) if row["level"] else number(row["estimate"]),
            f"± {percent(row['moe']) if row['level'] else number(row['moe'])}",
        )
        for row in found.to_dict("records")
    ]
    return table(("", "all households", "margin"), rows)


def _list(source: Run | Combination, output: Output) -> None:
    from fusion_core.derived.outcomes import read_outcomes

    found = read_outcomes(source.derived_path)

    def show(console: Console) -> None:
        if not found:
            console.print(f"{source.id} has no derived outcome yet.", markup=False)
            return
        rows = [(item.name, item.definition, item.label) for item in found]
        console.print(table(("name", "definition", "label"), rows))

    output.result({"source": source.id, "outcomes": [item.to_record() for item in found]}, show)
