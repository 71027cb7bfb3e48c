"""What a file seems to be, what the user says it is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fusion_core.ingest.generic._inference import InferredColumn
from fusion_core.ingest.tables import Layout, Problem
from fusion_core.surveys.model import RespondentLevel, WeightDesign


@dataclass(frozen=True)
class Choices:
    """What the user says about a file; an empty field leaves it to the inference.

    Attributes
    ----------
    key, person_number, weight
        Column names in the file. ``"-"`` as `weight` says there is none.
    design
        How variances are computed from the replicate weights.
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
    """

    key: str = ""
    person_number: str = ""
    weight: str = ""
    design: WeightDesign | None = None
    geography: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    encoding: str = "utf-8"
    decimal: str = ""
    sheet: str = ""
    header_row: int = 0
    person_sheet: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """How the file is laid out, as far as the user says."""
        return Layout(self.encoding, self.decimal, self.sheet, self.header_row)

    def for_persons(self) -> Choices:
        """Return what of it concerns the person file too."""
        return Choices(
            left_out=self.left_out,
            encoding=self.encoding,
            decimal=self.decimal,
            sheet=self.person_sheet,
            renamed=self.renamed,
            types=self.types,
        )


@dataclass(frozen=True)
class Inspection:
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
    geography: tuple[str, ...]
    columns: tuple[InferredColumn, ...]
    problems: tuple[Problem, ...]

    @property
    def can_be_read(self) -> bool:
        """Whether no problem keeps the file out."""
        return all(problem.severity != "error" for problem in self.problems)
