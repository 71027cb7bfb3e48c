"""Give harmonies out as a file: for fusionData, for this program, for a spreadsheet, for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from fusion_core.errors import InputError
from fusion_core.harmony.exchange._crosswalk import crosswalk_table
from fusion_core.harmony.exchange.documentation import DocumentFacts, crosswalk_document
from fusion_core.harmony.fusiondata import ExportContext, ExportRemark, export_records, write_r
from fusion_core.harmony.model import SIDES, HarmonySet, SideName, SurveyPair
from fusion_core.harmony.store import PairContents, render_pair
from fusion_core.records import Checked
from fusion_core.spreadsheets import csv_text
from fusion_core.surveys.model import Dictionary

Format = Literal["R", "json", "csv", "html"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)

_MEDIA: Final[dict[Format, str]] = {
    "R": "text/plain",
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
}


@dataclass(frozen=True, slots=True)
class Exported(Checked):
    """A file ready to be written or sent.

    Attributes
    ----------
    name
        Suggested name; the one fusionData and this program recognise.
    text
        Its content, UTF-8.
    media
        Media type.
    form
        Its format.
    pair, harmonies
        Whose harmonies were asked for, and how many.
    remarks
        What the format cannot express.
    """

    name: str
    text: str
    media: str
    form: Format
    pair: SurveyPair
    harmonies: int
    remarks: tuple[ExportRemark, ...] = ()


def parse_format(text: str) -> Format:
    """Read a format as people type it: ``R``, ``json``, ``csv`` or ``html``.

    Raises
    ------
    InputError
        If there is no such format.
    """
    found = next((item for item in FORMATS if item.lower() == text.lower().lstrip(".")), None)
    if found is None:
        raise InputError.unknown("format", text, FORMATS)
    return found


def export_harmonies(harmonies: HarmonySet, form: Format, facts: DocumentFacts) -> Exported:
    """Return harmonies as a file.

    Parameters
    ----------
    harmonies
        What to export.
    form
        ``R`` for fusionData, ``json`` without any loss, ``csv`` a row per level, ``html`` printable
        documentation.
    facts
        What is known of the surveys; the documentation shows all of it.

    Raises
    ------
    InputError
        If there is nothing to export, or the format cannot hold harmonies of this pair.
    """
    if not harmonies.harmonies:
        raise InputError(
            "There is no saved harmony to export", where=harmonies.pair.title, fix="Save one first"
        )
    remarks: tuple[ExportRemark, ...] = ()
    if form == "R":
        content, remarks = export_records(harmonies, context=_context(facts))
        text = write_r(content) + "\n"
    elif form == "json":
        text = render_pair(
            harmonies.pair, PairContents({item.key: item for item in harmonies.harmonies})
        )
    elif form == "csv":
        text = csv_text(crosswalk_table(harmonies.harmonies))
    else:
        text = crosswalk_document(harmonies, facts)
    pair, count = harmonies.pair, len(harmonies.harmonies)
    return Exported(f"{pair}.{form}", text, _MEDIA[form], form, pair, count, remarks)


def _context(facts: DocumentFacts) -> ExportContext:
    dictionaries: dict[SideName, Dictionary] = {}
    prices: dict[SideName, int | None] = {}
    for side in SIDES:
        survey = facts.surveys[side]
        if survey.dictionary is not None:
            dictionaries[side] = survey.dictionary
        prices[side] = survey.description.price_year if survey.description is not None else None
    return ExportContext(dictionaries, prices)


__all__ = ["FORMATS", "Exported", "Format", "export_harmonies", "parse_format"]
