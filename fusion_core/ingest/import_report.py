"""What an import would store, in a few lines, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fusion_core.summaries import counted
from fusion_core.surveys.model import HOUSEHOLD_KEY, PERSON_KEY, WEIGHT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from fusion_core.ingest.generic import Inspection
    from fusion_core.ingest.reader import Reader
    from fusion_core.ingest.readers import ImportTrial
    from fusion_core.surveys.model import Survey

_MILLION: Final = 1_000_000
_SHOWN: Final = 8
_FEW_VALUES: Final = 8


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the report: what it is about, and what was found."""

    title: str
    text: str


def report_facts(trial: ImportTrial, reader: Reader | None = None) -> tuple[Fact, ...]:
    """Return what a person should look at before a survey is stored.

    Keys, weights and totals, replicates and their design, areas with their definition, special values,
    and columns left out with the reason; what is suspicious stands among the problems of the trial.
    Empty when the files cannot be read.
    """
    survey = trial.survey
    if survey is None or survey.household is None:
        return ()
    facts = [
        Fact("Keys", "; ".join(_keys(survey, survey.household))),
        Fact("Weighted total", ", ".join(_totals(survey)) + _published(survey, reader)),
        Fact("Weight", _weight(survey)),
        Fact("Replicates", _replicates(survey, trial.inspection)),
        Fact("Areas", _areas(survey)),
        Fact("Prices", _prices(survey)),
    ]
    if trial.inspection is not None:
        facts += [
            Fact("Numbers or codes", _perhaps_codes(survey)),
            Fact("Special values", _special(trial.inspection)),
            Fact("Left out", _left_out(trial.inspection)),
        ]
    return tuple(fact for fact in facts if fact.text)


def _prices(survey: Survey) -> str:
    year = survey.description.price_year
    if year is None:
        return "the year of dollar amounts is not known: they cannot be converted to other years"
    return f"dollar amounts are taken to be of {year}"


def _keys(survey: Survey, household: pd.DataFrame) -> Iterator[str]:
    described = survey.dictionary.get(HOUSEHOLD_KEY)
    source = "" if described is None else f" – {described.description}"
    yield f"{counted(len(household), 'household')} with unique identifiers{source}"
    if survey.person is not None:
        homes = survey.person[HOUSEHOLD_KEY].nunique()
        yield f"{counted(len(survey.person), 'person')} in {homes:,} of them"
        numbers = survey.dictionary.get(PERSON_KEY)
        if numbers is not None:
            yield f"{numbers.description[:1].lower()}{numbers.description[1:]}"


def _published(survey: Survey, reader: Reader | None) -> str:
    known = None if reader is None else reader.published.get(survey.id.vintage)
    return "" if known is None else f"; published are {in_words(known.households)} ({known.source})"


def _totals(survey: Survey) -> Iterator[str]:
    for table, noun in ((survey.household, "households"), (survey.person, "persons")):
        if table is not None:
            yield f"{in_words(float(table[WEIGHT].sum()))} {noun}"


def in_words(total: float) -> str:
    """Write a total as people say it: 118.2 million, 15,335."""
    if total >= _MILLION:
        return f"{total / _MILLION:,.1f} million"
    return f"{total:,.0f}"


def _weight(survey: Survey) -> str:
    described = survey.dictionary.get(WEIGHT)
    return "" if described is None else described.description


def _replicates(survey: Survey, inspection: Inspection | None) -> str:
    design = survey.description.design
    if not design.replicates:
        return "none"
    text = f"{design.replicates}, {design.method}"
    if inspection is None:
        return text
    return f"{text} ({inspection.replicates[0]} … {inspection.replicates[-1]})"


def _special(inspection: Inspection) -> str:
    """Say which codes are read as no answer; why stands among the problems."""
    special = [(source, item) for source, item in inspection.special if item.kind != "value"]
    if not special:
        return ""
    codes = list(dict.fromkeys(item.code for _, item in special))
    columns = len({source for source, _ in special})
    rows = sum(item.rows for _, item in special)
    noun = "column" if columns == 1 else "columns"
    values = "value" if rows == 1 else "values"
    verb = "is" if len(codes) == 1 else "are"
    return f"{_shown(codes)} {verb} read as no answer: {rows:,} {values} in {columns:,} {noun}"


def _areas(survey: Survey) -> str:
    names = survey.description.geography
    if not names:
        return "none: maps are not possible"
    censuses = survey.description.puma_censuses
    text = ", ".join(names)
    if len(censuses) > 1:
        years = " and ".join(censuses)
        return f"{text}; PUMAs of {years} side by side: one code can stand for different areas"
    return f"{text}; PUMAs as defined in {censuses[0]}" if censuses else text


def _perhaps_codes(survey: Survey) -> str:
    """Name numbers that no codebook explains and whose few values may be codes of categories."""
    names = [
        variable.name
        for variable in survey.dictionary.answers()
        if variable.type == "integer"
        and not variable.description
        and survey.table(variable.respondent)[variable.name].nunique() <= _FEW_VALUES
    ]
    if not names:
        return ""
    verb = "has" if len(names) == 1 else "have"
    return (
        f"{_shown(names)} {verb} at most {_FEW_VALUES} different values; if they are codes, set the "
        "type of the column to category"
    )


def _left_out(inspection: Inspection) -> str:
    return _shown(
        [f"{item.source} ({item.left_out})" for item in inspection.columns if item.left_out]
    )


def _shown(items: list[str]) -> str:
    more = f" and {len(items) - _SHOWN:,} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more


__all__ = ["Fact", "in_words", "report_facts"]
