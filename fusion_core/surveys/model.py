"""The survey model: identifiers, variables, dictionaries, weight designs and microdata.

Conventions every stored survey keeps (readers establish them, later stages rely on them):

* the household table has one row per household, a unique `household_id`, and is sorted by it;
* the person table has `household_id` and `person_number`, is sorted by both, and person number 1 is
  the reference person of the household;
* both tables carry a positive, finite `weight` and, where the survey publishes them, replicate
  weights named `replicate_1` … `replicate_R`;
* categorical answers are pandas categoricals whose categories are *labels* in questionnaire order,
  `ordered=True` where the order has a meaning; counts and amounts are plain numbers;
* an area of the recipient is a `puma`: two digits of state and five of the area, as one string.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pandas as pd

from fusion_core.arguments import require_type
from fusion_core.errors import InputError
from fusion_core.records import Checked
from fusion_core.summaries import Summarized, counted, listed
from fusion_core.surveys.weight_design import WeightDesign
from fusion_core.workspace.files import LONGEST_NAME, shown_name

RespondentLevel = Literal["household", "person"]
VariableType = Literal["nominal", "ordered", "integer", "continuous"]
VariableRole = Literal["answer", "key", "weight", "replicate weight", "geography"]

HOUSEHOLD_KEY: Final = "household_id"
PERSON_KEY: Final = "person_number"
WEIGHT: Final = "weight"

_PUMA_COLUMNS: Final = ("puma", "puma_census")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_VINTAGE = re.compile(r"[0-9][0-9A-Za-z-]*")
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, order=True, slots=True)
class SurveyId(Checked):
    """A survey and its vintage, such as ``RECS`` ``2015`` or ``CEI`` ``2015-2019``.

    Raises
    ------
    InputError
        If a part could not be used in a file name.
    """

    name: str
    vintage: str

    def __post_init__(self) -> None:
        Checked.__post_init__(self)
        if len(str(self)) > LONGEST_NAME:
            raise InputError(
                f"'{shown_name(str(self))}' has {len(str(self)):,} characters, too many for files "
                "to be named after the survey",
                fix=f"Shorten its name or vintage: together at most {LONGEST_NAME - 1} characters",
            )
        if not _NAME.fullmatch(self.name):
            raise InputError(
                f"'{self.name}' is not a survey name",
                fix="Use letters, digits and hyphens, starting with a letter",
            )
        if not _VINTAGE.fullmatch(self.vintage):
            raise InputError(
                f"'{self.vintage}' is not a survey vintage",
                fix="Use a year such as 2015 or a range such as 2015-2019",
            )

    @classmethod
    def parse(cls, text: str) -> SurveyId:
        """Read ``NAME_VINTAGE``, the form used in file names and on the command line."""
        name, separator, vintage = text.partition("_")
        if not separator:
            raise InputError(
                f"'{shown_name(text)}' names no vintage", fix="Write it like RECS_2015"
            )
        return cls(name, vintage)

    def __str__(self) -> str:
        return f"{self.name}_{self.vintage}"

    @property
    def title(self) -> str:
        """The form people read, such as ``RECS 2015``."""
        return f"{self.name} {self.vintage}"

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years the vintage names: of ``2015-2019`` its first and last, of none none."""
        return tuple(int(year) for year in _YEAR.findall(self.vintage))

    @property
    def only_year(self) -> int | None:
        """The year of a vintage of one year; ``None`` for several years, or none."""
        return self.years[0] if len(self.years) == 1 else None


@dataclass(frozen=True, slots=True)
class Variable(Checked):
    """One variable of a survey as its dictionary describes it.

    Attributes
    ----------
    name
        Column name in the microdata, lower case.
    description
        What the variable measures, in a person's words.
    respondent
        Whether a household or each person answers.
    type
        Nominal, ordered, integer (counts, whole amounts) or continuous.
    role
        What the column is for; only answers can be harmonized or fused.
    levels
        Labels of a categorical variable in questionnaire order; empty for numbers.
    codes
        Codes of the raw file that `levels` stand for, in the same order; empty when unknown.
    unit
        Unit of a number, e.g. ``"dollars per year"`` or ``"kWh"``; empty when unknown.
    minimum, median, mean, maximum
        Unweighted summary of a number; ``None`` for categories or when unknown.
    missing_share
        Share of rows without an answer, between 0 and 1; ``None`` when unknown.
    note
        What a reader changed or what a user should know.
    definition
        What a derived variable is built from and how; empty for all others.
    """

    name: str
    description: str = ""
    respondent: RespondentLevel = "household"
    type: VariableType = "nominal"
    role: VariableRole = "answer"
    levels: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    unit: str = ""
    minimum: float | None = None
    median: float | None = None
    mean: float | None = None
    maximum: float | None = None
    missing_share: float | None = None
    note: str = ""
    definition: str = ""

    @property
    def is_categorical(self) -> bool:
        """Whether answers are levels rather than numbers."""
        return self.type in {"nominal", "ordered"}

    @property
    def is_harmonizable(self) -> bool:
        """Whether it may become a predictor; see `Dictionary.harmonizable`."""
        if self.role == "geography":
            return len(self.levels) > 1 and self.name not in _PUMA_COLUMNS
        return self.role == "answer"


