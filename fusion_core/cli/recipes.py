"""`harmony recipe`: recipes of fusions, from public files to fused variables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import (
    CreateOption,
    JsonOption,
    WorkspaceOption,
    open_workspace,
    user_name,
)
from fusion_core.cli.output import Output, table

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.recipes import Applied, FusionRecipe
    from fusion_core.workspace.layout import Workspace

app = typer.Typer(
    no_args_is_help=True,
    help="Recipes of fusions: which variables, how they are built, from which public files.",
)
NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Recipe of the package, or a .toml file of your own.")
]


@app.command("list")
def list_recipes(json: JsonOption = False) -> None:
    """List the recipes that come with the package."""
    from fusion_core.recipes import find_recipe, recipe_names

    recipes = [find_recipe(name) for name in recipe_names()]
    records = [
        {
            "recipe": recipe.name,
            "title": recipe.title,
            "donor": str(recipe.donor),
            "recipient": str(recipe.recipient),
            "variables": recipe.all_variables,
            "harmonies": recipe.harmonies is not None,
        }
        for recipe in recipes
    ]

    def show(console: Console) -> None:
        rows = [
            (
                recipe.name,
                f"{recipe.donor.title} → {recipe.recipient.title}",
                len(recipe.all_variables),
                recipe.title,
            )
            for recipe in recipes
        ]
        console.print(table(("recipe", "surveys", "variables", "title"), rows))
        console.print(
            "A recipe as a file to change: harmony recipe show NAME > mine.toml. Recipes of places:"
            " harmony places recipes.",
            markup=False,
        )

    Output(json).result({"recipes": records}, show)


@app.command("show")
def show_recipe(name: NameArgument, json: JsonOption = False) -> None:
    """Show a recipe as it is written, to be read, changed and shared."""
    from fusion_core.recipes import find_recipe, recipe_text

    recipe, text = find_recipe(name), recipe_text(name)
    record = {
        "recipe": recipe.name,
        "title": recipe.title,
        "source": recipe.source,
        "note": recipe.note,
        "donor": str(recipe.donor),
        "recipient": str(recipe.recipient),
        "variables": recipe.variables,
        "second_stage": [asdict(stage) for stage in recipe.second_stage],
        "derived": [item.to_record() for item in recipe.derived],
        "text": text,
    }
    # As it stands in the file, so that it can be sent to one.
    Output(json).result(record, lambda _: typer.echo(text, nl=False))


@app.command("apply")
def apply_recipe(
    name: NameArgument,
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of public files, searched with all its folders for surveys the workspace "
            "lacks.",
        ),
    ] = None,
    recipient: Annotated[
        str,
        typer.Option(
            metavar="SURVEY",
            help="Another vintage of the recipient, such as ACS_2019: harmonies that mean the same"
            " there are taken over, the others kept as drafts.",
        ),
    ] = "",
    harmonies: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Harmonies of the pair, such as a published .R file or JSON."
        ),
    ] = None,
    fuse: Annotated[
        bool, typer.Option("--fuse", help="Fuse the variables too: prepare, train, draw, validate.")
    ] = False,
    without_lacking: Annotated[
        bool,
        typer.Option(
            "--without-lacking", help="Fuse what the donor has, where it lacks some variables."
        ),
    ] = False,
    preset: Annotated[str, typer.Option(help="quick, paper or production.")] = "production",
    implicates: Annotated[
        int | None, typer.Option(min=1, show_default="10 for quick, else 40")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="The same seed gives the same numbers.", show_default="random"),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return at once; the run continues in the background.")
    ] = False,
    create: CreateOption = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Bring a workspace to where a recipe's variables can be fused, and fuse them.

    Surveys the workspace lacks are imported from the public files, variables are built, harmonies
    taken over; what is there stays as it is. One command from public files to fused variables:

    harmony recipe apply travel --data downloads --fuse --create -w us
    """
    from fusion_core.recipes import apply_recipe as apply
    from fusion_core.recipes import find_recipe
    from fusion_core.surveys.model import SurveyId

    recipe = find_recipe(name)
    opened, output = open_workspace(workspace, create=create), Output(json)
    with output.progress() as progress:
        applied = apply(
            opened,
            recipe,
            data=data,
            recipient=SurveyId.parse(recipient) if recipient else None,
            harmonies=harmonies,
            author=user_name(),
            progress=progress,
        )
    record: dict[str, Any] = {"recipe": recipe.name} | _record(applied)
    if fuse:
        _require_whole(applied, without_lacking=without_lacking)
        record["run"] = _fuse(
            opened,
            (recipe, applied),
            output,
            preset=preset,
            implicates=implicates,
            seed=seed,
            detach=detach,
        )
    output.result(record, lambda console: _show(console, recipe, applied, record))


