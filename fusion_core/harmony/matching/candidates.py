"""Rank the recipient variables that might measure what a donor variable measures.

A candidate is judged by signals: wording of the question (telling words weighted by how rare they
are, character n-grams, tokens), the topics it is about, wording of the answers, name, kind, amounts,
who answers, and the harmonies people made before with other surveys. Their weights are those of a
conditional logit model (the probability that a candidate is the right one among all of the
dictionary), fitted to published harmonies by `tests/studies/learn_suggestions.py`;
`assets/measured/suggestions.md` judges them on families of surveys they were not fitted to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from fusion_core.harmony.labels import EVERYWHERE, question_text, words
from fusion_core.harmony.matching._learnt import ranking_weights
from fusion_core.harmony.matching._question_signals import QuestionSignals
from fusion_core.harmony.matching.examples import Example, distinct
from fusion_core.records import Checked
from fusion_core.surveys.model import Dictionary, Variable
from fusion_core.text_similarity import Floats, NgramIndex, WordIndex, ratios

SIGNALS: Final = ranking_weights()
"""The signals, in the order of the columns of `CandidateIndex.signals`, and their weights."""

_BEST_SCORE: Final = 22.0
"""Weighted sum of a perfect match (same question, same answers); higher sums count as perfect."""
_HARMONIZED_BEFORE: Final = 8.0
"""Added for a variable of the same survey that people harmonized with this recipient variable."""
_OF_ANY_QUESTION: Final = frozenset({"level", "main", "type", "kind", "detail", "amount", "code"})
"""Words that are no concept: to share them is no reason for people, however rare they are."""
_NUMERALS: Final = frozenset({"one", "two", "three", "four", "five", "six", "more"})
_SURE, _LIKELY = (0.8, 13.0), (0.55, 9.0)
"""Least probability and weighted sum of a sure and of a likely candidate.

Of the first candidates of published harmonies, judged by weights learnt without their family of
surveys, 98 % of the sure ones were the published ones and 92 % of the likely ones.
"""
_POSSIBLE: Final = (0.22, 0.5)
"""Least score and probability of a candidate that may well be right.

