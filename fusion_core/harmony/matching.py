"""Propose which recipient variables and which levels might mean the same thing.

Simple text matching: names, descriptions and level labels. It proposes, a person decides.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import log
from typing import Final

from rapidfuzz import fuzz, process

from fusion_core.harmony.model import LevelGroup
from fusion_core.surveys.model import Dictionary, Variable

_WORD = re.compile(r"[a-z0-9]+")
_STOP_WORDS: Final = frozenset(
    _WORD.findall(
        "a an and any are as at been by did do does for from had has have how if in is it its me "
        "more much of on one or other past that the their there these they this to was were what "
        "when whether which who whose with you your total number during last per flag variable "
        "recode recoded"
    )
)
_EVERYWHERE: Final = frozenset({"yes", "no", "not", "know", "refused", "none", "than", "less"})
"""Words so many answers hold that sharing them says nothing."""

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
"""Words that mean much the same in survey dictionaries; the first stands for all of its line."""

_SYNONYMS: Final = {word: concept.split()[0] for concept in _CONCEPTS for word in concept.split()}


@dataclass(frozen=True, slots=True)
class LevelMatch:
    """Two levels that read alike.

    Attributes
    ----------
    donor, recipient
        The levels.
    score
        1 for the same words, less for similar ones.
    """

    donor: str
    recipient: str
    score: float


@dataclass(frozen=True, slots=True)
class GroupProposal:
    """Groups proposed for the levels of two variables; ``None`` where nothing fits."""

    donor: tuple[LevelGroup, ...]
    recipient: tuple[LevelGroup, ...]
    matches: tuple[LevelMatch, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recipient variable that might measure the same concept.

    Attributes
    ----------
    variable
        The recipient variable.
    score
        Between 0 and 1.
    reason
        Why it ranks here, for people.
    """

    variable: Variable
    score: float
    reason: str


