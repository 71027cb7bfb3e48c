"""`harmony apply`: draw implicates from a saved model, with or without a workspace."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.options import JsonOption, WorkspaceOption, choose_run, open_workspace
from fusion_core.cli.output import Output
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


_IMPLICATES = 40


def apply(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="A saved model: its folder, or a .zip; or a run of the workspace.",
        ),
    ],
    recipient: Annotated[
        Path,
        typer.Argument(
            metavar="RECIPIENT",
            help="Households with the model's predictors: a Parquet file, or a folder of them; of a "
            "run, another survey of the workspace, such as ACS_2023.",
        ),
    ],
    *,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder for the implicates; of a run, a new run holds them."
        ),
    ] = None,
    implicates: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many times every variable is simulated.",
            show_default="40, or as the run has",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="The same seed gives the same numbers.",
            show_default="random, and printed; an interrupted command's own",
        ),
    ] = None,
    memory: Annotated[
        float,
        typer.Option(metavar="GB", help="Memory to use.", show_default="a quarter of what is free"),
    ] = 0.0,
    name: Annotated[str, typer.Option(help="Name of the new run, where a run is applied.")] = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Fuse with a saved model: new households, no training.

    The model of a run, applied to another recipient of the workspace, gives a run of its own, whose
    estimates compare with those of the first: harmony difference RUN --with OTHER.

    Repeat the command after an interruption and it goes on with the parts that are there. Example:

    harmony apply model.zip acs_2023.parquet --to implicates

    harmony apply latest ACS_2023 -w my-demo
    """
    from fusion_core.execution.budget import available_cores
    from fusion_core.fusion import fuse_to_folder, open_implicates

    if not 0 <= memory < math.inf:
        raise InputError(f"{memory:g} GB is not an amount of memory", fix="Give a positive number")
    output = Output(json)
    if to is None:
        _apply_run(
            output,
            workspace,
            str(model),
            str(recipient),
            name=name,
            implicates=implicates,
            seed=seed,
        )
        return
    with output.progress() as progress:
        fuse_to_folder(
            recipient,
            model,
            to,
            implicates=implicates or _IMPLICATES,
            seed=seed,
            threads=available_cores(),
            memory=int(memory * 1e9) or None,
            progress=progress,
        )
    found = open_implicates(to)
    record = {
        "folder": str(to),
        "households": found.rows,
        "implicates": found.count,
        "seed": found.seed,
        "variables": list(found.names),
        "notes": list(found.notes),
    }

    def show(console: Console) -> None:
        console.print(
            f"{found.count} implicates of {', '.join(found.names)} for {found.rows:,} households "
            f"are in {to}; seed {found.seed}",
            markup=False,
        )
        for note in found.notes:
            console.print(f"  {note}", markup=False)

    output.result(record, show)


def _apply_run(
    output: Output,
    workspace: Path,
    source: str,
    recipient: str,
    *,
    name: str,
    implicates: int | None,
    seed: int | None,
) -> None:
    """Fuse another recipient of a workspace with the model of a run."""
    from fusion_core.execution import apply_run
    from fusion_core.surveys.model import SurveyId

    if not (workspace / "workspace.json").exists():
        raise InputError(
            "No destination is given for the implicates",
            fix="Name a folder with --to, or a workspace whose run and survey are meant",
        )
    opened = open_workspace(workspace)
    chosen = choose_run(opened, source)
    with output.progress() as progress:
        run = apply_run(
            opened,
            chosen,
            SurveyId.parse(recipient),
            name=name,
            implicates=implicates,
            seed=seed,
            progress=progress,
        )
    record = {"run": run.id, "model_of": chosen.id, "recipient": recipient, "seed": run.spec().seed}

    def show(console: Console) -> None:
        console.print(
            f"The model of {chosen.id} was applied to {recipient}: run {run.id}", markup=False
        )
        console.print(
            f"Compare: harmony difference {chosen.id} --with {run.id} -v VARIABLE --by state",
            markup=False,
        )

    output.result(record, show)
