"""Read survey wording: telling words, synonyms, negations and the labels of people not asked.

One place knows which words mean much the same in survey dictionaries; ranking of variables and
matching of levels both use it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from fusion_core.text_similarity import STOP_WORDS, normalise_label, words_in

_remembered = lru_cache(maxsize=1 << 16)
"""Labels are read again for every pair they could belong to, and codebooks repeat themselves."""
_IDLE_IN_QUESTIONS: Final = STOP_WORDS | frozenset(
    words_in(
        "any been did do does had how if me more much one other past there these they what when "
        "whether which who whose total number during last per flag variable recode recoded edited "
        "universe current currently"
    )
)
"""Beside the stop words, words that only answers are told apart by, and those of codebooks."""
EVERYWHERE: Final = frozenset({"yes", "no", "not", "know", "refused", "none", "than", "less"})
"""Words so many answers hold that sharing them says nothing about the question."""

_CONCEPTS: Final = """
gender sex
man male
woman female
home house housing residence dwelling unit apartment
vehicle vehicles car cars auto autos automobile truck
earnings wage wages salary salaries
education attainment school schooling educational grade college degree enrolled enrollment university attending
work employment employed working job jobs worked worker workers labor employer workforce
occupation occupational occ
industry industrial ind
ethnicity hispanic latino origin spanish
race racial
built constructed construction
own tenure owned owner owns owning ownership rented renter
person members member people persons individual
reference householder respondent head
child children kids kid
married marital spouse partner
electricity electric
heating heat heated
computer computers laptop desktop tablet
phone phones smartphone smartphones cellphone telephone cell
stamps stamp snap ebt
birth birthplace born
citizen citizenship citizens
military veteran armed forces va active duty served
insurance insured coverage covered
bath bathrooms bathroom baths bathtub shower
stove range cooktop oven
internet broadband online web
travel commute commuting commutes transportation
disability difficulty limiting disabled impairment
mobility ambulatory walking
hours full part ftpt fulltime parttime
fuel energy
cost costs amount expense expenses payment pay bill charge
bedroom bedrooms
room rooms
income incomes
family household households hh families
supplemental ssi supplementary
self business semp
alone single
year yr years
age old aged
""".strip().splitlines()
"""Words that mean much the same in questions; the first stands for all of its line."""

_SYNONYMS: Final = {word: concept.split()[0] for concept in _CONCEPTS for word in concept.split()}

_ANSWER_CONCEPTS: Final = """
no none never without nothing nor neither
gas utility natural piped
lpg lp propane bottled tank
ged diploma
graduate graduated
bachelor bachelors ba bs
master masters ma
doctorate doctoral phd
professional profession
married spouse husband wife
female woman women girl
male man men boy
own owned owner homeowner bought buying
rent rented renter renting
attached attachment townhouse
apartment apartments
mobile trailer manufactured
white caucasian
multiple multi multiracial
asian asia
native natives indian
walk walked walking
bicycle bike biking
taxi taxicab
boat ferry ferryboat
subway metro
train rail railroad railway amtrak
bus buses
unemployed looking layoff
usa us
naturalized naturalization
abroad overseas
""".strip().splitlines()
"""Words that mean much the same in answers, where a house and an apartment are not the same."""

_ANSWER_SYNONYMS: Final = {
    word: concept.split()[0] for concept in _ANSWER_CONCEPTS for word in concept.split()
}
_IDLE_IN_ANSWERS: Final = STOP_WORDS | frozenset(
    words_in("etc example include includes including specify")
)
_NEGATION: Final = re.compile(
    r"\b(no|not|none|never|without|neither|non|nothing|zero|does not|did not|isnt|dont|doesnt)\b"
)
_NOT_ASKED: Final = re.compile(
    r"\b(niu|not in universe|not applicable|n a|na|inapplicable|valid skip|blank|not a worker|group quarters"
    r"|(?:less than|under) \d+ years? old|not reported)\b"
)
_NO_ANSWER: Final = re.compile(
    r"^(refused|dont know|do not know|refused dont know|dont know refused|dont know not sure|not ascertained|no answer"
    r"|not stated|missing|unknown( .*)?)$"
)
_SEVERAL: Final = re.compile(
    r"\b(two or more|multiple|multi|or more races|several|combinations?)\b"
)
_OTHER: Final = re.compile(
    r"^(some |all |any )?(other|others|otherwise|something else|else|elsewhere|residual)\b"
)


def _singular(word: str, synonyms: dict[str, str]) -> str:
    merged = synonyms.get(word)
    if merged is None and len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us")):  # noqa: PLR2004 - 'gas' and 'status' are no plurals
        merged = synonyms.get(word[:-1], word[:-1])
    return merged or word


def words(text: str) -> frozenset[str]:
    """Return the telling words of a question, synonyms and plurals merged."""
    return frozenset(
        _singular(word, _SYNONYMS)
        for word in words_in(text)
        if word not in _IDLE_IN_QUESTIONS and len(word) > 1
    )


@_remembered
def answer_words(label: str) -> frozenset[str]:
    """Return the telling words of an answer, synonyms and plurals merged."""
    text = normalise_label(label.replace("u.s.", "us").replace("U.S.", "us"))
    return frozenset(
        _singular(word, _ANSWER_SYNONYMS) for word in text.split() if word not in _IDLE_IN_ANSWERS
    )


@_remembered
def is_negative(label: str) -> bool:
    """Whether an answer denies: 'No', 'Never served', 'Not a citizen', 'Without'."""
    return bool(_NEGATION.search(normalise_label(label)))


@_remembered
def starts_negative(label: str) -> bool:
    """Whether an answer begins with the denial: 'No', 'Not covered', 'Never'."""
    return bool(_NEGATION.match(normalise_label(label)))


@_remembered
def is_several(label: str) -> bool:
    """Whether a label stands for several answers at once: 'Two or more races', 'Multiple'."""
    return bool(_SEVERAL.search(normalise_label(label)))


@_remembered
def is_not_asked(label: str) -> bool:
    """Whether a label stands for people the question was not put to, or who did not answer it."""
    return bool(_NOT_ASKED.search(normalise_label(label))) or is_no_answer(label)


@_remembered
def is_no_answer(label: str) -> bool:
    """Whether a label stands for people who were asked and did not answer: 'Refused'."""
    return bool(_NO_ANSWER.match(normalise_label(label)))


@_remembered
def is_other(label: str) -> bool:
    """Whether a label is the rest: 'Other', 'Some other fuel', 'Something else'."""
    return bool(_OTHER.search(normalise_label(label)))


__all__ = [
    "EVERYWHERE",
    "answer_words",
    "is_negative",
    "is_no_answer",
    "is_not_asked",
    "is_other",
    "is_several",
    "starts_negative",
    "words",
]