def normalise_label(text: str) -> str:
    """Return a label without case, punctuation and thousands separators."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower()).replace("'", "").replace("’", "")
    return " ".join(_WORD.findall(text))


def propose_groups(donor: Variable, recipient: Variable, *, minimum: float = 0.86) -> GroupProposal:
    """Propose groups for levels whose labels agree.

    Equal labels (apart from case and punctuation) are matched first, then similar ones, best first,
    each donor level at most once; a recipient level matched by several donor levels joins them in
    one group. Levels without a counterpart stay open.

    Parameters
    ----------
    donor, recipient
        Two categorical variables.
    minimum
        Smallest similarity, between 0 and 1, of labels that are not equal.
    """
    left = [normalise_label(level) for level in donor.levels]
    right = [normalise_label(level) for level in recipient.levels]
    matches = _equal(left, right)
    taken_left = {i for i, _, _ in matches}
    taken_right = {j for _, j, _ in matches}
    rows = [i for i in range(len(left)) if i not in taken_left]
    columns = [j for j in range(len(right)) if j not in taken_right]
    if rows and columns:
        scores = process.cdist(
            [left[i] for i in rows], [right[j] for j in columns],
            scorer=fuzz.token_sort_ratio, score_cutoff=100 * minimum,
        )  # fmt: skip
        pairs = [
            (float(scores[a, b]) / 100, i, j)
            for a, i in enumerate(rows)
            for b, j in enumerate(columns)
            if scores[a, b]
        ]
        for score, i, j in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
            if i in taken_left or j in taken_right or not _same_numbers(left[i], right[j]):
                continue
            matches.append((i, j, score))
            taken_left.add(i)
            taken_right.add(j)
    return _proposal(donor, recipient, matches)


def _equal(left: list[str], right: list[str]) -> list[tuple[int, int, float]]:
    where: dict[str, int] = {}
    for j, label in enumerate(right):
        where.setdefault(label, j)
    return [(i, where[label], 1.0) for i, label in enumerate(left) if label and label in where]


def _same_numbers(left: str, right: str) -> bool:
    """Labels that differ in a number ('1 room', '2 rooms') never mean the same."""
    return re.findall(r"\d+", left) == re.findall(r"\d+", right)


def _proposal(
    donor: Variable, recipient: Variable, matches: list[tuple[int, int, float]]
) -> GroupProposal:
    code_of_recipient: dict[int, float] = {}
    code_of_donor: dict[int, float] = {}
    for i, j, _ in sorted(matches):
        code_of_donor[i] = code_of_recipient.setdefault(j, float(len(code_of_recipient) + 1))
    return GroupProposal(
        tuple(LevelGroup(level, code_of_donor.get(i)) for i, level in enumerate(donor.levels)),
        tuple(
            LevelGroup(level, code_of_recipient.get(j)) for j, level in enumerate(recipient.levels)
        ),
        tuple(
            LevelMatch(donor.levels[i], recipient.levels[j], score)
            for i, j, score in sorted(matches)
        ),
    )


class CandidateIndex:
    """The words of a recipient dictionary, prepared once to rank candidates quickly.

    Parameters
    ----------
    dictionary
        The recipient's dictionary; only answers are candidates.
    """

    _LEVELS_READ = 60

    def __init__(self, dictionary: Dictionary) -> None:
        self.variables = dictionary.answers()
        self._descriptions = [words(item.description) for item in self.variables]
        self._labels = [self._level_words(item) for item in self.variables]
        self._names = [item.name for item in self.variables]
        self._texts = [item.description.lower() for item in self.variables]
        spread = Counter(word for found in self._descriptions for word in found)
        count = max(len(self.variables), 1)
        self._weight = {word: log(1 + count / times) for word, times in spread.items()}
        self._rare = log(1 + count)

    def rank(self, donor: Variable, *, limit: int = 20) -> tuple[Candidate, ...]:
        """Return the best candidates for a donor variable, best first."""
        own, labels = words(donor.description), self._level_words(donor)
        names = process.cdist([donor.name], self._names, scorer=fuzz.ratio)[0]
        texts = process.cdist(
            [donor.description.lower()], self._texts, scorer=fuzz.token_set_ratio
        )[0]
        ranked = []
        for index, variable in enumerate(self.variables):
            shared = own & self._descriptions[index]
            words_score = self._overlap(own, self._descriptions[index], shared)
            label_shared = labels & self._labels[index]
            label_score = (
                len(label_shared) / min(len(labels), len(self._labels[index]))
                if label_shared
                else 0.0
            )
            name_score = (
                1.0 if donor.name == variable.name else max(float(names[index]) / 100 - 0.4, 0.0)
            )
            text_score = float(texts[index]) / 100
            score = (
                0.45 * words_score + 0.15 * text_score + 0.22 * label_score + 0.10 * name_score
                + 0.05 * (donor.is_categorical == variable.is_categorical)
                + 0.03 * (donor.respondent == variable.respondent)
            )  # fmt: skip
            ranked.append((score, -index, shared, label_shared, name_score))
        best = sorted(ranked, key=lambda item: (-item[0], -item[1]))[:limit]
        return tuple(
            Candidate(
                self.variables[-position], min(score, 1.0), self._reason(shared, labels_, name)
            )
            for score, position, shared, labels_, name in best
        )

    def _overlap(self, own: frozenset[str], other: frozenset[str], shared: frozenset[str]) -> float:
        if not shared:
            return 0.0
        weigh = self._weight.get
        common = sum(weigh(word, self._rare) for word in shared)
        mine = sum(weigh(word, self._rare) for word in own)
        theirs = sum(weigh(word, self._rare) for word in other)
        return float(common / (0.5 * mine + 0.5 * theirs))

    def _reason(self, shared: frozenset[str], labels: frozenset[str], name: float) -> str:
        reasons = []
        if name >= 1.0:
            reasons.append("same name")
        elif name >= 0.4:  # noqa: PLR2004 - a clearly similar name
            reasons.append("similar name")
        if shared:
            weightiest = sorted(shared, key=lambda word: -self._weight.get(word, 0.0))[:3]
            reasons.append("both about " + ", ".join(weightiest))
        if labels:
            reasons.append("answers share " + ", ".join(sorted(labels)[:3]))
        return "; ".join(reasons) or "little in common"

    def _level_words(self, variable: Variable) -> frozenset[str]:
        return words(" ".join(variable.levels[: self._LEVELS_READ])) - _EVERYWHERE


def rank_candidates(
    donor_variable: Variable, recipient: Dictionary | CandidateIndex, *, limit: int = 20
) -> tuple[Candidate, ...]:
    """Rank recipient variables by how likely they measure what a donor variable measures.

    Parameters
    ----------
    donor_variable
        The donor variable.
    recipient
        The recipient's dictionary or, to rank many variables, a `CandidateIndex` of it.
    limit
        Number of candidates returned.
    """
    index = recipient if isinstance(recipient, CandidateIndex) else CandidateIndex(recipient)
    return index.rank(donor_variable, limit=limit)


def words(text: str) -> frozenset[str]:
    """Return the telling words of a text, synonyms and plurals merged."""
    found = set()
    for word in _WORD.findall(text.lower()):
        if word in _STOP_WORDS or len(word) == 1:
            continue
        merged = _SYNONYMS.get(word)
        if merged is None and len(word) > 3 and word.endswith("s") and not word.endswith("ss"):  # noqa: PLR2004 - 'gas' is no plural
            merged = _SYNONYMS.get(word[:-1], word[:-1])
        found.add(merged or word)
    return frozenset(found)


__all__ = [
    "Candidate",
    "CandidateIndex",
    "GroupProposal",
    "LevelMatch",
    "normalise_label",
    "propose_groups",
    "rank_candidates",
    "words",
]
