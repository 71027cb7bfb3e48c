"""Publish a finished run as a folder others use without the donor and the models."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fusion_core.arguments import PathLike, path_of, require_type
from fusion_core.errors import InputError
from fusion_core.estimates import EstimateCache
from fusion_core.estimates.published import (
    PublishedDonor,
    publish_donor,
    write_published_donor,
)
from fusion_core.estimates.statistics import find_column
from fusion_core.estimates.variance import Donors
from fusion_core.execution.methods import methods_note
from fusion_core.execution.years import years_apart
from fusion_core.fusion import export_implicates, open_implicates
from fusion_core.fusion.implicates import MANIFEST
from fusion_core.geography.boundaries import areas_path
from fusion_core.geography.spatial import PUMA
from fusion_core.prepare.storage import RECIPIENT_FILE
from fusion_core.publishing.codebook import codebook
from fusion_core.publishing.documents import Terms, citation, licence_text, readme
from fusion_core.publishing.methods import methods_record
from fusion_core.publishing.published_folder import (
    CITATION,
    CODEBOOK,
    DATA,
    DATASET,
    FORMAT_VERSION,
    GEOGRAPHY,
    KIND,
    LICENCE,
    MARGINS,
    METHODS,
    METHODS_TEXT,
    OWN,
    PREDICTORS,
    README,
    RECIPIENT,
    VALIDATION,
    Publication,
    check_folder,
    is_published,
    write_checksums,
)
from fusion_core.spreadsheets import csv_text
from fusion_core.surveys.model import HOUSEHOLD_KEY, Dictionary, Survey
from fusion_core.surveys.storage import write_survey
from fusion_core.workspace.files import write_json, write_text
from fusion_core.workspace.folders import replace_folder
from fusion_core.workspace.runs import require_run, require_workspace
from fusion_core.workspace.tables import write_table

if TYPE_CHECKING:
    import pandas as pd

    from fusion_core.estimates.runs import EstimateData
    from fusion_core.fusion.implicates import ImplicateFolder
    from fusion_core.surveys.model import SurveyId, Variable
    from fusion_core.workspace.layout import Workspace
    from fusion_core.workspace.runs import Run, RunSpec

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class _Job:
    """What is published, where to, and under which terms."""

    folder: Path
    workspace: Workspace
    run: Run
    spec: RunSpec
    implicates: ImplicateFolder
    terms: Terms
    with_recipient: bool


def publish_run(
    workspace: Workspace,
    run: Run,
    to: PathLike,
    *,
    terms: Terms | None = None,
    with_recipient: bool = True,
    progress: Progress | None = None,
) -> Publication:
    """Publish a finished run.

    Parameters
    ----------
    workspace, run
        What is published.
    to
        Folder to write, new, empty, or an earlier publication, which is replaced once this one is
        whole.
    terms
        Title, creators and licence.
    with_recipient
        Whether the recipient's own households go with it. Without them whoever opens the data set
        needs the recipient survey.
    progress
        Called with the share done and a sentence.

    Returns
    -------
    Publication
        What was written.

    Raises
    ------
    InputError
        If the run has no fused variables, the folder holds something else, or cannot be written;
        an earlier publication is kept then.
    """
    require_workspace(workspace)
    require_run(run)
    told = progress or _silent
    used = Terms() if terms is None else require_type(terms, Terms, "terms", fix="Write Terms(…)")
    folder = _target(path_of(to, "to"))
    if not (run.implicates_folder / MANIFEST).exists():
        raise InputError(
            "The run has no fused variables yet", where=run.id, fix="Wait until it has finished"
        )
    spec = run.spec()
    implicates = open_implicates(run.implicates_folder, seed=spec.seed)
    told(0.0, "Reading the run")
    source = EstimateCache().run_source(workspace, run)
    with replace_folder(folder, OWN, what="the data set") as new:
        job = _Job(new, workspace, run, spec, implicates, used, with_recipient)
        data = _write_data(job, told)
        told(0.7, "Writing what margins need of the donor")
        notes = _write_margins(new, source, implicates)
        _write_recipient(job, source)
        _copy_areas(new, workspace, spec)
        told(0.85, "Writing the documentation")
        _write_validation(new, run)
        _write_documents(job, data, notes)
        write_json(_dataset(job, data, notes), new / DATASET)
        told(0.95, "Computing checksums")
        write_checksums(new)
    told(1.0, "Published")
    return replace(check_folder(folder), notes=tuple(notes))


def _silent(share: float, sentence: str) -> None:
    del share, sentence


def _target(folder: Path) -> Path:
    """Return the folder if it may be written: new, empty or an earlier publication.

    Raises
    ------
    InputError
        If it holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("That is a file", where=str(folder), fix="Name a folder to write")
    if folder.exists() and any(folder.iterdir()) and not is_published(folder):
        raise InputError(
            "The folder holds other files",
            where=str(folder),
            fix="Name a new or empty folder, or one with an earlier publication",
        )
    return folder


