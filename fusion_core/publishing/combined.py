"""Publish several runs that are analysed together: a data set of each, and how they are combined.

The folder holds a published data set per run, whole by itself, and ``combination.json``, which says how
they go together: which variables of each, and the outcomes that were derived from them. Implicate i of
one goes with implicate i of the others, household by household.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fusion_core.arguments import PathLike, path_of
from fusion_core.derived.outcomes import read_outcomes
from fusion_core.errors import ConflictError, CorruptFileError, InputError
from fusion_core.estimates import EstimateCache
from fusion_core.publishing.documents import Terms, combined_readme
from fusion_core.publishing.opening import open_published
from fusion_core.publishing.publish import publish_run
from fusion_core.publishing.published_folder import CHECKSUMS, README, Publication
from fusion_core.records import Checked
from fusion_core.workspace.combinations import (
    Combination,
    combination_names,
    combination_of,
    save_combination,
)
from fusion_core.workspace.files import checksum_of, make_folder, read_json, write_json, write_text
from fusion_core.workspace.runs import Run, require_workspace

if TYPE_CHECKING:
    from fusion_core.surveys.model import SurveyId
    from fusion_core.workspace.layout import Workspace

FORMAT_VERSION: Final = 1
COMBINATION: Final = "combination.json"
KIND: Final = "combination of fused data sets"
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class PublishedCombination(Checked):
    """A published combination.

    Attributes
    ----------
    folder
        Where it is.
    parts
        The data set of each run.
    """

    folder: Path
    parts: tuple[Publication, ...]

    @property
    def files(self) -> list[Path]:
        """Every file, those of the data sets among them."""
        own = [self.folder / COMBINATION, self.folder / README]
        return own + [path for part in self.parts for path in part.files]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.files)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know, one sentence each."""
        return tuple(dict.fromkeys(note for part in self.parts for note in part.notes))


@dataclass(frozen=True)
class OpenedCombination(Checked):
    """A published combination in a workspace.

    Attributes
    ----------
    combination
        What it became.
    runs
        The runs of its data sets.
    notes
        What a user should know, one sentence each.
    """

    combination: Combination
    runs: tuple[Run, ...]
    notes: tuple[str, ...]


def publish_combination(
    workspace: Workspace,
    combination: Combination,
    to: PathLike,
    *,
    terms: Terms | None = None,
    with_recipient: bool = True,
    progress: Progress | None = None,
) -> PublishedCombination:
    """Publish the runs of a combination and how they go together.

    Parameters
    ----------
    workspace, combination
        What is published.
    to
        Folder to write: new, empty, or an earlier publication of a combination.
    terms, with_recipient
        As in `publish_run`; the recipient's households are written once.
    progress
        Called with the share done and a sentence.

    Raises
    ------
    InputError
        If the runs cannot be analysed together, the folder holds something else, or as
        `publish_run`. What was published there earlier of a run is kept until the new one is whole.
    """
    require_workspace(workspace)
    runs = combination.runs(workspace)
    EstimateCache().combination_source(workspace, combination)  # raises where they do not fit
    folder = _target(path_of(to, "to"))
    used = Terms() if terms is None else terms
    own = replace(used, title=used.title or combination.name)
    make_folder(folder)
    parts = []
    for place, run in enumerate(runs):
        donor = run.spec().pair.donor
        titled = replace(own, title=f"{own.title}: {donor.title}")
        published = publish_run(
            workspace,
            run,
            folder / str(donor),
            terms=titled,
            with_recipient=with_recipient and place == 0,
            progress=_part_of(progress, place, len(runs)),
        )
        parts.append(published)
    outcomes = read_outcomes(combination.derived_path)
    record = {
        "kind": KIND,
        "format": FORMAT_VERSION,
        "name": combination.name,
        "title": own.title,
        "parts": [
            {
                "folder": part.folder.name,
                "sha256": checksum_of(part.folder / CHECKSUMS),
                "variables": list(item.variables),
            }
            for part, item in zip(parts, combination.parts, strict=True)
        ],
        "outcomes": read_json(combination.derived_path) if outcomes else {},
    }
    write_json(record, folder / COMBINATION)
    write_text(combined_readme(own, [run.spec() for run in runs], outcomes), folder / README)
    return PublishedCombination(folder, tuple(parts))


def is_published_combination(path: PathLike) -> bool:
    """Whether a folder holds a published combination."""
    return (path_of(path, "path") / COMBINATION).is_file()


