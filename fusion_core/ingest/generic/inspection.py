"""What a file seems to be, what the user says it is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from fusion_core.errors import InputError
from fusion_core.ingest.generic._inference import InferredColumn
from fusion_core.ingest.generic._weights import population
from fusion_core.ingest.generic.special import SpecialValue
from fusion_core.ingest.tables import Layout, Problem
from fusion_core.records import Checked
from fusion_core.surveys.model import RespondentLevel
from fusion_core.surveys.weight_design import WeightDesign


@dataclass(frozen=True)
class Choices(Checked):
    """What the user says about a file; an empty field leaves it to the inference.

    Attributes
    ----------
    key, person_number, weight
        Column names in the file. ``"-"`` as `weight` says there is none.
    person_weight
        Column of the persons' weight in the person file; ``"-"`` for none.
    replicates
        Columns of the replicate weights of the households, or what their names have in common, such
        as ``REPWT``; ``("-",)`` for none.
    design
        How variances are computed from the replicate weights: ``sdr``, ``brr``, ``fay:0.5``,
        ``jk1``, ``jk2``, ``jkn:7`` or ``none``.
    missing
        Codes that stand for no value, by column (any case); an empty list says that the column has
        none. ``"*"`` names every column without an entry of its own, whose other special values are
        still inferred.
    geography
        Columns that are areas, coarse to fine.
    left_out
        Columns that are not to be read.
    encoding
        How the text of the file is written.
    decimal, sheet, header_row
        How the table is laid out, as in `fusion_core.ingest.tables.Layout`.
    person_sheet
        Sheet of the person file.
    renamed
        New name by column; a column is read as if the file called it so.
    types
        What a column is, by its (new) name: ``number``, ``integer``, ``category``, ``ordered`` or
        ``text``.
    implied_decimals
        How many of the last digits are decimals, by the (new) name of a column of whole numbers or
        the stem of numbered ones: ``{"WGTP": "2"}``.
    """

    key: str = ""
    person_number: str = ""
    weight: str = ""
    person_weight: str = ""
    replicates: tuple[str, ...] = ()
    design: str = ""
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    geography: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    encoding: str = "utf-8"
    decimal: str = ""
    sheet: str = ""
    header_row: int = 0
    person_sheet: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    implied_decimals: Mapping[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """How the file is laid out, as far as the user says."""
        return Layout(self.encoding, self.decimal, self.sheet, self.header_row)

    def for_persons(self) -> Choices:
        """Return what of this holds for the person file beside the household file."""
        return replace(
            self,
            key="",
            weight=self.person_weight,
            replicates=(),
            design="",
            geography=None,
            sheet=self.person_sheet,
            header_row=0,
        )

    def missing_in(self, column: str) -> tuple[str, ...] | None:
        """Return the codes said to be missing in a column; ``None`` leaves it to the inference."""
        own = {name.lower(): codes for name, codes in self.missing.items()}
        return own.get(column.strip().lower())


@dataclass(frozen=True)
class Inspection(Checked):
    """What a file seems to be, and what is wrong with it.

    Attributes
    ----------
    path
        The file.
    rows
        Number of rows.
    respondent
        Whether a row is a household or a person.
    key, person_number, weight
        Columns of the identifier, the person number and the weight; empty when none was found.
    replicates
        Columns of the replicate weights, in order.
    design, design_reason
        The replication method and why it is assumed.
    total
        Sum of the weights: the households or persons the rows stand for.
    blanks_are_zero
        Whether blank replicate weights stand for the other half of a half-sample.
    families
        Numbered sets of columns that may be replicate weights: what their names share, and how many.
    geography
        Columns that are areas.
    columns
        Every other column.
    problems
        Everything that is wrong; errors keep the file out, warnings are only shown.
    """

    path: Path
    rows: int
    respondent: RespondentLevel
    key: str
    person_number: str
    weight: str
    replicates: tuple[str, ...]
    design: WeightDesign
    design_reason: str
    total: float
    blanks_are_zero: bool
    families: tuple[tuple[str, int], ...]
    geography: tuple[str, ...]
    columns: tuple[InferredColumn, ...]
    problems: tuple[Problem, ...]

    @property
    def population(self) -> str:
        """What the rows stand for, such as ``118.2 million households``."""
        return population(self.total, self.respondent)

    @property
    def special(self) -> tuple[tuple[str, SpecialValue], ...]:
        """Special values of all columns that are read, each with its column."""
        return tuple(
            (column.source, item)
            for column in self.columns
            if not column.left_out
            for item in column.special
        )

    @property
    def can_be_read(self) -> bool:
        """Whether no problem keeps the file out."""
        return all(problem.severity != "error" for problem in self.problems)


def parse_missing(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read which codes stand for no answer, as people write it: ``RENT=-6,-9``.

    Nothing after the sign says that the column has no such codes; blank texts are passed over.

    Raises
    ------
    InputError
        If a text names no column or has no sign.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        if not text.strip():
            continue
        column, separator, codes = text.partition("=")
        if not separator or not column.strip():
            raise InputError(
                f"'{text.strip()}' does not say which codes of which column are missing",
                fix="Write the column, an equals sign and the codes, such as RENT=-6,-9",
            )
        found[column.strip()] = tuple(code.strip() for code in codes.split(",") if code.strip())
    return found


def parse_pairs(texts: Iterable[str], example: str) -> dict[str, str]:
    """Read what is said of columns, one a line: ``AGE_ = age_flag``; blank lines are passed over.

    Raises
    ------
    InputError
        If a line has no two sides; it shows the example.
    """
    found = {}
    for text in texts:
        if not text.strip():
            continue
        left, separator, right = text.rpartition("=")
        if not (separator and left.strip() and right.strip()):
            raise InputError(
                f"'{text.strip()}' does not say what is meant of which column",
                fix=f"Write the column, an equals sign and what it is, such as {example}",
            )
        found[left.strip()] = right.strip()
    return found
