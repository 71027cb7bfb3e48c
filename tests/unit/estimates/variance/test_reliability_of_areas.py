"""Whether an estimate of an area may be called reliable: never where nothing could tell it."""

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from test_area_rule import evidence

from fusion_core.estimates import DonorSample, Statistic, analyze
from fusion_core.estimates.margins.report import HIGH_RELIABILITY_CV
from fusion_core.estimates.variance import AreaRule, Locality
from fusion_core.fusion import FusedVariable, Implicates

AREAS, EACH, DRAWS, DONORS = 40, 60, 5, 1500
PUMAS = np.repeat(np.arange(AREAS), EACH)


def asked(kappa, level, *, known, seed):
    """Estimates of areas that differ by κ beyond the predictor, and what they are in truth.

    `known` are the κ of variables whose answers are known; ``None`` where none were asked for.
    """
    rng = np.random.default_rng(seed)
    recipient = pd.DataFrame({"x": rng.normal(size=AREAS * EACH), "weight": 1.0})
    recipient["puma"] = [f"41{code:05d}" for code in PUMAS]
    donor = pd.DataFrame({"x": rng.normal(size=DONORS), "weight": 1.0})
    donor["cars"] = level + 0.3 * donor["x"] + rng.normal(size=DONORS)
    predicted = level + 0.3 * recipient["x"].to_numpy()
    draws = predicted[:, None] + rng.normal(size=(AREAS * EACH, DRAWS))
    truth = predicted.reshape(AREAS, EACH).mean(axis=1) + rng.normal(0, np.sqrt(kappa), AREAS)
    rule = None
    if known is not None:
        taught = [
            evidence(own, seed=seed + place, variable=str(place), areas=AREAS)
            for place, own in enumerate(known)
        ]
        rule = AreaRule(tuple(taught), {"puma": 1.0})
    sample = DonorSample.build(donor, recipient, predictors=["x"], variables=["cars"])
    found = analyze(
        Implicates({"cars": FusedVariable("cars", draws)}),
        Statistic("mean", "cars"),
        by="puma",
        recipient=recipient,
        donor=replace(sample, locality=Locality(rule, PUMAS.astype(np.intp), {})),
    )
    return found.assign(truth=truth)


@settings(max_examples=10, deadline=None)
@given(st.floats(1e-4, 0.5), st.floats(0.3, 20.0), st.integers(0, 1000))
def test_without_known_answers_no_estimate_of_an_area_is_reliable(kappa, level, seed):
    assert "high" not in set(asked(kappa, level, known=None, seed=seed)["reliability"])


@settings(max_examples=6, deadline=None)
@given(st.floats(0.3, 6.0), st.floats(np.log(1e-3), np.log(0.3)), st.integers(0, 10_000))
def test_what_is_called_reliable_is_as_near_the_truth_as_the_word_says(level, centre, seed):
    """Over variables that differ between areas as the known ones do, in worlds of every size."""
    rng = np.random.default_rng(seed)
    called, missed = 0, 0
    for place in range(6):
        *known, own = np.exp(rng.normal(centre, 0.8, 7))
        found = asked(float(own), level, known=known, seed=seed + 100 * place)
        high = found[found["reliability"] == "high"]
        off = (high["estimate"] - high["truth"]).abs() / high["estimate"].abs()
        called, missed = called + len(high), missed + int((off > 1.645 * HIGH_RELIABILITY_CV).sum())
    assert missed <= 0.12 * 6 * AREAS
    assert called == 0 or missed / called <= 0.25


def test_where_areas_differ_much_by_known_variables_little_is_reliable():
    """Cars per household near 1, known variables with half as much between areas as within."""
    found = asked(0.3, 1.0, known=[0.3] * 6, seed=1)
    assert "high" not in set(found["reliability"])
    assert (found["estimate"] - found["truth"]).abs().le(found["moe"]).mean() > 0.8
