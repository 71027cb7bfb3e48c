"""What the import wizard shows: a frozen form, and what a trial of it found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fusion_core.ingest.generic import Choices
from fusion_core.ingest.readers import ImportRequest, ImportTrial, ReaderKey, find_reader


@dataclass(frozen=True)
class ImportForm:
    """What the user filled in.

    Attributes
    ----------
    reader
        The chosen reader.
    files
        Path of each slot that has one.
    name, vintage, title
        Of the survey.
    key, weight
        Corrections of what was inferred; empty for none.
    encoding
        How the text of the files is written.
    """

    reader: ReaderKey = "generic"
    files: Mapping[str, Path] = field(default_factory=dict)
    name: str = ""
    vintage: str = ""
    title: str = ""
    key: str = ""
    weight: str = ""
    encoding: str = "utf-8"


def with_reader(form: ImportForm, reader: ReaderKey) -> ImportForm:
    """Choose another reader; files are chosen anew, a typed name is kept."""
    proposed = {find_reader(key).name for key in ("generic", "acs_pums", "recs", "fusiondata")}
    name = form.name if form.name not in proposed else find_reader(reader).name
    return ImportForm(reader, name=name, vintage=form.vintage, title=form.title)


def with_file(form: ImportForm, slot: str, path: Path | None) -> ImportForm:
    """Put a file into a slot, or empty it; corrections of an earlier file no longer apply."""
    files = {key: value for key, value in form.files.items() if key != slot}
    if path is not None:
        files[slot] = path
    return dataclasses.replace(form, files=files, key="", weight="")


def with_texts(form: ImportForm, *, name: str, vintage: str, title: str) -> ImportForm:
    """Name the survey."""
    return dataclasses.replace(
        form, name=name.strip(), vintage=vintage.strip(), title=title.strip()
    )


def with_columns(form: ImportForm, *, key: str, weight: str) -> ImportForm:
    """Correct which columns are the identifier and the weight."""
    return dataclasses.replace(form, key=key, weight=weight)


def with_encoding(form: ImportForm, encoding: str) -> ImportForm:
    """Say how the text of the files is written."""
    return dataclasses.replace(form, encoding=encoding)


def request(form: ImportForm) -> ImportRequest:
    """Return what the readers need."""
    choices = Choices(key=form.key, weight=form.weight, encoding=form.encoding)
    return ImportRequest(form.reader, form.files, form.name, form.vintage, form.title, choices)


def is_current(form: ImportForm, tried: ImportForm | None, trial: ImportTrial | None) -> bool:
    """Whether the last trial found the form in order, and the form did not change since."""
    return trial is not None and trial.survey is not None and form == tried