def _write_data(job: _Job, told: Progress) -> dict[str, int]:
    """Write the fused variables, and return the bytes of each file."""
    new, stem = job.folder, str(job.spec.pair.donor)
    written = {}
    (new / DATA).mkdir()
    for share, kind in ((0.05, "parquet"), (0.25, "csv.gz")):
        told(share, f"Writing {stem}.{kind}")
        path = new / DATA / f"{stem}.{kind}"
        export_implicates(
            job.implicates,
            path,
            kind="parquet" if kind == "parquet" else "csv.gz",
            recipient=job.run.input_folder / RECIPIENT_FILE,
            columns=[HOUSEHOLD_KEY],
        )
        written[f"{DATA}/{path.name}"] = path.stat().st_size
    return written


def _write_margins(new: Path, source: EstimateData, implicates: ImplicateFolder) -> list[str]:
    """Write what margins need of the donor; say what is withheld or lacking."""
    if source.donor is None:
        return ["The donor is not known: margins do not contain its sampling error."]
    (new / MARGINS).mkdir()
    donor = source.donor
    if isinstance(donor, Donors):
        raise InputError("Several donors are published run by run", fix="Publish each run")
    if not isinstance(donor, PublishedDonor):
        columns = [find_column(name, source.implicates, None) for name in implicates.names]
        donor = publish_donor(donor, columns)
    write_published_donor(donor, new / MARGINS)
    notes = []
    for name, item in donor.answers.items():
        withheld = item.withheld
        if withheld:
            notes.append(
                f"Of {name}, too few donors gave the answers {', '.join(withheld)}, or these would "
                "reveal them: margins of these levels do not contain the donor's sampling error."
            )
    return [*notes, *_about_subgroups(donor)]


def _about_subgroups(donor: PublishedDonor) -> list[str]:
    """Say in which subgroups that fused variables define margins contain the donor's sampling error."""
    told = list(dict.fromkeys(of for of, _, _ in donor.within))
    lack = (
        "Margins of other subgroups that fused variables define do not contain the donor's sampling error,"
        " unless one variable alone defines them and no other fused one is asked for; nor do those of a"
        " condition within the lowest or the highest part of an amount."
    )
    if not told:
        return [lack.replace("other subgroups", "subgroups")]
    have = (
        f"Margins of subgroups that one of {', '.join(told)} defines, and of what two of them alone tell,"
        " contain the donor's sampling error as far as there are donors enough."
    )
    return [f"{have} {lack}"]


def _write_recipient(job: _Job, source: EstimateData) -> None:
    """Write the recipient's predictors in the order of the implicates, and its households."""
    new = job.folder
    stored = job.workspace.stored_survey(job.spec.pair.recipient)
    own = set(stored.column_names("household"))
    predictors = source.table[
        [HOUSEHOLD_KEY, *(name for name in source.table.columns if name not in own)]
    ]
    write_table(predictors.reset_index(drop=True), new / PREDICTORS)
    household: pd.DataFrame | None = None
    if job.with_recipient:
        household = stored.columns("household", stored.column_names("household"))
    kept = [_as_stored(item) for item in stored.dictionary.values() if item.name in own]
    described = Survey(stored.description, Dictionary(kept), household, None)
    write_survey(described, new / RECIPIENT / "survey")
    for path in sorted((new / RECIPIENT / "survey").iterdir()):
        path.rename(new / RECIPIENT / path.name)
    (new / RECIPIENT / "survey").rmdir()


def _as_stored(item: Variable) -> Variable:
    """Return a derived variable as one whose values are stored."""
    if not item.definition:
        return item
    return replace(item, note=f"{item.note} {item.definition}".strip(), definition="")