Chosen where the NHTS 2017 and RECS 2015 meet the ACS 2024 without a harmony: of what is not worth a
look, the size of the household and its number of workers reach both, and one that is wrong.
"""
_LEVELS_READ: Final = 60
_SIMILAR_NAME: Final = 0.4
_SIMILAR_EXAMPLE: Final = 0.45


Confidence = Literal["sure", "likely", "unsure"]
"""How far a suggestion can be trusted, in three steps a person can act on."""


@dataclass(frozen=True, slots=True)
class Candidate(Checked):
    """A recipient variable that might measure the same concept.

    Attributes
    ----------
    variable
        The recipient variable.
    score
        Between 0 and 1.
    reason
        Why it ranks here, for people.
    probability
        That it is the right one, given that the donor variable has a counterpart at all.
    confidence
        How far it can be trusted, also as to whether there is a counterpart.
    is_worth_a_look
        Whether to show it to somebody who did not ask for it.
    """

    variable: Variable
    score: float
    reason: str
    probability: float = 0.0
    confidence: Confidence = "unsure"
    is_worth_a_look: bool = False

    @property
    def is_possible(self) -> bool:
        """Whether to show it, as less sure, to somebody who wants more than is worth a look."""
        least_score, least_probability = _POSSIBLE
        return self.score >= least_score and self.probability >= least_probability


class CandidateIndex:
    """The wording of a recipient dictionary, prepared once to rank candidates quickly.

    Parameters
    ----------
    dictionary
        The recipient's dictionary; only answers are candidates.
    examples
        Harmonies made before with this recipient, of any year; those of other recipients are
        ignored where the variable does not exist.
    """

    def __init__(self, dictionary: Dictionary, examples: Iterable[Example] = ()) -> None:
        self.variables = dictionary.answers()
        self._names = [item.name for item in self.variables]
        self._position = {name: index for index, name in enumerate(self._names)}
        self._examples = [
            item for item in distinct(examples) if item.harmony.recipient.variable in self._position
        ]
        self._right = [self._position[item.harmony.recipient.variable] for item in self._examples]
        donors = [item.donor for item in self._examples]
        self._questions = _Grams(self.variables, donors, _question)
        self._answers = _Grams(self.variables, donors, _answers)
        self._descriptions = [words(question_text(item.description)) for item in self.variables]
        self._labels = [_label_words(item) for item in self.variables]
        self._label_index = WordIndex(self._labels)
        self._texts = [_question(item) for item in self.variables]
        spread = Counter(word for found in self._descriptions for word in found)
        count = max(len(self.variables), 1)
        self._weight = {word: log(1 + count / times) for word, times in spread.items()}
        self._rare = log(1 + count)
        self._concepts = WordIndex(self._descriptions, self._rarity)
        self._example_concepts = WordIndex(
            [words(question_text(item.description)) for item in donors], self._rarity
        )
        self._used = self._times_used()
        self._question_signals = QuestionSignals(self.variables)

    def rank(self, donor: Variable, *, survey: str = "", limit: int = 20) -> tuple[Candidate, ...]:
        """Return the best candidates for a donor variable, best first.

        Parameters
        ----------
        donor
            The donor variable.
        survey
            Name of its survey: what was harmonized with another vintage of it comes first.
        limit
            Number of candidates returned.
        """
        if not self.variables:
            return ()
        signals, nearest = self._judge(donor)
        sums = signals @ np.array(list(SIGNALS.values()))
        before = self._harmonized_before(donor, survey)
        sums[list(before)] += _HARMONIZED_BEFORE
        chances = np.exp(sums - sums.max())
        chances /= chances.sum()
        best = np.argsort(-sums, kind="stable")[:limit]
        return tuple(
            Candidate(
                self.variables[index],
                float(min(max(sums[index] / _BEST_SCORE, 0.0), 1.0)),
                before.get(index) or self._reason(donor, index, signals[index], nearest[index]),
                float(chances[index]),
                _confidence(chances[index], sums[index]),
                _confidence(chances[index], sums[index]) != "unsure",
            )
            for index in best.tolist()
        )

    def _harmonized_before(self, donor: Variable, survey: str) -> dict[int, str]:
        """Return the recipients of this variable in other pairs of its survey, with the reason."""
        return {
            right: f"harmonized with {self._names[right]} in {item.pair.title}"
            for item, right in zip(self._examples, self._right, strict=True)
            if survey and item.pair.donor.name == survey and item.donor.name == donor.name
        }

    def signals(self, donor: Variable) -> Floats:
        """Return the signals of every candidate, shape (variables, `SIGNALS`), each near 0 … 1."""
        return self._judge(donor)[0]

    def _judge(self, donor: Variable) -> tuple[Floats, NDArray[np.int64]]:
        own, labels = words(question_text(donor.description)), _label_words(donor)
        concepts = self._concepts.shared(own)
        questions, example_questions = self._questions.compare(donor)
        answers, example_answers = self._answers.compare(donor)
        names = ratios([donor.name], self._names, "letters")[0]
        columns: list[Any] = [
            concepts.dice,
            concepts.containment,
            questions,
            ratios([_question(donor)], self._texts, "word set")[0],
            self._label_index.shared(labels).containment,
            answers,
            np.maximum(names - _SIMILAR_NAME, 0.0),
            [donor.name == name for name in self._names],
            [donor.is_categorical == item.is_categorical for item in self.variables],
            [donor.respondent == item.respondent for item in self.variables],
        ]
        example, example_name, nearest = self._learn(donor, own, example_questions, example_answers)
        columns += [example, example_name, self._used, self._question_signals.of(donor)]
        signals: Floats = np.column_stack(columns).astype(float)
        return signals, nearest

    def _learn(
        self, donor: Variable, own: frozenset[str], questions: Floats, answers: Floats
    ) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """Compare with the donor variables of examples; each recipient takes its most similar."""
        count = len(self.variables)
        wording, name = np.zeros(count), np.zeros(count)
        nearest = np.full(count, -1)
        if not self._examples:
            return wording, name, nearest
        overlaps = self._example_concepts.shared(own).dice
        alike = 0.4 * questions + 0.4 * overlaps + 0.2 * answers
        known = [item.donor.name for item in self._examples]
        names = ratios([donor.name], known, "letters")[0]
        for index, right in enumerate(self._right):
            if alike[index] > wording[right]:
                wording[right], nearest[right] = alike[index], index
        np.maximum.at(name, self._right, np.maximum(names - 0.6, 0.0))
        return wording, name, nearest

    def _times_used(self) -> Floats:
        surveys: dict[int, set[str]] = defaultdict(set)
        for item, right in zip(self._examples, self._right, strict=True):
            surveys[right].add(item.pair.donor.name)
        return np.array([log(1 + len(surveys[index])) for index in range(len(self.variables))])

    def _rarity(self, word: str) -> float:
        """Return the weight of a word: the fewer questions hold it, the more it tells."""
        return self._weight.get(word, self._rare)

    def _reason(self, donor: Variable, index: int, signals: Floats, nearest: int) -> str:
        found = dict(zip(SIGNALS, signals, strict=True))
        reasons = []
        if found["same name"]:
            reasons.append("same name")
        elif found["similar name"] > 0:
            reasons.append("similar name")
        shared = (
            words(question_text(donor.description)) & self._descriptions[index]
        ) - _OF_ANY_QUESTION
        if shared:
            weightiest = sorted(shared, key=lambda word: (-self._weight.get(word, 0.0), word))[:3]
            reasons.append("both about " + ", ".join(weightiest))
        labels = (_label_words(donor) & self._labels[index]) - _NUMERALS
        if labels:
            reasons.append("answers share " + ", ".join(sorted(labels)[:3]))
        if nearest >= 0 and found["similar example"] >= _SIMILAR_EXAMPLE:
            example = self._examples[nearest]
            reasons.append(f"like {example.donor.name} of {example.pair.donor.title}")
        return "; ".join(reasons) or "little in common"


def _confidence(chance: float, total: float) -> Confidence:
    if chance >= _SURE[0] and total >= _SURE[1]:
        return "sure"
    return "likely" if chance >= _LIKELY[0] and total >= _LIKELY[1] else "unsure"


class _Grams:
    """Cosine similarity of TF-IDF weighted character n-grams of one text per variable."""

    def __init__(
        self,
        variables: Sequence[Variable],
        donors: Sequence[Variable],
        text: Callable[[Variable], str],
    ) -> None:
        self._text = text
        self._split = len(variables)
        self._index = NgramIndex([text(item) for item in (*variables, *donors)])

    def compare(self, variable: Variable) -> tuple[Floats, Floats]:
        """Return the similarities with the recipient's variables and with the examples' donors."""
        cosine = self._index.similarities(self._text(variable))
        return cosine[: self._split], cosine[self._split :]


def _question(variable: Variable) -> str:
    return question_text(variable.description).lower()


def _answers(variable: Variable) -> str:
    return " ".join(variable.levels[:_LEVELS_READ])


def _label_words(variable: Variable) -> frozenset[str]:
    return words(_answers(variable)) - EVERYWHERE


__all__ = ["SIGNALS", "Candidate", "CandidateIndex", "Confidence"]