class Dictionary(Summarized, Mapping[str, Variable]):
    """The variables of one survey, by name, in questionnaire order."""

    def __init__(self, variables: Iterable[Variable]) -> None:
        fix = "Give the variables of a survey, each a Variable"
        self._variables: dict[str, Variable] = {}
        for one in variables if isinstance(variables, Iterable) else [variables]:
            variable = require_type(one, Variable, "variables", fix=fix)
            self._variables[variable.name] = variable

    def __getitem__(self, name: str) -> Variable:
        try:
            return self._variables[name]
        except KeyError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def _title(self) -> str:
        return f"of {counted(len(self), 'variable')}"

    def _facts(self) -> dict[str, object]:
        levels: tuple[RespondentLevel, ...] = ("household", "person")
        asked = {level: [item.name for item in self.answers(level)] for level in levels}
        other = [name for name, item in self._variables.items() if item.role != "answer"]
        return {
            "household answers": listed(asked["household"]),
            "person answers": listed(asked["person"]),
            "other columns": listed(other),
        }

    def require(self, name: str, *, where: str = "") -> Variable:
        """Return a variable or raise an `InputError` that names the nearest existing one."""
        if name not in self._variables:
            raise InputError.unknown("variable", name, self._variables, where=where)
        return self._variables[name]

    def answers(self, respondent: RespondentLevel | None = None) -> list[Variable]:
        """Return the substantive variables, of one respondent level if given."""
        return [
            variable
            for variable in self._variables.values()
            if variable.role == "answer" and respondent in {None, variable.respondent}
        ]

    def harmonizable(self, respondent: RespondentLevel | None = None) -> list[Variable]:
        """Return what may become a predictor: answers, and published areas with levels.

        A state or region is matched like any other variable. PUMAs are not: they are what spatial
        predictors are joined by.
        """
        return [
            variable
            for variable in self._variables.values()
            if variable.is_harmonizable and respondent in {None, variable.respondent}
        ]


@dataclass(frozen=True, repr=False)
class SurveyDescription(Checked, Summarized):
    """What is known of a survey besides its rows.

    Attributes
    ----------
    id
        Name and vintage.
    title
        Full name, as people see it.
    source
        Where the raw files come from and what was read from them.
    synthetic
        True for generated data that describes no real household.
    design
        How variances are computed.
    geography
        Names of geography columns in the household table, coarse to fine.
    puma_censuses
        Censuses whose definition the PUMAs follow, such as ``("2010",)``; several where a file of
        several years mixes them, empty where that is unknown.
    price_year
        Year whose prices dollar amounts are in; ``None`` when unknown.
    notes
        What the reader did and what a user should know, one sentence each.
    """

    id: SurveyId
    title: str = ""
    source: str = ""
    synthetic: bool = False
    design: WeightDesign = field(default_factory=WeightDesign)
    geography: tuple[str, ...] = ()
    price_year: int | None = None
    notes: tuple[str, ...] = ()
    puma_censuses: tuple[str, ...] = ()

    def _title(self) -> str:
        return self.id.title

    def _facts(self) -> dict[str, object]:
        weights = counted(self.design.replicates, "replicate weight")
        return {
            "title": self.title,
            "source": self.source,
            "data": "synthetic" if self.synthetic else "",
            "design": f"{self.design.method}, {weights}" if self.design.replicates else "",
            "geography": listed(self.geography) if self.geography else "",
            "prices of": self.price_year,
            "notes": len(self.notes) or "",
        }


