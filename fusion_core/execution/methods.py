"""The methods note of a run: everything another person needs to judge or repeat it, as text."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from fusion_core.errors import CorruptFileError
from fusion_core.estimates.margins import local_knowledge
from fusion_core.execution.pipeline import finished_stages
from fusion_core.execution.years import years_apart
from fusion_core.harmony.model import split_key
from fusion_core.prepare.choose import flat_names
from fusion_core.prepare.storage import read_prepared
from fusion_core.workspace.combinations import Combination
from fusion_core.workspace.files import read_json
from fusion_core.workspace.runs import STAGES

if TYPE_CHECKING:
    from fusion_core.prepare.stage import PreparedInput
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunSpec

_SOURCE: Final = (
    "K. Ummel, M. Poblete-Cazenave, K. Akkiraju, N. Graetz, H. Ashman, C. Kingdon, S. Herrera "
    "Tenorio, A. S. Singhal, D. A. Cohen, N. D. Rao (2024), Multidimensional well-being of US "
    "households at a fine spatial scale using fused household surveys, Scientific Data 11"
)


def methods_note(workspace: Workspace, run: Run | Combination) -> str:
    """Write the methods note of a run, or of a combination of runs, as Markdown.

    Raises
    ------
    CorruptFileError
        If the run's request is damaged.
    """
    if isinstance(run, Combination):
        return _note_of_combination(workspace, run)
    published = run.published_folder / "methods.md"
    if published.exists():  # the run was made elsewhere, and this is how
        return published.read_text(encoding="utf-8")
    from fusion_core.calibration import second_stage_note

    spec = run.spec()
    parts = [
        _head(workspace, run, spec),
        *_years(workspace, run),
        _variables(spec),
        *second_stage_note(run),
        _predictors(workspace, run),
        *_derived(workspace, run, spec),
        _settings(spec),
        _computation(run),
    ]
    return "\n".join(parts)


def _note_of_combination(workspace: Workspace, combination: Combination) -> str:
    """Say what joins the runs, and then of each what its own note says."""
    runs = combination.runs(workspace)
    donors = [run.spec().pair.donor.title for run in runs]
    lines = [
        f"# Methods note: {combination.name}",
        "",
        (
            f"Fused variables of {' and '.join(donors)} are analysed together: implicate i of one run goes "
            "with implicate i of the others. Given the predictors, the donors' variables are taken as "
            "independent of one another; margins of error contain the parts of all donors, but not what "
            "this assumption may be wrong by, for which joint shares have bounds."
        ),
        "",
    ]
    for part in combination.parts:
        used = ", ".join(part.variables) or "all fused variables"
        lines.append(f"- Run `{part.run}`: {used}")
    notes = [methods_note(workspace, run) for run in runs]
    return "\n".join([*lines, "", *notes])


def _head(workspace: Workspace, run: Run, spec: RunSpec) -> str:
    donor, recipient = (
        workspace.describe(survey) for survey in (spec.pair.donor, spec.pair.recipient)
    )
    summary = (
        f"Variables of **{donor.title or spec.pair.donor.title}** (donor) were fused onto the "
        f"households of **{recipient.title or spec.pair.recipient.title}** (recipient), "
        f"{spec.implicates} implicates, seed {spec.seed}. The fused values are simulated: use them "
        "for estimates over many households with their margins of error, never as facts about one "
        "household."
    )
    method = (
        "gradient-boosted conditional expectations, chained; draws from observed donor values "
        f"among the nearest donors. After {_SOURCE}."
    )
    lines = [
        f"# Methods note: {spec.name}",
        "",
        summary,
        "",
        f"- Run: `{run.id}`, started {run.state().started or 'not yet'} (UTC)",
        f"- Method: {method}",
    ]
    if donor.synthetic or recipient.synthetic:
        lines.append("- **The data are synthetic: no row describes a real household.**")
    lines += [
        f"- {survey.id.title}: {survey.source}" for survey in (donor, recipient) if survey.source
    ]
    return "\n".join([*lines, ""])


def _years(workspace: Workspace, run: Run) -> list[str]:
    sentences = years_apart(workspace, run).sentences
    return ["\n".join(["## Years and prices", "", *sentences, ""])] if sentences else []


def _variables(spec: RunSpec) -> str:
    lines = ["## Fusion variables, in order", ""]
    for position, item in enumerate(spec.fusion_variables, 1):
        words = item if isinstance(item, str) else f"block drawn together: {', '.join(item)}"
        lines.append(f"{position}. {words}")
    if spec.train.order == "suggested":
        lines.append("\nThe program chose another order; the model says which.")
    if spec.train.largest_block > 1:
        lines.append(
            f"\nVariables that depend strongly on each other (squared correlation of at least "
            f"{spec.train.block_bond:g} given the predictors) are drawn together, at most "
            f"{spec.train.largest_block}; the model says which."
        )
    return "\n".join([*lines, ""])


def _predictors(workspace: Workspace, run: Run) -> str:
    lines = ["## Predictors", ""]
    try:
        prepared: PreparedInput = read_prepared(run.input_folder)
    except CorruptFileError:
        return "\n".join([*lines, "The run has not prepared its input yet.", ""])
    lines += [
        f"{len(prepared.donor):,} donor and {len(prepared.recipient):,} recipient households.",
        "",
        "| predictor | made from | similarity | used |",
        "|---|---|---|---|",
    ]
    for row in prepared.predictors.to_dict("records"):
        score = "–" if row["similarity"] != row["similarity"] else f"{row['similarity']:.3f}"
        used = "yes" if row["kept"] else "no"
        reason = f" ({row['reason']})" if row["reason"] else ""
        lines.append(f"| {row['predictor']} | {row['source']} | {score} | {used}{reason} |")
    lines += ["", local_knowledge(workspace, run).sentence]
    if prepared.notes:
        lines += ["", *(f"- {note}" for note in prepared.notes)]
    if prepared.location:
        lines += ["", "### Location", "", *(f"- {sentence}" for sentence in prepared.location)]
    return "\n".join([*lines, ""])


def _derived(workspace: Workspace, run: Run, spec: RunSpec) -> list[str]:
    """Define the derived variables the run rests on, and those they are built from."""
    used = {spec.pair.donor: set(flat_names(spec.fusion_variables)), spec.pair.recipient: set()}
    try:
        table = read_prepared(run.input_folder).predictors
    except CorruptFileError:  # the section on predictors says so
        table = None
    for key in () if table is None else table.loc[table["kept"], "predictor"]:
        for survey, name in zip(used, split_key(str(key)), strict=True):
            used[survey].add(name)
    lines = []
    for survey, names in used.items():
        parts = workspace.built_from(survey)
        wanted = names.union(*(parts.get(name, ()) for name in names))
        dictionary = workspace.dictionary(survey)
        lines += [
            f"- {survey.title}, `{name}`"
            f"{f' ({item.description})' if item.description else ''}: {item.definition}"
            for name, item in dictionary.items()
            if item.definition and name in wanted
        ]
    return ["\n".join(["## Derived variables", "", *lines, ""])] if lines else []


def _settings(spec: RunSpec) -> str:
    lines = ["## Settings", "", f"Preset: {spec.preset}.", "", "| setting | value |", "|---|---|"]
    for name, value in dataclasses.asdict(spec.train).items():
        lines.append(f"| {name} | {value} |")
    lines += [
        f"| minimum_similarity | {spec.minimum_similarity} |",
        f"| keep_predictors | {', '.join(spec.keep_predictors) or '–'} |",
        f"| exclude_predictors | {', '.join(spec.exclude_predictors) or '–'} |",
    ]
    return "\n".join([*lines, ""])


def _computation(run: Run) -> str:
    lines = ["## Computation", ""]
    done = finished_stages(run)
    lines += [f"- {stage}: {done[stage]:.1f} s" for stage in STAGES if stage in done]
    if "fuse" in done:
        from fusion_core.fusion import open_implicates

        lines += [f"- {note}" for note in open_implicates(run.implicates_folder).notes]
    path = run.folder / "versions.json"
    if path.exists():
        versions = ", ".join(f"{name} {text}" for name, text in read_json(path).items())
        lines.append(f"- Versions: {versions}")
    return "\n".join([*lines, ""])
