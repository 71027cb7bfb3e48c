"""Where everything of a project lives on disk.

A workspace is one folder that a team can keep under version control (without data and runs)::

    workspace.json                                   title, format version, whether it is synthetic
    surveys/<NAME>/<VINTAGE>/                         one survey (see fusion_core.surveys.storage)
    surveys/<NAME>/<VINTAGE>/derived.json             its derived variables (see fusion_core.derived)
    harmonies/<DONOR>_<V>__<RECIPIENT>_<V>.json       harmonies of a pair, history beside it
    geography/<kind>.parquet                          GeoParquet polygons, e.g. puma, state
    geography/predictors/<table>.parquet              spatial predictors keyed by puma
    geography/intersections/<column>.parquet          donor geography × PUMA, share of housing units
    geography/context/<name>.parquet                  classes a donor publishes of a neighbourhood × PUMA
    runs/<id>/                                        one fusion run (see fusion_core.workspace.runs)
    overviews/<pair>.json                             what a pair offers, kept until something changes
    combinations/<name>.json                          runs analysed together (see fusion_core.workspace.combinations)
    independent/<name>.parquet                        independent tables estimates are compared with
    published/<name>/                                 data sets published from the app
    truth/                                            true values, where a population is known
    server/                                           people, secret and audit log of a shared server
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from fusion_core.arguments import PathLike, path_of, require_type
from fusion_core.derived.storage import FILE_NAME, derivation_of, recheck, with_derived
from fusion_core.errors import InputError
from fusion_core.records import Checked
from fusion_core.summaries import Summarized
from fusion_core.surveys.model import (
    HOUSEHOLD_KEY,
    PERSON_KEY,
    Dictionary,
    RespondentLevel,
    Survey,
    SurveyDescription,
    SurveyId,
)
from fusion_core.surveys.storage import (
    adopt_survey,
    read_description,
    read_dictionary,
    read_survey,
    restore_survey,
    write_survey,
)
from fusion_core.surveys.stored import StoredSurvey
from fusion_core.workspace.files import (
    LONGEST_NAME,
    not_readable,
    read_json,
    shown_name,
    write_json,
)

FORMAT_VERSION = 1
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, repr=False)
class Workspace(Checked, Summarized):
    """A project folder.

    Attributes
    ----------
    path
        The folder.
    title
        Name shown to people.
    synthetic
        True when its data describe no real household.
    """

    path: Path
    title: str
    synthetic: bool = False

    def _title(self) -> str:
        return self.title

    def _facts(self) -> dict[str, object]:
        return {"folder": self.path, "data": "synthetic" if self.synthetic else ""}

    @classmethod
    def create(cls, path: PathLike, *, title: str = "", synthetic: bool = False) -> Workspace:
        """Create a workspace, or open the one already there.

        Raises
        ------
        InputError
            If the folder exists, is not empty and is not a workspace, or is a file.
        """
        path = path_of(path, "path")
        try:
            if (path / "workspace.json").exists():
                return cls.open(path)
            if path.exists() and not path.is_dir():
                raise InputError("A workspace is a folder, and this is a file", where=str(path))
            has_room = cls.has_room(path)
        except OSError as error:
            raise not_readable("workspace", path, error) from error
        if not has_room:
            raise InputError(
                "The folder is not empty and is not a workspace",
                where=str(path),
                fix="Choose a new or empty folder; the files of surveys may stay where they are",
            )
        workspace = cls(path, " ".join(title.split()) or path.resolve().name, synthetic)
        workspace.save()
        return workspace

    @staticmethod
    def has_room(path: Path) -> bool:
        """Whether a workspace can be created in a folder: it is empty, or does not exist yet.

        Raises
        ------
        OSError
            If the folder may not be read.
        """
        # An unfinished description is of a program that was killed while it created this.
        return not path.exists() or (
            path.is_dir()
            and all(item.name.startswith(".workspace.json.") for item in path.iterdir())
        )

    def save(self) -> None:
        """Write ``workspace.json``."""
        record = {"format": FORMAT_VERSION, "title": self.title, "synthetic": self.synthetic}
        write_json(record, self.path / "workspace.json")

    @classmethod
    def open(cls, path: PathLike) -> Workspace:
        """Open an existing workspace.

        Raises
        ------
        InputError
            If the folder is not a workspace, may not be read or was written by a newer version.
        """
        path = path_of(path, "path")
        try:
            if not (path / "workspace.json").exists():
                raise _no_workspace(path)
        except OSError as error:
            raise not_readable("workspace", path, error) from error
        record = read_json(path / "workspace.json")
        if record.get("format") != FORMAT_VERSION:
            raise InputError(
                f"The workspace has format {record.get('format')!r}, this version reads {FORMAT_VERSION}",
                where=str(path / "workspace.json"),
                fix="Update the program",
            )
        return cls(path, str(record.get("title", path.name)), bool(record.get("synthetic", False)))

    def survey_folder(self, survey: SurveyId) -> Path:
        """Return the folder of a survey, existing or not.

        Raises
        ------
        InputError
            If the survey is not named by its identifier.
        """
        require_type(survey, SurveyId, "survey", fix="Write SurveyId('RECS', '2015')")
        return self.path / "surveys" / survey.name / survey.vintage

    def survey_ids(self) -> list[SurveyId]:
        """List the stored surveys in alphabetical order.

        Only what is whole is listed: not what is being written, nor folders called otherwise. One
        that may not be read is listed, and whoever reads it is told.

        Raises
        ------
        InputError
            If the folder of surveys may not be read.
        """
        surveys = self.path / "surveys"
        found: set[SurveyId] = set()
        for name in _names_in(surveys):
            with suppress(InputError):  # `unreadable_surveys` tells
                found |= set(_named(name, _names_in(surveys / name)))
        return sorted(survey for survey in found if self._may_have(survey))

    def unreadable_surveys(self) -> tuple[str, ...]:
        """Say which folders of surveys may not be read, one sentence each."""
        surveys, problems = self.path / "surveys", []
        for name in _names_in(surveys):
            try:
                _names_in(surveys / name)
            except InputError as error:
                problems.append(error.message)
        return tuple(problems)

    def _may_have(self, survey: SurveyId) -> bool:
        try:
            return self.has_survey(survey)
        except InputError:
            return True

    def has_survey(self, survey: SurveyId) -> bool:
        """Whether the survey is stored.

        Raises
        ------
        InputError
            If its folder may not be read.
        """
        folder = self.survey_folder(survey)
        try:
            restore_survey(folder)
            return (folder / "survey.json").exists()
        except OSError as error:
            raise not_readable("survey", folder, error) from error

    def describe(self, survey: SurveyId) -> SurveyDescription:
        """Read a survey's description.

        Raises
        ------
        InputError
            If the workspace has no such survey.
        """
        self._require(survey)
        return read_description(self.survey_folder(survey))

    def dictionary(self, survey: SurveyId) -> Dictionary:
        """Read a survey's dictionary, derived variables included, with microdata or without.

        Raises
        ------
        InputError
            If the workspace has no such survey or its dictionary is damaged.
        """
        self._require(survey)
        folder = self.survey_folder(survey)
        if (folder / FILE_NAME).exists():
            return self.stored_survey(survey).dictionary
        return read_dictionary(folder)

    def survey(
        self,
        survey: SurveyId,
        *,
        household_columns: Sequence[str] | None = None,
        person_columns: Sequence[str] | None = None,
    ) -> Survey:
        """Read a survey, whole or only some columns; derived ones are computed.

        Raises
        ------
        InputError
            If the workspace has no such survey or a file of it is damaged.
        """
        self._require(survey)
        folder = self.survey_folder(survey)
        if not (folder / FILE_NAME).exists():
            return read_survey(
                folder, household_columns=household_columns, person_columns=person_columns
            )
        stored = self.stored_survey(survey)
        return Survey(
            stored.description,
            stored.dictionary,
            _table(stored, "household", [HOUSEHOLD_KEY], household_columns),
            _table(stored, "person", [HOUSEHOLD_KEY, PERSON_KEY], person_columns),
        )

    def stored_survey(self, survey: SurveyId) -> StoredSurvey:
        """Open a survey whose columns are read when they are needed.

        Raises
        ------
        InputError
            If the workspace has no such survey or a file of it is damaged.
        """
        self._require(survey)
        return with_derived(StoredSurvey.open(self.survey_folder(survey)))

    def built_from(self, survey: SurveyId) -> dict[str, frozenset[str]]:
        """Return what every derived variable of a survey is built from, directly or not."""
        if not (self.survey_folder(survey) / FILE_NAME).exists():
            return {}
        return derivation_of(self.stored_survey(survey)).parts

    def broken_variables(self, survey: SurveyId) -> tuple[str, ...]:
        """Say why derived variables of a survey are left out, one sentence each."""
        if not (self.survey_folder(survey) / FILE_NAME).exists():
            return ()
        problems = derivation_of(self.stored_survey(survey)).problems
        return tuple(error.message for error in problems.values())

    def add_survey(self, survey: Survey, *, may_replace: bool = True) -> tuple[str, ...]:
        """Store a survey; see `fusion_core.surveys.write_survey`.

        Derived variables of an earlier state of it are kept and looked at again.

        Returns
        -------
        tuple of str
            Why some of them are left out now, one sentence each.
        """
        folder = self.survey_folder(survey.id)
        write_survey(_without_derived(survey), folder, may_replace=may_replace)
        recheck(StoredSurvey.open(folder))
        return self.broken_variables(survey.id)

    def adopt_survey(self, folder: Path, *, may_replace: bool = True) -> tuple[str, ...]:
        """Store a survey that `write_survey` wrote elsewhere; otherwise as `add_survey`."""
        survey = read_description(folder).id
        adopt_survey(folder, self.survey_folder(survey), may_replace=may_replace)
        recheck(StoredSurvey.open(self.survey_folder(survey)))
        return self.broken_variables(survey)

    @property
    def surveys_folder(self) -> Path:
        """Folder of surveys."""
        return self.path / "surveys"

    @property
    def harmonies_folder(self) -> Path:
        """Folder of harmony files."""
        return self.path / "harmonies"

    @property
    def runs_folder(self) -> Path:
        """Folder of fusion runs."""
        return self.path / "runs"

    @property
    def published_folder(self) -> Path:
        """Folder of the data sets published from the app."""
        return self.path / "published"

    @property
    def geography_folder(self) -> Path:
        """Folder of boundaries and spatial tables."""
        return self.path / "geography"

    def overview_file(self, pair: str) -> Path:
        """Return the file that keeps what a pair offers (see `fusion_core.prepare.overview`)."""
        return self.path / "overviews" / f"{pair}.json"

    def run_folder(self, run: str) -> Path:
        """Return the folder of a run.

        Raises
        ------
        InputError
            If the identifier could name a place outside the runs folder.
        """
        if len(run) > LONGEST_NAME or not _SAFE_NAME.fullmatch(run):
            raise InputError(
                f"'{shown_name(run)}' is not a run identifier", fix="Choose a run from the list"
            )
        return self.runs_folder / run

    def _require(self, survey: SurveyId) -> None:
        if not self.has_survey(survey):
            raise InputError.unknown(
                "survey", str(survey), map(str, self.survey_ids()), where=str(self.path)
            )


def _no_workspace(path: Path) -> InputError:
    """Build the error for a folder that is not a workspace; it says how to get one."""
    if Workspace.has_room(path):
        command = f"harmony init {shlex.quote(str(path))}"
        fix = f"Create a workspace there with `{command}`, or name another folder"
    else:
        fix = "Name another folder, or create a workspace in a new one with `harmony init DIR`"
    reason = "it has no workspace.json" if path.exists() else "it does not exist"
    return InputError(f"The folder is not a workspace: {reason}", where=str(path), fix=fix)


def _table(
    survey: StoredSurvey,
    respondent: RespondentLevel,
    keys: Sequence[str],
    columns: Sequence[str] | None,
) -> pd.DataFrame | None:
    if not survey.has(respondent):
        return None
    wanted = survey.column_names(respondent) if columns is None else [*keys, *columns]
    return survey.columns(respondent, list(dict.fromkeys(wanted)))


def _without_derived(survey: Survey) -> Survey:
    """Return a survey, perhaps read from a workspace, without the columns that are computed."""
    derived = [item for item in survey.dictionary.values() if item.definition]
    if not derived:
        return survey
    names = [item.name for item in derived]
    own = [item for item in survey.dictionary.values() if not item.definition]
    household, person = (
        None if table is None else table.drop(columns=names, errors="ignore")
        for table in (survey.household, survey.person)
    )
    return replace(survey, dictionary=Dictionary(own), household=household, person=person)


def _names_in(folder: Path) -> list[str]:
    """Return the names in a folder, none where there is no folder."""
    try:
        return sorted(item.name for item in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise not_readable("folder of surveys", folder, error) from error


def _named(name: str, entries: Iterable[str]) -> Iterator[SurveyId]:
    """Return the surveys that folders may be; a hidden one may hold what is to be restored."""
    for entry in entries:
        with suppress(InputError):  # no survey is called so
            yield SurveyId(name, entry.removeprefix(".").partition(".")[0])