def _copy_areas(new: Path, workspace: Workspace, spec: RunSpec) -> None:
    """Copy the boundaries of the areas the recipient's households are in."""
    described = workspace.describe(spec.pair.recipient)
    for kind in dict.fromkeys((PUMA, *described.geography)):
        path = areas_path(workspace, kind)
        if path.exists():
            (new / GEOGRAPHY).mkdir(exist_ok=True)
            shutil.copyfile(path, new / GEOGRAPHY / path.name)


def _write_validation(new: Path, run: Run) -> None:
    """Copy the validation, its tables as CSV files too."""
    from fusion_core.validation.report import TABLES, has_validation, read_validation

    for path in sorted(run.validation_folder.rglob("*")):
        # Known answers, where the run has them, lie in a folder of the validation.
        if path.is_file() and path.suffix in {".json", ".parquet"}:
            target = new / VALIDATION / path.relative_to(run.validation_folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for part in ("", "out_of_fold"):
        if not has_validation(run.validation_folder / part):
            continue
        found = read_validation(run.validation_folder / part)
        for name in TABLES:
            write_text(csv_text(getattr(found, name)), new / VALIDATION / part / f"{name}.csv")


def _write_documents(job: _Job, data: dict[str, int], notes: list[str]) -> None:
    new, workspace, run, spec, terms = job.folder, job.workspace, job.run, job.spec, job.terms
    dictionary = workspace.dictionary(spec.pair.donor)
    table = codebook(job.implicates, dictionary, spec.pair.donor)
    write_text(csv_text(table), new / CODEBOOK)
    earlier = run.published_folder / METHODS
    if earlier.exists():
        shutil.copyfile(earlier, new / METHODS)
    else:
        write_json(methods_record(workspace, run), new / METHODS)
    write_text(methods_note(workspace, run), new / METHODS_TEXT)
    write_text(citation(terms, spec, workspace), new / CITATION)
    write_text(licence_text(terms, spec, workspace), new / LICENCE)
    known = "".join(f"- {note}\n" for note in notes)
    text = readme(
        terms,
        spec,
        rows=job.implicates.rows,
        files=data,
        years=" ".join(years_apart(workspace, run).sentences),
        known=f"\n## What margins lack\n\n{known}" if known else "",
        with_recipient=job.with_recipient,
    )
    write_text(text, new / README)


def _dataset(job: _Job, data: dict[str, int], notes: list[str]) -> dict[str, Any]:
    """Return what ``dataset.json`` says."""
    spec, implicates, terms, workspace = job.spec, job.implicates, job.terms, job.workspace
    pair = spec.pair
    return {
        "kind": KIND,
        "format": FORMAT_VERSION,
        "title": terms.titled(spec),
        "licence": terms.licence,
        "creators": list(terms.creators),
        "synthetic": workspace.synthetic,
        "donor": _survey_record(workspace, pair.donor, list(implicates.names)),
        "recipient": str(pair.recipient),
        "with_recipient": job.with_recipient,
        "request": spec.to_record(),
        "rows": implicates.rows,
        "implicates": implicates.count,
        "implicate_notes": list(implicates.notes),
        "weight": implicates.weight,
        "variables": [
            {
                "name": name,
                "levels": list(entry["levels"]),
                "ordered": bool(entry["ordered"]),
                "streams": [item.to_record() for item in implicates.streams[name]],
            }
            for name, entry in implicates.entries.items()
        ],
        "data": list(data),
        "notes": notes,
    }


_DESCRIBED: Final = ("description", "type", "unit", "note", "definition")


def _survey_record(workspace: Workspace, survey: SurveyId, names: list[str]) -> dict[str, Any]:
    """Describe the donor and those of its variables that were fused, by their questions alone."""
    described, dictionary = workspace.describe(survey), workspace.dictionary(survey)
    return {
        "id": str(survey),
        "title": described.title,
        "source": described.source,
        "synthetic": described.synthetic,
        "price_year": described.price_year,
        "variables": [
            {"name": name, "levels": list(dictionary[name].levels)}
            | {field: getattr(dictionary[name], field) for field in _DESCRIBED}
            for name in names
            if name in dictionary
        ],
    }
