"""Learn the weights of the signals that rank candidates from published harmonies; judge them.

The weights are those of a conditional logit model: of all variables of the recipient, which one did
people harmonize the donor's with? It is fitted with a ridge penalty to the published harmonies of
all families of surveys and judged by cross-validation over families – all vintages of a survey, and
the CPS with its supplement, are one family – with and without the harmonies of the other families at
hand. ``--write`` puts the weights where the product reads them.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from support.published import (
    REPORTED,
    Case,
    family,
    newest_cases,
    read_published,
    taught_by_others,
)

from fusion_core.harmony.matching import _learnt
from fusion_core.harmony.matching.candidates import SIGNALS, CandidateIndex

RIDGE = 1.0
"""Penalty on the squared weights, of signals scaled to a standard deviation of one."""


@dataclass(frozen=True)
class Choice:
    """One variable people harmonized: the signals of all candidates, and which one they chose."""

    family: str
    signals: NDArray[np.float64]
    chosen: int


def choices(published, cases: list[Case], *, teach: bool) -> list[Choice]:
    """Return the choices people made, partners of the same variable left out."""
    found, known = [], {}
    for case in cases:
        place = case.pair.recipient, family(case.pair.donor) if teach else ""
        if place not in known:
            taught = taught_by_others(published, case.pair.donor) if teach else ()
            known[place] = CandidateIndex(published.dictionary(case.pair.recipient), taught)
        index = known[place]
        names = [item.name for item in index.variables]
        keep = [name not in case.partners for name in names]
        left = [name for name, kept in zip(names, keep, strict=True) if kept]
        if case.right in left:
            signals = index.signals(case.donor)[np.array(keep)]
            found.append(Choice(family(case.pair.donor), signals, left.index(case.right)))
    return found


def fit(data: list[Choice]) -> NDArray[np.float64]:
    """Return the weights that make the choices most likely."""
    scale = np.std(np.vstack([item.signals for item in data]), axis=0) + 1e-9

    def loss(weights):
        total, slope = RIDGE * weights @ weights, 2 * RIDGE * weights
        for item in data:
            signals = item.signals / scale
            sums = signals @ weights
            chances = np.exp(sums - sums.max())
            total += sums.max() + np.log(chances.sum()) - sums[item.chosen]
            slope = slope + chances / chances.sum() @ signals - signals[item.chosen]
        return total, slope

    return minimize(loss, np.zeros(len(scale)), jac=True, method="L-BFGS-B").x / scale


def ranks(data: list[Choice], weights) -> NDArray[np.int64]:
    """Return how many candidates stand before the chosen one."""
    sums = [item.signals @ weights for item in data]
    return np.array([(s > s[item.chosen]).sum() for s, item in zip(sums, data, strict=True)])


def main() -> None:
    """Print how often the published variable came first, by family, and the weights."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write the weights into the package")
    published = read_published()
    cases = newest_cases(published)
    cold, taught = (choices(published, cases, teach=teach) for teach in (False, True))
    families = sorted({item.family for item in cold})
    judged = {}
    for name in families:
        weights = fit([item for item in (*cold, *taught) if item.family != name])
        for kind, data in (("without harmonies", cold), ("with other surveys", taught)):
            judged[kind, name] = ranks([i for i in data if i.family == name], weights)
    for kind in ("without harmonies", "with other surveys"):
        for label, names in (
            ("all", families),
            ("reported", REPORTED),
            *((f, [f]) for f in families),
        ):
            found = np.concatenate([judged[kind, name] for name in names])
            print(
                f"{kind}, {label}: {len(found)} first {(found == 0).mean():.3f} five {(found < 5).mean():.3f}"
            )
    weights = dict(zip(SIGNALS, fit([*cold, *taught]).round(2).tolist(), strict=True))
    print(json.dumps(weights, indent=1))
    if options.parse_args().write:
        text = json.dumps({"weights": weights}, indent=1) + "\n"
        (Path(_learnt.__file__).parent / "learnt.json").write_text(text)


if __name__ == "__main__":
    main()
