"""Open a published data set in a workspace, so that it is explored and estimated from like a run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fusion_core.arguments import PathLike, path_of
from fusion_core.errors import CorruptFileError, InputError
from fusion_core.fusion.base import Stream
from fusion_core.fusion.implicates import (
    FusedVariable,
    begin_implicates,
    declare_whole,
    locked,
    write_part,
)
from fusion_core.geography.spatial import PUMA
from fusion_core.publishing.paper_layout import has_paper_layout, paper_request, read_paper_layout
from fusion_core.publishing.published_folder import (
    DATASET,
    DOCUMENTS,
    GEOGRAPHY,
    MARGINS,
    METHODS,
    PREDICTORS,
    RECIPIENT,
    VALIDATION,
    Publication,
    check_folder,
)
from fusion_core.records import Checked
from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    WEIGHT,
    Dictionary,
    Survey,
    SurveyDescription,
    SurveyId,
    Variable,
)
from fusion_core.surveys.storage import has_table, read_survey
from fusion_core.workspace.files import make_folder, read_json, write_json
from fusion_core.workspace.runs import Run, RunSpec, adopted_run, require_workspace, utc_now
from fusion_core.workspace.tables import read_table, write_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fusion_core.workspace.layout import Workspace

Progress = Callable[[float, str], None]
_DAMAGED: Final = "Fetch the data set again from where it was published"


@dataclass(frozen=True)
class Opened(Checked):
    """A published data set in a workspace.

    Attributes
    ----------
    run
        The run it became.
    notes
        What a user should know, one sentence each.
    """

    run: Run
    notes: tuple[str, ...] = ()


def open_published(
    workspace: Workspace,
    source: PathLike,
    *,
    recipient: SurveyId | None = None,
    name: str = "",
    progress: Progress | None = None,
) -> Opened:
    """Put a published data set into a workspace.

    Parameters
    ----------
    workspace
        Where to.
    source
        The folder `publish_run` wrote, or data in the layout of Ummel et al. (2024): one ``csv.gz``
        per survey with implicate, household and fused variables.
    recipient
        Survey of the workspace whose households the data are of; needed for the latter, and for
        data published without their recipient under another name.
    name
        Name of the run; the data set's title when empty.
    progress
        Called with the share done and a sentence.

    Returns
    -------
    Opened
        The run, finished, with validation and margins as they were published.

    Raises
    ------
    InputError
        If the folder holds no data set, the recipient is missing or has other households.
    CorruptFileError
        If a file is missing or altered.
    """
    require_workspace(workspace)
    path = path_of(source, "source")
    told = progress or _silent
    if has_paper_layout(path):
        return _open_paper(workspace, path, recipient, name, told)
    told(0.0, "Checking checksums")
    published = check_folder(path)
    record = published.record
    try:
        spec = RunSpec.from_record(record["request"], where=str(path / DATASET))
        spec = replace(spec, name=name or spec.name)
        notes = [*published.notes, *_told_synthetic(workspace, record)]
        notes += _bring_surveys(workspace, published, spec, recipient)
        if recipient is not None and recipient != spec.pair.recipient:
            spec = replace(spec, pair=replace(spec.pair, recipient=recipient))
        notes += _bring_areas(workspace, path)
        with adopted_run(workspace, spec) as run:
            predictors = read_table(path / PREDICTORS, what="The published data set", fix=_DAMAGED)
            told(0.1, "Reading the recipient")
            _write_recipient(workspace, spec, predictors, run)
            _write_implicates(run, path, record, predictors[HOUSEHOLD_KEY], told)
            _keep_documents(run, path)
    except (KeyError, TypeError) as error:
        raise CorruptFileError(
            f"The description of the data set lacks {error}",
            where=str(path / DATASET),
            fix=_DAMAGED,
        ) from error
    told(1.0, "Opened")
    return Opened(run, (*notes, *record.get("notes", ())))


def _silent(share: float, sentence: str) -> None:
    del share, sentence


def _open_paper(
    workspace: Workspace, path: Path, recipient: SurveyId | None, name: str, told: Progress
) -> Opened:
    """Open data in the layout of the paper: no margins of the donor, no documentation."""
    known = [survey for survey in workspace.survey_ids() if _has_households(workspace, survey)]
    if recipient is None:
        if len(known) != 1:
            raise InputError(
                "The file does not say which survey's households it is of",
                where=str(path),
                fix="Name the recipient survey of this workspace, such as ACS_2019",
            )
        recipient = known[0]
    if recipient not in known:
        raise InputError.unknown("survey with households", str(recipient), map(str, known))
    table = workspace.stored_survey(recipient)
    households = table.columns("household", [HOUSEHOLD_KEY])[HOUSEHOLD_KEY]
    told(0.1, f"Reading {path.name}")
    found = read_paper_layout(path, households)
    spec = paper_request(path, recipient, found, name=name)
    with adopted_run(workspace, spec) as run:
        own = pd.DataFrame({HOUSEHOLD_KEY: households.to_numpy()[found.places]})
        told(0.6, "Reading the recipient")
        _write_recipient(workspace, spec, own, run)
        told(0.8, "Writing implicates")
        _write_parts(run, [list(found.variables)], found.count, donor=str(spec.pair.donor))
        _bring_donor(workspace, _donor_record(spec.pair.donor, found.variables))
        make_folder(run.published_folder)
    told(1.0, "Opened")
    return Opened(run, found.notes)


def _has_households(workspace: Workspace, survey: SurveyId) -> bool:
    return has_table(workspace.survey_folder(survey), "household")


def _told_synthetic(workspace: Workspace, record: Mapping[str, Any]) -> list[str]:
    """Call a new workspace synthetic where the data are; of another, only say it."""
    if not record["synthetic"] or workspace.synthetic:
        return []
    if not workspace.survey_ids():
        replace(workspace, synthetic=True).save()
    return ["The data are synthetic: no row describes a real household."]


def _bring_surveys(
    workspace: Workspace, published: Publication, spec: RunSpec, recipient: SurveyId | None
) -> list[str]:
    """Store the surveys the workspace lacks: the recipient, and of the donor its questions."""
    folder, record, notes = published.folder, published.record, []
    pair = spec.pair
    wanted = recipient or pair.recipient
    if not (workspace.has_survey(wanted) and _has_households(workspace, wanted)):
        if not record["with_recipient"] or wanted != pair.recipient:
            raise InputError(
                f"The data set comes without its recipient, and this workspace has no {wanted.title}",
                where=str(folder),
                fix=f"Add {wanted.title} to the workspace first, or name it if it is called otherwise",
            )
        workspace.add_survey(read_survey(folder / RECIPIENT))
        notes.append(f"{wanted.title} was added to the workspace, as it was published.")
    if not workspace.has_survey(pair.donor):
        _bring_donor(workspace, record["donor"])
        notes.append(f"Of {pair.donor.title} only the questions are here, no households.")
    return notes


def _bring_donor(workspace: Workspace, record: Mapping[str, Any]) -> None:
    """Store what is told of the donor: its description and the questions that were fused."""
    survey = SurveyId.parse(record["id"])
    if workspace.has_survey(survey):
        return
    description = SurveyDescription(
        survey,
        title=record["title"],
        source=record["source"],
        synthetic=bool(record["synthetic"]),
        price_year=record["price_year"],
        notes=("Only what a published data set tells of this survey is here: no households.",),
    )
    variables = [
        Variable(**{**item, "levels": tuple(item["levels"])}) for item in record["variables"]
    ]
    workspace.add_survey(Survey(description, Dictionary(variables)))


def _donor_record(donor: SurveyId, variables: tuple[FusedVariable, ...]) -> dict[str, Any]:
    return {
        "id": str(donor),
        "title": "",
        "source": "",
        "synthetic": False,
        "price_year": None,
        "variables": [
            {
                "name": item.name,
                "levels": item.levels,
                "type": "nominal" if item.is_categorical else "continuous",
            }
            for item in variables
        ],
    }


def _bring_areas(workspace: Workspace, folder: Path) -> list[str]:
    """Store the boundaries the workspace lacks."""
    brought = []
    for path in sorted((folder / GEOGRAPHY).glob("*.parquet")):
        target = workspace.geography_folder / path.name
        if not target.exists():
            make_folder(target.parent)
            shutil.copyfile(path, target)
            brought.append(path.stem)
    return [f"Boundaries were added: {', '.join(brought)}."] if brought else []


def _write_recipient(
    workspace: Workspace, spec: RunSpec, predictors: pd.DataFrame, run: Run
) -> None:
    """Write the recipient's households in the order of the implicates, as a run has them.

    Raises
    ------
    InputError
        If the workspace's survey lacks a household of the data.
    """
    survey = workspace.stored_survey(spec.pair.recipient)
    described = survey.description
    names = [
        name
        for name in (HOUSEHOLD_KEY, WEIGHT, *described.design.columns, PUMA, *described.geography)
        if name in survey.column_names("household")
    ]
    own = survey.columns("household", list(dict.fromkeys(names))).set_index(HOUSEHOLD_KEY)
    wanted = predictors[HOUSEHOLD_KEY]
    lacking = wanted[~wanted.isin(own.index)]
    if len(lacking):
        raise InputError(
            f"{len(lacking):,} of the data set's {len(wanted):,} households, such as "
            f"{lacking.iloc[0]}, are not in {spec.pair.recipient.title} of this workspace",
            where=str(workspace.path),
            fix="Open it in a workspace with the survey it was made for",
        )
    rest = predictors.drop(columns=[name for name in predictors.columns if name in own.columns])
    joined = pd.concat(
        [own.loc[wanted].reset_index(), rest.drop(columns=HOUSEHOLD_KEY).reset_index(drop=True)],
        axis=1,
    )
    make_folder(run.input_folder)
    write_table(joined, run.input_folder / "recipient.parquet")


def _write_implicates(
    run: Run, folder: Path, record: Mapping[str, Any], households: pd.Series[Any], told: Progress
) -> None:
    """Turn the published table into the implicates of a run, some rows at a time."""
    [data] = [name for name in record["data"] if name.endswith(".parquet")]
    path, count = folder / data, int(record["implicates"])
    variables = [
        FusedVariable(
            item["name"],
            np.zeros((0, count)),
            tuple(item["levels"]),
            bool(item["ordered"]),
            tuple(Stream.from_record(stream) for stream in item["streams"]),
        )
        for item in record["variables"]
    ]
    _write_parts(
        run,
        _parts(path, variables, count, households.to_numpy(), told),
        count,
        donor=record["donor"]["id"],
        weight=record["weight"],
        notes=record["implicate_notes"],
    )


def _write_parts(
    run: Run,
    parts: Iterator[list[FusedVariable]] | list[list[FusedVariable]],
    count: int,
    *,
    donor: str,
    weight: str | None = None,
    notes: list[str] | tuple[str, ...] = (),
) -> None:
    folder = run.implicates_folder
    with locked(folder):
        number, variables = 0, []
        for number, part in enumerate(parts):
            if not number:
                variables = part
                begin_implicates(folder, variables=[item.name for item in part])
            write_part(folder, number, part)
        declare_whole(
            folder,
            variables,
            implicates=count,
            parts=number + 1,
            notes=notes,
            numbered=True,
            donor=donor,
            weight=weight,
        )


def _parts(
    path: Path,
    variables: list[FusedVariable],
    count: int,
    households: NDArray[Any],
    told: Progress,
) -> Iterator[list[FusedVariable]]:
    """Read the long table row group by row group: whole households, in the recipient's order."""
    first = 0
    try:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                rows, left = divmod(len(table), count)
                keys = table[HOUSEHOLD_KEY].to_numpy(zero_copy_only=False)
                expected = households[first : first + rows]
                if left or not np.array_equal(keys.reshape(rows, count)[:, 0], expected):
                    raise CorruptFileError(
                        "The data are not in the order of their predictors",
                        where=str(path),
                        fix=_DAMAGED,
                    )
                yield [
                    replace(item, values=_values(table[item.name], item).reshape(rows, count))
                    for item in variables
                ]
                first += rows
                told(0.2 + 0.75 * first / max(len(households), 1), "Reading implicates")
    except (OSError, pa.ArrowException) as error:
        raise CorruptFileError(
            f"The data cannot be read: {error}", where=str(path), fix=_DAMAGED
        ) from error


