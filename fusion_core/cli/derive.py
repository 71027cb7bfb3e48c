"""`harmony survey derive`: variables of a survey built from its others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import JsonOption, WorkspaceOption, open_workspace
from fusion_core.cli.output import Output, number, percent, table
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.surveys.model import SurveyId, Variable
    from fusion_core.surveys.summary import Distribution
    from fusion_core.workspace.layout import Workspace


def derive(
    survey: Annotated[str, typer.Argument(metavar="SURVEY", help="Such as RECS_2015.")],
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Name of the variable.")] = "",
    *,
    expression: Annotated[
        str, typer.Option("--expression", "-e", help='What it is, such as "kwh / people".')
    ] = "",
    level: Annotated[
        str, typer.Option(help="What it describes: household or person.")
    ] = "household",
    aggregate: Annotated[
        str,
        typer.Option(
            help="How persons are summarized for their household: sum, mean, any, all, count, "
            "min, max or reference."
        ),
    ] = "",
    label: Annotated[str, typer.Option(help="What it measures, in words.")] = "",
    unit: Annotated[str, typer.Option(help="Unit of a number.")] = "",
    levels: Annotated[
        str,
        typer.Option(
            metavar="LEVELS", help='Labels of its values: "1=Yes,0=No"; of bins in order: "a,b".'
        ),
    ] = "",
    bins: Annotated[
        str, typer.Option(metavar="NUMBERS", help='Cut a number into bins from these: "18,65".')
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Show what it would be, but store nothing.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a derived variable of this name.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the variable, unless something uses it.")
    ] = False,
    list_all: Annotated[
        bool, typer.Option("--list", help="List the survey's derived variables.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Build a variable of a survey from its others, list such variables, or remove one.

    The definition is kept beside the survey and survives importing it again; the values are
    computed when they are read. A missing answer stays missing; persons without a value are left
    out when a household's persons are put together. Example:

    harmony survey derive RECS_2015 insec --expression "scaleb < 3 OR noheatng = 'Yes'"
    --label "Any energy insecurity"
    """
    from fusion_core.execution.deriving import underive
    from fusion_core.surveys.model import SurveyId

    opened, output = open_workspace(workspace), Output(json)
    identifier = SurveyId.parse(survey)
    if list_all:
        _list(opened, identifier, output)
        return
    if not name:
        raise InputError(
            "No name is given", where="NAME", fix="Name the variable, or list all with --list"
        )
    if remove:
        underive(opened, identifier, name)
        output.result(
            {"survey": survey, "removed": name},
            lambda console: console.print(f"Removed {name} from {identifier.title}", markup=False),
        )
        return
    given = _definition(
        name,
        expression,
        level=level,
        aggregate=aggregate,
        label=label,
        unit=unit,
        levels=levels,
        bins=bins,
    )
    _store(opened, identifier, given, output, check=check, may_replace=replace)


def _definition(
    name: str,
    expression: str,
    *,
    level: str,
    aggregate: str,
    label: str,
    unit: str,
    levels: str,
    bins: str,
) -> Any:
    from fusion_core.derived.definition import (
        DerivedVariable,
        aggregate_named,
        level_named,
        read_breakpoints,
        read_levels,
    )

    if not expression.strip():
        raise InputError(
            "No expression is given",
            where=name,
            fix='Give one, such as --expression "kwh / people"',
        )
    return DerivedVariable(
        name=name,
        expression=expression.strip(),
        respondent=level_named(level),
        aggregate=aggregate_named(aggregate),
        label=label.strip(),
        unit=unit.strip(),
        levels=read_levels(levels),
        breakpoints=read_breakpoints(bins),
    )


def _store(
    workspace: Workspace,
    survey: SurveyId,
    given: Any,
    output: Output,
    *,
    check: bool,
    may_replace: bool,
) -> None:
    from fusion_core.derived.storage import try_derived
    from fusion_core.execution.deriving import derive as derive_in
    from fusion_core.surveys.summary import read_distribution

    found = (
        try_derived(workspace.stored_survey(survey), given)
        if check
        else derive_in(workspace, survey, given, may_replace=may_replace)
    )
    variable = found.dictionary[given.name]
    distribution = read_distribution(found, variable)
    record = {
        "survey": str(survey),
        "stored": not check,
        "variable": variable,
        "derived": given.to_record(),
        "distribution": distribution,
    }

    def show(console: Console) -> None:
        done = "Would derive" if check else "Derived"
        console.print(f"{done} {given.name} of {survey.title}: {given.definition}", markup=False)
        console.print(f"{variable.type}, of each {variable.respondent}", markup=False)
        if distribution is not None:
            show_distribution(console, distribution)

    output.result(record, show)


def _list(workspace: Workspace, survey: SurveyId, output: Output) -> None:
    from fusion_core.derived.storage import definitions_of, derivation_of

    stored = workspace.stored_survey(survey)
    derivation, definitions = derivation_of(stored), definitions_of(stored)
    problems = [error.message for error in derivation.problems.values()]
    records = [
        item.to_record()
        | {"definition": item.definition, "works": item.name in derivation.variables}
        for item in definitions
    ]

    def show(console: Console) -> None:
        for sentence in problems:
            console.print(sentence, markup=False)
        if not records:
            console.print(f"{survey.title} has no derived variable yet.", markup=False)
            return
        rows = [
            (
                item.name,
                item.respondent,
                _type(derivation.variables.get(item.name)),
                item.definition,
            )
            for item in definitions
        ]
        console.print(table(("variable", "level", "type", "definition"), rows))

    output.result({"survey": str(survey), "derived": records, "problems": problems}, show)


def _type(variable: Variable | None) -> str:
    return "left out" if variable is None else variable.type


def show_distribution(console: Console, found: Distribution) -> None:
    """Print the weighted distribution of a variable."""
    if found.levels:
        rows = [
            (item.level, percent(item.share), number(item.rows, digits=1)) for item in found.levels
        ]
        console.print(table(("answer", "weighted share", "rows"), rows))
    else:
        quantiles = ", ".join(number(value) for value in found.quantiles)
        console.print(f"Mean {number(found.mean)}; 5, 25, 50, 75, 95 %: {quantiles}", markup=False)
        console.print(
            f"From {number(found.minimum)} to {number(found.maximum)}; "
            f"{percent(found.zero_share)} are zero",
            markup=False,
        )
    console.print(f"{percent(found.missing_share)} did not answer", markup=False)
