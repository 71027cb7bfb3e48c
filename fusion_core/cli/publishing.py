"""`harmony publish`, `open` and `repeat`: a fused data set for others, and made again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.estimates import chosen_fusion
from fusion_core.cli.options import (
    JsonOption,
    WorkspaceOption,
    check_target,
    open_workspace,
)
from fusion_core.cli.output import Output, show_path
from fusion_core.errors import InputError
from fusion_core.workspace.files import size_text

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.publishing import Repetition
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run

NameOption = Annotated[
    str, typer.Option(help="Name of the run.", show_default="that of the original")
]


def publish(
    *,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run: its id, the start of it, or 'latest'; or a combination of runs.",
        ),
    ] = "latest",
    to: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Folder to write: new, empty, or published earlier."),
    ],
    title: Annotated[str, typer.Option(help="Title of the data set.")] = "",
    creator: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Who made it, for the citation. May be repeated."),
    ] = None,
    licence: Annotated[
        str, typer.Option(metavar="ID", help="Licence of the fused data, such as CC-BY-4.0.")
    ] = "",
    without_recipient: Annotated[
        bool,
        typer.Option(
            "--without-recipient",
            help="Leave the recipient's own households and weights out; whoever opens the data set "
            "then needs that survey.",
        ),
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Publish a run, or a combination of runs, as data that others open without donor or models.

    Implicates by household (Parquet and csv.gz), codebook, validation, methods note, citation,
    licence, checksums, and what margins of error need of the donor – none of its households. Example:

    harmony publish latest --to insecurity-2022 --licence CC-BY-4.0 --creator "Energy Office"
    """
    from fusion_core.estimates.runs import recipient_of
    from fusion_core.publishing import Terms
    from fusion_core.publishing import publish as publish_data

    opened, output = open_workspace(workspace), Output(json)
    chosen = chosen_fusion(opened, run)
    check_target(opened, to)
    terms = Terms(title, tuple(creator or ()), licence)
    with output.progress() as progress:
        found = publish_data(
            opened,
            chosen,
            to,
            terms=terms,
            with_recipient=not without_recipient,
            progress=progress,
        )
    names = [path.relative_to(found.folder).as_posix() for path in found.files]
    record = {
        "run": chosen.id,
        "folder": str(to),
        "bytes": found.size,
        "files": names,
        "with_recipient": not without_recipient,
        "notes": list(found.notes),
    }

    def show(console: Console) -> None:
        console.print(
            f"{len(names)} files, {size_text(found.size)}, are in {show_path(to)}", markup=False
        )
        if not without_recipient:
            recipient = recipient_of(opened, chosen).title
            console.print(
                f"The households of {recipient} are among them; --without-recipient leaves them out.",
                markup=False,
            )
        for note in found.notes:
            console.print(note, markup=False)

    output.result(record, show)


def open_data(
    *,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Folder of a published data set, or a csv.gz in the layout of Ummel et al. (2024).",
        ),
    ],
    recipient: Annotated[
        str,
        typer.Option(
            metavar="SURVEY",
            help="Survey of this workspace whose households the data are of, such as ACS_2019.",
        ),
    ] = "",
    name: NameOption = "",
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Put a published data set into a workspace, to explore and estimate from.

    A workspace is created in a new or empty folder. Example:

    harmony open insecurity-2022 --workspace my-project
    """
    from fusion_core.publishing import OpenedCombination, open_data_set
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace

    new = not (workspace / "workspace.json").exists() and Workspace.has_room(workspace)
    output = Output(json)
    opened = open_workspace(workspace, create=new)
    wanted = SurveyId.parse(recipient) if recipient else None
    record: dict[str, Any]
    with output.progress() as progress:
        found = open_data_set(opened, source, recipient=wanted, name=name, progress=progress)
    notes = found.notes
    if isinstance(found, OpenedCombination):
        runs = [run.id for run in found.runs]
        record = {"combination": found.combination.name, "runs": runs}
        told = f"Opened as combination {found.combination.name} of {' and '.join(runs)}"
    else:
        record = {"run": found.run.id, "folder": str(found.run.folder)}
        told = f"Opened as run {found.run.id}"
    record["notes"] = list(notes)

    def show(console: Console) -> None:
        for line in (told, *notes):
            console.print(line, markup=False)

    output.result(record, show)


def repeat(
    *,
    note: Annotated[
        Path,
        typer.Argument(metavar="NOTE", help="methods.json of a published data set, or its folder."),
    ],
    name: NameOption = "",
    other_inputs: Annotated[
        bool,
        typer.Option(
            "--other-inputs", help="Continue even if surveys, harmonies or geography differ."
        ),
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Run again what a methods note, or the notes of a combination, describe, with the same seeds.

    The workspace must hold the surveys; harmonies it lacks are taken from the note. The runs of a combination are
    combined again, with its outcomes; --name then names the combination. Example:

    harmony repeat insecurity-2022/methods.json --workspace my-project
    """
    from fusion_core.cli.runs import follow_run
    from fusion_core.publishing import is_published_combination, repeat_combination, repeat_run

    opened, output = open_workspace(workspace), Output(json)
    combination = ""
    with output.progress() as progress:

        def execute(where: Workspace, run: Run) -> None:
            follow_run(where, run, progress)

        if is_published_combination(note):
            made = repeat_combination(
                opened, note, name=name, other_inputs=other_inputs, execute=execute
            )
            combination, repeated = made.combination.name, list(made.repetitions)
        else:
            repeated = [
                repeat_run(opened, note, name=name, other_inputs=other_inputs, execute=execute)
            ]
    records = [
        {"run": found.run.id, "same": found.same, "differences": list(found.differences)}
        for found in repeated
    ]
    record = {"combination": combination, "runs": records} if combination else records[0]

    def show(console: Console) -> None:
        for found in repeated:
            _show_repeated(console, found)
        if combination:
            console.print(f"Combined again as '{combination}', with its outcomes", markup=False)

    output.result(record, show)
    for found in repeated:
        if not all(found.same.values()) and not (found.differences or other_inputs):
            raise InputError(
                "The implicates differ although inputs and versions are the same",
                where=found.run.id,
                fix="Compare the processors: other ones may round differently",
            )


def _show_repeated(console: Console, found: Repetition) -> None:
    other = [key for key, is_same in found.same.items() if not is_same]
    words = (
        f"Other draws of {', '.join(other)} than in the note"
        if other
        else "The implicates are those of the note, to the last bit"
    )
    console.print(f"{words}: run {found.run.id}", markup=False)
    for sentence in found.differences:
        console.print(sentence, markup=False)
