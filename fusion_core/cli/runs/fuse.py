"""`harmony fuse`: prepare, train, fuse and validate in one go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fusion_core.cli.options import (
    DonorOption,
    JsonOption,
    RecipientOption,
    WorkspaceOption,
    choose_pair,
    choose_run,
    open_workspace,
    read_fusion_variables,
    split_list,
)
from fusion_core.cli.output import Output
from fusion_core.cli.runs.commands import run_record
from fusion_core.cli.runs.training import (
    ExcludeOption,
    ForceOption,
    PredictorsOption,
    SetOption,
    TypeOption,
    training_settings,
)
from fusion_core.errors import InputError
from fusion_core.workspace.files import size_text

if TYPE_CHECKING:
    from rich.console import Console

    from fusion_core.execution import CostEstimate
    from fusion_core.fusion.base import TrainSettings
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunSpec

# The published analyses use 40; a quick look needs only enough to see the uncertainty.
IMPLICATES = {"quick": 10, "paper": 40, "production": 40}


def fuse(
    *,
    variables: Annotated[
        list[str] | None,
        typer.Option(
            "--variables",
            "-v",
            metavar="NAMES",
            help="Donor variables to fuse, in order, separated by commas or by repeating the "
            "option. Join a block with plus signs, such as heat+cool+other: its members are "
            "always drawn together, so that shares keep summing to one.",
        ),
    ] = None,
    donor: DonorOption = "",
    recipient: RecipientOption = "",
    preset: Annotated[
        str,
        typer.Option(
            help="How thoroughly: quick, paper or production. quick takes a number from a donor placed near "
            "the household by models that never saw that donor, paper from one placed by the models "
            "fitted to it. production draws as quick does and from leaves of random forests, for each "
            "variable in the shares that describe unseen donors best. --set method=forest takes every "
            "answer from a donor in the household's leaf, the quickest; method=boosted-forest also shows "
            "the trees what boosted models expect."
        ),
    ] = "production",
    implicates: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many times every variable is simulated.",
            show_default="10 for quick, else 40",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="The same seed gives the same numbers.", show_default="random, and printed"
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the run.", show_default="the preset")] = "",
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="KEYS", help="Predictors to keep despite a low similarity."),
    ] = None,
    exclude: ExcludeOption = None,
    force: ForceOption = None,
    predictors: PredictorsOption = None,
    types: TypeOption = None,
    settings: SetOption = None,
    minimum_similarity: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Leave out predictors less similar than this.")
    ] = 0.8,
    subsets: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEYS",
            help="Predictors that form the validation subsets.",
            show_default="chosen by the program",
        ),
    ] = None,
    out_of_fold: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Also check with households the models have not seen, in N parts; takes about N "
            "times longer to train. 5 is usual, 0 leaves it out.",
        ),
    ] = 0,
    known_answers: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="How many predictors to hide one after the other, to fuse, and to compare with what "
            "the recipient itself says in every area; 0 leaves the check out.",
        ),
    ] = 4,
    resume: Annotated[
        str,
        typer.Option(
            metavar="RUN", help="Resume a run that was cancelled or failed.", show_default=False
        ),
    ] = "",
    estimate_only: Annotated[
        bool, typer.Option("--cost", help="Show what the run would take, and stop.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return at once; the run continues in the background.")
    ] = False,
    workspace: WorkspaceOption = Path(),
    json: JsonOption = False,
) -> None:
    """Fuse donor variables onto the recipient: prepare, train, draw, validate.

    The run is a process of its own that survives closing the terminal (with --detach); Ctrl-C
    cancels it and keeps what is finished. Example:

    harmony fuse -w my-demo -v elec_kwh,insecure -v share_heat+share_cool+share_other --preset quick
    """
    from fusion_core.execution import estimate_cost, start_run
    from fusion_core.workspace.runs import create_run

    opened, output = open_workspace(workspace), Output(json)
    if resume:
        run = choose_run(opened, resume)
        spec = run.spec()
    else:
        spec = _spec(
            opened,
            variables or [],
            donor,
            recipient,
            preset=preset,
            implicates=implicates,
            seed=seed,
            name=name,
            keep=keep,
            training=training_settings(
                preset,
                types=types,
                predictors=predictors,
                force=force,
                exclude=exclude,
                settings=settings,
            ),
            minimum_similarity=minimum_similarity,
            subsets=subsets,
            out_of_fold=out_of_fold,
            known_answers=known_answers,
        )
        cost = estimate_cost(opened, spec)
        if estimate_only:
            output.result(_cost_record(cost), lambda console: _show_cost(console, cost))
            return
        run = create_run(opened, spec)
    if detach:
        start_run(opened, run)
    else:
        from fusion_core.cli.runs.running import follow_run

        with output.progress() as progress:
            follow_run(opened, run, progress)
    _report(output, opened, run)


def _spec(
    workspace: Workspace,
    variables: list[str],
    donor: str,
    recipient: str,
    *,
    preset: str,
    implicates: int | None,
    seed: int | None,
    name: str,
    keep: list[str] | None,
    training: tuple[TrainSettings, tuple[str, ...]],
    minimum_similarity: float,
    subsets: list[str] | None,
    out_of_fold: int,
    known_answers: int,
) -> RunSpec:
    from fusion_core.fusion.base import check_seed
    from fusion_core.workspace.runs import RunSpec

    settings, exclude = training
    chosen = read_fusion_variables(variables)
    if not chosen:
        raise InputError(
            "No variable to fuse is named",
            fix="Name donor variables with --variables, such as --variables elec_kwh,insecure",
        )
    pair = choose_pair(workspace, donor, recipient)
    return RunSpec(
        name=name or preset,
        pair=pair,
        fusion_variables=chosen,
        implicates=IMPLICATES[preset] if implicates is None else implicates,
        seed=check_seed(seed),
        train=settings,
        preset=settings.preset_name(),
        keep_predictors=tuple(split_list(keep)),
        exclude_predictors=exclude,
        minimum_similarity=minimum_similarity,
        subset_variables=tuple(split_list(subsets)),
        out_of_fold=out_of_fold,
        known_answers=known_answers,
    )


def _report(output: Output, workspace: Workspace, run: Run) -> None:
    record: dict[str, Any] = {"run": run_record(workspace, run)}
    notes: list[str] = []
    verdicts: list[str] = []
    if record["run"]["status"] == "finished":
        from fusion_core.prepare.storage import read_prepared
        from fusion_core.validation import read_validation

        prepared = read_prepared(run.input_folder)
        notes = [*prepared.notes, *prepared.location]
        verdicts = list(read_validation(run.validation_folder).verdicts)
        record |= {
            "predictors": prepared.predictors,
            "notes": notes,
            "location": prepared.location,
            "verdicts": verdicts,
        }

    def show(console: Console) -> None:
        console.print(
            f"Run {run.id} (seed {record['run']['seed']}): {record['run']['message']}", markup=False
        )
        for note in notes:
            console.print(f"  {note}", markup=False)
        if verdicts:
            console.print("How far to trust it:", markup=False)
        for sentence in verdicts:
            console.print(f"  {sentence}", markup=False)
        if verdicts:
            console.print(f"Next: harmony estimate {run.id} --variable NAME", markup=False)
        else:
            console.print("It continues in the background; see `harmony runs`.", markup=False)

    output.result(record, show)


def _cost_record(cost: CostEstimate) -> dict[str, Any]:
    return {
        "seconds": cost.seconds,
        "seconds_by_stage": dict(cost.seconds_by_stage),
        "memory_bytes": cost.memory_bytes,
        "disk_bytes": cost.disk_bytes,
    }


def _show_cost(console: Console, cost: CostEstimate) -> None:
    stages = ", ".join(f"{stage} {value:.0f} s" for stage, value in cost.seconds_by_stage.items())
    console.print(f"About {cost.seconds:.0f} s ({stages}),", markup=False)
    console.print(
        f"{size_text(cost.memory_bytes)} of memory and {size_text(cost.disk_bytes)} of disk.",
        markup=False,
    )
