"""Learn when a suggestion may be called probably right, from families of surveys looked at before.

Every published harmony is suggested without any harmony of its family, by weights of the ranking
fitted without it, once from a cold start and once with the harmonies of the other families. A
logistic model of a few signals says how probably variable and whole harmony are right. Signals and
threshold are judged by cross-validation over the families `TUNED`: 'probably right' starts at the
least probability from which `AIM` of them are right. The families `REPORTED` are only counted.
``--write`` puts weights and threshold where the product reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from benchmark_suggestions import is_right
from learn_suggestions import choices, fit
from support.published import (
    REPORTED,
    TUNED,
    family,
    newest_cases,
    read_published,
    taught_by_others,
)

from fusion_core.harmony.matching import candidates
from fusion_core.harmony.suggest import SuggestionIndex, _certainty
from fusion_core.harmony.suggest._certainty import signals_of_the_whole
from fusion_core.harmony.suggest._confidence import confidence_before_checks

AIM = 0.85
"""Share that must be right where nothing was fitted: 80 % with a margin, as cases are few."""
THRESHOLDS = np.arange(0.6, 0.95, 0.02)


@dataclass(frozen=True)
class Judged:
    """One published harmony: what its suggestion was called before, its signals, and the truth."""

    family: str
    taught: bool
    word: str
    signals: dict[str, float]
    right: bool


def judged_cases() -> Iterator[Judged]:
    """Suggest every published harmony without its family, cold and with other surveys'."""
    published = read_published()
    cases = newest_cases(published)
    known = choices(published, cases, teach=False)
    for kin in dict.fromkeys(item.family for item in known):
        weights = fit([item for item in known if item.family != kin])
        own = [case for case in cases if family(case.pair.donor) == kin]
        with patch.object(
            candidates, "SIGNALS", dict(zip(candidates.SIGNALS, weights, strict=True))
        ):
            for taught in (False, True):
                yield from _judged(published, own, kin, taught=taught)


def _judged(published, cases, kin: str, *, taught: bool) -> Iterator[Judged]:
    indexes = {}
    for case in cases:
        pair = case.pair
        recipient, donors = published.dictionary(pair.recipient), published.dictionary(pair.donor)
        if pair.recipient not in indexes:
            examples = taught_by_others(published, pair.donor) if taught else ()
            indexes[pair.recipient] = SuggestionIndex(recipient, examples)
        index, columns = indexes[pair.recipient], tuple(donors.answers())
        (first,) = index.rank(case.donor, limit=1)
        found = index._suggested(case.donor, first.variable, pair, columns, None)
        suggested = index.suggest(case.donor, case.right, pair, columns=columns).harmony
        is_its_variable = first.variable.name in {case.right, *case.partners}
        signals = signals_of_the_whole(
            first, found.harmony, found.basis, found.confidence, (donors, recipient)
        )
        right = is_its_variable and is_right(case.harmony, suggested)
        word = confidence_before_checks(first, found.confidence, found.basis)
        yield Judged(kin, taught, word, signals, right)


def matrix(items: Iterable[Judged], names: list[str]) -> np.ndarray:
    """Return one row of signals per case."""
    return np.array([[item.signals[name] for name in names] for item in items])


def learn(items: list[Judged], names: list[str]) -> LogisticRegression:
    """Fit the model to cases."""
    return LogisticRegression().fit(matrix(items, names), [item.right for item in items])


def chances(items: list[Judged], names: list[str]) -> np.ndarray:
    """Return how probably each case is right, by a model fitted to the other families."""
    found = np.zeros(len(items))
    for kin in {item.family for item in items}:
        at = np.array([item.family == kin for item in items])
        others = [item for item in items if item.family != kin]
        own = [item for item in items if item.family == kin]
        found[at] = learn(others, names).predict_proba(matrix(own, names))[:, 1]
    return found


def loss(items: list[Judged], found: np.ndarray) -> float:
    """Return the mean negative log likelihood of what turned out right."""
    right = np.array([item.right for item in items])
    return float(-np.log(np.where(right, found, 1.0 - found)).mean())


def share(items: list[Judged], found: np.ndarray, least: float) -> tuple[int, float]:
    """Return how many likely suggestions reach a probability, and the share of them right."""
    said = [
        item.right
        for item, chance in zip(items, found, strict=True)
        if item.word == "likely" and chance >= least
    ]
    return len(said), float(np.mean(said)) if said else float("nan")


def main() -> None:
    """Print what signals and threshold do, in the cross-validation and on the families counted."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write them into the package")
    write = options.parse_args().write
    cases = list(judged_cases())
    tuned = [item for item in cases if item.family in TUNED]
    names = list(tuned[0].signals)
    found = chances(tuned, names)
    print(f"loss in the cross-validation {loss(tuned, found):.4f}")
    for name in names:
        rest = [other for other in names if other != name]
        print(f"  without '{name}' {loss(tuned, chances(tuned, rest)):.4f}")
    least = next(value for value in THRESHOLDS if share(tuned, found, value)[1] >= AIM)
    model = learn(tuned, names)
    for label, items, right in [
        ("cross-validation", tuned, found),
        *(
            (f"counted only, {'with other surveys' if taught else 'cold'}", kept, None)
            for taught in (False, True)
            for kept in [[i for i in cases if i.family in REPORTED and i.taught == taught]]
        ),
    ]:
        probable = model.predict_proba(matrix(items, names))[:, 1] if right is None else right
        sure = [item.right for item in items if item.word == "sure"]
        print(f"{label}: sure {len(sure)} {np.mean(sure):.3f}", end="; ")
        print("likely before {} {:.3f}".format(*share(items, probable, 0.0)), end="; ")
        print("likely from {:.2f}: {} {:.3f}".format(least, *share(items, probable, least)))
    weights = dict(zip(names, model.coef_[0].round(2).tolist(), strict=True))
    learnt = {
        "weights": weights,
        "constant": round(float(model.intercept_[0]), 2),
        "least": round(float(least), 2),
    }
    print(json.dumps(learnt, indent=1))
    if write:
        place = Path(_certainty.__file__).parent / "certainty.json"
        place.write_text(json.dumps(learnt, indent=1) + "\n")


if __name__ == "__main__":
    main()
