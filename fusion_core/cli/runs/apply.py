"""`harmony apply`: draw implicates from a saved model, without a workspace."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fusion_core.cli.options import JsonOption
from fusion_core.cli.output import Output
from fusion_core.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console


def apply(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A saved model: its folder, or a .zip.")
    ],
    recipient: Annotated[
        Path,
        typer.Argument(
            metavar="RECIPIENT",
            help="Households with the model's predictors: a Parquet file, or a folder of them.",
        ),
    ],
    *,
    to: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the implicates.")],
    implicates: Annotated[
        int, typer.Option(min=1, help="How many times every variable is simulated.")
    ] = 40,
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
    json: JsonOption = False,
) -> None:
    """Fuse with a saved model: new households, no training.

    Repeat the command after an interruption and it goes on with the parts that are there. Example:

    harmony apply model.zip acs_2023.parquet --to implicates
    """
    from fusion_core.execution.budget import available_cores
    from fusion_core.fusion import fuse_to_folder, open_implicates

    if not 0 <= memory < math.inf:
        raise InputError(f"{memory:g} GB of memory are no amount", fix="Give a positive number")
    output = Output(json)
    with output.progress() as progress:
        fuse_to_folder(
            recipient,
            model,
            to,
            implicates=implicates,
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
