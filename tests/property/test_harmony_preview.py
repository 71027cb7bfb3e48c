"""A preview counts distinct answers; it must say what applying the harmony row by row says."""

import numpy as np
import pandas as pd
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from random_harmonies import harmonies, surveys

from fusion_core.harmony.apply.apply import harmonize_pair
from fusion_core.harmony.apply.grouping import side_values
from fusion_core.harmony.apply.rows import RowsCache, SurveyRows
from fusion_core.harmony.apply.similarity import similarity, weighted_quantiles, weighted_shares
from fusion_core.harmony.previews.preview import preview

quick = examples(25)
levels = st.sampled_from(["household", "person"])


def row_by_row(column: pd.Series, weight: pd.Series) -> list[float]:
    """Shares of groups, or quantiles and mean of a number."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return weighted_shares(column, weight).tolist()
    keep = column.notna()
    values, weights = column[keep].to_numpy(), weight[keep].to_numpy(float)
    if not len(values):
        return []
    probabilities = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    mean = float(np.average(values, weights=weights))
    return [*weighted_quantiles(values, weights, probabilities).tolist(), mean]


def previewed(found, side: str) -> list[float]:
    if found.outcome == "group":
        shares = [getattr(group, f"{side}_share") for group in found.groups]
        return [np.nan if share is None else share for share in shares]
    quantiles = getattr(found.numeric, f"{side}_quantiles", None)
    return (
        [] if quantiles is None else [*quantiles.tolist(), getattr(found.numeric, f"{side}_mean")]
    )


@quick
@given(harmonies, surveys(), surveys(), levels)
def test_shares_quantiles_and_similarity_are_those_of_the_rows(
    harmony, donor, recipient, respondent
):
    pair = harmonize_pair([harmony], donor, recipient, respondent=respondent)
    if pair.failures:
        return
    found = preview(harmony, donor, recipient, respondent=respondent)
    sides = {"donor": pair.donor, "recipient": pair.recipient}
    for side, frame in sides.items():
        expected = row_by_row(frame[harmony.key], frame["weight"])
        assert previewed(found, side) == pytest.approx(expected, nan_ok=True)
    score = similarity(
        pair.donor[harmony.key],
        pair.donor["weight"],
        pair.recipient[harmony.key],
        pair.recipient["weight"],
    )
    assert (np.nan if found.similarity is None else found.similarity) == pytest.approx(
        score, nan_ok=True
    )


@quick
@given(st.lists(harmonies, min_size=2, max_size=3), surveys(), surveys(), levels)
def test_what_was_kept_of_earlier_harmonies_changes_nothing(edits, donor, recipient, respondent):
    cache = RowsCache()
    for harmony in edits:
        again = preview(harmony, donor, recipient, respondent=respondent, cache=cache)
        fresh = preview(harmony, donor, recipient, respondent=respondent)
        assert repr(again) == repr(fresh)


@quick
@given(harmonies, surveys())
def test_problems_and_levels_are_those_of_the_rows(harmony, survey):
    side = harmony.donor
    found = side_values(side, SurveyRows(survey))
    table = survey.table(side.respondent)
    answers = found.cells.positions
    for problem in found.problems:
        assert 0 < problem.rows <= len(table)
        assert 0 < problem.share <= 1
    missing = answers == found.cells.missing
    if not side.universe:
        column = table[side.variable]
        assert missing.sum() == column.isna().sum()
        reported = [item.rows for item in found.problems if item.kind == "missing answer"]
        assert reported == ([missing.sum()] if missing.any() and side.missing is None else [])


@quick
@given(harmonies, surveys(), surveys())
def test_a_cache_without_room_gives_the_same_preview(harmony, donor, recipient):
    cramped = RowsCache(size=1, kept_bytes=1)
    assert repr(preview(harmony, donor, recipient, cache=cramped)) == repr(
        preview(harmony, donor, recipient)
    )
