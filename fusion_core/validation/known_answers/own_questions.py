"""Questions that only the recipient asked: fused from a part of it to the rest.

They show what areas have beyond the same predictors for many more variables than both surveys share,
and without any difference between two questionnaires.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from fusion_core.geography.location import PUMA
from fusion_core.surveys.model import HOUSEHOLD_KEY
from fusion_core.validation.known_answers.known_answers import ask_known_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from fusion_core.surveys.model import Survey
    from fusion_core.surveys.stored import StoredSurvey
    from fusion_core.validation.known_answers.known_answers import KnownAnswers
    from fusion_core.validation.known_answers.pair import KnownPair
    from fusion_core.validation.known_answers.settings import KnownAnswerSettings

    Progress = Callable[[float, str], None]

# Of a question: levels at most, and households with an answer at least.
_MOST_LEVELS: Final = 12
_LEAST_ANSWERED: Final = 0.8
# Households that are made donors, at most.
_MOST_OF_RECIPIENT: Final = 0.3
_STATE: Final = "state of the area"
_FEWEST_PLACES: Final = 10


def ask_own_questions(
    pair: KnownPair,
    survey: StoredSurvey | Survey,
    settings: KnownAnswerSettings,
    *,
    seed: int,
    threads: int = 1,
    progress: Progress | None = None,
) -> KnownAnswers | None:
    """Fuse questions that only the recipient asked from a part of it to the rest, and compare every area.

    Parameters
    ----------
    pair
        Donor and prepared recipient, with all its households in their order.
    survey
        The recipient as it was imported.
    settings
        How thoroughly; `KnownAnswerSettings.own` says how many questions.
    seed, threads, progress
        As in `ask_known_answers`.

    Returns
    -------
    KnownAnswers or None
        ``None`` where no such question is asked for, or there is none.
    """
    if not settings.own:
        return None
    questions = own_questions(survey, pair.recipient, used=pair.sources)
    if not len(questions.columns):
        return None
    return ask_known_answers(
        own_pair(pair, questions, seed=seed),
        dataclasses.replace(settings, variables=(), most=settings.own),
        seed=seed,
        threads=threads,
        progress=progress,
    )


def own_questions(
    survey: StoredSurvey | Survey, recipient: pd.DataFrame, *, used: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """Return the recipient's own household questions that no predictor was made from.

    Parameters
    ----------
    survey
        The recipient.
    recipient
        The prepared recipient.
    used
        Columns that predictors follow from, as `KnownPair.sources`.

    Returns
    -------
    DataFrame
        One row per household of the prepared recipient, in its order: numbers, and categories of few
        levels, that nearly all households answered.
    """
    taken = {source for columns in used.values() for source in columns}
    stored = set(survey.column_names("household")) - set(recipient.columns)
    names = [
        name
        for name, variable in survey.dictionary.items()
        if variable.respondent == "household"
        and variable.role == "answer"
        and f"{name} of {survey.description.id.title}" not in taken
        and name in stored
        and len(variable.levels) <= _MOST_LEVELS
    ]
    table = survey.columns("household", [HOUSEHOLD_KEY, *names]).set_index(HOUSEHOLD_KEY)
    table = table.reindex(recipient[HOUSEHOLD_KEY]).reset_index(drop=True)
    return table[[name for name in names if _can_be_asked(table[name])]]


def _can_be_asked(column: pd.Series[Any]) -> bool:
    known = isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(column)
    varies = column.nunique() > 1
    return bool(known and varies and column.notna().mean() >= _LEAST_ANSWERED)


def own_pair(pair: KnownPair, own: pd.DataFrame, *, seed: int) -> KnownPair:
    """Return a part of the recipient as the donor of the rest, to hide questions of its own.

    Parameters
    ----------
    pair
        Donor and recipient.
    own
        The recipient's own questions, one row per household of it.
    seed
        Of the part.
    """
    from fusion_core.fusion.base import Purpose, stream

    recipient = pd.concat([pair.recipient.reset_index(drop=True), own], axis=1)
    recipient = recipient.assign(**{_STATE: recipient[PUMA].astype(str).str[:2]})
    donors = stream(seed, Purpose.VALIDATION, "own questions").random(len(recipient))
    # As many donors as the donor has, but never so many that areas are left without households.
    inside = donors < min(len(pair.donor) / len(recipient), _MOST_OF_RECIPIENT)
    # The recipient knows no household's own neighbourhood, but the mix of those of its area.
    shares = [name for columns in pair.given.values() for name in columns]
    return dataclasses.replace(
        pair,
        predictors=(*pair.predictors, *shares),
        given={},
        donor=recipient[inside].reset_index(drop=True),
        recipient=recipient[~inside].reset_index(drop=True),
        place=_STATE if recipient[_STATE].nunique() >= _FEWEST_PLACES else "",
        others=tuple(str(name) for name in own.columns),
    )
