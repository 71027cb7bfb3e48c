"""The recipe of a fusion, and its written form."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from fusion_core.arguments import PathLike, path_of
from fusion_core.derived.definition import DerivedVariable
from fusion_core.errors import InputError
from fusion_core.records import Checked
from fusion_core.summaries import listed
from fusion_core.surveys.model import SurveyId
from fusion_core.workspace.files import not_readable
from fusion_core.workspace.runs import SecondStage

_ENTRIES: Final = (
    "title",
    "source",
    "note",
    "donor",
    "recipient",
    "variables",
    "harmonies",
    "surveys",
    "derived",
    "second_stage",
)
_OF_SURVEY: Final = ("reader", "title", "descriptions")


@dataclass(frozen=True)
class SurveyFiles(Checked):
    """Where the public files of a survey are found.

    Attributes
    ----------
    reader
        The reader of the files.
    files
        By slot of the reader, names or patterns of names, the first that is there wins.
    title
        Full name of the survey; the reader's own if empty.
    descriptions
        A codebook with the questions behind the variables the harmonies use, by which they are found
        in another vintage; ``None`` for none.
    """

    reader: str
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    title: str = ""
    descriptions: Path | None = None


@dataclass(frozen=True)
class FusionRecipe(Checked):
    """What is fused, onto what, and how it is made.

    Attributes
    ----------
    name
        Name of the recipe: that of its file.
    title, source, note
        For people; the note says what is known for sure and what is not.
    donor, recipient
        The surveys; another vintage of the recipient can be named when the recipe is applied.
    variables
        Donor variables of the first stage, in order.
    second_stage
        Variables drawn after them, by the place and few others.
    derived
        Variables of the donor that are built first.
    harmonies
        File of harmonies of the pair; ``None`` if the recipe brings none.
    surveys
        Where the public files are found, by survey.
    """

    name: str
    donor: SurveyId
    recipient: SurveyId
    variables: tuple[str, ...]
    title: str = ""
    source: str = ""
    note: str = ""
    second_stage: tuple[SecondStage, ...] = ()
    derived: tuple[DerivedVariable, ...] = ()
    harmonies: Path | None = None
    surveys: Mapping[SurveyId, SurveyFiles] = field(default_factory=dict)

    def files_of(self, survey: SurveyId) -> SurveyFiles | None:
        """Return where the public files of a survey are; of another vintage, under that year's names."""
        known = self.surveys.get(survey)
        if known is not None:
            return known
        for other, files in self.surveys.items():
            if other.name == survey.name:
                return replace(
                    files,
                    files={
                        slot: tuple(name.replace(other.vintage, survey.vintage) for name in names)
                        for slot, names in files.files.items()
                    },
                    title=files.title.replace(other.vintage, survey.vintage),
                )
        return None

    @property
    def all_variables(self) -> tuple[str, ...]:
        """Everything that is fused, in order."""
        drawn = (stage.variable for stage in self.second_stage if not stage.formula)
        return (*self.variables, *drawn)


def read_fusion_recipe(path: PathLike) -> FusionRecipe:
    """Read a recipe.

    Raises
    ------
    InputError
        If the file is missing, no TOML, or says something no recipe can say.
    """
    path = path_of(path, "recipe")
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise not_readable("recipe", path, error) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"The recipe is not TOML: {error}",
            where=str(path),
            fix="Correct it, or take one of `harmony recipe show NAME` as a pattern",
        ) from error
    where = path.name
    for key in record:
        if key not in _ENTRIES:
            raise InputError.unknown("entry", key, _ENTRIES, where=where)
    for key in ("donor", "recipient", "variables"):
        if key not in record:
            raise InputError(f"The recipe lacks the entry '{key}'", where=where, fix="Add it")
    harmonies = _text(record, "harmonies", where)
    return FusionRecipe(
        name=path.stem,
        donor=SurveyId.parse(_text(record, "donor", where)),
        recipient=SurveyId.parse(_text(record, "recipient", where)),
        variables=_texts(record["variables"], "variables", where),
        title=_text(record, "title", where).strip(),
        source=_text(record, "source", where).strip(),
        note=_text(record, "note", where).strip(),
        second_stage=tuple(_stage(item, where) for item in _tables(record, "second_stage", where)),
        derived=tuple(
            DerivedVariable.from_record(item, where=where)
            for item in _tables(record, "derived", where)
        ),
        harmonies=path.parent / harmonies if harmonies else None,
        surveys=_surveys(record.get("surveys", {}), path.parent, where),
    )


def _stage(record: Mapping[str, Any], where: str) -> SecondStage:
    known = [item.name for item in dataclasses.fields(SecondStage)]
    if not _text(record, "variable", where) or set(record) - set(known):
        raise InputError(
            "A variable of the second stage is malformed",
            where=where,
            fix=f'Write variable = "dollarel" and by = ["kwh"]; it may also have '
            f"{listed(known[2:])}",
        )
    texts = {name: _text(record, name, where) for name in known if name != "by"}
    return SecondStage(by=_texts(record.get("by", []), "by", where), **texts)


def _surveys(record: Any, folder: Path, where: str) -> dict[SurveyId, SurveyFiles]:
    if not isinstance(record, Mapping):
        raise _wrong("surveys", where)
    found = {}
    for name, item in record.items():
        if not isinstance(item, Mapping):
            raise _wrong(f"surveys.{name}", where)
        files = {
            slot: _texts(names, f"surveys.{name}.{slot}", where)
            for slot, names in item.items()
            if slot not in _OF_SURVEY
        }
        described = _text(item, "descriptions", where)
        found[SurveyId.parse(name)] = SurveyFiles(
            _text(item, "reader", where),
            files,
            _text(item, "title", where),
            folder / described if described else None,
        )
    return found


def _tables(record: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
    found = record.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise _wrong(key, where)
    return found


def _text(record: Mapping[str, Any], key: str, where: str) -> str:
    value = record.get(key, "")
    if not isinstance(value, str):
        raise _wrong(key, where)
    return value


def _texts(value: Any, key: str, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(key, where)
    return tuple(value)


def _wrong(key: str, where: str) -> InputError:
    return InputError(
        f"The entry '{key}' is malformed",
        where=where,
        fix="Compare it with a recipe of the package: harmony recipe show NAME",
    )
