"""The folder of a published data set: what lies where in it, and whether it is whole.

``dataset.json`` says what the folder holds, ``SHA256SUMS`` what every file was when it was published, in
the form `sha256sum --check` reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fusion_core.errors import CorruptFileError, InputError
from fusion_core.records import Checked
from fusion_core.workspace.files import checksum_of, read_json, write_text
from fusion_core.workspace.folders import own_files

FORMAT_VERSION: Final = 1
KIND: Final = "fused data set"
DATASET: Final = "dataset.json"
CHECKSUMS: Final = "SHA256SUMS"
DATA: Final = "data"
MARGINS: Final = "margins"
RECIPIENT: Final = "recipient"
PREDICTORS: Final = f"{RECIPIENT}/predictors.parquet"
VALIDATION: Final = "validation"
GEOGRAPHY: Final = "geography"
METHODS: Final = "methods.json"
METHODS_TEXT: Final = "methods.md"
CODEBOOK: Final = "codebook.csv"
CITATION: Final = "CITATION.cff"
LICENCE: Final = "LICENSE.md"
README: Final = "README.md"
DOCUMENTS: Final = (METHODS, METHODS_TEXT, CODEBOOK, CITATION, LICENCE)
"""What an opened data set keeps beside its implicates."""
OWN: Final = own_files(
    rf"{DATASET}|{CHECKSUMS}|{README}|methods\.(json|md)|codebook\.csv|CITATION\.cff|LICENSE\.md"
    r"|data/[A-Za-z0-9_.-]+\.(parquet|csv\.gz)|margins/(donor\.json|(answers|predictors)\.parquet)"
    r"|recipient/(survey\.json|(dictionary|household|predictors)\.parquet)"
    r"|geography/[a-z0-9_]+\.parquet"
    r"|validation/((out_of_fold|known_answers)/)?[a-z_]+\.(json|parquet|csv)"
)
_LINE: Final = re.compile(r"([0-9a-f]{64})  (\S.*)")


@dataclass(frozen=True)
class Publication(Checked):
    """A published data set.

    Attributes
    ----------
    folder
        Where it is.
    record
        What ``dataset.json`` says.
    notes
        What a user should know, one sentence each.
    """

    folder: Path
    record: dict[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> list[Path]:
        """Every file of the data set, sorted."""
        return [self.folder / name for name in sorted(_listed(self.folder))] + [
            self.folder / CHECKSUMS
        ]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.files)


def write_checksums(folder: Path) -> None:
    """Write the checksums of all files of a folder."""
    lines = [
        f"{checksum_of(path)}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != CHECKSUMS
    ]
    write_text("".join(lines), folder / CHECKSUMS)


def is_published(folder: Path) -> bool:
    """Whether a folder holds a data set this program published, whole or not."""
    return (folder / DATASET).exists() or (folder / CHECKSUMS).exists()


def check_folder(folder: Path) -> Publication:
    """Check that a published data set is what it was when it was published.

    Parameters
    ----------
    folder
        Its folder.

    Returns
    -------
    Publication
        With a note on files that do not belong to it, which nobody reads.

    Raises
    ------
    InputError
        If the folder holds no published data set, or one of a newer version.
    CorruptFileError
        If a file is missing or altered.
    """
    if not folder.is_dir() or not is_published(folder):
        raise InputError(
            "The folder holds no published data set: it has no dataset.json",
            where=str(folder),
            fix="Name the folder that `harmony publish` wrote",
        )
    listed = _listed(folder)
    if DATASET not in listed:
        raise _damaged(folder / CHECKSUMS, "does not list dataset.json")
    for name, checksum in listed.items():
        path = folder / name
        if not path.is_file():
            raise _damaged(path, "is missing")
        try:
            found = checksum_of(path)
        except OSError as error:
            raise _damaged(path, f"cannot be read: {error.strerror or error}") from error
        if found != checksum:
            raise _damaged(path, "is not the one that was published: its checksum differs")
    record = read_json(folder / DATASET)
    if record.get("kind") != KIND or record.get("format") != FORMAT_VERSION:
        raise InputError(
            f"The data set has format {record.get('format')!r}, this version reads {FORMAT_VERSION}",
            where=str(folder / DATASET),
            fix="Update the program, or publish the data set again",
        )
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {
        CHECKSUMS
    }
    foreign = sorted(here - set(listed))
    notes = tuple(
        f"{name} is not a file of the data set and was not read." for name in foreign[:3]
    ) + ((f"So are {len(foreign) - 3:,} more.",) if len(foreign) > 3 else ())  # noqa: PLR2004
    return Publication(folder, record, notes)


def _listed(folder: Path) -> dict[str, str]:
    """Return the checksum of every file by its name."""
    path = folder / CHECKSUMS
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError as error:
        raise _damaged(path, "is missing") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged(path, f"cannot be read: {error}") from error
    found = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        name = match[2] if match else ""
        if match is None or name.startswith("/") or ".." in Path(name).parts:
            raise _damaged(path, f"holds a line that is not a checksum: {line[:60]!r}")
        found[name] = match[1]
    return found


def _damaged(path: Path, what: str) -> CorruptFileError:
    return CorruptFileError(
        f"{path.name} {what}",
        where=str(path),
        fix="Fetch the data set again from where it was published",
    )
