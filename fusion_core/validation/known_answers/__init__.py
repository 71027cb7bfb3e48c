"""Known answers: what the recipient knows is hidden, fused, and compared area by area."""

from fusion_core.validation.known_answers.known_answers import (
    AREA_COLUMNS,
    KnownAnswers,
    ask_known_answers,
)
from fusion_core.validation.known_answers.learning import learn_rule
from fusion_core.validation.known_answers.own_questions import ask_own_questions
from fusion_core.validation.known_answers.pair import KnownPair
from fusion_core.validation.known_answers.places import household_predictors
from fusion_core.validation.known_answers.settings import KnownAnswerSettings
from fusion_core.validation.known_answers.storage import (
    KNOWN_ANSWERS,
    has_known_answers,
    read_known_answers,
    read_known_facts,
    write_known_answers,
)
from fusion_core.validation.known_answers.summary import (
    CARRIES,
    SUMMARY_COLUMNS,
    known_findings,
    summarise,
    with_margins,
)

__all__ = [
    "AREA_COLUMNS",
    "CARRIES",
    "KNOWN_ANSWERS",
    "SUMMARY_COLUMNS",
    "KnownAnswerSettings",
    "KnownAnswers",
    "KnownPair",
    "ask_known_answers",
    "ask_own_questions",
    "has_known_answers",
    "household_predictors",
    "known_findings",
    "learn_rule",
    "read_known_answers",
    "read_known_facts",
    "summarise",
    "with_margins",
    "write_known_answers",
]