def _values(column: pa.ChunkedArray, variable: FusedVariable) -> NDArray[Any]:
    if not variable.levels:
        return np.asarray(column.to_numpy())
    joined = column.unify_dictionaries().combine_chunks()
    place = {level: code for code, level in enumerate(variable.levels)}
    known = np.array([place[str(level)] for level in joined.dictionary.to_pylist()], dtype=np.int16)
    codes = np.asarray(known[joined.indices.to_numpy()])
    return codes.astype(np.int8) if len(place) < 128 else codes  # noqa: PLR2004 - range of int8


def _keep_documents(run: Run, folder: Path) -> None:
    """Keep the documentation, the validation and what margins need beside the implicates."""
    make_folder(run.published_folder)
    for name in DOCUMENTS:
        if (folder / name).exists():
            shutil.copyfile(folder / name, run.published_folder / name)
    for path in sorted((folder / MARGINS).glob("*")):
        shutil.copyfile(path, run.published_folder / path.name)
    shutil.copyfile(folder / DATASET, run.published_folder / DATASET)
    for path in sorted((folder / VALIDATION).rglob("*")):
        if path.suffix in {".json", ".parquet"}:
            target = run.validation_folder / path.relative_to(folder / VALIDATION)
            make_folder(target.parent)
            shutil.copyfile(path, target)
    methods = read_json(folder / METHODS)
    write_json(methods.get("prepared", {}), run.input_folder / "prepare.json")
    write_json(methods.get("versions", {}), run.folder / "versions.json")
    for stage, seconds in methods.get("seconds", {}).items():
        write_json(
            {"finished": utc_now(), "seconds": seconds}, run.folder / "stages" / f"{stage}.json"
        )