def open_combined(
    workspace: Workspace,
    source: PathLike,
    *,
    recipient: SurveyId | None = None,
    name: str = "",
    progress: Progress | None = None,
) -> OpenedCombination:
    """Put a published combination into a workspace: its runs, the combination and its outcomes.

    Parameters
    ----------
    workspace
        Where to.
    source
        The folder `publish_combination` wrote.
    recipient, progress
        As in `open_published`.
    name
        Name of the combination; that it was published under when empty.

    Raises
    ------
    InputError
        If the folder holds no combination, or as `open_published`.
    ConflictError
        If there is a combination of this name.
    CorruptFileError
        If a file is missing or altered.
    """
    require_workspace(workspace)
    folder = path_of(source, "source")
    record = read_combination(folder)
    called = free_name(workspace, name or str(record["name"]))
    opened = []
    for place, item in enumerate(record["parts"]):
        told = _part_of(progress, place, len(record["parts"]))
        opened.append(
            open_published(workspace, folder / item["folder"], recipient=recipient, progress=told)
        )
    combination = put_together(workspace, called, record, [part.run for part in opened])
    notes = dict.fromkeys(note for part in opened for note in part.notes)
    return OpenedCombination(combination, tuple(part.run for part in opened), tuple(notes))


def free_name(workspace: Workspace, name: str) -> str:
    """Return a name of a combination, if there is none of it yet.

    Raises
    ------
    ConflictError
        If there is one.
    """
    if name in combination_names(workspace):
        raise ConflictError(
            f"There is a combination '{name}' already", fix="Give this one another name"
        )
    return name


def put_together(
    workspace: Workspace, name: str, record: Mapping[str, Any], runs: Sequence[Run]
) -> Combination:
    """Combine runs as a published combination says, with its outcomes.

    Parameters
    ----------
    workspace, name
        Where to, and under which name.
    record
        What `read_combination` read.
    runs
        The run of each of its data sets.

    Raises
    ------
    InputError
        If the runs do not fit together.
    """
    pairs = [
        (run, tuple(item["variables"])) for run, item in zip(runs, record["parts"], strict=True)
    ]
    combination = combination_of(workspace, name, pairs)
    save_combination(workspace, combination)
    if record["outcomes"]:
        write_json(record["outcomes"], combination.derived_path)
    return combination


def read_combination(folder: Path) -> dict[str, Any]:
    """Read what a published combination consists of, and check that its data sets are those.

    Parameters
    ----------
    folder
        The folder `publish_combination` wrote.

    Raises
    ------
    InputError
        If the folder holds no combination, or one of a newer version.
    CorruptFileError
        If the description is damaged, or a data set is another one.
    """
    path = folder / COMBINATION
    if not path.is_file():
        raise InputError(
            "The folder holds no published combination",
            where=str(folder),
            fix="Name the folder that `harmony publish` wrote",
        )
    record = read_json(path)
    if record.get("kind") != KIND or record.get("format") != FORMAT_VERSION:
        raise InputError(
            f"The combination has format {record.get('format')!r}, this version reads"
            f" {FORMAT_VERSION}",
            where=str(path),
            fix="Update the program, or publish the combination again",
        )
    record["parts"] = list(_parts(record, path))
    for item in record["parts"]:
        sums = folder / item["folder"] / CHECKSUMS
        if not sums.is_file() or checksum_of(sums) != item["sha256"]:
            raise CorruptFileError(
                f"The data set {item['folder']} is not the one that was published",
                where=str(sums),
                fix="Fetch the combination again from where it was published",
            )
    return record


def _parts(record: dict[str, Any], path: Path) -> Iterator[dict[str, Any]]:
    """Yield what is said of each data set."""
    try:
        for item in record["parts"]:
            _ = record["name"], record["outcomes"]
            # A data set lies in this folder, whatever the description says of another.
            folder = Path(str(item["folder"])).name
            yield {
                "folder": folder,
                "sha256": item["sha256"],
                "variables": list(item["variables"]),
            }
    except (KeyError, TypeError) as error:
        raise CorruptFileError(
            f"The description of the combination lacks {error}",
            where=str(path),
            fix="Fetch the combination again from where it was published",
        ) from error


def _target(folder: Path) -> Path:
    if folder.exists() and not folder.is_dir():
        raise InputError("That is a file", where=str(folder), fix="Name a folder to write")
    if folder.exists() and any(folder.iterdir()) and not (folder / COMBINATION).exists():
        raise InputError(
            "The folder holds other files",
            where=str(folder),
            fix="Name a new or empty folder, or one with an earlier publication of a combination",
        )
    return folder


def _part_of(progress: Progress | None, place: int, count: int) -> Progress | None:
    """Return the progress of one data set as its part of the whole."""
    if progress is None:
        return None

    def told(share: float, sentence: str) -> None:
        progress((place + share) / count, sentence)

    return told