@dataclass(frozen=True, repr=False)
class Survey(Checked, Summarized):
    """A survey in standard form: description, dictionary and – unless only documented – microdata.

    Attributes
    ----------
    household
        One row per household, or ``None`` when only the dictionary is known.
    person
        One row per person, or ``None`` when the survey has no person file.
    """

    description: SurveyDescription
    dictionary: Dictionary
    household: pd.DataFrame | None = None
    person: pd.DataFrame | None = None

    @property
    def id(self) -> SurveyId:
        """Name and vintage of the survey."""
        return self.description.id

    def table(self, respondent: RespondentLevel) -> pd.DataFrame:
        """Return the household or person table.

        Raises
        ------
        InputError
            If the survey has no microdata of that level.
        """
        table = self.household if respondent == "household" else self.person
        if table is None:
            raise no_microdata(self.id, respondent)
        return table

    def has(self, respondent: RespondentLevel) -> bool:
        """Whether there are microdata of this level."""
        return (self.household if respondent == "household" else self.person) is not None

    def count(self, respondent: RespondentLevel) -> int:
        """Return the number of rows of a table."""
        return len(self.table(respondent))

    def _title(self) -> str:
        return self.id.title

    def _facts(self) -> dict[str, object]:
        tables = {"households": self.household, "persons": self.person}
        return survey_facts(
            self.description,
            self.dictionary,
            {name: None if table is None else table.shape for name, table in tables.items()},
        )

    def column_names(self, respondent: RespondentLevel) -> tuple[str, ...]:
        """Return the names of all columns of a table."""
        return tuple(map(str, self.table(respondent).columns))

    def columns(
        self, respondent: RespondentLevel, names: Sequence[str], *, rows: int | None = None
    ) -> pd.DataFrame:
        """Return some columns of a table.

        Parameters
        ----------
        respondent
            Which table.
        names
            The columns.
        rows
            Number of rows from the beginning; all by default.

        Raises
        ------
        InputError
            If the table or a column does not exist.
        """
        table = self.table(respondent)
        for name in names:
            if name not in table.columns:
                raise InputError.unknown("column", name, map(str, table.columns))
        return table[list(names)].head(len(table) if rows is None else rows)

    def column(self, respondent: RespondentLevel, name: str) -> pd.Series[Any]:
        """Return one column of a table; see `columns`."""
        found: pd.Series[Any] = self.columns(respondent, [name])[name]
        return found


def survey_facts(
    description: SurveyDescription,
    dictionary: Dictionary,
    shapes: Mapping[str, tuple[int, int] | None],
) -> dict[str, object]:
    """Return what a survey says of itself.

    Parameters
    ----------
    description, dictionary
        As in `Survey`.
    shapes
        Rows and columns of each table, ``None`` where there are no microdata.
    """
    tables = {
        name: "no microdata" if shape is None else f"{shape[0]:,} × {counted(shape[1], 'column')}"
        for name, shape in shapes.items()
    }
    replicates = description.design.replicates
    return {
        "title": description.title,
        "data": "synthetic" if description.synthetic else "",
        **tables,
        "answers": listed([item.name for item in dictionary.answers()]),
        "replicate weights": f"{replicates} ({description.design.method})" if replicates else "",
    }


def no_microdata(survey: SurveyId, respondent: RespondentLevel) -> InputError:
    """Return the error that says where microdata come from."""
    return InputError(
        f"{survey.title} has no {respondent} microdata",
        fix="Import its files on the Surveys page or with `harmony survey add`",
    )


def variable_from_column(
    name: str,
    column: pd.Series[Any],
    *,
    description: str = "",
    respondent: RespondentLevel = "household",
    role: VariableRole = "answer",
    codes: tuple[str, ...] = (),
    unit: str = "",
    note: str = "",
) -> Variable:
    """Describe a microdata column: its type, levels and unweighted summary.

    Parameters
    ----------
    name, description, respondent, role, codes, unit, note
        As in `Variable`.
    column
        The column; categoricals become nominal or ordered, whole numbers integer, other numbers
        continuous.

    Raises
    ------
    InputError
        If the column is neither categorical nor numeric.
    """
    common: dict[str, Any] = {
        "name": name,
        "description": description,
        "respondent": respondent,
        "role": role,
        "codes": codes,
        "unit": unit,
        "note": note,
        "missing_share": float(column.isna().mean()) if len(column) else None,
    }
    if isinstance(column.dtype, pd.CategoricalDtype):
        levels = tuple(str(level) for level in column.cat.categories)
        return Variable(
            type="ordered" if column.cat.ordered else "nominal", levels=levels, **common
        )
    if role != "answer" and not pd.api.types.is_numeric_dtype(column):
        return Variable(type="nominal", **common)
    if not pd.api.types.is_numeric_dtype(column):
        raise InputError(
            f"Column '{name}' is neither a category nor a number",
            fix="Declare its levels in the codebook or convert it to numbers",
        )
    present = column.dropna().astype(float)
    whole = bool((present == present.round()).all())
    summary: dict[str, Any] = {"type": "integer" if whole else "continuous"}
    if len(present):
        summary |= {
            "minimum": float(present.min()),
            "median": float(present.median()),
            "mean": float(present.mean()),
            "maximum": float(present.max()),
        }
    return Variable(**common, **summary)
