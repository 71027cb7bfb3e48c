"""What the import wizard shows: a frozen form, and what a trial of it found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fusion_core.errors import InputError
from fusion_core.ingest.generic import Choices, parse_missing, parse_pairs
from fusion_core.ingest.outline import ImportOutline
from fusion_core.ingest.readers import (
    READERS,
    ImportRequest,
    check_price_year,
    find_reader,
)
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
    prices
        Year whose prices dollar amounts are in, as typed; empty takes that of the vintage.
    key, weight, person_weight, replicates, design
        Corrections of what was inferred; empty for none.
    missing
        Codes that stand for no answer, as typed: one column a line, ``RENT = -6, -9``.
    left_out, areas
        Columns not to read, and those that are areas; no areas leaves them to the inference.
    renamed, types, implied_decimals
        As typed, one column a line: ``AGE_ = age_flag``.
    decimal, sheet, header_row, encoding
        How the table is written.
    recipe
        Choices of an earlier import, which count where the form says nothing else.
    has_recipe
        Whether they were taken from one, and so hold for the files to come.
    """

    reader: str = "generic"
    files: Mapping[str, Path] = field(default_factory=dict)
    name: str = ""
    vintage: str = ""
    title: str = ""
    prices: str = ""
    key: str = ""
    weight: str = ""
    person_weight: str = ""
    replicates: str = ""
    design: str = ""
    missing: str = ""
    left_out: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    renamed: str = ""
    types: str = ""
    implied_decimals: str = ""
    decimal: str = ""
    sheet: str = ""
    header_row: int = 0
    encoding: str = "utf-8"
    recipe: Choices = field(default_factory=Choices)
    has_recipe: bool = False


def with_reader(form: ImportForm, reader: str) -> ImportForm:
    """Choose another reader; files are chosen anew, a typed name is kept."""
    proposed = {item.name for item in READERS}
    name = form.name if form.name not in proposed else find_reader(reader).name
    return ImportForm(reader, name=name, vintage=form.vintage, title=form.title)


def with_file(form: ImportForm, slot: str, path: Path | None) -> ImportForm:
    """Put a file into a slot, or empty it.

    Corrections of an earlier file no longer apply; those of a recipe are for files to come.
    """
    files = {key: value for key, value in form.files.items() if key != slot}
    if path is not None:
        files[slot] = path
    if form.has_recipe:
        return dataclasses.replace(form, files=files)
    return ImportForm(
        form.reader,
        files,
        form.name,
        form.vintage,
        form.title,
        form.prices,
        encoding=form.encoding,
    )


def with_texts(
    form: ImportForm, *, name: str, vintage: str, title: str, prices: str = ""
) -> ImportForm:
    """Name the survey, and the year of its prices."""
    return dataclasses.replace(
        form,
        name=name.strip(),
        vintage=vintage.strip(),
        title=title.strip(),
        prices=prices.strip(),
    )


def with_corrections(form: ImportForm, corrections: Mapping[str, Any]) -> ImportForm:
    """Correct what was inferred; the names are those of the form."""
    return dataclasses.replace(form, **corrections)


def with_recipe(form: ImportForm, recipe: Recipe) -> ImportForm:
    """Take the choices of an earlier import; files already chosen for its reader stay."""
    reader = find_reader(recipe.reader)
    choices = recipe.choices
    slots = {slot.key for slot in reader.slots}
    kept = form.reader == reader.key
    alone = len(choices.replicates) == 1
    return ImportForm(
        reader.key,
        {key: path for key, path in form.files.items() if kept and key in slots},
        recipe.name or form.name,
        form.vintage,
        recipe.title or form.title,
        key=choices.key,
        weight=choices.weight,
        person_weight=choices.person_weight,
        replicates=choices.replicates[0] if alone else "",
        design=choices.design,
        missing="\n".join(
            f"{column} = {', '.join(codes)}" for column, codes in choices.missing.items()
        ),
        left_out=choices.left_out,
        areas=choices.geography or (),
        renamed=_lines(choices.renamed),
        types=_lines(choices.types),
        implied_decimals=_lines(choices.implied_decimals),
        decimal=choices.decimal,
        sheet=choices.sheet,
        header_row=choices.header_row,
        encoding=choices.encoding,
        recipe=choices,
        has_recipe=True,
    )


def request(form: ImportForm) -> ImportRequest:
    """Return what the readers need.

    Raises
    ------
    InputError
        If a line is not written as column = value, or the year of prices is no year.
    """
    replicates = (form.replicates,) if form.replicates else ()
    several = len(form.recipe.replicates) > 1 and not form.replicates
    choices = dataclasses.replace(
        form.recipe,
        key=form.key,
        weight=form.weight,
        person_weight=form.person_weight.strip(),
        replicates=form.recipe.replicates if several else replicates,
        design=form.design,
        missing=parse_missing(form.missing.splitlines()),
        left_out=form.left_out,
        geography=form.areas or None,
        renamed=parse_pairs(form.renamed.splitlines(), "AGE_ = age_flag"),
        types=parse_pairs(form.types.splitlines(), "zip = category"),
        implied_decimals=parse_pairs(form.implied_decimals.splitlines(), "WGTP = 2"),
        decimal=form.decimal,
        sheet=form.sheet.strip(),
        header_row=form.header_row,
        encoding=form.encoding,
    )
    if form.prices and not form.prices.isdecimal():
        raise InputError(
            f"'{form.prices}' is not a year that prices can be of",
            fix="Give four digits, such as 2017, or leave it empty for the year of the vintage",
        )
    return ImportRequest(
        form.reader,
        form.files,
        form.name,
        form.vintage,
        form.title,
        choices,
        check_price_year(int(form.prices or 0)),
    )


def recipe(form: ImportForm) -> Recipe:
    """Return what is kept of the form for the next vintage."""
    asked = request(form)
    return Recipe(asked.reader, asked.name, asked.title, asked.choices or Choices())


def is_current(form: ImportForm, tried: ImportForm | None, trial: ImportOutline | None) -> bool:
    """Whether the last trial found the form in order, and the form did not change since."""
    return trial is not None and trial.survey is not None and form == tried


def _lines(pairs: Mapping[str, str]) -> str:
    return "\n".join(f"{left} = {right}" for left, right in pairs.items())