def _record(applied: Applied) -> dict[str, Any]:
    return {
        "donor": str(applied.pair.donor),
        "recipient": str(applied.pair.recipient),
        "imported": applied.imported,
        "derived": applied.derived,
        "harmonies": applied.harmonies,
        "variables": applied.variables,
        "lacking": [{"variable": name, "why": why} for name, why in applied.lacking],
        "warnings": applied.warnings,
        "asked": [{"harmony": key, "what": what} for key, what in applied.asked],
        "unusable": [{"harmony": key, "why": why} for key, why in applied.unusable],
    }


def _require_whole(applied: Applied, *, without_lacking: bool) -> None:
    from fusion_core.errors import InputError

    if applied.lacking and not without_lacking:
        names = ", ".join(name for name, _ in applied.lacking)
        raise InputError(
            f"{applied.pair.donor.title} lacks {names}",
            fix="Import the complete public files, or fuse the others with --without-lacking",
        )


def _fuse(
    workspace: Workspace,
    what: tuple[FusionRecipe, Applied],
    output: Output,
    *,
    preset: str,
    implicates: int | None,
    seed: int | None,
    detach: bool,
) -> dict[str, Any]:
    from fusion_core.cli.runs import IMPLICATES, follow_run, run_record, training_settings
    from fusion_core.execution import start_run
    from fusion_core.fusion.base import check_seed
    from fusion_core.recipes import run_of_recipe
    from fusion_core.workspace.runs import create_run

    settings, _ = training_settings(preset)
    spec = run_of_recipe(
        workspace,
        *what,
        settings=settings,
        implicates=IMPLICATES[preset] if implicates is None else implicates,
        seed=check_seed(seed),
    )
    run = create_run(workspace, spec)
    if detach:
        start_run(workspace, run)
    else:
        with output.progress() as progress:
            follow_run(workspace, run, progress)
    return run_record(workspace, run)


def _show(console: Console, recipe: FusionRecipe, applied: Applied, record: dict[str, Any]) -> None:
    console.print(recipe.title, markup=False)
    for survey in applied.imported:
        console.print(f"Imported {survey}.", markup=False)
    for sentence in applied.warnings:
        console.print(f"  {sentence}", markup=False)
    if applied.derived:
        console.print(f"Built {', '.join(applied.derived)}.", markup=False)
    console.print(f"{applied.pair.title}: {applied.harmonies} harmonies.", markup=False)
    for key, why in applied.unusable:
        console.print(f"  {key} is left out: {why}.", markup=False)
    for key, what in applied.asked:
        first, *others = what
        more = f", and {len(others)} more" if others else ""
        console.print(
            f"  {key} is kept as your draft, to decide on the page Harmonize: {first}{more}",
            markup=False,
        )
    for name, why in applied.lacking:
        console.print(f"{name} cannot be fused: {why}.", markup=False)
    if "run" in record:
        run = record["run"]
        console.print(f"Run {run['id']} (seed {run['seed']}): {run['message']}", markup=False)
        return
    names = ", ".join(applied.variables)
    console.print(f"Ready to fuse: {names}. Add --fuse to do it.", markup=False)
