"""What the import wizard shows: a frozen form, and what a trial of it found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fusion_core.ingest.generic import Choices, parse_missing
from fusion_core.ingest.readers import ImportRequest, ImportTrial, ReaderKey, find_reader
from fusion_core.ingest.recipes import Recipe


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
    key, weight, person_weight, replicates, design
        Corrections of what was inferred; empty for none.
    missing
        Codes that stand for no answer, as typed: one column a line, ``RENT = -6, -9``.
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
    person_weight: str = ""
    replicates: str = ""
    design: str = ""
    missing: str = ""
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
    return dataclasses.replace(
        form, files=files, key="", weight="", person_weight="", replicates="", design="", missing=""
    )


def with_texts(form: ImportForm, *, name: str, vintage: str, title: str) -> ImportForm:
    """Name the survey."""
    return dataclasses.replace(
        form, name=name.strip(), vintage=vintage.strip(), title=title.strip()
    )


def with_columns(
    form: ImportForm,
    *,
    key: str,
    weight: str,
    person_weight: str = "",
    replicates: str = "",
    design: str = "",
) -> ImportForm:
    """Correct which columns are the identifier, the weights and their replicates."""
    return dataclasses.replace(
        form,
        key=key,
        weight=weight,
        person_weight=person_weight,
        replicates=replicates,
        design=design,
    )


def with_missing(form: ImportForm, text: str) -> ImportForm:
    """Say which codes stand for no answer."""
    return dataclasses.replace(form, missing=text)


def with_encoding(form: ImportForm, encoding: str) -> ImportForm:
    """Say how the text of the files is written."""
    return dataclasses.replace(form, encoding=encoding)


def request(form: ImportForm) -> ImportRequest:
    """Return what the readers need.

    Raises
    ------
    InputError
        If the missing codes are not written as column = codes.
    """
    choices = Choices(
        key=form.key,
        weight=form.weight,
        person_weight=form.person_weight,
        replicates=(form.replicates,) if form.replicates else (),
        design=form.design,
        missing=parse_missing(form.missing.splitlines()),
        encoding=form.encoding,
    )
    return ImportRequest(form.reader, form.files, form.name, form.vintage, form.title, choices)


def recipe(form: ImportForm) -> Recipe:
    """Return what is kept of the form for the next vintage."""
    asked = request(form)
    return Recipe(asked.reader, asked.name, asked.title, asked.choices or Choices())


def is_current(form: ImportForm, tried: ImportForm | None, trial: ImportTrial | None) -> bool:
    """Whether the last trial found the form in order, and the form did not change since."""
    return trial is not None and trial.survey is not None and form == tried
